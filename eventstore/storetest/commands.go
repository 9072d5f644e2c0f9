package storetest

import (
	"errors"
	"reflect"
	"sync"
	"testing"

	"wenxiao/eventstore"
)

func repeated(t *testing.T, open Opener) {
	s := start(t, open)
	first := add(t, s, "repeated", 0, by("c-1", "1", "2")...)
	add(t, s, "repeated", 2, by("c-2", "3")...)
	add(t, s, "another", 0, draft("4"))
	checkRepeats(t, s, first)
	if n := len(readAll(t, s, 0)); n != 4 {
		t.Errorf("repeats left %d records, want 4", n)
	}
}

func repeatedAfterReopen(t *testing.T, open Opener) {
	s := open(t)
	first := add(t, s, "repeated", 0, by("c-1", "1", "2")...)
	add(t, s, "repeated", 2, by("c-2", "3")...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	checkRepeats(t, start(t, open), first)
}

// checkRepeats sends command c-1 again: with the revision it had seen, the one
// that is there now, and wrong ones; with the same drafts and with others.
func checkRepeats(t *testing.T, s eventstore.Store, want eventstore.Appended) {
	t.Helper()
	want.Repeated = true
	for _, seen := range []eventstore.Revision{0, 3, 1, 99} {
		for _, drafts := range [][]eventstore.Draft{by("c-1", "1", "2"), by("c-1", "something else")} {
			if got := add(t, s, "repeated", seen, drafts...); !reflect.DeepEqual(got, want) {
				t.Errorf("seen %d: got %+v, want %+v", seen, got, want)
			}
		}
	}
	if n := len(read(t, s, "repeated")); n != 3 {
		t.Errorf("repeats left %d records, want 3", n)
	}
}

func repeatedAtOnce(t *testing.T, open Opener) {
	s := start(t, open)
	const callers = 24
	answers, errs := make([]eventstore.Appended, callers), make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() { answers[i], errs[i] = s.Append(t.Context(), "impatient", 0, by("c-1", "1", "2")...) })
	}
	wg.Wait()
	carriedOut := 0
	for i, a := range answers {
		if !a.Repeated {
			carriedOut++
		}
		a.Repeated = answers[0].Repeated
		if errs[i] != nil || !reflect.DeepEqual(a, answers[0]) {
			t.Errorf("caller %d: %+v, %v; caller 0: %+v", i, a, errs[i], answers[0])
		}
	}
	if n := len(readAll(t, s, 0)); carriedOut != 1 || n != 2 {
		t.Errorf("carried out %d times, %d records; want 1 and 2", carriedOut, n)
	}
}

func commandReused(t *testing.T, open Opener) {
	s := open(t)
	add(t, s, "one", 0, by("c-1", "1")...)
	for range 2 { // the second time after reopening
		if _, err := s.Append(t.Context(), "two", 0, by("c-1", "1")...); !errors.Is(err, eventstore.ErrCommandReused) {
			t.Errorf("got %v, want ErrCommandReused", err)
		}
		if n := len(read(t, s, "two")); n != 0 {
			t.Errorf("it left %d records", n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = start(t, open)
	}
	add(t, s, "two", 0, by("c-2", "1")...)
}

func noCommand(t *testing.T, open Opener) {
	s := start(t, open)
	for i := range 3 {
		if a := add(t, s, "anonymous", eventstore.Revision(i), draft("1")); a.Repeated {
			t.Error("taken for a repeat")
		}
		add(t, s, numbered("anonymous", i), 0, draft("1"))
	}
	if _, err := s.Append(t.Context(), "anonymous", 0, draft("1")); !errors.Is(err, eventstore.ErrConflict) {
		t.Errorf("got %v, want a conflict", err)
	}
}
