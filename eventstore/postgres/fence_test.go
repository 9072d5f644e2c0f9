package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres/pgtest"
)

// believer leads without the lock, as a leader does whose connection was cut and
// who has not noticed.
func believer(t *testing.T, url string) (*Store, *term) {
	t.Helper()
	s, err := connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	b := &term{}
	b.ctx, b.end = context.WithCancelCause(t.Context())
	if b.pool, err = openPool(t.Context(), url, 1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.pool.Close)
	if b.writer, _, err = s.write(t.Context(), t.Context(), b.pool, eventstore.Chosen()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.writer.Close)
	return s, b
}

// TestTwoLeaders has two that believe they lead append at the same time: from the
// moment that the second leads, the first adds nothing, and what it was
// acknowledged before is there.
func TestTwoLeaders(t *testing.T) {
	url := pgtest.URL(t)
	reader, first := believer(t, url)
	var mu sync.Mutex
	acknowledged, late := map[string]bool{}, time.Time{}
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := 0; ; i++ {
				begun := time.Now()
				a, err := first.carryOut(t.Context(), errand{Stream: fmt.Sprint("s-", w), Seen: eventstore.Revision(i), Drafts: []eventstore.Draft{{Type: "t"}}})
				if err != nil {
					if !errors.Is(err, errElsewhere) || !errors.Is(err, eventstore.ErrFenced) {
						t.Errorf("%v, want that another may do it", err)
					}
					return
				}
				mu.Lock()
				if acknowledged[a.IDs[0]] = true; begun.After(late) {
					late = begun
				}
				mu.Unlock()
			}
		})
	}
	for some := 0; some == 0; time.Sleep(50 * time.Millisecond) { // and then in the middle of others
		mu.Lock()
		some = len(acknowledged)
		mu.Unlock()
	}
	second, err := Join(t.Context(), url, Member{})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	leads := time.Now()
	writers.Wait()
	if late.After(leads) || len(acknowledged) == 0 {
		t.Errorf("the first was acknowledged %d appends, the last begun %v after the second led", len(acknowledged), late.Sub(leads))
	}
	if _, err := second.Append(t.Context(), "s-0", 0, eventstore.Draft{Type: "t"}); !errors.Is(err, eventstore.ErrConflict) {
		t.Errorf("the second does not know what the first wrote: %v", err)
	}
	if head, err := reader.Head(t.Context()); err != nil || int(head) != len(acknowledged) {
		t.Errorf("%d records, %d were acknowledged (%v)", head, len(acknowledged), err)
	}
	for r, err := range reader.ReadAll(t.Context(), 0) {
		if err != nil || !acknowledged[r.ID] {
			t.Fatalf("%s at %d was not acknowledged (%v)", r.ID, r.Position, err)
		}
	}
}

// TestStoppedInTheMiddle: a writer that went no further in the middle of a
// transaction, and whose connection lives on, does not keep the next one waiting.
func TestStoppedInTheMiddle(t *testing.T) {
	url := pgtest.URL(t)
	_, first := believer(t, url)
	tx, err := first.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	// Asleep in a statement it is not idle, which the server would notice by itself.
	asleep := make(chan error, 1)
	if _, err := tx.Exec(t.Context(), `select from ledger_head for update`); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := tx.Exec(t.Context(), `select pg_sleep(600)`)
		asleep <- err
	}()
	second, err := Join(t.Context(), url, Member{})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if err := <-asleep; err == nil {
		t.Error("the first one's transaction was not ended")
	}
	if _, err := second.Append(t.Context(), "s", 0, eventstore.Draft{Type: "t"}); err != nil {
		t.Error(err)
	}
}

// TestSessionEnded ends the session that has the leader's lock, again and again,
// while appends go on: each is answered, and in once.
func TestSessionEnded(t *testing.T) {
	url := pgtest.URL(t)
	s, err := Join(t.Context(), url, Member{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	admin, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	before, err := s.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const rounds = 4
	led := func(epoch int64) (now eventstore.Leader) { // once the end of a session is noticed
		for now.Epoch < epoch {
			if now, err = s.Leader(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return now
	}
	for i := range rounds * 10 {
		if i%10 == 5 {
			led(before.Epoch + int64(i/10))
			if _, err := admin.Exec(t.Context(), `select pg_terminate_backend(session) from ledger_leader`); err != nil {
				t.Fatal(err)
			}
		}
		a, err := s.Append(t.Context(), "s", eventstore.Revision(i), eventstore.Draft{Type: "t", Meta: eventstore.Meta{Command: fmt.Sprint("c-", i)}})
		if err != nil || a.Position != eventstore.Position(i+1) {
			t.Fatalf("append %d: %+v, %v", i, a, err)
		}
	}
	after := led(before.Epoch + rounds)
	if !after.Here || after.Epoch != before.Epoch+rounds || !after.Since.After(before.Since) {
		t.Errorf("led by %+v, then by %+v", before, after)
	}
}

// TestNoHead: where the head row is not, as while a backup is put back, or is
// somebody else's, nothing is added, in few records or many.
func TestNoHead(t *testing.T) {
	for _, n := range []int{1, 3, bulk} {
		for _, harm := range []string{`delete from ledger_head`, `alter table ledger_head drop constraint ledger_head_one_check; update ledger_head set epoch = epoch + 1`} {
			url := pgtest.URL(t)
			store, err := Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			db, err := pgx.Connect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close(t.Context())
			if _, err := db.Exec(t.Context(), harm); err != nil {
				t.Fatal(err)
			}
			drafts := slices.Repeat([]eventstore.Draft{{Type: "test.happened.v1", Data: []byte("{}")}}, n)
			if _, err := store.Append(t.Context(), "s", 0, drafts...); err == nil {
				t.Errorf("%s: %d records were added", harm, n)
			}
			var records int
			if err := db.QueryRow(t.Context(), `select count(*) from ledger_events`).Scan(&records); err != nil || records > 0 {
				t.Errorf("%s: %d records, %v", harm, records, err)
			}
		}
	}
}
