package esdbgate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
)

// A dying store ends, as if its process were killed, at the n-th append.
type dying struct {
	eventstore.Store
	mu   sync.Mutex
	left int
}

func (d *dying) Append(ctx context.Context, stream string, seen eventstore.Revision, drafts ...eventstore.Draft) (eventstore.Appended, error) {
	d.mu.Lock()
	d.left--
	dead := d.left < 0
	d.mu.Unlock()
	if dead {
		return eventstore.Appended{}, eventstore.ErrClosed
	}
	return d.Store.Append(ctx, stream, seen, drafts...)
}

func openEvents(t *testing.T, store eventstore.Store) *Gate {
	t.Helper()
	if err := Found(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	g, err := OverEvents(t.Context(), store, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func eventsOf(t *testing.T, g *Gate, stream string) (kinds []string) {
	t.Helper()
	for e, err := range g.history.stream(t.Context(), stream, 0) {
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, e.kind)
	}
	return kinds
}

func some(t *testing.T, kinds ...string) (events []proposed) {
	t.Helper()
	for _, kind := range kinds {
		p, err := newProposed(uuid.New(), kind, map[string]string{keyContentType: "application/json"}, nil, []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, p)
	}
	return events
}

// TestSessionIsAllOrNothing kills the process at every append of a session, and
// opens the store again: of the two streams either both have been written, once,
// or neither.
func TestSessionIsAllOrNothing(t *testing.T) {
	for n := range 4 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			ledger := new(memory.Ledger)
			store := &dying{Store: memory.Open(ledger), left: 1 + n} // the first founds the store
			g := openEvents(t, store)
			_, err := g.writes.inSession(t.Context(), []sessionWrite{
				{Stream: "a", expected: noStream, proposed: some(t, "A1", "A2")},
				{Stream: "b", expected: anything, proposed: some(t, "B1")},
			})
			if done := n >= 3; (err == nil) != done {
				t.Errorf("with %d appends it was told %v", n, err)
			}
			for range 2 { // opening is no different the second time
				g = openEvents(t, memory.Open(ledger))
				got := fmt.Sprint(eventsOf(t, g, "a"), eventsOf(t, g, "b"))
				if want := map[bool]string{false: "[] []", true: "[A1 A2] [B1]"}[n > 0]; got != want {
					t.Errorf("with %d appends there is %s, want %s", n, got, want)
				}
			}
		})
	}
}

// TestSessionAgainstOthers has sessions and plain appends meet on two streams:
// what a session writes stands together in each, and a conflict leaves nothing.
func TestSessionAgainstOthers(t *testing.T) {
	g := openEvents(t, memory.New())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				_, err := g.writes.inSession(t.Context(), []sessionWrite{
					{Stream: "a", expected: anything, proposed: some(t, "S", "S")}, {Stream: "b", expected: anything, proposed: some(t, "S")},
				})
				if err != nil {
					t.Error(err)
				}
				next, err := g.writes.append("a", Caller{}.Actor, anything, some(t, "P"))
				if err == nil {
					_, err = next.wait(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	_, err := g.writes.inSession(t.Context(), []sessionWrite{
		{Stream: "b", expected: anything, proposed: some(t, "X")}, {Stream: "a", expected: noStream, proposed: some(t, "X")},
	})
	if c := new(conflict); !errors.As(err, &c) || c.stream != "a" {
		t.Errorf("a stale session was told %v", err)
	}
	a, b := eventsOf(t, g, "a"), eventsOf(t, g, "b")
	if len(a) != 8*20*3 || len(b) != 8*20 {
		t.Errorf("%d and %d events", len(a), len(b))
	}
	for i := 0; i < len(a); i++ {
		if a[i] == "P" {
			continue
		}
		if i++; i >= len(a) || a[i] != "S" {
			t.Fatalf("a session's events are torn apart at %d", i)
		}
	}
}
