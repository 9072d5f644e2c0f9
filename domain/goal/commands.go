package goal

import "wenxiao/domain"

type (
	// File files the goal form: the first time, again after it was returned, or
	// as an adjustment of what was approved. Version and Adjusts follow from the
	// state.
	File struct {
		Programme  domain.ProgrammeCode `json:"programme"`
		Year       domain.FiscalYear    `json:"year"`
		Unit       domain.UnitCode      `json:"unit"`
		Budget     domain.Money         `json:"budget"`
		Sources    []domain.FundSource  `json:"sources,omitempty"`
		Objective  string               `json:"objective"`
		Indicators []domain.Indicator   `json:"indicators"`
		Cause      string               `json:"cause,omitempty"` // needed from version 2 on
		Source     *domain.Source       `json:"source,omitempty"`

		By        domain.Actor   `json:"-"`
		Active    domain.Fact    `json:"-"` // the programme is registered and has not exited
		WeightSum domain.Decimal `json:"-"` // what the indicators' weights must add up to: 90; zero where the frame gives none
	}

	// Return sends the version back to the unit.
	Return struct {
		Version int     `json:"version"`
		Level   Level   `json:"level"`
		Reason  string  `json:"reason"`
		Points  []Point `json:"points,omitempty"`

		By domain.Actor `json:"-"`
	}

	// Review gives the opinion by the four criteria. Total, grade and whether
	// the version passed follow from the scores.
	Review struct {
		Version      int       `json:"version"`
		Level        Level     `json:"level"`
		Completeness Criterion `json:"completeness"` // a Full of zero means the form's own
		Relevance    Criterion `json:"relevance"`
		Suitability  Criterion `json:"suitability"`
		Feasibility  Criterion `json:"feasibility"`
		Opinion      string    `json:"opinion"`

		By domain.Actor `json:"-"`
	}

	// Approve makes the version binding, together with the budget.
	Approve struct {
		Version  int            `json:"version"`
		Amount   domain.Money   `json:"amount"`
		Document string         `json:"document"`
		Reason   string         `json:"reason,omitempty"` // where the amount is not the one filed
		Source   *domain.Source `json:"source,omitempty"`

		By domain.Actor `json:"-"`
	}
)
