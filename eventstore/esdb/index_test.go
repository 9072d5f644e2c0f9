package esdb

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"pgregory.net/rapid"

	"wenxiao/eventstore"
)

func TestAddress(t *testing.T) {
	for _, tt := range []struct{ address, connection, ledger string }{
		{"esdb://h:2113?tls=false", "esdb://h:2113?tls=false", DefaultLedger},
		{"esdb://u:p@h1:1,h2:2?ledger=mine&tls=true", "esdb://u:p@h1:1,h2:2?tls=true", "mine"},
		{"esdb+discover://u:p@h", "esdb+discover://u:p@h", DefaultLedger},
	} {
		connection, ledger, err := parseAddress(tt.address)
		if err != nil || connection != tt.connection || ledger != tt.ledger {
			t.Errorf("%s: %s, %s, %v", tt.address, connection, ledger, err)
		}
	}
	for _, address := range []string{"esdb://h?ledger=$all", "esdb://user:secret@h:port"} {
		if _, _, err := parseAddress(address); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestPortions cuts any events into appends that a server takes.
func TestPortions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var events []esdb.EventData
		for i, n := range rapid.SliceOfN(rapid.IntRange(0, partBytes), 1, 20).Draw(t, "sizes") {
			events = append(events, esdb.EventData{EventType: fmt.Sprint(i), Data: make([]byte, n)})
		}
		var joined []esdb.EventData
		for _, part := range portions(events) {
			bytes := 0
			for _, e := range part {
				bytes += size(e)
			}
			if bytes > appendBytes || len(part) == 0 {
				t.Fatalf("an append of %d events and %d bytes", len(part), bytes)
			}
			joined = append(joined, part...)
		}
		if len(joined) != len(events) {
			t.Fatalf("%d events became %d", len(events), len(joined))
		}
		for i, e := range joined {
			if e.EventType != fmt.Sprint(i) {
				t.Fatalf("event %s is at %d", e.EventType, i)
			}
		}
	})
}

// A written ledger is events as a server has them, and the records that count.
type written struct {
	t       *rapid.T
	events  []*esdb.RecordedEvent
	records []eventstore.Record
	heads   map[string]eventstore.Revision
}

func (w *written) put(kind string, data, meta []byte) {
	w.events = append(w.events, &esdb.RecordedEvent{EventNumber: uint64(len(w.events)), EventType: kind, Data: data, UserMetadata: meta})
}

// record puts a record, in parts of three bytes, and returns it.
func (w *written) record() eventstore.Record {
	stream := fmt.Sprint("s", rapid.IntRange(0, 3).Draw(w.t, "stream"))
	data := rapid.SliceOfN(rapid.Byte(), 0, 10).Draw(w.t, "data")
	r, err := eventstore.Seal(stream, w.heads[stream]+1, time.Now(), eventstore.Draft{Type: "t", Data: data})
	if err != nil {
		w.t.Fatal(err)
	}
	left := data
	for ; len(left) > 3; left = left[3:] {
		w.put(partType, left[:3], nil)
	}
	w.put("t", left, r.Envelope)
	return r
}

func (w *written) counts(records ...eventstore.Record) {
	for _, r := range records {
		w.heads[r.Stream] = r.Revision
		r.Position = eventstore.Position(len(w.records) + 1)
		w.records = append(w.records, r)
	}
}

// TestIndexCountsWhatCounts makes ledgers out of whole appends, appends between a
// beginning and an end, and beginnings that a dead process left, and compares
// what the index says, and what is read by it, with what was meant.
func TestIndexCountsWhatCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &written{t: t, heads: map[string]eventstore.Revision{}}
		mark := []byte(`{"format":1,"writer":"w"}`)
		w.put(writerType, mark, nil)
		for range rapid.IntRange(0, 12).Draw(t, "appends") {
			switch rapid.SampledFrom([]string{"whole", "enclosed", "left"}).Draw(t, "kind") {
			case "whole":
				w.counts(w.record())
			case "enclosed":
				w.put(beginType, nil, nil)
				for range rapid.IntRange(1, 4).Draw(t, "records") {
					w.counts(w.record())
				}
				w.put(endType, nil, nil)
			case "left":
				w.put(beginType, nil, nil)
				for range rapid.IntRange(0, 2).Draw(t, "lost") {
					w.record()
				}
				if rapid.Bool().Draw(t, "half a record") {
					w.put(partType, []byte("lost"), nil)
				}
				w.put(writerType, mark, nil)
			}
		}
		checkIndex(t, w)
	})
}

func checkIndex(t *rapid.T, w *written) {
	x := newIndex()
	for _, e := range w.events {
		if err := x.take(e); err != nil {
			t.Fatal(err)
		}
	}
	var tree eventstore.Tree
	for _, r := range w.records {
		tree = tree.Add(r.Envelope)
	}
	last := x.last()
	if last.Position != eventstore.Position(len(w.records)) || last.Tree.Root() != tree.Root() || int(last.Stream) != len(w.heads) {
		t.Fatalf("the index ends at %+v, want %d records", last, len(w.records))
	}
	after := eventstore.Position(rapid.IntRange(0, len(w.records)).Draw(t, "after"))
	limit := rapid.IntRange(1, 8).Draw(t, "limit")
	positions, at, more := x.places(after, limit)
	want := w.records[after:]
	if more != (len(want) > limit) {
		t.Fatalf("more is %t after %d of %d", more, after, len(w.records))
	}
	check(t, w, positions, at, want[:min(limit, len(want))])
	for stream, head := range w.heads {
		positions, at, _ := x.placesOf(stream, 0, 100)
		var want []eventstore.Record
		for _, r := range w.records {
			if r.Stream == stream {
				want = append(want, r)
			}
		}
		if len(want) != int(head) {
			t.Fatalf("%s has %d records, its head is %d", stream, len(want), head)
		}
		check(t, w, positions, at, want)
	}
}

// check reads the records at places as [Store.page] does.
func check(t *rapid.T, w *written, positions []eventstore.Position, at []uint64, want []eventstore.Record) {
	var rows []eventstore.Row
	for _, sp := range cut(positions, at) {
		got := make(chan []eventstore.Row, 1)
		take := collect(sp, got)
		for _, e := range w.events[sp.at[0]:] {
			if more, err := take(e); err != nil || !more {
				break
			}
		}
		rows = append(rows, <-got...)
	}
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %d", len(rows), len(want))
	}
	for i, row := range rows {
		if row.Position != want[i].Position || !bytes.Equal(row.Envelope, want[i].Envelope) || !bytes.Equal(row.Data, want[i].Data) {
			t.Fatalf("row %d is %d %s %q, want %d %s %q", i, row.Position, row.Envelope, row.Data, want[i].Position, want[i].Envelope, want[i].Data)
		}
	}
}

func TestForeignStream(t *testing.T) {
	x := newIndex()
	if err := x.take(&esdb.RecordedEvent{EventType: "somebody's"}); err == nil {
		t.Error("a stream that is no ledger was taken for one")
	}
	if err := newIndex().take(&esdb.RecordedEvent{EventType: writerType, Data: []byte(`{"format":2,"writer":"w"}`)}); err == nil {
		t.Error("a later format was read")
	}
}
