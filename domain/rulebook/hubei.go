package rulebook

import "wenxiao/domain"

// hubei is the notice of 2020 with the system it rests on, 鄂财绩发〔2020〕3号,
// of which the self-evaluation form and its notes were at hand.
func hubei() *Rulebook {
	const notice, system = "鄂财绩发〔2020〕4号", "鄂财绩发〔2020〕3号"
	r := local("hubei", "湖北：全面实施预算绩效管理系列制度", system, per(notice, domain.Day("2020-08-07")))
	r.Weights.Execution = per(system+" 自评表“预算执行情况（20分）”", domain.Int(20))
	r.Weights.Plain = per(system+" 自评表“年度绩效目标（80分）”", shares(40, 30, 10))
	r.Weights.WithCost = per(system+" 自评表（成本列入产出）", []Share(nil))
	r.Scoring.Execution = per(system+" 自评表“20分×执行率”", CappedRatio)
	r.Scoring.Positive = per(system+" 自评表说明（2）", Ratio)
	r.Scoring.Reverse = per(system+" 自评表说明（2）", InverseRatio)
	r.Scoring.Qualitative = per(system+" 自评表说明（4）", Banded)
	r.Scoring.Aggregate = per(system+" 自评表说明（3）", AttainmentFirst)
	r.Bands = per(system+" 自评表说明（4）", bands("0.8", "0.5"))
	r.Deadlines = append([]Rule[Deadline]{
		per(notice+" 三（一）", Deadline{"reform-declared", "申报具体改革事项", 0, 8, 15}),
		per(notice+" 三（三）", Deadline{"reform-reported", "报送改革事项完成情况表", 0, 11, 30}),
	}, r.Deadlines...)
	r.Linkages = append(r.Linkages, per(notice+" 一（三）", Linkage{"评价结果", "部门内部应用并向社会公开应用情况"}))
	return r
}
