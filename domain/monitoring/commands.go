package monitoring

import "wenxiao/domain"

// Thresholds are the shares by which a line may fall behind before a warning is
// raised: 0.10 is ten percentage points. A line whose threshold is zero is not
// watched.
type Thresholds struct {
	Attainment    domain.Decimal // attainment behind time
	Execution     domain.Decimal // payments behind time
	Contradiction domain.Decimal // attainment behind payments
	Grave         domain.Decimal // any of them, beyond which the warning is grave
}

type (
	// TakeSnapshot records both lines at one day. Attainment, elapsed time and
	// execution follow from readings, weights and money; warnings are raised and
	// cleared in the same decision.
	TakeSnapshot struct {
		Snapshot  string               `json:"snapshot,omitempty"` // empty: the next number
		Programme domain.ProgrammeCode `json:"programme"`
		Year      domain.FiscalYear    `json:"year"`
		Unit      domain.UnitCode      `json:"unit"`
		Day       domain.Day           `json:"day"`
		Period    string               `json:"period"`
		Trend     string               `json:"trend,omitempty"`
		Readings  []Reading            `json:"readings"`
		Source    *domain.Source       `json:"source,omitempty"`

		Today      domain.Day         `json:"-"`
		Goal       domain.Fact        `json:"-"` // the year's goal is approved
		Indicators []domain.Indicator `json:"-"` // of the approved goal
		Budget     domain.Money       `json:"-"` // full-year budget and payments to the end of Day
		Paid       domain.Money       `json:"-"`
		Thresholds Thresholds         `json:"-"`
	}

	// CorrectSnapshot replaces the snapshot of the same number.
	CorrectSnapshot struct {
		Corrects string       `json:"corrects"`
		Snapshot TakeSnapshot `json:"snapshot"`
		Reason   string       `json:"reason"`
	}

	// ExplainWarning gives the unit's reason.
	ExplainWarning struct {
		Warning string   `json:"warning"`
		Reason  string   `json:"reason"`
		Files   []string `json:"files,omitempty"`
	}

	// ClearWarning ends a warning by judgement rather than by figures.
	ClearWarning struct {
		Warning string `json:"warning"`
		Reason  string `json:"reason"`

		By domain.Actor `json:"-"`
	}

	// ReportRisk tells finance at once of a major problem.
	ReportRisk struct {
		Risk string     `json:"risk"`
		Seen domain.Day `json:"seen"`
		Plan string     `json:"plan"`

		Today domain.Day `json:"-"`
	}
)
