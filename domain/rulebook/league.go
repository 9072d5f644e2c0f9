package rulebook

import "wenxiao/domain"

// league is the guiding opinion of a league in Inner Mongolia. It bears no
// date; it cites a State Council opinion of 2021 and aims at the end of 2022.
func league() *Rulebook {
	const document = "某盟指导意见"
	undated := from("文件无日期；一（二）以 2022 年底为期，按 2022 年初", domain.Day("2022-01-01"))
	r := local("league", "内蒙古某盟：关于全面实施预算绩效管理的指导意见", document, undated)
	r.Gates = []Rule[Gate]{
		per(document+" 三（一）2（1）", Gate{"no-ex-ante", "新增政策和项目未按要求开展事前绩效评估", "不予安排预算"}),
		per(document+" 三（一）2（2）", Gate{"no-goal", "未按要求设定绩效目标", "不得安排预算"}),
		per(document+" 三（一）2（2）", Gate{"goal-not-passed", "绩效目标审核未通过", "不得安排预算"}),
	}
	r.Linkages = []Rule[Linkage]{
		per(document+" 三（二）2", Linkage{"优", "奖优罚劣，评价结果与完善政策、调整预算安排挂钩"}),
		per(document+" 三（二）2", Linkage{"良", "奖优罚劣，评价结果与完善政策、调整预算安排挂钩"}),
		per(document+" 三（二）2", Linkage{"中", "奖优罚劣，评价结果与完善政策、调整预算安排挂钩"}),
		per(document+" 三（二）2", Linkage{"差", "低效无效资金一律削减直至取消"}),
		per(document+" 三（二）2", Linkage{"长期沉淀", "一律按规定收回并统筹安排"}),
		per(document+" 三（二）2", Linkage{"造成严重损失浪费", "依法依规处理"}),
		per(document+" 三（一）2（3）", Linkage{"存在严重问题", "暂缓或停止预算拨款，督促及时整改"}),
		per(document+" 三（一）2（3）", Linkage{"不整改或整改不到位", "及时收回资金"}),
		per(document+" 三（一）2（3）", Linkage{"偏离绩效目标或无法继续实施", "及时收回资金"}),
		per(document+" 三（一）2（3）", Linkage{"支出进度偏慢", "按支出进度比例收回资金"}),
		per(document+" 三（一）2（3）", Linkage{"未按规定时间下达", "收回全部资金"}),
	}
	return r
}
