package projections

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/execution"
	"wenxiao/domain/goal"
	"wenxiao/domain/monitoring"
	"wenxiao/domain/programme"
	"wenxiao/domain/rectification"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
)

// stadium is the code of the programme of the story.
const stadium domain.ProgrammeCode = "stadium"

// A story is one programme's year in 示例市, from registration to a notice under
// review: a goal returned and filed again, payments of which one is corrected,
// a handover entered late and countersigned by nobody, a warning, a
// self-evaluation with a finding.
type story struct {
	*office
	views  Views
	runner *Runner
}

func tell(t *testing.T) *story {
	t.Helper()
	now := domain.Day("2021-10-01").Time()
	store := memory.New(eventstore.WithClock(func() time.Time { return now }))
	t.Cleanup(func() { store.Close() })
	s := &story{office: newOffice(t, store)}
	on := func(day domain.Day, recorded ...domain.Day) {
		s.day, now = day, day.Time().Add(11*time.Hour)
		if len(recorded) > 0 {
			now = recorded[0].Time().Add(11 * time.Hour)
		}
	}
	on("2021-10-01")
	s.begin()
	on("2021-10-12")
	must(s.office, goal.Stored, goal.Stream(stadium, 2022), clerk, s.goal(30*domain.WanYuan, "", indicators("=100%", "≥95%")))
	on("2021-11-03")
	must(s.office, goal.Stored, goal.Stream(stadium, 2022), reviewer, goal.Return{Version: 1, Level: goal.FinanceLevel, Reason: "两项指标口径重复", Points: []goal.Point{{Row: "2", Text: "与第 1 项同源"}}, By: reviewer})
	on("2021-11-09")
	must(s.office, goal.Stored, goal.Stream(stadium, 2022), clerk, s.goal(25*domain.WanYuan, "应退回意见", indicators("=100%", "≥90%")))
	on("2021-11-15")
	must(s.office, goal.Stored, goal.Stream(stadium, 2022), reviewer, goal.Review{
		Version: 2, Level: goal.FinanceLevel, Completeness: goal.Criterion{Score: domain.Int(18)}, Relevance: goal.Criterion{Score: domain.Int(26)},
		Suitability: goal.Criterion{Score: domain.Int(25)}, Feasibility: goal.Criterion{Score: domain.Int(17)}, Opinion: "同意报批", By: reviewer,
	})
	on("2022-01-28")
	must(s.office, goal.Stored, goal.Stream(stadium, 2022), reviewer, goal.Approve{Version: 2, Amount: 25 * domain.WanYuan, Document: "示财预〔2022〕1号", By: reviewer})
	s.money(on)
	s.watch(on)
	s.judge(on)
	s.read(t)
	return s
}

func (s *story) begin() {
	for _, u := range []unit.Register{
		{Code: "finance", Name: "示例市财政局", Kind: unit.Finance},
		{Code: "treasury", Name: "示例市国库支付中心", Kind: unit.Treasury},
		{Code: "bureau", Name: "示例市体育局", Kind: unit.Department},
		{Code: "sports", Name: "示例市体育中心", Kind: unit.Budgetary, Parent: "bureau"},
	} {
		must(s.office, unit.Stored, unit.Stream(u.Code), reviewer, u)
	}
	must(s.office, unit.Stored, unit.Stream("finance"), reviewer, unit.EstablishPost{Post: "performance", Title: "绩效管理科科长", Duties: []string{"审核目标", "复核自评"}})
	must(s.office, unit.Stored, unit.Stream("finance"), reviewer, unit.Appoint{Person: "zhang", Name: "张某", Post: "performance", Since: "2020-03-01"})
	must(s.office, unit.Stored, unit.Stream("sports"), reviewer, unit.EstablishPost{Post: "finance", Title: "财务科科长"})
	must(s.office, unit.Stored, unit.Stream("sports"), reviewer, unit.Appoint{Person: "wang", Name: "王某", Post: "finance", Since: "2021-01-01"})
	must(s.office, programme.Stored, programme.Stream(stadium), reviewer, programme.Register{
		Code: stadium, Name: "体育中心委托运营结算", Kind: programme.Project, Unit: "sports", UnitName: "示例市体育中心", Department: "bureau", DepartmentName: "示例市体育局",
		FundBook: programme.GeneralBudget, Attribute: "延续", From: 2022, Jurisdiction: "xinzhou",
	})
	must(s.office, programme.Stored, programme.Stream(stadium), reviewer, programme.AssignResponsible{Person: "chen", Name: "陈某", Post: "项目负责人", Unit: "sports", Since: "2021-09-01", Today: s.day})
}

func (s *story) goal(budget domain.Money, cause string, rows []domain.Indicator) goal.File {
	return goal.File{
		Programme: stadium, Year: 2022, Unit: "sports", Budget: budget, Objective: "按合同完成年度结算，保障场馆正常开放。", Indicators: rows, Cause: cause,
		Sources: []domain.FundSource{{Name: "当年财政拨款", Amount: budget}}, By: clerk, Active: domain.Fact{Event: "e", Holds: true}, WeightSum: domain.Int(90),
	}
}

type dated func(domain.Day, ...domain.Day)

func (s *story) money(on dated) {
	stream := execution.Stream(stadium, 2022)
	on("2022-01-29")
	must(s.office, execution.Stored, stream, reviewer, execution.SetBudget{Programme: stadium, Year: 2022, Unit: "sports", Amount: 25 * domain.WanYuan, Document: "示财预〔2022〕1号", Goal: domain.Fact{Holds: true}, Approved: 25 * domain.WanYuan})
	on("2022-02-15")
	must(s.office, execution.Stored, stream, reviewer, execution.Allot{Amount: 25 * domain.WanYuan, Document: "示财教〔2022〕18号"})
	on("2022-05-30")
	must(s.office, execution.Stored, stream, payer, execution.Pay{Payment: "0530-017", Amount: 6 * domain.WanYuan, Purpose: "一季度结算"})
	on("2022-06-01")
	must(s.office, execution.Stored, stream, payer, execution.CorrectPayment{Corrects: s.ids[stream][2], Payment: "0530-017", Amount: 62_000 * domain.Yuan, Reason: "票面金额录错"})
}

func (s *story) watch(on dated) {
	on("2022-06-30", "2022-07-08")
	must(s.office, programme.Stored, programme.Stream(stadium), clerk, programme.HandOver{To: "zhao", ToName: "赵某", Post: "项目负责人", Unit: "sports", Day: "2022-07-01", Reason: "岗位调整", Pending: []string{"1—7月监控"}, Today: "2022-07-08"})
	on("2022-08-16")
	s.monitor(stadium, "20%", 25*domain.WanYuan, 62_000*domain.Yuan)
	on("2022-08-20")
	must(s.office, monitoring.Stored, monitoring.Stream(stadium, 2022), clerk, monitoring.ExplainWarning{Warning: "1", Reason: "合同按季度考核后结算"})
	on("2022-10-21")
	must(s.office, execution.Stored, execution.Stream(stadium, 2022), payer, execution.Pay{Payment: "1021-004", Amount: 81_000 * domain.Yuan})
	on("2022-12-20")
	must(s.office, execution.Stored, execution.Stream(stadium, 2022), payer, execution.Pay{Payment: "1220-039", Amount: 72_457*domain.Yuan + 60})
}

func (s *story) judge(on dated) {
	self := evaluation.Stream(evaluation.SelfID(stadium, 2022))
	on("2023-06-20") // the rulebook says 31 May
	if !s.evaluate(stadium, "98.62", "") {
		s.t.Fatal("the self-evaluation was refused")
	}
	on("2023-07-18")
	must(s.office, evaluation.Stored, self, reviewer, evaluation.Check{Version: 1, Rulebook: "xinzhou@1", Printed: weightOf("98.62"), Computed: weightOf("98.62"), Findings: []evaluation.Finding{{Code: "rate-differs", Cell: "budget/rate", Message: "印刷 86.19%，重算 86.18%"}}, By: reviewer})
	must(s.office, evaluation.Stored, self, reviewer, evaluation.Finalise{Version: 1, Score: *weightOf("98.62"), Grade: "优", By: reviewer, ByBands: "优"})
	on("2023-07-25")
	must(s.office, rectification.Stored, rectification.Stream("r-1"), reviewer, rectification.IssueNotice{
		Programme: stadium, Year: 2022, Unit: "sports", UnitName: "示例市体育中心", Issuer: "finance", Due: "2023-08-24", Document: "示财绩〔2023〕12号", Today: "2023-07-25",
		Issues: []rectification.Issue{{No: 1, Problem: "执行率印刷值有误", Requirement: "更正公开表", Finding: "rate-differs"}},
	})
	on("2023-08-14")
	zhao := domain.Actor{Person: "zhao", Name: "赵某", Post: "项目负责人", Unit: "sports", Capacity: "本人履职"}
	must(s.office, rectification.Stored, rectification.Stream("r-1"), zhao, rectification.ReportWork{Answers: []rectification.Answer{{No: 1, Done: "已更正并重新公开"}}, By: zhao})
}

// read fills the tables.
func (s *story) read(t *testing.T) {
	t.Helper()
	db := openViews(t)
	s.views, s.runner = Views{db}, NewRunner(db, s.store, slog.New(slog.DiscardHandler), All()...)
	if err := s.runner.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// records is the history of the story's year, as replay reads it.
func (s *story) records(t *testing.T) []eventstore.Record {
	t.Helper()
	streams, err := s.views.YearStreams(context.Background(), stadium, 2022)
	if err != nil {
		t.Fatal(err)
	}
	records, err := ReadHistory(t.Context(), s.store, streams)
	if err != nil {
		t.Fatal(err)
	}
	return records
}
