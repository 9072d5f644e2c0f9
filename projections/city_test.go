package projections

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
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
)

// A city is an invented 示例市 that writes plausible histories: the events of
// its units and programmes in the order of time, by seed.
type city struct {
	t      testing.TB
	store  eventstore.Store
	rand   *rand.Rand
	day    time.Time
	seen   map[string]eventstore.Revision
	events int
}

func newCity(t testing.TB, store eventstore.Store, seed uint64) *city {
	return &city{t: t, store: store, rand: rand.New(rand.NewPCG(seed, 1)), day: time.Date(2021, 9, 1, 1, 0, 0, 0, time.UTC), seen: map[string]eventstore.Revision{}}
}

func (c *city) write(stream string, unitCode, person, post string, e domain.Event) {
	data, err := json.Marshal(e)
	if err != nil {
		c.t.Fatal(err)
	}
	c.day = c.day.Add(time.Duration(c.rand.IntN(40)) * time.Second)
	d := eventstore.Draft{Type: e.EventType(), Data: data, Meta: eventstore.Meta{
		EffectiveAt: c.day, Actor: domain.Actor{Person: person, Name: "某" + person, Post: post, Unit: unitCode, Capacity: "本人履职"},
		Command: fmt.Sprintf("c-%d", c.events), Correlation: "city", Rulebook: "xinzhou@1",
	}}
	a, err := c.store.Append(context.Background(), stream, c.seen[stream], d)
	if err != nil {
		c.t.Fatal(err)
	}
	c.seen[stream], c.events = a.Revision, c.events+1
}

var subjects = []string{"农田水利设施维修养护", "体育中心委托运营结算", "小型水库水标尺制作安装", "全民健身中心", "特色种养补贴到户", "义务教育营养改善计划", "基本公共卫生服务", "生猪养殖场建设", "城市公厕改造", "老旧小区加装电梯"}

// found makes the units, posts and programmes.
func (c *city) found(units, programmes int) {
	c.write("unit-finance", "finance", "zhang", "预算科科长", unit.Registered{Code: "finance", Name: "示例市财政局", Kind: unit.Finance})
	for u := range units {
		code := domain.UnitCode(fmt.Sprintf("u%03d", u))
		c.write(unit.Stream(code), "finance", "zhang", "预算科科长", unit.Registered{Code: code, Name: fmt.Sprintf("示例市第%d局", u), Kind: unit.Department})
		c.write(unit.Stream(code), "finance", "zhang", "预算科科长", unit.PostEstablished{Post: "head", Title: "财务科科长"})
		c.write(unit.Stream(code), "finance", "zhang", "预算科科长", unit.PersonAppointed{Person: fmt.Sprintf("p%03d", u), Name: "某某", Post: "head", Since: "2021-09-01"})
		for p := range programmes {
			id := domain.ProgrammeCode(fmt.Sprintf("p%03d-%02d", u, p))
			c.write(programme.Stream(id), string(code), fmt.Sprintf("p%03d", u), "财务科科长", programme.Registered{
				Code: id, Name: fmt.Sprintf("%s（%d 期）", subjects[c.rand.IntN(len(subjects))], u*100+p), Kind: programme.Project, Unit: code, UnitName: fmt.Sprintf("示例市第%d局", u),
				Department: code, DepartmentName: fmt.Sprintf("示例市第%d局", u), FundBook: programme.GeneralBudget, From: 2022, Jurisdiction: "xinzhou",
			})
			c.write(programme.Stream(id), string(code), fmt.Sprintf("p%03d", u), "财务科科长", programme.ResponsibleAssigned{Person: fmt.Sprintf("r%03d-%02d", u, p), Name: "某负责人", Post: "项目负责人", Unit: code, Since: "2021-09-01"})
		}
	}
}

// year writes one year of all programmes, month by month.
func (c *city) year(units, programmes int, year domain.FiscalYear, indicators int) {
	each := func(do func(u, p int, code domain.UnitCode, id domain.ProgrammeCode, who string)) {
		for u := range units {
			for p := range programmes {
				do(u, p, domain.UnitCode(fmt.Sprintf("u%03d", u)), domain.ProgrammeCode(fmt.Sprintf("p%03d-%02d", u, p)), fmt.Sprintf("p%03d", u))
			}
		}
	}
	weight := domain.MustDecimal("5")
	var rows []domain.Indicator
	for i := range indicators {
		rows = append(rows, domain.Indicator{Row: fmt.Sprint(i + 1), Level1: "产出指标", Level2: "数量指标", Name: fmt.Sprintf("完成第 %d 项改造数量", i+1), Target: "≥266米", Weight: &weight, Rule: "按比例计分"})
	}
	each(func(_, _ int, code domain.UnitCode, id domain.ProgrammeCode, who string) {
		budget := domain.Money(c.rand.IntN(1000)+1) * domain.WanYuan
		filed := goal.Filed{Version: 1, Programme: id, Year: year, Unit: code, Budget: budget, Objective: "按合同完成年度任务，保障正常开放，群众满意度达到目标。", Indicators: rows}
		c.write(goal.Stream(id, year), string(code), who, "财务科科长", filed)
		version := 1
		if c.rand.IntN(5) == 0 {
			c.write(goal.Stream(id, year), "finance", "zhang", "绩效管理科科长", goal.Returned{Version: 1, Level: goal.FinanceLevel, Reason: "两项指标口径重复"})
			filed.Version, filed.Cause = 2, "应退回意见"
			c.write(goal.Stream(id, year), string(code), who, "财务科科长", filed)
			version = 2
		}
		mark := goal.Criterion{Score: domain.Int(20), Full: domain.Int(25)}
		c.write(goal.Stream(id, year), "finance", "zhang", "绩效管理科科长", goal.Reviewed{Version: version, Level: goal.FinanceLevel, Completeness: mark, Relevance: mark, Suitability: mark, Feasibility: mark, Total: domain.Int(80), Grade: "良", Opinion: "同意", Passed: true})
		c.write(goal.Stream(id, year), "finance", "li", "预算科科长", goal.Approved{Version: version, Amount: budget, Document: "示财预〔2022〕1号"})
		c.write(execution.Stream(id, year), "finance", "li", "预算科科长", execution.BudgetSet{Programme: id, Year: year, Unit: code, Amount: budget, Document: "示财预〔2022〕1号"})
		c.write(execution.Stream(id, year), "finance", "li", "预算科科长", execution.Allotted{Amount: budget, Document: "示财教〔2022〕18号"})
	})
	for month := 1; month <= 12; month++ {
		each(func(u, p int, code domain.UnitCode, id domain.ProgrammeCode, who string) {
			c.write(execution.Stream(id, year), "finance", "zhou", "支付科科员", execution.Paid{Payment: fmt.Sprintf("%02d-%03d", month, p), Amount: domain.Money(c.rand.IntN(5000)) * domain.Yuan, Purpose: "进度款"})
			if month%3 != 0 {
				return
			}
			var readings []monitoring.Reading
			attainment := domain.MustDecimal("0.25")
			for _, r := range rows {
				readings = append(readings, monitoring.Reading{Row: r.Row, Actual: "120米", Attainment: &attainment, Likelihood: monitoring.Certain})
			}
			c.write(monitoring.Stream(id, year), string(code), who, "财务科科长", monitoring.SnapshotTaken{Snapshot: fmt.Sprint(month / 3), Programme: id, Year: year, Unit: code, Day: domain.Day(fmt.Sprintf("%d-%02d-28", year, month)), Period: fmt.Sprintf("1—%d月", month), Attainment: attainment, Elapsed: domain.MustDecimal("0.58"), Budget: 100 * domain.WanYuan, Paid: 20 * domain.WanYuan, Execution: domain.MustDecimal("0.2"), Readings: readings})
			if month == 6 && c.rand.IntN(4) == 0 {
				c.write(monitoring.Stream(id, year), "finance", "zhang", "绩效管理科科长", monitoring.WarningRaised{Warning: "1", Snapshot: "2", Line: "execution", Value: domain.MustDecimal("0.2"), Expected: domain.MustDecimal("0.58"), Threshold: domain.MustDecimal("0.15"), Working: "执行 20.00%，时间 58.08%，落后 38.08 个百分点"})
				c.write(monitoring.Stream(id, year), string(code), who, "财务科科长", monitoring.WarningExplained{Warning: "1", Reason: "合同按季度考核后结算"})
			}
		})
	}
	total := domain.MustDecimal("96.5")
	each(func(u, p int, code domain.UnitCode, id domain.ProgrammeCode, who string) {
		self := evaluation.SelfFiled{Version: 1, Programme: id, Year: year, Unit: code, Form: "项目支出绩效自评表", MoneyUnit: "万元", Expected: "按合同完成", Achieved: "已完成", Total: &total, Grade: "优"}
		for _, r := range rows {
			self.Rows = append(self.Rows, evaluation.Row{Indicator: r, Actual: "266米", Score: &weight})
		}
		stream := evaluation.Stream(evaluation.SelfID(id, year))
		c.write(stream, string(code), who, "财务科科长", self)
		c.write(stream, "finance", "zhang", "绩效管理科科长", evaluation.Checked{Version: 1, Rulebook: "xinzhou@1", Printed: &total, Computed: &total, Findings: []evaluation.Finding{{Code: "rate-differs", Cell: "budget/rate", Message: "印刷 86.19%，重算 86.18%"}}})
		c.write(stream, "finance", "zhang", "绩效管理科科长", evaluation.Finalised{Version: 1, Score: total, Grade: "优"})
		c.write(stream, "finance", "zhang", "绩效管理科科长", evaluation.FedBack{Opinion: "执行率有误，请更正"})
		if c.rand.IntN(3) == 0 {
			notice := rectification.Stream(fmt.Sprintf("%d-%s", year, id))
			c.write(notice, "finance", "zhang", "绩效管理科科长", rectification.NoticeIssued{Programme: id, Year: year, Unit: code, UnitName: "某局", Issuer: "finance", Issues: []rectification.Issue{{No: 1, Problem: "执行率有误", Requirement: "更正"}}, Due: "2023-08-24", Document: "示财绩〔2023〕1号"})
			c.write(notice, string(code), who, "财务科科长", rectification.WorkReported{Answers: []rectification.Answer{{No: 1, Done: "已更正"}}})
			c.write(notice, "finance", "zhang", "绩效管理科科长", rectification.NoticeClosed{Closer: "finance", Opinion: "已核实"})
		}
	})
}
