package projections

import (
	"fmt"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/execution"
	"wenxiao/domain/goal"
	"wenxiao/domain/monitoring"
	"wenxiao/domain/participant"
	"wenxiao/domain/programme"
	"wenxiao/domain/rectification"
	"wenxiao/domain/sealing"
	"wenxiao/domain/unit"
)

// A deed is what an event says was done, in words.
type deed struct {
	verb     string // what was done: 退回
	text     string // with what: 退回目标第 1 版：两项指标口径重复
	reason   string // as stated, without the rest
	decision bool   // it decided something; else it only recorded
	stage    string
	lane     string // at which desk such a thing is done
	article  string // on which article this kind of act rests
	amount   *domain.Money
	document string
	corrects string
	source   *domain.Source // it was taken from there
	system   bool           // a rule did it, in answer to what the actor did
}

// deedOf puts an event into words. Every type of event has its own.
func deedOf(f Fact) deed {
	switch e := f.Event.(type) {
	case unit.Event:
		return unitDeed(f, e)
	case programme.Event:
		return programmeDeed(f, e)
	case goal.Event:
		return goalDeed(e)
	case execution.Event:
		return executionDeed(e)
	case monitoring.Event:
		return monitoringDeed(e)
	case evaluation.Event:
		return evaluationDeed(e)
	case rectification.Event:
		return rectificationDeed(e)
	case attachment.Event:
		return attachmentDeed(e)
	case participant.Event:
		return participantDeed(f, e)
	case sealing.Event:
		return sealingDeed(e)
	}
	return deed{}
}

func unitDeed(f Fact, event unit.Event) deed {
	post := func(code string) string { return f.post(strings.TrimPrefix(f.Stream, "unit-"), code) }
	d := deed{lane: LaneFinance, article: "忻州办法 第六条"}
	switch e := event.(type) {
	case unit.Registered:
		d.verb, d.text, d.source = "登记", "登记单位“"+e.Name+"”", e.Source
	case unit.Renamed:
		d.verb, d.text, d.document = "更名", fmt.Sprintf("单位更名为“%s”，自 %s 起%s", e.Name, e.Since, under(e.Document)), e.Document
	case unit.Merged:
		d.verb, d.text, d.document, d.decision = "合并", fmt.Sprintf("单位并入%s，自 %s 起%s", f.name(unitName, string(e.Into)), e.Since, under(e.Document)), e.Document, true
	case unit.Abolished:
		d.verb, d.text, d.document, d.decision = "撤销", fmt.Sprintf("撤销单位，自 %s 起%s%s", e.Since, under(e.Document), when(e.Successor != "", "，职责由"+f.name(unitName, string(e.Successor))+"承接")), e.Document, true
	case unit.PostEstablished:
		d.verb, d.text = "设岗", "设置岗位“"+e.Title+"”"+when(len(e.Duties) > 0, "，职责："+strings.Join(e.Duties, "、"))
	case unit.PersonAppointed:
		d.verb, d.text, d.decision, d.article = "任命", fmt.Sprintf("任命%s为%s，自 %s 起", e.Name, post(e.Post), e.Since), true, "忻州办法 第十四条"
	case unit.PersonRelieved:
		d.verb, d.text, d.decision, d.article = "免职", fmt.Sprintf("免去%s的%s，至 %s 止%s", f.name(personName, e.Person), post(e.Post), e.Until, because(e.Reason)), true, "忻州办法 第十四条"
		d.reason = e.Reason
	case unit.AuthorityDelegated:
		d.verb, d.text, d.decision = "授权", fmt.Sprintf("授权%s代%s办理%s事务，%s 至 %s，范围：%s", e.Name, f.name(personName, e.From), post(e.Post), e.Since, e.Until, e.Scope), true
	}
	return d
}

func programmeDeed(f Fact, event programme.Event) deed {
	d := deed{stage: StageExAnte, lane: LaneUnit, article: "忻州办法 第十四条"}
	switch e := event.(type) {
	case programme.Registered:
		d.source = e.Source
		d.verb, d.text, d.article = "登记", "登记项目“"+e.Name+"”，实施单位"+e.UnitName+"，主管部门"+e.DepartmentName, "忻州办法 第四条"
	case programme.ResponsibleAssigned:
		d.verb, d.text, d.decision = "指定", fmt.Sprintf("指定%s（%s）为项目责任人，自 %s 起", e.Name, e.Post, e.Since), true
		d.lane = LaneDepartment
	case programme.HandedOver:
		d.verb, d.decision, d.reason, d.lane = "交接", true, e.Reason, LaneDepartment
		d.text = fmt.Sprintf("项目责任人由%s交接%s（%s），自 %s 起%s%s%s", e.FromName, e.ToName, e.Post, e.Day, because(e.Reason),
			when(len(e.Pending) > 0, fmt.Sprintf("，移交未办事项 %d 件", len(e.Pending))), either(e.Countersigned == "", "，无部门签认", "，"+f.name(personName, e.Countersigned)+"签认"))
	case programme.MarkedMajor:
		d.verb, d.text, d.decision, d.reason, d.document = "列为重大", "列为重大项目"+under(e.Document)+because(e.Reason), true, e.Reason, e.Document
	case programme.Corrected:
		d.verb, d.reason, d.corrects = "更正", e.Reason, e.Corrects
		d.text = fmt.Sprintf("更正登记：%s由“%s”改为“%s”%s", fieldWord(e.Field), e.Was, e.Is, because(e.Reason))
	case programme.Exited:
		d.verb, d.text, d.decision, d.reason, d.stage = "退出", fmt.Sprintf("项目退出，自 %s 起%s", e.Day, because(e.Reason)), true, e.Reason, StageResult
	}
	return d
}

func goalDeed(event goal.Event) deed {
	d := deed{stage: StageGoal, lane: LaneFinance, article: "忻州办法 第二十条"}
	switch e := event.(type) {
	case goal.Filed:
		d.source = e.Source
		d.verb, d.lane, d.article, d.amount, d.reason = "申报", LaneUnit, "忻州办法 第十九条", &e.Budget, e.Cause
		verb := when(e.Version > 1, "重新") + "申报目标"
		if e.Adjusts > 0 {
			d.verb, d.article, verb = "申报调整", "忻州办法 第二十四条", "申报调整目标"
		}
		d.text = fmt.Sprintf("%s第 %d 版，预算 %s 万元，指标 %d 项%s", verb, e.Version, e.Budget.Wan(), len(e.Indicators), because(e.Cause))
	case goal.Returned:
		d.verb, d.decision, d.reason, d.lane = "退回", true, e.Reason, desk(e.Level)
		d.text = fmt.Sprintf("退回目标第 %d 版%s%s", e.Version, because(e.Reason), when(len(e.Points) > 0, fmt.Sprintf("（意见 %d 条）", len(e.Points))))
	case goal.Reviewed:
		d.verb, d.decision, d.reason, d.lane = "审核", true, e.Opinion, desk(e.Level)
		d.text = fmt.Sprintf("审核目标第 %d 版，评定“%s” %s 分，%s%s", e.Version, e.Grade, e.Total.Trim(), either(e.Passed, "通过", "未通过"), because(e.Opinion))
	case goal.Approved:
		d.source, d.reason = e.Source, e.Reason
		d.verb, d.decision, d.article, d.amount, d.document = "批复", true, "忻州办法 第二十二条", &e.Amount, e.Document
		d.text = fmt.Sprintf("随预算批复目标第 %d 版，%s 万元%s%s", e.Version, e.Amount.Wan(), under(e.Document), because(e.Reason))
	}
	return d
}

func executionDeed(event execution.Event) deed {
	d := deed{stage: StageExecution, lane: LaneFinance, article: "忻州办法 第二十六条", decision: true}
	switch e := event.(type) {
	case execution.BudgetSet:
		d.source = e.Source
		d.verb, d.amount, d.document, d.article = "批复预算", &e.Amount, e.Document, "忻州办法 第二十二条"
		d.text = "批复年初预算 " + e.Amount.Wan() + " 万元" + under(e.Document)
	case execution.BudgetAdjusted:
		change := e.Amount - e.Was
		d.source = e.Source
		d.verb, d.amount, d.document, d.reason, d.article = "调整预算", &change, e.Document, e.Reason, "忻州办法 第二十四条"
		d.text = fmt.Sprintf("全年预算由 %s 万元调整为 %s 万元%s%s", e.Was.Wan(), e.Amount.Wan(), under(e.Document), because(e.Reason))
	case execution.Allotted:
		d.verb, d.amount, d.document = "下达", &e.Amount, e.Document
		d.text = "下达指标 " + e.Amount.Wan() + " 万元" + under(e.Document)
	case execution.Paid:
		d.source = e.Source
		d.verb, d.amount, d.document, d.lane, d.decision = "支付", &e.Amount, e.Payment, LaneTreasury, false
		d.text = "支付 " + e.Amount.Wan() + " 万元" + under(e.Payment) + because(e.Purpose)
	case execution.PaymentCorrected:
		change := e.Amount - e.Was
		d.verb, d.amount, d.document, d.lane, d.decision = "更正", &change, e.Payment, LaneTreasury, false
		d.reason, d.corrects = e.Reason, e.Corrects
		d.text = fmt.Sprintf("更正支付 %s：由 %s 万元改为 %s 万元%s", e.Payment, e.Was.Wan(), e.Amount.Wan(), because(e.Reason))
	case execution.Suspended:
		d.verb, d.text, d.reason = "暂缓", "暂缓拨款"+because(e.Reason), e.Reason
	case execution.Resumed:
		d.verb, d.text, d.reason = "恢复", "恢复拨款"+because(e.Reason), e.Reason
	case execution.Stopped:
		d.verb, d.text, d.reason = "停止", "停止拨款"+because(e.Reason), e.Reason
	case execution.Recalled:
		back := -e.Amount
		d.verb, d.amount, d.reason, d.article = "收回", &back, e.Reason, "忻州办法 第四十六条"
		d.text = "收回 " + e.Amount.Wan() + " 万元" + because(e.Reason)
	case execution.Recovered:
		back := -e.Amount
		d.verb, d.amount, d.document, d.reason, d.article = "追回", &back, e.Payment, e.Reason, "忻州办法 第四十六条"
		d.text = "追回 " + e.Amount.Wan() + " 万元" + under(e.Payment) + because(e.Reason)
	}
	return d
}

func monitoringDeed(event monitoring.Event) deed {
	d := deed{stage: StageExecution, lane: LaneUnit, article: "忻州办法 第二十七条"}
	switch e := event.(type) {
	case monitoring.SnapshotTaken:
		d.verb, d.text, d.source = "报送监控", snapshotText("报送", e), e.Source
	case monitoring.SnapshotCorrected:
		d.verb, d.corrects, d.reason = "更正", e.Corrects, e.Reason
		d.text = snapshotText("更正", e.Snapshot) + because(e.Reason)
	case monitoring.WarningRaised:
		d.verb, d.lane, d.article, d.system = "预警", LaneTreasury, "忻州办法 第二十八条", true
		d.text = when(e.Grave, "严重") + "预警：" + e.Working
	case monitoring.WarningExplained:
		d.verb, d.reason = "说明", e.Reason
		d.text = "说明预警原因" + because(e.Reason) + when(len(e.Files) > 0, fmt.Sprintf("（附件 %d 份）", len(e.Files)))
	case monitoring.WarningCleared:
		d.verb, d.decision, d.lane, d.reason = "解除预警", true, LaneFinance, e.Reason
		d.text = "解除预警" + because(e.Reason)
		d.system = cleared(e)
	case monitoring.RiskReported:
		d.verb, d.article = "报告风险", "南通办法 第十条"
		d.text = "报告重大风险：" + e.Risk + when(e.Plan != "", "；措施："+e.Plan)
	}
	return d
}

// cleared reports whether the figures of a later snapshot ended the warning,
// rather than somebody's judgement: then the reason begins with that snapshot.
func cleared(e monitoring.WarningCleared) bool {
	return strings.HasPrefix(e.Reason, "第 ") && strings.Contains(e.Reason, "期监控")
}

func snapshotText(verb string, e monitoring.SnapshotTaken) string {
	return fmt.Sprintf("%s %s 监控表：目标实现 %s，执行 %s，时间 %s", verb, e.Period, percent(e.Attainment), percent(e.Execution), percent(e.Elapsed))
}

func evaluationDeed(event evaluation.Event) deed {
	d := deed{stage: StageEvaluation, lane: LaneFinance, article: "忻州办法 第三十八条", decision: true}
	switch e := event.(type) {
	case evaluation.SelfFiled:
		d.source = e.Source
		d.verb, d.lane, d.article, d.decision, d.reason = "报送自评", LaneUnit, "忻州办法 第三十条", false, e.Cause
		d.text = fmt.Sprintf("%s自评第 %d 版%s%s", either(e.Version > 1, "重新报送", "报送"), e.Version, when(e.Total != nil, "，"+score(e.Total)+" 分"), because(e.Cause))
	case evaluation.Checked:
		d.verb, d.reason = "复核", e.Opinion
		d.text = fmt.Sprintf("复核自评第 %d 版：印刷 %s 分，重算 %s 分，%s%s", e.Version, score(e.Printed), score(e.Computed),
			outcome(e), when(e.Opinion != "", "；"+e.Opinion))
	case evaluation.Returned:
		d.verb, d.reason = "退回", e.Reason
		d.text = fmt.Sprintf("退回自评第 %d 版%s", e.Version, because(e.Reason))
	case evaluation.Finalised:
		d.verb, d.reason, d.article = "定级", e.Reason, "忻州办法 第三十七条"
		d.text = fmt.Sprintf("自评第 %d 版定为 %s 分“%s”%s", e.Version, e.Score.Trim(), e.Grade, because(e.Reason))
	case evaluation.FedBack:
		d.verb, d.article, d.stage = "反馈", "忻州办法 第三十九条", StageResult
		d.text = "反馈评价结果" + because(e.Opinion) + when(len(e.Requirements) > 0, fmt.Sprintf("，整改要求 %d 项", len(e.Requirements)))
	}
	return d
}

// outcome says what a check came to. An incomplete table may differ in its total
// without a finding: the missing rows are not held against it.
func outcome(e evaluation.Checked) string {
	switch {
	case len(e.Findings) > 0:
		return fmt.Sprintf("不符 %d 处", len(e.Findings))
	case e.Printed != nil && e.Computed != nil && e.Printed.Equal(*e.Computed):
		return "一致"
	}
	return "未见不符"
}

func rectificationDeed(event rectification.Event) deed {
	d := deed{stage: StageResult, lane: LaneUnit, article: "忻州办法 第四十条第一项"}
	switch e := event.(type) {
	case rectification.NoticeIssued:
		d.verb, d.lane, d.decision, d.document = "发出整改通知", LaneFinance, true, e.Document
		d.text = fmt.Sprintf("发出整改通知%s，问题 %d 项，限 %s 前整改", under(e.Document), len(e.Issues), e.Due)
	case rectification.PlanFiled:
		d.verb, d.text = "报送整改方案", fmt.Sprintf("报送整改方案，由%s负责，%s 前完成", e.Name, e.By)
	case rectification.ProgressReported:
		d.verb, d.text = "报告整改进展", "报告整改进展："+e.Progress
	case rectification.WorkReported:
		d.verb, d.text = "报送整改报告", fmt.Sprintf("报送整改报告，答复 %d 项问题", len(e.Answers))
	case rectification.WorkReturned:
		d.verb, d.lane, d.decision, d.reason = "退回", LaneFinance, true, e.Reason
		d.text = "退回整改报告" + because(e.Reason) + when(e.Due != "", "，改限 "+string(e.Due))
	case rectification.NoticeClosed:
		d.verb, d.lane, d.decision, d.reason = "销号", LaneFinance, true, e.Opinion
		d.text = "整改销号" + because(e.Opinion)
	}
	return d
}

func desk(l goal.Level) string {
	if l == goal.DepartmentLevel {
		return LaneDepartment
	}
	return LaneFinance
}
