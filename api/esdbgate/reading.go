package esdbgate

import (
	"context"
	"iter"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

// A query is what a client wants to read.
type query struct {
	stream    string // "" for all streams
	from      start
	backwards bool
	count     uint64
	live      bool // a subscription
	filter    *filter
	links     bool
	text      bool // ids as text
}

// A start is where reading begins: at a revision or position, or at an end.
type start struct {
	begin, end bool
	at         uint64
}

func newQuery(o *streams.ReadReq_Options) (q query, err error) {
	q.backwards = o.GetReadDirection() == streams.ReadReq_Options_Backwards
	q.count, q.live, q.links = o.GetCount(), o.GetSubscription() != nil, o.GetResolveLinks()
	_, q.text = o.GetUuidOption().GetContent().(*streams.ReadReq_Options_UUIDOption_String_)
	switch s := o.GetStreamOption().(type) {
	case *streams.ReadReq_Options_Stream:
		q.stream = string(s.Stream.GetStreamIdentifier().GetStreamName())
		if q.stream == "" {
			return q, malformed("no stream is named")
		}
		_, q.from.end = s.Stream.GetRevisionOption().(*streams.ReadReq_Options_StreamOptions_End)
		revision, given := s.Stream.GetRevisionOption().(*streams.ReadReq_Options_StreamOptions_Revision)
		q.from.begin = !q.from.end && !given
		if given {
			q.from.at = revision.Revision
		}
	case *streams.ReadReq_Options_All:
		_, q.from.end = s.All.GetAllOption().(*streams.ReadReq_Options_AllOptions_End)
		position, given := s.All.GetAllOption().(*streams.ReadReq_Options_AllOptions_Position)
		q.from.begin = !q.from.end && !given
		if given {
			q.from.at = position.Position.GetCommitPosition()
		}
	default:
		return q, malformed("neither a stream nor all of them are asked for")
	}
	if q.from.at >= math.MaxInt64 { // how some clients write the end
		q.from = start{end: true}
	}
	if f := o.GetFilter(); f != nil && q.stream == "" {
		if e := f.GetEventType(); e != nil {
			q.filter, err = newFilter(f, true, e)
		} else {
			q.filter, err = newFilter(f, false, f.GetStreamIdentifier())
		}
	}
	return q, err
}

// Read answers reads and subscriptions. A read that finds no stream says so in a
// message; only a tombstone is an error.
func (s *streamsService) Read(req *streams.ReadReq, out streams.Streams_ReadServer) error {
	q, err := newQuery(req.GetOptions())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(out.Context())
	defer cancel()
	h := s.gate.history
	if q.live {
		return h.follow(ctx, q, out.Send)
	}
	if q.count == 0 {
		return nil
	}
	events := h.readAll(ctx, q)
	if q.stream != "" {
		v, err := h.view(ctx, q.stream)
		if err != nil {
			return err
		}
		if v.missing() {
			return out.Send(&streams.ReadResp{Content: &streams.ReadResp_StreamNotFound_{
				StreamNotFound: &streams.ReadResp_StreamNotFound{StreamIdentifier: identify(q.stream)},
			}})
		}
		events = h.readStream(ctx, q, v)
	}
	sent := uint64(0)
	for e, err := range events {
		if err != nil {
			return err
		}
		if err := h.send(ctx, q, e, out.Send); err != nil {
			return err
		}
		if sent++; sent == q.count {
			return nil
		}
	}
	return nil
}

func (h *history) send(ctx context.Context, q query, e event, send func(*streams.ReadResp) error) error {
	r := resolved{event: &e}
	if q.links {
		var err error
		if r, err = h.resolve(ctx, e); err != nil {
			return err
		}
	}
	return send(r.message(q.text))
}

// readAll yields the events of all streams from a position on, that one
// included; backwards, those before it.
func (h *history) readAll(ctx context.Context, q query) iter.Seq2[event, error] {
	events := func(yield func(event, error) bool) {
		var found iter.Seq2[event, error]
		switch {
		case q.backwards:
			head, err := h.store.Head(ctx)
			if err != nil {
				yield(event{}, err)
				return
			}
			before := uint64(head) + 1
			if !q.from.end {
				before = min(before, q.from.at) // from far beyond the end there would be no end of empty chunks
			}
			found = h.allBack(ctx, before)
		case q.from.end:
			return
		default:
			found = h.all(ctx, max(q.from.at, 1)-1)
		}
		found(yield)
	}
	return chosen(events, q.filter.match)
}

// readStream yields what may be seen of a stream from a revision on, or back
// from it, that one included.
func (h *history) readStream(ctx context.Context, q query, v view) iter.Seq2[event, error] {
	switch {
	case !q.backwards && q.from.end:
		return func(func(event, error) bool) {}
	case !q.backwards:
		return chosen(h.stream(ctx, q.stream, max(q.from.at, v.first)), v.shows)
	}
	before := uint64(v.last + 1)
	if !q.from.end {
		before = min(before, q.from.at+1)
	}
	return func(yield func(event, error) bool) {
		for e, err := range h.streamBack(ctx, q.stream, before) {
			if err == nil && e.revision < v.first {
				return
			}
			if (err != nil || v.shows(e)) && !yield(e, err) {
				return
			}
		}
	}
}

func chosen(events iter.Seq2[event, error], wanted func(event) bool) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		for e, err := range events {
			if (err != nil || wanted(e)) && !yield(e, err) {
				return
			}
		}
	}
}
