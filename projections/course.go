package projections

import (
	"fmt"
	"slices"

	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/execution"
	"wenxiao/domain/goal"
	"wenxiao/domain/monitoring"
	"wenxiao/domain/programme"
	"wenxiao/domain/rectification"
)

// evolve is what one fact means for the programme's year. Facts of other years
// must not come here; those of the programme as a whole come to every year.
func (p *Programme) evolve(f Fact) {
	switch e := f.Event.(type) {
	case programme.Event:
		p.registration(e)
	case goal.Event:
		p.goal(f, e)
	case execution.Event:
		p.money(f, e)
	case monitoring.Event:
		p.monitored(e)
	case evaluation.Event:
		p.evaluated(f, e)
	case rectification.Event:
		p.rectified(f, e)
	}
	p.UpdatedAt, p.Position = f.RecordedAt, f.Position
}

func (p *Programme) registration(event programme.Event) {
	switch e := event.(type) {
	case programme.Registered:
		p.Code, p.Name, p.Kind, p.FundBook, p.Attribute = e.Code, e.Name, string(e.Kind), string(e.FundBook), e.Attribute
		p.Unit, p.UnitName, p.Department, p.DepartmentName = e.Unit, e.UnitName, e.Department, e.DepartmentName
		p.Major, p.Jurisdiction, p.From, p.To, p.Source = e.Major, e.Jurisdiction, e.From, e.To, e.Source
	case programme.ResponsibleAssigned:
		p.Responsible, p.ResponsibleName, p.ResponsiblePost, p.ResponsibleSince = e.Person, e.Name, e.Post, e.Since
	case programme.HandedOver:
		p.ResponsibleBefore = e.FromName
		p.Responsible, p.ResponsibleName, p.ResponsiblePost, p.ResponsibleSince = e.To, e.ToName, e.Post, e.Day
	case programme.MarkedMajor:
		p.Major = true
	case programme.Corrected:
		switch e.Field {
		case "name":
			p.Name = e.Is
		case "attribute":
			p.Attribute = e.Is
		case "fundBook":
			p.FundBook = e.Is
		}
	case programme.Exited:
		p.Exited = e.Day
	}
}

func (p *Programme) goal(f Fact, event goal.Event) {
	p.reach(1)
	day := dayOf(f.EffectiveAt)
	switch e := event.(type) {
	case goal.Filed:
		p.GoalVersion, p.GoalStatus = e.Version, GoalFiled
		p.StageFacts[1] = fmt.Sprintf("%s 申报第 %d 版", day, e.Version)
		p.source(e.Source)
	case goal.Returned:
		p.GoalStatus = GoalReturned
		p.StageFacts[1] = fmt.Sprintf("%s 退回第 %d 版", day, e.Version)
	case goal.Reviewed:
		p.GoalStatus = GoalReviewed
		p.StageFacts[1] = fmt.Sprintf("%s 审核“%s”", day, e.Grade)
	case goal.Approved:
		p.GoalStatus, p.GoalApproved = GoalApproved, e.Version
		p.StageFacts[1] = fmt.Sprintf("%s 批复", day)
		p.source(e.Source)
	}
}

func (p *Programme) money(f Fact, event execution.Event) {
	p.reach(2)
	switch e := event.(type) {
	case execution.BudgetSet:
		p.Budget, p.FullYear, p.PaymentStatus = e.Amount, e.Amount, PaymentsOpen
		p.source(e.Source)
	case execution.BudgetAdjusted:
		p.FullYear = e.Amount
	case execution.Allotted:
		p.Allotted += e.Amount
	case execution.Paid:
		p.Paid += e.Amount
		p.source(e.Source)
	case execution.PaymentCorrected:
		p.Paid += e.Amount - e.Was
	case execution.Suspended:
		p.PaymentStatus = PaymentsSuspended
	case execution.Resumed:
		p.PaymentStatus = PaymentsOpen
	case execution.Stopped:
		p.PaymentStatus = PaymentsStopped
	case execution.Recalled:
		p.Recalled += e.Amount
	case execution.Recovered:
		p.Recovered += e.Amount
	}
}

func (p *Programme) monitored(event monitoring.Event) {
	p.reach(2)
	switch e := event.(type) {
	case monitoring.SnapshotTaken:
		p.snapshot(e)
	case monitoring.SnapshotCorrected:
		p.snapshot(e.Snapshot)
	case monitoring.WarningRaised:
		p.Open = append(p.Open, OpenWarning{Warning: e.Warning, Grave: e.Grave})
	case monitoring.WarningExplained:
		for i := range p.Open {
			p.Open[i].Explained = p.Open[i].Explained || p.Open[i].Warning == e.Warning
		}
	case monitoring.WarningCleared:
		p.Open = slices.DeleteFunc(p.Open, func(w OpenWarning) bool { return w.Warning == e.Warning })
	}
	p.Warnings = len(p.Open)
	p.GraveWarning = slices.ContainsFunc(p.Open, func(w OpenWarning) bool { return w.Grave })
}

// snapshot keeps the latest by the day it shows: one entered late for an
// earlier day does not turn the lines back.
func (p *Programme) snapshot(e monitoring.SnapshotTaken) {
	if e.Day < p.SnapshotDay && e.Snapshot != p.Snapshot {
		return
	}
	p.Snapshot, p.SnapshotDay, p.Attainment, p.Elapsed = e.Snapshot, e.Day, &e.Attainment, &e.Elapsed
}

func (p *Programme) evaluated(f Fact, event evaluation.Event) {
	p.reach(3)
	switch e := event.(type) {
	case evaluation.SelfFiled:
		p.EvaluationStatus, p.PrintedScore, p.ComputedScore, p.FinalScore = EvaluationFiled, e.Total, nil, nil
		p.Grade, p.Findings = e.Grade, 0
		p.source(e.Source)
	case evaluation.Checked:
		p.EvaluationStatus, p.ComputedScore, p.Findings = EvaluationChecked, e.Computed, len(e.Findings)
	case evaluation.Returned:
		p.EvaluationStatus = EvaluationReturned
	case evaluation.Finalised:
		p.EvaluationStatus, p.FinalScore, p.Grade = EvaluationFinalised, &e.Score, e.Grade
	case evaluation.FedBack:
		p.EvaluationStatus = EvaluationFedBack
		p.reach(4)
		p.StageFacts[4] = fmt.Sprintf("%s 反馈", dayOf(f.EffectiveAt))
	}
}

func (p *Programme) rectified(f Fact, event rectification.Event) {
	p.reach(4)
	id := noticeID(f.Stream)
	at := slices.IndexFunc(p.Notices, func(n OpenNotice) bool { return n.ID == id })
	if e, ok := event.(rectification.NoticeIssued); ok {
		p.Notices = append(p.Notices, OpenNotice{ID: id, Due: e.Due, Status: RectificationWithUnit})
		return
	}
	if at < 0 {
		return
	}
	switch e := event.(type) {
	case rectification.WorkReported:
		p.Notices[at].Status = RectificationUnderReview
	case rectification.WorkReturned:
		p.Notices[at].Status = RectificationWithUnit
		if e.Due != "" {
			p.Notices[at].Due = e.Due
		}
	case rectification.NoticeClosed:
		p.Notices = slices.Delete(p.Notices, at, at+1)
		p.StageFacts[4] = fmt.Sprintf("%s 销号", dayOf(f.EffectiveAt))
	}
}

// reach moves the stage forward; it never goes back.
func (p *Programme) reach(stage int) {
	if stage > slices.Index(Stages[:], p.Stage) {
		p.Stage = Stages[stage]
	}
}

func (p *Programme) source(s *domain.Source) {
	if s != nil {
		p.Source = s
	}
}

// settle works out what follows from the rest: rate, counts, facts, status,
// note. It is done once, when the row is written or shown.
func (p *Programme) settle() {
	if p.Rate = nil; p.FullYear != 0 {
		p.Rate = rate(p.Paid, p.FullYear)
	}
	p.OpenRectifications, p.RectificationDue = len(p.Notices), ""
	for _, n := range p.Notices {
		if n.Status == RectificationWithUnit && (p.RectificationDue == "" || n.Due < p.RectificationDue) {
			p.RectificationDue = n.Due
		}
	}
	p.StageFacts[2] = p.executionFact()
	p.StageFacts[3] = p.evaluationFact()
	switch {
	case p.RectificationDue != "":
		p.StageFacts[4] = "整改中，限 " + string(p.RectificationDue)
	case p.OpenRectifications > 0:
		p.StageFacts[4] = "整改报告待审核"
	}
	p.Status, p.Note = p.status()
}

func (p *Programme) executionFact() string {
	switch {
	case p.Warnings > 0:
		return fmt.Sprintf("预警 %d 次未解除", p.Warnings)
	case p.PaymentStatus == PaymentsSuspended:
		return "暂缓拨款"
	case p.PaymentStatus == PaymentsStopped:
		return "停止拨款"
	case p.Rate != nil:
		return "执行 " + percent(*p.Rate)
	case p.Paid != 0:
		return "支付 " + p.Paid.Wan() + " 万元"
	}
	return ""
}

func (p *Programme) evaluationFact() string {
	switch p.EvaluationStatus {
	case EvaluationFiled:
		return "自评 " + score(p.PrintedScore) + "，待复核"
	case EvaluationChecked:
		return "自评 " + score(p.PrintedScore) + "，已复核"
	case EvaluationReturned:
		return "自评已退回"
	case EvaluationFinalised, EvaluationFedBack:
		return "自评 " + score(p.Score()) + when(p.Grade != "", "“"+p.Grade+"”")
	}
	return ""
}

// status is the gravest thing true of the year, and says what it is.
func (p *Programme) status() (status, note string) {
	open := p.EvaluationStatus != EvaluationFinalised && p.EvaluationStatus != EvaluationFedBack
	switch {
	case p.GraveWarning:
		return StatusAlert, "严重预警未解除"
	case p.PaymentStatus == PaymentsStopped:
		return StatusAlert, "已停止拨款"
	case p.FullYear > 0 && p.Paid > p.FullYear:
		return StatusAlert, "执行超预算"
	case p.Warnings > 0:
		return StatusWarning, fmt.Sprintf("预警 %d 次未解除", p.Warnings)
	case p.PaymentStatus == PaymentsSuspended:
		return StatusWarning, "暂缓拨款中"
	case p.Findings > 0 && open:
		return StatusWarning, fmt.Sprintf("自评不符 %d 处", p.Findings)
	}
	if note := p.waitsFor(); note != "" {
		return StatusWaiting, note
	}
	if p.Exited != "" || (p.Stage == StageResult || p.Stage == StageEvaluation) && !open {
		return StatusDone, when(p.Exited != "", "已退出")
	}
	return StatusNormal, ""
}

// waitsFor says what somebody still has to do.
func (p *Programme) waitsFor() string {
	switch {
	case p.RectificationDue != "":
		return "整改中，限 " + string(p.RectificationDue)
	case p.OpenRectifications > 0:
		return "整改报告待审核"
	case p.Source != nil: // a published table asks nothing of anybody
		return ""
	case p.EvaluationStatus == EvaluationFiled:
		return "自评待复核"
	case p.EvaluationStatus == EvaluationReturned:
		return "自评已退回，待重报"
	case p.EvaluationStatus == EvaluationChecked:
		return "自评待定级"
	case p.GoalStatus == GoalFiled:
		return fmt.Sprintf("目标第 %d 版待审核", p.GoalVersion)
	case p.GoalStatus == GoalReturned:
		return fmt.Sprintf("目标第 %d 版已退回，待重报", p.GoalVersion)
	case p.GoalStatus == GoalReviewed:
		return fmt.Sprintf("目标第 %d 版待批复", p.GoalVersion)
	}
	return ""
}
