// Package programme follows one programme: what money is spent on and judged
// by. It always has exactly one responsible person in office, and keeps every
// earlier one (忻州办法 第十四条: 重大项目责任人终身责任追究).
package programme

import "wenxiao/domain"

// Stream returns the stream of the programme with code.
func Stream(code domain.ProgrammeCode) string { return "programme-" + string(code) }

// Event is one of the facts below.
type Event interface {
	domain.Event
	programme()
}

// Command is one of the requests in commands.go.
type Command = domain.Command[State, Event]

// Kind says what a programme is (忻州办法 第四条, 第十七条).
type Kind string

const (
	Project    Kind = "project"    // 项目支出
	Policy     Kind = "policy"     // 政策
	Department Kind = "department" // 部门整体
	Basic      Kind = "basic"      // 基本支出
	Government Kind = "government" // 政府预算
	Revenue    Kind = "revenue"    // 收入
)

// FundBook is one of the four books (邯郸 二(二), 南通 第三条).
type FundBook string

const (
	GeneralBudget    FundBook = "general"          // 一般公共预算
	GovernmentFunds  FundBook = "government-funds" // 政府性基金预算
	StateCapital     FundBook = "state-capital"    // 国有资本经营预算
	SocialInsurance  FundBook = "social-insurance" // 社会保险基金预算
	UnstatedFundBook FundBook = "unstated"         // the source names none
)

type (
	// Registered enters a programme into the ledger.
	Registered struct {
		Code           domain.ProgrammeCode `json:"code"`
		Name           string               `json:"name"`
		Kind           Kind                 `json:"kind"`
		Unit           domain.UnitCode      `json:"unit"` // 实施单位
		UnitName       string               `json:"unitName"`
		Department     domain.UnitCode      `json:"department"` // 主管部门
		DepartmentName string               `json:"departmentName"`
		FundBook       FundBook             `json:"fundBook"`
		Parent         domain.ProgrammeCode `json:"parent,omitempty"`    // 项目→政策→部门→政府
		Attribute      string               `json:"attribute,omitempty"` // 新增, 延续, 一次性
		From           domain.FiscalYear    `json:"from"`
		To             domain.FiscalYear    `json:"to,omitempty"` // 0: no end set
		Major          bool                 `json:"major,omitempty"`
		Jurisdiction   string               `json:"jurisdiction"` // whose rulebook judges it
		Source         *domain.Source       `json:"source,omitempty"`
	}

	// ResponsibleAssigned names the first responsible person (项目责任人).
	ResponsibleAssigned struct {
		Person string          `json:"person"`
		Name   string          `json:"name"`
		Post   string          `json:"post"`
		Unit   domain.UnitCode `json:"unit"`
		Since  domain.Day      `json:"since"`
	}

	// HandedOver passes the duty from one responsible person to the next. The
	// earlier one answers for what was done until Day.
	HandedOver struct {
		From          string          `json:"from"` // person
		FromName      string          `json:"fromName"`
		To            string          `json:"to"`
		ToName        string          `json:"toName"`
		Post          string          `json:"post"` // of the new one
		Unit          domain.UnitCode `json:"unit"` // of the new one
		Day           domain.Day      `json:"day"`  // the first day of the new one
		Reason        string          `json:"reason"`
		Pending       []string        `json:"pending,omitempty"`       // matters handed over unfinished
		Countersigned string          `json:"countersigned,omitempty"` // who signed for the department; empty: nobody
	}

	// MarkedMajor makes duty for life attach (重大).
	MarkedMajor struct {
		Reason   string `json:"reason"`
		Document string `json:"document"`
	}

	// Corrected puts a field of the registration right; the first entry stays.
	Corrected struct {
		Corrects string `json:"corrects"` // id of the event put right
		Field    string `json:"field"`    // name, attribute, fundBook
		Was      string `json:"was"`
		Is       string `json:"is"`
		Reason   string `json:"reason"`
	}

	// Exited ends the programme (到期、低效清理退出).
	Exited struct {
		Day    domain.Day `json:"day"`
		Reason string     `json:"reason"`
	}
)

func (Registered) EventType() string          { return "programme.registered.v1" }
func (ResponsibleAssigned) EventType() string { return "programme.responsible-assigned.v1" }
func (HandedOver) EventType() string          { return "programme.handed-over.v1" }
func (MarkedMajor) EventType() string         { return "programme.marked-major.v1" }
func (Corrected) EventType() string           { return "programme.corrected.v1" }
func (Exited) EventType() string              { return "programme.exited.v1" }

func (Registered) programme()          {}
func (ResponsibleAssigned) programme() {}
func (HandedOver) programme()          {}
func (MarkedMajor) programme()         {}
func (Corrected) programme()           {}
func (Exited) programme()              {}

// Stored is everything this package ever wrote.
var Stored = domain.Decoders[Event]{
	"programme.registered.v1":           domain.As(func(e Registered) Event { return e }),
	"programme.responsible-assigned.v1": domain.As(func(e ResponsibleAssigned) Event { return e }),
	"programme.handed-over.v1":          domain.As(func(e HandedOver) Event { return e }),
	"programme.marked-major.v1":         domain.As(func(e MarkedMajor) Event { return e }),
	"programme.corrected.v1":            domain.As(func(e Corrected) Event { return e }),
	"programme.exited.v1":               domain.As(func(e Exited) Event { return e }),
}
