package esdbgate

import (
	"context"
	"strings"
	"sync"

	"github.com/google/uuid"

	"wenxiao/eventstore"
)

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
