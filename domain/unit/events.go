// Package unit follows one unit: a government, department, budgetary unit, other
// user of public money or third-party agency, with the posts in it and who held
// them from when to when. Duty for life rests on these facts (忻州办法 第十四条),
// so nobody's tenure is ever removed.
package unit

import "wenxiao/domain"

// Stream returns the stream of the unit with code.
func Stream(code domain.UnitCode) string { return "unit-" + string(code) }

// Event is one of the facts below.
type Event interface {
	domain.Event
	unit()
}

// Command is one of the requests in commands.go.
type Command = domain.Command[State, Event]

// Kind says what a unit is.
type Kind string

const (
	Government Kind = "government" // 党委和政府
	Finance    Kind = "finance"    // 财政部门
	Treasury   Kind = "treasury"   // 国库支付机构
	Department Kind = "department" // 主管部门
	Budgetary  Kind = "budgetary"  // 预算单位
	OtherUser  Kind = "other-user" // 使用财政资金的其他单位 (忻州办法 第十三条)
	Agency     Kind = "agency"     // 第三方机构
	Supervisor Kind = "supervisor" // 审计, 纪检监察, 人大
)

type (
	// Registered enters a unit into the ledger.
	Registered struct {
		Code         domain.UnitCode   `json:"code"`
		Name         string            `json:"name"`
		Kind         Kind              `json:"kind"`
		Parent       domain.UnitCode   `json:"parent,omitempty"` // 主管部门 or the government
		CreditCode   domain.CreditCode `json:"creditCode,omitempty"`
		Region       string            `json:"region,omitempty"`       // 行政区划, in words
		Jurisdiction string            `json:"jurisdiction,omitempty"` // whose rulebook applies
		Since        domain.Day        `json:"since,omitempty"`
		Source       *domain.Source    `json:"source,omitempty"`
	}

	// Renamed gives the unit another name from a day on.
	Renamed struct {
		Name     string     `json:"name"`
		Since    domain.Day `json:"since"`
		Document string     `json:"document"`
	}

	// Merged ends the unit in another, which takes over its duties.
	Merged struct {
		Into     domain.UnitCode `json:"into"`
		Since    domain.Day      `json:"since"`
		Document string          `json:"document"`
	}

	// Abolished ends the unit.
	Abolished struct {
		Since     domain.Day      `json:"since"`
		Successor domain.UnitCode `json:"successor,omitempty"`
		Document  string          `json:"document"`
	}

	// PostEstablished creates a post (岗位) with the duties that go with it.
	PostEstablished struct {
		Post   string   `json:"post"`  // code within the unit: head, performance, payment
		Title  string   `json:"title"` // 绩效管理科科长
		Duties []string `json:"duties,omitempty"`
	}

	// PersonAppointed puts a person into a post.
	PersonAppointed struct {
		Person string     `json:"person"`
		Name   string     `json:"name"`
		Post   string     `json:"post"`
		Since  domain.Day `json:"since"`
	}

	// PersonRelieved ends a tenure; what was done in it stays theirs.
	PersonRelieved struct {
		Person string     `json:"person"`
		Post   string     `json:"post"`
		Until  domain.Day `json:"until"`  // the last day in post
		Reason string     `json:"reason"` // 调离, 退休, …
	}

	// AuthorityDelegated lets another act for the holder of a post (代办).
	AuthorityDelegated struct {
		Post  string     `json:"post"`
		From  string     `json:"from"` // person
		To    string     `json:"to"`   // person
		Name  string     `json:"name"` // of the person acting
		Scope string     `json:"scope"`
		Since domain.Day `json:"since"`
		Until domain.Day `json:"until"`
	}
)

func (Registered) EventType() string         { return "unit.registered.v1" }
func (Renamed) EventType() string            { return "unit.renamed.v1" }
func (Merged) EventType() string             { return "unit.merged.v1" }
func (Abolished) EventType() string          { return "unit.abolished.v1" }
func (PostEstablished) EventType() string    { return "unit.post-established.v1" }
func (PersonAppointed) EventType() string    { return "unit.person-appointed.v1" }
func (PersonRelieved) EventType() string     { return "unit.person-relieved.v1" }
func (AuthorityDelegated) EventType() string { return "unit.authority-delegated.v1" }

func (Registered) unit()         {}
func (Renamed) unit()            {}
func (Merged) unit()             {}
func (Abolished) unit()          {}
func (PostEstablished) unit()    {}
func (PersonAppointed) unit()    {}
func (PersonRelieved) unit()     {}
func (AuthorityDelegated) unit() {}

// Stored is everything this package ever wrote.
var Stored = domain.Decoders[Event]{
	"unit.registered.v1":          domain.As(func(e Registered) Event { return e }),
	"unit.renamed.v1":             domain.As(func(e Renamed) Event { return e }),
	"unit.merged.v1":              domain.As(func(e Merged) Event { return e }),
	"unit.abolished.v1":           domain.As(func(e Abolished) Event { return e }),
	"unit.post-established.v1":    domain.As(func(e PostEstablished) Event { return e }),
	"unit.person-appointed.v1":    domain.As(func(e PersonAppointed) Event { return e }),
	"unit.person-relieved.v1":     domain.As(func(e PersonRelieved) Event { return e }),
	"unit.authority-delegated.v1": domain.As(func(e AuthorityDelegated) Event { return e }),
}
