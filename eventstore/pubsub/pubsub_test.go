package pubsub

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"iter"
	"log"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	driver "modernc.org/sqlite"

	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/sqlite"
)

func init() { log.SetOutput(io.Discard) } // the suite talks

// backends are the stores the suite is run on, each with a database of groups
// of its own kind.
var backends = map[string]func(*testing.T) (eventstore.Store, string){
	"memory": func(t *testing.T) (eventstore.Store, string) {
		return memory.New(), "sqlite:" + filepath.Join(t.TempDir(), "streams")
	},
	"sqlite": func(t *testing.T) (eventstore.Store, string) {
		dir := t.TempDir()
		store, err := sqlite.Open(filepath.Join(dir, "ledger"))
		must(t, err)
		return store, "sqlite:" + filepath.Join(dir, "streams")
	},
	"postgres": func(t *testing.T) (eventstore.Store, string) {
		store, err := postgres.Open(t.Context(), pgtest.URL(t))
		must(t, err)
		return store, pgtest.URL(t)
	},
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, backend string) (eventstore.Store, *Groups, *sql.DB) {
	t.Helper()
	store, address := backends[backend](t)
	t.Cleanup(func() { must(t, store.Close()) })
	db, err := OpenDB(t.Context(), address)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	groups, err := OpenGroups(t.Context(), db)
	must(t, err)
	return store, groups, db
}

// underRace says that the race detector looks on, which makes everything take ten
// times as long. It finds its faults in the first hundred messages too.
var underRace bool

// features are what the suite may count on.
var features = tests.Features{ConsumerGroups: true, GuaranteedOrder: true, Persistent: true, NewSubscriberReceivesOldMessages: true}

// TestConformance is Watermill's own suite, as every Pub/Sub has to pass it.
func TestConformance(t *testing.T) {
	for backend := range backends {
		t.Run(backend, func(t *testing.T) {
			store, groups, _ := open(t, backend)
			features := features
			features.ForceShort = backend != "memory" || underRace // fewer messages, all the tests: each is a commit to the disk
			tests.TestPubSub(t, features,
				func(*testing.T) (message.Publisher, message.Subscriber) {
					return NewPublisher(store), patient(NewSubscriber(store))
				},
				func(_ *testing.T, group string) (message.Publisher, message.Subscriber) {
					return NewPublisher(store), patient(NewMember(store, groups, group))
				})
		})
	}
}

// TestConformanceOfOneGroup runs the suite once more with every subscriber in
// the same group, as several processes of one consumer are.
func TestConformanceOfOneGroup(t *testing.T) {
	features := features
	features.NewSubscriberReceivesOldMessages = false // the group has read them
	features.ForceShort = true                        // fewer messages, all the tests
	for backend := range backends {
		t.Run(backend, func(t *testing.T) {
			store, groups, _ := open(t, backend)
			member := func(_ *testing.T, group string) (message.Publisher, message.Subscriber) {
				return NewPublisher(store), patient(NewMember(store, groups, group))
			}
			tests.TestPubSub(t, features, func(t *testing.T) (message.Publisher, message.Subscriber) { return member(t, "one") }, member)
		})
	}
}

// patient lets the suite refuse hundreds of messages in little time.
func patient(s *Subscriber) *Subscriber { s.NackDelay = time.Millisecond; return s }

// write appends one record of a type to each stream in turn.
func write(t *testing.T, store eventstore.Store, streams ...string) {
	t.Helper()
	for i, name := range streams {
		var at eventstore.Revision
		for range store.ReadStream(t.Context(), name, 0) {
			at++
		}
		_, err := store.Append(t.Context(), name, at, eventstore.Draft{Type: "noted.v1", Data: fmt.Appendf(nil, `{"n":%d}`, i)})
		must(t, err)
	}
}

// next takes the next n messages and acknowledges them.
func next(t *testing.T, messages <-chan *message.Message, n int) (streams []string) {
	t.Helper()
	for range n {
		select {
		case m := <-messages:
			r, err := Record(m)
			must(t, err)
			if m.UUID != r.ID || string(m.Payload) != string(r.Data) {
				t.Errorf("message %s is not its record %s", m.UUID, r.ID)
			}
			streams = append(streams, fmt.Sprintf("%d %s@%d", r.Position, r.Stream, r.Revision))
			m.Ack()
		case <-time.After(time.Minute):
			t.Fatalf("only %d of %d messages came: %q", len(streams), n, streams)
		}
	}
	return streams
}

func TestTopics(t *testing.T) {
	store, _, _ := open(t, "memory")
	write(t, store, "goal-a", "execution-a", "goal-b", "goalkeeper-a", "goal-a")
	for topic, want := range map[string][]string{
		All:              {"1 goal-a@1", "2 execution-a@1", "3 goal-b@1", "4 goalkeeper-a@1", "5 goal-a@2"},
		Category("goal"): {"1 goal-a@1", "3 goal-b@1", "5 goal-a@2"},
		"goal-a":         {"1 goal-a@1", "5 goal-a@2"},
	} {
		s := NewSubscriber(store)
		messages, err := s.Subscribe(t.Context(), topic)
		must(t, err)
		if got := next(t, messages, len(want)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", topic, got, want)
		}
		must(t, s.Close())
	}
	for _, topic := range []string{"", "$ce-", "$et-noted", "$"} {
		if _, err := NewSubscriber(store).Subscribe(t.Context(), topic); err == nil {
			t.Errorf("%q passed for a topic", topic)
		}
	}
	if err := NewPublisher(store).Publish(All, message.NewMessage("m", nil)); err == nil {
		t.Error("published to the whole ledger")
	}
}

func TestAMessagePublishedAgainAddsNothing(t *testing.T) {
	store, _, _ := open(t, "sqlite")
	for range 2 { // by two publishers, as after a crash
		must(t, NewPublisher(store).Publish("inbox", message.NewMessage("m-1", []byte("one")), message.NewMessage("m-2", []byte("two"))))
	}
	if head, err := store.Head(t.Context()); head != 2 || err != nil {
		t.Errorf("%d records: %v", head, err)
	}
}

func TestAGroupGoesOnWhereItStoppedAndBack(t *testing.T) {
	for backend := range backends {
		t.Run(backend, func(t *testing.T) {
			store, groups, _ := open(t, backend)
			write(t, store, "a", "b", "c")
			first := NewMember(store, groups, "g")
			messages, err := first.Subscribe(t.Context(), All)
			must(t, err)
			next(t, messages, 2)
			must(t, first.Close())
			if done, err := groups.Done(t.Context(), "g", All); done != 2 || err != nil {
				t.Fatalf("the group is at %d: %v", done, err)
			}
			second := NewMember(store, groups, "g")
			defer second.Close()
			messages, err = second.Subscribe(t.Context(), All)
			must(t, err)
			if got := next(t, messages, 1); got[0] != "3 c@1" {
				t.Errorf("went on with %q", got)
			}
			must(t, groups.Seek(t.Context(), "g", All, 1))
			if got := next(t, messages, 2); !slices.Equal(got, []string{"2 b@1", "3 c@1"}) {
				t.Errorf("sent back it read %q", got)
			}
		})
	}
}

// TestAStorePutBackFromABackup has other events where the group has read.
func TestAStorePutBackFromABackup(t *testing.T) {
	store, groups, _ := open(t, "memory")
	read := func(from eventstore.Store, n int) (*Subscriber, <-chan *message.Message) {
		s := NewMember(from, groups, "g")
		messages, err := s.Subscribe(t.Context(), All)
		must(t, err)
		next(t, messages, n)
		return s, messages
	}
	write(t, store, "a", "b", "c")
	s, _ := read(store, 3)
	must(t, s.Close())
	for name, streams := range map[string][]string{"shorter": {"a", "b"}, "other": {"a", "b", "d", "e"}} {
		t.Run(name, func(t *testing.T) {
			restored := memory.New()
			defer restored.Close()
			write(t, restored, streams...)
			trouble := make(chan error, 100)
			s := NewMember(restored, groups, "g")
			s.Trouble = func(err error) { trouble <- err }
			messages, err := s.Subscribe(t.Context(), All)
			must(t, err)
			defer s.Close()
			select {
			case m := <-messages:
				t.Fatalf("went on with %s", m.UUID)
			case err := <-trouble:
				if !errors.Is(err, ErrDiverged) {
					t.Fatal(err)
				}
			}
		})
	}
	must(t, groups.Seek(t.Context(), "g", All, 1))
	s, _ = read(store, 2)
	must(t, s.Close())
}

// A swapped store is put back from a backup while somebody reads it.
type swapped struct {
	eventstore.Store
	other atomic.Pointer[memory.Store]
}

func (s *swapped) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	if other := s.other.Load(); other != nil {
		return other.ReadAll(ctx, after)
	}
	return s.Store.ReadAll(ctx, after)
}

// TestAStorePutBackUnderAReader grows beyond the place that was read, with other
// events: a reader that only looks ahead would never know.
func TestAStorePutBackUnderAReader(t *testing.T) {
	store, groups, _ := open(t, "memory")
	write(t, store, "a", "b", "c")
	both := &swapped{Store: store}
	trouble := make(chan error, 100)
	s := NewMember(both, groups, "g")
	s.Trouble = func(err error) { trouble <- err }
	defer s.Close()
	messages, err := s.Subscribe(t.Context(), All)
	must(t, err)
	next(t, messages, 3)
	restored := memory.New()
	defer restored.Close()
	write(t, restored, "a", "d", "e", "f", "g")
	both.other.Store(restored)
	write(t, store, "h") // which wakes it
	select {
	case m := <-messages:
		t.Fatalf("went on with %s", m.UUID)
	case err := <-trouble:
		if !errors.Is(err, ErrDiverged) {
			t.Fatal(err)
		}
	}
}

// set is a clock that a test sets, and counts how often it was read. SQLite knows
// it as set_clock().
var set struct{ millis, read atomic.Int64 }

func init() {
	driver.MustRegisterScalarFunction("set_clock", 0, func(*driver.FunctionContext, []sqldriver.Value) (sqldriver.Value, error) {
		set.read.Add(1)
		return set.millis.Load(), nil
	})
}

// TestADeadMembersTurnPasses takes a turn and never renews it, as a process that
// was killed. Whoever asks gets it when the lease is over, and not before.
func TestADeadMembersTurnPasses(t *testing.T) {
	store, groups, db := open(t, "sqlite")
	write(t, store, "a")
	must(t, groups.Begin(t.Context(), "g", All, 0))
	_, err := db.Exec(`UPDATE consumer_groups SET holder = 'dead', held_until = 700`)
	must(t, err)
	groups.clock = "set_clock()"
	set.millis.Store(700)
	before := set.read.Load()
	s := NewMember(store, groups, "g")
	defer s.Close()
	messages, err := s.Subscribe(t.Context(), All)
	must(t, err)
	for set.read.Load() < before+3 { // it asked, and asked again
		select {
		case <-messages:
			t.Fatal("two members read at once")
		case <-time.After(time.Millisecond):
		}
	}
	set.millis.Store(701)
	next(t, messages, 1)
}

func TestClosingWhileBlocked(t *testing.T) {
	store, groups, _ := open(t, "memory")
	write(t, store, "a")
	for name, wait := range map[string]func(<-chan *message.Message){
		"for a reader": func(<-chan *message.Message) {},
		"for an ack":   func(messages <-chan *message.Message) { <-messages },
	} {
		t.Run(name, func(t *testing.T) {
			s := NewMember(store, groups, name)
			messages, err := s.Subscribe(context.Background(), All)
			must(t, err)
			wait(messages)
			for range 2 {
				must(t, s.Close())
			}
			for range messages { //nolint:revive // until it is closed
			}
			if _, err := s.Subscribe(t.Context(), All); err == nil {
				t.Error("subscribed to what is closed")
			}
		})
	}
}
