package city

import (
	"context"
	"fmt"
	"math/rand/v2"

	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/execution"
	"wenxiao/domain/goal"
	"wenxiao/domain/monitoring"
	"wenxiao/domain/programme"
	"wenxiao/domain/rectification"
)

// life is one programme in one year.
type life struct {
	*city
	ctx        context.Context
	department int
	code       domain.ProgrammeCode
	year       domain.FiscalYear
	chance     *rand.Rand
	budget     domain.Money
	paid       domain.Money
	rows       []domain.Indicator
	err        error
}

// live takes a programme through a year: goal, budget, money, monitoring,
// evaluation and, for some, rectification.
func (c *city) live(ctx context.Context, department, number int, year domain.FiscalYear) error {
	l := &life{
		city: c, ctx: ctx, department: department, year: year, chance: c.rand(department, number, year),
		code: ProgrammeCode(department, number),
	}
	l.budget = domain.Money(50+l.chance.IntN(5_000)) * domain.WanYuan / 10
	l.rows = l.draw()
	if year == c.From {
		l.register(number)
	}
	l.file()
	l.spend()
	if l.Open && year == l.From+domain.FiscalYear(l.Years)-1 {
		return l.err
	}
	l.evaluate()
	if l.chance.IntN(4) == 0 {
		l.rectify()
	}
	return l.err
}

// do carries out one command unless an earlier one failed.
func do[S domain.State[S, E], E domain.Event](l *life, stored domain.Decoders[E], stream string, who domain.Actor, day domain.Day, cmd domain.Command[S, E]) {
	if l.err == nil {
		l.err = execute(l.ctx, l.city, stored, stream, who, day, cmd)
	}
}

func (l *life) day(month, day int) domain.Day {
	return domain.Day(fmt.Sprintf("%04d-%02d-%02d", int(l.year), month, day))
}

func (l *life) after(month, day int) domain.Day {
	return domain.Day(fmt.Sprintf("%04d-%02d-%02d", int(l.year)+1, month, day))
}

func (l *life) register(number int) {
	do(l, programme.Stored, programme.Stream(l.code), clerk(l.department), l.day(1, 3), programme.Command(programme.Register{
		Code: l.code, Name: fmt.Sprintf("第%d主管部门%s", l.department+1, subjects[number%len(subjects)]), Kind: programme.Project,
		Unit: UnitCode(l.department), UnitName: fmt.Sprintf("某市第%d主管部门所属中心", l.department+1),
		Department: DepartmentCode(l.department), DepartmentName: fmt.Sprintf("某市第%d主管部门", l.department+1),
		FundBook: programme.GeneralBudget, Attribute: "延续", From: l.year, Jurisdiction: "xinzhou",
	}))
	do(l, programme.Stored, programme.Stream(l.code), clerk(l.department), l.day(1, 3), programme.Command(programme.AssignResponsible{
		Person: fmt.Sprintf("r%03d-%02d", l.department, number), Name: "责任人某", Post: "业务科科长", Unit: UnitCode(l.department), Since: l.day(1, 1), Today: l.day(1, 3),
	}))
}

var subjects = []string{"农田水利建设", "义务教育营养改善", "基本公共卫生服务", "场馆运营结算", "高龄津贴发放", "农村公路养护", "食品安全监管", "公租房维修", "职业技能培训", "信息系统运行维护"}

func (l *life) file() {
	stream := goal.Stream(l.code, l.year)
	do(l, goal.Stored, stream, clerk(l.department), l.day(1, 5), goal.Command(goal.File{
		Programme: l.code, Year: l.year, Unit: UnitCode(l.department), Budget: l.budget, Objective: "按计划完成年度任务，服务对象满意。",
		Indicators: l.rows, By: clerk(l.department), Active: domain.Fact{Holds: true}, WeightSum: domain.Int(90),
	}))
	mark := func(n int) goal.Criterion { return goal.Criterion{Score: domain.Int(int64(n))} }
	do(l, goal.Stored, stream, reviewer, l.day(1, 12), goal.Command(goal.Review{
		Version: 1, Level: goal.FinanceLevel, Completeness: mark(17 + l.chance.IntN(4)), Relevance: mark(25 + l.chance.IntN(6)),
		Suitability: mark(25 + l.chance.IntN(6)), Feasibility: mark(16 + l.chance.IntN(5)), Opinion: "同意随预算批复", By: reviewer,
	}))
	do(l, goal.Stored, stream, reviewer, l.day(1, 20), goal.Command(goal.Approve{Version: 1, Amount: l.budget, Document: fmt.Sprintf("财预〔%d〕1号", int(l.year)), By: reviewer}))
}

// draw makes the indicators; they weigh 90 together.
func (l *life) draw() []domain.Indicator {
	list := make([]domain.Indicator, l.Indicators)
	each, rest := int64(90/l.Indicators), int64(90%l.Indicators)
	for i := range list {
		weight := domain.Int(each)
		if i == 0 {
			weight = domain.Int(each + rest)
		}
		level := levels[i*len(levels)/l.Indicators]
		list[i] = domain.Indicator{
			Row: fmt.Sprint(i + 1), Level1: level[0], Level2: level[1], Name: fmt.Sprintf("%s第%d项", level[1], i+1),
			Target: fmt.Sprintf("≥%d%%", 80+l.chance.IntN(20)), Weight: &weight,
		}
	}
	return list
}

var levels = [][2]string{
	{"产出指标", "数量指标"}, {"产出指标", "质量指标"}, {"产出指标", "时效指标"},
	{"效益指标", "社会效益指标"}, {"效益指标", "可持续影响指标"}, {"满意度指标", "服务对象满意度指标"},
}

func (l *life) spend() {
	stream := execution.Stream(l.code, l.year)
	do(l, execution.Stored, stream, reviewer, l.day(1, 20), execution.Command(execution.SetBudget{
		Programme: l.code, Year: l.year, Unit: UnitCode(l.department), Amount: l.budget, Document: "财预1号", Goal: domain.Fact{Holds: true}, Approved: l.budget,
	}))
	do(l, execution.Stored, stream, reviewer, l.day(2, 10), execution.Command(execution.Allot{Amount: l.budget, Document: "财指2号"}))
	for month := 3; month <= 12; month++ {
		amount := l.budget * domain.Money(4+l.chance.IntN(6)) / 100
		do(l, execution.Stored, stream, reviewer, l.day(month, 15), execution.Command(execution.Pay{Payment: fmt.Sprintf("%02d15-001", month), Amount: amount, Purpose: "按进度支付"}))
		l.paid += amount
		if month == 7 || month == 10 {
			l.monitor(month)
		}
	}
}

func (l *life) monitor(month int) {
	day := l.day(month, 28)
	attained := domain.MustDecimal(fmt.Sprintf("0.%02d", 30+l.chance.IntN(60)))
	readings := make([]monitoring.Reading, l.Indicators)
	for i := range readings {
		readings[i] = monitoring.Reading{Row: fmt.Sprint(i + 1), Actual: "完成 " + attained.String(), Attainment: &attained, Likelihood: monitoring.Certain}
	}
	share := domain.MustDecimal("0.15")
	do(l, monitoring.Stored, monitoring.Stream(l.code, l.year), clerk(l.department), day.AddDays(3), monitoring.Command(monitoring.TakeSnapshot{
		Programme: l.code, Year: l.year, Unit: UnitCode(l.department), Day: day, Period: fmt.Sprintf("1—%d月", month), Readings: readings, Today: day.AddDays(3),
		Goal: domain.Fact{Holds: true}, Indicators: l.rows, Budget: l.budget, Paid: l.paid,
		Thresholds: monitoring.Thresholds{Attainment: share, Execution: share, Contradiction: share, Grave: domain.MustDecimal("0.30")},
	}))
}

func (l *life) evaluate() {
	stream := evaluation.Stream(evaluation.SelfID(l.code, l.year))
	weight := domain.Int(10)
	score := domain.HalfUp(ratio(l.paid*10, l.budget), 2)
	total := score
	var rows []evaluation.Row
	for _, i := range l.rows {
		total = total.Add(*i.Weight)
		rows = append(rows, evaluation.Row{Indicator: i, Actual: "100%", Score: i.Weight})
	}
	do(l, evaluation.Stored, stream, clerk(l.department), l.after(3, 20), evaluation.Command(evaluation.FileSelf{
		Programme: l.code, Year: l.year, Unit: UnitCode(l.department), Form: "项目支出绩效自评表", MoneyUnit: "万元",
		Budget: evaluation.Budget{Begin: &l.budget, FullYear: &l.budget, Executed: &l.paid, Weight: &weight, Score: &score},
		Rows:   rows, Total: &total, By: clerk(l.department), Today: l.after(3, 20),
	}))
	do(l, evaluation.Stored, stream, reviewer, l.after(6, 20), evaluation.Command(evaluation.Check{Version: 1, Rulebook: "xinzhou@1", Printed: &total, Computed: &total, By: reviewer}))
	do(l, evaluation.Stored, stream, reviewer, l.after(6, 25), evaluation.Command(evaluation.Finalise{Version: 1, Score: total, Grade: "优", ByBands: "优", By: reviewer, Reason: "—"}))
}

func (l *life) rectify() {
	stream := rectification.Stream(fmt.Sprintf("%s-%d-1", l.code, int(l.year)))
	do(l, rectification.Stored, stream, reviewer, l.after(7, 1), rectification.Command(rectification.IssueNotice{
		Programme: l.code, Year: l.year, Unit: UnitCode(l.department), UnitName: "某市所属中心", Issuer: "101",
		Issues: []rectification.Issue{{No: 1, Problem: "完成值未附佐证", Requirement: "补齐佐证"}}, Due: l.after(7, 31), Document: "财绩7号", Today: l.after(7, 1),
	}))
	do(l, rectification.Stored, stream, clerk(l.department), l.after(7, 20), rectification.Command(rectification.ReportWork{
		Answers: []rectification.Answer{{No: 1, Done: "已补齐", Files: []string{"佐证.pdf"}}}, By: clerk(l.department),
	}))
	do(l, rectification.Stored, stream, reviewer, l.after(7, 28), rectification.Command(rectification.CloseNotice{Opinion: "同意销号", By: reviewer}))
}
