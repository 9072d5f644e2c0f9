package web

import (
	"fmt"
	"strconv"
	"strings"

	"wenxiao/domain"
)

// CheckRow is one line of the recomputation.
type CheckRow struct {
	Number, Anchor       string
	Place                string
	Level, Name          string
	Target, Actual       string
	Weight, Printed      *domain.Decimal
	Computed, ComputedB  *domain.Decimal
	Working, WorkingB    string
	Basis, Reading, Note string
	Light                Status
	Flagged              bool
	Same                 bool // B computes what A does
}

// Rows are the money and the indicators; with Only, those that differ.
func (p Check) Rows() []CheckRow {
	rows := []CheckRow{}
	if p.Table == nil {
		return rows
	}
	if row, ok := p.executionRow(); ok {
		rows = append(rows, row)
	}
	for i := range p.ResultA.Rows {
		rows = append(rows, p.indicatorRow(i))
	}
	if !p.Only {
		return rows
	}
	kept := []CheckRow{}
	for _, row := range rows {
		if row.Flagged || p.B != nil && !row.Same {
			kept = append(kept, row)
		}
	}
	return kept
}

func (p Check) executionRow() (CheckRow, bool) {
	e, b := p.ResultA.Execution, p.Table.Budget
	if e.Weight == nil && b.Weight == nil && b.ScorePrinted == nil && b.FullYear == nil && b.Executed == nil {
		return CheckRow{}, false
	}
	row := CheckRow{
		Number: "0", Anchor: "row-0", Level: "预算执行", Name: "执行率", Target: figure(b.FullYear), Actual: figure(b.Executed),
		Weight: e.Weight, Printed: e.Printed, Computed: e.Computed, Working: e.Working,
	}
	if b.RatePrinted != "" {
		row.Name = "执行率（印刷 " + b.RatePrinted + "）"
	}
	p.judge(&row, "budget")
	p.beside(&row, "budget")
	return row, true
}

func (p Check) indicatorRow(i int) CheckRow {
	r := p.ResultA.Rows[i]
	row := CheckRow{
		Number: strconv.Itoa(i + 1), Anchor: "row-" + strconv.Itoa(i+1), Level: r.Level2, Name: r.Name, Target: r.Target, Actual: r.Actual,
		Weight: r.Weight, Printed: r.Printed, Computed: r.Computed, Working: r.Working, Basis: r.Basis, Reading: p.footnote(r.Reading),
	}
	if row.Level == "" {
		row.Level = r.Level1
	}
	if short := strings.TrimSuffix(row.Level, "指标"); short != "" {
		row.Level = short
	}
	if row.Name == "" {
		row.Name = "（名称缺失）"
	}
	if i < len(p.Places) {
		row.Place = p.Places[i]
	}
	if r.WeightAssumed {
		row.Note = "表上未印分值，取印刷得分为分值"
	}
	p.judge(&row, fmt.Sprintf("indicators/%d", i))
	p.beside(&row, fmt.Sprintf("indicators/%d", i))
	return row
}

// beside sets what B makes of the row, where that is something else.
func (p Check) beside(row *CheckRow, cell string) {
	row.Same = true
	for _, parting := range p.Beside.Rows {
		if parting.Cell == cell {
			row.Same, row.ComputedB, row.WorkingB = false, parting.B, parting.WorkingB
		}
	}
}

// judge says what the row's printed and computed scores have to do with each
// other. A row with a finding is flagged even when the scores agree.
func (p Check) judge(row *CheckRow, cell string) {
	row.Light = difference(row.Printed, row.Computed)
	row.Flagged = row.Light.Kind == "bad"
	for _, f := range p.ResultA.Findings {
		if f.Cell != cell && !strings.HasPrefix(f.Cell, cell+"/") {
			continue
		}
		if row.Flagged = true; row.Light.Kind == "bad" {
			continue
		}
		if row.Light = Attention; findingStatus(f.Code).Kind == "bad" {
			row.Light = Differs
		}
	}
}

// difference compares a printed score with a computed one: up to 0.05 is
// rounding.
func difference(printed, computed *domain.Decimal) Status {
	switch {
	case computed == nil && printed != nil:
		return NotTested
	case computed == nil || printed == nil:
		return NotTested.Saying("未印得分")
	}
	apart := printed.Sub(*computed)
	switch words := signed(apart); {
	case apart.IsZero():
		return Agrees
	case !rounding.Less(apart.Abs()):
		return Rounding.Saying("取整 %s", words)
	default:
		return Differs.Saying("%s", words)
	}
}

// signed prints a difference with its sign and two decimals.
func signed(d domain.Decimal) string {
	text := d.Abs().HalfUp(2).String()
	if d.Sign() < 0 {
		return "−" + text
	}
	return "+" + text
}

func figure(d *domain.Decimal) string {
	if d == nil {
		return ""
	}
	return d.String()
}

// Short tells a text that must not be broken.
func (CheckRow) Short(text string) bool { return textWidth(text) <= 9 }

// Wrong counts the rows whose printed score is not the computed one.
func (p Check) Wrong() (n int) { return p.counted("bad") }

// Rounded counts the rows that differ by rounding only.
func (p Check) Rounded() (n int) {
	for _, row := range p.whole().Rows() {
		if strings.HasPrefix(row.Light.Word, "取整") {
			n++
		}
	}
	return n
}

func (p Check) counted(kind string) (n int) {
	for _, row := range p.whole().Rows() {
		if row.Light.Kind == kind {
			n++
		}
	}
	return n
}

// All counts the rows there are.
func (p Check) All() int { return len(p.whole().Rows()) }

func (p Check) whole() Check {
	p.Only = false
	return p
}
