package api

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// moneyWords are the heads of the money rows.
var moneyWords = []struct {
	key   string
	words []string
}{
	{"begin", []string{"年初预算"}},
	{"full_year", []string{"全年预算", "调整后预算"}},
	{"executed", []string{"全年执行", "实际支出", "执行数"}},
	{"weight", []string{"分值", "权重"}},
	{"rate_printed", []string{"执行率"}},
	{"score_printed", []string{"得分"}},
}

// before reads the name and the money from the rows above the head: a label and
// what stands right of it, or the form's own block of money rows.
func (g grid) before(head int, object, budget map[string]any, places map[string]string) {
	labels := map[string]string{
		"项目名称": "project", "项目": "project", "主管部门": "department", "单位": "department", "年度": "year", "金额单位": "money_unit",
		"总分": "total_printed", "资料来源": "source", "来源": "source",
	}
	for i := range g.cells[:head] {
		if g.moneyRows(i, head, budget, places) {
			continue
		}
		for j := range g.cells[i] {
			word := headWord(g.cell(i, j))
			value, at := g.rightOf(i, j)
			if value == "" {
				g.titleUnit(i, j, object)
				continue
			}
			if key, ok := labels[word]; ok && object[key] == nil {
				object[key], places["/"+key] = value, g.place(i, at)
				continue
			}
			for _, m := range moneyWords {
				if budget[m.key] == nil && moneyLabel(word, m.key, m.words) {
					budget[m.key], places["/budget/"+m.key] = value, g.place(i, at)
				}
			}
		}
	}
}

// moneyLabel tells the label of one figure of money written on a line of its own.
// 分值 and 得分 alone belong to indicators; 执行分值 and 执行得分 are the money's.
func moneyLabel(word, key string, words []string) bool {
	switch key {
	case "weight":
		return word == "执行分值" || word == "执行率分值"
	case "score_printed":
		return word == "执行得分" || word == "执行率得分"
	}
	return matches(word, words)
}

// unitInTitle is how forms print their unit: （2022 年度）　金额单位：万元, 项目资金（万元）.
var unitInTitle = regexp.MustCompile(`(?:单位[:：]\s*|资金（|资金\()(亿元|万元|元)`)

func (g grid) titleUnit(i, j int, object map[string]any) {
	if m := unitInTitle.FindStringSubmatch(g.cell(i, j)); m != nil && object["money_unit"] == nil {
		object["money_unit"] = m[1]
	}
}

// rightOf is the first cell with text right of a cell. One that is itself a label
// is no value.
func (g grid) rightOf(i, j int) (string, int) {
	for k := j + 1; k < len(g.cells[i]); k++ {
		if text := g.cell(i, k); text != "" {
			return text, k
		}
	}
	return "", j
}

// moneyRows reads the form's block of money: heads in row i, figures below under
// the same columns. The first row of figures is the whole, unless another says so.
func (g grid) moneyRows(i, head int, budget map[string]any, places map[string]string) bool {
	columns, ok := g.moneyHead(i)
	if !ok {
		return false
	}
	parts := []any{}
	for row := i + 1; row < head; row++ {
		name, ok := g.moneyName(row, columns)
		if !ok {
			break
		}
		line, at := g.moneyLine(row, columns), "/budget"
		if whole := strings.Contains(name, "总额") || strings.Contains(name, "合计") || len(budget) == 0; whole {
			maps.Copy(budget, line)
		} else {
			at = fmt.Sprintf("/budget/sub_rows/%d", len(parts))
			parts = append(parts, line)
		}
		for key := range line {
			places[at+"/"+key] = g.place(row, columns[key])
		}
		if at != "/budget" {
			line["name"] = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(name, "其中"), "："))
		}
	}
	if len(parts) > 0 {
		budget["sub_rows"] = parts
	}
	return true
}

// moneyHead finds the columns of a row of money heads. A line of one label and its
// value is none.
func (g grid) moneyHead(i int) (columns map[string]int, ok bool) {
	columns = map[string]int{}
	heads := g.heads(i)
	for _, m := range moneyWords {
		if j, ok := headed(heads, m.words, columns); ok {
			columns[m.key] = j
		}
	}
	fullYear, hasBudget := columns["full_year"]
	_, hasExecuted := columns["executed"]
	if !hasBudget || !hasExecuted {
		return nil, false
	}
	value, _ := g.rightOf(i, fullYear)
	return columns, !figureLike(value)
}

func (g grid) moneyLine(row int, columns map[string]int) map[string]any {
	line := map[string]any{}
	for key, j := range columns {
		if text := g.cell(row, j); text != "" {
			line[key] = text
		}
	}
	return line
}

var digits = regexp.MustCompile(`^[−-]?[0-9０-９]`)

func figureLike(s string) bool { return digits.MatchString(s) }

// moneyName is the label of a money row: the last text left of its figures. A row
// with no figure at all ends the block.
func (g grid) moneyName(row int, columns map[string]int) (name string, ok bool) {
	first := len(g.cells[row])
	for _, j := range columns {
		first = min(first, j)
	}
	for j := 0; j < first; j++ {
		if text := g.cell(row, j); text != "" {
			name = text
		}
	}
	return name, figureLike(g.cell(row, columns["full_year"])) || figureLike(g.cell(row, columns["executed"]))
}
