package projections

import (
	"wenxiao/domain"
	"wenxiao/eventstore"
)

// Kinds of tasks.
const (
	TaskGoalReview          = "goal.review"          // 目标审核 (finance)
	TaskGoalReturned        = "goal.returned"        // 目标退回，待重报 (unit)
	TaskGoalApprove         = "goal.approve"         // 目标批复 (finance)
	TaskSnapshot            = "snapshot.due"         // 监控报送 (unit)
	TaskWarningExplain      = "warning.explain"      // 预警说明 (unit)
	TaskWarningDecide       = "warning.decide"       // 预警处置 (finance)
	TaskEvaluationFile      = "evaluation.file"      // 自评报送 (unit)
	TaskEvaluationCheck     = "evaluation.check"     // 自评复核 (finance)
	TaskEvaluationFinalise  = "evaluation.finalise"  // 自评定级 (finance)
	TaskRectificationReport = "rectification.report" // 整改报送 (unit); finance urges
	TaskRectificationReview = "rectification.review" // 整改审核 (finance)
)

// Groups of tasks by deadline, in order.
const (
	GroupOverdue   = "overdue"    // 逾期
	GroupToday     = "today"      // 今天
	GroupThisWeek  = "this-week"  // 本周
	GroupThisMonth = "this-month" // 本月
	GroupLater     = "later"      // 以后
)

// A Task is something somebody has to do.
type Task struct {
	Kind          string               `json:"kind"` // Task…
	Programme     domain.ProgrammeCode `json:"programme"`
	ProgrammeName string               `json:"programmeName"`
	Year          domain.FiscalYear    `json:"year"`
	Unit          domain.UnitCode      `json:"unit"`
	UnitName      string               `json:"unitName"`
	ID            string               `json:"id,omitempty"` // of the rectification, the evaluation or the warning
	Fact          string               `json:"fact"`         // one line, in Chinese
	Due           domain.Day           `json:"due"`
	Days          int                  `json:"days"` // until due; negative: overdue
	Basis         string               `json:"basis,omitempty"`
	Grave         bool                 `json:"grave,omitempty"`
	Mine          bool                 `json:"mine"` // this unit must act; else it waits for another
	Position      eventstore.Position  `json:"position,omitempty"`
}

// A TaskGroup is the tasks of one deadline group. Total may exceed what Tasks
// holds.
type TaskGroup struct {
	Code  string     `json:"code"` // Group…
	Until domain.Day `json:"until,omitempty"`
	Total int        `json:"total"`
	Tasks []Task     `json:"tasks"`
}

// OverviewCounts are the counts beside the tasks, of Year.
type OverviewCounts struct {
	Year                  domain.FiscalYear `json:"year"`
	Programmes            int               `json:"programmes"`
	Budget                domain.Money      `json:"budget"`
	Paid                  domain.Money      `json:"paid"`
	GoalsApproved         int               `json:"goalsApproved"`
	SelfFiled             int               `json:"selfFiled"`
	SelfChecked           int               `json:"selfChecked"`
	WithFindings          int               `json:"withFindings"`
	OpenWarnings          int               `json:"openWarnings"`
	OpenRectifications    int               `json:"openRectifications"`
	OverdueRectifications int               `json:"overdueRectifications"`
}

// An Overview is the work of one unit, or of the finance bureau.
type Overview struct {
	Today        domain.Day     `json:"today"`
	Groups       []TaskGroup    `json:"groups"`       // what this unit must do; only groups with tasks
	Total        int            `json:"total"`        // tasks in all groups
	Waiting      []Task         `json:"waiting"`      // what it waits for from others
	WaitingTotal int            `json:"waitingTotal"` // may exceed what Waiting holds
	Counts       OverviewCounts `json:"counts"`
	News         []Entry        `json:"news"` // last appointments and changes of units
}
