package projections

import (
	"fmt"
	"slices"
	"strings"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// lateness says by how much an entry came after its last day, "" when it did
// not. A late entry (补录) is another thing: there the record is late, not the act.
func (d *dossier) lateness(e Entry) string {
	day := dayOf(e.EffectiveAt)
	var due domain.Day
	switch strings.TrimSuffix(e.Type, ".v1") {
	case "programme.handed-over":
		due, day = day.AddDays(d.book.Parameters.HandoverDays.Value), dayOf(e.RecordedAt)
		if i := slices.IndexFunc(d.tenures, func(t Tenure) bool { return t.Position == e.Position }); i >= 0 {
			due = d.tenures[i].Since.AddDays(d.book.Parameters.HandoverDays.Value)
		}
	case "evaluation.self-filed":
		if first := d.of("evaluation.self-filed"); first[0].Position == e.Position {
			due = d.deadline("self-evaluation")
		}
	case "monitoring.snapshot-taken":
		if first := d.of("monitoring.snapshot-taken"); first[0].Position == e.Position {
			due = d.deadline("monitoring")
		}
	case "monitoring.warning-explained":
		if i := slices.IndexFunc(d.warnings, func(w Warning) bool { return w.ExplainedPosition == e.Position }); i >= 0 {
			due = explainBy(d.warnings[i])
		}
	case "rectification.work-reported":
		for _, r := range d.notices {
			if report, last, ok := firstReport(r); ok && report.Position == e.Position {
				due = last
			}
		}
	}
	if due == "" || day <= due || d.attested() {
		return ""
	}
	return fmt.Sprintf("逾期 %d 天", due.DaysUntil(day))
}

// leads are what has to be looked into.
func (d *dossier) leads() []Lead {
	leads := []Lead{}
	for _, t := range d.tenures {
		leads = append(leads, d.handoverLeads(t)...)
	}
	for _, w := range d.warnings {
		leads = append(leads, d.warningLeads(w)...)
	}
	for _, r := range d.notices {
		leads = append(leads, d.noticeLeads(r)...)
	}
	leads = append(leads, d.lateLeads()...)
	leads = append(leads, d.gapLeads()...)
	leads = append(leads, d.vacancyLeads()...)
	leads = append(leads, d.sameHandLeads()...)
	for i := range leads {
		leads[i].Programme, leads[i].Year = d.Code, d.Year
	}
	return leads
}

func (d *dossier) handoverLeads(t Tenure) (leads []Lead) {
	if !t.HandedOver {
		return nil
	}
	limit := d.book.Parameters.HandoverDays
	text := fmt.Sprintf("%s 交接给%s，%s 入账", t.Since, t.Name, t.RecordedOn)
	if t.LateDays > limit.Value {
		leads = append(leads, Lead{
			Code: "handover.late", Title: fmt.Sprintf("责任人交接晚记 %d 天", t.LateDays), Text: fmt.Sprintf("%s，限 %d 天内。", text, limit.Value),
			Basis: "忻州办法 第十四条；期限：" + limit.Source.String(), Day: t.Since, Positions: positions(t.Position), Persons: []string{t.Person},
		})
	}
	if t.Countersigned == "" {
		leads = append(leads, Lead{
			Code: "handover.unsigned", Title: "责任人交接无部门签认", Text: text + when(t.LateDays > 0, fmt.Sprintf("，晚 %d 天", t.LateDays)) + when(len(t.Pending) > 0, fmt.Sprintf("；移交未办事项 %d 件", len(t.Pending))) + "。",
			Basis: "忻州办法 第十四条", Day: t.Since, Positions: positions(t.Position), Persons: []string{t.Person},
		})
	}
	return leads
}

func (d *dossier) warningLeads(w Warning) []Lead {
	if !d.unexplained(w) {
		return nil
	}
	by := explainBy(w)
	return []Lead{{
		Code: "warning.unexplained", Title: "预警未说明原因", Day: by, Basis: "忻州办法 第二十六条；南通办法 第十条第一项", Positions: positions(w.Position), Persons: persons(d.holder(by)),
		Text: fmt.Sprintf("%s 预警（%s），应于 %s 前说明，至 %s 已过 %d 天。", dayOf(w.RaisedAt), w.Working, by, d.asOf, by.DaysUntil(d.asOf)),
	}}
}

func (d *dossier) noticeLeads(r Rectification) []Lead {
	if !r.OverdueOn(d.asOf) {
		return nil
	}
	return []Lead{{
		Code: "rectification.overdue", Title: fmt.Sprintf("整改逾期 %d 天", r.Due.DaysUntil(d.asOf)), Day: r.Due, Basis: "忻州办法 第四十条第一项", Positions: positions(r.Position),
		Persons: persons(r.Responsible, d.holder(r.Due)), Text: fmt.Sprintf("%s 限 %s 前整改，至 %s 未见整改报告。", nameOr(r.Document, "整改通知"), r.Due, d.asOf),
	}}
}

// lateLeads are acts done after their last day; handovers have leads of their
// own.
func (d *dossier) lateLeads() (leads []Lead) {
	for _, e := range d.entries {
		if late := d.lateness(e); late != "" && !strings.HasPrefix(e.Type, "programme.") {
			leads = append(leads, Lead{
				Code: "act.late", Title: e.Verb + late, Text: fmt.Sprintf("%s %s。", dayOf(e.EffectiveAt), e.Sentence), Basis: e.Article,
				Day: dayOf(e.EffectiveAt), Positions: positions(e.Position), Persons: persons(e.Actor.Person),
			})
		}
	}
	return leads
}

// gapLeads are duties called for of which the ledger shows no trace. What is
// named by the lead of a warning or a notice is not named twice.
func (d *dossier) gapLeads() (leads []Lead) {
	for _, gap := range d.gaps() {
		if gap.matter.code == "warning" || gap.matter.code == "rectification" || gap.matter.code == "handover" {
			continue
		}
		leads = append(leads, Lead{
			Code: "duty.no-trace", Title: gap.matter.title + "未留痕", Day: gap.due, Basis: gap.matter.basis, Persons: persons(d.holder(either(gap.due == "", d.asOf, gap.due))),
			Text: fmt.Sprintf("应由%s办%s，至 %s 账本中没有相应记录。", seatWord(gap.seat), when(gap.due != "", "，限 "+string(gap.due)), d.asOf),
		})
	}
	return leads
}

// A gap is a seat of the matrix that should not be empty.
type gap struct {
	matter matter
	seat   string
	role   string
	due    domain.Day
}

func (d *dossier) gaps() (gaps []gap) {
	for i, duty := range d.duties() {
		for _, c := range duty.Cells {
			if c.State != DutyEmpty {
				continue
			}
			g := gap{matter: matters[i], seat: c.Seat, role: c.Role}
			if matters[i].due != nil {
				g.due = matters[i].due(d)
			}
			gaps = append(gaps, g)
		}
	}
	return gaps
}

// vacancyLeads tell of money paid while nobody was responsible.
func (d *dossier) vacancyLeads() []Lead {
	if d.attested() {
		return nil
	}
	var paid []eventstore.Position
	var first domain.Day
	for _, e := range d.of("execution.paid") {
		if day := dayOf(e.EffectiveAt); d.holder(day) == "" {
			first = either(first == "", day, first)
			paid = append(paid, e.Position)
		}
	}
	if len(paid) == 0 {
		return nil
	}
	return []Lead{{
		Code: "responsible.vacant", Title: "支付时没有在任责任人", Basis: "忻州办法 第十四条", Day: first, Positions: paid,
		Text: fmt.Sprintf("自 %s 起有 %d 笔支付，当日账本中没有在任的项目责任人。", first, len(paid)),
	}}
}

// filings and the examinations of them, by which separation of hands is seen.
var (
	filings      = []string{"goal.filed", "monitoring.snapshot-taken", "evaluation.self-filed", "rectification.work-reported"}
	examinations = []string{"goal.reviewed", "goal.returned", "goal.approved", "evaluation.checked", "evaluation.finalised", "rectification.notice-closed", "monitoring.warning-cleared"}
)

// sameHands returns who both filed and examined, and how many acts of either
// kind there are.
func (d *dossier) sameHands() (same []string, acts int) {
	filed := map[string]bool{}
	for _, e := range d.of(filings...) {
		filed[e.Actor.Person] = e.Actor.Person != ""
	}
	examined := d.of(examinations...)
	for _, e := range examined {
		if filed[e.Actor.Person] && !slices.Contains(same, e.Actor.Person) {
			same = append(same, e.Actor.Person)
		}
	}
	if len(filed) == 0 || len(examined) == 0 {
		return same, 0
	}
	return same, len(d.of(filings...)) + len(examined)
}

func (d *dossier) sameHandLeads() []Lead {
	same, _ := d.sameHands()
	if len(same) == 0 || d.attested() {
		return nil
	}
	l := Lead{Code: "duty.same-hand", Title: "同一人既填报又审核", Basis: "忻州办法 第十九条至第二十二条", Persons: same}
	var names []string
	for _, e := range d.of(append(slices.Clone(filings), examinations...)...) {
		if slices.Contains(same, e.Actor.Person) {
			l.Positions = append(l.Positions, e.Position)
			names = append(names, e.Actor.Name)
		}
	}
	slices.Sort(names)
	l.Text = fmt.Sprintf("%s 在本年度既有填报也有审核，共 %d 件。", strings.Join(slices.Compact(names), "、"), len(l.Positions))
	return []Lead{l}
}

// facts are what has to be seen beside the leads, at the same size.
func (d *dossier) facts() []Lead {
	facts := []Lead{}
	for _, e := range d.of("goal.returned", "evaluation.returned", "rectification.work-returned") {
		facts = append(facts, factOf("objection.raised", "曾提出异议", e))
	}
	for _, e := range d.of("monitoring.warning-explained", "rectification.work-reported") {
		if d.lateness(e) == "" {
			facts = append(facts, factOf("answered.on-time", either(strings.HasPrefix(e.Type, "monitoring"), "按时说明原因", "按时报送整改"), e))
		}
	}
	for _, e := range d.of("monitoring.risk-reported") {
		facts = append(facts, factOf("risk.reported", "主动报告风险", e))
	}
	for _, e := range d.entries {
		if e.Corrects != "" {
			facts = append(facts, factOf("corrected.openly", "更正公开留痕", e))
		}
	}
	for _, t := range d.tenures {
		if t.Countersigned != "" {
			facts = append(facts, Lead{Code: "handover.signed", Title: "交接经部门签认", Day: t.Since, Positions: positions(t.Position), Persons: []string{t.Person}, Text: fmt.Sprintf("%s 交接给%s，%s 签认。", t.Since, t.Name, t.Countersigned), Basis: "忻州办法 第十四条"})
		}
	}
	if same, acts := d.sameHands(); acts > 0 && len(same) == 0 {
		facts = append(facts, Lead{Code: "hands.separate", Title: "填报与审核分离", Text: fmt.Sprintf("%d 件填报与审核中没有同一人既填报又审核。", acts), Basis: "忻州办法 第十九条至第二十二条"})
	}
	for i := range facts {
		facts[i].Programme, facts[i].Year = d.Code, d.Year
	}
	return facts
}

func factOf(code, title string, e Entry) Lead {
	day := dayOf(e.EffectiveAt)
	return Lead{Code: code, Title: title, Day: day, Positions: positions(e.Position), Persons: persons(e.Actor.Person), Basis: e.Article, Text: fmt.Sprintf("%s %s。", day, e.Sentence), Programme: e.Programme, Year: e.Year}
}

func positions(p ...eventstore.Position) []eventstore.Position { return p }

// persons leaves out the unknown and the repeated.
func persons(list ...string) []string {
	list = slices.DeleteFunc(list, func(p string) bool { return p == "" })
	slices.Sort(list)
	return slices.Compact(list)
}

func seatWord(seat string) string {
	return map[string]string{
		SeatResponsible: "项目负责人", SeatUnit: "实施单位", SeatDepartment: "主管部门", SeatFinance: "财政部门", SeatTreasury: "国库", SeatAgency: "第三方机构",
	}[seat]
}
