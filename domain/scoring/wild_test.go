package scoring_test

import (
	"slices"
	"strings"
	"testing"

	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
)

// form reads a table from lines. The first is
// kind|begin|full year|executed|rate|weight|score|total|year, with ! before the
// kind where rows are missing; 其中 lines are sources of money
// (name|begin|full year|executed); the others are rows
// (level1|level2|level3|target|actual|weight|score|reason).
func form(text string) (t published.Table) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	h := strings.Split(strings.TrimSpace(lines[0]), "|")
	kind, missing := strings.CutPrefix(h[0], "!")
	t = published.Table{ID: "X", Kind: kind, MoneyUnit: "万元", TableComplete: !missing, TotalPrinted: decimal(h[7])}
	if h[8] != "" {
		t.Year = domain.Day(h[8] + "-01-01").Year()
	}
	t.Budget = published.Budget{Money: money(h[1:4]), RatePrinted: h[4], Weight: decimal(h[5]), ScorePrinted: decimal(h[6])}
	for _, line := range lines[1:] {
		f := strings.Split(strings.TrimSpace(line), "|")
		if len(f) == 4 {
			t.Budget.SubRows = append(t.Budget.SubRows, published.SubRow{Name: f[0], Money: money(f[1:])})
			continue
		}
		f = append(f, "")
		t.Indicators = append(t.Indicators, published.Indicator{Level1: f[0], Level2: f[1], Level3: f[2], Target: f[3], Actual: f[4], Weight: decimal(f[5]), Score: decimal(f[6]), Reason: f[7]})
	}
	return t
}

func money(f []string) published.Money {
	return published.Money{Begin: decimal(f[0]), FullYear: decimal(f[1]), Executed: decimal(f[2])}
}

// TestFormsOfOtherPlaces scores tables written after the forms and habits of
// places that are not among the shipped ones.
func TestFormsOfOtherPlaces(t *testing.T) {
	for _, c := range []struct {
		name  string
		form  string
		total string // printed rows / computed / grade
		want  string // computed, row by row
		found []string
	}{
		{
			name: "a Hebei school, whole percentages and a reason of 0",
			form: `项目支出绩效自评表|43.2|43.2|37.24|86%|10|9|98|2019
				其中:当年财政拨款|43.2|43.2|37.24
				产出指标|数量指标|指标1工程资金金额|43.2|37.24|10|9|已完工,剩余3%尾款未付,且最高限价低于预算金额
				产出指标|质量指标|指标1工程完工率|100|100|10|10
				|| 指标2工程验收合格率|100|100|10|10
				产出指标|时效指标|指标1项目完成及时率|100|100|10|10
				产出指标|成本指标|指标1成本控制率|100|100|10|10
				效益指标|经济效益指标|指标1安全率|100|100|10|10|0
				效益指标|社会效益指标|指标1学校发展能力|100|100|10|10|0
				效益指标|可持续影响指标|指标1长期使用性|100|100|10|10
				满意度指标|服务对象满意度指标|指标1学生满意度|100|100|10|10|0`,
			total: "98/97.24/优",
			want:  "8.62 10 10 10 10 10 10 10 10",
			found: []string{"execution-score-differs budget/score_printed", "score-differs indicators/0/score"},
		},
		{
			name: "a Sichuan form: sign, value and unit joined; a number answered in words",
			form: `部门预算项目支出绩效自评表|0.00|30.00|30.00|100.00%|10|10|100|2023
				财政资金|0.00|30.00|30.00
				财政专户管理资金|0.00|0.00|0.00
				单位资金|0.00|0.00|0.00
				产出指标|经济成本指标|成本控制数|≤30万元|完成|90|90`,
			total: "100/100/", // a row that cannot be computed keeps its printed score in the sum
			want:  "—",
			found: []string{"value-not-comparable indicators/0/actual"},
		},
		{
			name: "a Hubei city form without weights, over the target and an execution rate among the indicators",
			form: `项目自评表||285.84|285.84|100%|20|20|100|2020
				产出指标|数量指标|服务外包在岸(万美元)|20000|23333.56||10
				产出指标|数量指标|服务外包离岸(万美元)|4500|4557.51||10
				产出指标|数量指标|支持服务贸易、服务外包企业数量|3|3||10
				产出指标|质量指标|企业国际质量提升|获得目的国(地区)受众欢迎|受目的国受众欢迎显著||10
				产出指标|时效指标|预算资金执行率|90%|100%||10
				产出指标|时效指标|资金拨付及时性|98%以上|100%||10
				效益指标|社会效益指标|企业把握政治导向和文化方向情况|较好|较好||10
				效益指标|可持续影响指标|推动企业走出去方面发挥的作用|有利于|有利于||10`,
			total: "100/100/优",
			want:  "10 10 10 10 10 10 10 10",
		},
		{
			name: "a Beijing street office: the rate rounded to a whole, the opening budget only",
			form: `项目支出绩效自评表|310.2||154.74|50%|10|5|95|2016
				产出指标|数量指标|完成绩效目标申报表中申报的数量|1|1|50|50
				效益指标|社会效益指标|环境卫生水平提升|显著提升|显著提升|30|30
				满意度指标|满意度指标|居民满意度|≥90%|92%|10|10`,
			total: "95/94.99/优",
			want:  "50 30 10",
		},
		{
			name: "a foreign-loan evaluation: scores out of 100 turned by weight, exact",
			form: `国际金融组织贷款项目绩效评价表||||||||2024
				相关性|||100|100.00|20|20.00
				效率|||100|77.39|50|38.70
				效果|||100|73.90|20|14.78
				可持续性|||100|92.00|10|9.20`,
			total: "82.68/82.68/良",
			want:  "20 38.7 14.78 9.2",
		},
		{
			name: "a Hebei system form: weight multiplied twice in the scores and the total",
			form: `项目支出绩效自评表|50|50|50|100.00|||23|2021
				产出指标|数量指标|补贴人数|>= 120 人|120|20|4
				产出指标|质量指标|发放准确率|= 100 %|100%|30|9
				效果指标|社会效益指标|政策知晓率|>= 80 %|90%|30|9
				满意度指标|服务对象满意度指标|受益对象满意度|>= 90 %|96%|10|1`,
			total: "23/100/优",
			want:  "20 30 30 10",
			found: []string{"weight-applied-twice indicators/score"},
		},
		{
			name: "the total alone has the weight twice",
			form: `项目支出绩效自评表|50|50|50|100%|10|10|31|2021
				产出指标|数量指标|补贴人数|≥120人|120人|20|20
				产出指标|质量指标|发放准确率|100%|100%|20|20
				效益指标|社会效益指标|政策知晓率|≥80%|90%|30|30
				满意度指标|服务对象满意度指标|满意度|≥90%|96%|20|20|`,
			total: "100/100/优",
			want:  "20 20 30 20",
			found: []string{"weight-applied-twice total_printed", "total-differs total_printed"},
		},
		{
			name: "a Gansu form with cost as a group, reverse and by date",
			form: `项目支出绩效自评表|120|118|118|100.00%|10|10|96|2023
				成本指标|经济成本指标|单位面积造价|≤2000元/平方米|2500元/平方米|20|16|材料涨价
				产出指标|数量指标|改造面积|≥550平方米|560平方米|20|20
				产出指标|时效指标|完工时间|2023年11月底前|2023年10月20日|20|20
				效益指标|社会效益指标|安全生产事故发生数|0起|无|20|20
				满意度指标|服务对象满意度|群众满意度|≥95%|97.5%|10|10`,
			total: "96/96/优",
			want:  "16 20 20 20 10",
		},
		{
			name: "an Anhui county: full marks for what was missed",
			form: `项目支出绩效自评表|60|60|45|75%|10|7.5|97.5|2022
				产出指标|数量指标|指标1：新建公厕|≥10座|8座|15|15
				产出指标|质量指标|指标1：验收合格率|=100%|100%|15|15
				产出指标|时效指标|指标1：完工时间|2022年6月底前|2022年9月|10|10
				产出指标|成本指标|指标1：单座成本|≤6万元|7.5万元|10|10
				效益指标|社会效益|指标1：群众投诉率|≤2%|5%|15|15
				效益指标|生态效益|指标1：环境改善|是|未完成|15|15
				满意度指标|满意度|指标1：群众满意度|≥90%|89.9%|10|10`,
			total: "97.5/83.49/良",
			want:  "12 15 10 8 6 15 9.99", // no rule says what being late costs
			found: []string{
				"full-score-unmet indicators/0/score", "full-score-unmet indicators/2/score", "full-score-unmet indicators/3/score",
				"full-score-unmet indicators/4/score", "full-score-unmet indicators/5/score",
			},
		},
		{
			name: "scores over their weights and without an actual",
			form: `项目支出绩效自评表|100|100|100|100%|10|12|104|2022
				产出指标|数量指标|培训人数|≥200人|210人|50|52
				效益指标|社会效益指标|就业率|≥80%||30|30
				满意度指标|满意度|学员满意度|≥90%|—|10|10`,
			total: "104/100/",
			want:  "50 — —",
			found: []string{
				"score-over-weight budget/score_printed", "score-over-weight indicators/0/score",
				"score-without-value indicators/1/score", "score-without-value indicators/2/score",
			},
		},
		{
			name: "a Hunan department: common indicators, lower is better, steps agreed in advance",
			form: `部门整体支出绩效自评表|861.1|1000|950|95%|10|9.5|92.83|2023
				投入|预算配置|在职人员控制率|≤100%|108.70%|10|9.2|以100%为标准,每超过一个百分点扣0.1分
				投入|预算配置|三公经费变动率|≤0|-5%|10|10
				过程|预算执行|结转结余率|10%|5%|10|10
				过程|预算管理|公用经费控制率|100%|125%|10|8|疫情防控支出增加
				产出|职责履行|实际完成率|100%|95%|20|19
				产出|职责履行|重点工作办结率|100%|100%|10|10
				效果|社会效益|公众满意度|≥90%|85%|20|18.89`,
			total: "94.59/94.59/优",
			want:  "9.2 10 10 8 19 10 18.89",
			found: []string{"total-differs total_printed"},
		},
		{
			name: "parts: 其中 rows that do not add up, and a repeated weight",
			form: `项目支出绩效自评表|||||||100|2022
				产出指标|数量指标|发放物资|≥100份|120份|60|60
				产出指标|数量指标|其中：甲类|60份|70份|40|40
				产出指标|数量指标|其中：乙类|40份|40份|20|20
				效益指标|社会效益指标|服务人数|≥1000人|1100人|30|30
				满意度指标|满意度|满意度|≥90%|95%|10|10`,
			total: "100/100/优",
			want:  "60 40 20 30 10",
			found: []string{"parts-differ-from-total indicators/0/actual"},
		},
		{
			name: "parts of which one is named only",
			form: `项目支出绩效自评表|||||||100|2022
				产出指标|数量指标|培训人数|≥100人|120人|60|60
				产出指标|数量指标|其中：女性|30人|40人||
				效益指标|社会效益指标|就业率|≥80%|81%|30|30
				满意度指标|满意度|满意度|≥90%|95%|10|10`,
			total: "100/100/优",
			want:  "60 — 30 10",
			found: []string{"over-fulfilled indicators/1/actual"},
		},
		{
			name: "group weights in the heading, one not made up by its rows",
			form: `项目支出绩效评价表|10|10|10|100%|10|10|100|2022
				产出指标(50分)|数量指标|场次|5|5|20|20
				产出指标(50分)|质量指标|合格率|100%|100%|20|20
				效益指标(30分)|社会效益指标|知晓率|≥80%|85%|40|40
				满意度指标(10分)|满意度|满意度|≥90%|95%|10|10`,
			total: "100/100/优",
			want:  "20 20 40 10",
			found: []string{"parts-differ-from-total indicators/0/level1", "parts-differ-from-total indicators/2/level1"},
		},
		{
			name: "an incomplete table within its bounds says nothing",
			form: `!项目支出绩效自评表|100|100|95|95%|10|9.5|97|2022
				产出指标|数量指标|场次|10场|10场|15|15
				产出指标|质量指标|合格率|100%|99%|15|14.85`,
			total: "39.35/39.35/",
			want:  "15 14.85",
		},
		{
			name: "an incomplete table whose rows are already more than the total",
			form: `!项目支出绩效自评表|100|100|95|95%|10|9.5|90|2022
				产出指标|数量指标|场次|10场|10场|50|50
				效益指标|社会效益指标|就业人数|100人|110人|40|40`,
			total: "99.5/99.5/",
			want:  "50 40",
			found: []string{"total-differs total_printed"},
		},
		{
			name: "an incomplete table that weighs more than 100",
			form: `!项目支出绩效自评表|100|100|95|95%|10|9.5||2022
				产出指标|数量指标|场次|10场|10场|60|60
				效益指标|社会效益指标|就业人数|100人|110人|40|40`,
			total: "109.5/109.5/",
			want:  "60 40",
			found: []string{"weights-not-100 indicators/weight"},
		},
		{
			name: "weights that sum to 90 where the execution row prints none",
			form: `项目支出绩效自评表|100|100|100|100%|||100|2022
				产出指标|数量指标|场次|10场|10场|50|50
				效益指标|社会效益指标|就业人数|100人|110人|30|30
				满意度指标|满意度|满意度|≥90%|90%|10|10`,
			total: "90/100/优",
			want:  "50 30 10",
		},
		{
			name: "a goal sums to 90",
			form: `项目支出绩效目标表|100||||||| 2023
				产出指标|数量指标|场次|≥10场||50|
				效益指标|社会效益指标|就业人数|≥100人||30|
				满意度指标|满意度|满意度|≥90%||10|`,
			total: "—/—/",
			want:  "— — —",
		},
		{
			name: "a goal that sums to 95",
			form: `项目支出绩效目标表|100||||||| 2023
				产出指标|数量指标|场次|≥10场||50|
				效益指标|社会效益指标|就业人数|≥100人||35|
				满意度指标|满意度|满意度|≥90%||10|`,
			total: "—/—/",
			want:  "— — —",
			found: []string{"weights-not-100 indicators/weight"},
		},
		{
			name: "money in two units, copies, and a satisfaction that is met and docked with a reason",
			form: `项目支出绩效自评表|90|90|90|100%|10|10|98|2022
				产出指标|数量指标|采购设备|不少于20台|不少于20台|30|30
				产出指标|成本指标|总成本|控制在90万元以内|900000元|20|20
				效益指标|经济效益指标|带动增收|≥300万元|0.03亿元|30|30
				满意度指标|满意度|用户满意度|95%以上|96%|10|8|问卷样本偏少`,
			total: "98/100/优",
			want:  "30 20 30 10",
			found: []string{"actual-copies-target indicators/0/actual"},
		},
		{
			name: "sources of money that add up to more",
			form: `项目支出绩效自评表|80|80|60|75%|10|7.5|97.5|2022
				当年财政拨款|60|60|50
				上年结转资金|20|20|20
				产出指标|数量指标|场次|10场|10场|50|50
				效益指标|社会效益指标|惠及群众|效果明显|基本完成|30|30
				满意度指标|满意度|满意度|≥90%|93%|10|10`,
			total: "97.5/97.5/优",
			want:  "50 30 10",
			found: []string{"parts-differ-from-total budget/executed"},
		},
		{
			name: "money broken down twice, the second time not to the end",
			form: `部门整体支出绩效自评表|861.1|2030.12|2030.12|100%|10|10|100|2023
				一般公共预算|||1325.68
				政府性基金|||118.82
				其他资金|||585.62
				基本支出|||900.47
				项目支出|||1025.20
				产出指标|数量指标|场次|10场|10场|50|50
				效益指标|社会效益指标|惠及群众|效果明显|达成预期指标|30|30
				满意度指标|满意度|满意度|≥90%|93%|10|10`,
			total: "100/100/优",
			want:  "50 30 10",
			found: []string{"parts-differ-from-total budget/executed"},
		},
		{
			name: "money with the levels of government inside a source",
			form: `项目支出绩效自评表|100|100|100|100%|10|10|100|2023
				年度资金总额|100|100|100
				财政拨款|100|100|100
				其中：中央补助|60|60|60
				其他资金|0|0|0
				产出指标|数量指标|场次|10场|10场|50|50
				效益指标|社会效益指标|惠及群众|效果明显|达成预期指标|30|30
				满意度指标|满意度|满意度|≥90%|93%|10|10`,
			total: "100/100/优",
			want:  "50 30 10",
		},
		{
			name: "qualitative rows: partly done, and far too low for what was done",
			form: `项目支出绩效自评表|80|80|80|100%|10|10|75|2022
				产出指标|数量指标|方案编制|完成方案编制|部分完成|30|30
				产出指标|质量指标|评审|通过评审|通过评审|20|10
				效益指标|社会效益指标|影响|明显提升|明显提升|30|25
				满意度指标|满意度|满意度|满意|未达到|10|9`,
			total: "84/84/良",
			want:  "30 10 25 9",
			found: []string{
				"full-score-unmet indicators/0/score", "deduction-without-reason indicators/1/score",
				"deduction-without-reason indicators/2/score", // within the band, and still off
				"score-differs indicators/3/score", "total-differs total_printed",
			},
		},
	} {
		table := form(c.form)
		r := scoring.Score(table, rulebook.Default())
		var computed []string
		for _, row := range r.Rows {
			computed = append(computed, text(row.Computed))
		}
		if got := strings.Join(computed, " "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
			for _, row := range r.Rows {
				t.Logf("  %s: %s (%s)", row.Name, row.Working, row.Reading)
			}
		}
		if got := text(r.Total.Rows) + "/" + text(r.Total.Computed) + "/" + r.Grade; got != c.total {
			t.Errorf("%s: total %s, want %s (%s; %s)", c.name, got, c.total, r.Total.Working, r.Execution.Working)
		}
		if got := found(r.Findings); !slices.Equal(got, c.found) {
			t.Errorf("%s:\n got %s\nwant %s", c.name, strings.Join(got, "\n     "), strings.Join(c.found, "\n     "))
		}
	}
}
