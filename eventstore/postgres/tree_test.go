package postgres_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/storetest"
)

func opener(t *testing.T) storetest.Opener {
	url := pgtest.URL(t)
	return func(t *testing.T, options ...eventstore.Option) eventstore.Store { return open(t, url, options...) }
}

func TestTreeMovesWithTheRecords(t *testing.T) { storetest.Together(t, opener(t)) }

func TestTreeIsMended(t *testing.T) { storetest.Mended(t, opener(t)) }

// TestFormerFormat opens a ledger as the first version of this program left it.
func TestFormerFormat(t *testing.T) {
	url := pgtest.URL(t)
	s := open(t, url)
	a, err := s.Append(t.Context(), "s", 0, draft("c"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := s.Tree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Former(t, url)
	execute(t, url, `alter table ledger_head drop tree_size, drop tree_root, drop tree_edge`, `update ledger_head set version = 1`)
	s = open(t, url)
	next, err := s.Append(t.Context(), "s", a.Revision, draft("d"))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := s.Tree(t.Context())
	if err != nil || tree.Size != next.Position || tree.Edge[0] == want.Edge[0] || tree.Root() == want.Root() {
		t.Errorf("after upgrading the tree is %+v (%v)", tree, err)
	}
	var grown eventstore.Tree
	for r, err := range s.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		grown = grown.Add(r.Envelope)
	}
	if grown.Root() != tree.Root() {
		t.Errorf("the tree is %v, that of the records is %v", tree.Root(), grown.Root())
	}
}

// TestDamageIsNotWrittenOver is as for SQLite.
func TestDamageIsNotWrittenOver(t *testing.T) {
	for _, harm := range []string{
		`update ledger_head set position = 0`,
		`update ledger_head set tree_size = 4`,
		`update ledger_head set tree_root = ''`,
		`update ledger_head set tree_edge = tree_root`,
	} {
		url := pgtest.URL(t)
		s := open(t, url)
		for n := range 3 {
			if _, err := s.Append(t.Context(), "s", eventstore.Revision(n), draft("")); err != nil {
				t.Fatal(err)
			}
		}
		execute(t, url, harm)
		if s, err := postgres.Open(t.Context(), url); !errors.Is(err, eventstore.ErrDamaged) {
			t.Errorf("after %s it opens: %v", harm, err)
			if err == nil {
				_ = s.Close()
			}
		}
	}
}

func execute(t *testing.T, url string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, s := range statements {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}
