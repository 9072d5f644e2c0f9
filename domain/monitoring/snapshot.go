package monitoring

import (
	"fmt"
	"slices"
	"strconv"

	"wenxiao/domain"
)

// TakeSnapshot records both lines at one day in one table. Attainment, elapsed
// time and execution follow from readings, weights and money; warnings are
// raised and cleared in the same decision.
type TakeSnapshot struct {
	Snapshot  string               `json:"snapshot,omitempty"` // empty: the next number
	Programme domain.ProgrammeCode `json:"programme"`
	Year      domain.FiscalYear    `json:"year"`
	Unit      domain.UnitCode      `json:"unit"`
	Day       domain.Day           `json:"day"`
	Period    string               `json:"period"`
	Trend     string               `json:"trend,omitempty"`
	Readings  []Reading            `json:"readings"`
	Source    *domain.Source       `json:"source,omitempty"`

	Today      domain.Day         `json:"-"`
	Goal       domain.Fact        `json:"-"` // the year's goal is approved
	Indicators []domain.Indicator `json:"-"` // of the approved goal
	Budget     domain.Money       `json:"-"` // full-year budget and payments to the end of Day
	Paid       domain.Money       `json:"-"`
	Thresholds Thresholds         `json:"-"`
}

// Decide refuses a snapshot out of order, of days to come, or of other rows
// than the approved goal has. What a source attests need not be complete.
func (c TakeSnapshot) Decide(s State) ([]Event, error) {
	if c.Snapshot == "" {
		c.Snapshot = s.nextSnapshot()
	}
	no := c.check("")
	no.If(s.snapshot(c.Snapshot) >= 0, domain.Refusal{
		Code: "monitoring.number-used", Field: "/snapshot",
		Reason: fmt.Sprintf("本年度已有第 %s 期监控", c.Snapshot),
	})
	last, any := s.Latest()
	no.If(any && c.Day.Valid() && c.Day <= last.Day, domain.Refusal{
		Code: "monitoring.not-after-last", Field: "/day",
		Reason: fmt.Sprintf("截至日 %s 须晚于上一期的 %s", c.Day, last.Day),
	})
	taken := c.taken()
	return domain.Unless(no, append([]Event{taken}, s.warn(taken, c.Thresholds)...)...)
}

// CorrectSnapshot replaces the snapshot of the same number; both stay on record.
type CorrectSnapshot struct {
	Corrects string       `json:"corrects"`
	Snapshot TakeSnapshot `json:"snapshot"`
	Reason   string       `json:"reason"`
}

// Decide refuses to correct what is not there, or out of its place among the
// other snapshots. Only the latest snapshot's correction touches warnings: later
// ones have judged the earlier lines already.
func (c CorrectSnapshot) Decide(s State) ([]Event, error) {
	i := s.snapshot(c.Snapshot.Snapshot)
	if i < 0 {
		return nil, domain.Refusal{
			Code: "monitoring.unknown-snapshot", Field: "/snapshot/snapshot",
			Reason: fmt.Sprintf("没有第 %s 期监控", c.Snapshot.Snapshot),
		}
	}
	no := c.Snapshot.check("/snapshot")
	day := c.Snapshot.Day
	no.If(domain.Blank(c.Corrects), domain.Refusal{Code: "monitoring.corrects-nothing", Reason: "未指明被更正的记录", Field: "/corrects"})
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "monitoring.no-reason", Reason: "更正原因未填", Field: "/reason"})
	no.If(day.Valid() && (i > 0 && day <= s.Snapshots[i-1].Day || i+1 < len(s.Snapshots) && day >= s.Snapshots[i+1].Day), domain.Refusal{
		Code: "monitoring.out-of-order", Field: "/snapshot/day",
		Reason: fmt.Sprintf("截至日 %s 与前后各期次序不符", day),
	})
	taken := c.Snapshot.taken()
	events := []Event{SnapshotCorrected{Corrects: c.Corrects, Snapshot: taken, Reason: c.Reason}}
	if i == len(s.Snapshots)-1 {
		events = append(events, s.warn(taken, c.Snapshot.Thresholds)...)
	}
	return domain.Unless(no, events...)
}

func (s State) nextSnapshot() string {
	n := len(s.Snapshots) + 1
	for s.snapshot(strconv.Itoa(n)) >= 0 {
		n++
	}
	return strconv.Itoa(n)
}

// check refuses what is wrong with the table itself. Fields are below at.
func (c TakeSnapshot) check(at string) (no domain.Refusals) {
	no.CheckAt(at+"/programme", c.Programme.Check())
	no.If(c.Unit.Check() != nil, domain.Refusal{Code: "monitoring.no-unit", Reason: "监控单位未填或有误", Field: at + "/unit"})
	no.If(!c.Day.Valid(), notADay(at+"/day", c.Day))
	no.If(c.Day.Valid() && c.Day.Year() != c.Year, domain.Refusal{
		Code: "monitoring.other-year", Field: at + "/day",
		Reason: fmt.Sprintf("截至日 %s 不在 %d 年度内", c.Day, c.Year),
	})
	no.If(c.Day.Valid() && c.Day > c.Today, domain.Refusal{
		Code: "monitoring.day-to-come", Field: at + "/day",
		Reason: fmt.Sprintf("截至日 %s 尚未到来（今天 %s）", c.Day, c.Today),
	})
	seen := map[string]bool{}
	for i, r := range c.Readings {
		field := fmt.Sprintf("%s/readings/%d", at, i)
		no.If(seen[r.Row], domain.Refusal{Code: "monitoring.duplicate-row", Reason: fmt.Sprintf("行号 %s 填了两次", r.Row), Field: field + "/row"})
		no.If(r.Attainment != nil && r.Attainment.Sign() < 0, domain.Refusal{
			Code: "monitoring.negative-attainment", Field: field + "/attainment",
			Reason: fmt.Sprintf("行号 %s 的完成比例 %s 为负", r.Row, r.Attainment),
		})
		seen[r.Row] = true
	}
	if c.Source == nil {
		no = append(no, c.complete(at, seen)...)
	}
	return no
}

// complete refuses a table of our own with rows or figures missing.
func (c TakeSnapshot) complete(at string, seen map[string]bool) (no domain.Refusals) {
	const basis = "忻州办法 第二十七条"
	if !c.Goal.Holds {
		return domain.Refusals{{Code: "monitoring.goal-not-approved", Reason: "绩效目标未批复，无从监控：" + c.Goal.Text, Basis: "忻州办法 第二十五条"}}
	}
	no.If(c.Budget <= 0, domain.Refusal{Code: "monitoring.no-budget", Reason: "本年度预算尚未下达，无从计算执行率", Basis: "忻州办法 第二十六条"})
	no.If(domain.Blank(c.Period), domain.Refusal{
		Code: "monitoring.no-period", Field: at + "/period", Basis: "财预〔2019〕136号",
		Reason: "监控期间未填，如 1—7月",
	})
	for _, row := range c.Indicators {
		no.If(!seen[row.Row], domain.Refusal{
			Code: "monitoring.row-missing", Field: at + "/readings", Basis: basis,
			Reason: fmt.Sprintf("缺少指标“%s”（行号 %s）的执行情况", row.Name, row.Row),
		})
	}
	for i, r := range c.Readings {
		field := fmt.Sprintf("%s/readings/%d", at, i)
		known := slices.ContainsFunc(c.Indicators, func(row domain.Indicator) bool { return row.Row == r.Row })
		no.If(!known, domain.Refusal{
			Code: "monitoring.unknown-row", Field: field + "/row", Basis: "忻州办法 第二十五条",
			Reason: fmt.Sprintf("批复的目标没有行号为 %s 的指标", r.Row),
		})
		no.If(domain.Blank(r.Actual), domain.Refusal{
			Code: "monitoring.no-actual", Field: field + "/actual", Basis: basis,
			Reason: fmt.Sprintf("行号 %s 的执行情况未填", r.Row),
		})
		no.If(!slices.Contains([]Likelihood{Certain, Possible, Impossible}, r.Likelihood), domain.Refusal{
			Code: "monitoring.unknown-likelihood", Field: field + "/likelihood", Basis: "财预〔2019〕136号",
			Reason: fmt.Sprintf("行号 %s 的完成可能性应为确定能、有可能或完全不可能", r.Row),
		})
		no.If(r.Likelihood == Impossible && domain.Blank(r.Reason), domain.Refusal{
			Code: "monitoring.deviation-without-reason", Field: field + "/reason", Basis: "忻州办法 第二十九条；财预〔2019〕136号",
			Reason: fmt.Sprintf("行号 %s 完全不可能完成，须说明偏差原因", r.Row),
		})
	}
	no.If(len(no) == 0 && !measured(c.Readings), domain.Refusal{
		Code: "monitoring.nothing-measured", Field: at + "/readings", Basis: basis,
		Reason: "没有一行指标给出完成比例，无从计算目标实现程度",
	})
	return no
}

func (c TakeSnapshot) taken() SnapshotTaken {
	return SnapshotTaken{
		Snapshot: c.Snapshot, Programme: c.Programme, Year: c.Year, Unit: c.Unit, Day: c.Day, Period: c.Period,
		Attainment: Attainment(c.Readings, c.Indicators), Elapsed: c.Year.Elapsed(c.Day),
		Budget: c.Budget, Paid: c.Paid, Execution: execution(c.Paid, c.Budget),
		Trend: c.Trend, Readings: c.Readings, Source: c.Source,
	}
}

func notADay(field string, d domain.Day) domain.Refusal {
	return domain.Refusal{Code: "monitoring.malformed-day", Reason: fmt.Sprintf("“%s”不是日期，应如 2026-03-31", d), Field: field}
}
