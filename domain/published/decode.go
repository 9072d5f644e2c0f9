package published

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"wenxiao/domain"
)

// Decode reads {"cases": […]}, a bare list of cases, or one case. Readings,
// recomputations and other fields it does not know are passed over. Missing
// fields, nulls, and numbers written as texts ("1,234.50", "10分", "—") are
// taken as an official form has them. What is not such a table is refused with
// a JSON pointer to the place.
func Decode(data []byte) ([]Table, error) {
	root, err := parse(data)
	if err != nil {
		return nil, err
	}
	r := &reader{}
	tables := r.file(root)
	if err := domain.Refuse(r.refusals...); err != nil {
		return nil, err
	}
	return tables, nil
}

// parse reads exactly one JSON value, numbers as written.
func parse(data []byte) (any, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := readable(data); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var root any
	err := decoder.Decode(&root)
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return root, nil
		}
		err = errors.New("more than one JSON value")
	}
	return nil, malformed(data, decoder.InputOffset(), err)
}

func malformed(data []byte, offset int64, err error) error {
	reason := err.Error()
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		offset = syntax.Offset
	} else if errors.Is(err, io.ErrUnexpectedEOF) {
		offset, reason = int64(len(data)), "文件在此中断"
	}
	before := data[:min(int(offset), len(data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return domain.Refusal{
		Code:   "table.malformed-json",
		Reason: fmt.Sprintf("第 %d 行第 %d 字附近不是 JSON：%s", line, column, reason),
		Field:  fmt.Sprintf("line %d, column %d", line, column),
	}
}

// file finds the cases in any of the three shapes.
func (r *reader) file(root any) []Table {
	switch root := root.(type) {
	case []any:
		return r.cases("", root)
	case map[string]any:
		if cases, ok := root["cases"]; ok {
			return r.cases("/cases", r.list("/cases", cases))
		}
		return []Table{r.table("", root)}
	}
	r.refuse("", "table.not-a-table", "应为一张表、一组表，或含 cases 的对象")
	return nil
}

func (r *reader) cases(at string, list []any) []Table {
	tables := make([]Table, 0, len(list))
	for i, item := range list {
		at := fmt.Sprintf("%s/%d", at, i)
		if o, ok := r.object(at, item); ok {
			tables = append(tables, r.table(at, o))
		}
	}
	return tables
}

func (r *reader) table(at string, o map[string]any) Table {
	if o["indicators"] == nil && o["budget"] == nil {
		r.refuse(at, "table.not-a-table", "既无 indicators（指标）也无 budget（预算），不是绩效表")
		return Table{}
	}
	t := Table{
		ID:            r.text(at+"/id", o["id"]),
		Kind:          r.text(at+"/kind", o["kind"]),
		Project:       r.text(at+"/project", o["project"]),
		Department:    r.text(at+"/department", o["department"]),
		Year:          r.year(at+"/year", o["year"]),
		MoneyUnit:     r.text(at+"/money_unit", o["money_unit"]),
		WeightFrame:   r.text(at+"/weight_frame", o["weight_frame"]),
		GradePrinted:  r.text(at+"/grade_printed", o["grade_printed"]),
		Source:        r.text(at+"/source", o["source"]),
		TotalPrinted:  r.number(at+"/total_printed", o["total_printed"]),
		TableComplete: r.yes(at+"/table_complete", o["table_complete"], true),
		Notes:         r.texts(at+"/notes", o["notes"]),
	}
	t.Budget = r.budget(at+"/budget", o["budget"], t.MoneyUnit)
	t.Indicators = r.indicators(at+"/indicators", o["indicators"])
	r.extra(o["extra"], &t)
	return t
}

func (r *reader) budget(at string, v any, unit string) Budget {
	o, ok := r.optional(at, v)
	if !ok {
		return Budget{}
	}
	return Budget{
		Money:        r.money(at, o, unit),
		RatePrinted:  r.text(at+"/rate_printed", o["rate_printed"]),
		Weight:       r.number(at+"/weight", o["weight"]),
		ScorePrinted: r.number(at+"/score_printed", o["score_printed"]),
		SubRows:      r.subRows(at+"/sub_rows", o["sub_rows"], unit),
	}
}

func (r *reader) money(at string, o map[string]any, unit string) Money {
	return Money{
		Begin:    r.amount(at+"/begin", o["begin"], unit),
		FullYear: r.amount(at+"/full_year", o["full_year"], unit),
		Executed: r.amount(at+"/executed", o["executed"], unit),
	}
}

func (r *reader) subRows(at string, v any, unit string) (rows []SubRow) {
	for i, item := range r.list(at, v) {
		at := fmt.Sprintf("%s/%d", at, i)
		if o, ok := r.object(at, item); ok {
			rows = append(rows, SubRow{r.text(at+"/name", o["name"]), r.money(at, o, unit)})
		}
	}
	return rows
}

func (r *reader) indicators(at string, v any) []Indicator {
	rows := []Indicator{}
	for i, item := range r.list(at, v) {
		at := fmt.Sprintf("%s/%d", at, i)
		if o, ok := r.object(at, item); ok {
			rows = append(rows, r.indicator(at, o))
		}
	}
	return rows
}

func (r *reader) indicator(at string, o map[string]any) Indicator {
	if !anyOf(o, "level1", "level2", "level3", "target", "actual", "weight", "score") {
		r.refuse(at, "table.not-a-row", "没有指标表的任何一栏（level1、level2、level3、target、actual、weight、score）")
	}
	return Indicator{
		Level1: r.text(at+"/level1", o["level1"]),
		Level2: r.text(at+"/level2", o["level2"]),
		Level3: r.text(at+"/level3", o["level3"]),
		Target: r.text(at+"/target", o["target"]),
		Actual: r.text(at+"/actual", o["actual"]),
		Weight: r.number(at+"/weight", o["weight"]),
		Score:  r.number(at+"/score", o["score"]),
		Reason: r.text(at+"/reason", o["reason"]),
	}
}

// extra keeps what the form has of its own, and takes out what is checked. Its
// shape is nobody's promise: what reads as neither is only kept.
func (r *reader) extra(v any, t *Table) {
	o, ok := v.(map[string]any)
	if !ok {
		return
	}
	t.Extra, _ = json.Marshal(o) // of values just read from JSON: it cannot fail
	var own reader
	if rows := own.subRows("", o["sub_rows"], t.MoneyUnit); t.Budget.SubRows == nil && own.refusals == nil {
		t.Budget.SubRows = rows
	}
	own = reader{}
	var converted []*domain.Decimal
	for _, item := range own.list("", o["converted_scores_printed"]) {
		converted = append(converted, own.number("", item))
	}
	if own.refusals == nil {
		t.Converted = converted
	}
}

func anyOf(o map[string]any, keys ...string) bool {
	for _, k := range keys {
		if _, ok := o[k]; ok {
			return true
		}
	}
	return false
}
