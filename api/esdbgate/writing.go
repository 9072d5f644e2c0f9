package esdbgate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// An expectation is what a writer expects of a stream: that it ends at a
// revision, or one of those below.
type expectation int64

const (
	noStream expectation = -1
	anything expectation = -2
	exists   expectation = -4
)

func (e expectation) String() string {
	switch e {
	case noStream:
		return "no stream"
	case anything:
		return "anything"
	case exists:
		return "a stream"
	}
	return strconv.FormatInt(int64(e), 10)
}

// A conflict reports a stream that is not as expected.
type conflict struct {
	stream   string
	expected expectation
	last     int64
}

func (c *conflict) Error() string { return wrongVersion(c.stream, c.expected, c.last).Error() }

// An outcome is where a write ended: the revision of the stream and the position
// of the last event written.
type outcome struct {
	revision int64
	position uint64 // 0 where nothing was written, ever
}

// Writing is the way of events into a store. Writes to one stream wait in its
// lane; those that gathered while one append was under way share the next, as
// streams share transactions below. So decisions about a stream are made one
// after the other, and a busy stream is not held to one write per fsync.
type writing struct {
	history *history
	most    int // bytes of one append

	mu    sync.Mutex
	lanes map[string][]*write // present while somebody serves them

	session sync.Mutex // one at a time
}

// A write waits to be decided on the end of its stream.
type write struct {
	by     domain.Actor
	decide func(ctx context.Context, t *ending) ([]proposed, outcome, error)
	bytes  int
	alone  bool          // shares no append with others: it finds the end as it is stored
	done   chan struct{} // closed when outcome and err hold

	outcome outcome
	err     error
}

// An ending is the end of a stream as a write finds it: with what those before
// it in the same append add.
type ending struct {
	tail
	truncated int64 // $tb of its metadata
}

// deleted reports that a stream is softly deleted: it continues where it was,
// but nothing before is seen again.
func (e *ending) deleted() bool { return e.truncated > e.last }

// begin queues a write. Writes to one stream are decided in the order they
// begin.
func (w *writing) begin(stream string, next *write) {
	next.done = make(chan struct{})
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lanes == nil {
		w.lanes = map[string][]*write{}
	}
	waiting, served := w.lanes[stream]
	w.lanes[stream] = append(waiting, next)
	if !served {
		go w.serve(stream)
	}
}

func (next *write) wait(ctx context.Context) (outcome, error) {
	select {
	case <-next.done:
		return next.outcome, next.err
	case <-ctx.Done():
		return outcome{}, ctx.Err()
	}
}

const (
	togetherWrites = 1 << 10
	togetherBytes  = 16 << 20 // of one append, unless a single write has more
)

func (w *writing) serve(stream string) {
	for {
		w.mu.Lock()
		waiting := w.lanes[stream]
		if len(waiting) == 0 {
			delete(w.lanes, stream)
			w.mu.Unlock()
			return
		}
		n := together(waiting)
		w.lanes[stream] = waiting[n:]
		w.mu.Unlock()
		w.carryOut(stream, waiting[:n])
	}
}

// together returns how many of those that wait share the next append.
func together(waiting []*write) int {
	n, bytes := 1, waiting[0].bytes
	for !waiting[0].alone && n < min(len(waiting), togetherWrites) && !waiting[n].alone {
		if bytes += waiting[n].bytes; bytes > togetherBytes {
			break
		}
		n++
	}
	return n
}

// maxTries bounds how often writes are decided anew because another process
// wrote to the stream meanwhile.
const maxTries = 20

// carryOut decides writes and appends what they add, all in one. Who left has
// been written all the same: the protocol leaves that open.
func (w *writing) carryOut(stream string, writes []*write) {
	ctx := context.Background()
	var err error
	for range maxTries {
		err = w.try(ctx, stream, writes)
		if !errors.Is(err, eventstore.ErrConflict) {
			break
		}
	}
	if errors.Is(err, eventstore.ErrUnwritten) && len(writes) > 1 || isRefused(err) && len(writes) > 1 {
		for i := range writes { // one of them spoils the others
			w.carryOut(stream, writes[i:i+1])
		}
		return
	}
	for _, next := range writes {
		if err != nil {
			next.outcome, next.err = outcome{}, err
		}
		close(next.done)
	}
}

func isRefused(err error) bool {
	return errors.Is(err, eventstore.ErrTooLarge) || errors.Is(err, eventstore.ErrMalformed)
}

func (w *writing) try(ctx context.Context, stream string, writes []*write) error {
	t, end, drafts, events, err := w.decide(ctx, stream, writes)
	if err != nil || len(drafts) == 0 {
		return err
	}
	before := t.last - int64(len(events))
	a, err := w.history.store.Append(ctx, stream, eventstore.Revision(before+1), drafts...)
	if err != nil {
		return err
	}
	w.learn(stream, end, before, uint64(a.Position), events)
	for _, next := range writes {
		if next.err == nil && next.outcome.revision > before { // written now, be it by a neighbour
			next.outcome.position = uint64(a.Position) - uint64(t.last-next.outcome.revision)
		}
	}
	return nil
}

// decide has each write decided on the end of the stream that the ones before
// it leave.
func (w *writing) decide(ctx context.Context, stream string, writes []*write) (after *ending, known *tail, drafts []eventstore.Draft, events []proposed, err error) {
	m, err := w.history.metadata(ctx, stream)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	known, release, err := w.history.end(ctx, stream)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	after = &ending{tail: tail{last: known.last, kind: known.kind, data: known.data, marks: known.marks[:len(known.marks):len(known.marks)]}}
	release()
	if m.TruncateBefore != nil {
		after.truncated = *m.TruncateBefore
	}
	for _, next := range writes {
		next.err, next.outcome = nil, outcome{}
		var added []proposed
		if after.kind == tombstone {
			next.err = deletedError(stream)
			continue
		}
		if added, next.outcome, next.err = next.decide(ctx, after); next.err != nil {
			continue
		}
		for _, p := range added {
			after.last++
			after.kind, after.data, after.marks = p.kind, p.data, append(after.marks, mark{id: p.id})
			drafts, events = append(drafts, p.draft(next.by)), append(events, p)
		}
		if len(added) > 0 {
			next.outcome.revision = after.last
		}
	}
	return after, known, drafts, events, nil
}

// learn adds what was appended to what is known of the stream, unless somebody
// has read further meanwhile.
func (w *writing) learn(stream string, t *tail, before int64, last uint64, events []proposed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last != before {
		return
	}
	for i, p := range events {
		t.add(event{id: p.id, stream: stream, kind: p.kind, data: p.data, revision: uint64(before + 1 + int64(i)), position: last - uint64(len(events)-1-i)})
	}
}

// append adds events to a stream that is as expected. Events that were written
// before, in the same order, are not written again: then the answer is as it was
// the first time. With an expected revision that holds for ever; without, as far
// back as the end of the stream is remembered.
func (w *writing) append(stream string, by domain.Actor, expected expectation, events []proposed) (*write, error) {
	bytes := 0
	for _, p := range events {
		bytes += len(p.stored)
	}
	if bytes > w.most {
		return nil, tooLarge(w.most, fmt.Errorf("append to %s has %d bytes, at most %d", stream, bytes, w.most))
	}
	return w.enqueue(stream, by, expected, events, bytes), nil
}

func (w *writing) enqueue(stream string, by domain.Actor, expected expectation, events []proposed, bytes int) *write {
	next := &write{by: by, bytes: bytes, decide: func(ctx context.Context, t *ending) ([]proposed, outcome, error) {
		if earlier, ok, err := w.repeated(ctx, stream, t, expected, events); ok || err != nil {
			return nil, earlier, err
		}
		if !t.is(expected) {
			return nil, outcome{}, &conflict{stream, expected, t.seen()}
		}
		return events, outcome{revision: t.last}, nil
	}}
	w.begin(stream, next)
	return next
}

// is reports whether the stream is as expected.
func (e *ending) is(expected expectation) bool {
	switch expected {
	case anything:
		return true
	case noStream:
		return e.last < 0 || e.deleted()
	case exists:
		return e.last >= 0 && !e.deleted()
	}
	return int64(expected) == e.last
}

// seen is the revision that a client can see the stream at.
func (e *ending) seen() int64 {
	if e.deleted() {
		return -1
	}
	return e.last
}

// tombstone ends a stream for good.
func (w *writing) tombstone(stream string, by domain.Actor, expected expectation) *write {
	next := &write{by: by, decide: func(_ context.Context, t *ending) ([]proposed, outcome, error) {
		if !t.is(expected) {
			return nil, outcome{}, &conflict{stream, expected, t.seen()}
		}
		return []proposed{jsonEvent(tombstone, nil, nil)}, outcome{}, nil
	}}
	w.begin(stream, next)
	return next
}

// delete makes a stream as if it had never been, softly: its metadata say that
// it is truncated before the revision that is to come.
func (w *writing) delete(ctx context.Context, stream string, by domain.Actor, expected expectation) (outcome, error) {
	if strings.HasPrefix(stream, metadataOf) {
		return outcome{}, malformed("metadata are not deleted: write others")
	}
	look := &write{decide: func(_ context.Context, t *ending) ([]proposed, outcome, error) {
		if !t.is(expected) {
			return nil, outcome{}, &conflict{stream, expected, t.seen()}
		}
		return nil, outcome{revision: t.last}, nil
	}}
	w.begin(stream, look)
	found, err := look.wait(ctx)
	if err != nil {
		return outcome{}, err
	}
	truncate := &write{by: by, decide: func(_ context.Context, t *ending) ([]proposed, outcome, error) {
		data, err := truncatedBefore(t.data, found.revision+1)
		return []proposed{jsonEvent("$metadata", nil, data)}, outcome{}, err
	}}
	w.begin(metadataOf+stream, truncate)
	return truncate.wait(ctx)
}
