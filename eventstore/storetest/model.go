package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"wenxiao/eventstore"
)

// model drives a store with random calls and compares every answer with what
// a slice and two maps say.
func model(t *testing.T, open Opener) {
	ledger := &believed{answers: map[string]eventstore.Appended{}, on: map[string]string{}}
	s := open(t)
	defer func() { _ = s.Close() }()
	rapid.Check(t, func(rt *rapid.T) {
		ledger.round++ // each run has streams and commands of its own
		rt.Repeat(map[string]func(*rapid.T){
			"append":      func(rt *rapid.T) { ledger.append(rt, s) },
			"read stream": func(rt *rapid.T) { ledger.readStream(rt, s) },
			"read all":    func(rt *rapid.T) { ledger.readAll(rt, s) },
			"reopen": func(rt *rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "really") > 0 {
					return // slow on disk
				}
				if err := s.Close(); err != nil {
					rt.Fatal(err)
				}
				s = open(t)
			},
			"": func(rt *rapid.T) {
				if at, err := s.Head(context.Background()); err != nil || int(at) != len(ledger.data) {
					rt.Fatalf("head %d, %v; want %d", at, err, len(ledger.data))
				}
			},
		})
	})
}

// believed is what the ledger should hold.
type believed struct {
	round   int
	stream  []string // by position
	data    []string
	answers map[string]eventstore.Appended // by command
	on      map[string]string
}

func (b *believed) streams(rt *rapid.T) string {
	return fmt.Sprintf("流-%d-%s", b.round, rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "stream"))
}

func (b *believed) revision(stream string) (n eventstore.Revision) {
	for _, s := range b.stream {
		if s == stream {
			n++
		}
	}
	return n
}

func (b *believed) append(rt *rapid.T, s eventstore.Store) {
	stream := b.streams(rt)
	at := b.revision(stream)
	seen := at
	if rapid.IntRange(0, 3).Draw(rt, "stale") == 0 {
		seen = eventstore.Revision(rapid.IntRange(0, 6).Draw(rt, "seen"))
	}
	command := ""
	if n := rapid.IntRange(0, 12).Draw(rt, "command"); n > 0 {
		command = fmt.Sprintf("c-%d-%d", b.round, n)
	}
	data := rapid.SliceOfN(rapid.StringN(0, 20, -1), 1, 4).Draw(rt, "data")

	got, err := s.Append(context.Background(), stream, seen, by(command, data...)...)
	earlier, repeat := b.answers[command]
	switch conflict := new(eventstore.Conflict); {
	case command != "" && repeat && b.on[command] != stream:
		if !errors.Is(err, eventstore.ErrCommandReused) {
			rt.Fatalf("got %+v, %v; want ErrCommandReused", got, err)
		}
	case command != "" && repeat:
		if earlier.Repeated = true; err != nil || !reflect.DeepEqual(got, earlier) {
			rt.Fatalf("got %+v, %v; want the first answer %+v", got, err, earlier)
		}
	case seen != at:
		if !errors.As(err, &conflict) || conflict.At != at {
			rt.Fatalf("got %+v, %v; want a conflict at %d", got, err, at)
		}
	default:
		b.stream, b.data = append(b.stream, slicesOf(stream, len(data))...), append(b.data, data...)
		want := eventstore.Appended{Revision: at + eventstore.Revision(len(data)), Position: eventstore.Position(len(b.data)), IDs: got.IDs}
		if err != nil || len(got.IDs) != len(data) || !reflect.DeepEqual(got, want) {
			rt.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
		b.answers[command], b.on[command] = got, stream
	}
}

func slicesOf(s string, n int) (all []string) {
	for range n {
		all = append(all, s)
	}
	return all
}

func (b *believed) readStream(rt *rapid.T, s eventstore.Store) {
	stream, after := b.streams(rt), rapid.IntRange(0, 6).Draw(rt, "after")
	var want, got []string
	for i, name := range b.stream {
		if name == stream {
			want = append(want, fmt.Sprint(i+1, b.data[i]))
		}
	}
	for r, err := range s.ReadStream(context.Background(), stream, eventstore.Revision(after)) {
		if err != nil {
			rt.Fatal(err)
		}
		got = append(got, fmt.Sprint(uint64(r.Position), string(r.Data)))
	}
	if want = want[min(after, len(want)):]; !reflect.DeepEqual(got, append([]string(nil), want...)) {
		rt.Fatalf("%s after %d: got %q, want %q", stream, after, got, want)
	}
}

func (b *believed) readAll(rt *rapid.T, s eventstore.Store) {
	after := len(b.data) - rapid.IntRange(0, min(70, len(b.data))).Draw(rt, "last")
	i := after
	for r, err := range s.ReadAll(context.Background(), eventstore.Position(after)) {
		if err != nil || i >= len(b.data) || int(r.Position) != i+1 || r.Stream != b.stream[i] || string(r.Data) != b.data[i] {
			rt.Fatalf("record after %d: %d %s %q, %v", i, r.Position, r.Stream, r.Data, err)
		}
		i++
	}
	if i != len(b.data) {
		rt.Fatalf("read to %d of %d", i, len(b.data))
	}
}
