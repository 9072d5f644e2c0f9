package projections

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/execution"
	"wenxiao/domain/goal"
	"wenxiao/domain/monitoring"
	"wenxiao/domain/programme"
	"wenxiao/domain/rectification"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
)

// An office gives real commands to a ledger. Refusals are part of its day.
type office struct {
	t     testing.TB
	store eventstore.Store
	day   domain.Day
	n     int
	ids   map[string][]string // event ids by stream
}

var (
	clerk    = domain.Actor{Person: "wang", Name: "王某", Post: "财务科科长", Unit: "sports", Capacity: "本人履职"}
	reviewer = domain.Actor{Person: "zhang", Name: "张某", Post: "绩效管理科科长", Unit: "finance", Capacity: "本人履职"}
	payer    = domain.Actor{Person: "zhou", Name: "周某", Post: "支付科科员", Unit: "treasury", Capacity: "本人履职"}
)

func newOffice(t testing.TB, store eventstore.Store) *office {
	return &office{t: t, store: store, day: "2022-01-04", ids: map[string][]string{}}
}

// give carries out a command as who on the office's day. It reports whether it
// was accepted.
func give[S domain.State[S, E], E domain.Event](o *office, stored domain.Decoders[E], stream string, who domain.Actor, cmd domain.Command[S, E]) bool {
	o.n++
	meta := eventstore.Meta{EffectiveAt: o.day.Time().Add(10 * time.Hour), Actor: who, Command: fmt.Sprintf("office-%d", o.n), Rulebook: "xinzhou@1"}
	a, err := eventstore.Execute(context.Background(), o.store, stored, stream, eventstore.AnyRevision, cmd, meta)
	if err != nil {
		if !errors.As(err, new(domain.Refusal)) {
			o.t.Fatalf("%s: %v", stream, err)
		}
		return false
	}
	o.ids[stream] = append(o.ids[stream], a.IDs...)
	return true
}

// must is give for commands that a test relies on.
func must[S domain.State[S, E], E domain.Event](o *office, stored domain.Decoders[E], stream string, who domain.Actor, cmd domain.Command[S, E]) {
	o.t.Helper()
	o.n++
	meta := eventstore.Meta{EffectiveAt: o.day.Time().Add(10 * time.Hour), Actor: who, Command: fmt.Sprintf("office-%d", o.n), Rulebook: "xinzhou@1"}
	a, err := eventstore.Execute(context.Background(), o.store, stored, stream, eventstore.AnyRevision, cmd, meta)
	if err != nil {
		o.t.Fatalf("%s on %s: %v", stream, o.day, err)
	}
	o.ids[stream] = append(o.ids[stream], a.IDs...)
}

func weightOf(s string) *domain.Decimal { d := domain.MustDecimal(s); return &d }

func indicators(targets ...string) (rows []domain.Indicator) {
	for i, target := range targets {
		rows = append(rows, domain.Indicator{Row: fmt.Sprint(i + 1), Level1: "产出指标", Level2: "数量指标", Name: fmt.Sprintf("第 %d 项完成率", i+1), Target: target, Weight: weightOf("45"), Rule: "按比例", Basis: "计划"})
	}
	return rows
}

// open registers the units and one programme with its responsible person.
func (o *office) open(codes ...domain.ProgrammeCode) {
	for code, kind := range map[domain.UnitCode]unit.Kind{"finance": unit.Finance, "sports": unit.Budgetary, "bureau": unit.Department, "treasury": unit.Treasury} {
		name := map[domain.UnitCode]string{"finance": "示例市财政局", "sports": "示例市体育中心", "bureau": "示例市体育局", "treasury": "示例市国库支付中心"}[code]
		must(o, unit.Stored, unit.Stream(code), reviewer, unit.Register{Code: code, Name: name, Kind: kind})
	}
	for _, code := range codes {
		must(o, programme.Stored, programme.Stream(code), reviewer, programme.Register{
			Code: code, Name: "体育中心与委托运营方结算费用", Kind: programme.Project, Unit: "sports", UnitName: "示例市体育中心", Department: "bureau", DepartmentName: "示例市体育局",
			FundBook: programme.GeneralBudget, From: 2022, Jurisdiction: "xinzhou",
		})
		must(o, programme.Stored, programme.Stream(code), reviewer, programme.AssignResponsible{Person: "chen", Name: "陈某", Post: "项目负责人", Unit: "sports", Since: "2022-01-01", Today: o.day})
	}
}

func (o *office) file(code domain.ProgrammeCode, budget domain.Money, cause string, rows []domain.Indicator) bool {
	return give(o, goal.Stored, goal.Stream(code, 2022), clerk, goal.File{
		Programme: code, Year: 2022, Unit: "sports", Budget: budget, Objective: "按合同完成年度结算，保障场馆正常开放。", Indicators: rows, Cause: cause,
		Sources: []domain.FundSource{{Name: "当年财政拨款", Amount: budget}}, By: clerk, Active: domain.Fact{Event: "e", Holds: true}, WeightSum: domain.Int(90),
	})
}

func (o *office) approve(code domain.ProgrammeCode, version int, budget domain.Money) bool {
	review := goal.Review{
		Version: version, Level: goal.FinanceLevel, Completeness: goal.Criterion{Score: domain.Int(18)}, Relevance: goal.Criterion{Score: domain.Int(26)},
		Suitability: goal.Criterion{Score: domain.Int(25)}, Feasibility: goal.Criterion{Score: domain.Int(17)}, Opinion: "同意", By: reviewer,
	}
	ok := give(o, goal.Stored, goal.Stream(code, 2022), reviewer, review)
	return give(o, goal.Stored, goal.Stream(code, 2022), reviewer, goal.Approve{Version: version, Amount: budget, Document: "示财预〔2022〕1号", Reason: "按财力核定", By: reviewer}) && ok
}

func (o *office) fund(code domain.ProgrammeCode, budget domain.Money) bool {
	return give(o, execution.Stored, execution.Stream(code, 2022), reviewer, execution.SetBudget{Programme: code, Year: 2022, Unit: "sports", Amount: budget, Document: "示财预〔2022〕1号", Goal: domain.Fact{Holds: true}, Approved: budget}) &&
		give(o, execution.Stored, execution.Stream(code, 2022), reviewer, execution.Allot{Amount: budget, Document: "示财教〔2022〕18号"})
}

func (o *office) pay(code domain.ProgrammeCode, number string, amount domain.Money) bool {
	return give(o, execution.Stored, execution.Stream(code, 2022), payer, execution.Pay{Payment: number, Amount: amount, Purpose: "进度款"})
}

func (o *office) monitor(code domain.ProgrammeCode, actual string, budget, paid domain.Money) bool {
	attained := domain.MustDecimal("0.2")
	return give(o, monitoring.Stored, monitoring.Stream(code, 2022), clerk, monitoring.TakeSnapshot{
		Programme: code, Year: 2022, Unit: "sports", Day: o.day.AddDays(-1), Period: "1—7月", Today: o.day, Goal: domain.Fact{Holds: true},
		Readings:   []monitoring.Reading{{Row: "1", Actual: actual, Attainment: &attained, Likelihood: monitoring.Possible, Reason: "按季度考核后结算"}, {Row: "2", Actual: actual, Attainment: &attained, Likelihood: monitoring.Possible, Reason: "同上"}},
		Indicators: indicators("100%", "≥90%"), Budget: budget, Paid: paid,
		Thresholds: monitoring.Thresholds{Attainment: domain.MustDecimal("0.15"), Execution: domain.MustDecimal("0.15"), Contradiction: domain.MustDecimal("0.3"), Grave: domain.MustDecimal("0.3")},
	})
}

func (o *office) evaluate(code domain.ProgrammeCode, total string, cause string) bool {
	money, paid := 25*domain.WanYuan, 2154576*domain.Yuan/10
	self := evaluation.FileSelf{
		Programme: code, Year: 2022, Unit: "sports", Form: "项目支出绩效自评表", MoneyUnit: "万元", Expected: "按合同完成", Achieved: "已完成", Total: weightOf(total), Grade: "优", Cause: cause,
		Budget: evaluation.Budget{Begin: &money, FullYear: &money, Executed: &paid, Rate: "86.19%", Weight: weightOf("10"), Score: weightOf("8.62")},
		By:     clerk, Today: o.day, Ended: domain.Fact{Holds: true},
	}
	for _, i := range indicators("100%", "≥90%") {
		self.Rows = append(self.Rows, evaluation.Row{Indicator: i, Actual: "100%", Score: weightOf("45")})
	}
	return give(o, evaluation.Stored, evaluation.Stream(evaluation.SelfID(code, 2022)), clerk, self)
}

// versions are the last ones filed of goal and self-evaluation.
func (o *office) versions(code domain.ProgrammeCode) (ofGoal, ofSelf int) {
	g, _, err := eventstore.Load[goal.State](context.Background(), o.store, goal.Stored, goal.Stream(code, 2022))
	if err != nil {
		o.t.Fatal(err)
	}
	e, _, err := eventstore.Load[evaluation.State](context.Background(), o.store, evaluation.Stored, evaluation.Stream(evaluation.SelfID(code, 2022)))
	if err != nil {
		o.t.Fatal(err)
	}
	return g.Version, e.Version
}

// anything gives one random command. Whatever it needs and the ledger lacks, it
// is refused.
func (o *office) anything(t *rapid.T, codes []domain.ProgrammeCode) {
	o.day = o.day.AddDays(rapid.IntRange(0, 3).Draw(t, "days"))
	code := rapid.SampledFrom(codes).Draw(t, "programme")
	version := rapid.IntRange(1, 3).Draw(t, "version")
	goalVersion, selfVersion := o.versions(code)
	amount := domain.Money(rapid.IntRange(1, 30).Draw(t, "wan")) * domain.WanYuan
	self := evaluation.Stream(evaluation.SelfID(code, 2022))
	money, watch := execution.Stream(code, 2022), monitoring.Stream(code, 2022)
	notice := rectification.Stream(string(code) + "-1")
	reason := rapid.SampledFrom([]string{"两项指标口径重复", "农田水利口径", "应退回意见", "Data \"quoted\" & <odd> 50%_\\"}).Draw(t, "reason")
	last := func(stream string) string {
		if ids := o.ids[stream]; len(ids) > 0 {
			return rapid.SampledFrom(ids).Draw(t, "event")
		}
		return ""
	}
	acts := []func(){
		func() {
			o.file(code, amount, reason, indicators("100%", rapid.SampledFrom([]string{"≥90%", "≥95%", "及时"}).Draw(t, "target")))
		},
		func() {
			give(o, goal.Stored, goal.Stream(code, 2022), reviewer, goal.Return{Version: goalVersion, Level: goal.FinanceLevel, Reason: reason, By: reviewer})
		},
		func() { o.approve(code, goalVersion, amount) },
		func() { o.approve(code, goalVersion, amount) },
		func() { o.fund(code, 30*domain.WanYuan) },
		func() {
			give(o, execution.Stored, money, reviewer, execution.AdjustBudget{Amount: 30*domain.WanYuan + amount, Reason: reason, Document: "d", Goal: domain.Fact{Holds: true}})
		},
		func() { o.pay(code, fmt.Sprintf("%03d", rapid.IntRange(1, 9).Draw(t, "payment")), amount/10) },
		func() { o.pay(code, fmt.Sprintf("%03d", rapid.IntRange(1, 9).Draw(t, "payment")), amount/20) },
		func() {
			give(o, execution.Stored, money, payer, execution.CorrectPayment{Corrects: last(money), Payment: fmt.Sprintf("%03d", rapid.IntRange(1, 9).Draw(t, "payment")), Amount: amount / 30, Reason: reason})
		},
		func() { give(o, execution.Stored, money, reviewer, execution.Suspend{Reason: reason}) },
		func() { give(o, execution.Stored, money, reviewer, execution.Resume{Reason: reason, By: reviewer}) },
		func() {
			give(o, execution.Stored, money, reviewer, execution.Recall{Amount: amount / 50, Reason: reason, Working: "1"})
		},
		func() { o.hear(t, code, reason) },
		func() {
			o.hand(rapid.SampledFrom([]string{questionnaire, photograph}).Draw(t, "file"), reason+".pdf", clerk, code, 2022)
		},
		func() {
			give(o, attachment.Stored, attachment.Stream(photograph), reviewer, attachment.Withdraw{Ground: attachment.Mistake, Reason: reason, By: reviewer})
		},
		func() { o.hear(t, code, reason) },
		func() { o.monitor(code, "20%", 30*domain.WanYuan, amount) },
		func() {
			give(o, monitoring.Stored, watch, clerk, monitoring.ExplainWarning{Warning: fmt.Sprint(version), Reason: reason})
		},
		func() {
			give(o, monitoring.Stored, watch, reviewer, monitoring.ClearWarning{Warning: fmt.Sprint(version), Reason: reason, By: reviewer})
		},
		func() {
			give(o, monitoring.Stored, watch, clerk, monitoring.ReportRisk{Risk: reason, Seen: o.day, Plan: "停工", Today: o.day})
		},
		func() { o.evaluate(code, "98.62", reason) },
		func() {
			give(o, execution.Stored, money, reviewer, execution.Recover{Amount: amount / 40, Payment: fmt.Sprintf("%03d", version), Reason: reason})
		},
		func() {
			give(o, evaluation.Stored, self, reviewer, evaluation.Check{Version: selfVersion, Rulebook: "xinzhou@1", Printed: weightOf("98.62"), Computed: weightOf("98.62"), Findings: []evaluation.Finding{{Code: "rate-differs", Cell: "budget/rate", Message: reason}}, By: reviewer})
		},
		func() {
			give(o, evaluation.Stored, self, reviewer, evaluation.Return{Version: selfVersion, Reason: reason, By: reviewer})
		},
		func() {
			give(o, evaluation.Stored, self, reviewer, evaluation.Finalise{Version: selfVersion, Score: *weightOf("98.62"), Grade: "优", By: reviewer, ByBands: "优"})
		},
		func() {
			give(o, evaluation.Stored, self, reviewer, evaluation.FeedBack{Opinion: reason, Requirements: []string{"更正"}})
		},
		func() {
			give(o, rectification.Stored, notice, reviewer, rectification.IssueNotice{Programme: code, Year: 2022, Unit: "sports", UnitName: "示例市体育中心", Issuer: "finance", Issues: []rectification.Issue{{No: 1, Problem: reason, Requirement: "更正"}}, Due: o.day.AddDays(10), Document: "示财绩〔2022〕3号", Today: o.day})
		},
		func() {
			give(o, rectification.Stored, notice, clerk, rectification.FilePlan{Measures: []rectification.Answer{{No: 1, Done: "改"}}, Responsible: "chen", Name: "陈某", DoneBy: o.day.AddDays(5), By: clerk})
		},
		func() {
			give(o, rectification.Stored, notice, clerk, rectification.ReportWork{Answers: []rectification.Answer{{No: 1, Done: "已更正"}}, By: clerk})
		},
		func() {
			give(o, rectification.Stored, notice, reviewer, rectification.ReturnWork{Reason: reason, Due: o.day.AddDays(4), By: reviewer, Today: o.day})
		},
		func() {
			give(o, rectification.Stored, notice, reviewer, rectification.CloseNotice{Opinion: "已核实", By: reviewer})
		},
		func() {
			give(o, programme.Stored, programme.Stream(code), reviewer, programme.HandOver{To: rapid.SampledFrom([]string{"zhao", "chen"}).Draw(t, "to"), ToName: "赵某", Post: "项目负责人", Unit: "sports", Day: o.day.AddDays(-rapid.IntRange(0, 40).Draw(t, "late")), Reason: "岗位调整", Today: o.day})
		},
		func() {
			give(o, programme.Stored, programme.Stream(code), reviewer, programme.Correct{Corrects: last(programme.Stream(code)), Field: "name", Is: "体育中心委托运营" + reason, Reason: reason})
		},
		func() {
			give(o, unit.Stored, unit.Stream("sports"), reviewer, unit.EstablishPost{Post: "head", Title: "财务科科长", Duties: []string{"填报"}})
		},
		func() {
			give(o, unit.Stored, unit.Stream("sports"), reviewer, unit.Appoint{Person: "wang", Name: "王某", Post: "head", Since: o.day})
		},
		func() {
			give(o, unit.Stored, unit.Stream("sports"), reviewer, unit.Relieve{Person: "wang", Post: "head", Until: o.day, Reason: "调离"})
		},
		func() {
			give(o, unit.Stored, unit.Stream("sports"), reviewer, unit.Rename{Name: "示例市体育事业中心", Since: o.day, Document: "d"})
		},
	}
	acts[rapid.IntRange(0, len(acts)-1).Draw(t, "act")]()
}

var goalStored = goal.Stored

func returned(version int) goal.Return {
	return goal.Return{Version: version, Level: goal.FinanceLevel, Reason: "换一项", By: reviewer}
}
