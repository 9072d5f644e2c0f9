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

// blank is what a head cell may hold beside its words.
var blank = regexp.MustCompile(`[\s:：*（(].*$|\s`)

// longestHead bounds, in bytes, what is looked at as a head: a sheet may be full
// of long text, and somebody waits.
const longestHead = 400

func headWord(cell string) string {
	if len(cell) > longestHead {
		return ""
	}
	return blank.ReplaceAllString(strings.TrimSpace(cell), "")
}

// header finds the row of heads and which column holds what.
func (g grid) header() (row int, columns map[string]int, ok bool) {
	for i := range g.cells {
		heads, columns := g.heads(i), map[string]int{}
		for _, c := range columnWords {
			if j, ok := headed(heads, c.words, columns); ok {
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

// heads are the head words of row i.
func (g grid) heads(i int) []string {
	words := make([]string, len(g.cells[i]))
	for j := range words {
		words[j] = headWord(g.cell(i, j))
	}
	return words
}

// headed finds the column headed by the first of words that any is.
func headed(heads, words []string, taken map[string]int) (int, bool) {
	for _, w := range words {
		for j, word := range heads {
			if word != "" && matches(word, []string{w}) && !slices.Contains(slices.Collect(maps.Values(taken)), j) {
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
