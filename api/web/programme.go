package web

import (
	"fmt"
	"html/template"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// Programme is one programme in one year: what was promised, done, paid, found,
// and by whom.
type Programme struct {
	Frame
	Row            projections.Programme
	Today          domain.Day
	Years          []domain.FiscalYear
	Sheet          *Sheet // the self-evaluation; before there is one, the goal form
	Goals          []projections.Goal
	Scores         []projections.Score
	Chart          template.HTML // both lines over the year; empty when nothing was reported or paid
	Lines          projections.Lines
	Findings       []ShownFinding
	Ledger         projections.Ledger
	Rectifications []projections.Rectification
	Statements     []StatementShown // of experts, commenters and beneficiaries
	Course         []CoursePart
	Files          projections.Attached // what the acts of the course rest on
	Main           *Crumb               // what somebody waits for the reader to do
	Acts           []Crumb              // what the reader may do now
	Evidence       string               // address of the bundle; empty where it is not offered
}

func (Programme) template() string { return "programme" }

// ShownFinding is a finding with the figures it sets against each other.
type ShownFinding struct {
	evaluation.Finding
	Status            Status // gravity, with the name of the code
	Name              string // of the code, in words
	Place             string // of the cell, in words
	Printed, Computed string // empty where the finding is not about two figures
	Working           string
	Address           string // of the cell's origin
}

// CoursePart is a stretch of the course within one procedure.
type CoursePart struct {
	Procedure string
	Entries   []projections.Entry
}

// Address is the programme's own, with a slash behind it for what lies under it.
func (p Programme) Address() string { return fmt.Sprintf("/programmes/%s/%d/", p.Row.Code, p.Row.Year) }

// At is where the ledger looked so, for replay.
func (p Programme) At(position eventstore.Position) string {
	return fmt.Sprintf("%sreplay?at=%d", p.Address(), position)
}

// Entries counts the events of the course.
func (p Programme) Entries() (n int) {
	for _, part := range p.Course {
		n += len(part.Entries)
	}
	return n
}

// Check says what the arithmetic check came to.
func (p Programme) Check() Status {
	switch {
	case p.Row.EvaluationStatus == "":
		return NotFiled
	case len(p.Findings) > 0:
		return Differs.Saying("%d 处不符", len(p.Findings))
	case p.Row.ComputedScore == nil:
		return ToReview.Saying("待复核")
	}
	return Agrees
}

// Rectifying says how the notices stand, the most pressing first.
func (p Programme) Rectifying() Status {
	if len(p.Rectifications) == 0 {
		return Status{"none", "none", "没有"}
	}
	worst := p.Rectifications[0]
	for _, r := range p.Rectifications[1:] {
		if worst.Status == projections.RectificationClosed || r.Status != projections.RectificationClosed && r.Due < worst.Due {
			worst = r
		}
	}
	return rectificationStatus(worst, p.Today)
}

// Answer returns what the unit last said of an issue: its report, else its plan.
func Answer(r projections.Rectification, no int) string {
	for _, a := range r.Answers {
		if a.No == no {
			return a.Done
		}
	}
	for _, a := range r.Measures {
		if a.No == no {
			return "方案：" + a.Done
		}
	}
	return ""
}

// Procedures groups the course as it was gone through, not by the clock alone:
// a new part begins where the procedure changes.
func Procedures(entries []projections.Entry) (parts []CoursePart) {
	for _, e := range entries {
		name := procedure(e)
		if strings.HasPrefix(e.Type, "attachment.") && len(parts) > 0 { // part of whatever it is handed in for
			name = parts[len(parts)-1].Procedure
		}
		if len(parts) == 0 || parts[len(parts)-1].Procedure != name {
			parts = append(parts, CoursePart{Procedure: name})
		}
		last := &parts[len(parts)-1]
		last.Entries = append(last.Entries, e)
	}
	return parts
}

func procedure(e projections.Entry) string {
	noun, _, _ := strings.Cut(e.Type, ".")
	switch noun {
	case "execution", "monitoring":
		return "执行与监控"
	case "evaluation", "rectification":
		return "评价与整改"
	case "goal":
		return "目标与预算"
	}
	return "登记与责任人"
}

// courseIcons are the shapes of acts in the course; anything else is a step done.
var courseIcons = map[string]Status{
	"goal.filed": Waiting, "goal.returned": Back, "execution.suspended": Held, "execution.stopped": Stopped, "execution.recalled": Attention,
	"execution.recovered": Attention, "monitoring.warning-raised": Warning, "monitoring.warning-explained": Waiting,
	"monitoring.risk-reported": Alert, "evaluation.self-filed": Waiting, "evaluation.returned": Back,
	"rectification.notice-issued": Warning, "rectification.plan-filed": Waiting, "rectification.progress-reported": Waiting,
	"rectification.work-reported": Waiting, "rectification.work-returned": Back,
	"programme.corrected": Corrected, "execution.payment-corrected": Corrected, "monitoring.snapshot-corrected": Corrected,
}

// courseStatus is the shape of an event in the course; the sentence says the rest.
func courseStatus(e projections.Entry) Status {
	if e.Late {
		return Late
	}
	name, _, _ := strings.Cut(e.Type, ".v")
	if s, ok := courseIcons[name]; ok {
		return s
	}
	return OnTrack
}

// doer is who did it, in the post held then.
func doer(e projections.Entry) string {
	return strings.TrimSpace(e.Actor.Name + " " + e.Actor.Post)
}

// lineKinds are the entries of an account in words.
var lineKinds = map[string]string{
	"budget-set": "批复预算", "budget-adjusted": "调整预算", "allotted": "下达指标", "paid": "支付", "payment-corrected": "更正支付",
	"suspended": "暂缓拨款", "resumed": "恢复拨款", "stopped": "停止拨款", "recalled": "收回", "recovered": "追回",
}

func lineKind(kind string) string {
	if word, ok := lineKinds[kind]; ok {
		return word
	}
	return kind
}
