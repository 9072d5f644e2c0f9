package evaluation

import (
	"encoding/json"

	"wenxiao/domain"
)

type (
	// FileSelf files the self-evaluation form. The version follows from the state.
	FileSelf struct {
		Programme  domain.ProgrammeCode `json:"programme"`
		Year       domain.FiscalYear    `json:"year"`
		Unit       domain.UnitCode      `json:"unit"`
		Form       string               `json:"form"`
		MoneyUnit  string               `json:"moneyUnit"`
		Budget     Budget               `json:"budget"`
		Expected   string               `json:"expected,omitempty"`
		Achieved   string               `json:"achieved,omitempty"`
		Rows       []Row                `json:"rows"`
		Total      *domain.Decimal      `json:"total,omitempty"`
		Grade      string               `json:"grade,omitempty"`
		Incomplete bool                 `json:"incomplete,omitempty"`
		Cause      string               `json:"cause,omitempty"` // needed from version 2 on
		Extra      json.RawMessage      `json:"extra,omitempty"`
		Source     *domain.Source       `json:"source,omitempty"`

		By         domain.Actor              `json:"-"`
		Today      domain.Day                `json:"-"`
		Ended      domain.Fact               `json:"-"` // the programme ended within the year
		Indicators []domain.Indicator        `json:"-"` // of the approved goal; none: not known
		Attained   map[string]domain.Decimal `json:"-"` // actual ÷ target by row, where both are numbers
		Explain    domain.Decimal            `json:"-"` // attainment from which over-fulfilment must be explained: 1.30; zero: none
	}

	// Check records finance's check of a version.
	Check struct {
		Version  int             `json:"version"`
		Rulebook string          `json:"rulebook"`
		Printed  *domain.Decimal `json:"printed,omitempty"`
		Computed *domain.Decimal `json:"computed,omitempty"`
		Findings []Finding       `json:"findings,omitempty"`
		Opinion  string          `json:"opinion,omitempty"`

		By domain.Actor `json:"-"`
	}

	// Return sends a version back to the unit.
	Return struct {
		Version int    `json:"version"`
		Reason  string `json:"reason"`

		By domain.Actor `json:"-"`
	}

	// Finalise fixes score and grade.
	Finalise struct {
		Version int            `json:"version"`
		Score   domain.Decimal `json:"score"`
		Grade   string         `json:"grade"`
		Reason  string         `json:"reason,omitempty"`

		By      domain.Actor `json:"-"`
		ByBands string       `json:"-"` // the grade the rulebook's bands give Score
	}

	// FeedBack tells the unit the result and what it must put right.
	FeedBack struct {
		Opinion      string   `json:"opinion"`
		Requirements []string `json:"requirements,omitempty"`
	}
)
