package esdbgate

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/genproto/googleapis/rpc/code"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"
)

type streamsService struct {
	streams.UnimplementedStreamsServer
	gate *Gate
}

// truncatedBefore returns metadata, JSON or nothing, with $tb set.
func truncatedBefore(metadata []byte, revision int64) ([]byte, error) {
	fields := map[string]json.RawMessage{}
	if json.Unmarshal(metadata, &fields) != nil || fields == nil {
		fields = map[string]json.RawMessage{}
	}
	number, err := json.Marshal(revision)
	if err != nil {
		return nil, err
	}
	fields["$tb"] = number
	return json.Marshal(fields)
}

// The expectation of a request, as generated for each method.
type expecting interface {
	GetRevision() uint64
	GetNoStream() *shared.Empty
	GetAny() *shared.Empty
	GetStreamExists() *shared.Empty
}

func expect(o expecting) expectation {
	switch {
	case o.GetNoStream() != nil:
		return noStream
	case o.GetAny() != nil:
		return anything
	case o.GetStreamExists() != nil:
		return exists
	}
	return expectation(o.GetRevision())
}

// Append takes all of a request before it writes any of it.
func (s *streamsService) Append(in streams.Streams_AppendServer) error {
	first, err := in.Recv()
	if err != nil {
		return err
	}
	options := first.GetOptions()
	if options == nil {
		return malformed("an append begins with its options")
	}
	stream := string(options.GetStreamIdentifier().GetStreamName())
	if err := s.gate.mayWrite(in.Context(), stream, Append); err != nil {
		drain(in)
		return err
	}
	events, err := s.events(in)
	if err != nil {
		drain(in)
		return err
	}
	expected := expect(options)
	next, err := s.gate.writes.append(stream, callerOf(in.Context()).Actor, expected, events)
	if err != nil {
		return err
	}
	done, err := next.wait(in.Context())
	if c := new(conflict); errors.As(err, &c) {
		return in.SendAndClose(refused(c))
	}
	if err != nil {
		return err
	}
	return in.SendAndClose(appended(done))
}

// drain reads what a client still sends. One that is refused while it sends
// does not look for the reason.
func drain(in grpc.ServerStream) {
	const most = 64 // messages; who sends more must do without
	for range most {
		if in.RecvMsg(new(emptypb.Empty)) != nil {
			return
		}
	}
}

func (s *streamsService) events(in streams.Streams_AppendServer) (events []proposed, err error) {
	bytes := 0
	for {
		request, err := in.Recv()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return nil, err
		}
		m := request.GetProposedMessage()
		p, err := propose(m.GetId(), m.GetMetadata(), m.GetCustomMetadata(), m.GetData())
		if err != nil {
			return nil, err
		}
		if bytes += len(p.stored); bytes > s.gate.writes.most {
			return nil, tooLarge(s.gate.writes.most, errors.New("the append has too many bytes"))
		}
		events = append(events, p)
	}
}

func appended(done outcome) *streams.AppendResp {
	success := &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(done.revision)},
		PositionOption:        &streams.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}},
	}
	if done.revision < 0 {
		success.CurrentRevisionOption = &streams.AppendResp_Success_NoStream{NoStream: &shared.Empty{}}
	}
	if done.position > 0 {
		success.PositionOption = &streams.AppendResp_Success_Position{Position: &streams.AppendResp_Position{
			CommitPosition: done.position, PreparePosition: done.position,
		}}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_Success_{Success: success}}
}

// refused is how an append to a stream that is not as expected is answered: not
// as an error.
func refused(c *conflict) *streams.AppendResp {
	none := &shared.Empty{}
	wrong := new(streams.AppendResp_WrongExpectedVersion)
	if c.last < 0 {
		wrong.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: none}
		wrong.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_NoStream_20_6_0{NoStream_20_6_0: none}
	} else {
		wrong.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: uint64(c.last)}
		wrong.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_CurrentRevision_20_6_0{CurrentRevision_20_6_0: uint64(c.last)}
	}
	switch c.expected {
	case anything:
		wrong.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedAny{ExpectedAny: none}
		wrong.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_Any_20_6_0{Any_20_6_0: none}
	case exists:
		wrong.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: none}
		wrong.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_StreamExists_20_6_0{StreamExists_20_6_0: none}
	case noStream:
		wrong.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: none}
	default:
		wrong.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: uint64(c.expected)}
		wrong.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision_20_6_0{ExpectedRevision_20_6_0: uint64(c.expected)}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: wrong}}
}

// Delete deletes a stream softly.
func (s *streamsService) Delete(ctx context.Context, req *streams.DeleteReq) (*streams.DeleteResp, error) {
	stream := string(req.GetOptions().GetStreamIdentifier().GetStreamName())
	if err := s.gate.mayWrite(ctx, stream, Delete); err != nil {
		return nil, err
	}
	done, err := s.gate.writes.delete(ctx, stream, callerOf(ctx).Actor, expect(req.GetOptions()))
	if err != nil {
		return nil, err
	}
	return &streams.DeleteResp{PositionOption: &streams.DeleteResp_Position_{Position: &streams.DeleteResp_Position{
		CommitPosition: done.position, PreparePosition: done.position,
	}}}, nil
}

// Tombstone deletes a stream for good.
func (s *streamsService) Tombstone(ctx context.Context, req *streams.TombstoneReq) (*streams.TombstoneResp, error) {
	stream := string(req.GetOptions().GetStreamIdentifier().GetStreamName())
	if err := s.gate.mayWrite(ctx, stream, Delete); err != nil {
		return nil, err
	}
	done, err := s.gate.writes.tombstone(stream, callerOf(ctx).Actor, expect(req.GetOptions())).wait(ctx)
	if err != nil {
		return nil, err
	}
	return &streams.TombstoneResp{PositionOption: &streams.TombstoneResp_Position_{Position: &streams.TombstoneResp_Position{
		CommitPosition: done.position, PreparePosition: done.position,
	}}}, nil
}

// underWay is how many appends of one connection may wait for their answers.
const underWay = 1 << 10

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
	batches := map[string]*batch{}
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
			if len(batches) >= underWay {
				return status.Error(codes.ResourceExhausted, "too many appends begun and not finished")
			}
			batches[id.String()] = b
		}
		b.take(req, s.gate.writes.most)
		if !req.GetIsFinal() {
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
		return expectation(v.StreamPosition)
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
