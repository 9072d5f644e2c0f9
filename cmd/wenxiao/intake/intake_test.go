package intake_test

import (
	"errors"
	"testing"

	"wenxiao/cmd/wenxiao/intake"
	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/execution"
	"wenxiao/domain/published"
	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
)

func open() intake.Intake {
	return intake.Intake{Store: memory.New(), Today: "2026-11-21"}
}

// TestSamples enters every published table, twice: the second time changes
// nothing.
func TestSamples(t *testing.T) {
	in := open()
	for _, table := range published.Samples() {
		first, err := in.Enter(t.Context(), table)
		if err != nil {
			t.Fatalf("%s: %v", table.ID, err)
		}
		again, err := in.Enter(t.Context(), table)
		if err != nil {
			t.Fatalf("%s again: %v", table.ID, err)
		}
		if first.Added == 0 || again.Added != 0 {
			t.Errorf("%s: entered %d events, then %d more", table.ID, first.Added, again.Added)
		}
	}
}

// TestAttested demands that every event of a real body names its source, and
// that none tells of conduct the table does not show.
func TestAttested(t *testing.T) {
	in := open()
	for _, table := range published.Samples() {
		if _, err := in.Enter(t.Context(), table); err != nil {
			t.Fatal(err)
		}
	}
	attested := map[string]bool{
		"unit.registered.v1": true, "programme.registered.v1": true, "goal.filed.v1": true, "goal.approved.v1": true,
		"execution.budget-set.v1": true, "execution.budget-adjusted.v1": true, "execution.paid.v1": true,
		"evaluation.self-filed.v1": true, "evaluation.checked.v1": true,
	}
	n := 0
	for r, err := range in.Store.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if !attested[r.Type] {
			t.Errorf("a published table does not attest %s", r.Type)
		}
		if !r.Late() && r.Type != "evaluation.checked.v1" {
			t.Errorf("%s of %s is not marked as entered late", r.Type, r.Stream)
		}
	}
	if n < 150 {
		t.Errorf("%d events of %d tables", n, len(published.Samples()))
	}
}

// TestAsPrinted compares what the ledger keeps of C17 with the table: more
// spent than budgeted stays so, and the check says it.
func TestAsPrinted(t *testing.T) {
	in := open()
	done := enter(t, in, "C17")
	account, _, err := eventstore.Load[execution.State](t.Context(), in.Store, execution.Stored, execution.Stream(done.Programme, done.Year))
	if err != nil {
		t.Fatal(err)
	}
	if account.Paid != 3_383_100*domain.Yuan || account.FullYear != 3_297_700*domain.Yuan {
		t.Errorf("paid %s of %s 万元, want 338.31 of 329.77", account.Paid.Wan(), account.FullYear.Wan())
	}
	judged, _, err := eventstore.Load[evaluation.State](t.Context(), in.Store, evaluation.Stored, evaluation.Stream(evaluation.SelfID(done.Programme, done.Year)))
	if err != nil {
		t.Fatal(err)
	}
	if len(judged.Current.Rows) != 8 || len(done.Findings) == 0 {
		t.Errorf("%d rows and %d findings", len(judged.Current.Rows), len(done.Findings))
	}
}

// TestWithoutYear refuses what no budget year can hold.
func TestWithoutYear(t *testing.T) {
	in := open()
	table := published.Samples()[0]
	table.Year = 0
	_, err := in.Enter(t.Context(), table)
	var no domain.Refusal
	if !errors.As(err, &no) || no.Code != "table.no-year" {
		t.Errorf("got %v", err)
	}
	if head, _ := in.Store.Head(t.Context()); head != 0 {
		t.Errorf("a refused table left %d records", head)
	}
}

func enter(t *testing.T, in intake.Intake, id string) intake.Entered {
	t.Helper()
	for _, table := range published.Samples() {
		if table.ID == id {
			done, err := in.Enter(t.Context(), table)
			if err != nil {
				t.Fatal(err)
			}
			return done
		}
	}
	t.Fatalf("no sample %s", id)
	return intake.Entered{}
}

// TestMonitoringTable keeps half a year's spending in its half of the year.
func TestMonitoringTable(t *testing.T) {
	in := open()
	done := enter(t, in, "C32")
	for r, err := range in.Store.ReadStream(t.Context(), execution.Stream(done.Programme, done.Year), 1) {
		if err != nil {
			t.Fatal(err)
		}
		if day := domain.DayOf(r.EffectiveAt); day != "2019-06-30" {
			t.Errorf("%s on %s, want the end of June", r.Type, day)
		}
	}
}

// TestRemarks leaves out what the copyist noted beside a name.
func TestRemarks(t *testing.T) {
	if done := enter(t, open(), "C44"); done.Name != "学生伙食费" {
		t.Errorf("entered as %q", done.Name)
	}
}
