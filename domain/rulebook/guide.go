package rulebook

import "wenxiao/domain"

// national2021 is 中央部门项目支出核心绩效目标和指标设置及取值指引 laid over the
// measures: cost is a group of its own, yes and no score directly, ratios have a
// pass threshold, satisfaction scores by interval.
func national2021() *Rulebook {
	r := national2020()
	r.Name, r.Title, r.Document = "national-2021", "国家：核心绩效目标和指标设置及取值指引", guide2021
	r.inherit()
	r.From = per(guide2021+" 成文日", domain.Day("2021-08-18"))
	r.Framework = recalled(guide2021, []Group{
		{Satisfaction, []string{"满意"}, []string{"服务对象满意度指标"}},
		{Cost, []string{"成本"}, []string{"经济成本指标", "社会成本指标", "生态环境成本指标"}},
		{Output, []string{"产出"}, []string{"数量指标", "质量指标", "时效指标"}},
		{Benefit, []string{"效益", "效果"}, []string{"经济效益指标", "社会效益指标", "生态效益指标"}},
	})
	r.Weights.Plain = recalled(guide2021+" 分值权重", shares(50, 30, 10))
	r.Weights.WithCost = recalled(guide2021+" 分值权重", sharesWithCost(20, 40, 20, 10))
	r.Weights.Satisfaction = recalled(guide2021+" 分值权重", Benefit)
	r.Scoring.Positive = recalled(guide2021+" 赋分规则：按照完成比例赋分，设及格门槛", RatioWithPass)
	r.Scoring.Pass = from(guide2021+"所设及格门槛，未定数，按 60%", domain.MustDecimal("0.6"))
	r.Scoring.YesNo = recalled(guide2021+" 赋分规则：直接赋分", Direct)
	r.Scoring.Intervals = recalled(guide2021+" 赋分规则：满意度赋分（举例）", []Interval{
		{domain.Int(90), domain.Int(1)}, {domain.Int(80), domain.MustDecimal("0.8")}, {domain.Int(60), domain.MustDecimal("0.5")}, {domain.Int(0), domain.Int(0)},
	})
	return r
}
