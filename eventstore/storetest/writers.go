package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"wenxiao/eventstore"
)

func staleWriter(t *testing.T, open Opener) {
	s := start(t, open)
	add(t, s, "stale", 0, draft(`1`), draft(`2`))
	for _, seen := range []eventstore.Revision{0, 1, 3, eventstore.AnyRevision} {
		_, err := s.Append(t.Context(), "stale", seen, draft(`x`))
		var conflict *eventstore.Conflict
		if !errors.Is(err, eventstore.ErrConflict) || !errors.As(err, &conflict) {
			t.Errorf("append at revision %d of 2: got %v, want a conflict", seen, err)
		} else if *conflict != (eventstore.Conflict{Stream: "stale", Seen: seen, At: 2}) {
			t.Errorf("append at revision %d of 2: %+v", seen, *conflict)
		}
	}
	if n := len(read(t, s, "stale")); n != 2 {
		t.Errorf("refused writers left %d records, want 2", n)
	}
}

// oneWinner has many writers see the same revision at the same time. A store
// that checks first and inserts later fails here, or returns its database's
// error for a broken constraint instead of a conflict.
func oneWinner(t *testing.T, open Opener) {
	s := start(t, open)
	const writers = 20
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() { _, errs[i] = s.Append(t.Context(), "contested", 0, draft(`1`), draft(`2`)) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		var conflict *eventstore.Conflict
		switch {
		case err == nil:
			won++
		case !errors.As(err, &conflict) || conflict.At != 2:
			t.Error(err)
		}
	}
	if n := len(read(t, s, "contested")); won != 1 || n != 2 {
		t.Errorf("%d writers won and left %d records; want 1 and 2", won, n)
	}
}

// neighbours has good and bad appends arrive together, to share batches.
func neighbours(t *testing.T, open Opener) {
	s := start(t, open)
	fat := draft("1")
	fat.Correlation = strings.Repeat("x", eventstore.MaxEnvelope)
	const writers, rounds = 24, 10
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			stream := numbered("neighbour", w)
			for i := range rounds {
				var err error
				switch w % 3 {
				case 0:
					if _, err = s.Append(t.Context(), stream, eventstore.Revision(i), draft("1")); err != nil {
						t.Errorf("a good append was refused: %v", err)
					}
				case 1:
					if _, err = s.Append(t.Context(), stream, 9, draft("1")); !errors.Is(err, eventstore.ErrConflict) {
						t.Errorf("a stale append: %v", err)
					}
				case 2:
					if _, err = s.Append(t.Context(), stream, 0, draft("1"), fat); !errors.Is(err, eventstore.ErrTooLarge) {
						t.Errorf("a fat append: %v", err)
					}
				}
			}
		})
	}
	wg.Wait()
	all := readAll(t, s, 0)
	if len(all) != writers/3*rounds {
		t.Errorf("%d records, want %d", len(all), writers/3*rounds)
	}
	checkDense(t, all)
}

// nothingMissed reads while others write, moving its mark as a projection does.
// A store that orders by a number taken before commit fails here.
func nothingMissed(t *testing.T, open Opener) {
	s := start(t, open)
	const writers, each = 32, 20
	want := 0
	for w := range writers {
		want += each * (1 + w%3)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for w := range writers {
		wg.Go(func() { keepWriting(t, s, numbered("busy", w), each, 1+w%3) })
	}
	var seen []eventstore.Record
	for len(seen) < want && !t.Failed() {
		if err := s.Wait(t.Context(), eventstore.Position(len(seen))); err != nil {
			t.Fatal(err)
		}
		before := len(seen)
		seen = append(seen, readAll(t, s, eventstore.Position(before))...)
		if len(seen) == before {
			t.Fatalf("told that the head is beyond %d, but there is nothing", before)
		}
	}
	if len(seen) != want || head(t, s) != eventstore.Position(want) {
		t.Errorf("saw %d of %d records, head %d", len(seen), want, head(t, s))
	}
	checkDense(t, seen)
}

func keepWriting(t *testing.T, s eventstore.Store, stream string, appends, size int) {
	var at eventstore.Revision
	for i := range appends {
		data := make([]string, size)
		a, err := s.Append(t.Context(), stream, at, by(fmt.Sprint(stream, "/", i), data...)...)
		if err != nil {
			t.Errorf("append to %s at %d: %v", stream, at, err)
			return
		}
		if at += eventstore.Revision(size); a.Revision != at || len(a.IDs) != size || a.Repeated {
			t.Errorf("append to %s answered %+v, want revision %d", stream, a, at)
		}
	}
}

func cancelledAppend(t *testing.T, open Opener) {
	s := start(t, open)
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := s.Append(ended, "cancelled", 0, draft("1")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if n := len(read(t, s, "cancelled")); n != 0 {
		t.Errorf("it left %d records", n)
	}
	var wg sync.WaitGroup
	for w := range 40 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			go cancel() // at any moment of the append
			stream := numbered("leaver", w)
			if _, err := s.Append(ctx, stream, 0, by(stream, "1")...); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			// The outcome is unknown; the same command finds out.
			if a, err := s.Append(t.Context(), stream, 0, by(stream, "1")...); err != nil || a.Revision != 1 {
				t.Errorf("repeated: %+v, %v", a, err)
			}
		})
	}
	wg.Wait()
	all := readAll(t, s, 0)
	if len(all) != 40 {
		t.Errorf("%d records, want 40", len(all))
	}
	checkDense(t, all)
}
