package domain_test

import (
	"pgregory.net/rapid"

	. "wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/goal"
)

var (
	goals       = of[goal.State, goal.Event]{"goal", goal.Stored, randomGoal, brokenGoal}
	evaluations = of[evaluation.State, evaluation.Event]{"evaluation", evaluation.Stored, randomEvaluation, brokenEvaluation}
)

func randomGoal(t *rapid.T, s goal.State) goal.Command {
	file := goal.File{
		Programme: "stadium", Year: 2022, Unit: "205001", Budget: anyMoney(t, "budget"), Objective: mostly(t, "objective", oneOf(t, "objective", "一", "二", "三"), ""),
		Indicators: anyIndicators(t), Cause: anyText(t, "cause"), Source: anySource(t), By: site(t), Active: anyFact(t), WeightSum: mostly(t, "sum", Int(90), Decimal{}),
	}
	if s.Status == goal.NotFiled {
		return file
	}
	version := max(0, s.Version+mostly(t, "version", 0, -1, 1))
	level := mostly(t, "level", goal.FinanceLevel, goal.DepartmentLevel, "court")
	mark := func(label string) goal.Criterion {
		return goal.Criterion{Score: *oneOf(t, label, decimalOf("20"), decimalOf("18.5"), decimalOf("12"), decimalOf("31"), decimalOf("9999999999999999999"))}
	}
	review := goal.Review{Version: version, Level: level, Completeness: mark("completeness"), Relevance: mark("relevance"), Suitability: mark("suitability"), Feasibility: mark("feasibility"), Opinion: anyText(t, "opinion"), By: desk(t)}
	excellent := goal.Review{Version: version, Level: level, Completeness: goal.Criterion{Score: Int(19)}, Relevance: goal.Criterion{Score: Int(28)}, Suitability: goal.Criterion{Score: Int(28)}, Feasibility: goal.Criterion{Score: Int(19)}, Opinion: "同意", By: Actor{Person: "p3", Unit: "1"}}
	return oneOf[goal.Command](t, "command",
		file, review, excellent, excellent,
		goal.Return{Version: version, Level: level, Reason: anyText(t, "reason"), Points: oneOf(t, "points", nil, []goal.Point{{Row: "1", Text: "量化"}}), By: desk(t)},
		goal.Approve{Version: version, Amount: anyMoney(t, "amount"), Document: anyText(t, "document"), Reason: anyText(t, "reason"), Source: anySource(t), By: desk(t)},
	)
}

// brokenGoal: versions count up, none is approved twice, and none of ours is
// approved that finance has not passed since it was filed.
func brokenGoal(s goal.State, history []goal.Event) string {
	version, passed, approved := 0, false, map[int]bool{}
	for _, e := range history {
		switch e := e.(type) {
		case goal.Filed:
			if e.Version != version+1 {
				return broken("version %d follows %d", e.Version, version)
			}
			version, passed = e.Version, false
		case goal.Reviewed:
			passed = passed || e.Passed && e.Level == goal.FinanceLevel
		case goal.Returned:
			passed = false
		case goal.Approved:
			if approved[e.Version] || e.Version != version || e.Source == nil && !passed {
				return broken("version %d of %d was approved, passed by finance: %v", e.Version, version, passed)
			}
			approved[e.Version] = true
		}
	}
	if s.Version != version || s.ApprovedVersion > 0 && !approved[s.ApprovedVersion] {
		return broken("the state is at %d, approved %d", s.Version, s.ApprovedVersion)
	}
	return ""
}

func randomEvaluation(t *rapid.T, s evaluation.State) evaluation.Command {
	rows := []evaluation.Row{}
	for _, indicator := range anyIndicators(t) {
		rows = append(rows, evaluation.Row{Indicator: indicator, Actual: anyText(t, "actual"), Score: anyWeight(t, "score"), Reason: anyText(t, "reason")})
	}
	full := Money(25 * WanYuan)
	file := evaluation.FileSelf{
		Programme: "stadium", Year: 2022, Unit: "205001", Form: "自评表", MoneyUnit: mostly(t, "money", "万元", ""), Achieved: oneOf(t, "achieved", "一", "二", "三"),
		Budget: evaluation.Budget{FullYear: &full, Executed: &full, Score: mostly(t, "execution", decimalOf("9"), decimalOf("11")), Weight: decimalOf("10")}, Rows: rows, Cause: anyText(t, "cause"), Source: anySource(t),
		By: site(t), Today: mostly[Day](t, "today", "2023-01-10", "2022-12-31"), Indicators: mostly(t, "goal", nil, anyIndicators(t)),
		Attained: map[string]Decimal{"1": *decimalOf("1.5")}, Explain: mostly(t, "explain", Decimal{}, *decimalOf("1.3")),
	}
	if s.Status == evaluation.NotFiled {
		return file
	}
	version := max(0, s.Version+mostly(t, "version", 0, -1))
	score := *mostly(t, "total", decimalOf("95"), decimalOf("79.99"), decimalOf("101"), decimalOf("9999999999999999999"))
	return oneOf[evaluation.Command](t, "command",
		file, file,
		evaluation.Check{Version: version, Rulebook: mostly(t, "rulebook", "xinzhou@1", ""), Computed: anyWeight(t, "computed"), By: desk(t)},
		evaluation.Return{Version: version, Reason: anyText(t, "reason"), By: desk(t)},
		evaluation.Finalise{Version: version, Score: score, Grade: mostly(t, "grade", "优", "中"), ByBands: "优", Reason: anyText(t, "reason"), By: desk(t)},
		evaluation.FeedBack{Opinion: anyText(t, "opinion")},
	)
}

// brokenEvaluation: versions count up; a result is fixed once, of a version
// checked since it was filed; only feedback follows it, once.
func brokenEvaluation(s evaluation.State, history []evaluation.Event) string {
	version, checked, final, fedBack := 0, false, false, false
	for _, e := range history {
		_, feedback := e.(evaluation.FedBack)
		if feedback != final || fedBack {
			return broken("%T, result %v, fed back %v", e, final, fedBack)
		}
		switch e := e.(type) {
		case evaluation.SelfFiled:
			if e.Version != version+1 {
				return broken("version %d follows %d", e.Version, version)
			}
			version, checked = e.Version, false
		case evaluation.Checked:
			checked = e.Version == version
		case evaluation.Finalised:
			if !checked || e.Version != version {
				return broken("version %d of %d was finalised, checked: %v", e.Version, version, checked)
			}
			final = true
		case evaluation.FedBack:
			fedBack = true
		}
	}
	return ""
}
