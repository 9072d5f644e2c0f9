package projections

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
)

func cellOf(cells []Cell, key string) Cell {
	i := slices.IndexFunc(cells, func(c Cell) bool { return c.Key == key })
	if i < 0 {
		return Cell{}
	}
	return cells[i]
}

func TestMomentShowsTheFormAsItWas(t *testing.T) {
	s := tell(t)
	records := s.records(t)
	first, err := MomentAt(records, 2022, 11)
	check(t, err)
	if got := first.Goal.Cell("budget"); got.Value != "30.00" || got.SetBy != 11 || got.Changed {
		t.Errorf("budget of version 1: %+v", got)
	}
	if first.Goal.Status != GoalFiled || first.Goal.Version != 1 || first.Evaluation != nil || first.Programme.GoalStatus != GoalFiled || first.Account.Lines != 0 {
		t.Errorf("%+v", first.Goal)
	}
	second, err := MomentAt(records, 2022, 13)
	check(t, err)
	if got := second.Goal.Cell("budget"); got.Value != "25.00" || got.Was != "30.00" || !got.Changed {
		t.Errorf("budget of version 2: %+v", got)
	}
	if got := second.Goal.Rows[1].Cell("target"); got.Value != "≥90%" || got.Was != "≥95%" || !got.Changed || got.SetBy != 13 {
		t.Errorf("target of version 2: %+v", got)
	}
	if got := second.Goal.Rows[0].Cell("target"); got.Changed || got.SetBy != 11 {
		t.Errorf("an unchanged target: %+v", got)
	}
	approved, err := MomentAt(records, 2022, 15)
	check(t, err)
	if got := approved.Goal.Cell("budget"); got.Changed || got.Was != "30.00" || got.SetBy != 13 {
		t.Errorf("a cell changed two events ago: %+v", got)
	}
	if approved.Index != 7 || approved.Count != 23 || approved.Entry.Verb != "批复" || approved.Goal.Status != GoalApproved {
		t.Errorf("event %d of %d: %s", approved.Index, approved.Count, approved.Entry.Sentence)
	}
}

func TestMomentKnowsWhoWasResponsible(t *testing.T) {
	s := tell(t)
	for at, want := range map[eventstore.Position]string{19: "陈某", 20: "赵某"} {
		m, err := MomentAt(s.records(t), 2022, at)
		check(t, err)
		if m.Programme.ResponsibleName != want || cellOf(m.Head, "responsible").Value != want+"（项目负责人）" {
			t.Errorf("at %d: %s", at, m.Programme.ResponsibleName)
		}
	}
}

func TestCorrectionChangesTheFigureAndNamesWhatItCorrects(t *testing.T) {
	s := tell(t)
	records := s.records(t)
	before, err := MomentAt(records, 2022, 18)
	check(t, err)
	after, err := MomentAt(records, 2022, 19)
	check(t, err)
	changes := Diff(before, after)
	i := slices.IndexFunc(changes, func(c Change) bool { return c.Key == "budget/paid" })
	if i < 0 {
		t.Fatalf("changes %+v", changes)
	}
	if c := changes[i]; c.From != "6.00" || c.To != "6.20" || c.By.Person != "zhou" || c.Reason != "票面金额录错" || c.Corrects != before.Entry.Event {
		t.Errorf("%+v", c)
	}
	if lines := after.Account.Entries; lines[2].Corrected != after.Entry.Event || lines[3].PaidTotal != 62_000*domain.Yuan {
		t.Errorf("lines %+v", lines)
	}
}

func TestDiffOfAnyTwoMoments(t *testing.T) {
	s := tell(t)
	records := s.records(t)
	a, err := MomentAt(records, 2022, 11)
	check(t, err)
	b, err := MomentAt(records, 2022, 0)
	check(t, err)
	there, back := Diff(a, b), Diff(b, a)
	if len(there) == 0 || len(there) != len(back) {
		t.Fatalf("%d changes there, %d back", len(there), len(back))
	}
	for i := range there {
		if there[i].From != back[i].To || there[i].To != back[i].From || there[i].Position != back[i].Position {
			t.Errorf("%+v and %+v", there[i], back[i])
		}
	}
	i := slices.IndexFunc(there, func(c Change) bool { return c.Key == "responsible" })
	if i < 0 || !there[i].Late || there[i].Reason != "岗位调整" || there[i].By.Person != "wang" {
		t.Errorf("the handover: %+v", there)
	}
	if len(Diff(b, b)) != 0 {
		t.Error("a moment differs from itself")
	}
}

func TestHistoryOfACell(t *testing.T) {
	s := tell(t)
	history, err := History(s.records(t), 2022, "budget/paid")
	check(t, err)
	var values []string
	for _, c := range history {
		values = append(values, c.Was+"→"+c.Value)
	}
	if want := []string{"→6.00", "6.00→6.20", "6.20→14.30", "14.30→21.55"}; !slices.Equal(values, want) {
		t.Errorf("got %v, want %v", values, want)
	}
	history, err = History(s.records(t), 2022, "goal/indicators/1/target")
	check(t, err)
	if len(history) != 2 || history[1].Changed || history[1].Value != "=100%" {
		t.Errorf("a cell filed twice with the same value: %+v", history)
	}
	if history, err = History(s.records(t), 2022, "no/such"); err != nil || len(history) != 0 {
		t.Errorf("%v, %v", history, err)
	}
}

func TestDroppedAndAddedRows(t *testing.T) {
	store := memory.New()
	defer store.Close()
	o := newOffice(t, store)
	o.open("p")
	o.file("p", 30*domain.WanYuan, "", indicators("1", "2"))
	give(o, goalStored, "goal-p-2022", reviewer, returned(1))
	rows := indicators("1", "2")
	rows[1].Row = "3"
	o.file("p", 30*domain.WanYuan, "换一项", rows)
	records, err := ReadHistory(t.Context(), store, []string{"programme-p", "goal-p-2022"})
	check(t, err)
	m, err := MomentAt(records, 2022, 0)
	check(t, err)
	var shape []string
	for _, r := range m.Goal.Rows {
		shape = append(shape, r.Row+either(r.New, " new", "")+either(r.Gone, " gone", ""))
	}
	if want := []string{"1", "3 new", "2 gone"}; !slices.Equal(shape, want) {
		t.Errorf("rows %v, want %v", shape, want)
	}
	if c := m.Goal.Rows[2].Cell("target"); c.Value != "" || c.Was != "2" || !c.Changed {
		t.Errorf("dropped cell %+v", c)
	}
}

// What replay shows at the end is what the tables hold, whatever happened.
func TestReplayAtTheHeadEqualsTheTables(t *testing.T) {
	db := openViews(t)
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		if runs++; runs > 20 { // tables are made and dropped each time
			return
		}
		clean(t, db)
		store := memory.New()
		defer store.Close()
		o := newOffice(t, store)
		o.open("p1", "p-2")
		for range rapid.IntRange(0, 80).Draw(rt, "commands") {
			o.anything(rt, []domain.ProgrammeCode{"p1", "p-2"})
		}
		check(rt, quiet(db, store, 50).CatchUp(t.Context()))
		v := Views{db}
		streams, err := v.YearStreams(t.Context(), "p-2", 2022)
		check(rt, err)
		records, err := ReadHistory(t.Context(), store, streams)
		check(rt, err)
		m, err := MomentAt(records, 2022, 0)
		check(rt, err)
		p, err := v.Programme(t.Context(), "p-2", 2022)
		check(rt, err)
		same(rt, "programme", m.Programme, p)
		goals, err := v.Goals(t.Context(), GoalFilter{Programme: "p-2", AllVersions: true})
		check(rt, err)
		same(rt, "goals", m.Goals, goals.Rows)
		scores, err := v.Scores(t.Context(), ScoreFilter{Programme: "p-2", AllVersions: true})
		check(rt, err)
		same(rt, "scores", m.Scores, scores.Rows)
		lines, err := v.Snapshots(t.Context(), "p-2", 2022)
		check(rt, err)
		same(rt, "lines", m.Lines, lines)
		if account, err := v.Account(t.Context(), "p-2", 2022); err == nil {
			account.Source, account.ProgrammeName = nil, m.Account.ProgrammeName
			same(rt, "account", m.Account, account)
		}
		entries, err := v.History(t.Context(), "p-2", 2022, 0)
		check(rt, err)
		same(rt, "entries", m.Entries, entries)
	})
}

func same(t *rapid.T, what string, a, b any) {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	// Tables show the present name of a unit, replay that of the day.
	y = bytes.ReplaceAll(y, []byte(`"unitName":"示例市体育事业中心"`), []byte(`"unitName":"示例市体育中心"`))
	x = bytes.ReplaceAll(x, []byte(`"unitName":"示例市体育事业中心"`), []byte(`"unitName":"示例市体育中心"`))
	if !reflect.DeepEqual(x, y) {
		t.Fatalf("%s\nreplay %s\ntables %s", what, x, y)
	}
}
