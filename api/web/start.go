package web

import (
	"fmt"

	"wenxiao/domain"
	"wenxiao/projections"
)

// Start is the workbench: what must I do next, and by when.
type Start struct {
	Frame
	projections.Overview
	Unit  string // whose work it is; empty for everybody's
	Reads bool   // who looks settles none of it: it is the others' work
	Acts  func(projections.Task) Crumb
}

func (Start) template() string { return "start" }

// Heading counts what is mine, or what the others have to do.
func (p Start) Heading() string {
	if p.Total == 0 {
		return "没有待办的事"
	}
	if p.Reads {
		return fmt.Sprintf("各方待办 %d 件", p.Total)
	}
	return fmt.Sprintf("待我办理 %d 件", p.Total)
}

// Summary says how much of it presses.
func (p Start) Summary() string {
	if p.English {
		return fmt.Sprintf("%s · %d overdue, %d due today, %d this week", p.Today, p.in(projections.GroupOverdue), p.in(projections.GroupToday), p.in(projections.GroupThisWeek))
	}
	words := fmt.Sprintf("%s　%s", inProse(p.Today), weekday(p.Today))
	if p.Total > 0 {
		words += fmt.Sprintf("　·　其中逾期 %d 件、今日到期 %d 件、本周到期 %d 件",
			p.in(projections.GroupOverdue), p.in(projections.GroupToday), p.in(projections.GroupThisWeek))
	}
	return words
}

func (p Start) in(group string) int {
	for _, g := range p.Groups {
		if g.Code == group {
			return g.Total
		}
	}
	return 0
}

// groupWords name the deadline groups.
var groupWords = map[string]string{
	projections.GroupOverdue: "已逾期", projections.GroupToday: "今天", projections.GroupThisWeek: "本周",
	projections.GroupThisMonth: "本月", projections.GroupLater: "以后",
}

// GroupWord names a deadline group.
func (Start) GroupWord(g projections.TaskGroup) string { return groupWords[g.Code] }

// GroupDay says until when a deadline group runs.
func (p Start) GroupDay(g projections.TaskGroup) string {
	switch {
	case g.Until == "" || g.Code == projections.GroupOverdue:
		return ""
	case p.English:
		return string(g.Until)
	}
	t := g.Until.Time()
	day := fmt.Sprintf("%d 月 %d 日", t.Month(), t.Day())
	if g.Code != projections.GroupToday {
		day += "前"
	}
	return day
}

// taskKinds say what sort of work a task is.
var taskKinds = map[string]string{
	projections.TaskGoalReview: "目标审核", projections.TaskGoalReturned: "目标重报", projections.TaskGoalApprove: "目标批复",
	projections.TaskSnapshot: "监控报送", projections.TaskWarningExplain: "预警说明", projections.TaskWarningDecide: "预警处置",
	projections.TaskEvaluationFile: "自评报送", projections.TaskEvaluationCheck: "自评复核", projections.TaskEvaluationFinalise: "自评定级",
	projections.TaskRectificationReport: "整改报送", projections.TaskRectificationReview: "整改审核",
}

func taskKind(kind string) string {
	if word, ok := taskKinds[kind]; ok {
		return word
	}
	return kind
}

// taskStatus is the deadline, or the gravity where that comes first.
func taskStatus(task projections.Task) Status {
	if task.Grave && task.Days >= 0 {
		return Alert
	}
	if task.Due == "" {
		return Waiting
	}
	return Deadline(task.Days)
}

func inProse(d domain.Day) string {
	t := d.Time()
	return fmt.Sprintf("%d 年 %d 月 %d 日", t.Year(), t.Month(), t.Day())
}

func weekday(d domain.Day) string {
	return "星期" + []string{"日", "一", "二", "三", "四", "五", "六"}[d.Time().Weekday()]
}
