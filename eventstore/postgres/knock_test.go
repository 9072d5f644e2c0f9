package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres/pgtest"
)

func joined(t *testing.T, url string, as Member) *Store {
	t.Helper()
	s, err := Join(t.Context(), url, as)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// A gate stands before a leader's entrance. While it is shut, who comes is sent away.
type gate struct {
	listener net.Listener
	to       atomic.Pointer[string]
}

func newGate(t *testing.T) *gate {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	g := &gate{listener: l}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go g.pass(conn)
		}
	}()
	return g
}

func (g *gate) pass(from net.Conn) {
	defer from.Close()
	address := g.to.Load()
	if address == nil {
		return
	}
	to, err := net.Dial("tcp", *address)
	if err != nil {
		return
	}
	defer to.Close()
	go func() { _, _ = io.Copy(to, from); to.Close() }()
	_, _ = io.Copy(from, to)
}

// says waits until the store's leader is so.
func says(t *testing.T, s *Store, what string, so func(eventstore.Leader) bool) {
	t.Helper()
	for ends := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		l, err := s.Leader(t.Context())
		if err == nil && so(l) {
			return
		}
		if time.Now().After(ends) {
			t.Fatalf("never %s: %+v, %v", what, l, err)
		}
	}
}

// TestLeaderOutOfReach: a process that cannot get to whoever leads finds out by
// itself, says so to who asks and at once to who appends, and adds nothing. When
// the door opens it goes on by itself.
func TestLeaderOutOfReach(t *testing.T) {
	url, g := pgtest.URL(t), newGate(t)
	leads := joined(t, url, Member{Name: "far", Advertise: g.listener.Addr().String()})
	s := joined(t, url, Member{Name: "near", Patience: 100 * time.Millisecond})
	says(t, s, "away", func(l eventstore.Leader) bool { return l.Away != "" && l.Name == "far" })
	for what, err := range map[string]error{
		"append": appended(s), "reach": s.Reach(t.Context()),
	} {
		away := new(eventstore.Unreachable)
		if !errors.As(err, &away) || away.Name != "far" || away.Address != g.listener.Addr().String() || errors.Is(err, eventstore.ErrNoLeader) {
			t.Fatalf("%s: %v, want that the leader is out of reach", what, err)
		}
		if strings.Contains(away.Why, "127.0.0.1") || !strings.Contains(err.Error(), "--handover") {
			t.Errorf("%s: %q, %v", what, away.Why, err)
		}
	}
	if l, err := leads.Leader(t.Context()); err != nil || l.Away != "" || leads.Reach(t.Context()) != nil {
		t.Errorf("who leads cannot reach itself: %+v, %v", l, err)
	}
	inside := leads.member.entrance.listening
	g.to.Store(&inside)
	says(t, s, "reached", func(l eventstore.Leader) bool { return l.Away == "" && appended(s) == nil })
	if head, err := s.Head(t.Context()); err != nil || head != 1 {
		t.Errorf("%d records, %v; want the one that was answered", head, err)
	}
}

func appended(s *Store) error {
	_, err := s.Append(context.Background(), "s", 0, one("c").Drafts...)
	return err
}

// TestReachWithoutJoining: who only reads can ask, too.
func TestReachWithoutJoining(t *testing.T) {
	s, _ := led(t)
	url := s.reads.Config().ConnString()
	reader, err := OpenReadOnly(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := reader.Reach(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := reader.Reach(t.Context()); err != nil {
		t.Errorf("where nobody leads: %v", err)
	}
}

// TestLeaderGoneIsNotOutOfReach: as long as a leader may just have died, an append
// waits for the next one.
func TestLeaderGoneIsNotOutOfReach(t *testing.T) {
	url := pgtest.URL(t)
	far := joined(t, url, Member{Advertise: "127.0.0.1:1"})
	s := joined(t, url, Member{Patience: time.Hour})
	waiting := make(chan error, 1)
	go func() { waiting <- appended(s) }()
	for s.member.doors.shut() == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := far.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; err != nil {
		t.Error(err)
	}
}

// shut counts the doors that do not open.
func (ds *doors) shut() (n int) {
	ds.asking <- struct{}{}
	defer func() { <-ds.asking }()
	if ds.known != nil {
		ds.known.mu.Lock()
		defer ds.known.mu.Unlock()
		if !ds.known.shut.IsZero() {
			n++
		}
	}
	return n
}
