package rectification

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// Status says whose turn it is.
type Status string

const (
	NotIssued   Status = ""
	WithUnit    Status = "with-unit"    // 整改中
	UnderReview Status = "under-review" // 待审核
	Closed      Status = "closed"       // 已销号
)

// State is a notice as it stands.
type State struct {
	Status      Status
	Programme   domain.ProgrammeCode
	Year        domain.FiscalYear
	Unit        domain.UnitCode
	UnitName    string
	Issuer      domain.UnitCode
	Document    string
	Issues      []Issue
	Due         domain.Day // the last day, after extensions
	Plan        *PlanFiled // the last one filed
	Progress    []string   // in the order reported
	Answers     []Answer   // of the last report
	Reporter    string     // person who made it
	Returns     int        // how often a report was sent back
	ReturnedFor string     // why the last one was
	Closer      domain.UnitCode
}

// Overdue reports whether the unit still owes a report after its last day.
func (s State) Overdue(today domain.Day) bool { return s.Status == WithUnit && today > s.Due }

// Evolve returns the state after one more fact.
func (s State) Evolve(e Event) State {
	switch e := e.(type) {
	case NoticeIssued:
		s.Status, s.Programme, s.Year = WithUnit, e.Programme, e.Year
		s.Unit, s.UnitName, s.Issuer = e.Unit, e.UnitName, e.Issuer
		s.Issues, s.Due, s.Document = e.Issues, e.Due, e.Document
	case PlanFiled:
		s.Plan = &e
	case ProgressReported:
		s.Progress = append(slices.Clip(s.Progress), e.Progress)
	case WorkReported:
		s.Status, s.Answers, s.Reporter = UnderReview, e.Answers, e.By
	case WorkReturned:
		s.Status, s.ReturnedFor = WithUnit, e.Reason
		s.Returns++
		if e.Due != "" {
			s.Due = e.Due
		}
	case NoticeClosed:
		s.Status, s.Closer = Closed, e.Closer
	default:
		panic(fmt.Sprintf("rectification: no rule for %T", e))
	}
	return s
}

// is refuses what is not due in the present status.
func (s State) is(want Status) error {
	switch {
	case s.Status == want:
		return nil
	case s.Status == NotIssued:
		return domain.Refusal{Code: "rectification.not-issued", Reason: "整改通知尚未下达"}
	case s.Status == Closed:
		return domain.Refusal{Code: "rectification.closed", Reason: fmt.Sprintf("整改通知已由 %s 销号", s.Closer), Basis: basis}
	case want == UnderReview:
		return domain.Refusal{Code: "rectification.not-under-review", Reason: "单位尚未提交整改报告，或报告已退回", Basis: basis}
	}
	return domain.Refusal{Code: "rectification.not-with-unit", Reason: "整改报告已提交，正在审核", Basis: basis}
}

// addressed refuses an answer by anyone but the unit the notice was issued to,
// or who acts for it.
func (s State) addressed(by domain.Actor) (no domain.Refusals) {
	no.If(by.Unit != string(s.Unit) && by.OnBehalfOf != string(s.Unit), domain.Refusal{
		Code: "rectification.not-addressed", Basis: basis,
		Reason: fmt.Sprintf("整改通知下达给 %s，应由该单位办理", s.UnitName),
	})
	return no
}

// foreign refuses to the unit and the person under rectification what only
// others may do.
func (s State) foreign(by domain.Actor) (no domain.Refusals) {
	no.If(by.Unit == string(s.Unit), domain.Refusal{
		Code: "rectification.own-closure", Basis: basis,
		Reason: fmt.Sprintf("被整改单位 %s 不得自行审核或销号", s.UnitName),
	})
	no.If(s.Reporter != "" && by.Person == s.Reporter, domain.Refusal{
		Code: "rectification.own-report", Basis: basis,
		Reason: fmt.Sprintf("%s 提交了整改报告，不得再审核或销号", by.Name),
	})
	return no
}

const basis = "忻州办法 第四十条第一项；南通办法 第十二条"

// issued refuses to anybody but the bureau that issued the notice what only it
// may judge: whoever gave the order accepts the work or sends it back.
func (s State) issued(by domain.Actor) (no domain.Refusals) {
	no.If(by.Unit != string(s.Issuer) && by.Unit != string(s.Unit), domain.Refusal{
		Code: "rectification.not-issuer", Basis: basis,
		Reason: fmt.Sprintf("整改通知由 %s 下达，整改报告应由下达单位审核和销号", s.Issuer),
	})
	return no
}
