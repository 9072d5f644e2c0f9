package story

import (
	"slices"
	"strconv"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/programme"
	"wenxiao/domain/published"
	"wenxiao/domain/rectification"
)

// A plot is one programme and what is special about its course.
type plot struct {
	code      domain.ProgrammeCode
	name      string
	misnamed  string // what it was first registered as, if not its name
	desk      desk
	fund      programme.FundBook
	attribute string
	major     bool
	objective string
	after     string // id of the published table whose figures it follows
	extra     []evaluation.Row
	budget    domain.Money // approved
	asked     domain.Money // in the first version; 0: what was approved

	objection string // why finance returned the first version; empty: it did not
	softened  string // row whose target the second version lowered, with the reason
	handover  bool
	payments  []payment
	halfway   string // attainment at the end of July: 0.50
	suspended bool   // payments held back after the warning
	mistyped  bool   // a payment entered wrongly and corrected
	rate      string // 执行率 as the unit printed it; empty: as computed
	total     string // total as the unit printed it; empty: the sum
	notice    outcome
	coming    progress // how far the goal of the year to come is
}

// A payment is one transfer, as a share of the budget in per cent.
type payment struct {
	month, day int
	share      int64 // in hundredths of a per cent
}

// outcome is how far a rectification has come.
type outcome int

const (
	noNotice outcome = iota
	closed
	underReview
	returned
	overdue
)

// progress is how far a goal is.
type progress int

const (
	notStarted progress = iota
	filed
	sentBack
	passed
)

// plots are the programmes of the city. Figures follow published tables.
func plots() []plot {
	even := []payment{{2, 28, 2500}, {5, 30, 2500}, {8, 28, 2500}, {11, 28, 2400}}
	return []plot{
		{
			code: "401002-venue", name: "体育中心与委托运营方结算费用", desk: sports, fund: programme.GeneralBudget, attribute: "延续",
			objective: "按合同与委托运营方完成年度结算，保障场馆正常开放，开放满意度达到目标。", after: "C26",
			budget: 25 * domain.WanYuan, asked: 30 * domain.WanYuan,
			objection: "合同结算条款完成率与合同完成率口径重复，预算按上年结算数核定", softened: "场馆改造，预计下降",
			handover: true, payments: []payment{{5, 30, 2480}, {10, 21, 3240}, {12, 20, 2898}}, halfway: "0.57",
			rate: "86.19%", notice: underReview,
		},
		{
			code: "301005-public-health", name: "国家基本公共卫生服务", desk: health, fund: programme.GeneralBudget, attribute: "延续", major: true,
			objective: "为辖区居民免费提供基本公共卫生服务，逐步缩小城乡差距。", after: "C01",
			extra: []evaluation.Row{
				extra("产出指标", "质量指标", "居民规范化电子健康档案覆盖率", "≥60%", "62%", 4),
				extra("效益指标", "社会效益指标", "居民健康素养水平", "不断提高", "有所提高", 30),
				extra("满意度指标", "服务对象满意度指标", "服务对象综合满意度", "≥85%", "88%", 10),
			},
			budget: 20_745_380 * domain.Yuan / 100, payments: even, halfway: "0.48", notice: returned,
		},
		{
			code: "651001-premium", name: "特困人员个人缴费市级配套资金", desk: insurance, fund: programme.GeneralBudget, attribute: "延续",
			objective: "对特困人员参加居民医保的个人缴费给予配套，应保尽保。", after: "C02",
			budget: 6_566 * domain.WanYuan / 100, payments: []payment{{3, 20, 9910}}, halfway: "0.90", total: "94", notice: closed,
		},
		{
			code: "201007-nutrition", name: "义务教育营养改善计划专项资金", desk: school, fund: programme.GeneralBudget, attribute: "延续",
			objective: "改善学生营养状况，减轻家庭经济负担。", after: "C21",
			budget: 387_664 * domain.Yuan, payments: []payment{{3, 10, 3000}, {6, 10, 2000}, {9, 12, 3000}, {12, 10, 2000}}, halfway: "0.60",
			mistyped: true, notice: overdue,
		},
		{
			code: "501003-crops", name: "特色种养补贴到户项目", misnamed: "特色种养补贴", desk: farm, fund: programme.GeneralBudget, attribute: "新增",
			objective: "以特色种养补贴带动农户增收。", after: "C14",
			extra:  []evaluation.Row{extra("满意度指标", "服务对象满意度指标", "受益农户满意度", "≥95%", "96%", 10)},
			budget: 94_800 * domain.Yuan, payments: []payment{{6, 18, 4000}, {11, 6, 6000}}, halfway: "0.70",
		},
		{
			code: "601-centenarians", name: "百岁老人高龄津贴", desk: welfare, fund: programme.GeneralBudget, attribute: "延续",
			objective: "按月足额发放百岁老人高龄津贴。", after: "C16",
			budget: 68_400 * domain.Yuan, payments: []payment{{3, 25, 2500}, {6, 25, 2500}, {9, 25, 2500}, {12, 15, 2500}}, halfway: "0.58", coming: passed,
		},
		{
			code: "701-entrusted", name: "镇村建设委托业务", desk: housing, fund: programme.GeneralBudget, attribute: "延续",
			objective: "委托专业机构完成镇村建设项目的审核与检测。", after: "C04",
			extra:  []evaluation.Row{extra("满意度指标", "服务对象满意度指标", "镇村满意度", "≥90%", "91%", 10)},
			budget: 90 * domain.WanYuan, payments: []payment{{4, 15, 1000}, {11, 20, 8997}}, halfway: "0.62", suspended: true, coming: sentBack,
		},
		{
			code: "401002-pitches", name: "社区多功能运动场建设", desk: sports, fund: programme.GovernmentFunds, attribute: "新增", major: true,
			objective: "新建社区多功能运动场，方便群众就近健身。",
			extra: []evaluation.Row{
				extra("产出指标", "数量指标", "新建多功能运动场数量", "6片", "6片", 20),
				extra("产出指标", "质量指标", "工程验收合格率", "100%", "100%", 15),
				extra("产出指标", "时效指标", "完工时间", "12月底前", "12月", 5),
				extra("产出指标", "成本指标", "单片运动场造价", "≤30万元", "29.5万元", 10),
				extra("效益指标", "社会效益指标", "新增健身场地服务人数", "≥12000人", "13500人", 30),
				extra("满意度指标", "服务对象满意度指标", "社区居民满意度", "≥90%", "93%", 10),
			},
			budget: 180 * domain.WanYuan, payments: []payment{{6, 30, 1200}}, halfway: "0.20", suspended: true, coming: filed,
		},
	}
}

func extra(level1, level2, name, target, actual string, weight int64) evaluation.Row {
	w := domain.Int(weight)
	return evaluation.Row{Indicator: domain.Indicator{Level1: level1, Level2: level2, Name: name, Target: target, Weight: &w}, Actual: actual, Score: &w}
}

// rows are the indicators of the programme with what was achieved: the
// published table's, and the plot's own. Rows the table gives no weight are
// left out, since a goal form must weigh each.
func (p plot) rows() (rows []evaluation.Row) {
	for _, t := range published.Samples() {
		if t.ID != p.after {
			continue
		}
		for _, r := range t.Indicators {
			if r.Weight != nil {
				rows = append(rows, evaluation.Row{
					Indicator: domain.Indicator{Level1: r.Level1, Level2: r.Level2, Name: r.Level3, Target: strings.ReplaceAll(r.Target, ">=", "≥"), Weight: r.Weight, Core: strings.HasPrefix(r.Level3, "★")},
					Actual:    r.Actual, Score: r.Score, Reason: r.Reason,
				})
			}
		}
	}
	rows = slices.Concat(rows, p.extra)
	for i := range rows {
		r := &rows[i]
		r.Row = strconv.Itoa(i + 1)
		if r.Score != nil && r.Score.Less(*r.Weight) && r.Reason == "" {
			r.Reason = "与目标有差距，已列入下年改进"
		}
	}
	return rows
}

// indicators are the rows as a goal form has them, in the version given.
func (p plot) indicators(version int) []domain.Indicator {
	var list []domain.Indicator
	for _, r := range p.rows() {
		i := r.Indicator
		if version == 1 && p.objection != "" {
			i = p.firstDraft(i)
		}
		list = append(list, i)
	}
	return list
}

// firstDraft is how the unit first put an indicator that the objection changed.
func (p plot) firstDraft(i domain.Indicator) domain.Indicator {
	switch {
	case i.Level1 == "满意度指标" && p.softened != "":
		i.Target = "≥95%"
	case i.Name == "合同结算条款完成率":
		i.Name = "合同条款完成率"
	}
	return i
}

// issues are what the notice demands.
func (p plot) issues() []rectification.Issue {
	switch {
	case p.rate != "":
		return []rectification.Issue{
			{No: 1, Problem: "自评表执行率印为 " + p.rate + "，与执行数和预算数不符", Requirement: "更正公开表并重新公开", Finding: "rate-differs"},
			{No: 2, Problem: "满意度 100% 未附问卷", Requirement: "补齐问卷与汇总"},
		}
	case p.total != "":
		return []rectification.Issue{{No: 1, Problem: "自评总分印为 " + p.total + "，与各行之和不符", Requirement: "更正自评表并说明原因", Finding: "total-differs"}}
	}
	return []rectification.Issue{
		{No: 1, Problem: "部分指标得分与完成比例不符", Requirement: "逐项说明评分依据并更正", Finding: "score-differs"},
		{No: 2, Problem: "未达目标的指标未提出改进措施", Requirement: "制定措施，明确责任人和期限"},
	}
}
