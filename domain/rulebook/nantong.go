package rulebook

import "wenxiao/domain"

func nantong() *Rulebook {
	const document = "南通办法"
	r := local("nantong", "南通：全面实施预算绩效管理的实施办法", document, per(document+" 第二十三条", domain.Day("2019-12-25")))
	r.Framework = per(document+" 第九条", []Group{
		{Satisfaction, []string{"满意"}, []string{"服务对象满意度指标"}},
		{Cost, []string{"成本"}, []string{"成本指标"}},
		{Output, []string{"产出"}, []string{"数量指标", "质量指标", "时效指标"}},
		{Benefit, []string{"效益", "效果"}, []string{"经济效益指标", "社会效益指标", "生态效益指标", "可持续影响指标"}},
	})
	r.ExAnte = per(document+" 第八条", exAnte())
	r.Criteria = from(goals2015+" 绩效目标审核表", []string{"完整性", "相关性", "适当性", "可行性"})
	r.Gates = []Rule[Gate]{
		per(document+" 第八条", Gate{"no-ex-ante", "新出台重大政策、项目未开展事前绩效评估", "缺申请预算的必备要件"}),
		per(document+" 第九条", Gate{"no-goal", "未设绩效目标（预算安排的前置条件）", "不安排预算"}),
		per(document+" 第九条", Gate{"goal-not-passed", "绩效目标未经财政审核通过", "不安排预算"}),
	}
	r.Linkages = []Rule[Linkage]{
		per(document+" 第二十条", Linkage{"优", "原则上优先保障"}),
		from(document+" 第二十条“绩效好的”", Linkage{"良", "原则上优先保障"}),
		per(document+" 第二十条", Linkage{"中", "督促改进"}),
		per(document+" 第二十条", Linkage{"差", "低效无效资金一律削减或取消"}),
		per(document+" 第二十条", Linkage{"交叉重复、碎片化", "予以调整"}),
		per(document+" 第二十条", Linkage{"长期沉淀", "一律收回，统筹用于亟需支持的领域"}),
		per(document+" 第十条", Linkage{"存在严重问题", "调整、暂缓或停止预算拨款，督促及时整改"}),
		per(document+" 第十条", Linkage{"支出进度偏慢", "与下年部门预算安排挂钩"}),
		per(document+" 第二十条", Linkage{"下级政府财政运行综合绩效", "与转移支付分配挂钩"}),
	}
	return r
}
