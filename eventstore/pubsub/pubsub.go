// Package pubsub offers a [eventstore.Store] to programs written for Watermill:
// subscribers in consumer groups that remember how far they have read, and a
// publisher for stores that keep messages. It passes Watermill's own
// conformance suite.
//
// A topic is one of three things:
//
//	$all        every record of the ledger
//	$ce-goal    the records of all streams whose names begin with goal-
//	goal-c26    the records of the one stream of that name
//
// Order is kept: a group gets one message at a time, and the next only after
// Ack. What is not acknowledged comes again, with the same id.
package pubsub

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"wenxiao/eventstore"
)

// All is the topic of the whole ledger.
const All = "$all"

const categoryPrefix = "$ce-"

// Category returns the topic of all streams of a category, such as goal.
func Category(name string) string { return categoryPrefix + name }

// What a message says of its record, beside its payload, which is the record's
// data. The id of the message is that of the event.
const (
	Position  = "position"
	Stream    = "stream"
	Revision  = "revision"
	EventType = "type"
	Envelope  = "envelope" // byte for byte
)

// MessageType is the type of the records that a [Publisher] writes.
const MessageType = "message.v1"

// kept is the data of such a record.
type kept struct {
	UUID     string            `json:"uuid"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Payload  []byte            `json:"payload"`
}

// newMessage makes a message of a record: the one that was published, or the
// event itself.
func newMessage(r eventstore.Record) *message.Message {
	if r.Type == MessageType {
		var k kept
		if err := json.Unmarshal(r.Data, &k); err == nil {
			m := message.NewMessage(k.UUID, k.Payload)
			for name, value := range k.Metadata {
				m.Metadata.Set(name, value)
			}
			return m
		}
	}
	m := message.NewMessage(r.ID, r.Data)
	m.Metadata = message.Metadata{
		Position: strconv.FormatUint(uint64(r.Position), 10), Stream: r.Stream,
		Revision: strconv.FormatUint(uint64(r.Revision), 10), EventType: r.Type, Envelope: string(r.Envelope),
	}
	return m
}

// Record returns the record that a message of a ledger carries.
func Record(m *message.Message) (eventstore.Record, error) {
	position, err := strconv.ParseUint(m.Metadata.Get(Position), 10, 63)
	if err != nil {
		return eventstore.Record{}, fmt.Errorf("message %s is no record: %w", m.UUID, err)
	}
	return eventstore.Open(eventstore.Position(position), []byte(m.Metadata.Get(Envelope)), m.Payload)
}

// A topic says which records to read, and how to count them: by position in the
// ledger, or by revision in a stream.
type topic string

func (t topic) stream() bool { return !strings.HasPrefix(string(t), "$") }

// check refuses a topic that is none of the three.
func (t topic) check() error {
	category, ok := strings.CutPrefix(string(t), categoryPrefix)
	if t == "" || !t.stream() && t != All && (!ok || category == "") {
		return fmt.Errorf("topic %q is neither %s nor %sCATEGORY nor the name of a stream", string(t), All, categoryPrefix)
	}
	return nil
}

// holds reports whether a record of the ledger belongs to the topic.
func (t topic) holds(r eventstore.Record) bool {
	category, ok := strings.CutPrefix(string(t), categoryPrefix)
	return !ok || strings.HasPrefix(r.Stream, category+"-")
}

// read yields the records after a place; of a category, also those between that
// are not in it.
func (t topic) read(ctx context.Context, store eventstore.Store, after uint64) iter.Seq2[eventstore.Record, error] {
	if t.stream() {
		return store.ReadStream(ctx, string(t), eventstore.Revision(after))
	}
	return store.ReadAll(ctx, eventstore.Position(after))
}

func (t topic) place(r eventstore.Record) uint64 {
	if t.stream() {
		return uint64(r.Revision)
	}
	return uint64(r.Position)
}

// sleep waits, or returns false when ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
