package projections

import (
	"time"

	"wenxiao/domain"
	"wenxiao/domain/monitoring"
	"wenxiao/eventstore"
)

// Status of a warning; none on the board where there is no warning.
const (
	WarningNone      = "none"
	WarningOpen      = "open"      // raised; the unit owes a reason
	WarningExplained = "explained" // the unit gave a reason
	WarningCleared   = "cleared"
)

// Contradictions between the two lines of dual monitoring.
const (
	ContradictionUnpaid  = "done-unpaid" // results far ahead of money: 查拖欠
	ContradictionOverrun = "paid-undone" // money far ahead of results
	ContradictionExcess  = "over-budget" // paid beyond the full-year budget
	ContradictionBehind  = "both-behind" // both lines behind time
)

// A Monitoring is one programme's year on the board: its last snapshot and the
// gravest warning not cleared.
type Monitoring struct {
	Programme     domain.ProgrammeCode `json:"programme"`
	ProgrammeName string               `json:"programmeName"`
	Year          domain.FiscalYear    `json:"year"`
	Unit          domain.UnitCode      `json:"unit"`
	UnitName      string               `json:"unitName"`
	Snapshot      string               `json:"snapshot"` // number of the last; empty: none taken, 未报
	Day           domain.Day           `json:"day,omitempty"`
	Period        string               `json:"period,omitempty"`
	Attainment    domain.Decimal       `json:"attainment"` // 0 to 1 or more
	Execution     domain.Decimal       `json:"execution"`
	Elapsed       domain.Decimal       `json:"elapsed"`
	Budget        domain.Money         `json:"budget"`
	Paid          domain.Money         `json:"paid"`
	Warning       string               `json:"warning,omitempty"` // number within the year
	Line          string               `json:"line,omitempty"`    // attainment, execution, contradiction
	Working       string               `json:"working,omitempty"`
	Grave         bool                 `json:"grave,omitempty"`
	WarningStatus string               `json:"warningStatus"` // Warning…
	OpenWarnings  int                  `json:"openWarnings"`
	Contradiction string               `json:"contradiction,omitempty"` // Contradiction…
	Payment       string               `json:"payment"`                 // Payments…
	Position      eventstore.Position  `json:"position"`
}

// MonitoringFilter narrows the board. Empty fields do not narrow.
type MonitoringFilter struct {
	Text          string            `json:"text,omitempty"`
	Unit          domain.UnitCode   `json:"unit,omitempty"`
	Department    domain.UnitCode   `json:"department,omitempty"`
	Year          domain.FiscalYear `json:"year,omitempty"`
	Status        string            `json:"status,omitempty"`        // normal, warning, alert or missing (未报)
	Contradiction bool              `json:"contradiction,omitempty"` // only where the two lines contradict each other
	Sort          string            `json:"sort,omitempty"`          // contradiction (default), budget, execution, attainment, name, unit; "-" before it turns it round
	Paging
}

// MonitoringBoard is one page of the board. Counts are by status (normal,
// warning, alert, missing, contradiction), Budget and Paid sums over all rows
// that match but for the status asked for.
type MonitoringBoard struct {
	List[Monitoring]
	Counts map[string]int `json:"counts"`
	Budget domain.Money   `json:"budget"`
	Paid   domain.Money   `json:"paid"`
}

// A Snapshot is one monitoring table as taken, or as corrected.
type Snapshot struct {
	monitoring.SnapshotTaken
	Contradiction string              `json:"contradiction,omitempty"`
	By            domain.Actor        `json:"by"`
	At            time.Time           `json:"at"` // recorded
	Event         string              `json:"event"`
	Position      eventstore.Position `json:"position"`
	Corrects      string              `json:"corrects,omitempty"`    // id of the event this one puts right
	Corrected     string              `json:"correctedBy,omitempty"` // id of the event that puts this one right; it no longer counts
	Reason        string              `json:"reason,omitempty"`      // of the correction
	Late          bool                `json:"late,omitempty"`
}

// A Warning is one warning of a programme's year and what came of it.
type Warning struct {
	Programme domain.ProgrammeCode `json:"programme"`
	Year      domain.FiscalYear    `json:"year"`
	monitoring.WarningRaised
	Status   string              `json:"status"` // Warning…
	RaisedAt time.Time           `json:"raisedAt"`
	Event    string              `json:"event"`
	Position eventstore.Position `json:"position"` // of the raising

	Explanation       string              `json:"explanation,omitempty"`
	Files             []string            `json:"files,omitempty"`
	ExplainedBy       domain.Actor        `json:"explainedBy,omitzero"`
	ExplainedAt       time.Time           `json:"explainedAt,omitzero"`
	ExplainedPosition eventstore.Position `json:"explainedPosition,omitempty"`

	ClearedReason   string              `json:"clearedReason,omitempty"`
	ClearedBy       domain.Actor        `json:"clearedBy,omitzero"`
	ClearedAt       time.Time           `json:"clearedAt,omitzero"`
	ClearedPosition eventstore.Position `json:"clearedPosition,omitempty"`
}

// Lines are the two lines of a programme's year with what interrupted them.
type Lines struct {
	Snapshots []Snapshot `json:"snapshots"` // by day, then by position; corrected ones stay
	Warnings  []Warning  `json:"warnings"`
}
