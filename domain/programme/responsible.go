package programme

import (
	"fmt"

	"wenxiao/domain"
)

// AssignResponsible names the first responsible person (项目责任人). Every later
// one takes over by [HandOver], so that there is exactly one at any time.
type AssignResponsible struct {
	Person string          `json:"person"`
	Name   string          `json:"name"`
	Post   string          `json:"post"`
	Unit   domain.UnitCode `json:"unit"`
	Since  domain.Day      `json:"since"`

	Today domain.Day `json:"-"`
}

// Decide refuses a second person beside the one in office.
func (c AssignResponsible) Decide(s State) ([]Event, error) {
	if err := s.running(); err != nil {
		return nil, err
	}
	if now := s.Responsible; now.Person != "" {
		return nil, domain.Refusal{
			Code: "programme.already-responsible", Field: "/person", Basis: "忻州办法 第十四条",
			Reason: fmt.Sprintf("%s 自 %s 起为项目责任人，更换须办理交接", now.Name, now.Since),
		}
	}
	no := person("/person", c.Person, "/name", c.Name, c.Post, c.Unit)
	no = append(no, s.own(c.Unit)...)
	no.If(!c.Since.Valid() || !c.Since.Year().Valid(), notADay("/since", c.Since))
	no.If(c.Since.Valid() && c.Since > c.Today, notYet("/since", c.Since, c.Today))
	return domain.Unless(no, Event(ResponsibleAssigned{Person: c.Person, Name: c.Name, Post: c.Post, Unit: c.Unit, Since: c.Since}))
}

// HandOver passes the duty from the responsible person in office to another.
// The earlier one answers for what was done before Day, for life if the
// programme is major.
type HandOver struct {
	To            string          `json:"to"`
	ToName        string          `json:"toName"`
	Post          string          `json:"post"`
	Unit          domain.UnitCode `json:"unit"`
	Day           domain.Day      `json:"day"`
	Reason        string          `json:"reason"`
	Pending       []string        `json:"pending,omitempty"`
	Countersigned string          `json:"countersigned,omitempty"` // person

	Today domain.Day `json:"-"`
}

// Decide refuses a handover to the same person, to nobody, on a day the earlier
// one was not yet in office, or countersigned by one of the two.
func (c HandOver) Decide(s State) ([]Event, error) {
	if err := s.running(); err != nil {
		return nil, err
	}
	now := s.Responsible
	if now.Person == "" {
		return nil, domain.Refusal{Code: "programme.nobody-responsible", Reason: "尚未明确项目责任人，无从交接", Basis: "忻州办法 第十四条第一项"}
	}
	no := person("/to", c.To, "/toName", c.ToName, c.Post, c.Unit)
	no = append(no, s.own(c.Unit)...)
	no.If(c.To == now.Person, domain.Refusal{Code: "programme.same-person", Reason: fmt.Sprintf("%s 已是项目责任人", now.Name), Field: "/to"})
	no.If(!c.Day.Valid(), notADay("/day", c.Day))
	no.If(c.Day.Valid() && c.Day > c.Today, notYet("/day", c.Day, c.Today))
	no.If(c.Day.Valid() && c.Day <= now.Since, domain.Refusal{
		Code: "programme.handover-before-tenure", Field: "/day",
		Reason: fmt.Sprintf("交接日期 %s 须晚于 %s 的任职日期 %s", c.Day, now.Name, now.Since),
	})
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "programme.no-reason", Reason: "交接原因未填", Field: "/reason"})
	no = append(no, domain.Official("/countersigned", c.Countersigned)...)
	no.If(c.Countersigned != "" && (c.Countersigned == now.Person || c.Countersigned == c.To), domain.Refusal{
		Code: "programme.countersigned-by-party", Field: "/countersigned",
		Reason: "监交人不得为交接双方",
	})
	return domain.Unless(no, Event(HandedOver{
		From: now.Person, FromName: now.Name, To: c.To, ToName: c.ToName, Post: c.Post, Unit: c.Unit,
		Day: c.Day, Reason: c.Reason, Pending: c.Pending, Countersigned: c.Countersigned,
	}))
}

// person refuses a responsible person who is not fully named.
func person(idField, id, nameField, name, post string, unit domain.UnitCode) (no domain.Refusals) {
	const basis = "忻州办法 第十四条第一项"
	no.If(domain.Blank(id), domain.Refusal{Code: "programme.no-person", Reason: "项目责任人未填", Field: idField, Basis: basis})
	no = append(no, domain.Official(idField, id)...)
	no.If(domain.Blank(name), domain.Refusal{Code: "programme.no-person-name", Reason: "项目责任人姓名未填", Field: nameField, Basis: basis})
	no.If(domain.Blank(post), domain.Refusal{Code: "programme.no-post", Reason: "项目责任人的岗位未填", Field: "/post", Basis: basis})
	no.If(unit.Check() != nil, domain.Refusal{Code: "programme.no-unit", Reason: "项目责任人所在单位未填或有误", Field: "/unit", Basis: basis})
	return no
}

// own refuses a responsible person of a unit that has no part in the programme.
func (s State) own(unit domain.UnitCode) (no domain.Refusals) {
	no.If(unit.Check() == nil && unit != s.Unit && unit != s.Department, domain.Refusal{
		Code: "programme.responsible-elsewhere", Field: "/unit", Basis: "忻州办法 第十四条第一项",
		Reason: fmt.Sprintf("项目责任人应在实施单位 %s 或主管部门 %s 任职，不能是 %s", s.Unit, s.Department, unit),
	})
	return no
}
