package esdbgate_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"wenxiao/api/esdbgate"
	"wenxiao/eventstore/memory"
)

// A reopening is an event store that can be opened anew, as after a crash: all
// that a gate remembers is gone.
type reopening struct {
	t      *testing.T
	ledger *memory.Ledger
	ahead  atomic.Int64 // of the clock, nanoseconds
	*esdb.Client
}

func newReopening(t *testing.T) *reopening {
	r := &reopening{t: t, ledger: new(memory.Ledger)}
	r.reopen()
	return r
}

func (r *reopening) reopen() {
	address, _ := serveEvents(r.t, memory.Open(r.ledger), esdbgate.Options{Now: func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }})
	r.Client = connect(r.t, "esdb://"+address+"?tls=false")
}

func events(kinds ...string) (all []esdb.EventData) {
	for _, kind := range kinds {
		all = append(all, esdb.EventData{EventID: uuid.New(), EventType: kind, ContentType: esdb.ContentTypeJson, Data: []byte(`{"kind":"` + kind + `"}`), Metadata: []byte("m-" + kind)})
	}
	return all
}

func (r *reopening) append(stream string, expected esdb.ExpectedRevision, events ...esdb.EventData) (uint64, error) {
	done, err := r.AppendToStream(r.t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: expected}, events...)
	if err != nil {
		return 0, err
	}
	return done.NextExpectedVersion, nil
}

func (r *reopening) kinds(stream string) string {
	r.t.Helper()
	reading, err := r.ReadStream(r.t.Context(), stream, esdb.ReadStreamOptions{From: esdb.Start{}}, 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	all, err := gather(reading)
	if err != nil {
		var e *esdb.Error
		if errors.As(err, &e) && e.Code() == esdb.ErrorCodeResourceNotFound {
			return "not found"
		}
		if errors.As(err, &e) && e.Code() == esdb.ErrorCodeStreamDeleted {
			return "deleted"
		}
		r.t.Fatal(err)
	}
	var kinds []string
	for _, e := range all {
		kinds = append(kinds, fmt.Sprint(e.EventType, e.EventNumber))
	}
	return strings.Join(kinds, " ")
}

func (r *reopening) check(stream, want string) {
	r.t.Helper()
	if got := r.kinds(stream); got != want {
		r.t.Errorf("%s has %q, want %q", stream, got, want)
	}
}

func wrongVersion(t *testing.T, what string, err error) {
	t.Helper()
	var e *esdb.Error
	if !errors.As(err, &e) || e.Code() != esdb.ErrorCodeWrongExpectedVersion {
		t.Errorf("%s: %v", what, err)
	}
}

// TestExpectedRevisions goes through what a writer may expect of a stream.
func TestExpectedRevisions(t *testing.T) {
	r := newReopening(t)
	_, err := r.append("s", esdb.StreamExists{}, events("x")...)
	wrongVersion(t, "a stream that is not there", err)
	_, err = r.append("s", esdb.Revision(0), events("x")...)
	wrongVersion(t, "a revision of a stream that is not there", err)
	for i, expected := range []esdb.ExpectedRevision{esdb.NoStream{}, esdb.Any{}, esdb.StreamExists{}, esdb.Revision(2)} {
		if at, err := r.append("s", expected, events("a")...); err != nil || at != uint64(i) {
			t.Errorf("%T: %d, %v", expected, at, err)
		}
	}
	for _, expected := range []esdb.ExpectedRevision{esdb.NoStream{}, esdb.Revision(1), esdb.Revision(9)} {
		_, err := r.append("s", expected, events("x")...)
		wrongVersion(t, fmt.Sprintf("%T", expected), err)
	}
	r.check("s", "a0 a1 a2 a3")
}

// TestRepeatedAppends sends events again, before and after everything that the
// gate remembers is gone.
func TestRepeatedAppends(t *testing.T) {
	r := newReopening(t)
	first, second := events("a", "b"), events("c")
	for range 2 {
		for range 2 {
			if at, err := r.append("s", esdb.NoStream{}, first...); err != nil || at != 1 {
				t.Errorf("first: %d, %v", at, err)
			}
			if at, err := r.append("s", esdb.Revision(1), second...); err != nil || at != 2 {
				t.Errorf("second: %d, %v", at, err)
			}
			if at, err := r.append("s", esdb.Any{}, first...); err != nil || at != 1 {
				t.Errorf("first, expecting anything: %d, %v", at, err)
			}
		}
		r.reopen()
	}
	_, err := r.append("s", esdb.NoStream{}, first[0], events("x")[0])
	wrongVersion(t, "half of it is new", err)
	if at, err := r.append("other", esdb.NoStream{}, first...); err != nil || at != 1 {
		t.Errorf("the same ids in another stream: %d, %v", at, err)
	}
	r.check("s", "a0 b1 c2")
}

func TestDeletedAndTruncated(t *testing.T) {
	r := newReopening(t)
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(r.append("s", esdb.NoStream{}, events("a", "b", "c")...))
	_, err := r.DeleteStream(t.Context(), "s", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(0)})
	if err == nil {
		t.Error("deleted at a revision where it is not")
	}
	var kept esdb.StreamMetadata
	kept.AddCustomProperty("mine", "kept")
	must(r.SetStreamMetadata(t.Context(), "s", esdb.AppendToStreamOptions{}, kept))
	must(r.DeleteStream(t.Context(), "s", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(2)}))
	r.check("s", "not found")
	_, err = r.append("s", esdb.StreamExists{}, events("x")...)
	wrongVersion(t, "a stream that is softly deleted", err)
	r.reopen()
	r.check("s", "not found")
	if at, err := r.append("s", esdb.NoStream{}, events("d", "e")...); err != nil || at != 4 {
		t.Errorf("begun again: %d, %v", at, err)
	}
	r.check("s", "d3 e4")
	meta, err := r.GetStreamMetadata(t.Context(), "s", esdb.ReadStreamOptions{})
	if err != nil || *meta.TruncateBefore() != 3 || meta.CustomProperties()["mine"] != "kept" {
		t.Errorf("metadata after the deletion: %+v, %v", meta, err)
	}

	var few esdb.StreamMetadata
	few.SetMaxCount(1)
	must(r.SetStreamMetadata(t.Context(), "s", esdb.AppendToStreamOptions{}, few))
	r.check("s", "e4")
	var young esdb.StreamMetadata
	young.SetMaxAge(time.Hour)
	must(r.SetStreamMetadata(t.Context(), "s", esdb.AppendToStreamOptions{}, young))
	r.check("s", "a0 b1 c2 d3 e4")
	r.ahead.Store(int64(2 * time.Hour))
	r.check("s", "")
	r.ahead.Store(0)

	must(r.TombstoneStream(t.Context(), "s", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}))
	r.reopen()
	r.check("s", "deleted")
	_, err = r.append("s", esdb.Any{}, events("x")...)
	var e *esdb.Error
	if !errors.As(err, &e) || e.Code() != esdb.ErrorCodeStreamDeleted {
		t.Errorf("append to a tombstoned stream: %v", err)
	}
	r.check("never-there", "not found")
}

// TestReadingFromPlaces reads from all sides, on a stream longer than any page,
// by a gate that has not seen it before.
func TestReadingFromPlaces(t *testing.T) {
	r := newReopening(t)
	const n = 1500
	kinds := make([]string, n)
	for i := range kinds {
		kinds[i] = fmt.Sprint("k", i%7)
	}
	if _, err := r.append("long", esdb.NoStream{}, events(kinds...)...); err != nil {
		t.Fatal(err)
	}
	r.reopen()
	numbers := func(reading *esdb.ReadStream, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		all, err := gather(reading)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) > 5 {
			return fmt.Sprintf("%d from %d to %d", len(all), all[0].EventNumber, all[len(all)-1].EventNumber)
		}
		var numbers []string
		for _, e := range all {
			numbers = append(numbers, fmt.Sprint(e.EventNumber))
		}
		return strings.Join(numbers, " ")
	}
	stream := func(direction esdb.Direction, from esdb.StreamPosition, count uint64) string {
		return numbers(r.ReadStream(t.Context(), "long", esdb.ReadStreamOptions{Direction: direction, From: from}, count))
	}
	all := func(direction esdb.Direction, from esdb.AllPosition, count uint64) string {
		return numbers(r.ReadAll(t.Context(), esdb.ReadAllOptions{Direction: direction, From: from}, count))
	}
	at := func(revision uint64) esdb.Position { // the store's first record comes before
		return esdb.Position{Commit: revision + 2, Prepare: revision + 2}
	}
	for _, tt := range []struct{ got, want string }{
		{stream(esdb.Forwards, esdb.Start{}, 2), "0 1"},
		{stream(esdb.Forwards, esdb.Revision(1498), 9), "1498 1499"},
		{stream(esdb.Forwards, esdb.Revision(1500), 9), ""},
		{stream(esdb.Forwards, esdb.End{}, 9), ""},
		{stream(esdb.Backwards, esdb.End{}, 3), "1499 1498 1497"},
		{stream(esdb.Backwards, esdb.Revision(2), 9), "2 1 0"},
		{stream(esdb.Backwards, esdb.Revision(9999), 1), "1499"},
		{stream(esdb.Backwards, esdb.Start{}, 5), "0"},
		{stream(esdb.Backwards, esdb.End{}, 9999), "1500 from 1499 to 0"},
		{stream(esdb.Forwards, esdb.Start{}, 9999), "1500 from 0 to 1499"},
		{all(esdb.Forwards, at(5), 2), "5 6"},
		{all(esdb.Backwards, at(5), 2), "4 3"},
		{all(esdb.Backwards, esdb.End{}, 2), "1499 1498"},
		{all(esdb.Backwards, esdb.Start{}, 2), ""},
		{all(esdb.Forwards, esdb.Start{}, 9999), "1501 from 0 to 1499"},
	} {
		if tt.got != tt.want {
			t.Errorf("read %q, want %q", tt.got, tt.want)
		}
	}
	if at, err := r.append("long", esdb.Revision(n-1), events("last")...); err != nil || at != n {
		t.Errorf("append to it: %d, %v", at, err)
	}
}

func TestLinks(t *testing.T) {
	r := newReopening(t)
	link := func(to string) esdb.EventData {
		return esdb.EventData{EventType: "$>", ContentType: esdb.ContentTypeBinary, Data: []byte(to)}
	}
	if _, err := r.append("s", esdb.NoStream{}, events("a", "b")...); err != nil {
		t.Fatal(err)
	}
	if _, err := r.append("links", esdb.NoStream{}, link("1@s"), link("9@s"), link("nonsense")); err != nil {
		t.Fatal(err)
	}
	reading, err := r.ReadStream(t.Context(), "links", esdb.ReadStreamOptions{From: esdb.Start{}, ResolveLinkTos: true}, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	for i, want := range []string{"b", "", ""} {
		e, err := reading.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Event; (got == nil) != (want == "") || got != nil && (got.EventType != want || e.Link.EventNumber != uint64(i)) {
			t.Errorf("link %d leads to %+v", i, got)
		}
	}
}

// TestManyWritersOfOneStream is the oracle of the gate: whoever follows sees
// every event of many writers once and in order, in the stream and in all.
func TestManyWritersOfOneStream(t *testing.T) {
	r := newReopening(t)
	const writers, each = 16, 25
	follow := func(recv func() *esdb.SubscriptionEvent, of func(*esdb.RecordedEvent) uint64) {
		last, seen := uint64(0), 0
		for seen < writers*each {
			got := recv()
			if got.SubscriptionDropped != nil {
				t.Error(got.SubscriptionDropped.Error)
				return
			}
			if got.EventAppeared == nil || got.EventAppeared.Event.StreamID != "hot" {
				continue
			}
			at := of(got.EventAppeared.Event)
			if seen > 0 && at != last+1 {
				t.Errorf("%d follows %d", at, last)
			}
			last, seen = at, seen+1
		}
	}
	one, err := r.SubscribeToStream(t.Context(), "hot", esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	all, err := r.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	var work sync.WaitGroup
	work.Go(func() { follow(one.Recv, func(e *esdb.RecordedEvent) uint64 { return e.EventNumber }) })
	work.Go(func() { follow(all.Recv, func(e *esdb.RecordedEvent) uint64 { return e.Position.Commit }) })
	for range writers {
		work.Go(func() {
			for range each {
				if _, err := r.append("hot", esdb.Any{}, events("e")...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
}

// TestFilteredSubscription lets one event in a thousand through, and tells the
// client with checkpoints how far it is.
func TestFilteredSubscription(t *testing.T) {
	r := newReopening(t)
	kinds := make([]string, 1000)
	for i := range kinds {
		kinds[i] = "dull"
	}
	kinds[999] = "bright"
	if _, err := r.append("s", esdb.NoStream{}, events(kinds...)...); err != nil {
		t.Fatal(err)
	}
	sub, err := r.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{
		From: esdb.Start{}, MaxSearchWindow: 50, CheckpointInterval: 2,
		Filter: &esdb.SubscriptionFilter{Type: esdb.EventFilterType, Prefixes: []string{"bri", "x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	var got []string
	for {
		e := sub.Recv()
		switch {
		case e.SubscriptionDropped != nil:
			t.Fatal(e.SubscriptionDropped.Error)
		case e.EventAppeared != nil:
			got = append(got, e.EventAppeared.Event.EventType)
		case e.CheckPointReached != nil:
			got = append(got, fmt.Sprint(e.CheckPointReached.Commit))
		case e.CaughtUp != nil:
			if want := "100 200 300 400 500 600 700 800 900 1000 bright 1001"; strings.Join(got, " ") != want {
				t.Errorf("got %v, want %s", got, want)
			}
			return
		}
	}
}

// TestRights goes through what callers may do and what nobody may.
func TestRights(t *testing.T) {
	r := newReopening(t)
	for _, stream := range []string{"$store", "$sessions", "$persistentSubscriptionConfig", "$$$store"} {
		if _, err := r.append(stream, esdb.Any{}, events("x")...); err == nil {
			t.Errorf("a client wrote to %s", stream)
		}
	}
	large := events("large")[0]
	large.Data = make([]byte, esdbgate.DefaultMaxAppend)
	if _, err := r.append("s", esdb.Any{}, large); err == nil {
		t.Error("more than the most was appended")
	}
	if _, err := r.append("a\nb", esdb.Any{}, events("x")...); err == nil {
		t.Error("a stream's name has two lines")
	}
	if err := esdbgate.Found(context.Background(), withRecord(t)); !errors.Is(err, esdbgate.ErrLedger) {
		t.Errorf("a ledger was made an event store: %v", err)
	}
}

func withRecord(t *testing.T) *memory.Store {
	store := memory.New()
	if _, err := store.Append(t.Context(), "unit-1", 0, one); err != nil {
		t.Fatal(err)
	}
	return store
}
