package esdbgate

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/genproto/googleapis/rpc/code"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"
)

// What one connection may have in memory here: appends that wait for their
// answers, and bytes of appends that are not whole yet.
const (
	underWay   = 1 << 8
	unfinished = 64 << 20
)

// BatchAppend takes appends one after the other and answers each as it is done.
// They are begun in the order they came.
func (s *streamsService) BatchAppend(in streams.Streams_BatchAppendServer) error {
	if err := s.gate.may(in.Context(), Append); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(in.Context())
	var sending sync.Mutex
	var answers sync.WaitGroup
	defer answers.Wait()
	defer cancel()
	places := make(chan struct{}, underWay)
	batches, bytes := map[string]*batch{}, 0
	for {
		req, err := in.Recv()
		if errors.Is(err, io.EOF) {
			answers.Wait()
			return nil
		}
		if err != nil {
			return err
		}
		id, err := readUUID(req.GetCorrelationId())
		if err != nil {
			return err
		}
		b := batches[id.String()]
		if b == nil {
			b = &batch{options: req.GetOptions(), id: req.GetCorrelationId()}
			batches[id.String()] = b
		}
		bytes -= b.bytes
		b.take(req, s.gate.writes.most)
		if !req.GetIsFinal() {
			if bytes += b.bytes; len(batches) > underWay || bytes > unfinished {
				return status.Error(codes.ResourceExhausted, "too many appends begun and not finished")
			}
			continue
		}
		delete(batches, id.String())
		places <- struct{}{}
		wait := s.begin(ctx, b)
		answers.Go(func() {
			answer := wait()
			<-places
			sending.Lock()
			defer sending.Unlock()
			_ = in.Send(answer) // who has gone learns nothing more
		})
	}
}

// A batch is one append of a [streamsService.BatchAppend], which may come in
// parts.
type batch struct {
	options *streams.BatchAppendReq_Options
	id      *shared.UUID
	events  []proposed
	bytes   int
	err     error
}

func (b *batch) take(req *streams.BatchAppendReq, most int) {
	for _, m := range req.GetProposedMessages() {
		p, err := propose(m.GetId(), m.GetMetadata(), m.GetCustomMetadata(), m.GetData())
		if b.bytes += len(p.stored); err == nil && b.bytes > most {
			err = tooLarge(most, errors.New("the append has too many bytes"))
		}
		if b.err = errors.Join(b.err, err); b.err != nil {
			b.events = nil
			return
		}
		b.events = append(b.events, p)
	}
}

func (b *batch) expected() expectation {
	switch v := b.options.GetExpectedStreamPosition().(type) {
	case *streams.BatchAppendReq_Options_NoStream:
		return noStream
	case *streams.BatchAppendReq_Options_StreamExists:
		return exists
	case *streams.BatchAppendReq_Options_StreamPosition:
		return atRevision(v.StreamPosition)
	}
	return anything
}

// deadline is until when the client waits.
func (b *batch) deadline(now time.Time) (time.Time, bool) {
	switch v := b.options.GetDeadlineOption().(type) {
	case *streams.BatchAppendReq_Options_Deadline:
		return now.Add(v.Deadline.AsDuration()), true
	case *streams.BatchAppendReq_Options_Deadline_21_10_0:
		return v.Deadline_21_10_0.AsTime(), true
	}
	return time.Time{}, false
}

// begin queues an append and returns how to wait for its answer.
func (s *streamsService) begin(ctx context.Context, b *batch) func() *streams.BatchAppendResp {
	stream := string(b.options.GetStreamIdentifier().GetStreamName())
	var next *write
	err := b.err
	if err == nil {
		err = s.gate.mayWrite(ctx, stream, Append)
	}
	if err == nil {
		next, err = s.gate.writes.append(stream, callerOf(ctx).Actor, b.expected(), b.events)
	}
	return func() *streams.BatchAppendResp {
		answer := &streams.BatchAppendResp{CorrelationId: b.id, StreamIdentifier: b.options.GetStreamIdentifier()}
		if at, ok := b.deadline(s.gate.options.Now()); ok {
			limited, cancel := context.WithTimeout(ctx, at.Sub(s.gate.options.Now()))
			defer cancel()
			ctx = limited
		}
		var done outcome
		if err == nil {
			done, err = next.wait(ctx)
		}
		answerExpectation(answer, b.expected())
		if err != nil {
			answer.Result = &streams.BatchAppendResp_Error{Error: s.gate.batchError(ctx, stream, err)}
			return answer
		}
		success := &streams.BatchAppendResp_Success{
			CurrentRevisionOption: &streams.BatchAppendResp_Success_CurrentRevision{CurrentRevision: uint64(done.revision)},
			PositionOption:        &streams.BatchAppendResp_Success_NoPosition{NoPosition: &emptypb.Empty{}},
		}
		if done.revision < 0 {
			success.CurrentRevisionOption = &streams.BatchAppendResp_Success_NoStream{NoStream: &emptypb.Empty{}}
		}
		if done.position > 0 {
			success.PositionOption = &streams.BatchAppendResp_Success_Position{
				Position: &shared.AllStreamPosition{CommitPosition: done.position, PreparePosition: done.position},
			}
		}
		answer.Result = &streams.BatchAppendResp_Success_{Success: success}
		return answer
	}
}

func answerExpectation(answer *streams.BatchAppendResp, expected expectation) {
	switch expected {
	case noStream:
		answer.ExpectedStreamPosition = &streams.BatchAppendResp_NoStream{NoStream: &emptypb.Empty{}}
	case anything:
		answer.ExpectedStreamPosition = &streams.BatchAppendResp_Any{Any: &emptypb.Empty{}}
	case exists:
		answer.ExpectedStreamPosition = &streams.BatchAppendResp_StreamExists{StreamExists: &emptypb.Empty{}}
	default:
		answer.ExpectedStreamPosition = &streams.BatchAppendResp_StreamPosition{StreamPosition: uint64(expected)}
	}
}

// batchError is how one append of many fails. Clients open the detail without
// asking whether there is one.
func (g *Gate) batchError(ctx context.Context, stream string, err error) *rpc.Status {
	c, f := new(conflict), new(fault)
	switch {
	case errors.As(err, &c):
		return detailed(codes.FailedPrecondition, err, wrongDetail(c))
	case isDeleted(err):
		return detailed(codes.FailedPrecondition, err, &shared.StreamDeleted{StreamIdentifier: identify(stream)})
	case errors.As(err, &f) && f.exception == "access-denied":
		return detailed(codes.PermissionDenied, err, &shared.AccessDenied{})
	case errors.As(err, &f) && f.exception == "maximum-append-size-exceeded":
		return detailed(codes.InvalidArgument, err, &shared.MaximumAppendSizeExceeded{MaxAppendSize: uint32(g.writes.most)})
	case errors.Is(err, context.DeadlineExceeded):
		return detailed(codes.DeadlineExceeded, err, &shared.Timeout{})
	}
	told := g.told(ctx, err)
	switch s, _ := status.FromError(told); s.Code() {
	case codes.InvalidArgument:
		return detailed(s.Code(), told, &shared.BadRequest{Message: s.Message()})
	default:
		return detailed(s.Code(), told, &shared.Unknown{})
	}
}

func detailed(c codes.Code, err error, detail proto.Message) *rpc.Status {
	s := &rpc.Status{Code: int32(code.Code(c)), Message: err.Error()}
	if packed, err := anypb.New(detail); err == nil {
		s.Details = []*anypb.Any{packed}
	}
	return s
}

func wrongDetail(c *conflict) *shared.WrongExpectedVersion {
	wrong := new(shared.WrongExpectedVersion)
	if c.last < 0 {
		wrong.CurrentStreamRevisionOption = &shared.WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &emptypb.Empty{}}
	} else {
		wrong.CurrentStreamRevisionOption = &shared.WrongExpectedVersion_CurrentStreamRevision{CurrentStreamRevision: uint64(c.last)}
	}
	switch c.expected {
	case anything:
		wrong.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedAny{ExpectedAny: &emptypb.Empty{}}
	case exists:
		wrong.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &emptypb.Empty{}}
	case noStream:
		wrong.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &emptypb.Empty{}}
	default:
		wrong.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedStreamPosition{ExpectedStreamPosition: uint64(c.expected)}
	}
	return wrong
}
