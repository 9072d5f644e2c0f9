package esdbgate

import (
	"context"
	"errors"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
)

type persistentService struct {
	persistent.UnimplementedPersistentSubscriptionsServer
	gate *Gate
}

func (s *persistentService) Create(ctx context.Context, req *persistent.CreateReq) (*persistent.CreateResp, error) {
	if err := s.gate.may(ctx, Append); err != nil {
		return nil, err
	}
	given, from, err := created(req.GetOptions())
	if err != nil {
		return nil, err
	}
	return &persistent.CreateResp{}, s.gate.groups.create(ctx, callerOf(ctx).Actor, given, from)
}

func (s *persistentService) Update(ctx context.Context, req *persistent.UpdateReq) (*persistent.UpdateResp, error) {
	if err := s.gate.may(ctx, Append); err != nil {
		return nil, err
	}
	return &persistent.UpdateResp{}, s.gate.groups.update(ctx, callerOf(ctx).Actor, updated(req.GetOptions()))
}

func (s *persistentService) Delete(ctx context.Context, req *persistent.DeleteReq) (*persistent.DeleteResp, error) {
	if err := s.gate.may(ctx, Append); err != nil {
		return nil, err
	}
	o := req.GetOptions()
	stream := streamOrAll(o.GetAll(), o.GetStreamIdentifier())
	return &persistent.DeleteResp{}, s.gate.groups.delete(ctx, callerOf(ctx).Actor, stream, o.GetGroupName())
}

func (s *persistentService) GetInfo(ctx context.Context, req *persistent.GetInfoReq) (*persistent.GetInfoResp, error) {
	if err := s.gate.may(ctx, Append); err != nil {
		return nil, err
	}
	o := req.GetOptions()
	g, err := s.gate.groups.find(streamOrAll(o.GetAll(), o.GetStreamIdentifier()), o.GetGroupName())
	if err != nil {
		return nil, err
	}
	info, err := g.info(ctx)
	return &persistent.GetInfoResp{SubscriptionInfo: info}, err
}

func (s *persistentService) List(ctx context.Context, req *persistent.ListReq) (*persistent.ListResp, error) {
	if err := s.gate.may(ctx, Append); err != nil {
		return nil, err
	}
	stream := ""
	if o := req.GetOptions().GetListForStream(); o != nil {
		stream = streamOrAll(o.GetAll(), o.GetStream())
	}
	answer := new(persistent.ListResp)
	for _, g := range s.gate.groups.list(stream) {
		info, err := g.info(ctx)
		if err != nil {
			return nil, err
		}
		answer.Subscriptions = append(answer.Subscriptions, info)
	}
	if stream != "" && len(answer.Subscriptions) == 0 {
		return nil, groupFault(codes.NotFound, "persistent-subscription-does-not-exist", stream, "")
	}
	return answer, nil
}

func (s *persistentService) ReplayParked(ctx context.Context, req *persistent.ReplayParkedReq) (*persistent.ReplayParkedResp, error) {
	if err := s.gate.may(ctx, Append); err != nil {
		return nil, err
	}
	o := req.GetOptions()
	g, err := s.gate.groups.find(streamOrAll(o.GetAll(), o.GetStreamIdentifier()), o.GetGroupName())
	if err != nil {
		return nil, err
	}
	most := int64(-1)
	if v, ok := o.GetStopAtOption().(*persistent.ReplayParkedReq_Options_StopAt); ok {
		most = v.StopAt
	}
	return &persistent.ReplayParkedResp{}, g.replay(ctx, most)
}

func (s *persistentService) RestartSubsystem(ctx context.Context, _ *shared.Empty) (*shared.Empty, error) {
	if err := s.gate.may(ctx, Append); err != nil {
		return nil, err
	}
	s.gate.groups.restartAll()
	return &shared.Empty{}, nil
}

const (
	fewSlots  = 10 // of a subscriber that does not say
	mostSlots = 10_000
)

// Read hands events to a subscriber and takes what it says of them.
func (s *persistentService) Read(in persistent.PersistentSubscriptions_ReadServer) error {
	if err := s.gate.may(in.Context(), Append); err != nil {
		return err
	}
	first, err := in.Recv()
	if err != nil {
		return err
	}
	o := first.GetOptions()
	if o == nil {
		return malformed("a subscription begins with its options")
	}
	stream, name := streamOrAll(o.GetAll(), o.GetStreamIdentifier()), o.GetGroupName()
	g, err := s.gate.groups.find(stream, name)
	if err != nil {
		return err
	}
	slots := int(o.GetBufferSize())
	if slots <= 0 {
		slots = fewSlots
	}
	sub, err := g.subscribe(callerOf(in.Context()).Actor.Person, min(slots, mostSlots))
	if err != nil {
		return err
	}
	defer g.unsubscribe(sub)
	if err := in.Send(&persistent.ReadResp{Content: &persistent.ReadResp_SubscriptionConfirmation_{
		SubscriptionConfirmation: &persistent.ReadResp_SubscriptionConfirmation{SubscriptionId: sub.id},
	}}); err != nil {
		return err
	}
	heard := make(chan error, 1)
	go func() { heard <- g.listen(sub, in) }()
	_, text := o.GetUuidOption().GetContent().(*persistent.ReadReq_Options_UUIDOption_String_)
	for {
		select {
		case h := <-sub.out:
			if err := in.Send(h.delivery(text)); err != nil {
				return err
			}
		case err := <-heard:
			return err
		case <-sub.dropped:
			return groupFault(codes.Canceled, "persistent-subscription-dropped", stream, name)
		case <-in.Context().Done():
			return in.Context().Err()
		}
	}
}

// listen takes acknowledgements until the subscriber has nothing more to say.
func (g *group) listen(sub *subscriber, in persistent.PersistentSubscriptions_ReadServer) error {
	for {
		req, err := in.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch v := req.GetContent().(type) {
		case *persistent.ReadReq_Ack_:
			ids, err := readUUIDs(v.Ack.GetIds())
			if err != nil {
				return err
			}
			g.ack(sub, ids)
		case *persistent.ReadReq_Nack_:
			ids, err := readUUIDs(v.Nack.GetIds())
			if err != nil {
				return err
			}
			g.nack(sub, ids, v.Nack.GetAction(), v.Nack.GetReason())
		}
	}
}

func readUUIDs(ids []*shared.UUID) (read []uuid.UUID, err error) {
	for _, id := range ids {
		one, err := readUUID(id)
		if err != nil {
			return nil, err
		}
		read = append(read, one)
	}
	return read, nil
}

func (h handout) delivery(text bool) *persistent.ReadResp {
	read := &persistent.ReadResp_ReadEvent{
		Position: &persistent.ReadResp_ReadEvent_CommitPosition{CommitPosition: h.original().position},
		Count:    &persistent.ReadResp_ReadEvent_RetryCount{RetryCount: h.attempts},
	}
	if h.event != nil {
		read.Event = h.event.delivered(text)
	}
	if h.link != nil {
		read.Link = h.link.delivered(text)
	}
	return &persistent.ReadResp{Content: &persistent.ReadResp_Event{Event: read}}
}

func (g *group) info(ctx context.Context) (*persistent.SubscriptionInfo, error) {
	s := g.current()
	next, err := g.groups.next(ctx, s.Stream)
	if err != nil && !isDeleted(err) {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	info := &persistent.SubscriptionInfo{
		EventSource: s.Stream, GroupName: s.Group, Status: "Live",
		TotalItems: g.total, ResolveLinkTos: s.Links, StartFrom: s.startFrom(),
		MessageTimeoutMilliseconds: s.TimeoutMs, ExtraStatistics: s.Extra, MaxRetryCount: s.Retries,
		LiveBufferSize: s.Live, BufferSize: s.History, ReadBatchSize: s.Batch,
		CheckPointAfterMilliseconds: s.AfterMs, MinCheckPointCount: s.Least, MaxCheckPointCount: s.Most,
		ReadBufferCount: int32(len(g.waiting)), RetryBufferCount: int32(len(g.retries)),
		TotalInFlightMessages: int32(len(g.flying)), OutstandingMessagesCount: int32(len(g.order)),
		NamedConsumerStrategy: s.Strategy, MaxSubscriberCount: s.Subscribers, ParkedMessageCount: g.parked,
	}
	if g.kept > max(s.From, 1) || g.kept == 1 && s.From == 0 {
		info.LastCheckpointedEventPosition = s.place(g.kept - 1)
	}
	if next > 0 && (!s.all() || next > 1) {
		info.LastKnownEventPosition = s.place(next - 1)
	}
	for _, sub := range g.subscribers {
		info.Connections = append(info.Connections, &persistent.SubscriptionInfo_ConnectionInfo{
			Username: sub.name, ConnectionName: sub.id, TotalItems: sub.total,
			AvailableSlots: int32(sub.slots), InFlightMessages: int32(cap(sub.out) - sub.slots),
		})
	}
	return info, nil
}
