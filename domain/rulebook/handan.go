package rulebook

import "wenxiao/domain"

func handan() *Rulebook {
	const document = "邯文〔2019〕13号"
	r := local("handan", "邯郸：关于全面实施预算绩效管理的实施意见", document, per(document, domain.Day("2019-07-04")))
	r.Framework = per(document+" 四（三）", []Group{
		{Satisfaction, []string{"满意"}, []string{"服务对象满意度指标"}},
		{Cost, []string{"成本"}, []string{"经济成本指标", "社会成本指标", "生态环境成本指标"}},
		{Output, []string{"产出"}, []string{"数量指标", "质量指标", "时效指标", "成本指标"}},
		{Benefit, []string{"效果", "效益"}, []string{"经济效益指标", "社会效益指标", "生态效益指标", "文化效益指标", "可持续影响指标"}},
	})
	r.ExAnte = per(document+" 四（二）", exAnte())
	r.Criteria = per(document+" 四（三）", []string{"相关性", "完整性", "准确性", "匹配性", "先进性"})
	r.Deadlines = []Rule[Deadline]{
		per(document+" 四（五）", Deadline{"self-evaluation", "部门组织自评上年度政策和项目支出并报送财政", 1, 5, 31}),
		from(monitor2019, Deadline{"monitoring", "部门汇总分析绩效监控情况并报送", 0, 8, 31}),
	}
	r.Gates = []Rule[Gate]{
		per(document+" 四（二）", Gate{"no-ex-ante", "新增重大政策、重大专项未认真开展事前绩效评估", "不予安排预算"}),
		per(document+" 四（三）", Gate{"goal-not-passed", "绩效低差、绩效目标指标不完善或编制质量不高", "不安排预算"}),
		per(document+" 三（三）、四（三）", Gate{"no-goal", "未设绩效目标（预算安排的前置条件）", "不安排预算"}),
		per(document+" 三（二）", Gate{"not-in-library", "未通过项目库申报、审核", "不予安排预算"}),
	}
	r.Linkages = []Rule[Linkage]{
		per(document+" 六（三）", Linkage{"优", "原则上优先保障"}),
		from(document+" 六（三）“绩效好的”", Linkage{"良", "原则上优先保障"}),
		per(document+" 六（三）", Linkage{"中", "督促改进"}),
		per(document+" 六（三）", Linkage{"差", "低效无效资金一律削减或取消"}),
		per(document+" 六（三）", Linkage{"交叉重复、碎片化", "予以调整"}),
		per(document+" 六（三）", Linkage{"长期沉淀", "一律收回，统筹用于亟需支持的领域"}),
		per(document+" 四（四）", Linkage{"存在严重问题", "暂缓或停止预算拨款，督促及时整改"}),
		per(document+" 四（四）", Linkage{"支出进度偏慢", "按一定比例收回资金（比例条文未定）"}),
		per(document+" 四（四）", Linkage{"偏离绩效目标或无法继续实施", "及时收回资金"}),
		per(document+" 六（三）", Linkage{"部门整体绩效好、支出进度快", "合理增加预算安排"}),
		per(document+" 六（三）", Linkage{"部门整体绩效较差、支出进度慢", "相应减少部门专项业务经费"}),
		per(document+" 六（三）", Linkage{"市辖区财政运行综合绩效", "相应增加或扣减财力补助"}),
	}
	return r
}
