// Package execution follows the money of one programme in one year: budget set
// with the approved goal, adjusted, allotted, paid, suspended, resumed, stopped,
// recalled and recovered. It is the gate a treasury asks before paying (忻州办法
// 第二十六条; 邯郸 四(四)).
package execution

import (
	"strconv"

	"wenxiao/domain"
)

// Stream returns the stream of the programme's money in year.
func Stream(code domain.ProgrammeCode, year domain.FiscalYear) string {
	return "execution-" + string(code) + "-" + strconv.Itoa(int(year))
}

// Event is one of the facts below.
type Event interface {
	domain.Event
	execution()
}

// Command is one of the requests in commands.go.
type Command = domain.Command[State, Event]

type (
	// BudgetSet opens the year with the approved budget (年初预算数).
	BudgetSet struct {
		Programme domain.ProgrammeCode `json:"programme"`
		Year      domain.FiscalYear    `json:"year"`
		Unit      domain.UnitCode      `json:"unit"`
		Amount    domain.Money         `json:"amount"`
		Document  string               `json:"document"`
		Source    *domain.Source       `json:"source,omitempty"`
	}

	// BudgetAdjusted changes the full-year budget (全年预算数).
	BudgetAdjusted struct {
		Was      domain.Money   `json:"was"`
		Amount   domain.Money   `json:"amount"`
		Reason   string         `json:"reason"`
		Document string         `json:"document"`
		Source   *domain.Source `json:"source,omitempty"`
	}

	// Allotted issues money to the unit (下达指标).
	Allotted struct {
		Amount   domain.Money `json:"amount"`
		Document string       `json:"document"`
	}

	// Paid is one payment out of the treasury.
	Paid struct {
		Payment string         `json:"payment"` // number within the year, such as 0530-017
		Amount  domain.Money   `json:"amount"`
		Purpose string         `json:"purpose,omitempty"`
		Source  *domain.Source `json:"source,omitempty"`
	}

	// PaymentCorrected puts the amount of a payment right.
	PaymentCorrected struct {
		Corrects string       `json:"corrects"` // id of the event put right
		Payment  string       `json:"payment"`
		Was      domain.Money `json:"was"`
		Amount   domain.Money `json:"amount"`
		Reason   string       `json:"reason"`
	}

	// Suspended holds payments back (暂缓拨款) until resumed.
	Suspended struct {
		Reason  string `json:"reason"`
		Warning string `json:"warning,omitempty"` // of the monitoring it answers
	}

	// Resumed lets payments go on.
	Resumed struct {
		Reason string `json:"reason"`
	}

	// Stopped ends payments for the year (停止拨款).
	Stopped struct {
		Reason string `json:"reason"`
	}

	// Recalled takes unspent money back (收回).
	Recalled struct {
		Amount  domain.Money `json:"amount"`
		Reason  string       `json:"reason"`
		Working string       `json:"working"` // the figure in words: (25.00−21.55)×100%
	}

	// Recovered takes wrongly spent money back (追回).
	Recovered struct {
		Amount  domain.Money `json:"amount"`
		Payment string       `json:"payment"`
		Reason  string       `json:"reason"`
	}
)

func (BudgetSet) EventType() string        { return "execution.budget-set.v1" }
func (BudgetAdjusted) EventType() string   { return "execution.budget-adjusted.v1" }
func (Allotted) EventType() string         { return "execution.allotted.v1" }
func (Paid) EventType() string             { return "execution.paid.v1" }
func (PaymentCorrected) EventType() string { return "execution.payment-corrected.v1" }
func (Suspended) EventType() string        { return "execution.suspended.v1" }
func (Resumed) EventType() string          { return "execution.resumed.v1" }
func (Stopped) EventType() string          { return "execution.stopped.v1" }
func (Recalled) EventType() string         { return "execution.recalled.v1" }
func (Recovered) EventType() string        { return "execution.recovered.v1" }

func (BudgetSet) execution()        {}
func (BudgetAdjusted) execution()   {}
func (Allotted) execution()         {}
func (Paid) execution()             {}
func (PaymentCorrected) execution() {}
func (Suspended) execution()        {}
func (Resumed) execution()          {}
func (Stopped) execution()          {}
func (Recalled) execution()         {}
func (Recovered) execution()        {}

// Stored is everything this package ever wrote.
var Stored = domain.Decoders[Event]{
	"execution.budget-set.v1":        domain.As(func(e BudgetSet) Event { return e }),
	"execution.budget-adjusted.v1":   domain.As(func(e BudgetAdjusted) Event { return e }),
	"execution.allotted.v1":          domain.As(func(e Allotted) Event { return e }),
	"execution.paid.v1":              domain.As(func(e Paid) Event { return e }),
	"execution.payment-corrected.v1": domain.As(func(e PaymentCorrected) Event { return e }),
	"execution.suspended.v1":         domain.As(func(e Suspended) Event { return e }),
	"execution.resumed.v1":           domain.As(func(e Resumed) Event { return e }),
	"execution.stopped.v1":           domain.As(func(e Stopped) Event { return e }),
	"execution.recalled.v1":          domain.As(func(e Recalled) Event { return e }),
	"execution.recovered.v1":         domain.As(func(e Recovered) Event { return e }),
}
