package web

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/goal"
	"wenxiao/domain/monitoring"
	"wenxiao/domain/published"
	"wenxiao/domain/rectification"
	"wenxiao/projections"
)

// formOf is a published table as the ledger keeps it.
func formOf(t *testing.T, id string) (published.Table, evaluation.SelfFiled) {
	t.Helper()
	table, ok := published.Sample(id)
	if !ok {
		t.Fatal("no sample ", id)
	}
	unit, err := domain.MoneyUnit(table.MoneyUnit)
	if err != nil {
		t.Fatal(err)
	}
	amount := func(d *domain.Decimal) *domain.Money {
		if d == nil {
			return nil
		}
		m, err := domain.MoneyFrom(*d, unit)
		if err != nil {
			t.Fatal(err)
		}
		return &m
	}
	f := evaluation.SelfFiled{
		Version: 1, Year: table.Year, Form: table.Kind, MoneyUnit: table.MoneyUnit, Total: table.TotalPrinted, Grade: table.GradePrinted,
		Budget: evaluation.Budget{
			Begin: amount(table.Budget.Begin), FullYear: amount(table.Budget.FullYear), Executed: amount(table.Budget.Executed),
			Rate: table.Budget.RatePrinted, Weight: table.Budget.Weight, Score: table.Budget.ScorePrinted,
		},
	}
	for _, p := range table.Budget.SubRows {
		f.Budget.Parts = append(f.Budget.Parts, evaluation.BudgetPart{Name: p.Name, Begin: amount(p.Begin), FullYear: amount(p.FullYear), Executed: amount(p.Executed)})
	}
	for i, row := range table.Indicators {
		f.Rows = append(f.Rows, evaluation.Row{
			Indicator: domain.Indicator{Row: strconv.Itoa(i + 1), Level1: row.Level1, Level2: row.Level2, Name: row.Level3, Target: row.Target, Weight: row.Weight},
			Actual:    row.Actual, Score: row.Score, Reason: row.Reason,
		})
	}
	return table, f
}

// evaluated is a programme's page with the form of a published table and a
// course that could be a real one.
func evaluated(t *testing.T, id string) Programme {
	table, form := formOf(t, id)
	at := func(day string) time.Time { return domain.Day(day).Time().Add(9*time.Hour + 15*time.Minute) }
	f := someFrame
	f.Title, f.Here, f.Nav = table.Project+" "+strconv.Itoa(int(table.Year)), "/programmes/p-26/2022", "/programmes"
	page := Programme{
		Frame: f, Today: "2023-08-16", Years: []domain.FiscalYear{2021, 2022},
		Row: projections.Programme{
			Code: "p-26", Year: table.Year, Name: table.Project, UnitName: "体育事业管理中心", DepartmentName: "示例市体育局", FundBook: "general", Kind: "project", Attribute: "延续",
			Responsible: "zhao", ResponsibleName: "赵某", ResponsiblePost: "中心主任", ResponsibleSince: "2022-07-01", ResponsibleBefore: "陈某", Major: true,
			Stage: projections.StageResult, StageFacts: [5]string{"免做：延续项目", "2022-01-28 批复", "预警 1 次，已解除", "自评 98.62，已复核", "整改中，剩 8 天"},
			Status: projections.StatusWaiting, FullYear: 25_000_000, Paid: 21_545_760, Rate: decimalOf("0.8618"), PrintedScore: table.TotalPrinted,
			ComputedScore: decimalOf("98.62"), Grade: "优", EvaluationStatus: projections.EvaluationChecked, Source: &domain.Source{Title: "公开的项目支出绩效自评表", Case: id, Address: "https://www.example.gov.cn/x.html"},
		},
		Goals:  []projections.Goal{{Version: 1, Status: projections.GoalReturned, FiledAt: at("2021-10-12"), FiledBy: domain.Actor{Name: "王某"}, ReturnedReason: "两项指标口径重复", Position: 3}, {Version: 2, Status: projections.GoalApproved, FiledAt: at("2021-11-09"), FiledBy: domain.Actor{Name: "王某"}, Cause: "按审核意见改", Document: "示财教〔2022〕18 号", Position: 6}},
		Scores: []projections.Score{{Version: 1, Status: projections.EvaluationChecked, FiledAt: at("2023-03-20"), FiledBy: domain.Actor{Name: "王某"}, Form: form, Position: 12}},
		Lines: projections.Lines{Warnings: []projections.Warning{{
			Status: projections.WarningCleared, RaisedAt: at("2022-08-16"), Position: 9, Explanation: "合同按季度考核后结算", ExplainedBy: domain.Actor{Name: "赵某"}, ClearedReason: "10 月 21 日支付后不再落后",
			WarningRaised: monitoring.WarningRaised{Working: "执行 24.80%，时间 58.08%，落后 33.28 个百分点"},
		}}},
		Findings: []ShownFinding{{Finding: evaluation.Finding{Code: "rate-differs", Cell: "budget/rate", Message: "执行率印刷值 86.19%，应为 86.18%", Basis: "财预〔2020〕10号"}, Status: Differs, Name: "执行率不符", Place: "项目资金 执行率", Printed: "86.19%", Computed: "86.18%", Working: "215,457.60 ÷ 250,000.00", Address: "/programmes/p-26/2022/replay?cell=evaluation%2Fbudget%2Frate"}},
		Ledger: projections.Ledger{Account: projections.Account{Status: projections.PaymentsSuspended}, Entries: []projections.AccountLine{
			{At: at("2022-02-15"), Kind: "allotted", Document: "示财教〔2022〕18 号", Amount: 25_000_000, Rate: decimalOf("0"), Position: 7},
			{At: at("2022-05-30"), Kind: "paid", Document: "0530-017", Amount: 6_200_000, PaidTotal: 6_200_000, Rate: decimalOf("0.248"), Late: true, Position: 8, Corrected: "x"},
			{At: at("2023-01-31"), Kind: "recalled", Document: "示财预〔2023〕4 号", Amount: -3_454_240, PaidTotal: 21_545_760, Rate: decimalOf("0.8618"), Position: 11},
		}},
		Rectifications: []projections.Rectification{{
			ID: "r-1", Document: "示财绩〔2023〕7 号", IssuedAt: at("2023-07-25"), Due: "2023-08-18", Status: projections.RectificationWithUnit, Returns: 1,
			Issues: []rectification.Issue{{No: 1, Problem: "执行率印刷值有误", Requirement: "更正公开表"}, {No: 2, Problem: "满意度 100% 无问卷", Requirement: "补齐问卷与汇总"}}, Answers: []rectification.Answer{{No: 1, Done: "已更正并重新公开"}},
		}},
		Main: &Crumb{"审核整改报告", "/rectifications/r-1"},
		Acts: []Crumb{{"下达整改通知", "/rectifications/new?programme=p-26&year=2022"}, {"退回绩效自评", "/evaluations/p-26/2022/return"}},
	}
	entry := func(position int, kind, day, sentence string, decision, late bool) projections.Entry {
		return projections.Entry{Position: 1, Type: kind, EffectiveAt: at(day), RecordedAt: at(day), Sentence: sentence, Text: sentence, Decision: decision, Late: late}
	}
	page.Course = Procedures([]projections.Entry{
		entry(1, "goal.filed.v1", "2021-10-12", "王某以财务科科长身份申报目标第 1 版，预算 30.00 万元", false, false),
		entry(2, "goal.returned.v1", "2021-11-03", "张某以市财政局绩效管理科身份退回：两项指标口径重复", true, false),
		entry(3, "execution.paid.v1", "2022-05-30", "国库支付 6.20 万元", false, true),
		entry(4, "monitoring.warning-raised.v1", "2022-08-16", "系统预警：执行 24.80%，时间 58.08%", false, false),
		entry(5, "rectification.notice-issued.v1", "2023-07-25", "张某发出整改通知，限 8 月 18 日", true, false),
	})
	page.Chart = MonitoringChart(DualLines{
		Year: table.Year, Attainment: []ChartPoint{{"2022-07-31", domain.MustDecimal("0.57")}, {"2022-12-31", domain.MustDecimal("1")}},
		Payments: []ChartPayment{{"2022-05-30", domain.MustDecimal("0.248"), 6_200_000}, {"2022-12-20", domain.MustDecimal("0.8618"), 15_345_760}},
		Warned:   []ChartSpan{{"2022-08-16", "2022-10-21", "执行落后时间 33.28 个百分点"}}, Marks: []ChartMark{{"2022-07-01", "责任人交接"}},
	})
	s := EvaluationSheet(Bearer{Name: table.Project, Department: "示例市体育局", Unit: "体育事业管理中心"}, form)
	s.Margin, s.Origin = []string{"系统校核（不属于本表）", "规则：财预〔2020〕10号"}, "/programmes/p-26/2022/replay?cell="
	s.Note("evaluation/rows/1", MarginNote{Agrees, "10×100÷100"})
	s.Note("evaluation/budget/rate", MarginNote{Differs.Saying("执行率不符"), "215,457.60÷250,000.00＝86.18%；得分 10×0.8618＝8.62 一致"})
	page.Sheet = &s
	return page
}

func TestProgrammeShowsTheFormAsPaperAndTheCheckInTheMargin(t *testing.T) {
	page := drawn(t, evaluated(t, "C26"))
	shows(t, page, "项目支出绩效自评表", "年初预算数", "偏差原因分析及改进措施", "系统校核（不属于本表）", "执行率不符", "wash-bad",
		`href="/programmes/p-26/2022/replay?cell=evaluation%2Frows%2F1%2Fscore"`, "赵某", "前任陈某", "剩 2 天", "补录", "is-decision", "示财教〔2022〕18 号", "−3.45")
}

// Twenty-five indicators, an empty name, no budget: the paper takes it all.
func TestProgrammeTakesAwkwardTables(t *testing.T) {
	for _, id := range []string{"C01", "C09", "C16", "C35"} {
		t.Run(id, func(t *testing.T) {
			table, form := formOf(t, id)
			page := drawn(t, evaluated(t, id))
			if n := strings.Count(page, `class="is-name"`); n != len(form.Rows) {
				t.Errorf("%d rows of %d are shown", n, len(form.Rows))
			}
			for _, row := range table.Indicators {
				shows(t, page, strings.NewReplacer("<", "&lt;", ">", "&gt;", "+", "&#43;", `"`, "&#34;").Replace(row.Target))
			}
		})
	}
}

func TestProgrammeBeforeAnythingHappened(t *testing.T) {
	f := someFrame
	f.Title = "新项目 2026"
	page := drawn(t, Programme{Frame: f, Row: projections.Programme{Code: "p", Year: 2026, Name: "新项目", Stage: projections.StageGoal, Status: projections.StatusNormal}})
	shows(t, page, "还没有申报绩效目标", "没有可画的线", "还没有预算和支付", "还没有报送", "没有整改通知", "—")
}

func TestGoalFormBeforeTheEvaluation(t *testing.T) {
	page := evaluated(t, "C26")
	s := GoalSheet(Bearer{Name: "水标尺", Department: "县水利局", Unit: "县水利局水库科", Attribute: "新增", Responsible: "郑某"}, goal.Filed{
		Year: 2024, Budget: 20_000_000, Sources: []domain.FundSource{{Name: "财政拨款", Amount: 20_000_000}}, Objective: "完成水标尺制作安装",
		Indicators: []domain.Indicator{{Row: "1", Level1: "产出指标", Level2: "数量指标", Name: "安装水标尺", Target: "≥266米", Weight: decimalOf("10"), Basis: "计划标准"}, {Row: "2", Level1: "产出指标", Level2: "数量指标", Name: "宽度", Target: "≥50厘米"}},
	})
	page.Sheet = &s
	shows(t, drawn(t, page), "项目支出绩效目标申报表", "≥266米", "20.00", "其中：财政拨款 20.00", `rowspan="2"`)
}
