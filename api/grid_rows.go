package api

import (
	"fmt"
	"regexp"
)

// totalRow begins the row of the total.
var totalRow = regexp.MustCompile(`^(总\s*分|合\s*计|总\s*计|总得分)`)

// indicators reads the rows below the head. A row with nothing in any column of
// the form but the levels is passed over.
func (g grid) indicators(head int, columns map[string]int, places map[string]string) (rows []any, total string) {
	rows = []any{}
	levels := map[string]string{}
	for i := head + 1; i < len(g.cells); i++ {
		if total, at := g.total(i, columns); at >= 0 {
			places["/total_printed"] = g.place(i, at)
			return rows, total
		}
		row, filled := g.indicator(i, columns, levels)
		if !filled {
			continue
		}
		at := fmt.Sprintf("/indicators/%d", len(rows))
		places[at] = fmt.Sprintf("第 %d 行", i+1)
		for key, j := range columns {
			places[at+"/"+key] = fmt.Sprintf("%s（%s）", g.place(i, j), g.cell(head, j))
		}
		rows = append(rows, row)
	}
	return rows, ""
}

// indicator reads one row. The cells of the two levels are merged on paper: an
// empty one goes on with the last text, and a new first level begins the second
// anew.
func (g grid) indicator(i int, columns map[string]int, levels map[string]string) (row map[string]any, filled bool) {
	row = map[string]any{}
	for key, j := range columns {
		text := g.cell(i, j)
		if key == "level1" && text != "" && text != levels["level1"] {
			levels["level1"], levels["level2"] = text, ""
		}
		if key != "level1" && key != "level2" {
			row[key] = text
			filled = filled || text != ""
		}
	}
	if j, ok := columns["level2"]; ok && g.cell(i, j) != "" {
		levels["level2"] = g.cell(i, j)
	}
	row["level1"], row["level2"] = levels["level1"], levels["level2"]
	return row, filled
}

// total reads the row of the total: its score stands under the head of scores.
func (g grid) total(i int, columns map[string]int) (text string, at int) {
	for j := range g.cells[i] {
		cell := g.cell(i, j)
		if cell == "" {
			continue
		}
		if !totalRow.MatchString(cell) {
			return "", -1
		}
		if score, ok := columns["score"]; ok && g.cell(i, score) != "" {
			return g.cell(i, score), score
		}
		return g.rightOf(i, j)
	}
	return "", -1
}
