package esdbgate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// settled are settings under which a checkpoint is written at once.
func settled() *esdb.PersistentSubscriptionSettings {
	s := esdb.SubscriptionSettingsDefault()
	s.CheckpointLowerBound, s.CheckpointUpperBound, s.CheckpointAfter = 1, 1, 1
	s.MaxRetryCount = 2
	return &s
}

func (r *reopening) group(stream, name string, settings *esdb.PersistentSubscriptionSettings) {
	r.t.Helper()
	err := r.CreatePersistentSubscription(r.t.Context(), stream, name, esdb.PersistentStreamSubscriptionOptions{StartFrom: esdb.Start{}, Settings: settings})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *reopening) subscribe(stream, name string, slots uint32) *esdb.PersistentSubscription {
	r.t.Helper()
	sub, err := r.SubscribeToPersistentSubscription(r.t.Context(), stream, name, esdb.SubscribeToPersistentSubscriptionOptions{BufferSize: slots})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = sub.Close() })
	return sub
}

func next(t *testing.T, sub *esdb.PersistentSubscription) *esdb.EventAppeared {
	t.Helper()
	got := make(chan *esdb.PersistentSubscriptionEvent, 1)
	go func() { got <- sub.Recv() }()
	select {
	case e := <-got:
		if e.EventAppeared == nil {
			t.Fatalf("dropped: %v", e.SubscriptionDropped.Error)
		}
		return e.EventAppeared
	case <-time.After(time.Minute):
		t.Fatal("no event comes")
		return nil
	}
}

func (r *reopening) info(stream, name string) *esdb.PersistentSubscriptionInfo {
	r.t.Helper()
	info, err := r.GetPersistentSubscriptionInfo(r.t.Context(), stream, name, esdb.GetPersistentSubscriptionOptions{})
	if err != nil {
		r.t.Fatal(err)
	}
	return info
}

func (r *reopening) until(what string, is func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatal(what)
		}
	}
}

// TestGroupGoesOnAfterACrash acknowledges some events, parks one, and opens the
// store anew: what was done stays done, what was not comes again, and what was
// parked is replayed when asked for.
func TestGroupGoesOnAfterACrash(t *testing.T) {
	r := newReopening(t)
	if _, err := r.append("s", esdb.NoStream{}, events("a", "b", "c", "d", "e")...); err != nil {
		t.Fatal(err)
	}
	r.group("s", "g", settled())
	sub := r.subscribe("s", "g", 3)
	for i := range 3 {
		e := next(t, sub).Event
		if i == 1 {
			_ = sub.Nack("not now", esdb.NackActionPark, e)
		} else {
			_ = sub.Ack(e)
		}
	}
	kept := func(want uint64) func() bool {
		return func() bool {
			at := r.info("s", "g").Stats.LastCheckpointedEventRevision
			return at != nil && *at == want
		}
	}
	r.until("no checkpoint after three", kept(2))
	r.reopen()
	if n := r.info("s", "g").Stats.ParkedMessagesCount; n != 1 {
		t.Errorf("%d events are parked, want 1", n)
	}
	sub = r.subscribe("s", "g", 10)
	for _, want := range []string{"d", "e"} {
		e := next(t, sub).Event
		if e.Event.EventType != want {
			t.Errorf("got %s, want %s", e.Event.EventType, want)
		}
		_ = sub.Ack(e)
	}
	r.until("no checkpoint after five", kept(4))
	if err := r.ReplayParkedMessages(t.Context(), "s", "g", esdb.ReplayParkedMessagesOptions{}); err != nil {
		t.Fatal(err)
	}
	if e := next(t, sub).Event; e.Event.EventType != "b" {
		t.Errorf("replayed %s", e.Event.EventType)
	}
	r.reopen() // before it is done: it is parked as before
	if n := r.info("s", "g").Stats.ParkedMessagesCount; n != 1 {
		t.Errorf("%d events are parked, want 1", n)
	}
	sub = r.subscribe("s", "g", 10)
	if err := r.ReplayParkedMessages(t.Context(), "s", "g", esdb.ReplayParkedMessagesOptions{}); err != nil {
		t.Fatal(err)
	}
	_ = sub.Ack(next(t, sub).Event)
	r.until("no checkpoint after the replay", func() bool {
		kept := readAll(t, r.Client, "$persistentsubscription-s::g-checkpoint")
		return strings.Contains(string(kept[len(kept)-1].Data), `"replayed":1`)
	})
	r.reopen()
	if n := r.info("s", "g").Stats.ParkedMessagesCount; n != 0 {
		t.Errorf("%d events are parked, want none", n)
	}
}

// TestRetriedThenParked never acknowledges an event in time.
func TestRetriedThenParked(t *testing.T) {
	r := newReopening(t)
	if _, err := r.append("s", esdb.NoStream{}, events("a")...); err != nil {
		t.Fatal(err)
	}
	impatient := settled()
	impatient.MessageTimeout = 60
	r.group("s", "g", impatient)
	sub := r.subscribe("s", "g", 5)
	for want := range 3 {
		if e := next(t, sub); e.RetryCount != want {
			t.Errorf("handed out with %d retries, want %d", e.RetryCount, want)
		}
	}
	r.until("it is not parked", func() bool { return r.info("s", "g").Stats.ParkedMessagesCount == 1 })
	parked := readAll(t, r.Client, "$persistentsubscription-s::g-parked")
	if len(parked) != 1 || string(parked[0].Data) != "0@s" || !strings.Contains(string(parked[0].UserMetadata), "not acknowledged in time") {
		t.Errorf("parked is %+v", parked)
	}
}

// TestSubscriberThatLeaves takes events and goes: another gets them, in order.
func TestSubscriberThatLeaves(t *testing.T) {
	r := newReopening(t)
	if _, err := r.append("s", esdb.NoStream{}, events("a", "b", "c")...); err != nil {
		t.Fatal(err)
	}
	few := settled()
	few.MaxSubscriberCount = 1
	r.group("s", "g", few)
	gone := r.subscribe("s", "g", 2)
	next(t, gone)
	next(t, gone)
	if _, err := r.SubscribeToPersistentSubscription(t.Context(), "s", "g", esdb.SubscribeToPersistentSubscriptionOptions{}); err == nil {
		t.Error("a second subscriber where one may be")
	}
	_ = gone.Close()
	r.until("who left is still there", func() bool { return len(r.info("s", "g").Connections) == 0 })
	other := r.subscribe("s", "g", 5)
	for _, want := range []string{"a", "b", "c"} {
		if e := next(t, other).Event.Event; e.EventType != want {
			t.Errorf("got %s, want %s", e.EventType, want)
		}
	}
}

// TestSharedByStrategy has two subscribers take the events of eight streams.
func TestSharedByStrategy(t *testing.T) {
	for strategy, fair := range map[esdb.ConsumerStrategy]func(by map[string][2]int, total [2]int) bool{
		esdb.ConsumerStrategyRoundRobin:       func(_ map[string][2]int, total [2]int) bool { return total == [2]int{12, 12} },
		esdb.ConsumerStrategyDispatchToSingle: func(_ map[string][2]int, total [2]int) bool { return total == [2]int{24, 0} },
		esdb.ConsumerStrategyPinned: func(by map[string][2]int, total [2]int) bool {
			for _, n := range by {
				if n[0] != 0 && n[1] != 0 {
					return false
				}
			}
			return total[0] > 0 && total[1] > 0
		},
	} {
		t.Run(string(strategy), func(t *testing.T) {
			by, total := shared(t, strategy)
			if !fair(by, total) {
				t.Errorf("shared out as %v, by stream %v", total, by)
			}
		})
	}
}

// shared returns how many events of each stream each of two subscribers got.
func shared(t *testing.T, strategy esdb.ConsumerStrategy) (by map[string][2]int, total [2]int) {
	r := newReopening(t)
	s := settled()
	s.ConsumerStrategyName = strategy
	err := r.CreatePersistentSubscriptionToAll(t.Context(), "g", esdb.PersistentAllSubscriptionOptions{
		StartFrom: esdb.Start{}, Settings: s, MaxSearchWindow: 32,
		Filter: &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{"part-"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	type got struct {
		subscriber int
		stream     string
	}
	all := make(chan got, 100)
	for i := range 2 {
		sub, err := r.SubscribeToPersistentSubscriptionToAll(t.Context(), "g", esdb.SubscribeToPersistentSubscriptionOptions{BufferSize: 50})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = sub.Close() })
		go func() {
			for {
				e := sub.Recv()
				if e.EventAppeared == nil {
					return
				}
				all <- got{i, e.EventAppeared.Event.Event.StreamID}
			}
		}()
	}
	for i := range 8 {
		if _, err := r.append(fmt.Sprint("part-", i), esdb.NoStream{}, events("x", "x", "x")...); err != nil {
			t.Fatal(err)
		}
	}
	by = map[string][2]int{}
	for range 24 {
		select {
		case one := <-all:
			n := by[one.stream]
			n[one.subscriber]++
			by[one.stream] = n
			total[one.subscriber]++
		case <-time.After(time.Minute):
			t.Fatalf("only %v came", total)
		}
	}
	return by, total
}
