package pubsub

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"wenxiao/eventstore"
)

var _ message.Publisher = (*Publisher)(nil)

// A Publisher writes messages into a store, each as a record of [MessageType] in
// the stream that is its topic. A message published again, with the id it had,
// adds nothing. It is for stores that keep messages, never for a ledger whose
// records have an aggregate to read them.
type Publisher struct {
	store eventstore.Store

	mu      sync.Mutex
	closed  bool
	streams map[string]*tail
	running sync.WaitGroup
}

// A tail is where a stream is believed to end. Those who publish to it wait
// their turn: each would find the stream moved on otherwise.
type tail struct {
	mu sync.Mutex
	at eventstore.Revision
}

// NewPublisher returns a publisher. Closing it leaves the store open.
func NewPublisher(store eventstore.Store) *Publisher {
	return &Publisher{store: store, streams: map[string]*tail{}}
}

// Publish returns when the messages are durable, in this order. When it fails,
// those before the one that failed are.
func (p *Publisher) Publish(name string, messages ...*message.Message) error {
	if !topic(name).stream() {
		return fmt.Errorf("publish to %q: only to a stream", name)
	}
	t, err := p.begin(name)
	if err != nil {
		return err
	}
	defer p.running.Done()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range messages {
		if err := p.append(t, name, m); err != nil {
			return fmt.Errorf("publish %s to %s: %w", m.UUID, name, err)
		}
	}
	return nil
}

func (p *Publisher) begin(name string) (*tail, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	p.running.Add(1)
	if p.streams[name] == nil {
		p.streams[name] = new(tail)
	}
	return p.streams[name], nil
}

// append appends after whatever the stream has.
func (p *Publisher) append(t *tail, name string, m *message.Message) error {
	data, err := json.Marshal(kept{m.UUID, m.Metadata, m.Payload})
	if err != nil {
		return err
	}
	draft := eventstore.Draft{Type: MessageType, Data: data, Meta: eventstore.Meta{Command: name + "/" + m.UUID}}
	for {
		a, err := p.store.Append(m.Context(), name, t.at, draft)
		var conflict *eventstore.Conflict
		switch {
		case err == nil:
			t.at = max(t.at, a.Revision)
			return nil
		case !errors.As(err, &conflict):
			return err
		}
		t.at = conflict.At
	}
}

// Close finishes what is being published.
func (p *Publisher) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.running.Wait()
	return nil
}
