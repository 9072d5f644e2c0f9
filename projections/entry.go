package projections

import (
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// Lanes: at which desk something was done.
const (
	LaneUnit       = "unit"       // 实施单位
	LaneDepartment = "department" // 主管部门
	LaneFinance    = "finance"    // 财政部门
	LaneTreasury   = "treasury"   // 国库·系统
	LaneAgency     = "agency"     // 第三方机构
)

// An Entry is one event of the audit trail in words.
type Entry struct {
	Position      eventstore.Position  `json:"position"`
	Event         string               `json:"event"` // id
	Type          string               `json:"type"`
	Stream        string               `json:"stream"`
	Revision      eventstore.Revision  `json:"revision"`
	Programme     domain.ProgrammeCode `json:"programme,omitempty"`
	ProgrammeName string               `json:"programmeName,omitempty"` // as of this event
	Year          domain.FiscalYear    `json:"year,omitempty"`
	RecordedAt    time.Time            `json:"recordedAt"`
	EffectiveAt   time.Time            `json:"effectiveAt"`
	Actor         domain.Actor         `json:"actor"`
	UnitName      string               `json:"unitName,omitempty"` // of the actor, as of this event
	Sentence      string               `json:"sentence"`           // who, as what, did what
	Verb          string               `json:"verb"`               // the word of the sentence that says what was done: 退回
	Text          string               `json:"text"`               // the sentence without who: 退回目标第 1 版：…
	Decision      bool                 `json:"decision,omitempty"` // it decided something; else it only recorded
	Late          bool                 `json:"late,omitempty"`     // 补录: entered on a later day than it happened
	LateDays      int                  `json:"lateDays,omitempty"`
	Corrects      string               `json:"corrects,omitempty"` // id of the event put right
	Basis         []string             `json:"basis,omitempty"`    // as the writer stated it: event ids and articles
	Article       string               `json:"article,omitempty"`  // the article this kind of act rests on
	Rulebook      string               `json:"rulebook,omitempty"`
	Stage         string               `json:"stage,omitempty"`     // Stage…; empty for events of units
	Reason        string               `json:"reason,omitempty"`    // as stated
	Amount        *domain.Money        `json:"amount,omitempty"`    // of money; as it changes the account: taken back is negative
	Document      string               `json:"document,omitempty"`  // 文号 or number of the payment
	Attested      bool                 `json:"attested,omitempty"`  // taken from a source: the actor only entered it
	Automatic     bool                 `json:"automatic,omitempty"` // a rule did it, in answer to what the actor did
	Lane          string               `json:"lane"`                // Lane…
}

// TrailFilter narrows the trail. Empty fields do not narrow.
type TrailFilter struct {
	Text            string               `json:"text,omitempty"`   // all words must occur in sentence or programme name
	Person          string               `json:"person,omitempty"` // id of the actor
	Unit            domain.UnitCode      `json:"unit,omitempty"`   // of the actor
	Programme       domain.ProgrammeCode `json:"programme,omitempty"`
	Year            domain.FiscalYear    `json:"year,omitempty"`
	Type            string               `json:"type,omitempty"` // whole (goal.filed.v1) or the noun before the point (goal)
	Stream          string               `json:"stream,omitempty"`
	Recorded        DayRange             `json:"recorded,omitzero"`
	Effective       DayRange             `json:"effective,omitzero"`
	LateOnly        bool                 `json:"lateOnly,omitempty"`
	CorrectionsOnly bool                 `json:"correctionsOnly,omitempty"`
	At              eventstore.Position  `json:"at,omitempty"`        // the ledger as it was then: nothing later
	Before          eventstore.Position  `json:"before,omitempty"`    // cursor: entries before it, or after it when Ascending
	Limit           int                  `json:"limit,omitempty"`     // DefaultPerPage when 0
	Ascending       bool                 `json:"ascending,omitempty"` // oldest first; else newest first
}

// A DayRange is days from From to To, both included; an empty end is open.
type DayRange struct {
	From domain.Day `json:"from,omitempty"`
	To   domain.Day `json:"to,omitempty"`
}

// Trail is one page of entries.
type Trail struct {
	Entries []Entry             `json:"entries"`
	More    bool                `json:"more"`           // there are others beyond these
	Next    eventstore.Position `json:"next,omitempty"` // cursor for them: goes into Before
}
