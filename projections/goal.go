package projections

import (
	"time"

	"wenxiao/domain"
	"wenxiao/domain/goal"
	"wenxiao/eventstore"
)

// A Goal is one version of a programme's goal form, as filed, with what became
// of it.
type Goal struct {
	Programme     domain.ProgrammeCode `json:"programme"`
	ProgrammeName string               `json:"programmeName"`
	Year          domain.FiscalYear    `json:"year"`
	Version       int                  `json:"version"`
	Latest        bool                 `json:"latest"`
	Status        string               `json:"status"` // Goal…
	Unit          domain.UnitCode      `json:"unit"`
	UnitName      string               `json:"unitName"`
	Budget        domain.Money         `json:"budget"` // asked for; Amount once approved
	Sources       []domain.FundSource  `json:"sources,omitempty"`
	Objective     string               `json:"objective"`
	Indicators    []domain.Indicator   `json:"indicators"`
	Adjusts       int                  `json:"adjusts,omitempty"`
	Cause         string               `json:"cause,omitempty"`
	FiledBy       domain.Actor         `json:"filedBy"`
	FiledAt       time.Time            `json:"filedAt"`

	Reviews []GoalReview `json:"reviews,omitempty"` // in order

	ReturnedBy     domain.Actor `json:"returnedBy,omitzero"`
	ReturnedAt     time.Time    `json:"returnedAt,omitzero"`
	ReturnedReason string       `json:"returnedReason,omitempty"`
	ReturnedPoints []goal.Point `json:"returnedPoints,omitempty"`

	ApprovedBy domain.Actor `json:"approvedBy,omitzero"`
	ApprovedAt time.Time    `json:"approvedAt,omitzero"`
	Amount     domain.Money `json:"amount,omitempty"`
	Document   string       `json:"document,omitempty"`

	Source   *domain.Source      `json:"source,omitempty"`
	Position eventstore.Position `json:"position"` // of the last event of this version
}

// A GoalReview is one review of a version.
type GoalReview struct {
	goal.Reviewed
	By       domain.Actor        `json:"by"`
	At       time.Time           `json:"at"`
	Position eventstore.Position `json:"position"`
}

// Review returns the last review, if any.
func (g Goal) Review() (GoalReview, bool) {
	if len(g.Reviews) == 0 {
		return GoalReview{}, false
	}
	return g.Reviews[len(g.Reviews)-1], true
}

// GoalFilter narrows the goal register. Empty fields do not narrow.
type GoalFilter struct {
	Text        string               `json:"text,omitempty"`
	Programme   domain.ProgrammeCode `json:"programme,omitempty"`
	Unit        domain.UnitCode      `json:"unit,omitempty"`
	Department  domain.UnitCode      `json:"department,omitempty"`
	Status      string               `json:"status,omitempty"`
	Year        domain.FiscalYear    `json:"year,omitempty"`
	AllVersions bool                 `json:"allVersions,omitempty"` // else the latest of each
	Paging
}
