// Package storetest is what it means to be an eventstore. Every back-end passes
// all of it; there are no exceptions to switch on.
package storetest

import (
	"fmt"
	"testing"
	"time"

	"wenxiao/eventstore"
)

// An Opener opens one ledger, the same one at every call. The test closes what
// it opened before it opens again.
type Opener func(t *testing.T, options ...eventstore.Option) eventstore.Store

// Run tests a back-end. Each call of fresh makes a new, empty ledger.
func Run(t *testing.T, fresh func(t *testing.T) Opener) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Opener)
	}{
		{"an empty stream has no records", emptyStream},
		{"bytes come back as they were written", bytesRoundTrip},
		{"every field of the header comes back", headerRoundTrip},
		{"what is written is nobody else's to change", ownBytes},
		{"a large append is one append", bulk},
		{"a megabyte comes back", largeRecord},
		{"what is too large is refused alone", tooLarge},
		{"what is malformed is refused alone", malformed},
		{"reading begins after the mark", marks},
		{"a stale writer is refused", staleWriter},
		{"of many writers one wins", oneWinner},
		{"refused neighbours spoil nothing", neighbours},
		{"a repeated command answers as the first time", repeated},
		{"a repeated command answers after reopening", repeatedAfterReopen},
		{"a command repeated at once by many is carried out once", repeatedAtOnce},
		{"a command is not used on two streams", commandReused},
		{"appends without a command are never repeats", noCommand},
		{"a reader of all misses nothing", nothingMissed},
		{"a cancelled read says so", cancelledRead},
		{"a cancelled append adds nothing and holds up nobody", cancelledAppend},
		{"an iteration broken off leaks nothing", brokenOff},
		{"waiting ends when the head moves", wait},
		{"a closed store says so", closed},
		{"closing finishes what is under way", closing},
		{"what was written is there after reopening", reopen},
		{"the ledger's time never runs backwards", backwardsClock},
		{"the tree is that of the envelopes", treeOfEnvelopes},
		{"the tree never runs ahead of the records", treeUnderWriters},
		{"an adopted ledger is the source's, byte for byte", adopted},
		{"what does not follow is not adopted", adoptedWrongly},
		{"any run of calls agrees with a simple model", model},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, fresh(t)) })
	}
}

// start opens a store that is closed when the test ends.
func start(t *testing.T, open Opener, options ...eventstore.Option) eventstore.Store {
	t.Helper()
	s := open(t, options...)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func draft(data string) eventstore.Draft {
	return eventstore.Draft{Type: "test.happened.v1", Data: []byte(data), Meta: eventstore.Meta{
		EffectiveAt: time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC),
	}}
}

// by returns drafts that follow from command.
func by(command string, data ...string) []eventstore.Draft {
	drafts := make([]eventstore.Draft, len(data))
	for i, d := range data {
		drafts[i] = draft(d)
		drafts[i].Command = command
	}
	return drafts
}

func add(t *testing.T, s eventstore.Store, stream string, seen eventstore.Revision, drafts ...eventstore.Draft) eventstore.Appended {
	t.Helper()
	a, err := s.Append(t.Context(), stream, seen, drafts...)
	if err != nil {
		t.Fatalf("append to %s at %d: %v", stream, seen, err)
	}
	return a
}

func read(t *testing.T, s eventstore.Store, stream string) (records []eventstore.Record) {
	t.Helper()
	for r, err := range s.ReadStream(t.Context(), stream, 0) {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

func readAll(t *testing.T, s eventstore.Store, after eventstore.Position) (records []eventstore.Record) {
	t.Helper()
	for r, err := range s.ReadAll(t.Context(), after) {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

func head(t *testing.T, s eventstore.Store) eventstore.Position {
	t.Helper()
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// checkDense fails unless records are the ledger from 1 on, each stream's
// revisions without gap, and time never running backwards.
func checkDense(t *testing.T, records []eventstore.Record) {
	t.Helper()
	revisions, ids, last := map[string]eventstore.Revision{}, map[string]bool{}, time.Time{}
	for i, r := range records {
		revisions[r.Stream]++
		switch {
		case r.Position != eventstore.Position(i+1):
			t.Fatalf("position %d follows %d", r.Position, i)
		case r.Revision != revisions[r.Stream]:
			t.Fatalf("%s: revision %d follows %d", r.Stream, r.Revision, revisions[r.Stream]-1)
		case ids[r.ID]:
			t.Fatalf("id %s twice", r.ID)
		case r.RecordedAt.Before(last):
			t.Fatalf("position %d was recorded at %v, the one before at %v", r.Position, r.RecordedAt, last)
		}
		ids[r.ID], last = true, r.RecordedAt
	}
}

func numbered(name string, n int) string { return fmt.Sprintf("%s-%d", name, n) }
