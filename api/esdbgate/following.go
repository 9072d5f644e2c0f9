package esdbgate

import (
	"context"
	"iter"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
)

// behind is after how many events at once a subscription that had caught up has
// fallen behind.
const behind = 1 << 12

// A following is a subscription: it sends what is there after a place, says that
// it has caught up, and goes on with what comes.
type following struct {
	history *history
	query   query
	send    func(*streams.ReadResp) error

	view     view   // of the stream, where it is one
	next     uint64 // revision to be read next, or position last read
	position uint64 // of the last event looked at
	looked   int    // events since the last checkpoint
	live     bool
}

// follow ends with ctx, or when the client can no longer be reached.
func (h *history) follow(ctx context.Context, q query, send func(*streams.ReadResp) error) error {
	f := &following{history: h, query: q, send: send}
	if err := f.begin(ctx); err != nil {
		return err
	}
	if err := send(&streams.ReadResp{Content: &streams.ReadResp_Confirmation{
		Confirmation: &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: uuid.NewString()},
	}}); err != nil {
		return err
	}
	for {
		head, err := h.store.Head(ctx) // what is read after it was asked for covers it
		if err != nil {
			return err
		}
		if err := f.catchUp(ctx); err != nil {
			return err
		}
		if err := h.store.Wait(ctx, head); err != nil {
			return err
		}
	}
}

// begin finds the place after which to begin: the one named counts as had.
func (f *following) begin(ctx context.Context) error {
	q := f.query
	if q.stream == "" {
		f.next = q.from.at
		if q.from.end {
			head, err := f.history.store.Head(ctx)
			f.next = uint64(head)
			return err
		}
		return nil
	}
	v, err := f.history.view(ctx, q.stream)
	f.view = v
	switch f.next = v.first; {
	case q.from.end:
		f.next = uint64(v.last + 1)
	case !q.from.begin:
		f.next = max(f.next, q.from.at+1)
	}
	return err
}

func (f *following) events(ctx context.Context) iter.Seq2[event, error] {
	if f.query.stream == "" {
		return f.history.all(ctx, f.next)
	}
	return f.history.stream(ctx, f.query.stream, f.next)
}

// catchUp sends what is there.
func (f *following) catchUp(ctx context.Context) error {
	n := 0
	for e, err := range f.events(ctx) {
		if err != nil {
			return err
		}
		if n++; f.live && n == behind {
			f.live = false
			if err := f.send(f.turn().fellBehind()); err != nil {
				return err
			}
		}
		if err := f.take(ctx, e); err != nil {
			return err
		}
	}
	if f.live {
		return nil
	}
	f.live = true
	if f.query.filter != nil && f.looked > 0 {
		if err := f.checkpoint(); err != nil {
			return err
		}
	}
	return f.send(f.turn().caughtUp())
}

func (f *following) take(ctx context.Context, e event) error {
	f.position, f.looked = e.position, f.looked+1
	wanted := f.query.filter.match(e)
	if f.query.stream == "" {
		f.next = e.position
	} else {
		f.next, wanted = e.revision+1, f.view.shows(e)
	}
	if wanted {
		if err := f.history.send(ctx, f.query, e, f.send); err != nil {
			return err
		}
	}
	if f.query.filter != nil && f.looked >= f.query.filter.interval {
		return f.checkpoint()
	}
	return nil
}

// checkpoint tells a client whose filter lets little through how far it is.
func (f *following) checkpoint() error {
	f.looked = 0
	m := &streams.ReadResp_Checkpoint{CommitPosition: f.position, PreparePosition: f.position}
	m.ProtoReflect().SetUnknown(timestamp(nil, 3, f.history.now()))
	return f.send(&streams.ReadResp{Content: &streams.ReadResp_Checkpoint_{Checkpoint: m}})
}

func (f *following) turn() turn {
	if f.query.stream == "" {
		return turn{now: f.history.now(), all: true, any: f.next > 0, at: f.next}
	}
	return turn{now: f.history.now(), any: f.next > 0, at: max(f.next, 1) - 1}
}
