package web

import (
	"wenxiao/domain"
	"wenxiao/domain/programme"
	"wenxiao/projections"
)

// The codes of the tables in words and statuses. An unknown code shows itself.

var programmeStatuses = map[string]Status{
	projections.StatusAlert: Alert, projections.StatusWarning: Warning, projections.StatusWaiting: Waiting,
	projections.StatusNormal: OnTrack, projections.StatusDone: Done,
}

func programmeStatus(code string) Status { return statusOf(programmeStatuses, code) }

var goalStatuses = map[string]Status{
	projections.GoalFiled: ToReview, projections.GoalReturned: Back, projections.GoalReviewed: Waiting.Saying("待批复"),
	projections.GoalApproved: Passed.Saying("已批复"), "": NotFiled,
}

func goalStatus(code string) Status { return statusOf(goalStatuses, code) }

var evaluationStatuses = map[string]Status{
	projections.EvaluationFiled: ToReview.Saying("待复核"), projections.EvaluationChecked: Waiting.Saying("待定级"),
	projections.EvaluationReturned: Back, projections.EvaluationFinalised: Passed.Saying("已定级"),
	projections.EvaluationFedBack: Done.Saying("已反馈"), "": NotFiled,
}

func evaluationStatus(code string) Status { return statusOf(evaluationStatuses, code) }

var paymentStatuses = map[string]Status{
	projections.PaymentsOpen: OnTrack, projections.PaymentsSuspended: Held, projections.PaymentsStopped: Stopped,
}

func paymentStatus(code string) Status { return statusOf(paymentStatuses, code) }

var warningStatuses = map[string]Status{
	projections.WarningOpen: Warning.Saying("待说明"), projections.WarningExplained: Waiting.Saying("已说明，待处置"),
	projections.WarningCleared: Done.Saying("已解除"), projections.WarningNone: OnTrack,
}

func warningStatus(code string) Status { return statusOf(warningStatuses, code) }

// rectificationStatus counts the days of a notice that the unit still works on.
func rectificationStatus(r projections.Rectification, today domain.Day) Status {
	switch r.Status {
	case projections.RectificationUnderReview:
		return ToReview.Saying("待审核")
	case projections.RectificationClosed:
		return Done.Saying("已销号")
	}
	if days := today.DaysUntil(r.Due); days <= 3 {
		return Deadline(days)
	}
	return WithUnit
}

func statusOf(known map[string]Status, code string) Status {
	if s, ok := known[code]; ok {
		return s
	}
	return Status{"none", "none", code}
}

// FundBooks are the four books and the word for a source that names none.
var FundBooks = []Option{
	{string(programme.GeneralBudget), "一般公共预算"},
	{string(programme.GovernmentFunds), "政府性基金"},
	{string(programme.StateCapital), "国有资本经营"},
	{string(programme.SocialInsurance), "社会保险基金"},
	{string(programme.UnstatedFundBook), "未载明"},
}

// Kinds are what a programme may be.
var Kinds = []Option{
	{string(programme.Project), "项目"},
	{string(programme.Policy), "政策"},
	{string(programme.Department), "部门整体"},
	{string(programme.Basic), "基本支出"},
	{string(programme.Government), "政府预算"},
	{string(programme.Revenue), "收入"},
}

// Stages are the five stages in order.
var Stages = []Option{
	{projections.StageExAnte, "事前评估"},
	{projections.StageGoal, "目标"},
	{projections.StageExecution, "监控"},
	{projections.StageEvaluation, "评价"},
	{projections.StageResult, "结果应用"},
}

// Statuses are those of a programme's year, gravest first.
var Statuses = []Option{
	{projections.StatusAlert, Alert.Word},
	{projections.StatusWarning, Warning.Word},
	{projections.StatusWaiting, Waiting.Word},
	{projections.StatusNormal, OnTrack.Word},
	{projections.StatusDone, Done.Word},
}

// Word returns the word for a value, or the value where there is none.
func Word(options []Option, value string) string {
	for _, o := range options {
		if o.Value == value {
			return o.Text
		}
	}
	return value
}

func fundBook(code string) string { return Word(FundBooks, code) }

func kindOf(code string) string { return Word(Kinds, code) }

// Step is one of the five stages as the stepper draws it.
type Step struct{ Word, Fact, Class string }

// steps draws a programme's year: stages behind it are done, the present one is
// half filled, and a closed year has none before it.
func steps(p projections.Programme) []Step {
	list, class := make([]Step, len(Stages)), "is-done"
	for i, stage := range Stages {
		now := class
		if stage.Value == p.Stage {
			if now, class = "is-now", ""; p.Status == projections.StatusDone {
				now = "is-done"
			}
		}
		list[i] = Step{stage.Text, p.StageFacts[i], now}
	}
	return list
}

// stageWord says in a word where the year stands.
func stageWord(p projections.Programme) string {
	if p.Status == projections.StatusDone {
		return Done.Word
	}
	return shortStages[p.Stage]
}

// shortStages name the stages where there is little room.
var shortStages = map[string]string{
	projections.StageExAnte: "事前", projections.StageGoal: "目标", projections.StageExecution: "监控",
	projections.StageEvaluation: "评价", projections.StageResult: "应用",
}

// shownScore is the score the register shows: the final one, else what the unit
// printed. A recomputed sum may be of some rows only, and stands on the page.
func shownScore(p projections.Programme) *domain.Decimal {
	if p.FinalScore != nil {
		return p.FinalScore
	}
	return p.PrintedScore
}
