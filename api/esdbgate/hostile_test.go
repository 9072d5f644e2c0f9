package esdbgate

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
)

// TestImpossibleSession: a session that no store would take is refused before it
// is written down. It once was tried for ever, by every process that opened the
// store, and nobody could write its streams.
func TestImpossibleSession(t *testing.T) {
	store := memory.New()
	g := openEvents(t, store)
	for name, w := range map[string]sessionWrite{
		"long name":    {Stream: strings.Repeat("x", eventstore.MaxStreamName+1), proposed: some(t, "a")},
		"no name":      {Stream: "", proposed: some(t, "a")},
		"control":      {Stream: "a\x01b", proposed: some(t, "a")},
		"no type":      {Stream: "s", proposed: some(t, "")},
		"endless type": {Stream: "s", proposed: some(t, strings.Repeat("x", eventstore.MaxEnvelope))},
	} {
		w.expected = anything
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		_, err := g.writes.inSession(ctx, []sessionWrite{{Stream: "first", expected: anything, proposed: some(t, "b")}, w})
		cancel()
		if !isRefused(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if kinds := eventsOf(t, g, "first"); len(kinds) > 0 {
		t.Errorf("half of a session was written: %v", kinds)
	}
	if _, err := g.writes.inSession(t.Context(), []sessionWrite{{Stream: "s", expected: anything, proposed: some(t, "a")}}); err != nil {
		t.Errorf("and after them: %v", err)
	}
}

// TestIntentThatCannotBe: a store in which such a session was written down by an
// earlier release opens all the same.
func TestIntentThatCannotBe(t *testing.T) {
	store := memory.New()
	g := openEvents(t, store)
	intent := `[{"stream":"","before":-1,"events":[{"type":"a","stored":""}]}]`
	if _, err := g.groups.write(t.Context(), domain.Actor{}, sessionsStream, jsonEvent(sessionType, nil, []byte(intent))); err != nil {
		t.Fatal(err)
	}
	again, err := OverEvents(t.Context(), store, Options{})
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

// TestServersOwnStreams: who may append may not write what the gate itself goes
// by, nor end a stream by an event that looks like a tombstone.
func TestServersOwnStreams(t *testing.T) {
	g := openEvents(t, memory.New())
	as := func(rights Rights) context.Context {
		return context.WithValue(t.Context(), callerKey{}, Caller{Rights: rights})
	}
	kept := settings{Stream: "s", Group: "g"}
	for _, stream := range []string{kept.stream("checkpoint"), kept.stream("parked"), metadataOf + kept.stream("parked"), settingsStream, sessionsStream, foundedStream} {
		if err := g.mayWrite(as(Everything), stream, Append); err == nil {
			t.Errorf("%s may be written", stream)
		}
	}
	for _, stream := range []string{"$ce-x", "$$s"} {
		if err := g.mayWrite(as(Read|Append), stream, Append); err == nil {
			t.Errorf("%s may be written by who may only append", stream)
		}
		if err := g.mayWrite(as(Everything), stream, Append); err != nil {
			t.Errorf("%s: %v", stream, err)
		}
	}
	id := writeUUID(uuid.New(), false)
	if _, err := propose(id, map[string]string{keyType: tombstone, keyContentType: "application/json"}, nil, nil); err == nil {
		t.Error("an event ends its stream for good")
	}
	if _, err := newSessionEvent("", tombstone, true, nil, nil); err == nil {
		t.Error("an event of a session ends its stream for good")
	}
}

// TestBackFromBeyond reads all streams backwards from far beyond their end,
// which took a read of nothing for every 64 positions.
func TestBackFromBeyond(t *testing.T) {
	g := openEvents(t, memory.New())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n := 0
	for _, err := range g.history.readAll(ctx, query{backwards: true, from: start{at: 1 << 60}}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("read %d events, not the one there is", n)
	}
}

// TestReplayedLink: what is replayed is what was handed out the first time, the
// event that a link leads to.
func TestReplayedLink(t *testing.T) {
	g := openEvents(t, memory.New())
	write := func(stream, kind, data string) {
		t.Helper()
		p, err := newProposed(uuid.New(), kind, map[string]string{keyContentType: "text/plain"}, nil, []byte(data))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.groups.write(t.Context(), domain.Actor{}, stream, p); err != nil {
			t.Fatal(err)
		}
	}
	write("target", "happened", "1")
	write("links", linkType, "0@target")
	s := settings{Stream: "links", Group: "g", Links: true, Strategy: toSingle, Most: 10}
	if err := g.groups.create(t.Context(), domain.Actor{}, s, start{}); err != nil {
		t.Fatal(err)
	}
	group, err := g.groups.find("links", "g")
	if err != nil {
		t.Fatal(err)
	}
	sub, err := group.subscribe("", 10)
	if err != nil {
		t.Fatal(err)
	}
	defer group.unsubscribe(sub)
	first := <-sub.out
	group.nack(sub, []uuid.UUID{first.original().id}, persistent.ReadReq_Nack_Park, "")
	for parked := int64(0); parked == 0; time.Sleep(time.Millisecond) {
		group.mu.Lock()
		parked = group.parked
		group.mu.Unlock()
	}
	if err := group.replay(t.Context(), -1); err != nil {
		t.Fatal(err)
	}
	if again := <-sub.out; again.event == nil || again.event.kind != "happened" {
		t.Errorf("replayed %+v", again.event)
	}
}

// TestDeletedGroup: a group that is deleted has no subscribers any more, and
// writes no checkpoint that another of its name would go by.
func TestDeletedGroup(t *testing.T) {
	g := openEvents(t, memory.New())
	s := settings{Stream: "s", Group: "g", Strategy: toSingle}
	if err := g.groups.create(t.Context(), domain.Actor{}, s, start{}); err != nil {
		t.Fatal(err)
	}
	group, err := g.groups.find("s", "g")
	if err != nil {
		t.Fatal(err)
	}
	if err := g.groups.delete(t.Context(), domain.Actor{}, "s", "g"); err != nil {
		t.Fatal(err)
	}
	if _, err := group.subscribe("", 1); status.Code(err) != codes.NotFound {
		t.Errorf("subscribed to what is deleted: %v", err)
	}
}
