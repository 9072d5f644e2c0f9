package projections

import (
	"wenxiao/domain"
	"wenxiao/eventstore"
)

// Capacities in which a duty is held.
const (
	CapacityResponsible = "responsible" // 项目责任人
	CapacityPost        = "post"        // 岗位
	CapacityDelegate    = "delegate"    // 代办
)

// A Tenure says who held a duty from when to when.
type Tenure struct {
	Person        string               `json:"person"`
	Name          string               `json:"name"`
	Post          string               `json:"post"`      // code within the unit; for a responsible person the post as written
	PostTitle     string               `json:"postTitle"` // 绩效管理科科长
	Unit          domain.UnitCode      `json:"unit"`
	UnitName      string               `json:"unitName"`
	Capacity      string               `json:"capacity"` // Capacity…
	Duties        []string             `json:"duties,omitempty"`
	Programme     domain.ProgrammeCode `json:"programme,omitempty"` // of a responsible person
	ProgrammeName string               `json:"programmeName,omitempty"`
	For           string               `json:"for,omitempty"` // person acted for, of a delegate
	Since         domain.Day           `json:"since"`
	Until         domain.Day           `json:"until,omitempty"`  // last day; empty: still in office
	Reason        string               `json:"reason,omitempty"` // why it ended
	Text          string               `json:"text"`

	Event         string              `json:"event"`
	Position      eventstore.Position `json:"position"` // of the event that began it
	EndEvent      string              `json:"endEvent,omitempty"`
	EndPosition   eventstore.Position `json:"endPosition,omitempty"` // of the event that ended it
	RecordedOn    domain.Day          `json:"recordedOn"`
	Late          bool                `json:"late,omitempty"` // it was entered after the day it began
	LateDays      int                 `json:"lateDays,omitempty"`
	HandedOver    bool                `json:"handedOver,omitempty"` // it began with a handover
	Countersigned string              `json:"countersigned,omitempty"`
	Pending       []string            `json:"pending,omitempty"` // matters taken over unfinished
}

// Responsibility says how an actor answers for an act.
const (
	Direct      = "direct"      // 直接
	Leading     = "leading"     // 领导
	Supervising = "supervising" // 监管
	ThirdParty  = "third-party" // 第三方
)

// Status of an act.
const (
	ActDone      = "done"      // ○ 履职
	ActLate      = "late"      // ◇ 逾期
	ActNoTrace   = "no-trace"  // □ 未留痕: a duty without a record; Position is 0
	ActObjection = "objection" // ○ 履职，提出异议
)

// An Act is one thing done by one person in a post, or one duty of which the
// ledger shows no trace.
type Act struct {
	No int `json:"no"` // within the chain, from 1
	Entry
	Day            domain.Day `json:"day"`
	Responsibility string     `json:"responsibility"`     // Direct, …
	Status         string     `json:"status"`             // Act…
	LateText       string     `json:"lateText,omitempty"` // 逾期 8 天
}

// A Lead is a fact to be looked into: what the ledger shows, or does not show,
// against a stated rule. It is no verdict. A mitigating fact has the same form.
type Lead struct {
	Code      string                `json:"code"` // stable: handover.late, duty.no-trace
	Title     string                `json:"title"`
	Text      string                `json:"text"`
	Basis     string                `json:"basis"`
	Day       domain.Day            `json:"day,omitempty"`
	Positions []eventstore.Position `json:"positions,omitempty"` // what shows it
	Persons   []string              `json:"persons,omitempty"`
	Programme domain.ProgrammeCode  `json:"programme,omitempty"`
	Year      domain.FiscalYear     `json:"year,omitempty"`
}

// Seats are the columns of the duty matrix.
const (
	SeatResponsible = "responsible" // 项目负责人
	SeatUnit        = "unit"        // 实施单位
	SeatDepartment  = "department"  // 主管部门
	SeatFinance     = "finance"     // 财政部门
	SeatTreasury    = "treasury"    // 国库
	SeatAgency      = "agency"      // 第三方
)

// Seats lists the columns in order.
var Seats = []string{SeatResponsible, SeatUnit, SeatDepartment, SeatFinance, SeatTreasury, SeatAgency}

// State of a duty in one seat.
const (
	DutyDone   = "done"
	DutyLate   = "late"
	DutyEmpty  = "empty"   // due and without trace
	DutyNotYet = "not-yet" // not due, or nothing called for it
)

// A Duty is one row of the matrix matter × seat.
type Duty struct {
	Matter string     `json:"matter"` // code: goal.file, goal.review, …
	Title  string     `json:"title"`  // 目标申报
	Basis  string     `json:"basis,omitempty"`
	Cells  []DutyCell `json:"cells"` // one per seat of Seats, in order; Role empty: the matter does not concern the seat
}

// A DutyCell is one seat's part in a matter.
type DutyCell struct {
	Seat      string                `json:"seat"`
	Role      string                `json:"role,omitempty"`  // 办, 审, 知
	State     string                `json:"state,omitempty"` // Duty…
	Names     []string              `json:"names,omitempty"`
	Positions []eventstore.Position `json:"positions,omitempty"`
}

// A Chain is who held which duty and who did what: of one programme's year, or
// of one person.
type Chain struct {
	Programme     domain.ProgrammeCode `json:"programme,omitempty"`
	ProgrammeName string               `json:"programmeName,omitempty"`
	Year          domain.FiscalYear    `json:"year,omitempty"`
	Person        string               `json:"person,omitempty"`
	Name          string               `json:"name,omitempty"`
	AsOf          domain.Day           `json:"asOf,omitempty"` // tenures and deadlines as of this day
	At            eventstore.Position  `json:"at,omitempty"`   // what the ledger knew then
	Tenures       []Tenure             `json:"tenures"`
	Acts          []Act                `json:"acts"`
	Leads         []Lead               `json:"leads"`
	Facts         []Lead               `json:"facts"`  // mitigating
	Duties        []Duty               `json:"duties"` // empty for a person
	Done          int                  `json:"done"`
	LateActs      int                  `json:"lateActs"`
	NoTrace       int                  `json:"noTrace"`
}
