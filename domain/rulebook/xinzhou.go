package rulebook

import "wenxiao/domain"

func xinzhou() *Rulebook {
	const document = "忻州办法"
	r := local("xinzhou", "忻州：全面推进预算绩效管理办法", document, per(document+" 第五十条", domain.Day("2020-07-01")))
	r.Framework = per(document+" 第十九条", nationalGroups())
	r.Grades = per(document+" 第三十七条", grades(90, 80, 60))
	r.ExAnte = per(document+" 第十五条", exAnte())
	r.Criteria = per(document+" 第二十条", []string{"完整性", "相关性", "适当性", "可行性"})
	r.Gates = []Rule[Gate]{
		per(document+" 第十五条、第十六条", Gate{"no-ex-ante", "新增重大政策和项目未作事前绩效评估，或评估结果未经本级财政审核", "无预算安排的参考依据，不予安排"}),
		per(document+" 第十九条", Gate{"no-goal", "编制预算时未同步申报绩效目标", "不予安排预算资金（第四十六条）"}),
		per(document+" 第二十条、第二十二条", Gate{"goal-not-passed", "绩效目标未经审核", "不得随预算批复"}),
	}
	r.Linkages = []Rule[Linkage]{
		per(document+" 第四十条（二）", Linkage{"优", "原则上优先保障"}),
		per(document+" 第四十条（二）", Linkage{"良", "绩效较好的，原则上优先保障"}),
		per(document+" 第四十条（二）", Linkage{"中", "督促整改"}),
		per(document+" 第四十条（二）", Linkage{"差", "低效无效资金一律削减或取消"}),
		per(document+" 第四十条（二）", Linkage{"交叉重复、碎片化", "予以调整"}),
		per(document+" 第四十条（二）", Linkage{"长期沉淀", "一律收回"}),
		per(document+" 第四十六条", Linkage{"未执行或未按规定执行", "收回年度预算资金"}),
		per(document+" 第四十六条", Linkage{"不整改或整改不到位", "减少下年度预算、约谈并责令限期整改、通报批评"}),
		per(document+" 第二十六条", Linkage{"绩效目标实现程度", "据以审核和拨付财政资金"}),
	}
	return r
}
