package rulebook

import "wenxiao/domain"

const (
	measures2020 = "财预〔2020〕10号"
	guide2021    = "财预〔2021〕101号"
	monitor2019  = "财预〔2019〕136号"
	goals2015    = "财预〔2015〕88号"
	vendor       = "各地一体化系统通行做法"
	parameter    = "本系统缺省参数（财政部门签发后改）"
)

// national2020 is 项目支出绩效评价管理办法. Of its text only forms, footnotes
// and summaries could be read; numbers of articles are from memory and marked.
func national2020() *Rulebook {
	return &Rulebook{
		Name: "national-2020", Version: 1, Jurisdiction: "national",
		Title: "国家：项目支出绩效评价管理办法", Document: measures2020,
		From:      per(measures2020+" 成文日", domain.Day("2020-02-25")),
		Framework: recalled(measures2020+" 附件 1 自评表", nationalGroups()),
		Weights: Weights{
			Execution:    recalled(measures2020+" 第十三条", domain.Int(10)),
			Plain:        recalled(measures2020+" 第十三条", shares(50, 30, 10)),
			WithCost:     from(guide2021, sharesWithCost(20, 40, 20, 10)),
			Satisfaction: from(guide2021, Benefit),
		},
		Scoring:  nationalScoring(),
		Bands:    recalled(measures2020+" 第十六条", bands("0.8", "0.6")),
		Grades:   recalled(measures2020+" 第十七条", grades(90, 80, 60)),
		ExAnte:   from("忻州办法 第十五条", exAnte()),
		Criteria: recalled(goals2015+" 绩效目标审核表", []string{"完整性", "相关性", "适当性", "可行性"}),
		Deadlines: []Rule[Deadline]{
			recalled(monitor2019, Deadline{"monitoring", "部门汇总分析 1—7 月绩效监控情况并报送", 0, 8, 31}),
			from("邯文〔2019〕13号 四（五）", Deadline{"self-evaluation", "部门和单位报送上年度绩效自评", 1, 5, 31}),
		},
		Gates: []Rule[Gate]{
			recalled(goals2015, Gate{"goal-not-passed", "绩效目标审核为“差”", "不得进入下一步预算安排流程"}),
			recalled(goals2015, Gate{"no-goal", "未设绩效目标", "不得申请预算"}),
		},
		Linkages: []Rule[Linkage]{
			recalled(measures2020+" 第三十条", Linkage{"优", "根据情况予以支持"}),
			recalled(measures2020+" 第三十条", Linkage{"良", "根据情况予以支持"}),
			recalled(measures2020+" 第三十条", Linkage{"中", "完善、改进，根据情况核减预算"}),
			recalled(measures2020+" 第三十条", Linkage{"差", "完善、改进，根据情况核减预算"}),
			recalled(measures2020+" 第三十条", Linkage{"不整改或整改不到位", "核减预算，或整改到位后再安排"}),
		},
		Parameters: parameters(),
	}
}

func nationalGroups() []Group {
	return []Group{
		{Satisfaction, []string{"满意"}, []string{"服务对象满意度指标"}},
		{Cost, []string{"成本"}, []string{"经济成本指标", "社会成本指标", "生态环境成本指标"}},
		{Output, []string{"产出"}, []string{"数量指标", "质量指标", "时效指标", "成本指标"}},
		{Benefit, []string{"效益", "效果"}, []string{"经济效益指标", "社会效益指标", "生态效益指标", "可持续影响指标"}},
	}
}

func exAnte() []string {
	return []string{"立项必要性", "投入经济性", "绩效目标合理性", "实施方案可行性", "筹资合规性"}
}

func nationalScoring() Scoring {
	const article = measures2020 + " 第十六条"
	return Scoring{
		Execution:   recalled(measures2020+" 第十三条", CappedRatio),
		Positive:    recalled(article, Ratio),
		Pass:        from(measures2020+"（不设门槛）", domain.Int(0)),
		Reverse:     recalled(article, InverseRatio),
		Equal:       from(vendor, AtLeast),
		Zero:        from(vendor, AllOrNothing),
		YesNo:       recalled(article, Banded),
		Qualitative: recalled(article, Banded),
		Late:        from(parameter, Open),
		Printed:     from("湘西等地目标表所印评（扣）分标准", AsPrinted),
		Intervals:   from(measures2020+"（同其他比率）", []Interval(nil)),
		Over: Over{
			Threshold: from("广西等地 130% 的做法", domain.MustDecimal("1.3")),
			Reduction: from(measures2020+" 第十六条“按照偏离度适度调减分值”，未定幅度", Explained),
		},
		Deduction: recalled(measures2020+" 附件 1 自评表“偏差原因分析及改进措施”", WithReason),
		Aggregate: from("鄂财绩发〔2020〕3号 自评表说明（3）", AttainmentFirst),
		Places:    from(vendor, 2),
		Direction: from("已公开各表的通行写法", wording()),
	}
}

// wording is how published tables name what should be small. A name counts by
// how it ends: 食品安全投诉 is bad, 食品安全投诉处置率 is good.
func wording() Direction {
	return Direction{
		ReverseGroups: []string{"成本"},
		ReverseWords: []string{
			"成本", "费用", "单价", "造价", "超支", "能耗", "物耗", "发生",
			"事故", "事件", "死亡", "伤亡", "受害", "受灾", "成灾", "火灾", "变质", "污染", "排放", "感染", "发病", "患病", "病死", "复发",
			"投诉", "信访", "上访", "舆情", "纠纷", "差错", "错误", "失误", "误差", "缺陷", "故障", "违规", "违纪", "中断", "泄密",
			"失业", "失学", "辍学", "流失", "返贫", "损失", "浪费", "损耗", "破损", "超时", "逾期", "延误", "拖欠", "空置", "闲置",
			"人员控制率", "经费控制率", "经费变动率", "投资控制率", "预算调整率", "结转结余率", "结转率", "结余率", "结余变动率",
			"响应时间", "等待时间", "等候时间", "办理时间", "办结时间", "处理时间", "到达时间", "办理时限", "办结时限", "响应时限", "耗时", "工期",
		},
		PositiveWords: []string{
			"受理", "接待", "办理率", "处理", "处置", "化解", "查处", "查办", "调解", "解决", "排查", "整治", "治理", "修复", "整改",
			"救助", "救治", "补助", "补偿", "赔付", "慰问", "防治", "防控", "预防", "预警", "下降", "降低", "减少", "减排", "减轻", "减免", "节约", "避免", "杜绝", "消除", "挽回",
			"达标", "合格", "覆盖", "完成", "报告", "满意", "知晓", "宣传", "演练", "培训", "监测", "检测", "核算", "执行率", "保障率", "及时",
		},
	}
}

func parameters() Parameters {
	return Parameters{
		RectificationDays: from(parameter, 30),
		HandoverDays:      from(parameter, 30),
		Major:             from(parameter, 500*domain.WanYuan),
		Behind:            from(parameter, domain.Int(15)),
		FarBehind:         from(parameter, domain.Int(30)),
		Apart:             from(parameter, domain.Int(30)),
	}
}

// inherit turns every value into a default, so that what a regulation does say
// can then be laid over it.
func (r *Rulebook) inherit() {
	for _, e := range r.entries() {
		e.source.Default = true
	}
}

// local is a regulation of a place: silent, until it is laid over, on all that
// the national measures say.
func local(name, title, document string, inForce Rule[domain.Day]) *Rulebook {
	r := national2020()
	r.inherit()
	r.Name, r.Jurisdiction, r.Title, r.Document, r.From = name, name, title, document, inForce
	return r
}
