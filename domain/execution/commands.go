package execution

import "wenxiao/domain"

type (
	// SetBudget opens the year with the approved budget.
	SetBudget struct {
		Programme domain.ProgrammeCode `json:"programme"`
		Year      domain.FiscalYear    `json:"year"`
		Unit      domain.UnitCode      `json:"unit"`
		Amount    domain.Money         `json:"amount"`
		Document  string               `json:"document"`
		Source    *domain.Source       `json:"source,omitempty"`

		Goal     domain.Fact  `json:"-"` // the year's goal is approved
		Approved domain.Money `json:"-"` // with this amount
	}

	// AdjustBudget changes the full-year budget.
	AdjustBudget struct {
		Amount   domain.Money   `json:"amount"`
		Reason   string         `json:"reason"`
		Document string         `json:"document"`
		Source   *domain.Source `json:"source,omitempty"`

		Goal domain.Fact `json:"-"` // the year's goal was filed or adjusted for this change
	}

	// Allot issues money to the unit.
	Allot struct {
		Amount   domain.Money `json:"amount"`
		Document string       `json:"document"`
	}

	// Pay asks the treasury for one payment.
	Pay struct {
		Payment string         `json:"payment"`
		Amount  domain.Money   `json:"amount"`
		Purpose string         `json:"purpose,omitempty"`
		Source  *domain.Source `json:"source,omitempty"`
	}

	// CorrectPayment puts the amount of a payment right; zero voids it.
	CorrectPayment struct {
		Corrects string       `json:"corrects"`
		Payment  string       `json:"payment"`
		Amount   domain.Money `json:"amount"`
		Reason   string       `json:"reason"`
	}

	// Suspend holds payments back.
	Suspend struct {
		Reason  string `json:"reason"`
		Warning string `json:"warning,omitempty"`
	}

	// Resume lets payments go on.
	Resume struct {
		Reason string `json:"reason"`

		By domain.Actor `json:"-"`
	}

	// Stop ends payments for the year.
	Stop struct {
		Reason string `json:"reason"`
	}

	// Recall takes unspent money back.
	Recall struct {
		Amount  domain.Money `json:"amount"`
		Reason  string       `json:"reason"`
		Working string       `json:"working"`
	}

	// Recover takes wrongly spent money back.
	Recover struct {
		Amount  domain.Money `json:"amount"`
		Payment string       `json:"payment"`
		Reason  string       `json:"reason"`
	}
)
