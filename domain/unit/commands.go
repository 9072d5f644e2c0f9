package unit

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// Register enters a unit into the ledger.
type Register struct {
	Code         domain.UnitCode   `json:"code"`
	Name         string            `json:"name"`
	Kind         Kind              `json:"kind"`
	Parent       domain.UnitCode   `json:"parent,omitempty"`
	CreditCode   domain.CreditCode `json:"creditCode,omitempty"`
	Region       string            `json:"region,omitempty"`
	Jurisdiction string            `json:"jurisdiction,omitempty"`
	Since        domain.Day        `json:"since,omitempty"`
	Source       *domain.Source    `json:"source,omitempty"`
}

var kinds = []Kind{Government, Finance, Treasury, Department, Budgetary, OtherUser, Agency, Supervisor}

// Decide refuses a unit registered twice, or with malformed codes.
func (c Register) Decide(s State) ([]Event, error) {
	if s.Status != Unregistered {
		return nil, domain.Refusal{Code: "unit.already-registered", Reason: fmt.Sprintf("单位编码 %s 已由“%s”登记", s.Code, s.Name), Field: "/code"}
	}
	var no domain.Refusals
	no.Check(c.Code.Check())
	if c.CreditCode != "" {
		no.Check(c.CreditCode.Check())
	}
	no.If(domain.Blank(c.Name), domain.Refusal{Code: "unit.no-name", Reason: "单位名称未填", Field: "/name"})
	no.If(!slices.Contains(kinds, c.Kind), domain.Refusal{
		Code: "unit.unknown-kind", Field: "/kind", Basis: "忻州办法 第六条",
		Reason: fmt.Sprintf("单位类型“%s”不在目录内", c.Kind),
	})
	no.If(c.Parent != "" && c.Parent == c.Code, domain.Refusal{
		Code: "unit.own-parent", Field: "/parent",
		Reason: fmt.Sprintf("单位 %s 不能以自己为主管部门", c.Code),
	})
	no.If(c.Since != "" && !c.Since.Valid(), notADay("/since", c.Since))
	return domain.Unless(no, Event(Registered(c)))
}

// Rename gives the unit another name from a day on.
type Rename struct {
	Name     string     `json:"name"`
	Since    domain.Day `json:"since"`
	Document string     `json:"document"`
}

// Decide refuses a name without a day and a document. The same name changes nothing.
func (c Rename) Decide(s State) ([]Event, error) {
	if err := s.standing(); err != nil || c.Name == s.Name {
		return nil, err
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Name), domain.Refusal{Code: "unit.no-name", Reason: "新的单位名称未填", Field: "/name"})
	no.If(!c.Since.Valid(), notADay("/since", c.Since))
	no.If(c.Since.Valid() && c.Since < s.NamedSince, domain.Refusal{
		Code: "unit.renamed-before-named", Field: "/since",
		Reason: fmt.Sprintf("更名日期 %s 早于现名启用日 %s", c.Since, s.NamedSince),
	})
	no.If(domain.Blank(c.Document), noDocument)
	return domain.Unless(no, Event(Renamed(c)))
}

// Merge ends the unit in another. Whoever is still in post is relieved with it,
// so that no tenure outlives its unit.
type Merge struct {
	Into     domain.UnitCode `json:"into"`
	Since    domain.Day      `json:"since"`
	Document string          `json:"document"`
}

// Decide refuses a merger into itself or before somebody was appointed.
func (c Merge) Decide(s State) ([]Event, error) {
	if err := s.standing(); err != nil {
		return nil, err
	}
	no := s.ending(c.Since, c.Document)
	no.If(c.Into.Check() != nil, domain.Refusal{Code: "unit.no-successor", Reason: "并入的单位编码未填或有误", Field: "/into"})
	no.If(c.Into == s.Code, domain.Refusal{Code: "unit.own-successor", Reason: fmt.Sprintf("单位 %s 不能并入自己", s.Code), Field: "/into"})
	return domain.Unless(no, append(s.everyoneLeaves(c.Since, "单位并入 "+string(c.Into)), Merged(c))...)
}

// Abolish ends the unit. Whoever is still in post is relieved with it.
type Abolish struct {
	Since     domain.Day      `json:"since"`
	Successor domain.UnitCode `json:"successor,omitempty"`
	Document  string          `json:"document"`
}

// Decide refuses an end before somebody was appointed, or with itself as successor.
func (c Abolish) Decide(s State) ([]Event, error) {
	if err := s.standing(); err != nil {
		return nil, err
	}
	no := s.ending(c.Since, c.Document)
	no.If(c.Successor == s.Code, domain.Refusal{
		Code: "unit.own-successor", Field: "/successor",
		Reason: fmt.Sprintf("单位 %s 不能由自己承接职责", s.Code),
	})
	return domain.Unless(no, append(s.everyoneLeaves(c.Since, "单位撤销"), Abolished(c))...)
}

// standing refuses what needs a unit that exists.
func (s State) standing() error {
	switch s.Status {
	case Unregistered:
		return domain.Refusal{Code: "unit.not-registered", Reason: "单位尚未登记"}
	case Ended:
		return domain.Refusal{Code: "unit.ended", Reason: fmt.Sprintf("“%s”已自 %s 起不再存续", s.Name, s.EndedOn)}
	}
	return nil
}

// ending refuses an end on no day, without a document, or while somebody was
// still to begin or to serve in a post.
func (s State) ending(since domain.Day, document string) (no domain.Refusals) {
	no.If(!since.Valid(), notADay("/since", since))
	no.If(domain.Blank(document), noDocument)
	for _, t := range s.Tenures {
		last := max(t.Since, t.Until)
		no.If(since.Valid() && since <= last, domain.Refusal{
			Code: "unit.ends-before-tenure", Field: "/since",
			Reason: fmt.Sprintf("%s 在 %s 仍在岗，单位不能自 %s 起终止", t.Name, last, since),
		})
	}
	return no
}

// everyoneLeaves relieves all holders of posts on the day before since.
func (s State) everyoneLeaves(since domain.Day, reason string) (events []Event) {
	for _, t := range s.Tenures {
		if t.Until == "" {
			events = append(events, PersonRelieved{Person: t.Person, Post: t.Post, Until: since.AddDays(-1), Reason: reason})
		}
	}
	return events
}

func notADay(field string, d domain.Day) domain.Refusal {
	return domain.Refusal{Code: "unit.malformed-day", Reason: fmt.Sprintf("“%s”不是日期，应如 2026-03-31", d), Field: field}
}

var noDocument = domain.Refusal{Code: "unit.no-document", Reason: "依据文号未填", Field: "/document"}
