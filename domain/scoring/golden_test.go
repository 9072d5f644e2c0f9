package scoring_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
)

// readings are the fields of the shipped file that the engine never sees.
type readings struct {
	Cases []struct {
		ID         string `json:"id"`
		Indicators []struct {
			Expected *domain.Decimal `json:"score_expected"`
		} `json:"indicators"`
		Recompute struct {
			Rate *domain.Decimal `json:"rate_exact_pct"`
			Rows *domain.Decimal `json:"sum_of_printed_rows"`
			Sum  *domain.Decimal `json:"sum_expected"`
		} `json:"recompute"`
	} `json:"cases"`
}

func shippedReadings(t *testing.T) (r readings) {
	t.Helper()
	if err := json.Unmarshal(published.File(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func within(got *domain.Decimal, want domain.Decimal) bool {
	return got != nil && !domain.MustDecimal("0.01").Less(got.Sub(want).Abs())
}

func TestEveryExpectedScoreIsMet(t *testing.T) {
	tables, checked := published.Samples(), 0
	for i, c := range shippedReadings(t).Cases {
		result := scoring.Score(tables[i], rulebook.Default())
		for k, ind := range c.Indicators {
			if ind.Expected == nil {
				continue
			}
			checked++
			if row := result.Rows[k]; !within(row.Computed, *ind.Expected) {
				t.Errorf("%s row %d (%s): %v, want %s: %s", c.ID, k, row.Name, row.Computed, ind.Expected, row.Working)
			}
		}
		if want := c.Recompute.Rate; want != nil && !within(result.Execution.Rate, *want) {
			t.Errorf("%s: rate %v, want %s", c.ID, result.Execution.Rate, want)
		}
		if want := c.Recompute.Rows; want != nil && !within(result.Total.Rows, *want) {
			t.Errorf("%s: printed rows sum to %v, want %s", c.ID, result.Total.Rows, want)
		}
		// C06 takes a point off a date that was kept; the file's sum leaves dates alone.
		if want := c.Recompute.Sum; want != nil && c.ID != "C06" && !within(result.Total.Computed, *want) {
			t.Errorf("%s: total %v, want %s", c.ID, result.Total.Computed, want)
		}
	}
	if checked < 95 {
		t.Errorf("only %d expected scores in the file", checked)
	}
}

func sample(t *testing.T, id string) published.Table {
	t.Helper()
	table, ok := published.Sample(id)
	if !ok {
		t.Fatalf("no table %s", id)
	}
	return table
}

func score(t *testing.T, id string) scoring.Result {
	t.Helper()
	return scoring.Score(sample(t, id), rulebook.Default())
}

func text(d *domain.Decimal) string {
	if d == nil {
		return "—"
	}
	return d.String()
}

func TestTotalsAndGrades(t *testing.T) {
	for _, c := range []struct{ id, printed, rows, computed, grade string }{
		{"C26", "98.62", "98.62", "98.62", "优"},
		{"C09", "99.55", "99.55", "99.55", "优"},
		{"C02", "94", "93", "99.77", "优"},
		{"C21", "96", "96", "99.8", "优"},
		{"C13", "100", "110", "110", ""}, // not out of 100
		{"C25", "98", "98", "110", ""},
		{"C01", "—", "51.8", "51.3", ""}, // incomplete; no execution rate, so its printed score is kept
		{"C17", "—", "60", "70", ""},
		{"C10", "—", "—", "—", ""},
	} {
		r := score(t, c.id)
		got := [4]string{text(r.Total.Printed), text(r.Total.Rows), text(r.Total.Computed), r.Grade}
		if got != [4]string{c.printed, c.rows, c.computed, c.grade} {
			t.Errorf("%s: %v, want %+v", c.id, got, c)
		}
	}
}

// found lists findings as "code cell", rows of the same code and column
// gathered: "score-differs 11 12 13/score".
func found(findings []scoring.Finding) []string {
	var lines []string
	for _, f := range findings {
		lines = append(lines, string(f.Code)+" "+f.Cell)
	}
	return lines
}

// TestFindingsOfTheShippedTables is a golden table. Each line was checked by
// hand against the notes of its case.
func TestFindingsOfTheShippedTables(t *testing.T) {
	want := map[string][]string{
		"C01": {
			"rate-differs budget/rate_printed", // 100 % of a budget of 0
			"full-score-unmet indicators/0/score",
			"over-fulfilled indicators/2/actual", "over-fulfilled indicators/4/actual", "over-fulfilled indicators/5/actual",
			"score-differs indicators/11/score", "score-differs indicators/12/score", "score-differs indicators/13/score",
			"score-differs indicators/15/score", "score-differs indicators/16/score", "score-differs indicators/17/score",
			"score-differs indicators/18/score", "score-differs indicators/19/score", "score-differs indicators/22/score",
			"value-not-comparable indicators/24/target", "score-differs indicators/24/score",
		},
		"C02": {
			"execution-score-differs budget/score_printed", "score-differs indicators/0/score",
			"deduction-without-reason indicators/4/score", "deduction-without-reason indicators/5/score", "total-differs total_printed",
		},
		"C04": {"parts-differ-from-total budget/begin", "parts-differ-from-total budget/full_year", "parts-differ-from-total budget/executed"},
		"C06": {"execution-score-differs indicators/4/score", "deduction-without-reason indicators/10/score",
			"deduction-without-reason indicators/14/score", "deduction-without-reason indicators/15/score", // met in words, 13 of 15 and 8 of 10
			"total-differs total_printed"},
		"C07": {"over-fulfilled indicators/1/actual"},
		"C08": {"actual-copies-target indicators/2/actual", "actual-copies-target indicators/6/actual"},
		"C09": nil,
		"C10": {"value-not-comparable indicators/10/actual"},
		"C13": {
			"actual-copies-target indicators/0/actual", "actual-copies-target indicators/1/actual", "actual-copies-target indicators/3/actual",
			"actual-copies-target indicators/4/actual", "actual-copies-target indicators/6/actual", "actual-copies-target indicators/8/actual",
			"weights-not-100 indicators/weight", "total-differs total_printed",
		},
		"C14": nil, // its parts add up
		"C16": {"weight-applied-twice extra/converted_scores_printed", "over-fulfilled indicators/2/actual"},
		"C17": {"rate-over-100 budget/rate_printed", "over-fulfilled indicators/2/actual"},
		"C19": nil,
		"C21": {"deduction-without-reason indicators/2/score", "score-differs indicators/5/score"},
		"C23": {
			"actual-copies-target indicators/3/actual", "actual-copies-target indicators/6/actual",
			"actual-copies-target indicators/7/actual", // 80% answered with ≥80%
			"actual-copies-target indicators/8/actual",
		},
		"C25": {"deduction-without-reason indicators/3/score", "weights-not-100 indicators/weight"},
		"C26": {"rate-differs budget/rate_printed"}, // 86.19 for 86.18
		"C28": {"rate-differs budget/rate_printed", "value-not-comparable indicators/0/actual"},
		"C30": nil, "C32": nil, "C33": nil, "C35": nil, "C41": nil, "C44": nil,
	}
	for _, table := range published.Samples() {
		expected, reviewed := want[table.ID]
		if got := found(scoring.Score(table, rulebook.Default()).Findings); !reviewed || !slices.Equal(got, expected) {
			t.Errorf("%s:\n got %s\nwant %s", table.ID, strings.Join(got, "\n     "), strings.Join(expected, "\n     "))
		}
	}
}

func TestFindingsSayBothFiguresTheWorkingAndTheRule(t *testing.T) {
	for _, table := range published.Samples() {
		for _, f := range scoring.Score(table, rulebook.Default()).Findings {
			if f.Code.Title() == "" || f.Printed == "" || f.Basis == "" || !strings.Contains(f.Message, f.Printed) || f.Computed+f.Working == "" {
				t.Errorf("%s: %+v", table.ID, f)
			}
		}
	}
	f := score(t, "C26").Findings[0]
	if f.Message != "执行率与金额不符：印刷 86.19%；重算 86.18%；215457.6 ÷ 250000 × 100% = 86.1830%" {
		t.Errorf("C26: %s", f.Message)
	}
}

// TestPrintedFieldsAlone strips what other files of the format do not hold.
func TestPrintedFieldsAlone(t *testing.T) {
	var file struct {
		Cases []map[string]any `json:"cases"`
	}
	if err := json.Unmarshal(published.File(), &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		for _, key := range []string{"recompute", "notes", "extra", "source", "weight_frame"} {
			delete(c, key)
		}
		for _, ind := range c["indicators"].([]any) {
			for _, key := range []string{"sign", "target_num", "actual_num", "score_expected", "over_fulfilment_pct"} {
				delete(ind.(map[string]any), key)
			}
		}
	}
	data, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	stripped, err := published.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	for i, table := range published.Samples() {
		whole, bare := scoring.Score(table, rulebook.Default()), scoring.Score(stripped[i], rulebook.Default())
		for k := range whole.Rows {
			if text(whole.Rows[k].Computed) != text(bare.Rows[k].Computed) {
				t.Errorf("%s row %d: %v with the readings, %v without", table.ID, k, whole.Rows[k].Computed, bare.Rows[k].Computed)
			}
		}
		if text(whole.Total.Computed) != text(bare.Total.Computed) || whole.Grade != bare.Grade {
			t.Errorf("%s: total %v %s, without %v %s", table.ID, whole.Total.Computed, whole.Grade, bare.Total.Computed, bare.Grade)
		}
		lost := len(whole.Findings) - len(bare.Findings)
		if want := map[string]int{"C04": 3, "C16": 1}[table.ID]; lost != want {
			t.Errorf("%s: %d findings lost, want %d", table.ID, lost, want)
		}
	}
}

func TestResultJSON(t *testing.T) {
	data, err := json.Marshal(score(t, "C01"))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		ID        string
		Rulebook  string
		Execution map[string]any
		Rows      []map[string]any
		Total     map[string]any
		Grade     *string
		Findings  []map[string]any
	}
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if r.ID != "C01" || r.Rulebook != "national-2020@1" || r.Grade == nil || len(r.Rows) != 25 {
		t.Errorf("%+v", r)
	}
	if r.Execution["rate"] != nil || r.Execution["printed"] != 10.0 || r.Execution["computed"] != nil {
		t.Errorf("execution: %v", r.Execution)
	}
	row := r.Rows[0]
	if row["name"] != "指标1:居民健康档案" || row["weight"] != 3.0 || row["printed"] != 3.0 || row["computed"] != 2.92 || row["working"] != "3 × 37442 ÷ 38508 = 2.92" {
		t.Errorf("row: %v", row)
	}
	for _, key := range []string{"level1", "level2", "name", "target", "actual", "weight", "printed", "computed", "working"} {
		if _, ok := row[key]; !ok {
			t.Errorf("a row lacks %s", key)
		}
	}
	for _, key := range []string{"code", "cell", "message"} {
		if s, ok := r.Findings[0][key].(string); !ok || s == "" {
			t.Errorf("a finding lacks %s", key)
		}
	}
	empty, _ := json.Marshal(scoring.Score(published.Table{ID: "X"}, rulebook.Default()))
	if s := string(empty); !strings.Contains(s, `"rows":[]`) || !strings.Contains(s, `"findings":[]`) {
		t.Errorf("an empty table: %s", s)
	}
}

func TestWorkingsOfTheShippedTables(t *testing.T) {
	for _, c := range []struct {
		id   string
		row  int
		want string
	}{
		{"C01", 1, "达到，满分"},
		{"C01", 7, "2 × 97.3 ÷ 100 = 1.95"},
		{"C02", 3, "达到，满分（未印符号，成本指标按越低越好）"},
		{"C26", 2, "定性指标，达成，核为原印 20 分"},
		{"C17", 6, "2023年7月 未晚于 2023年9月，按期，满分"},
		{"C09", 3, "达到，满分（未印符号，成本指标按越低越好）；表未印分值，以原印得分 10 为分值"},
		{"C10", 10, "指标值“100%”是数，完成值“无”不是，不能计算；未印分值，不计分"},
		{"C44", 0, "完成值为空，不能计算"},
	} {
		if got := score(t, c.id).Rows[c.row].Working; got != c.want {
			t.Errorf("%s row %d: %s, want %s", c.id, c.row, got, c.want)
		}
	}
	if got := score(t, "C26").Execution.Working; got != "10 × 215457.6 ÷ 250000 = 8.62" {
		t.Errorf("C26: %s", got)
	}
}

func ExampleScore() {
	table, _ := published.Sample("C02")
	result := scoring.Score(table, rulebook.Default())
	for _, f := range result.Findings {
		fmt.Println(f.Cell, f.Message)
	}
	// Output:
	// budget/score_printed 执行得分与执行率不符：印刷 9；重算 9.91；10 × 65.07 ÷ 65.66 = 9.91
	// indicators/0/score 得分与规则不符：印刷 13；重算 14.86；15 × 8676 ÷ 8755 = 14.86
	// indicators/4/score 达到指标而扣分，无原因：印刷 27；重算 30；达到，满分
	// indicators/5/score 达到指标而扣分，无原因：印刷 9；重算 10；达到，满分
	// total_printed 总分不等于各行之和：印刷 94；重算 93；各行得分 9 + 13 + 15 + 10 + 10 + 27 + 9 = 93
}
