package storetest

import (
	"errors"
	"slices"
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
)

// adopted copies a ledger in several calls, with the store closed and opened
// between them, and compares the two byte for byte.
func adopted(t *testing.T, open Opener) {
	source := another(t)
	records := readAll(t, source, 0)
	for _, cut := range [][2]int{{0, 1}, {1, 40}, {40, 41}, {41, 200}, {200, len(records)}} {
		s := open(t)
		if err := adopter(t, s).Adopt(t.Context(), eventstore.Position(cut[0]), records[cut[0]:cut[1]]); err != nil {
			t.Fatalf("%v: %v", cut, err)
		}
		checkTree(t, s, settled(t, s))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, open)
	sameLedger(t, s, source)
	for _, stream := range []string{"s-0", "s-6", "bulk"} {
		if got, want := read(t, s, stream), read(t, source, stream); len(got) != len(want) || len(want) == 0 {
			t.Errorf("%s has %d records, the source %d", stream, len(got), len(want))
		}
	}
	again := add(t, s, "s-3", 0, by("c-3", "d")...)
	if first := add(t, source, "s-3", 0, by("c-3", "d")...); !again.Repeated || !slices.Equal(again.IDs, first.IDs) || again.Position != first.Position {
		t.Errorf("a command of the source is answered %+v, there %+v", again, first)
	}
	if a := add(t, s, "bulk", 150, draft("and on")); a.Position != eventstore.Position(len(records)+1) {
		t.Errorf("the first record of its own is at %d", a.Position)
	}
	checkDense(t, readAll(t, s, 0))
	checkTree(t, s, settled(t, s))
}

// adoptedWrongly offers what does not follow or is not whole: nothing of it is
// taken, and what is right is taken after.
func adoptedWrongly(t *testing.T, open Opener) {
	source := another(t)
	records := readAll(t, source, 0)
	s := start(t, open)
	a := adopter(t, s)
	if err := a.Adopt(t.Context(), 0, records[:10]); err != nil {
		t.Fatal(err)
	}
	altered := func(change func([]eventstore.Record)) []eventstore.Record {
		these := slices.Clone(records[10:20])
		change(these)
		return these
	}
	for _, c := range []struct {
		name    string
		after   eventstore.Position
		records []eventstore.Record
		want    error
	}{
		{"again", 0, records[:10], eventstore.ErrMisplaced},
		{"with a gap", 11, records[11:], eventstore.ErrMisplaced},
		{"out of order", 10, altered(func(r []eventstore.Record) { r[3], r[4] = r[4], r[3] }), eventstore.ErrMisplaced},
		{"other data", 10, altered(func(r []eventstore.Record) { r[9].Data = []byte("y") }), eventstore.ErrDamaged},
		{"another envelope", 10, altered(func(r []eventstore.Record) { r[9].Envelope = append([]byte(" "), r[9].Envelope...) }), eventstore.ErrDamaged},
		{"a revision left out", 10, altered(func(r []eventstore.Record) {
			copy(r, records[10+7:])
			for i := range r {
				r[i].Position = eventstore.Position(11 + i)
			}
		}), eventstore.ErrDamaged},
		{"none", 10, nil, eventstore.ErrMalformed},
	} {
		if err := a.Adopt(t.Context(), c.after, c.records); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if now := head(t, s); now != 10 {
			t.Fatalf("%s: the head is %d", c.name, now)
		}
	}
	if err := a.Adopt(t.Context(), 10, records[10:]); err != nil {
		t.Fatal(err)
	}
	sameLedger(t, s, source)
}

func adopter(t *testing.T, s eventstore.Store) eventstore.Adopter {
	t.Helper()
	a, ok := s.(eventstore.Adopter)
	if !ok {
		t.Fatalf("%T cannot adopt", s)
	}
	return a
}

// another is a ledger of several streams and appends of several sizes, with and
// without commands.
func another(t *testing.T) eventstore.Store {
	s := memory.New()
	for i := range 35 {
		add(t, s, numbered("s", i%7), eventstore.Revision(i/7), by(numbered("c", i), numbered("d", i))...)
	}
	data := make([]string, 150)
	for i := range data {
		data[i] = numbered("某", i)
	}
	add(t, s, "bulk", 0, by("c-bulk", data...)...)
	for i := range 40 {
		add(t, s, numbered("plain", i), 0, draft("a"), draft(""))
	}
	return s
}

func sameLedger(t *testing.T, s, source eventstore.Store) {
	t.Helper()
	got, want := readAll(t, s, 0), readAll(t, source, 0)
	if len(got) != len(want) {
		t.Fatalf("%d records, the source has %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Position != want[i].Position || string(got[i].Envelope) != string(want[i].Envelope) || string(got[i].Data) != string(want[i].Data) {
			t.Fatalf("position %d differs from the source", i+1)
		}
	}
	if settled(t, s).Root() != settled(t, source).Root() {
		t.Error("the roots differ")
	}
}
