package projections

import (
	"slices"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// Roles in a matter.
const (
	roleActs     = "办" // does it
	roleExamines = "审" // decides on it
	roleKnows    = "知" // is told of it
)

// A matter is something that has to be done in a programme's year, by whom, and
// by which events it is seen to be done.
type matter struct {
	code, title, basis string
	stage              string
	parts              []part

	// called reports whether it must be done by the day the dossier is of.
	called func(*dossier) bool
	// due is the last day, "" where there is none.
	due func(*dossier) domain.Day
	// missed says what is missing where that is not the matter as a whole.
	missed string
}

// gap says in words that the matter left no trace.
func (m matter) gap() string { return nameOr(m.missed, m.title+"无记录") }

// A part is what one seat does in a matter. Where types is empty its doing
// leaves no record of its own.
type part struct {
	seat, role string
	types      []string
}

var matters = []matter{
	{
		code: "goal.file", title: "目标申报", basis: "忻州办法 第十九条", stage: StageGoal,
		parts: []part{
			{SeatResponsible, roleActs, []string{"goal.filed"}},
			{SeatUnit, roleActs, []string{"goal.filed"}},
			{SeatDepartment, roleActs, []string{"goal.filed"}},
			{SeatFinance, roleKnows, nil},
		},
		called: func(d *dossier) bool { return d.has("goal.approved", "execution.budget-set", "execution.paid") },
	},
	{
		code: "goal.review", title: "目标审核", basis: "忻州办法 第二十条", stage: StageGoal,
		parts: []part{
			{SeatUnit, roleKnows, nil},
			{SeatDepartment, roleExamines, []string{"goal.reviewed", "goal.returned"}},
			{SeatFinance, roleExamines, []string{"goal.reviewed", "goal.returned"}},
		},
		called: func(d *dossier) bool { return d.has("goal.approved") },
	},
	{
		code: "goal.approve", title: "目标批复", basis: "忻州办法 第二十二条", stage: StageGoal,
		parts:  []part{{SeatUnit, roleKnows, nil}, {SeatFinance, roleActs, []string{"goal.approved"}}},
		called: func(d *dossier) bool { return d.has("execution.paid") },
	},
	{
		code: "handover", title: "责任人交接", basis: "忻州办法 第十四条", stage: StageExecution,
		parts:  []part{{SeatResponsible, roleActs, []string{"programme.handed-over"}}, {SeatDepartment, roleExamines, nil}},
		missed: "责任人交接无部门签认",
		due: func(d *dossier) domain.Day {
			return first(d.tenures, func(t Tenure) domain.Day { return either(t.HandedOver && t.Countersigned == "", t.Since, "") })
		},
	},
	{
		code: "pay", title: "资金支付", basis: "忻州办法 第二十六条", stage: StageExecution,
		parts: []part{{SeatUnit, roleKnows, nil}, {SeatFinance, roleExamines, []string{"execution.allotted"}}, {SeatTreasury, roleActs, []string{"execution.paid"}}},
	},
	{
		code: "snapshot", title: "监控报送", basis: "忻州办法 第二十七条", stage: StageExecution,
		parts: []part{
			{SeatResponsible, roleActs, []string{"monitoring.snapshot-taken"}},
			{SeatUnit, roleActs, []string{"monitoring.snapshot-taken"}},
			{SeatDepartment, roleActs, []string{"monitoring.snapshot-taken"}},
			{SeatFinance, roleKnows, nil},
		},
		called: func(d *dossier) bool { return d.has("execution.budget-set") && d.past("monitoring") },
		due:    func(d *dossier) domain.Day { return d.deadline("monitoring") },
	},
	{
		code: "warning", title: "预警说明与处置", basis: "忻州办法 第二十六条；南通办法 第十条", stage: StageExecution,
		parts: []part{
			{SeatResponsible, roleActs, []string{"monitoring.warning-explained"}},
			{SeatUnit, roleActs, []string{"monitoring.warning-explained"}},
			{SeatDepartment, roleActs, []string{"monitoring.warning-explained"}},
			{SeatFinance, roleExamines, []string{"monitoring.warning-cleared", "execution.suspended", "execution.stopped", "execution.resumed"}},
		},
		called: func(d *dossier) bool { return slices.ContainsFunc(d.warnings, d.unexplained) },
		missed: "预警逾期未说明",
		due: func(d *dossier) domain.Day {
			return first(d.warnings, func(w Warning) domain.Day { return either(d.unexplained(w), explainBy(w), "") })
		},
	},
	{
		code: "evaluation.file", title: "自评", basis: "忻州办法 第三十条", stage: StageEvaluation,
		parts: []part{
			{SeatResponsible, roleActs, []string{"evaluation.self-filed"}},
			{SeatUnit, roleActs, []string{"evaluation.self-filed"}},
			{SeatDepartment, roleActs, []string{"evaluation.self-filed"}},
			{SeatFinance, roleKnows, nil},
		},
		called: func(d *dossier) bool { return d.has("execution.budget-set") && d.past("self-evaluation") },
		due:    func(d *dossier) domain.Day { return d.deadline("self-evaluation") },
	},
	{
		code: "evaluation.check", title: "自评复核", basis: "忻州办法 第三十八条", stage: StageEvaluation,
		parts: []part{
			{SeatUnit, roleKnows, nil},
			{SeatDepartment, roleExamines, []string{"evaluation.checked", "evaluation.returned"}},
			{SeatFinance, roleExamines, []string{"evaluation.checked", "evaluation.returned", "evaluation.finalised"}},
			{SeatAgency, roleExamines, []string{"evaluation.checked"}},
		},
		called: func(d *dossier) bool { return d.has("evaluation.finalised") },
	},
	{
		code: "rectification", title: "整改", basis: "忻州办法 第四十条第一项", stage: StageResult,
		parts: []part{
			{SeatResponsible, roleActs, []string{"rectification.work-reported"}},
			{SeatUnit, roleActs, []string{"rectification.work-reported"}},
			{SeatDepartment, roleActs, []string{"rectification.work-reported"}},
			{SeatFinance, roleExamines, []string{"rectification.notice-issued", "rectification.work-returned", "rectification.notice-closed"}},
		},
		called: func(d *dossier) bool {
			return slices.ContainsFunc(d.notices, func(r Rectification) bool { return r.OverdueOn(d.asOf) })
		},
		missed: "整改逾期未报",
		due: func(d *dossier) domain.Day {
			return first(d.notices, func(r Rectification) domain.Day { return either(r.OverdueOn(d.asOf), r.Due, "") })
		},
	},
}

// first is the earliest of the days that rows have; "" where none has one.
func first[R any](rows []R, of func(R) domain.Day) (earliest domain.Day) {
	for _, r := range rows {
		if day := of(r); day != "" && (earliest == "" || day < earliest) {
			earliest = day
		}
	}
	return earliest
}

// deadline is the rulebook's last day for a duty of this year, "" for none.
func (d *dossier) deadline(code string) domain.Day {
	day, _, _ := deadline(d.book, code, d.Year)
	return day
}

func (d *dossier) past(code string) bool {
	day := d.deadline(code)
	return day != "" && day < d.asOf
}

// unexplained reports whether the unit's reason for w is missing after its last
// day.
func (d *dossier) unexplained(w Warning) bool {
	return w.Status == WarningOpen && explainBy(w) < d.asOf
}

// duties fills the matrix matter × seat.
func (d *dossier) duties() []Duty {
	var list []Duty
	for _, m := range matters {
		list = append(list, Duty{Matter: m.code, Title: m.title, Basis: m.basis, Cells: d.cells(m)})
	}
	return list
}

func (d *dossier) cells(m matter) []DutyCell {
	cells := make([]DutyCell, len(Seats))
	for i, seat := range Seats {
		cells[i] = DutyCell{Seat: seat}
		if j := slices.IndexFunc(m.parts, func(p part) bool { return p.seat == seat }); j >= 0 {
			cells[i] = d.cell(m, m.parts[j])
		}
	}
	d.countersigned(m, cells)
	for _, role := range []string{roleActs, roleExamines} {
		d.missing(m, role, cells)
	}
	return cells
}

// cell gathers what one seat did in a matter.
func (d *dossier) cell(m matter, p part) DutyCell {
	c := DutyCell{Seat: p.seat, Role: p.role, State: DutyNotYet}
	for _, e := range d.of(p.types...) {
		if d.seat(e) != p.seat {
			continue
		}
		c.add(e.Actor.Name, e.Position)
		c.State = either(c.State != DutyLate && d.lateness(e) == "", DutyDone, DutyLate)
	}
	return c
}

func (c *DutyCell) add(name string, p eventstore.Position) {
	c.Positions = append(c.Positions, p)
	if name != "" && !slices.Contains(c.Names, name) {
		c.Names = append(c.Names, name)
	}
}

// countersigned fills the department's part in handovers, which is a signature
// within the event.
func (d *dossier) countersigned(m matter, cells []DutyCell) {
	if m.code != "handover" {
		return
	}
	c := &cells[slices.Index(Seats, SeatDepartment)]
	for _, t := range d.tenures {
		switch {
		case !t.HandedOver:
		case t.Countersigned != "":
			c.add(t.Countersigned, t.Position)
			c.State = either(c.State == DutyEmpty, DutyEmpty, DutyDone)
		default:
			c.State = DutyEmpty
		}
	}
}

// missing marks a matter that was called for and in which no seat played role.
// One empty cell stands for it: the seat whose duty it is in the first place.
func (d *dossier) missing(m matter, role string, cells []DutyCell) {
	if m.called == nil || d.attested() || !m.called(d) || role != m.leading() {
		return
	}
	for _, c := range cells {
		if c.Role == role && len(c.Positions) > 0 && m.code != "warning" && m.code != "rectification" {
			return
		}
	}
	cells[slices.Index(Seats, m.owner(role))].State = DutyEmpty
}

// leading is the role by which a matter is done: that of its first part with
// events.
func (m matter) leading() string {
	i := slices.IndexFunc(m.parts, func(p part) bool { return len(p.types) > 0 })
	return m.parts[i].role
}

// owner is the seat that owes the role when nobody played it: the unit for its
// own doings, finance for examinations.
func (m matter) owner(role string) string {
	want := either(role == roleActs, SeatUnit, SeatFinance)
	for _, p := range m.parts {
		if p.seat == want && p.role == role {
			return want
		}
	}
	i := slices.IndexFunc(m.parts, func(p part) bool { return p.role == role })
	return m.parts[i].seat
}
