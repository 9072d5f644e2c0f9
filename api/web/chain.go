package web

import (
	"fmt"
	"slices"
	"strings"

	"wenxiao/eventstore"
	"wenxiao/projections"
)

// Chain is the responsibility chain of a programme's year: who held which duty,
// who did what, and where the ledger shows nothing. It lists facts and leads and
// passes no judgement.
type Chain struct {
	Frame
	projections.Chain
	LeadsOnly bool
	Picked    string // person whose boxes are outlined
}

func (Chain) template() string { return "chain" }

// Graph draws who handed what to whom.
func (p Chain) Graph() Graph {
	g := chainGraph(p.Chain, p.Picked)
	g.English = p.English
	return g
}

// Collapsed reports whether the graph shows units instead of people.
func (p Chain) Collapsed() bool { return len(nodesOf(p.Acts, personKey).keys) > maxNodes }

// Home is the programme's page.
func (p Chain) Home() string { return fmt.Sprintf("/programmes/%s/%d", p.Programme, p.Year) }

// Listed is the acts of the list below the graph: all, or those a lead names.
func (p Chain) Listed() []ActRow {
	named := map[eventstore.Position]bool{}
	for _, l := range p.Leads {
		for _, at := range l.Positions {
			named[at] = true
		}
	}
	rows := make([]ActRow, 0, len(p.Acts))
	for _, a := range p.Acts {
		if !p.LeadsOnly || named[a.Position] || a.Status == projections.ActNoTrace {
			rows = append(rows, ActRow{a, p.At})
		}
	}
	return rows
}

// LeadList and FactList are the two columns of equal size.
func (p Chain) LeadList() []LeadRow { return leadRows(p.Chain, p.Leads) }
func (p Chain) FactList() []LeadRow { return leadRows(p.Chain, p.Facts) }

// Seats are the heads of the duty matrix.
func (Chain) Seats() []Option { return seats }

var seats = []Option{
	{projections.SeatResponsible, "项目负责人"},
	{projections.SeatUnit, "实施单位"},
	{projections.SeatDepartment, "主管部门"},
	{projections.SeatFinance, "财政部门"},
	{projections.SeatTreasury, "国库"},
	{projections.SeatAgency, "第三方"},
}

// ActRow is one line of the list.
type ActRow struct {
	projections.Act
	at eventstore.Position
}

// Word says how the actor answers for the act.
func (a ActRow) Word() string { return Word(responsibilities, a.Responsibility) }

var responsibilities = []Option{
	{projections.Direct, "直接"}, {projections.Leading, "领导"}, {projections.Supervising, "监管"}, {projections.ThirdParty, "第三方"},
}

// Light is the status of the act.
func (a ActRow) Light() Status {
	switch a.Status {
	case projections.ActLate:
		if a.LateText != "" {
			return Overdue.Saying("%s", a.LateText)
		}
		return Overdue
	case projections.ActNoTrace:
		return NoTrace
	case projections.ActObjection:
		return Passed.Saying("履职，提出异议")
	}
	return Passed.Saying("履职")
}

// Entered marks what was entered later than it happened, or put something right.
func (a ActRow) Entered() (marks []Status) { return RecordRow{Entry: a.Entry}.Marks() }

// Moment leads to the programme's year as it was then.
func (a ActRow) Moment() string { return RecordRow{Entry: a.Entry}.Moment() }

// Rests is the article or basis the act names.
func (a ActRow) Rests() string {
	for _, b := range a.Basis {
		if !eventID(b) && !namesFile(b) {
			return b
		}
	}
	return a.Article
}

// eventID tells the id of an event from an article.
func eventID(basis string) bool {
	return len(basis) == 36 && strings.Count(basis, "-") == 4 && !strings.ContainsFunc(basis, func(r rune) bool { return r > 'z' })
}

// LeadRow is one lead or one mitigating fact with the acts that show it.
type LeadRow struct {
	projections.Lead
	Acts []int // numbers in the list
}

func leadRows(c projections.Chain, leads []projections.Lead) []LeadRow {
	rows := make([]LeadRow, len(leads))
	for i, l := range leads {
		rows[i].Lead = l
		for _, a := range c.Acts {
			if a.Position != 0 && slices.Contains(l.Positions, a.Position) {
				rows[i].Acts = append(rows[i].Acts, a.No)
			}
		}
	}
	return rows
}

// Light is the icon of a lead.
func (l LeadRow) Light() Status {
	switch {
	case strings.Contains(l.Code, "no-trace"):
		return NoTrace.Saying("%s", l.Title)
	case strings.Contains(l.Code, "late"):
		return Overdue.Saying("%s", l.Title)
	}
	return Lead.Saying("%s", l.Title)
}

// TenureRow is one tenure in words.
type TenureRow struct{ projections.Tenure }

// TenureRows are the tenures with their words.
func (p Chain) TenureRows() []TenureRow { return tenureRows(p.Tenures) }

func tenureRows(tenures []projections.Tenure) []TenureRow {
	rows := make([]TenureRow, len(tenures))
	for i, t := range tenures {
		rows[i].Tenure = t
	}
	return rows
}

// As says in what capacity the duty was held.
func (t TenureRow) As() string {
	return map[string]string{
		projections.CapacityResponsible: "项目责任人", projections.CapacityPost: "本人任职", projections.CapacityDelegate: "受托代办",
	}[t.Capacity]
}

// Marks are what must not be overlooked about the tenure.
func (t TenureRow) Marks() (marks []Status) {
	if t.Late {
		marks = append(marks, Late.Saying("补录，晚 %d 天", t.LateDays))
	}
	if t.HandedOver && t.Countersigned == "" {
		marks = append(marks, NoTrace.Saying("部门签认未留痕"))
	}
	return marks
}

// cellLight is the status of one cell; nil where the seat has no part in it.
func cellLight(c projections.DutyCell) *Status {
	var s Status
	switch {
	case c.Role == "":
		return nil
	case c.State == projections.DutyDone:
		s = Status{"ok", "ok", c.Role}
	case c.State == projections.DutyLate:
		s = Status{"warn", "late", c.Role}
	case c.State == projections.DutyEmpty:
		s = Status{"bad", "bad", "空"}
	default:
		s = Status{"none", "none", c.Role}
	}
	return &s
}

// MatrixRow is one matter of the duty matrix.
type MatrixRow struct {
	Title string
	Cells []MatrixCell
}

// MatrixCell is one seat's part in a matter.
type MatrixCell struct {
	Light *Status
	Names string
	Gap   bool // due and without trace: boxed
	Late  bool
}

// Matrix is the duties as the table draws them.
func (p Chain) Matrix() []MatrixRow {
	rows := make([]MatrixRow, len(p.Duties))
	for i, d := range p.Duties {
		rows[i].Title = d.Title
		for _, c := range d.Cells {
			rows[i].Cells = append(rows[i].Cells, MatrixCell{
				Light: cellLight(c), Names: strings.Join(c.Names, "、"), Gap: c.State == projections.DutyEmpty, Late: c.State == projections.DutyLate,
			})
		}
	}
	return rows
}
