package projections

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
	"wenxiao/eventstore/postgres/pgtest"
)

// said is a log that may be read while it is written.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) { s.mu.Lock(); defer s.mu.Unlock(); return s.text.Write(b) }
func (s *said) String() string              { s.mu.Lock(); defer s.mu.Unlock(); return s.text.String() }

// watching is a runner that fills nothing.
func watching(t *testing.T, db *sql.DB, store eventstore.Store, replica *Replica) *Runner {
	r := NewRunner(db, store, slog.New(slog.DiscardHandler), All()...)
	if replica != nil {
		r.ReadFrom(replica)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Watch(ctx) }()
	t.Cleanup(func() {
		cancel()
		check(t, <-done)
	})
	return r
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// A process that does not fill the tables sees what the one that does has filled,
// and nothing before it is there.
func TestWatchSeesWhatAnotherFills(t *testing.T) {
	store, db := smallCity(t), openViews(t)
	fills := NewRunner(db, store, slog.New(slog.DiscardHandler), All()...)
	check(t, fills.CatchUp(t.Context()))
	watches := watching(t, db, store, nil)
	head, err := store.Head(t.Context())
	check(t, err)
	check(t, watches.WaitFor(soon(t), head))

	appendRaw(t, store, "unit-late", "unit.registered.v1", `{"code":"late","name":"晚到","kind":"budgetary"}`)
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := watches.WaitFor(short, head+1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("seen before it was filled: %v", err)
	}
	waited := make(chan error, 1)
	go func() { waited <- watches.WaitFor(soon(t), head+1) }()
	check(t, fills.CatchUp(t.Context()))
	check(t, <-waited)
}

// Tables that whoever should does not fill, because it knows them by other names,
// a watching process fills itself.
func TestWatchHelpsTablesThatStandStill(t *testing.T) {
	store, db := smallCity(t), openViews(t)
	check(t, openMarks(t.Context(), db))
	watches := watching(t, db, store, nil)
	head, err := store.Head(t.Context())
	check(t, err)
	check(t, watches.WaitFor(soon(t), head))
	if n := count(t, Views{db}, "trail_v1"); eventstore.Position(n) != head {
		t.Errorf("%d rows of %d", n, head)
	}
}

// What stops the tables is told to those who wait elsewhere, too.
func TestWatchTellsWhyTablesStop(t *testing.T) {
	store, db := smallCity(t), openViews(t)
	appendRaw(t, store, "unit-x", "unit.dissolved.v9", `{}`)
	if err := NewRunner(db, store, slog.New(slog.DiscardHandler), All()...).CatchUp(t.Context()); err == nil {
		t.Fatal("filled what cannot be read")
	}
	head, err := store.Head(t.Context())
	check(t, err)
	if err := watching(t, db, store, nil).WaitFor(soon(t), head); err == nil || !strings.Contains(err.Error(), "unit.dissolved.v9") {
		t.Errorf("told %v", err)
	}
}

// Two processes that fill the same tables do one another no harm: see that the
// rows are those of one.
func TestTwoFillTheSameTables(t *testing.T) {
	store, db := smallCity(t), openViews(t)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { check(t, quiet(db, store, 8).CatchUp(t.Context())) })
	}
	both.Wait()
	alone := openViews(t)
	check(t, quiet(alone, store, 8).CatchUp(t.Context()))
	if a, b := dump(t, db), dump(t, alone); a != b {
		t.Errorf("two filled otherwise than one:\n%s", differ(a, b))
	}
}

// TestReplica reads from a real streaming replica: whoever waits for a record sees
// it there; while the replica stands still, on the primary; and on the replica
// again when it has caught up.
func TestReplica(t *testing.T) {
	pair := pgtest.NewPair(t)
	primary, err := OpenDB(t.Context(), pair.Primary)
	check(t, err)
	t.Cleanup(func() { primary.Close() })
	log := new(said)
	replica, err := OpenReplica(t.Context(), primary, pair.Replica, slog.New(slog.NewTextHandler(log, nil)))
	check(t, err)
	t.Cleanup(func() { replica.Close() })
	store := memory.New()
	t.Cleanup(func() { store.Close() })
	fills := watching(t, primary, store, replica) // as a leader does
	views, units := Views{replica}, 0
	file := func() {
		t.Helper()
		units++
		appendRaw(t, store, "unit-"+code3(units), "unit.registered.v1", `{"code":"`+code3(units)+`","name":"某单位","kind":"budgetary"}`)
		check(t, fills.CatchUp(t.Context()))
		head, err := store.Head(t.Context())
		check(t, err)
		check(t, fills.WaitFor(soon(t), head))
		if n := count(t, views, "units_v1"); n != units {
			t.Fatalf("%d units of %d are seen; %s", n, units, log)
		}
	}
	caughtUp := func() { // which on a machine with much to do it may have to
		t.Helper()
		for end := time.Now().Add(time.Minute); replica.Aside() && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		}
		if replica.Aside() {
			t.Fatalf("the replica has caught up and is not read: %s", log)
		}
	}
	file()
	until(t, log, "the replica is read")
	for range 5 {
		file()
		caughtUp()
	}
	resume := pair.Stall(t)
	file()
	if !replica.Aside() {
		t.Fatal("a replica that stands still is read")
	}
	file()
	resume()
	caughtUp()
	file()
	if _, err := replica.copy.Exec("DROP TABLE units_v1"); err == nil {
		t.Error("the replica was written to")
	}
	if _, err := views.People(t.Context(), "某"); err != nil {
		t.Error(err)
	}
	check(t, replica.copy.Close()) // it is gone
	file()
	until(t, log, "database is closed")
}

func code3(n int) string { return string([]byte{'u', byte('0' + n/10), byte('0' + n%10)}) }

func until(t *testing.T, log *said, text string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !strings.Contains(log.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never said %q: %s", text, log)
		}
	}
}
