package projections

import (
	"time"

	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/eventstore"
)

// Status of one version of an evaluation.
const (
	EvaluationFiled     = "filed"     // waits for the check
	EvaluationChecked   = "checked"   // waits for the final word
	EvaluationReturned  = "returned"  // waits for a new version
	EvaluationFinalised = "finalised" // score and grade hold
	EvaluationFedBack   = "fed-back"  // the unit was told
)

// A Score is one version of an evaluation with its three scores: as printed, as
// computed, as finalised.
type Score struct {
	Evaluation    string               `json:"evaluation"` // id
	Programme     domain.ProgrammeCode `json:"programme"`
	ProgrammeName string               `json:"programmeName"`
	Year          domain.FiscalYear    `json:"year"`
	Unit          domain.UnitCode      `json:"unit"`
	UnitName      string               `json:"unitName"`
	Version       int                  `json:"version"`
	Latest        bool                 `json:"latest"`
	Status        string               `json:"status"` // Evaluation…
	Form          evaluation.SelfFiled `json:"form"`   // as filed
	FiledBy       domain.Actor         `json:"filedBy"`
	FiledAt       time.Time            `json:"filedAt"`

	Printed   *domain.Decimal      `json:"printed,omitempty"`
	Computed  *domain.Decimal      `json:"computed,omitempty"` // of the last check
	Final     *domain.Decimal      `json:"final,omitempty"`
	Grade     string               `json:"grade,omitempty"` // final, else as printed
	Rulebook  string               `json:"rulebook,omitempty"`
	Findings  []evaluation.Finding `json:"findings,omitempty"`
	Checks    int                  `json:"checks"` // how often it was checked
	Opinion   string               `json:"opinion,omitempty"`
	CheckedBy domain.Actor         `json:"checkedBy,omitzero"`
	CheckedAt time.Time            `json:"checkedAt,omitzero"`

	ReturnedReason string       `json:"returnedReason,omitempty"`
	ReturnedBy     domain.Actor `json:"returnedBy,omitzero"`
	ReturnedAt     time.Time    `json:"returnedAt,omitzero"`
	FinalReason    string       `json:"finalReason,omitempty"`
	FinalisedBy    domain.Actor `json:"finalisedBy,omitzero"`
	FinalisedAt    time.Time    `json:"finalisedAt,omitzero"`
	Feedback       string       `json:"feedback,omitempty"`
	Requirements   []string     `json:"requirements,omitempty"`
	FedBackAt      time.Time    `json:"fedBackAt,omitzero"`

	Position eventstore.Position `json:"position"` // of the last event of this version
}

// ScoreFilter narrows the scores. Empty fields do not narrow.
type ScoreFilter struct {
	Text        string               `json:"text,omitempty"`
	Evaluation  string               `json:"evaluation,omitempty"`
	Programme   domain.ProgrammeCode `json:"programme,omitempty"`
	Unit        domain.UnitCode      `json:"unit,omitempty"`
	Department  domain.UnitCode      `json:"department,omitempty"`
	Year        domain.FiscalYear    `json:"year,omitempty"`
	Status      string               `json:"status,omitempty"`
	Grade       string               `json:"grade,omitempty"`
	Finding     string               `json:"finding,omitempty"`     // code: only versions with such a finding
	WithFinding bool                 `json:"withFinding,omitempty"` // only versions with any finding
	AllVersions bool                 `json:"allVersions,omitempty"` // else the latest of each
	Paging
}
