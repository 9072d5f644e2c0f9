package scoring_test

import (
	"errors"
	"strings"
	"testing"

	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
)

// book returns a copy of the national measures, changed.
func book(change func(*rulebook.Scoring)) *rulebook.Rulebook {
	b := *rulebook.Default()
	change(&b.Scoring)
	return &b
}

func decimal(s string) *domain.Decimal {
	if s == "" {
		return nil
	}
	d := domain.MustDecimal(s)
	return &d
}

// row reads "level2|name|target|actual|weight|score|reason".
func indicator(line string) published.Indicator {
	f := append(strings.Split(line, "|"), "", "", "", "")
	level1 := map[bool]string{true: "满意度指标", false: "产出指标"}[strings.Contains(f[0], "满意")]
	return published.Indicator{Level1: level1, Level2: f[0], Level3: f[1], Target: f[2], Actual: f[3], Weight: decimal(f[4]), Score: decimal(f[5]), Reason: f[6]}
}

func TestRules(t *testing.T) {
	national := rulebook.Default()
	national2021, _ := rulebook.Get("national-2021")
	linear := book(func(s *rulebook.Scoring) { s.Reverse.Value = rulebook.LinearToZero })
	exact := book(func(s *rulebook.Scoring) { s.Equal.Value = rulebook.Exact })
	late := book(func(s *rulebook.Scoring) { s.Late.Value = rulebook.AllOrNothing })
	deviation := book(func(s *rulebook.Scoring) { s.Over.Reduction.Value = rulebook.ByDeviation })
	for _, c := range []struct {
		name string
		book *rulebook.Rulebook
		line string
		want string
		says string
	}{
		// positive
		{"reached is full", national, "数量|培训人数|≥100人|100人|10", "10", "达到，满分"},
		{"beyond is full", national, "数量|培训人数|≥100人|500人|10", "10", "达到，满分"},
		{"short is in proportion", national, "数量|培训人数|≥100人|80人|10", "8", "10 × 80 ÷ 100 = 8"},
		{"half a cent rounds up", national, "数量|培训人数|1000|999.5|1", "1", "1 × 999.5 ÷ 1000 = 1"},
		{"0.125 of 1 rounds up", national, "数量|培训人数|8|1|1", "0.13", "1 × 1 ÷ 8 = 0.13"},
		{"nothing done is nothing", national, "数量|培训人数|≥100人|0人|10", "0", "10 × 0 ÷ 100 = 0"},
		{"a negative actual is nothing", national, "数量|收入增长率|≥5%|-3%|10", "0", "完成值 -3 为负，不得分"},
		{"greater than", national, "质量|合格率|大于90%|90%|10", "10", "达到"},
		// reverse
		{"kept to is full", national, "成本|单价|≤100元|80元|10", "10", "达到"},
		{"over by ratio", national, "成本|单价|≤100元|150元|10", "6.67", "10 × 100 ÷ 150 = 6.67"},
		{"far over by ratio", national, "成本|单价|≤100元|250元|10", "4", "10 × 100 ÷ 250 = 4"},
		{"over, linear", linear, "成本|单价|≤100元|150元|10", "5", "10 × (1 −（150 − 100）÷ 100) = 5"},
		{"twice over, linear", linear, "成本|单价|≤100元|250元|10", "0", "= 0"},
		// units
		{"money in two units", national, "成本|总成本|90万元|900000元|10", "10", "达到"},
		{"money in two units, over", national, "成本|总成本|≤90万元|1000000元|10", "9", "10 × 90 ÷ 100 = 9"},
		{"money without a unit, in 万元", national, "成本|总成本|≤90万元|95|10", "9.47", "10 × 90 ÷ 95 = 9.47"},
		{"money without a unit, in 元", national, "成本|总成本|≤90万元|899740|10", "10", "达到"},
		{"a share for a percentage", national, "质量|合格率|≥95%|0.95|10", "10", "达到"},
		{"1 for 100%", national, "质量|合格率|100%|1|10", "10", "达到"},
		{"a percentage for a share", national, "质量|合格率|0.95|95%|10", "10", "达到"},
		{"per mille and per cent", national, "质量|受害率|≤1‰|0.05%|10", "10", "达到"},
		{"kilometres and metres", national, "数量|道路|≥2公里|1500米|10", "7.5", "10 × 1.5 ÷ 2 = 7.5"},
		{"marks and percent", national, "满意度|满意度|≥90分|95%|10", "10", "达到"},
		{"people and 人次", national, "数量|受益|≥735人次|735人|10", "10", "达到"},
		{"monthly and yearly", national, "数量|巡查|每月1次|12次|10", "10", "达到"},
		{"percent and people", national, "数量|签约率|≥90%|25人|10", "", "不可比"},
		{"metres and pieces", national, "数量|护栏|≥100米|3套|10", "", "不可比"},
		{"a number among words with another unit", national, "数量|体检|为65岁以上老人体检|5662人|10|9", "9", "核为原印 9 分"},
		// direction without a sign
		{"a cost", national, "成本|办公成本|15万元|16万元|10", "9.38", "成本指标按越低越好"},
		{"a cost that is a rate of doing", national, "成本|补助标准达标率|100%|90%|10", "9", "10 × 90 ÷ 100 = 9"},
		{"accidents", national, "质量|安全事故发生数|2起|4起|10", "5", "“事故”，按越低越好"},
		{"accidents handled", national, "质量|安全事故处置率|100%|90%|10", "9", "10 × 90 ÷ 100 = 9"},
		{"complaints", national, "社会效益|群众投诉率|5%|10%|10", "5", "“投诉”"},
		{"complaints answered", national, "质量|群众投诉办结率|100%|90%|10", "9", "10 × 90 ÷ 100 = 9"},
		{"staff over the establishment", national, "数量|在职人员控制率|100%|108.7%|10", "9.2", "“人员控制率”"},
		{"blood pressure under control", national, "质量|高血压控制率|50%|40%|10", "8", "10 × 40 ÷ 50 = 8"},
		{"days until paid", national, "时效|资金拨付时间|30天|40天|10", "7.5", "时长按越短越好"},
		{"days open", national, "时效|全年开放时间|300天|240天|10", "8", "10 × 240 ÷ 300 = 8"},
		{"a sign in the name", national, "数量|能耗(≤)|10|20|10", "5", "10 × 10 ÷ 20 = 5"},
		{"the printed sign decides", national, "数量|村庄数量|≤4|5|10", "8", "10 × 4 ÷ 5 = 8"},
		// equality and zero
		{"= is like ≥", national, "质量|合格率|=100%|98%|10", "9.8", "10 × 98 ÷ 100 = 9.8"},
		{"= and over", national, "数量|套数|=10套|12套|10", "10", "达到"},
		{"= on a cost is like ≥ as well", national, "成本|总成本|=10万元|9万元|10", "9", "10 × 9 ÷ 10 = 9"},
		{"exactly =, over", exact, "数量|套数|=10套|12套|10", "8.33", "10 × 10 ÷ 12 = 8.33"},
		{"exactly =, met", exact, "数量|套数|=10套|10套|10", "10", "相等"},
		{"zero kept", national, "质量|变质比例|0|0|10", "10", "达到"},
		{"zero kept in words", national, "社会效益|重大事故发生数|0起|无|10", "10", "达到"},
		{"zero kept in words 2", national, "社会效益|重大事故发生数|0起|未发生事故|10", "10", "达到"},
		{"not done is not zero", national, "社会效益|重大事故发生数|0起|未完成统计|10", "", "不能计算"},
		{"zero broken", national, "质量|变质比例|0|1|10", "0", "指标值为 0，完成值 1，不得分"},
		{"=0 broken", national, "质量|差错|=0|2|10", "0", "不得分"},
		{"saved at least zero", national, "成本|成本节约率|≥0%|2%|10", "10", "达到"},
		{"saved zero", national, "成本|成本节约率|0%|2%|10", "10", "达到"},
		{"more than zero, none", national, "质量|增长率|>0|0|10", "0", "指标值为 0"},
		{"people under cost", national, "成本|补助人数|100|90|10", "9", "10 × 90 ÷ 100 = 9"},
		{"a negative target missed", national, "经济效益|增长率|≥-2%|-3%|10", "", "比例无意义"},
		{"a negative target met", national, "经济效益|增长率|≥-2%|1%|10", "10", "达到"},
		// ranges
		{"inside", national, "数量|场次|10-15场|12场|10", "10", "在区间之内"},
		{"below", national, "数量|场次|10-15场|8场|10", "8", "10 × 8 ÷ 10 = 8"},
		{"above is full", national, "数量|场次|10-15场|20场|10", "10", "达到"},
		{"a cost below is full", national, "成本|单价|10-15元|8元|10", "10", "达到"},
		{"a cost above", national, "成本|单价|10-15元|20元|10", "7.5", "10 × 15 ÷ 20 = 7.5"},
		{"an actual that is a range", national, "质量|合格率|≥96%|90%-98%|10", "9.38", "10 × 90 ÷ 96 = 9.38"},
		// dates
		{"on time", national, "时效|完成时间|2021年12月31日|2021年12月20日|5", "5", "按期"},
		{"in time by month", national, "时效|完成时间|12月底前|2021年10月|5", "5", "按期"},
		{"on the month", national, "时效|完成时间|2021年12月20日|2021年12月|5", "5", "按期"},
		{"late", national, "时效|完成时间|2021年12月31日|2022年1月5日|5", "", "条文未定逾期如何扣分"},
		{"late, all or nothing", late, "时效|完成时间|2021年12月31日|2022年1月5日|5", "0", "晚于"},
		{"a date in words", national, "时效|完成时间|2021年12月31日前|按时完成|5|5", "5", "核为原印 5 分"},
		{"a date answered by a rate", national, "时效|完成时间|2021年12月31日前|100%|5", "", "是日期"},
		// words, yes and no
		{"words keep the printed score", national, "社会效益|改善环境|显著提升|显著提升|10|9", "9", "定性指标，达成，核为原印 9 分"},
		{"words without a score", national, "社会效益|改善环境|显著提升|显著提升|10", "", "未印得分"},
		{"words over the weight", national, "社会效益|改善环境|显著提升|显著提升|10|12", "10", "核为原印 10 分"},
		{"yes is judged in bands by the measures", national, "质量|是否达标|是|是|10|8", "8", "核为原印 8 分"},
		{"yes scores directly by the guide", national2021, "质量|是否达标|是|是|10|8", "10", "做到"},
		{"no scores directly by the guide", national2021, "质量|是否达标|是|否|10|8", "0", "未做到，不得分"},
		{"several values", national, "数量|成果|1部片,2套方案|1部片,2套方案|10|10", "10", "不止一个数"},
		{"a number answered in words", national, "数量|中心|1|建设中|10|5", "", "不能计算"},
		{"a number answered by 无", national, "质量|保障率|100%|无|10|5", "", "不能计算"},
		// proportional with a pass, and satisfaction by interval
		{"above the pass", national2021, "数量|建册数|120人|90人|2", "1.5", "2 × 90 ÷ 120 = 1.5"},
		{"below the pass", national2021, "数量|建册数|120人|69人|2", "0", "低于及格门槛 60%，不得分"},
		{"satisfied at 92", national2021, "满意度|群众满意度|≥95%|92%|10", "10", "90% 以上一档"},
		{"satisfied at 85", national2021, "满意度|群众满意度|≥95%|85%|10", "8", "80% 以上一档"},
		{"satisfied at 70", national2021, "满意度|群众满意度|≥95%|70%|10", "5", "60% 以上一档"},
		{"satisfied at 50", national2021, "满意度|群众满意度|≥95%|50%|10", "0", "0% 以上一档"},
		{"satisfied by ratio", national, "满意度|群众满意度|≥95%|85%|10", "8.95", "10 × 85 ÷ 95 = 8.95"},
		// printed scoring rules
		{"a point per per cent", national, "满意度|满意度|95%以上|93%|10||95%以上得10分,每降低1%扣1分", "8", "10 − 2 × 1 = 8"},
		{"met by the printed rule", national, "满意度|满意度|95%以上|96%|10||95%以上得10分,每降低1%扣1分", "10", "达到"},
		{"half a step costs nothing", national, "满意度|满意度|95%以上|94.5%|10||每降低1%扣1分", "10", "达到"},
		{"a step begun counts where it says so", national, "满意度|满意度|95%以上|94.5%|10||每降低1%扣1分,不足1%按1%计", "9", "10 − 1 × 1 = 9"},
		{"a point per yuan", national, "成本|补助标准|17元/人.每天|15元/人.每天|10||按标准发放得10分,每少1元扣1分", "8", "少 2元"},
		{"a point per per cent of people", national, "数量|补助学生数量|168|160|10||发放到位得10分,每减少1%扣1分", "6", "少 4.76%"},
		{"a point per ten days", national, "时效|完成时间|2023年12月31日|2024年1月25日|10||按期完成得10分,每超出10天扣1分", "8", "晚 25 天"},
		{"on time by the printed rule", national, "时效|完成时间|2023年12月31日|2023年12月1日|10||按期完成得10分,每超出10天扣1分", "10", "达到"},
		{"steps in characters", national, "数量|场次|5场|3场|10||每少一场扣2分", "6", "10 − 2 × 2 = 6"},
		{"never below 0", national, "数量|场次|50场|3场|10||每少1场扣2分", "0", "= 0"},
		{"scaled to the weight", national, "数量|场次|5场|4场|5||完成得10分,每少1场扣2分", "4", "10 − 1 × 2 = 4"},
		{"graded in words", national, "社会效益|生活质量|有所提升|一般|10||良好得10分,一般得8分,差得0分", "8", "“一般”得 8 分"},
		{"graded in words, best", national, "社会效益|生活质量|有所提升|良好|10||良好10/一般8/差0", "10", "“良好”得 10 分"},
		{"graded: not done, nothing", national, "质量|验收|通过|未通过|10||通过得10分,未通过不得分", "0", "“未通过”得 0 分"},
		// far over the target
		{"reduced by deviation", deviation, "数量|场次|100场|150场|10", "8", "按幅度调减"},
		{"not reduced within the threshold", deviation, "数量|场次|100场|130场|10", "10", "达到"},
		{"reduced to nothing", deviation, "数量|场次|100场|900场|10", "0", "按幅度调减"},
		// what cannot be computed
		{"no actual", national, "数量|场次|100场||10|5", "", "完成值为空"},
		{"no target", national, "数量|场次||100场|10|5", "", "指标值为空"},
		{"no weight", national, "数量|场次|100场|100场||", "", "未印分值，不计分"},
		{"a negative weight", national, "数量|场次|100场|100场|-10|5", "", "分值为负"},
		{"the weight is the score", national, "数量|场次|100场|100场||7", "7", "以原印得分 7 为分值"},
		// a scanner's 2 for ≥
		{"290% is ≥90%", national, "满意度|满意度|290%|95%|10", "10", "达到"},
		{"2100% is ≥100%", national, "质量|合格率|2100%|98%|10", "9.8", "10 × 98 ÷ 100 = 9.8"},
		{"290% against 310% is what it says", national, "经济效益|增长率|290%|310%|10", "10", "达到"},
	} {
		row := scoring.ScoreIndicator(indicator(c.line), c.book)
		got := ""
		if row.Computed != nil {
			got = row.Computed.String()
		}
		if got != c.want || !strings.Contains(row.Working, c.says) {
			t.Errorf("%s: %s\n got %q, %s (%s)\nwant %q, %s", c.name, c.line, got, row.Working, row.Reading, c.want, c.says)
		}
		if row.Computed != nil && row.Basis == "" {
			t.Errorf("%s: no article", c.name)
		}
	}
}

func TestExecution(t *testing.T) {
	table := func(begin, full, executed, rate, weight, printed string) published.Table {
		return published.Table{Kind: "项目支出绩效自评表", TableComplete: true, Budget: published.Budget{
			Money:       published.Money{Begin: decimal(begin), FullYear: decimal(full), Executed: decimal(executed)},
			RatePrinted: rate, Weight: decimal(weight), ScorePrinted: decimal(printed)}}
	}
	monitoring := table("220", "", "87.57", "", "", "")
	monitoring.Kind = "项目支出绩效监控表"
	framed := table("", "200", "100", "50%", "", "10")
	framed.WeightFrame = "Hubei 20/80"
	for _, c := range []struct {
		name           string
		table          published.Table
		rate, computed string
		findings       string
	}{
		{"on the adjusted budget", table("100", "80", "60", "75%", "10", "7.5"), "75.00", "7.5", ""},
		{"on the opening budget is wrong", table("100", "80", "60", "60%", "10", "6"), "75.00", "7.5", "rate-differs execution-score-differs"},
		{"capped", table("", "100", "120", "120%", "10", "10"), "120.00", "10", "rate-over-100"},
		{"over and printed as 100%", table("", "100", "120", "100%", "10", "10"), "120.00", "10", "rate-over-100 rate-differs"},
		{"over the weight", table("", "100", "120", "120%", "10", "12"), "120.00", "10", "rate-over-100 score-over-weight"},
		{"divided by zero", table("", "0", "50", "100%", "10", "10"), "", "", "rate-differs"},
		{"nothing by nothing", table("", "0", "0", "0", "10", "0"), "", "", ""},
		{"rounded to a whole", table("", "65.66", "65.07", "99%", "10", "9.9"), "99.10", "9.91", ""},
		{"cut off", table("", "2000", "1157.97", "57.89%", "10", "5.79"), "57.90", "5.79", "rate-differs"},
		{"rounded up", table("", "250000", "215457.6", "86.19%", "10", "8.62"), "86.18", "8.62", "rate-differs"},
		{"one decimal", table("", "300", "259.45", "86.5%", "10", "8.65"), "86.48", "8.65", ""},
		{"printed as a share", table("", "250", "215", "0.86", "10", "8.6"), "86.00", "8.6", ""},
		{"printed without a sign", table("", "50", "10", "20", "20", "4"), "20.00", "4", ""},
		{"by the rounded rate", table("", "1000", "864", "86%", "20", "17.2"), "86.40", "17.28", ""},
		{"only the rate is printed", table("", "", "", "79.27%", "10", "7.93"), "", "7.93", ""},
		{"only the rate is printed, as a share", table("", "", "", "0.7927", "10", "7.93"), "", "7.93", ""},
		{"only the rate, and a wrong score", table("", "", "", "79.27%", "10", "9"), "", "7.93", "execution-score-differs"},
		{"a score only 20 points can hold", table("", "200", "195.5", "97.75%", "", "19.55"), "97.75", "19.55", ""},
		{"no execution row", table("", "300", "259.45", "86.5%", "", ""), "86.48", "", ""},
		{"the rulebook's weight where only a score is printed", table("", "100", "90", "90%", "", "9"), "90.00", "9", ""},
		{"the frame's weight where only a score is printed", framed, "50.00", "10", ""},
		{"by the opening budget in monitoring", monitoring, "39.80", "", ""},
		{"an unprinted adjusted budget", table("100", "", "90", "90%", "10", "9"), "90.00", "9", ""},
		{"an unprinted adjusted budget that was another", table("100", "", "50", "100%", "10", "10"), "", "10", ""},
	} {
		r := scoring.Score(c.table, rulebook.Default())
		rate, computed := "", ""
		if r.Execution.Rate != nil {
			rate = r.Execution.Rate.String()
		}
		if r.Execution.Computed != nil {
			computed = r.Execution.Computed.String()
		}
		var codes []string
		for _, f := range r.Findings {
			if f.Code != scoring.WeightsNot100 { // there are no indicators
				codes = append(codes, string(f.Code))
			}
		}
		if rate != c.rate || computed != c.computed || strings.Join(codes, " ") != c.findings {
			t.Errorf("%s: rate %s, %s, %v; %s", c.name, rate, computed, codes, r.Execution.Working)
		}
	}
}

func TestManualDeductionNeedsAReason(t *testing.T) {
	row := scoring.ScoreIndicator(indicator("数量|培训人数|≥100人|80人|10"), rulebook.Default())
	got, err := scoring.Deduct(row, domain.MustDecimal("1.5"), "资料不全", rulebook.Default())
	if err != nil || text(got.Computed) != "6.5" || !strings.HasSuffix(got.Working, "另扣 1.5 分（资料不全）：8 − 1.5 = 6.5") {
		t.Errorf("%v, %s, %v", got.Computed, got.Working, err)
	}
	if got, err = scoring.Deduct(row, domain.Int(20), "资料不全", rulebook.Default()); err != nil || text(got.Computed) != "0" {
		t.Errorf("below 0: %v, %v", got.Computed, err)
	}
	for _, reason := range []string{"", " ", "无", "—", "0"} {
		var refusal domain.Refusal
		if _, err = scoring.Deduct(row, domain.Int(1), reason, rulebook.Default()); !errors.As(err, &refusal) || refusal.Code != "score.deduction-without-reason" || refusal.Basis == "" {
			t.Errorf("%q is no reason: %v", reason, err)
		}
	}
	if _, err = scoring.Deduct(row, domain.Int(-1), "加分", rulebook.Default()); err == nil {
		t.Error("a negative deduction was taken")
	}
	if _, err = scoring.Deduct(scoring.Row{}, domain.Int(1), "资料不全", rulebook.Default()); err == nil {
		t.Error("points were taken off nothing")
	}
}

func TestChecks(t *testing.T) {
	for line, want := range map[string]string{
		"数量|人数|≥100人|80人|10|8":  "一致",
		"质量|率|100%|97.3%|2|1.9": "取整",
		"数量|人数|≥100人|80人|10|9":  "不符",
		"数量|人数|≥100人|80人|10":    "不核",
		"社会效益|影响|明显|明显|10|9":    "不核",
		"数量|人数|≥100人|80人||9":    "不核",
	} {
		if got := scoring.ScoreIndicator(indicator(line), rulebook.Default()).Check; got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}
