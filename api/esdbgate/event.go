package esdbgate

import (
	"encoding/binary"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"wenxiao/eventstore"
)

// The keys of an event's system metadata that every client reads. The Go client
// ends its process over an event without created.
const (
	keyType        = "type"
	keyContentType = "content-type"
	keyCreated     = "created"
)

// An event is a record as clients of the protocol see it. Its position is the
// record's own, both as commit and as prepare position; its revision counts
// from 0.
type event struct {
	id       uuid.UUID
	stream   string
	revision uint64
	position uint64
	kind     string
	created  time.Time
	system   map[string]string // content-type, and what else its writer sent
	meta     []byte
	data     []byte
}

// openRecord shows a record of the ledger: its data are the event's, its
// envelope, byte for byte, the event's metadata.
func openRecord(r eventstore.Record) (event, error) {
	id, err := uuid.Parse(r.ID)
	if err != nil {
		return event{}, fmt.Errorf("%w: id at %d: %w", eventstore.ErrDamaged, r.Position, err)
	}
	e := placed(r)
	e.id, e.system, e.meta, e.data = id, map[string]string{keyContentType: "application/json"}, r.Envelope, r.Data
	return e, nil
}

// openStored shows a record that [proposed.draft] made.
func openStored(r eventstore.Record) (event, error) {
	var stored streams.AppendReq_ProposedMessage
	if err := proto.Unmarshal(r.Data, &stored); err != nil {
		return event{}, fmt.Errorf("%w: data at %d: %w", eventstore.ErrDamaged, r.Position, err)
	}
	id, err := readUUID(stored.GetId())
	if err != nil {
		return event{}, fmt.Errorf("%w: id at %d: %w", eventstore.ErrDamaged, r.Position, err)
	}
	e := placed(r)
	e.id, e.system, e.meta, e.data = id, stored.GetMetadata(), stored.GetCustomMetadata(), stored.GetData()
	return e, nil
}

func placed(r eventstore.Record) event {
	return event{
		stream: r.Stream, revision: uint64(r.Revision) - 1, position: uint64(r.Position), kind: r.Type, created: r.RecordedAt,
	}
}

// metadata returns what goes over the wire as system metadata. Times are counted
// in units of 100 ns since 1970.
func (e event) metadata() map[string]string {
	m := make(map[string]string, len(e.system)+2)
	maps.Copy(m, e.system)
	m[keyType], m[keyCreated] = e.kind, strconv.FormatInt(e.created.UnixNano()/100, 10)
	return m
}

func (e event) recorded(text bool) *streams.ReadResp_ReadEvent_RecordedEvent {
	return &streams.ReadResp_ReadEvent_RecordedEvent{
		Id: writeUUID(e.id, text), StreamIdentifier: identify(e.stream), StreamRevision: e.revision,
		PreparePosition: e.position, CommitPosition: e.position,
		Metadata: e.metadata(), CustomMetadata: e.meta, Data: e.data,
	}
}

func (e event) delivered(text bool) *persistent.ReadResp_ReadEvent_RecordedEvent {
	return &persistent.ReadResp_ReadEvent_RecordedEvent{
		Id: writeUUID(e.id, text), StreamIdentifier: identify(e.stream), StreamRevision: e.revision,
		PreparePosition: e.position, CommitPosition: e.position,
		Metadata: e.metadata(), CustomMetadata: e.meta, Data: e.data,
	}
}

// A resolved event is what a reader gets: an event, and the link it was reached
// by, if by one. A link that leads nowhere has no event.
type resolved struct {
	event *event
	link  *event
}

// original is the event that stands in the stream that was read.
func (r resolved) original() *event {
	if r.link != nil {
		return r.link
	}
	return r.event
}

func (r resolved) message(text bool) *streams.ReadResp {
	read := &streams.ReadResp_ReadEvent{Position: &streams.ReadResp_ReadEvent_CommitPosition{CommitPosition: r.original().position}}
	if r.event != nil {
		read.Event = r.event.recorded(text)
	}
	if r.link != nil {
		read.Link = r.link.recorded(text)
	}
	return &streams.ReadResp{Content: &streams.ReadResp_Event{Event: read}}
}

func identify(stream string) *shared.StreamIdentifier {
	return &shared.StreamIdentifier{StreamName: []byte(stream)}
}

// readUUID reads both forms that clients write.
func readUUID(id *shared.UUID) (uuid.UUID, error) {
	switch v := id.GetValue().(type) {
	case *shared.UUID_Structured_:
		var b [16]byte
		binary.BigEndian.PutUint64(b[:8], uint64(v.Structured.GetMostSignificantBits()))
		binary.BigEndian.PutUint64(b[8:], uint64(v.Structured.GetLeastSignificantBits()))
		return b, nil
	case *shared.UUID_String_:
		parsed, err := uuid.Parse(v.String_)
		if err != nil {
			return uuid.Nil, status.Errorf(codes.InvalidArgument, "%q is no UUID", v.String_)
		}
		return parsed, nil
	}
	return uuid.Nil, status.Error(codes.InvalidArgument, "an event without id")
}

func writeUUID(id uuid.UUID, text bool) *shared.UUID {
	if text {
		return &shared.UUID{Value: &shared.UUID_String_{String_: id.String()}}
	}
	return &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
		MostSignificantBits:  int64(binary.BigEndian.Uint64(id[:8])),
		LeastSignificantBits: int64(binary.BigEndian.Uint64(id[8:])),
	}}}
}
