package rectification

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// FilePlan says what the unit means to do, and who answers for it. A report
// needs no plan before it; a plan may be filed anew.
type FilePlan struct {
	Measures    []Answer   `json:"measures"`
	Responsible string     `json:"responsible"`
	Name        string     `json:"name"`
	DoneBy      domain.Day `json:"by"`

	By domain.Actor `json:"-"`
}

// Decide refuses a plan that leaves an issue out, names nobody, or ends after
// the notice is due.
func (c FilePlan) Decide(s State) ([]Event, error) {
	if err := s.is(WithUnit); err != nil {
		return nil, err
	}
	no := s.addressed(c.By)
	no = append(no, s.covered("/measures", "整改措施", c.Measures)...)
	no.If(domain.Blank(c.Responsible) || domain.Blank(c.Name), domain.Refusal{
		Code: "rectification.nobody-responsible", Field: "/responsible", Basis: basis,
		Reason: "整改责任人未填",
	})
	no = append(no, domain.Official("/responsible", c.Responsible)...)
	no.If(!c.DoneBy.Valid(), domain.Refusal{
		Code: "rectification.malformed-day", Field: "/by",
		Reason: fmt.Sprintf("“%s”不是日期，应如 2026-03-31", c.DoneBy),
	})
	no.If(c.DoneBy.Valid() && c.DoneBy > s.Due, domain.Refusal{
		Code: "rectification.plan-beyond-due", Field: "/by", Basis: basis,
		Reason: fmt.Sprintf("计划完成日 %s 晚于整改期限 %s", c.DoneBy, s.Due),
	})
	return domain.Unless(no, Event(PlanFiled{Measures: c.Measures, Responsible: c.Responsible, Name: c.Name, By: c.DoneBy}))
}

// ReportProgress tells how far the work is.
type ReportProgress struct {
	Progress string `json:"progress"`

	By domain.Actor `json:"-"`
}

// Decide refuses to report nothing.
func (c ReportProgress) Decide(s State) ([]Event, error) {
	if err := s.is(WithUnit); err != nil {
		return nil, err
	}
	no := s.addressed(c.By)
	no.If(domain.Blank(c.Progress), domain.Refusal{Code: "rectification.no-progress", Reason: "整改进展未填", Field: "/progress", Basis: basis})
	return domain.Unless(no, Event(ProgressReported{Progress: c.Progress}))
}

// ReportWork claims the work is done, and shows it.
type ReportWork struct {
	Answers []Answer `json:"answers"`

	By domain.Actor `json:"-"`
}

// Decide refuses a report that leaves an issue unanswered.
func (c ReportWork) Decide(s State) ([]Event, error) {
	if err := s.is(WithUnit); err != nil {
		return nil, err
	}
	no := s.addressed(c.By)
	no = append(no, s.covered("/answers", "整改情况", c.Answers)...)
	return domain.Unless(no, Event(WorkReported{Answers: c.Answers, By: c.By.Person}))
}

// ReturnWork sends the report back; the notice stays open.
type ReturnWork struct {
	Reason string     `json:"reason"`
	Due    domain.Day `json:"due,omitempty"`

	By    domain.Actor `json:"-"`
	Today domain.Day   `json:"-"`
}

// Decide refuses to send back without saying why, or with a new day already past.
func (c ReturnWork) Decide(s State) ([]Event, error) {
	if err := s.is(UnderReview); err != nil {
		return nil, err
	}
	no := append(s.foreign(c.By), s.issued(c.By)...)
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "rectification.no-reason", Reason: "退回理由未填", Field: "/reason", Basis: basis})
	if c.Due != "" {
		no = append(no, ahead("/due", c.Due, c.Today)...)
	}
	return domain.Unless(no, Event(WorkReturned{Reason: c.Reason, Due: c.Due}))
}

// covered refuses answers that do not speak to every issue exactly once.
func (s State) covered(field, what string, answers []Answer) (no domain.Refusals) {
	seen := map[int]bool{}
	for i, a := range answers {
		at := fmt.Sprintf("%s/%d", field, i)
		known := slices.ContainsFunc(s.Issues, func(issue Issue) bool { return issue.No == a.No })
		no.If(!known, domain.Refusal{Code: "rectification.unknown-issue", Reason: fmt.Sprintf("没有编号为 %d 的问题", a.No), Field: at + "/no"})
		no.If(seen[a.No], domain.Refusal{Code: "rectification.answered-twice", Reason: fmt.Sprintf("问题 %d 填了两次", a.No), Field: at + "/no"})
		no.If(domain.Blank(a.Done), domain.Refusal{
			Code: "rectification.empty-answer", Field: at + "/done", Basis: basis,
			Reason: fmt.Sprintf("问题 %d 的%s未填", a.No, what),
		})
		seen[a.No] = true
	}
	for _, issue := range s.Issues {
		no.If(!seen[issue.No], domain.Refusal{
			Code: "rectification.issue-unanswered", Field: field, Basis: basis,
			Reason: fmt.Sprintf("问题 %d“%s”没有%s", issue.No, issue.Problem, what),
		})
	}
	return no
}
