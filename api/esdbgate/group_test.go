package esdbgate

import (
	"errors"
	"testing"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
)

// TestSubscribeAfterClose comes to a group, one that was there and one made since,
// when its gate is closed: what a subscriber begins nobody would wait for.
func TestSubscribeAfterClose(t *testing.T) {
	gate := openEvents(t, memory.New())
	for _, name := range []string{"before", "after"} {
		if err := gate.groups.create(t.Context(), domain.Actor{}, settings{Stream: "s", Group: name}, start{}); err != nil {
			t.Fatal(err)
		}
		gate.Close()
		group, err := gate.groups.find("s", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := group.subscribe("late", 1); !errors.Is(err, eventstore.ErrClosed) {
			t.Errorf("%s: got %v, want ErrClosed", name, err)
		}
	}
}
