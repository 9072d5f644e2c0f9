package esdbgate

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"wenxiao/eventstore"
)

const (
	chunk     = 64      // records read at once going backwards: one page of every back-end
	tailsKept = 1 << 12 // streams whose ends are remembered, and at most twice as many
	marksKept = 256     // events at the end of a stream whose ids are, and at most twice as many
)

// A history is a Store as streams of events. Its methods may be called
// concurrently.
type history struct {
	store eventstore.Store
	open  func(eventstore.Record) (event, error)
	kept  bool // streams have metadata, are truncated, deleted and tombstoned
	now   func() time.Time

	mu         sync.Mutex
	young, old map[string]*tail
}

const (
	metadataOf = "$$" // before a stream's name, names the stream of its metadata
	tombstone  = "$streamDeleted"
	linkType   = "$>"
)

// stream yields the events of a stream from a revision on, truncated or not.
func (h *history) stream(ctx context.Context, name string, from uint64) iter.Seq2[event, error] {
	return h.opened(h.store.ReadStream(ctx, name, eventstore.Revision(from)))
}

// all yields the events of all streams after a position.
func (h *history) all(ctx context.Context, after uint64) iter.Seq2[event, error] {
	return h.opened(h.store.ReadAll(ctx, eventstore.Position(after)))
}

func (h *history) opened(records iter.Seq2[eventstore.Record, error]) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		for r, err := range records {
			var e event
			if err == nil {
				e, err = h.open(r)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// streamBack yields the events of a stream before a revision, the last first.
func (h *history) streamBack(ctx context.Context, name string, before uint64) iter.Seq2[event, error] {
	return backwards(before, func(from uint64) iter.Seq2[event, error] { return h.stream(ctx, name, from) })
}

// allBack yields the events of all streams before a position, the last first.
func (h *history) allBack(ctx context.Context, before uint64) iter.Seq2[event, error] {
	if before == 0 {
		return func(func(event, error) bool) {}
	}
	return backwards(before-1, func(after uint64) iter.Seq2[event, error] { return h.all(ctx, after) })
}

// backwards yields what forwards(n) does for n from 0 to before, the other way
// round, a chunk at a time.
func backwards(before uint64, forwards func(uint64) iter.Seq2[event, error]) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		for before > 0 {
			size := min(before, chunk)
			before -= size
			events := make([]event, 0, size)
			for e, err := range forwards(before) {
				if err != nil {
					yield(event{}, err)
					return
				}
				if events = append(events, e); len(events) == int(size) {
					break
				}
			}
			for _, e := range slices.Backward(events) {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}
