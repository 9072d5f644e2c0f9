package projections

import (
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// The five stages of a programme's year, in order (five-stage stepper).
const (
	StageExAnte     = "ex-ante"    // 事前评估
	StageGoal       = "goal"       // 目标
	StageExecution  = "execution"  // 执行监控
	StageEvaluation = "evaluation" // 评价
	StageResult     = "result"     // 结果应用
)

// Stages lists the stages in order; StageFacts has one entry for each.
var Stages = [5]string{StageExAnte, StageGoal, StageExecution, StageEvaluation, StageResult}

// Status of a programme's year, gravest first.
const (
	StatusAlert   = "alert"   // 异常: a grave warning, payments stopped, or findings in the self-evaluation
	StatusWarning = "warning" // 预警: an open warning, or payments suspended
	StatusWaiting = "waiting" // 待办: somebody has to act: review, answer a return, check, put right
	StatusNormal  = "normal"  // 正常
	StatusDone    = "done"    // 办结: result fed back or finalised and nothing open
)

// Status of a goal form.
const (
	GoalFiled    = "filed"
	GoalReturned = "returned"
	GoalReviewed = "reviewed"
	GoalApproved = "approved"
)

// Status of payments.
const (
	PaymentsOpen      = "open"
	PaymentsSuspended = "suspended"
	PaymentsStopped   = "stopped"
)

// A Programme is one programme in one budget year, as the register shows it.
type Programme struct {
	Code           domain.ProgrammeCode `json:"code"`
	Year           domain.FiscalYear    `json:"year"`
	Name           string               `json:"name"`
	Kind           string               `json:"kind"`                // programme.Kind
	FundBook       string               `json:"fundBook"`            // programme.FundBook
	Attribute      string               `json:"attribute,omitempty"` // 新增, 延续, 一次性
	Unit           domain.UnitCode      `json:"unit"`
	UnitName       string               `json:"unitName"`
	Department     domain.UnitCode      `json:"department"`
	DepartmentName string               `json:"departmentName"`
	Major          bool                 `json:"major,omitempty"`
	Jurisdiction   string               `json:"jurisdiction"`
	From           domain.FiscalYear    `json:"from"`
	To             domain.FiscalYear    `json:"to,omitempty"`
	Exited         domain.Day           `json:"exited,omitempty"`

	Years []domain.FiscalYear `json:"years,omitempty"` // the programme's years in the ledger; of the row of year 0 only

	Responsible       string     `json:"responsible,omitempty"` // person in office now
	ResponsibleName   string     `json:"responsibleName,omitempty"`
	ResponsiblePost   string     `json:"responsiblePost,omitempty"`
	ResponsibleSince  domain.Day `json:"responsibleSince,omitempty"`
	ResponsibleBefore string     `json:"responsibleBefore,omitempty"` // name of the one before, if any

	Stage      string    `json:"stage"`
	StageFacts [5]string `json:"stageFacts"` // one per stage, in Chinese; empty: nothing yet

	GoalVersion  int    `json:"goalVersion,omitempty"`  // the latest filed
	GoalStatus   string `json:"goalStatus,omitempty"`   // of that version: Goal…
	GoalApproved int    `json:"goalApproved,omitempty"` // the version in force; 0: none

	Budget        domain.Money    `json:"budget"`   // 年初预算数
	FullYear      domain.Money    `json:"fullYear"` // 全年预算数
	Allotted      domain.Money    `json:"allotted"`
	Paid          domain.Money    `json:"paid"`
	Recalled      domain.Money    `json:"recalled"`
	Recovered     domain.Money    `json:"recovered"`
	Rate          *domain.Decimal `json:"rate,omitempty"` // paid ÷ full year, 0.8618; none while the budget is zero
	PaymentStatus string          `json:"paymentStatus"`

	Attainment   *domain.Decimal `json:"attainment,omitempty"` // of the last snapshot, 0 to 1 or more
	Elapsed      *domain.Decimal `json:"elapsed,omitempty"`
	Snapshot     string          `json:"snapshot,omitempty"` // its number
	SnapshotDay  domain.Day      `json:"snapshotDay,omitempty"`
	Warnings     int             `json:"warnings"` // raised and not cleared
	GraveWarning bool            `json:"graveWarning,omitempty"`
	Open         []OpenWarning   `json:"open,omitempty"` // the warnings counted

	EvaluationStatus string          `json:"evaluationStatus,omitempty"` // Evaluation… of the self-evaluation
	PrintedScore     *domain.Decimal `json:"printedScore,omitempty"`
	ComputedScore    *domain.Decimal `json:"computedScore,omitempty"`
	FinalScore       *domain.Decimal `json:"finalScore,omitempty"`
	Grade            string          `json:"grade,omitempty"`
	Findings         int             `json:"findings"`

	OpenRectifications int          `json:"openRectifications"`
	RectificationDue   domain.Day   `json:"rectificationDue,omitempty"` // the nearest last day of those with the unit
	Notices            []OpenNotice `json:"notices,omitempty"`          // the rectifications counted

	Status string         `json:"status"`
	Note   string         `json:"note,omitempty"`   // the reason of the status, in Chinese
	Source *domain.Source `json:"source,omitempty"` // none: witnessed by the ledger

	UpdatedAt time.Time           `json:"updatedAt"`
	Position  eventstore.Position `json:"position"` // of the last event that changed the row
}

// An OpenWarning is a warning raised and not cleared.
type OpenWarning struct {
	Warning   string `json:"warning"`
	Grave     bool   `json:"grave,omitempty"`
	Explained bool   `json:"explained,omitempty"`
}

// An OpenNotice is a rectification not closed.
type OpenNotice struct {
	ID     string     `json:"id"`
	Due    domain.Day `json:"due"`
	Status string     `json:"status"` // Rectification…
}

// Score returns the score that holds: final, else computed, else printed.
func (p Programme) Score() *domain.Decimal {
	switch {
	case p.FinalScore != nil:
		return p.FinalScore
	case p.ComputedScore != nil:
		return p.ComputedScore
	}
	return p.PrintedScore
}

// ProgrammeFilter narrows the register. Empty fields do not narrow.
type ProgrammeFilter struct {
	Text       string            `json:"text,omitempty"` // words of name, unit or code, or initials of the pinyin; all must occur
	Unit       domain.UnitCode   `json:"unit,omitempty"`
	Department domain.UnitCode   `json:"department,omitempty"`
	FundBook   string            `json:"fundBook,omitempty"`
	Kind       string            `json:"kind,omitempty"`
	Stage      string            `json:"stage,omitempty"`
	Status     string            `json:"status,omitempty"`
	Year       domain.FiscalYear `json:"year,omitempty"`
	Major      bool              `json:"major,omitempty"`    // major ones only
	Attested   *bool             `json:"attested,omitempty"` // true: taken from a source only; false: witnessed only
	Sort       string            `json:"sort,omitempty"`     // code, name, unit, year, stage, budget, paid, rate, score, status, updated; "-" before it turns it round
	Paging
}

// ProgrammeList is one page of the register. Sums are over all rows that match,
// Counts over all that match but for the status asked for.
type ProgrammeList struct {
	List[Programme]
	Sums   ProgrammeSums  `json:"sums"`
	Counts map[string]int `json:"counts"` // rows by status
}

// ProgrammeSums are sums over a register.
type ProgrammeSums struct {
	Budget   domain.Money `json:"budget"`
	FullYear domain.Money `json:"fullYear"`
	Paid     domain.Money `json:"paid"`
}
