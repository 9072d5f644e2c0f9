package esdbgate

import (
	"maps"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// A proposed event is one that a client wants written.
type proposed struct {
	id     uuid.UUID
	kind   string
	data   []byte
	stored []byte
}

// propose makes an event of what a client sent. It is kept as the protocol's own
// message, less the type, which the envelope has.
func propose(id *shared.UUID, system map[string]string, meta, data []byte) (proposed, error) {
	given, err := readUUID(id)
	if err != nil {
		return proposed{}, err
	}
	kind := system[keyType]
	if kind == tombstone {
		return proposed{}, errTombstone
	}
	for _, key := range []string{keyType, keyContentType} {
		if system[key] == "" {
			return proposed{}, malformed("an event without %q in its metadata", key)
		}
	}
	return newProposed(given, kind, system, meta, data)
}

// errTombstone refuses an event that would end its stream for good: that takes
// the right to delete, and a request of its own.
var errTombstone = accessDenied("events of type " + tombstone + " are the server's own: a stream is ended by Tombstone")

func newProposed(id uuid.UUID, kind string, system map[string]string, meta, data []byte) (proposed, error) {
	kept := maps.Clone(system)
	delete(kept, keyType)
	delete(kept, keyCreated)
	stored, err := proto.MarshalOptions{Deterministic: true}.Marshal(&streams.AppendReq_ProposedMessage{
		Id: writeUUID(id, false), Metadata: kept, CustomMetadata: meta, Data: data,
	})
	return proposed{id, kind, data, stored}, err
}

func (p proposed) draft(by domain.Actor) eventstore.Draft {
	return eventstore.Draft{Type: p.kind, Data: p.stored, Meta: eventstore.Meta{Actor: by}}
}

// jsonEvent is an event the gate writes itself.
func jsonEvent(kind string, meta, data []byte) proposed {
	p, err := newProposed(uuid.New(), kind, map[string]string{keyContentType: "application/json"}, meta, data)
	if err != nil {
		panic(err) // a message of plain fields
	}
	return p
}
