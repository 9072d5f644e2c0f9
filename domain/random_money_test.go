package domain_test

import (
	"pgregory.net/rapid"

	. "wenxiao/domain"
	"wenxiao/domain/execution"
	"wenxiao/domain/monitoring"
)

var (
	executions  = of[execution.State, execution.Event]{"execution", execution.Stored, randomExecution, brokenExecution}
	monitorings = of[monitoring.State, monitoring.Event]{"monitoring", monitoring.Stored, randomMonitoring, brokenMonitoring}
)

func randomExecution(t *rapid.T, s execution.State) execution.Command {
	amount, number := anyMoney(t, "amount"), oneOf(t, "payment", "a", "b", "c", "d", "e", "")
	set := execution.SetBudget{Programme: "stadium", Year: 2022, Unit: "205001", Amount: mostly(t, "budget", 30*WanYuan, amount), Document: anyText(t, "document"), Source: anySource(t), Goal: anyFact(t), Approved: mostly(t, "approved", 30*WanYuan, amount)}
	if s.Status == execution.NotOpen {
		return set
	}
	return oneOf[execution.Command](t, "command",
		set,
		execution.AdjustBudget{Amount: amount, Reason: anyText(t, "reason"), Document: "示例文", Source: anySource(t), Goal: anyFact(t)},
		execution.Allot{Amount: amount, Document: "示例文"}, execution.Allot{Amount: amount, Document: "示例文"},
		execution.Pay{Payment: number, Amount: amount, Source: anySource(t)}, execution.Pay{Payment: number, Amount: amount},
		execution.Pay{Payment: number, Amount: WanYuan}, execution.Pay{Payment: number, Amount: WanYuan},
		execution.CorrectPayment{Corrects: "018f", Payment: number, Amount: amount, Reason: "更正"},
		execution.CorrectPayment{Corrects: "018f", Payment: number, Amount: amount, Reason: anyText(t, "reason")},
		execution.Suspend{Reason: mostly(t, "reason", "", "落后")},
		execution.Resume{Reason: anyText(t, "reason"), By: desk(t)}, execution.Resume{Reason: "整改到位", By: Actor{Unit: "1"}},
		execution.Stop{Reason: mostly(t, "reason", "", "停止")},
		execution.Recall{Amount: amount, Reason: anyText(t, "reason"), Working: anyText(t, "working")},
		execution.Recover{Amount: amount, Payment: number, Reason: anyText(t, "reason")},
	)
}

// brokenExecution: the sums are the sums of the payments; what nobody attests
// stays within what is allotted and budgeted; nothing is paid while payments
// are held; and no sum leaves the range of money.
func brokenExecution(s execution.State, history []execution.Event) string {
	var paid, recovered Money
	attested := false
	for _, p := range s.Payments {
		paid, recovered, attested = paid+p.Amount, recovered+p.Recovered, attested || p.Attested
		if p.Recovered > p.Amount || p.Amount < 0 {
			return broken("of %d paid %d came back", p.Amount, p.Recovered)
		}
	}
	if s.Paid != paid || s.Recovered != recovered || paid < 0 || paid > MaxMoney || s.FullYear < 0 || s.FullYear > MaxMoney {
		return broken("paid %d, recovered %d of %d; payments make %d, %d", s.Paid, s.Recovered, s.FullYear, paid, recovered)
	}
	flowing, changed := false, false
	for _, e := range history {
		switch e := e.(type) {
		case execution.BudgetSet, execution.Resumed:
			flowing = true
		case execution.Suspended, execution.Stopped:
			flowing = false
		case execution.BudgetAdjusted:
			changed = changed || e.Source != nil
		case execution.Paid:
			if !flowing {
				return broken("%s was paid while payments were held", e.Payment)
			}
		}
	}
	if !attested && (s.Paid > s.Allotted-s.Recalled || !changed && s.Allotted-s.Recalled > s.FullYear) {
		return broken("paid %d, allotted %d, recalled %d, budget %d", s.Paid, s.Allotted, s.Recalled, s.FullYear)
	}
	return ""
}

func randomMonitoring(t *rapid.T, s monitoring.State) monitoring.Command {
	rows := anyIndicators(t)
	readings := []monitoring.Reading{}
	for _, r := range rows {
		readings = append(readings, monitoring.Reading{
			Row: r.Row, Actual: mostly(t, "actual", "已完成", ""), Attainment: mostly(t, "attainment", oneOf(t, "attainment", decimalOf("0.2"), decimalOf("0.8")), nil, decimalOf("30"), decimalOf("9999999999999999999"), decimalOf("-1")),
			Likelihood: mostly(t, "likelihood", monitoring.Certain, monitoring.Impossible), Reason: anyText(t, "reason"),
		})
	}
	limit := func(label string) Decimal {
		return *oneOf(t, label, decimalOf("0.15"), decimalOf("0.4"), decimalOf("0"))
	}
	take := monitoring.TakeSnapshot{
		Snapshot: mostly(t, "number", "", "1", "2"), Programme: "stadium", Year: 2022, Unit: "205001", Day: anyDay(t, "day"), Period: "1—7月", Readings: readings,
		Source: anySource(t), Today: "2023-01-10", Goal: anyFact(t), Indicators: rows, Budget: anyMoney(t, "budget"), Paid: anyMoney(t, "paid"),
		Thresholds: monitoring.Thresholds{Attainment: limit("attainment"), Execution: limit("execution"), Contradiction: limit("contradiction"), Grave: limit("grave")},
	}
	again := take
	again.Snapshot = oneOf(t, "corrected", "1", "2")
	warning := oneOf(t, "warning", "1", "2", "3", "9")
	return oneOf[monitoring.Command](t, "command",
		take, take, take,
		monitoring.CorrectSnapshot{Corrects: "018f", Snapshot: again, Reason: anyText(t, "reason")},
		monitoring.ExplainWarning{Warning: warning, Reason: anyText(t, "reason")},
		monitoring.ClearWarning{Warning: warning, Reason: anyText(t, "reason"), By: desk(t)},
		monitoring.ReportRisk{Risk: anyText(t, "risk"), Seen: anyDay(t, "seen"), Plan: anyText(t, "plan"), Today: "2022-10-31"},
	)
}

// brokenMonitoring: snapshots follow one another within the year, numbers are
// used once, and a line has one open warning.
func brokenMonitoring(s monitoring.State, _ []monitoring.Event) string {
	numbers := map[string]bool{}
	for i, taken := range s.Snapshots {
		if numbers[taken.Snapshot] || i > 0 && taken.Day <= s.Snapshots[i-1].Day || taken.Day.Year() != 2022 {
			return broken("snapshot %s of %s is out of place", taken.Snapshot, taken.Day)
		}
		numbers[taken.Snapshot] = true
	}
	warnings, lines := map[string]bool{}, map[string]bool{}
	for _, w := range s.Warnings {
		if warnings[w.Warning] || !numbers[w.Snapshot] {
			return broken("warning %s of snapshot %s", w.Warning, w.Snapshot)
		}
		warnings[w.Warning] = true
	}
	for _, w := range s.Open() {
		if lines[w.Line] {
			return broken("two open warnings on %s", w.Line)
		}
		lines[w.Line] = true
	}
	return ""
}
