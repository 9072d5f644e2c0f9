package published_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"wenxiao/domain"
	"wenxiao/domain/published"
)

func TestTheShippedFileHolds24Tables(t *testing.T) {
	tables := published.Samples()
	if len(tables) != 24 {
		t.Fatalf("%d tables", len(tables))
	}
	c26, ok := published.Sample("C26")
	if !ok || c26.TotalPrinted.String() != "98.62" || c26.Budget.RatePrinted != "86.19%" || c26.Year != 2022 {
		t.Errorf("C26 read as %+v", c26)
	}
	c04, _ := published.Sample("C04")
	if len(c04.Budget.SubRows) != 1 || c04.Budget.SubRows[0].FullYear.String() != "89.974" {
		t.Errorf("C04's sub-rows read as %+v", c04.Budget.SubRows)
	}
	c16, _ := published.Sample("C16")
	if len(c16.Converted) != 4 || c16.Converted[0].String() != "6.25" {
		t.Errorf("C16's converted scores read as %v", c16.Converted)
	}
	c09, _ := published.Sample("C09")
	if c09.Indicators[0].Weight != nil || c09.Indicators[0].Score.String() != "10" {
		t.Errorf("C09 prints no weights, read %+v", c09.Indicators[0])
	}
}

func TestATableWrittenOutReadsBackTheSame(t *testing.T) {
	for _, table := range published.Samples() {
		data, err := json.Marshal(table)
		if err != nil {
			t.Fatal(err)
		}
		back, err := published.Decode(data)
		if err != nil || len(back) != 1 {
			t.Fatalf("%s: %d tables, %v", table.ID, len(back), err)
		}
		if !reflect.DeepEqual(back[0], table) {
			t.Errorf("%s changed:\n%+v\n%+v", table.ID, table, back[0])
		}
	}
}

func TestThreeShapesOfFile(t *testing.T) {
	const one = `{"id":"A","indicators":[{"level3":"x","weight":10}]}`
	for name, data := range map[string]string{
		"an object with cases": `{"about":"…","cases":[` + one + `]}`,
		"a bare list":          `[` + one + `]`,
		"one case":             one,
		"a byte order mark":    "\ufeff" + one,
	} {
		tables, err := published.Decode([]byte(data))
		if err != nil || len(tables) != 1 || tables[0].ID != "A" || !tables[0].TableComplete {
			t.Errorf("%s: %+v, %v", name, tables, err)
		}
	}
	for _, empty := range []string{`[]`, `{"cases":[]}`} {
		if tables, err := published.Decode([]byte(empty)); err != nil || len(tables) != 0 {
			t.Errorf("%s: %v, %v", empty, tables, err)
		}
	}
}

func TestNumbersAsFormsHaveThem(t *testing.T) {
	for text, want := range map[string]string{
		`10`: "10", `"10"`: "10", `10.0`: "10.0", `"10分"`: "10", `"１０"`: "10", `" 8.62 "`: "8.62", `"25%"`: "25",
		`1e1`: "10", `"1,234.50"`: "1234.50", `0.30000000000000004`: "0.3", `-1`: "-1",
		`null`: "", `""`: "", `"—"`: "", `"--"`: "", `"/"`: "", `"无"`: "",
	} {
		tables, err := published.Decode([]byte(`{"indicators":[{"weight":` + text + `}]}`))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := ""
		if w := tables[0].Indicators[0].Weight; w != nil {
			got = w.String()
		}
		if got != want {
			t.Errorf("weight %s read as %q, want %q", text, got, want)
		}
	}
}

func TestMoneyThatNamesItsUnitIsTurnedIntoTheTables(t *testing.T) {
	tables, err := published.Decode([]byte(`{"money_unit":"万元","budget":{"begin":"1,000,000.00元","full_year":"100万元","executed":"98.5"}}`))
	if err != nil {
		t.Fatal(err)
	}
	b := tables[0].Budget
	if b.Begin.String() != "100" || b.FullYear.String() != "100" || b.Executed.String() != "98.5" {
		t.Errorf("read %v %v %v", b.Begin, b.FullYear, b.Executed)
	}
}

func TestWhatIsNoTableIsRefusedWithThePlace(t *testing.T) {
	for data, field := range map[string]string{
		``:                               "line 1, column 1",
		"{\n\"cases\": [}":               "line 2, column 11",
		`{"a":1} {}`:                     "line 1, column 9",
		"\xff\xfe":                       "line 1",
		"{\"cases\":\n[":                 "line 2, column 1",
		`3`:                              "",
		`"表"`:                            "",
		`{"foo":1}`:                      "",
		`{"cases":{}}`:                   "/cases",
		`{"cases":[{"id":"X"}]}`:         "/cases/0",
		`{"cases":[7]}`:                  "/cases/0",
		`[{"indicators":{}}]`:            "/0/indicators",
		`{"indicators":[null]}`:          "/indicators/0",
		`{"indicators":[{"a":1}]}`:       "/indicators/0",
		`{"indicators":[{"target":[]}]}`: "/indicators/0/target",
		`{"cases":[{"indicators":[]},{"indicators":[{"level3":"x"},{"weight":"十几"}]}]}`: "/cases/1/indicators/1/weight",
		`{"indicators":[{"score":{}}]}`:                    "/indicators/0/score",
		`{"indicators":[{"score":1e300}]}`:                 "/indicators/0/score",
		`{"indicators":[],"budget":[]}`:                    "/budget",
		`{"budget":{"full_year":"很多"}}`:                    "/budget/full_year",
		`{"budget":{"full_year":1},"total_printed":true}`:  "/total_printed",
		`{"budget":{"full_year":1},"table_complete":"也许"}`: "/table_complete",
		`{"budget":{"weight":1,"sub_rows":[1]}}`:           "/budget/sub_rows/0",
	} {
		_, err := published.Decode([]byte(data))
		var refusal domain.Refusal
		if !errors.As(err, &refusal) {
			t.Errorf("%q: not refused: %v", data, err)
			continue
		}
		if refusal.Field != field || refusal.Code == "" || refusal.Reason == "" {
			t.Errorf("%q: refused at %q with %q, want %q", data, refusal.Field, refusal.Reason, field)
		}
	}
}

func TestExtraOfAnyShapeIsKept(t *testing.T) {
	for _, extra := range []string{`{"sub_rows":[1]}`, `{"sub_rows":{"a":1},"converted_scores_printed":["好"]}`, `[1,2]`, `"附注"`, `7`} {
		tables, err := published.Decode([]byte(`{"budget":{"weight":1},"extra":` + extra + `}`))
		if err != nil || tables[0].Budget.SubRows != nil || tables[0].Converted != nil {
			t.Errorf("%s: %+v, %v", extra, tables, err)
		}
	}
}

func TestManyFaultsAreNamedTogether(t *testing.T) {
	_, err := published.Decode([]byte(`{"indicators":[{"weight":"甲"},{"score":"乙"}]}`))
	var all domain.Refusals
	if !errors.As(err, &all) || len(all) != 2 || !strings.Contains(all[1].Reason, "/indicators/1/score") {
		t.Errorf("got %v", err)
	}
}

func FuzzDecodeNeverPanics(f *testing.F) {
	f.Add(published.File()[:4000])
	f.Add([]byte(`{"budget":{"full_year":"１,０００.５万元","sub_rows":[{"name":"a","begin":"/"}]},"indicators":[{"weight":1e12}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		tables, err := published.Decode(data)
		if err == nil && tables == nil {
			t.Error("neither tables nor an error")
		}
	})
}
