package rectification

import (
	"fmt"

	"wenxiao/domain"
)

// IssueNotice tells a unit what to put right by when.
type IssueNotice struct {
	Programme domain.ProgrammeCode `json:"programme"`
	Year      domain.FiscalYear    `json:"year"`
	Unit      domain.UnitCode      `json:"unit"`
	UnitName  string               `json:"unitName"`
	Issuer    domain.UnitCode      `json:"issuer"`
	Issues    []Issue              `json:"issues"`
	Due       domain.Day           `json:"due"`
	Document  string               `json:"document"`

	Today domain.Day `json:"-"`
}

// Decide refuses a notice to oneself, without issues numbered from 1, or due
// today or before.
func (c IssueNotice) Decide(s State) ([]Event, error) {
	if s.Status != NotIssued {
		return nil, domain.Refusal{Code: "rectification.already-issued", Reason: fmt.Sprintf("整改通知（%s）已下达", s.Document)}
	}
	var no domain.Refusals
	no.CheckAt("/programme", c.Programme.Check())
	no.If(!c.Year.Valid(), domain.Refusal{Code: "rectification.no-year", Reason: fmt.Sprintf("%d 不是可登记的预算年度", c.Year), Field: "/year"})
	no.If(c.Unit.Check() != nil || domain.Blank(c.UnitName), domain.Refusal{
		Code: "rectification.no-unit", Field: "/unit", Basis: basis,
		Reason: "被整改单位的编码和名称须填写",
	})
	no.If(c.Issuer.Check() != nil, domain.Refusal{Code: "rectification.no-issuer", Reason: "下达单位未填或有误", Field: "/issuer", Basis: basis})
	no.If(c.Issuer == c.Unit && c.Unit != "", domain.Refusal{
		Code: "rectification.own-notice", Field: "/unit", Basis: basis,
		Reason: fmt.Sprintf("%s 不能对自己下达整改通知", c.UnitName),
	})
	no.If(len(c.Issues) == 0, domain.Refusal{Code: "rectification.no-issues", Reason: "整改通知须列明问题", Field: "/issues", Basis: basis})
	for i, issue := range c.Issues {
		at := fmt.Sprintf("/issues/%d", i)
		no.If(issue.No != i+1, domain.Refusal{
			Code: "rectification.misnumbered", Field: at + "/no",
			Reason: fmt.Sprintf("第 %d 个问题编号为 %d，应从 1 起连续编号", i+1, issue.No),
		})
		no.If(domain.Blank(issue.Problem), domain.Refusal{
			Code: "rectification.no-problem", Field: at + "/problem", Basis: basis,
			Reason: fmt.Sprintf("第 %d 个问题未填", i+1),
		})
		no.If(domain.Blank(issue.Requirement), domain.Refusal{
			Code: "rectification.no-requirement", Field: at + "/requirement", Basis: basis,
			Reason: fmt.Sprintf("第 %d 个问题没有整改要求", i+1),
		})
	}
	no = append(no, ahead("/due", c.Due, c.Today)...)
	no.If(domain.Blank(c.Document), domain.Refusal{Code: "rectification.no-document", Reason: "整改通知文号未填", Field: "/document"})
	return domain.Unless(no, Event(NoticeIssued{
		Programme: c.Programme, Year: c.Year, Unit: c.Unit, UnitName: c.UnitName, Issuer: c.Issuer, Issues: c.Issues, Due: c.Due, Document: c.Document,
	}))
}

// CloseNotice (销号) accepts the work. The closer is the actor's unit.
type CloseNotice struct {
	Opinion string `json:"opinion"`

	By domain.Actor `json:"-"`
}

// Decide refuses to close what is not reported, and to the unit the notice was
// issued to and the person who reported.
func (c CloseNotice) Decide(s State) ([]Event, error) {
	if err := s.is(UnderReview); err != nil {
		return nil, err
	}
	no := append(s.foreign(c.By), s.issued(c.By)...)
	no.If(domain.Blank(c.Opinion), domain.Refusal{Code: "rectification.no-opinion", Reason: "销号意见未填", Field: "/opinion", Basis: basis})
	return domain.Unless(no, Event(NoticeClosed{Closer: domain.UnitCode(c.By.Unit), Opinion: c.Opinion}))
}

// ahead refuses a last day that leaves no time.
func ahead(field string, due, today domain.Day) (no domain.Refusals) {
	no.If(!due.Valid(), domain.Refusal{Code: "rectification.malformed-day", Reason: fmt.Sprintf("“%s”不是日期，应如 2026-03-31", due), Field: field})
	no.If(due.Valid() && due <= today, domain.Refusal{
		Code: "rectification.due-not-ahead", Field: field, Basis: basis,
		Reason: fmt.Sprintf("期限 %s 须晚于今天 %s", due, today),
	})
	return no
}
