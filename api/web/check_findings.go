package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"wenxiao/domain/scoring"
)

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
	{"level1", "一级指标"},
	{"level2", "二级指标"},
	{"level3", "三级指标"},
	{"target", "指标值"},
	{"actual", "完成值"},
	{"weight", "分值"},
	{"score", "得分"},
	{"reason", "原因"},
	{"begin", "年初预算数"},
	{"full_year", "全年预算数"},
	{"executed", "全年执行数"},
	{"rate_printed", "执行率"},
	{"score_printed", "得分"},
	{"sub_rows", "其中各行"},
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
