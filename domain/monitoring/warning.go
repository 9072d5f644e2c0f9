package monitoring

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"wenxiao/domain"
)

// The lines a warning can be about.
const (
	AttainmentLine    = "attainment"    // 目标实现程度落后于时间
	ExecutionLine     = "execution"     // 预算执行进度落后于时间，或超出预算
	ContradictionLine = "contradiction" // 两线相差过大
)

// Thresholds are the shares from which a warning is raised: 0.15 is fifteen
// percentage points. Where one is zero the rulebook sets none.
type Thresholds struct {
	Attainment    domain.Decimal // attainment behind time
	Execution     domain.Decimal // payments behind time
	Contradiction domain.Decimal // attainment and payments apart, either way; always grave
	Grave         domain.Decimal // either line behind time by this much is grave
}

// warn returns the warnings that taken demands and the end of those it no
// longer bears out. A line has one open warning at a time; one that has become
// grave makes way for a grave one.
func (s State) warn(taken SnapshotTaken, limits Thresholds) (events []Event) {
	demanded := judge(taken, limits)
	next := len(s.Warnings) + 1
	for _, open := range s.Open() {
		i := slices.IndexFunc(demanded, func(w WarningRaised) bool { return w.Line == open.Line })
		switch {
		case i < 0:
			events = append(events, WarningCleared{Warning: open.Warning, Reason: fmt.Sprintf("第 %s 期监控（截至 %s）：%s，已在界限之内", taken.Snapshot, taken.Day, lines(taken))})
		case demanded[i].Grave && !open.Grave:
			events = append(events, WarningCleared{Warning: open.Warning, Reason: fmt.Sprintf("第 %s 期监控升级为异常：%s", taken.Snapshot, demanded[i].Working)})
		default:
			demanded = slices.Delete(demanded, i, i+1)
		}
	}
	for _, w := range demanded {
		w.Warning, next = strconv.Itoa(next), next+1
		events = append(events, w)
	}
	return events
}

// judge compares both lines with time and with each other.
func judge(t SnapshotTaken, limits Thresholds) (raised []WarningRaised) {
	measured := measured(t.Readings)
	if behind := t.Elapsed.Sub(t.Attainment); measured && reaches(behind, limits.Attainment) {
		raised = append(raised, lag(t, AttainmentLine, "目标", t.Attainment, limits.Attainment, reaches(behind, limits.Grave)))
	}
	if behind := t.Elapsed.Sub(t.Execution); t.Budget > 0 && reaches(behind, limits.Execution) {
		raised = append(raised, lag(t, ExecutionLine, "执行", t.Execution, limits.Execution, reaches(behind, limits.Grave)))
	}
	if t.Budget > 0 && domain.Int(1).Less(t.Execution) {
		raised = append(raised, WarningRaised{
			Snapshot: t.Snapshot, Line: ExecutionLine, Grave: true, Value: t.Execution, Expected: domain.Int(1),
			Working: fmt.Sprintf("执行 %s%%，支付 %s 万元，超出全年预算 %s 万元", percent(t.Execution), t.Paid.Wan(), t.Budget.Wan()),
		})
	}
	if apart := t.Execution.Sub(t.Attainment).Abs(); measured && t.Budget > 0 && reaches(apart, limits.Contradiction) {
		raised = append(raised, WarningRaised{
			Snapshot: t.Snapshot, Line: ContradictionLine, Grave: true, Value: t.Attainment, Expected: t.Execution, Threshold: limits.Contradiction,
			Working: fmt.Sprintf("目标 %s%%，执行 %s%%，两线相差 %s 个百分点", percent(t.Attainment), percent(t.Execution), percent(apart)),
		})
	}
	return raised
}

func lag(t SnapshotTaken, line, name string, value, limit domain.Decimal, grave bool) WarningRaised {
	return WarningRaised{
		Snapshot: t.Snapshot, Line: line, Grave: grave, Value: value, Expected: t.Elapsed, Threshold: limit,
		Working: fmt.Sprintf("%s %s%%，时间 %s%%，落后 %s 个百分点", name, percent(value), percent(t.Elapsed), percent(t.Elapsed.Sub(value))),
	}
}

func lines(t SnapshotTaken) string {
	return fmt.Sprintf("目标 %s%%，执行 %s%%，时间 %s%%", percent(t.Attainment), percent(t.Execution), percent(t.Elapsed))
}

func reaches(distance, limit domain.Decimal) bool { return limit.Sign() > 0 && !distance.Less(limit) }

// percent prints a share with two decimals: 24.80.
func percent(share domain.Decimal) string {
	return domain.HalfUp(new(big.Rat).Mul(share.Rat(), big.NewRat(100, 1)), 2).String()
}

// ExplainWarning gives the unit's reason. It may be given again, to add to it.
type ExplainWarning struct {
	Warning string   `json:"warning"`
	Reason  string   `json:"reason"`
	Files   []string `json:"files,omitempty"`
}

// Decide refuses to explain what is not open. The same words change nothing.
func (c ExplainWarning) Decide(s State) ([]Event, error) {
	w, err := s.open(c.Warning)
	if err != nil || w.Status == Explained && w.Explanation == c.Reason && slices.Equal(w.Files, c.Files) {
		return nil, err
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Reason), domain.Refusal{
		Code: "monitoring.no-reason", Field: "/reason", Basis: "忻州办法 第二十六条；南通办法 第十条第一项",
		Reason: "偏差原因未填",
	})
	return domain.Unless(no, Event(WarningExplained(c)))
}

// ClearWarning ends a warning by judgement rather than by figures.
type ClearWarning struct {
	Warning string `json:"warning"`
	Reason  string `json:"reason"`

	By domain.Actor `json:"-"`
}

// Decide refuses to clear without a reason, and to the unit that was warned.
func (c ClearWarning) Decide(s State) ([]Event, error) {
	if _, err := s.open(c.Warning); err != nil {
		return nil, err
	}
	const basis = "忻州办法 第二十六条；南通办法 第十条第二项"
	var no domain.Refusals
	no.If(c.By.Unit == string(s.Unit), domain.Refusal{Code: "monitoring.own-clearance", Reason: "被预警的单位不得自行解除预警", Basis: basis})
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "monitoring.no-reason", Reason: "解除预警的理由未填", Field: "/reason", Basis: basis})
	return domain.Unless(no, Event(WarningCleared{Warning: c.Warning, Reason: c.Reason}))
}

func (s State) open(number string) (Warning, error) {
	i := slices.IndexFunc(s.Warnings, func(w Warning) bool { return w.Warning == number })
	if i < 0 {
		return Warning{}, domain.Refusal{Code: "monitoring.unknown-warning", Reason: fmt.Sprintf("没有编号为 %s 的预警", number), Field: "/warning"}
	}
	if w := s.Warnings[i]; w.Status == Cleared {
		return w, domain.Refusal{
			Code: "monitoring.warning-cleared", Field: "/warning",
			Reason: fmt.Sprintf("%s 号预警已解除：%s", number, w.ClearedFor),
		}
	}
	return s.Warnings[i], nil
}

// ReportRisk tells finance at once of a major problem.
type ReportRisk struct {
	Risk string     `json:"risk"`
	Seen domain.Day `json:"seen"`
	Plan string     `json:"plan"`

	Today domain.Day `json:"-"`
}

// Decide refuses a report that does not say what was seen, when, and what is to
// be done about it.
func (c ReportRisk) Decide(State) ([]Event, error) {
	const basis = "南通办法 第十条第一项"
	var no domain.Refusals
	no.If(domain.Blank(c.Risk), domain.Refusal{Code: "monitoring.no-risk", Reason: "执行问题或风险未填", Field: "/risk", Basis: basis})
	no.If(!c.Seen.Valid(), notADay("/seen", c.Seen))
	no.If(c.Seen.Valid() && c.Seen > c.Today, domain.Refusal{
		Code: "monitoring.day-to-come", Field: "/seen",
		Reason: fmt.Sprintf("发现日期 %s 尚未到来（今天 %s）", c.Seen, c.Today),
	})
	no.If(domain.Blank(c.Plan), domain.Refusal{Code: "monitoring.no-plan", Reason: "拟采取的措施未填", Field: "/plan", Basis: basis})
	return domain.Unless(no, Event(RiskReported{Risk: c.Risk, Seen: c.Seen, Plan: c.Plan}))
}
