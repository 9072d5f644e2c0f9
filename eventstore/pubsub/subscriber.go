package pubsub

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"wenxiao/eventstore"
)

var _ message.Subscriber = (*Subscriber)(nil)

// A Subscriber reads a store's records as messages. With a group it goes on
// where the group stopped; without one every subscription begins at the start.
type Subscriber struct {
	// Set before the first Subscribe and not changed after.
	NackDelay time.Duration // before a message comes again; zero: [NackDelay]
	Log       *slog.Logger  // nil: [slog.Default]
	Trouble   func(error)   // told what keeps it from reading; nil: nobody
	Turn      func(bool)    // told when this member of its group reads, and when no longer; nil: nobody

	store  eventstore.Store
	groups *Groups
	group  string

	mu      sync.Mutex
	closed  bool
	closing context.CancelFunc
	life    context.Context
	running sync.WaitGroup
}

// NackDelay is how long a message that was refused waits before it comes again.
const NackDelay = 100 * time.Millisecond

// ErrClosed reports a call after Close.
var ErrClosed = errors.New("pubsub is closed")

// NewSubscriber returns a subscriber without a group. Closing it leaves the
// store open.
func NewSubscriber(store eventstore.Store) *Subscriber { return NewMember(store, nil, "") }

// NewMember returns a member of a consumer group.
func NewMember(store eventstore.Store, groups *Groups, group string) *Subscriber {
	s := &Subscriber{store: store, groups: groups, group: group}
	s.life, s.closing = context.WithCancel(context.Background())
	return s
}

// Subscribe delivers the records of a topic until ctx ends or the subscriber is
// closed; then the channel is closed.
func (s *Subscriber) Subscribe(ctx context.Context, name string) (<-chan *message.Message, error) {
	t := topic(name)
	if err := t.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	ctx, cancel := context.WithCancel(ctx) // values of ctx reach the messages
	stop := context.AfterFunc(s.life, cancel)
	out := make(chan *message.Message)
	s.running.Go(func() {
		defer close(out)
		defer cancel()
		defer stop()
		s.run(ctx, t, out)
	})
	return out, nil
}

// Close ends every subscription, also one that waits for an Ack or a reader, and
// returns when all have ended.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.closing()
	s.running.Wait()
	return nil
}

// run takes turn after turn. What fails is tried again, at longer intervals.
func (s *Subscriber) run(ctx context.Context, t topic, out chan<- *message.Message) {
	const shortest, longest = 50 * time.Millisecond, 5 * time.Second
	for pause := shortest; ; pause = min(2*pause, longest) {
		begun := time.Now()
		err := s.turn(ctx, t, out)
		if ctx.Err() != nil || errors.Is(err, eventstore.ErrClosed) {
			return
		}
		if time.Since(begun) > longest {
			pause = shortest
		}
		if s.Trouble != nil {
			s.Trouble(err)
		}
		if !errors.Is(err, errLost) {
			s.log().Warn("subscription tries again", "group", s.group, "topic", string(t), "err", err, "in", pause)
		}
		if !sleep(ctx, pause) {
			return
		}
	}
}

// turn delivers for as long as this member may.
func (s *Subscriber) turn(ctx context.Context, t topic, out chan<- *message.Message) error {
	if s.groups == nil {
		return s.follow(ctx, t, mark{}, out, func(mark) {})
	}
	lease, held, err := s.groups.take(ctx, s.group, string(t))
	if err != nil {
		return err
	}
	if s.Turn != nil {
		s.Turn(true)
		defer s.Turn(false)
	}
	err = s.follow(held, t, lease.from, out, func(m mark) { lease.done.Store(&m) })
	if lost := context.Cause(held); lost != nil && ctx.Err() == nil {
		err = lost
	}
	return errors.Join(err, lease.release())
}

// ErrDiverged reports a group that has read what the store does not hold, as when
// the store was put back from a backup. It reads no further until it is told from
// where: see [Groups.Seek].
var ErrDiverged = errors.New("the group has read what the store does not hold")

// follow delivers what there is after a mark, and then what comes.
func (s *Subscriber) follow(ctx context.Context, t topic, at mark, out chan<- *message.Message, done func(mark)) error {
	for {
		head, err := s.store.Head(ctx)
		if err != nil {
			return err
		}
		for r, err := range s.after(ctx, t, at) {
			if err != nil {
				return err
			}
			if t.holds(r) {
				if err := s.deliver(ctx, r, out); err != nil {
					return err
				}
			}
			at = mark{t.place(r), r.ID}
			done(at)
		}
		if !t.stream() {
			head = max(head, eventstore.Position(at.place)) // what came while reading has been delivered
		}
		if err := s.store.Wait(ctx, head); err != nil {
			return err
		}
	}
}

// after yields the records after a mark. The mark's own is read as well, each
// time: a store may be put back from a backup while it is being followed, and
// where it holds another event there, or none, that is [ErrDiverged].
func (s *Subscriber) after(ctx context.Context, t topic, m mark) iter.Seq2[eventstore.Record, error] {
	if m.event == "" {
		return t.read(ctx, s.store, m.place)
	}
	return func(yield func(eventstore.Record, error) bool) {
		same := false
		for r, err := range t.read(ctx, s.store, m.place-1) {
			if err == nil && !same {
				if same = t.place(r) == m.place && r.ID == m.event; same {
					continue
				}
				break
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
		if !same && ctx.Err() == nil {
			yield(eventstore.Record{}, fmt.Errorf("%w: %s at %d of %s", ErrDiverged, m.event, m.place, t))
		}
	}
}

// deliver hands out a record until it is acknowledged.
func (s *Subscriber) deliver(ctx context.Context, r eventstore.Record, out chan<- *message.Message) error {
	for {
		acked, err := s.hand(ctx, newMessage(r), out)
		if acked || err != nil {
			return err
		}
		delay := s.NackDelay
		if delay == 0 {
			delay = NackDelay
		}
		if !sleep(ctx, delay) {
			return ctx.Err()
		}
	}
}

// hand hands out a message once. Its context ends with the answer.
func (s *Subscriber) hand(ctx context.Context, m *message.Message, out chan<- *message.Message) (acked bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m.SetContext(ctx)
	select {
	case out <- m:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	select {
	case <-m.Acked():
		return true, nil
	case <-m.Nacked():
		return false, nil
	case <-ctx.Done():
	}
	select {
	case <-m.Acked(): // before the end
		return true, nil
	default:
		return false, ctx.Err()
	}
}

func (s *Subscriber) log() *slog.Logger {
	if s.Log == nil {
		return slog.Default()
	}
	return s.Log
}
