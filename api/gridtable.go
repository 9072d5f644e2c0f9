package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/published"
)

// pasted is a table read from a grid with the place of each of its rows.
type pasted struct {
	Table  published.Table
	Places []string // of each indicator: 第 7 行
}

// columns of the official form by the words its head is printed with.
var columnWords = []struct {
	key   string
	words []string
}{
	{"level1", []string{"一级指标"}},
	{"level2", []string{"二级指标"}},
	{"level3", []string{"三级指标", "指标名称", "绩效指标", "指标内容"}},
	{"actual", []string{"实际完成值", "全年完成值", "完成值", "实际完成情况", "实际值"}},
	{"target", []string{"年度指标值", "指标值", "目标值"}},
	{"weight", []string{"分值", "权重"}},
	{"score", []string{"得分", "自评得分", "自评分"}},
	{"reason", []string{"偏差原因", "原因", "未完成原因", "扣分原因"}},
}

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

// blank is what a head cell may hold beside its words.
var blank = regexp.MustCompile(`[\s:：*（(].*$|\s`)

func headWord(cell string) string { return blank.ReplaceAllString(strings.TrimSpace(cell), "") }

// header finds the row of heads and which column holds what.
func (g grid) header() (row int, columns map[string]int, ok bool) {
	for i := range g.cells {
		columns := map[string]int{}
		for _, c := range columnWords {
			if j, ok := g.headed(i, c.words, columns); ok {
				columns[c.key] = j
			}
		}
		_, name := columns["level3"]
		_, target := columns["target"]
		_, actual := columns["actual"]
		if name && (target || actual) {
			return i, columns, true
		}
	}
	return 0, nil, false
}

// headed finds the column of row i headed by the first of words that any is.
func (g grid) headed(i int, words []string, taken map[string]int) (int, bool) {
	for _, w := range words {
		for j := range g.cells[i] {
			if word := headWord(g.cell(i, j)); word != "" && matches(word, []string{w}) && !slices.Contains(slices.Collect(maps.Values(taken)), j) {
				return j, true
			}
		}
	}
	return 0, false
}

func (g grid) holdsTable() bool { _, _, ok := g.header(); return ok }

func matches(word string, words []string) bool {
	for _, w := range words {
		if word == w || strings.HasPrefix(word, w) && len([]rune(word)) <= len([]rune(w))+8 {
			return true
		}
	}
	return false
}

// table reads the grid as an official form: what stands before the head is the
// money and the name, what stands below is one indicator a row, and a row that
// begins with 总分 is the total. The file format's own reader reads the figures,
// so what it refuses is refused here, by the place in the grid.
func (g grid) table(given map[string]string) (pasted, error) {
	head, columns, ok := g.header()
	if !ok {
		return pasted{}, noTable()
	}
	object, budget := map[string]any{}, map[string]any{}
	places := map[string]string{}
	g.before(head, object, budget, places)
	rows, total := g.indicators(head, columns, places)
	if total != "" {
		object["total_printed"] = total
	}
	supplement(given, object, budget)
	object["budget"], object["indicators"] = budget, rows
	if len(rows) == 0 {
		return pasted{}, domain.Refusal{Code: "table.no-rows", Field: g.place(head, 0), Reason: fmt.Sprintf("表头在第 %d 行，下面没有指标", head+1)}
	}
	return g.decode(object, places, len(rows))
}

// supplement adds what was typed beside the table, where the table has nothing.
func supplement(given map[string]string, object, budget map[string]any) {
	for key, text := range given {
		to := budget
		switch key {
		case "project", "department", "year", "money_unit", "total_printed":
			to = object
		}
		if _, there := to[key]; !there && strings.TrimSpace(text) != "" {
			to[key] = text
		}
	}
}

// decode hands the cells to the file format's reader and names places as the
// person knows them.
func (g grid) decode(object map[string]any, places map[string]string, rows int) (pasted, error) {
	data, err := json.Marshal(object)
	if err != nil {
		return pasted{}, err
	}
	tables, err := published.Decode(data)
	if err != nil {
		return pasted{}, placed(err, places)
	}
	p := pasted{Table: tables[0]}
	for i := range rows {
		p.Places = append(p.Places, places["/indicators/"+strconv.Itoa(i)])
	}
	return p, nil
}

// placed puts the grid's places into refusals that point into the file format.
func placed(err error, places map[string]string) error {
	var many domain.Refusals
	var one domain.Refusal
	switch {
	case errors.As(err, &many):
	case errors.As(err, &one):
		many = domain.Refusals{one}
	default:
		return err
	}
	out := make([]domain.Refusal, len(many))
	for i, r := range many {
		out[i] = r
		if at := places[r.Field]; at != "" {
			out[i].Reason = strings.TrimPrefix(r.Reason, r.Field+" ")
			out[i].Field = at
		}
	}
	return domain.Refuse(out...)
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
// the same columns.
func (g grid) moneyRows(i, head int, budget map[string]any, places map[string]string) bool {
	columns := map[string]int{}
	for j := range g.cells[i] {
		word := headWord(g.cell(i, j))
		for _, m := range moneyWords {
			if _, taken := columns[m.key]; !taken && matches(word, m.words) {
				columns[m.key] = j
				break
			}
		}
	}
	_, fullYear := columns["full_year"]
	_, executed := columns["executed"]
	if !fullYear || !executed {
		return false
	}
	if value, _ := g.rightOf(i, columns["full_year"]); figureLike(value) {
		return false // a line of label and value, not a row of heads
	}
	parts := []any{}
	for row := i + 1; row < head; row++ {
		name, ok := g.moneyName(row, columns)
		if !ok {
			break
		}
		line := map[string]any{}
		for key, j := range columns {
			if text := g.cell(row, j); text != "" {
				line[key] = text
			}
		}
		if strings.Contains(name, "总额") || strings.Contains(name, "合计") || len(budget) == 0 {
			for key, text := range line {
				budget[key], places["/budget/"+key] = text, g.place(row, columns[key])
			}
			continue
		}
		at := fmt.Sprintf("/budget/sub_rows/%d", len(parts))
		for key := range line {
			places[at+"/"+key] = g.place(row, columns[key])
		}
		line["name"] = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(name, "其中"), "："))
		parts = append(parts, line)
	}
	if len(parts) > 0 {
		budget["sub_rows"] = parts
	}
	return true
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

// totalRow begins the row of the total.
var totalRow = regexp.MustCompile(`^(总\s*分|合\s*计|总\s*计|总得分)`)

// indicators reads the rows below the head. Merged level cells go on until the
// next text. A row with nothing in any column of the form is passed over.
func (g grid) indicators(head int, columns map[string]int, places map[string]string) (rows []any, total string) {
	rows = []any{}
	level := map[string]string{}
	for i := head + 1; i < len(g.cells); i++ {
		if total, at := g.total(i, columns); at >= 0 {
			places["/total_printed"] = g.place(i, at)
			return rows, total
		}
		row, filled := map[string]any{}, false
		for _, c := range columnWords {
			j, ok := columns[c.key]
			if !ok {
				continue
			}
			text := g.cell(i, j)
			switch c.key {
			case "level1":
				if text != "" && text != level["level1"] {
					level["level2"] = ""
				}
				fallthrough
			case "level2":
				if text != "" {
					level[c.key] = text
				}
				row[c.key] = level[c.key]
				continue
			}
			row[c.key] = text
			filled = filled || text != ""
		}
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
