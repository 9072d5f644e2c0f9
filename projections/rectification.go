package projections

import (
	"strings"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/rectification"
	"wenxiao/eventstore"
)

// Status of a rectification.
const (
	RectificationWithUnit    = "with-unit"    // 整改中
	RectificationUnderReview = "under-review" // 待审核
	RectificationClosed      = "closed"       // 已销号
)

// A Rectification is one notice and what came of it.
type Rectification struct {
	ID              string                 `json:"id"`
	Programme       domain.ProgrammeCode   `json:"programme"`
	ProgrammeName   string                 `json:"programmeName"`
	Year            domain.FiscalYear      `json:"year"`
	Unit            domain.UnitCode        `json:"unit"`
	UnitName        string                 `json:"unitName"`
	Department      domain.UnitCode        `json:"department,omitempty"` // of the programme
	Issuer          domain.UnitCode        `json:"issuer"`
	Document        string                 `json:"document"`
	Issues          []rectification.Issue  `json:"issues"`
	Measures        []rectification.Answer `json:"measures,omitempty"` // of the last plan
	PlanBy          domain.Day             `json:"planBy,omitempty"`   // the unit's own last day
	Answers         []rectification.Answer `json:"answers,omitempty"`  // of the last report
	Status          string                 `json:"status"`             // Rectification…
	IssuedBy        domain.Actor           `json:"issuedBy"`
	IssuedAt        time.Time              `json:"issuedAt"`
	Due             domain.Day             `json:"due"`                   // the last day
	Responsible     string                 `json:"responsible,omitempty"` // person named in the plan
	ResponsibleName string                 `json:"responsibleName,omitempty"`
	ReportedBy      domain.Actor           `json:"reportedBy,omitzero"`
	ReportedAt      time.Time              `json:"reportedAt,omitzero"` // of the last report
	Returns         int                    `json:"returns"`
	ClosedBy        domain.Actor           `json:"closedBy,omitzero"`
	ClosedAt        time.Time              `json:"closedAt,omitzero"`
	Opinion         string                 `json:"opinion,omitempty"`
	Steps           []Step                 `json:"steps"` // every event, in order
	Position        eventstore.Position    `json:"position"`
}

// A Step is one event in the course of something.
type Step struct {
	Position eventstore.Position `json:"position"`
	Event    string              `json:"event"`
	Type     string              `json:"type"`
	At       time.Time           `json:"at"` // when it happened
	By       domain.Actor        `json:"by"`
	Text     string              `json:"text"`
	Due      domain.Day          `json:"due,omitempty"` // the last day as it stood after this
	Late     bool                `json:"late,omitempty"`
}

// OverdueOn reports whether the unit should have reported before day and has not.
func (r Rectification) OverdueOn(day domain.Day) bool {
	return r.Status == RectificationWithUnit && r.Due < day
}

// RectificationFilter narrows the rectification ledger. Empty fields do not
// narrow.
type RectificationFilter struct {
	Text       string               `json:"text,omitempty"`
	Unit       domain.UnitCode      `json:"unit,omitempty"`
	Department domain.UnitCode      `json:"department,omitempty"`
	Status     string               `json:"status,omitempty"`
	Programme  domain.ProgrammeCode `json:"programme,omitempty"`
	Year       domain.FiscalYear    `json:"year,omitempty"`
	OverdueOn  domain.Day           `json:"overdueOn,omitempty"` // only those overdue on that day
	Sort       string               `json:"sort,omitempty"`      // due (default), issued, unit, programme, status; "-" before it turns it round
	Paging
}

// RectificationList is one page of the ledger. Counts are by status over all
// that match but for the status asked for.
type RectificationList struct {
	List[Rectification]
	Counts map[string]int `json:"counts"`
}

// noticeID returns the id of the notice in stream.
func noticeID(stream string) string { return strings.TrimPrefix(stream, "rectification-") }
