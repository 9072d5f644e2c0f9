package esdbgate

import (
	"context"
	"encoding/json"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"wenxiao/eventstore"
)

const (
	chunk     = 64      // records read at once going backwards: one page of every back-end
	tailsKept = 1 << 13 // streams whose ends are remembered, and at most twice as many
	marksKept = 512     // of the events at the end of a stream
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

// A tail is what is known of the end of a stream. Streams only grow, so what is
// known stays true; whoever needs the end itself reads on from here.
type tail struct {
	mu     sync.Mutex
	looked bool
	last   int64  // revision of the last event, -1 before the first
	kind   string // of the last event
	data   []byte // of the last event, in a stream of metadata
	marks  []mark // of the last events, oldest first
}

// A mark is which event stands where.
type mark struct {
	id       uuid.UUID
	position uint64
}

const (
	metadataOf = "$$" // before a stream's name, names the stream of its metadata
	tombstone  = "$streamDeleted"
	linkType   = "$>"
)

// tailOf returns the tail of a stream, which may not have been looked at yet.
func (h *history) tailOf(name string) *tail {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t, ok := h.young[name]; ok {
		return t
	}
	t, ok := h.old[name]
	if !ok {
		t = &tail{last: -1}
	}
	if h.young == nil || len(h.young) >= tailsKept {
		h.young, h.old = map[string]*tail{}, h.young
	}
	h.young[name] = t
	return t
}

// end reads to the end of a stream and returns its tail as it is now, locked
// until release is called.
func (h *history) end(ctx context.Context, name string) (t *tail, release func(), err error) {
	t = h.tailOf(name)
	t.mu.Lock()
	if err := h.catchUp(ctx, name, t); err != nil {
		t.mu.Unlock()
		return nil, nil, err
	}
	return t, t.mu.Unlock, nil
}

func (h *history) catchUp(ctx context.Context, name string, t *tail) error {
	from := uint64(t.last + 1)
	if !t.looked {
		near, err := h.near(ctx, name)
		if err != nil {
			return err
		}
		from = near
	}
	for e, err := range h.stream(ctx, name, from) {
		if err != nil {
			return err
		}
		t.add(e)
	}
	t.looked = true
	return nil
}

func (t *tail) add(e event) {
	t.last, t.kind = int64(e.revision), e.kind
	if strings.HasPrefix(e.stream, metadataOf) {
		t.data = e.data
	}
	if len(t.marks) >= 2*marksKept {
		t.marks = append([]mark(nil), t.marks[marksKept:]...)
	}
	t.marks = append(t.marks, mark{e.id, e.position})
}

// near returns a revision that has at most a chunk of events after it, or 0.
func (h *history) near(ctx context.Context, name string) (uint64, error) {
	var low, high uint64 = 0, chunk
	for {
		beyond, err := h.has(ctx, name, high)
		if err != nil {
			return 0, err
		}
		if !beyond {
			break
		}
		low, high = high, 8*high
	}
	for high-low > chunk {
		middle := low + (high-low)/2
		beyond, err := h.has(ctx, name, middle)
		if err != nil {
			return 0, err
		}
		if beyond {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}

func (h *history) has(ctx context.Context, name string, revision uint64) (bool, error) {
	for _, err := range h.store.ReadStream(ctx, name, eventstore.Revision(revision)) {
		return err == nil, err
	}
	return false, nil
}

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

// A view is what may be read of a stream.
type view struct {
	last      int64 // revision of the last event, -1 before the first
	first     uint64
	notBefore time.Time
	deleted   bool // softly: it is as if it had never been
}

func (v view) missing() bool { return v.last < 0 || v.deleted }

func (v view) shows(e event) bool { return e.revision >= v.first && !e.created.Before(v.notBefore) }

// view returns what may be read of a stream now, or [deletedError] for good.
func (h *history) view(ctx context.Context, name string) (view, error) {
	t, release, err := h.end(ctx, name)
	if err != nil {
		return view{}, err
	}
	v, kind := view{last: t.last}, t.kind
	release()
	if !h.kept || v.last < 0 {
		return v, nil
	}
	if kind == tombstone {
		return v, deletedError(name)
	}
	m, err := h.metadata(ctx, name)
	if err != nil {
		return v, err
	}
	return m.view(v, h.now()), nil
}

// Metadata is what the last event of a stream's metadata stream says, as far as
// it changes what is read. Access lists are kept and not enforced.
type streamMetadata struct {
	MaxAge         *int64 `json:"$maxAge"` // seconds
	MaxCount       *int64 `json:"$maxCount"`
	TruncateBefore *int64 `json:"$tb"`
}

func (h *history) metadata(ctx context.Context, name string) (m streamMetadata, err error) {
	if strings.HasPrefix(name, metadataOf) { // of metadata only the last counts
		one := int64(1)
		return streamMetadata{MaxCount: &one}, nil
	}
	t, release, err := h.end(ctx, metadataOf+name)
	if err != nil {
		return m, err
	}
	defer release()
	if json.Unmarshal(t.data, &m) != nil { // what a client wrote there is its own affair
		return streamMetadata{}, nil
	}
	return m, nil
}

func (m streamMetadata) view(v view, now time.Time) view {
	if m.TruncateBefore != nil && *m.TruncateBefore > 0 {
		v.first = uint64(*m.TruncateBefore)
		v.deleted = *m.TruncateBefore > v.last
	}
	if m.MaxCount != nil && *m.MaxCount > 0 && v.last+1 > *m.MaxCount {
		v.first = max(v.first, uint64(v.last+1-*m.MaxCount))
	}
	if m.MaxAge != nil && *m.MaxAge > 0 && *m.MaxAge < math.MaxInt64/int64(time.Second) {
		v.notBefore = now.Add(-time.Duration(*m.MaxAge) * time.Second)
	}
	return v
}

// resolve follows a link to its event. What was truncated, deleted or never
// there is not found.
func (h *history) resolve(ctx context.Context, e event) (resolved, error) {
	if e.kind != linkType {
		return resolved{event: &e}, nil
	}
	number, name, ok := strings.Cut(string(e.data), "@")
	revision, err := strconv.ParseUint(number, 10, 63)
	if !ok || err != nil {
		return resolved{link: &e}, nil
	}
	v, err := h.view(ctx, name)
	if err != nil {
		if isDeleted(err) {
			return resolved{link: &e}, nil
		}
		return resolved{}, err
	}
	for target, err := range h.stream(ctx, name, revision) {
		if err != nil {
			return resolved{}, err
		}
		if target.revision == revision && v.shows(target) && !v.deleted {
			return resolved{event: &target, link: &e}, nil
		}
		break
	}
	return resolved{link: &e}, nil
}
