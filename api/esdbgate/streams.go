package esdbgate

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
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
	return atRevision(o.GetRevision())
}

// atRevision expects a revision. One that no stream will ever have stays one, and
// does not become one of the negative ones that mean something else.
func atRevision(revision uint64) expectation {
	return expectation(min(revision, math.MaxInt64))
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
