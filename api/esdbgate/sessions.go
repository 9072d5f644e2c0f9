package esdbgate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/anypb"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// A session appends to several streams, to all or to none. A Store appends to
// one. So what is to be written is first written down, whole, in a stream of its
// own; from then on it is carried out, by this process or by the next one that
// opens the store. Nobody else writes to the streams until it is. A reader may
// see some of the streams before the others.
const (
	sessionsStream = "$sessions"
	sessionType    = "$session"

	mostStreams = 1 << 10 // of one session
)

type sessionWrite struct {
	Stream string         `json:"stream"`
	Before int64          `json:"before"` // revision of its last event
	By     domain.Actor   `json:"by"`
	Events []sessionEvent `json:"events"`

	expected expectation
	proposed []proposed
}

type sessionEvent struct {
	Type   string `json:"type"`
	Stored []byte `json:"stored"`
}

// inSession carries out writes, whose streams differ. Their outcomes are in the
// same order.
func (w *writing) inSession(ctx context.Context, writes []sessionWrite) ([]outcome, error) {
	for i := range writes {
		if err := writes[i].plan(i); err != nil {
			return nil, err
		}
	}
	w.session.Lock()
	release, err := w.hold(ctx, writes)
	if err != nil {
		release()
		w.session.Unlock()
		return nil, err
	}
	type result struct {
		outcomes []outcome
		err      error
	}
	done := make(chan result, 1)
	go func() { // carried out even if the caller leaves
		defer w.session.Unlock()
		defer release()
		outcomes, err := w.intend(context.WithoutCancel(ctx), writes)
		done <- result{outcomes, err}
	}()
	select {
	case r := <-done:
		return r.outcomes, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// plan makes the events of what was proposed, and refuses what no store would
// take: what has been written down is tried until it is done.
func (s *sessionWrite) plan(i int) error {
	for _, p := range s.proposed {
		s.Events = append(s.Events, sessionEvent{p.kind, p.stored})
	}
	if len(s.Events) == 0 {
		return nil
	}
	drafts := s.drafts(math.MaxInt64, i)
	if err := eventstore.CheckAppend(s.Stream, drafts); err != nil {
		return err
	}
	for _, d := range drafts {
		if _, err := eventstore.Seal(s.Stream, math.MaxInt64, time.Now(), d); err != nil {
			return err
		}
	}
	return nil
}

// drafts are the events of the i-th write of an intent. Their command makes them
// once, however often they are appended.
func (s *sessionWrite) drafts(intent int64, i int) []eventstore.Draft {
	drafts := make([]eventstore.Draft, len(s.Events))
	for n, e := range s.Events {
		drafts[n] = eventstore.Draft{Type: e.Type, Data: e.Stored, Meta: eventstore.Meta{
			Actor: s.By, Command: fmt.Sprintf("session-%d-%d", intent, i),
		}}
	}
	return drafts
}

// hold stops all other writes to the streams until release is called, and checks
// that the streams are as expected.
func (w *writing) hold(ctx context.Context, writes []sessionWrite) (release func(), err error) {
	let := make(chan struct{})
	release = func() { close(let) }
	for i := range writes {
		s, held := &writes[i], make(chan struct{})
		barrier := &write{alone: true, decide: func(_ context.Context, t *ending) ([]proposed, outcome, error) {
			s.Before = t.last
			if !t.is(s.expected) {
				return nil, outcome{}, &conflict{s.Stream, s.expected, t.seen()}
			}
			close(held)
			<-let
			return nil, outcome{}, nil
		}}
		w.begin(s.Stream, barrier)
		select {
		case <-held:
		case <-barrier.done: // it never stood
			return release, barrier.err
		case <-ctx.Done():
			return release, ctx.Err()
		}
	}
	return release, nil
}

// intend writes down what is to be done and does it.
func (w *writing) intend(ctx context.Context, writes []sessionWrite) ([]outcome, error) {
	data, err := json.Marshal(writes)
	if err != nil {
		return nil, err
	}
	intent := w.enqueue(sessionsStream, writes[0].By, anything, []proposed{jsonEvent(sessionType, nil, data)}, len(data))
	written, err := intent.wait(ctx)
	if err != nil {
		return nil, err
	}
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		outcomes, err := w.fulfil(ctx, written.revision, writes)
		if err == nil || isRefused(err) || errors.Is(err, eventstore.ErrClosed) || errors.Is(err, eventstore.ErrFenced) {
			return outcomes, err // where it failed for good, the next to open the store does it
		}
		time.Sleep(pause)
	}
}

// fulfil does what an intent says, once, however often it is tried.
func (w *writing) fulfil(ctx context.Context, intent int64, writes []sessionWrite) ([]outcome, error) {
	outcomes := make([]outcome, len(writes))
	for i, s := range writes {
		if len(s.Events) == 0 {
			outcomes[i] = outcome{revision: s.Before}
			continue
		}
		drafts := s.drafts(intent, i)
		a, err := w.history.store.Append(ctx, s.Stream, eventstore.Revision(s.Before+1), drafts...)
		if moved := new(eventstore.Conflict); errors.As(err, &moved) { // by another process; what is intended is done
			a, err = w.history.store.Append(ctx, s.Stream, moved.At, drafts...)
		}
		if err != nil {
			return nil, err
		}
		outcomes[i] = outcome{int64(a.Revision) - 1, uint64(a.Position)}
	}
	return outcomes, nil
}

// finishSessions carries out the last intent, which a process that ended may
// have left half done. Only one is ever under way.
func (w *writing) finishSessions(ctx context.Context) error {
	v, err := w.history.view(ctx, sessionsStream)
	if err != nil || v.missing() {
		return err
	}
	for e, err := range w.history.streamBack(ctx, sessionsStream, uint64(v.last+1)) {
		if err != nil {
			return err
		}
		var writes []sessionWrite
		if err := json.Unmarshal(e.data, &writes); err != nil {
			return fmt.Errorf("%w: session at %d: %w", eventstore.ErrDamaged, e.position, err)
		}
		if _, err = w.fulfil(ctx, int64(e.revision), writes); isRefused(err) {
			return nil // no store takes it, today or ever
		}
		return err
	}
	return nil
}

// The service that appends in sessions belongs to a later protocol. Its messages
// are read and written here field by field: the client that has them cannot be
// linked into one binary with the one that has the others.
type sessions struct{ gate *Gate }

var sessionService = grpc.ServiceDesc{
	ServiceName: "kurrentdb.protocol.v2.streams.StreamsService",
	HandlerType: (*any)(nil),
	Streams: []grpc.StreamDesc{{
		StreamName: "AppendSession", ClientStreams: true,
		Handler: func(srv any, in grpc.ServerStream) error { return srv.(*sessions).append(in) },
	}},
}

const sessionErrors = "type.googleapis.com/kurrentdb.protocol.v2.streams.errors."

func (s *sessions) append(in grpc.ServerStream) error {
	writes, err := s.receive(in)
	if err != nil {
		drain(in)
		return err
	}
	outcomes, err := s.gate.writes.inSession(in.Context(), writes)
	c := new(conflict)
	switch {
	case errors.As(err, &c):
		return sessionError(codes.FailedPrecondition, err, "StreamRevisionConflictErrorDetails", c.stream, int64(c.expected), c.last)
	case isDeleted(err):
		return sessionError(codes.FailedPrecondition, err, "StreamTombstonedErrorDetails", streamOf(err))
	case err != nil:
		return err
	}
	return in.SendMsg(sessionAnswer(writes, outcomes))
}

func (s *sessions) receive(in grpc.ServerStream) (writes []sessionWrite, err error) {
	caller, bytes, seen := callerOf(in.Context()), 0, map[string]bool{}
	for {
		m := new(rawMessage)
		if err := in.RecvMsg(m.message()); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		next, err := readSessionWrite(m.bytes())
		if err != nil {
			return nil, err
		}
		if err := s.gate.mayWrite(in.Context(), next.Stream, Append); err != nil {
			return nil, err
		}
		if seen[next.Stream] {
			err := fmt.Errorf("stream %s twice in one session", next.Stream)
			return nil, sessionError(codes.Aborted, err, "StreamAlreadyInAppendSessionErrorDetails", next.Stream)
		}
		for _, p := range next.proposed {
			bytes += len(p.stored)
		}
		if most := s.gate.writes.most; bytes > most {
			err := fmt.Errorf("the session has more than %d bytes", most)
			return nil, sessionError(codes.Aborted, err, "AppendTransactionSizeExceededErrorDetails", int32(bytes), int32(most))
		}
		if len(writes) == mostStreams {
			return nil, malformed("a session for more than %d streams", mostStreams)
		}
		seen[next.Stream], next.By = true, caller.Actor
		writes = append(writes, next)
	}
	if len(writes) == 0 {
		return nil, status.Error(codes.FailedPrecondition, "a session without appends")
	}
	return writes, nil
}

func streamOf(err error) string {
	f := new(fault)
	if errors.As(err, &f) && len(f.with) > 1 {
		return f.with[1]
	}
	return ""
}

// sessionError is a status with a detail, whose fields are given in order.
func sessionError(c codes.Code, err error, detail string, fields ...any) error {
	var b []byte
	for i, field := range fields {
		n := protowire.Number(i + 1)
		switch v := field.(type) {
		case string:
			b = protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), v)
		case int64: // sint64
			b = protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), protowire.EncodeZigZag(v))
		case int32:
			b = protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), uint64(v))
		}
	}
	return status.FromProto(&rpc.Status{
		Code: int32(c), Message: err.Error(), Details: []*anypb.Any{{TypeUrl: sessionErrors + detail, Value: b}},
	}).Err()
}

func sessionAnswer(writes []sessionWrite, outcomes []outcome) any {
	var answer []byte
	last := uint64(0)
	for i, o := range outcomes {
		var one []byte
		one = protowire.AppendString(protowire.AppendTag(one, 1, protowire.BytesType), writes[i].Stream)
		one = protowire.AppendVarint(protowire.AppendTag(one, 2, protowire.VarintType), protowire.EncodeZigZag(o.revision))
		one = protowire.AppendVarint(protowire.AppendTag(one, 3, protowire.VarintType), protowire.EncodeZigZag(int64(o.position)))
		answer = protowire.AppendBytes(protowire.AppendTag(answer, 1, protowire.BytesType), one)
		last = max(last, o.position)
	}
	answer = protowire.AppendVarint(protowire.AppendTag(answer, 2, protowire.VarintType), protowire.EncodeZigZag(int64(last)))
	m := new(rawMessage)
	m.set(answer)
	return m.message()
}

// newSessionEvent makes an event of a record. What later versions call
// properties and schema is metadata to all others.
func newSessionEvent(id, kind string, isJSON bool, properties map[string]any, data []byte) (proposed, error) {
	given, err := uuid.Parse(id)
	if id == "" {
		given, err = uuid.New(), nil
	}
	if err != nil {
		return proposed{}, malformed("%q is no UUID", id)
	}
	if kind == tombstone {
		return proposed{}, errTombstone
	}
	format, content := "Bytes", "application/octet-stream"
	if isJSON {
		format, content = "Json", "application/json"
	}
	all := maps.Clone(properties)
	if all == nil {
		all = map[string]any{}
	}
	all["$schema.format"], all["$schema.name"] = format, kind
	meta, err := json.Marshal(all)
	if err != nil {
		return proposed{}, malformed("properties: %v", err)
	}
	return newProposed(given, kind, map[string]string{keyContentType: content}, meta, slices.Clone(data))
}
