package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
)

// Check recomputes one table under one rulebook, or beside it under another. It
// states arithmetic on what was printed and nothing about whoever printed it.
// Nothing of it is kept.
type Check struct {
	Frame
	Samples   []Option
	Sample    string // id of the sample chosen; empty: one's own table
	Ledger    string // evaluation it was taken from, when it is one of the ledger's
	Table     *published.Table
	Places    []string // where each indicator stands in what was handed in: 第 7 行
	Others    int      // further tables in the file, not checked
	Rulebooks []*rulebook.Rulebook
	A         *rulebook.Rulebook
	B         *rulebook.Rulebook // nil: no comparison
	ResultA   scoring.Result
	Beside    scoring.Comparison // with B
	Only      bool               // only what differs
	Own       string             // what was pasted
	Carried   string             // the table as a case of the file format, for the next request
	Errors    []Wrongly
	Open      bool // show the form for one's own table
}

func (Check) template() string { return "check" }

// Books are the rulebooks to choose from.
func (p Check) Books() (options []Option) {
	for _, r := range p.Rulebooks {
		place, _, _ := strings.Cut(r.Title, "：")
		options = append(options, Option{r.Name, place + "　" + r.Document})
	}
	return options
}

// NameA and NameB are the names of the rulebooks chosen.
func (p Check) NameA() string { return bookName(p.A) }
func (p Check) NameB() string { return bookName(p.B) }

func bookName(r *rulebook.Rulebook) string {
	if r == nil {
		return ""
	}
	return r.Name
}

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

// Unfit says why B gives this table no total; empty where it does.
func (p Check) Unfit() string { return p.Beside.Total.Reason }

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

// TotalLight compares the printed total with the computed one.
func (p Check) TotalLight() Status {
	t := p.ResultA.Total
	if t.Printed == nil {
		return NotTested.Saying("未印总分")
	}
	return difference(t.Printed, t.Computed)
}

// Conclusion says in a word what came of it.
func (p Check) Conclusion() Status {
	if n := len(p.ResultA.Findings); n > 0 {
		return Differs.Saying("%d 处待说明", n)
	}
	return Agrees.Saying("没有发现不符")
}

// FindingGroup is the findings of one kind: many rows that err alike are one
// matter to be explained, not many.
type FindingGroup struct {
	Light Status
	Code  scoring.Code
	Basis string
	Rows  []FindingRow
}

// FindingRow is one finding with the row it links to.
type FindingRow struct {
	scoring.Finding
	Anchor string
	Where  string
}

// Findings are what is wrong by kind, in the order of the table.
func (p Check) Findings() (groups []FindingGroup) {
	of := map[scoring.Code]int{}
	for _, f := range p.ResultA.Findings {
		n, met := of[f.Code]
		if !met {
			n = len(groups)
			of[f.Code], groups = n, append(groups, FindingGroup{Light: findingStatus(f.Code), Code: f.Code, Basis: f.Basis})
		}
		row := FindingRow{Finding: f}
		row.Anchor, row.Where = p.place(f.Cell)
		groups[n].Rows = append(groups[n].Rows, row)
	}
	for i, g := range groups {
		if len(g.Rows) > 1 {
			groups[i].Light = g.Light.Saying("%s，%d 处", g.Light.Word, len(g.Rows))
		}
	}
	return groups
}

// Footnotes are how cells were read where that is not plain, each said once.
func (p Check) Footnotes() (notes []string) {
	for _, r := range p.ResultA.Rows {
		if r.Reading != "" && !slices.Contains(notes, r.Reading) {
			notes = append(notes, r.Reading)
		}
	}
	return notes
}

// footnote is the mark of a reading: ①, ②, …
func (p Check) footnote(reading string) string {
	if n := slices.Index(p.Footnotes(), reading); reading != "" && n >= 0 {
		return footnoteMark(n)
	}
	return ""
}

func footnoteMark(n int) string {
	if n < 20 {
		return string(rune('①' + n))
	}
	return fmt.Sprintf("（注 %d）", n+1)
}

// Marks are the footnotes with their marks.
func (p Check) Marks() (marks []Option) {
	for n, note := range p.Footnotes() {
		marks = append(marks, Option{footnoteMark(n), note})
	}
	return marks
}

// place turns the path of a cell into the row it stands in.
func (p Check) place(cell string) (anchor, where string) {
	parts := strings.Split(strings.TrimPrefix(cell, "/"), "/")
	switch {
	case parts[0] == "indicators" && len(parts) > 1:
		n, err := strconv.Atoi(parts[1])
		if err != nil {
			return "", "全表"
		}
		where = fmt.Sprintf("第 %d 行", n+1)
		if n < len(p.Places) && p.Places[n] != "" {
			where += "（" + p.Places[n] + "）"
		}
		if len(parts) > 2 {
			where += " " + Word(cellNames, parts[2])
		}
		return "row-" + strconv.Itoa(n+1), where
	case parts[0] == "budget":
		where = "第 0 行 预算执行"
		if len(parts) > 1 {
			where += " " + Word(cellNames, parts[1])
		}
		return "row-0", where
	case strings.HasPrefix(parts[0], "total"):
		return "row-t", "总分行"
	}
	return "", "全表"
}

var cellNames = []Option{
	{"level1", "一级指标"}, {"level2", "二级指标"}, {"level3", "三级指标"}, {"target", "指标值"}, {"actual", "完成值"}, {"weight", "分值"},
	{"score", "得分"}, {"reason", "原因"}, {"begin", "年初预算数"}, {"full_year", "全年预算数"}, {"executed", "全年执行数"},
	{"rate_printed", "执行率"}, {"score_printed", "得分"}, {"sub_rows", "其中各行"},
}

// Parted are the items on which the rulebooks part that bear on a table's score,
// and what each does to this one.
func (p Check) Parted() (rules []scoring.RuleEffect) {
	for _, r := range p.Beside.Rules {
		switch area, _, _ := strings.Cut(r.Key, "."); area {
		case "framework", "weights", "scoring", "bands", "grades":
			rules = append(rules, r)
		}
	}
	return rules
}

// Short tells a text that must not be broken.
func (CheckRow) Short(text string) bool { return textWidth(text) <= 9 }

// Method is how the choice of rulebooks is sent: a table of one's own is carried
// in the body.
func (p Check) Method() string {
	if p.Table != nil && p.Carries() == "own" {
		return "post"
	}
	return "get"
}

// Carries is the fields that bring this table into the next request.
func (p Check) Carries() string {
	switch {
	case p.Sample != "":
		return "table"
	case p.Ledger != "":
		return "evaluation"
	}
	return "own"
}
