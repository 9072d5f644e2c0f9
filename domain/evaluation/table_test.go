package evaluation_test

import (
	"encoding/json"
	"testing"

	"wenxiao/domain"
	. "wenxiao/domain/evaluation"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
)

// TestTablesScoreTheSame: a printed table that went through the ledger, bytes
// and all, is scored as if it came straight from its file.
func TestTablesScoreTheSame(t *testing.T) {
	for _, table := range published.Samples() {
		form, err := FromTable(table)
		if err != nil {
			t.Errorf("%s: %v", table.ID, err)
			continue
		}
		form.Programme, form.Unit, form.Source = "a", "b", &domain.Source{Title: table.Source, Case: table.ID}
		form.Year = max(form.Year, 2020) // one table prints no year
		events, err := form.Decide(State{})
		if err != nil {
			t.Errorf("%s: %v", table.ID, err)
			continue
		}
		back, err := stored(t, events[0]).Table()
		if err != nil {
			t.Errorf("%s: %v", table.ID, err)
			continue
		}
		if got, want := score(t, back, table), score(t, table, table); got != want {
			t.Errorf("%s scores\n%s\nafter the ledger, before it\n%s", table.ID, got, want)
		}
	}
}

// stored is the event as it reads back from its stored bytes.
func stored(t *testing.T, e Event) SelfFiled {
	t.Helper()
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Stored.Decode(e.EventType(), data)
	if err != nil {
		t.Fatal(err)
	}
	return again.(SelfFiled)
}

// score prints the result; project, department and year are the caller's.
func score(t *testing.T, table, named published.Table) string {
	t.Helper()
	table.Project, table.Department, table.Year = named.Project, named.Department, named.Year
	data, err := json.Marshal(scoring.Score(table, rulebook.Default()))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestMoneyOfTables(t *testing.T) {
	table, _ := published.Sample("C26") // printed in 元
	form, err := FromTable(table)
	if err != nil || *form.Budget.Executed != 21_545_760 || *form.Budget.FullYear != 25*wan {
		t.Errorf("executed %v, %v", form.Budget.Executed, err)
	}
	table, _ = published.Sample("C17") // printed in 万元, and overspent
	form, err = FromTable(table)
	if err != nil || form.Budget.Executed.Wan() != "338.31" || form.Budget.FullYear.Wan() != "329.77" {
		t.Errorf("executed %v, %v", form.Budget.Executed, err)
	}
}

func TestTablesThatAreNoForms(t *testing.T) {
	table, _ := published.Sample("C26")
	table.MoneyUnit = "美元"
	if _, err := FromTable(table); codes(err) != "evaluation.no-money-unit" {
		t.Error(err)
	}
	table.MoneyUnit, table.Budget.Executed = "元", d("0.001")
	table.Budget.SubRows = []published.SubRow{{Name: "其中", Money: published.Money{Begin: d("1.005")}}}
	_, err := FromTable(table)
	if codes(err) != "money.below-a-fen money.below-a-fen" || domain.Refused(err)[1].Field != "/budget/sub_rows/0/begin" {
		t.Error(err)
	}
	if _, err := (SelfFiled{MoneyUnit: "美元"}).Table(); err == nil {
		t.Error("a form in dollars became a table")
	}
}
