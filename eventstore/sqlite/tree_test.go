package sqlite_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/sqlite"
	"wenxiao/eventstore/storetest"
)

func opener(t *testing.T) storetest.Opener {
	path := filepath.Join(t.TempDir(), "ledger.db")
	return func(t *testing.T, options ...eventstore.Option) eventstore.Store { return open(t, path, options...) }
}

func TestTreeMovesWithTheRecords(t *testing.T) { storetest.Together(t, opener(t)) }

func TestTreeIsMended(t *testing.T) { storetest.Mended(t, opener(t)) }

// TestFormerFormat opens a ledger as the first version of this program left it.
func TestFormerFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := open(t, path)
	for n := range 3 {
		if _, err := s.Append(t.Context(), "s", eventstore.Revision(n), draft); err != nil {
			t.Fatal(err)
		}
	}
	want, err := s.Tree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	shut(t, s)
	execute(t, path, `drop table ledger_tree`, `update ledger_format set version = 1`)
	s = open(t, path)
	defer shut(t, s)
	if _, err := s.Append(t.Context(), "s", 3, draft); err != nil {
		t.Fatal(err)
	}
	var first eventstore.Tree
	for r, err := range s.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if first = first.Add(r.Envelope); first.Size == want.Size && first.Root() != want.Root() {
			t.Error("the tree of the former format's records differs")
		}
	}
	if tree, err := s.Tree(t.Context()); err != nil || tree.Size != 4 || tree.Root() != first.Root() {
		t.Errorf("after upgrading the tree is %d %v (%v), want 4 %v", tree.Size, tree.Root(), err, first.Root())
	}
}

// TestOlderProgramGoesOn: a program of the first version has the ledger open, by the
// lock that every version takes before anything else. It is left as it is; what
// that program records meanwhile is in the ledger that is upgraded after.
func TestOlderProgramGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := open(t, path)
	if _, err := s.Append(t.Context(), "s", 0, draft); err != nil {
		t.Fatal(err)
	}
	shut(t, s)
	execute(t, path, `drop table ledger_tree`, `update ledger_format set version = 1`)
	older, err := sql.Open("sqlite", path+"-writer")
	if err != nil {
		t.Fatal(err)
	}
	defer older.Close()
	older.SetMaxOpenConns(1)
	if _, err := older.ExecContext(t.Context(), `begin exclusive`); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(path); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("opened beside it: %v", err)
	}
	execute(t, path, `update ledger_format set version = 1 / (version = 1)`, // which fails on any other
		`insert into ledger_events select 2, stream, 2, x'00', type, recorded_at, null, envelope, data from ledger_events`)
	if err := older.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	defer shut(t, s)
	if a, err := s.Append(t.Context(), "s", 2, draft); err != nil || a.Position != 3 {
		t.Errorf("after it has ended: %+v, %v", a, err)
	}
	if tree, err := s.Tree(t.Context()); err != nil || tree.Size != 3 {
		t.Errorf("the tree has %d, %v", tree.Size, err)
	}
}

// TestDamageIsNotWrittenOver takes the last record, or a bit of the tree, away
// from a ledger: it opens for writing no more, so nothing is added on top.
func TestDamageIsNotWrittenOver(t *testing.T) {
	for _, harm := range []string{
		`delete from ledger_events where position = 3`,
		`delete from ledger_events`,
		`update ledger_tree set size = 2`,
		`update ledger_tree set root = zeroblob(32)`,
		`update ledger_tree set edge = zeroblob(64)`,
	} {
		path := filepath.Join(t.TempDir(), "ledger.db")
		s := open(t, path)
		for n := range 3 {
			if _, err := s.Append(t.Context(), "s", eventstore.Revision(n), draft); err != nil {
				t.Fatal(err)
			}
		}
		shut(t, s)
		execute(t, path, harm)
		if s, err := sqlite.Open(path); !errors.Is(err, eventstore.ErrDamaged) {
			t.Errorf("after %s it opens: %v", harm, err)
			if err == nil {
				shut(t, s)
			}
		}
	}
}

func execute(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// TestDisguisedTriggerIsFound hides a trigger under a name of SQLite's own tables
// of statistics, which no statement can make and an edited schema can.
func TestDisguisedTriggerIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := open(t, path)
	if _, err := s.Append(t.Context(), "s", 0, draft); err != nil {
		t.Fatal(err)
	}
	shut(t, s)
	execute(t, path, `analyze`)
	found := func() []string {
		s, err := sqlite.OpenReadOnly(path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		odd, err := s.CheckSchema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return odd
	}
	if odd := found(); len(odd) > 0 {
		t.Fatalf("an analysed ledger has %v", odd)
	}
	execute(t, path, `pragma writable_schema = on;
		insert into sqlite_schema (type, name, tbl_name, rootpage, sql) values ('trigger', 'sqlite_stat_x', 'ledger_events', 0,
			'create trigger sqlite_stat_x before insert on ledger_events begin select raise(abort, ''no''); end')`)
	if odd := found(); !slices.Contains(odd, "trigger sqlite_stat_x") {
		t.Errorf("found %v", odd)
	}
}
