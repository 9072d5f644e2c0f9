package main

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"wenxiao/domain"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
	"wenxiao/projections"
)

// ledgerOf holds n units.
func ledgerOf(t *testing.T, n int) eventstore.Store {
	t.Helper()
	store := memory.New()
	for i := range n {
		code := domain.UnitCode(fmt.Sprintf("u%d", i))
		register := unit.Register{Code: code, Name: "示例单位", Kind: unit.Budgetary}
		if _, err := eventstore.Execute(t.Context(), store, unit.Stored, unit.Stream(code), 0, domain.Command[unit.State, unit.Event](register), eventstore.Meta{}); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// Tables newer than a ledger put back from a backup would show what it does not
// hold and miss what it records next.
func TestTablesBeyondTheLedgerAreRefused(t *testing.T) {
	db, err := projections.OpenDB(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "views"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	over := func(store eventstore.Store) *projections.Runner {
		return projections.NewRunner(db, store, slog.New(slog.DiscardHandler), projections.All()...)
	}
	whole, restored := ledgerOf(t, 3), ledgerOf(t, 2)
	if err := catchUp(t.Context(), over(whole), whole); err != nil {
		t.Fatal(err)
	}
	var no domain.Refusal
	if err := catchUp(t.Context(), over(restored), restored); !errors.As(err, &no) || no.Code != "tables.ahead" {
		t.Fatalf("%v", err)
	}
	if err := over(restored).Rebuild(t.Context(), func(_, _ eventstore.Position) {}); err != nil {
		t.Fatal(err)
	}
	if err := catchUp(t.Context(), over(restored), restored); err != nil {
		t.Errorf("after a rebuild: %v", err)
	}
	other := ledgerOf(t, 5) // restored and written on: longer than the tables, and another history
	if err := catchUp(t.Context(), over(other), other); !errors.As(err, &no) || no.Code != "tables.diverged" {
		t.Errorf("tables of another history: %v", err)
	}
}

// Marks of a program that did not note the last event are taken as they are,
// and note it from then on.
func TestEarlierMarksAreTaken(t *testing.T) {
	db, err := projections.OpenDB(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "views"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	store := ledgerOf(t, 2)
	runner := func() *projections.Runner {
		return projections.NewRunner(db, store, slog.New(slog.DiscardHandler), projections.All()...)
	}
	if err := catchUp(t.Context(), runner(), store); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `ALTER TABLE projection_marks DROP COLUMN event`); err != nil {
		t.Fatal(err)
	}
	register := unit.Register{Code: "u9", Name: "示例单位", Kind: unit.Budgetary}
	added, err := eventstore.Execute(t.Context(), store, unit.Stored, unit.Stream("u9"), 0, domain.Command[unit.State, unit.Event](register), eventstore.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	if err := catchUp(t.Context(), runner(), store); err != nil {
		t.Fatal(err)
	}
	marks, err := runner().Marks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range marks {
		if m.Position != 3 || m.Event != added.IDs[0] {
			t.Errorf("%s is at %d, event %q", m.Name, m.Position, m.Event)
		}
	}
}
