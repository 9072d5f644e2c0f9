package storetest

import (
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"wenxiao/eventstore"
)

func closed(t *testing.T, open Opener) {
	s := open(t)
	add(t, s, "closed", 0, draft("1"))
	waiting := make(chan error)
	go func() { waiting <- s.Wait(t.Context(), 1) }()
	time.Sleep(5 * time.Millisecond)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, appended := s.Append(t.Context(), "closed", 1, draft("2"))
	_, head := s.Head(t.Context())
	errs := map[string]error{"append": appended, "head": head, "wait": s.Wait(t.Context(), 0), "a wait under way": <-waiting}
	for _, errs["read all"] = range s.ReadAll(t.Context(), 0) {
	}
	for _, errs["read stream"] = range s.ReadStream(t.Context(), "closed", 0) {
	}
	for call, err := range errs {
		if !errors.Is(err, eventstore.ErrClosed) {
			t.Errorf("%s: got %v, want ErrClosed", call, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

// closing closes a store under load: every append is either answered and in the
// ledger, or refused and not.
func closing(t *testing.T, open Opener) {
	s := open(t)
	const writers = 16
	done := make([]eventstore.Revision, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for {
				a, err := s.Append(t.Context(), numbered("closing", w), done[w], draft("1"))
				if err != nil {
					if !errors.Is(err, eventstore.ErrClosed) {
						t.Errorf("got %v, want ErrClosed", err)
					}
					return
				}
				done[w] = a.Revision
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	s = start(t, open)
	for w, want := range done {
		if n := len(read(t, s, numbered("closing", w))); n != int(want) {
			t.Errorf("writer %d was answered %d times, %d records are there", w, want, n)
		}
	}
	checkDense(t, readAll(t, s, 0))
}

func reopen(t *testing.T, open Opener) {
	var want []eventstore.Record
	for i := range 3 {
		s := open(t)
		if got := readAll(t, s, 0); !reflect.DeepEqual(got, want) || int(head(t, s)) != len(want) {
			t.Fatalf("reopened %d times: head %d, %d records, want %d as they were", i, head(t, s), len(got), len(want))
		}
		a := add(t, s, "kept", eventstore.Revision(2*i), draft("1"), draft("2"))
		if want := eventstore.Position(3*i + 2); a.Position != want {
			t.Errorf("position %d, want %d", a.Position, want)
		}
		add(t, s, numbered("new", i), 0, draft("3"))
		want = readAll(t, s, 0)
		checkDense(t, want)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := start(t, open).Wait(t.Context(), eventstore.Position(len(want)-1)); err != nil {
		t.Errorf("waiting for what was there before: %v", err)
	}
}

// backwardsClock steps the clock back by seconds during a run, and by an hour
// between two.
func backwardsClock(t *testing.T, open Opener) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 999999999, time.UTC)
	for range 2 {
		first := now
		s := open(t, eventstore.WithClock(func() time.Time { now = now.Add(-time.Second); return now }))
		for i := range 5 {
			add(t, s, numbered("timed", int(head(t, s))), 0, draft("1"), draft("2"))
			if i == 2 {
				now = first.Add(time.Minute)
			}
		}
		checkDense(t, readAll(t, s, 0))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		now = now.Add(-time.Hour)
	}
	s := start(t, open)
	all := readAll(t, s, 0)
	checkDense(t, all)
	if first, last := all[0].RecordedAt, all[len(all)-1].RecordedAt; last.Sub(first) != time.Minute {
		t.Errorf("recorded from %v to %v, want one minute", first, last)
	}
}
