package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres/pgtest"
)

func led(t *testing.T) (*Store, leader) {
	t.Helper()
	s, err := Join(t.Context(), pgtest.URL(t), Member{Name: "leads"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	l, err := s.whoLeads(t.Context())
	if err != nil || l.Name != "leads" {
		t.Fatalf("%+v, %v", l, err)
	}
	return s, l
}

func one(command string) errand {
	return errand{Stream: "s", Drafts: []eventstore.Draft{{Type: "t", Data: []byte("1"), Meta: eventstore.Meta{Command: command}}}}
}

// TestStrangers knock at the leader's entrance: only who has read the row of the
// leader gets in.
func TestStrangers(t *testing.T) {
	s, l := led(t)
	knock := newDoor(l).client
	body, err := json.Marshal(one(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, method, path, authorization, body string
		want                                    int
	}{
		{"no token", "POST", handInPath, "", string(body), 401},
		{"another token", "POST", handInPath, "Bearer " + strings.Repeat("A", 26), string(body), 401},
		{"the token's beginning", "POST", handInPath, "Bearer " + l.token[:5], string(body), 401},
		{"another path", "POST", "/", "Bearer " + l.token, string(body), 404},
		{"another method", "GET", handInPath, "Bearer " + l.token, "", 404},
		{"no errand", "POST", handInPath, "Bearer " + l.token, "{", 400},
		{"no token, no errand", "GET", "/", "", "{", 401},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, "https://"+l.Address+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if c.authorization != "" {
			r.Header.Set("Authorization", c.authorization)
		}
		answer, err := knock.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != c.want || len(said) > 0 {
			t.Errorf("%s: %s %q, want %d and not a word", c.name, answer.Status, said, c.want)
		}
	}
	plain, err := http.Post("http://"+l.Address+handInPath, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	plain.Body.Close()
	if head, err := s.Head(t.Context()); err != nil || head != 0 || plain.StatusCode != 400 {
		t.Errorf("without TLS the answer is %s; %d records (%v)", plain.Status, head, err)
	}
	if _, err := newDoor(l).handIn(t.Context(), one("")); err != nil {
		t.Errorf("who has read the row: %v", err)
	}
}

// TestAnotherCertificate: nothing is handed to one that is not the leader, not
// even the token.
func TestAnotherCertificate(t *testing.T) {
	s, l := led(t)
	l.certificate[0]++
	if _, err := newDoor(l).handIn(t.Context(), one("")); !errors.Is(err, errElsewhere) {
		t.Errorf("got %v, want that it was not carried out", err)
	}
	if head, err := s.Head(t.Context()); err != nil || head != 0 {
		t.Errorf("%d records, %v", head, err)
	}
}

// TestPlaces: no more are let in than there is room for, the large ones apart from
// the small.
func TestPlaces(t *testing.T) {
	s, l := led(t)
	e := s.member.entrance
	e.wait = time.Millisecond
	large := one("")
	large.Drafts[0].Data = make([]byte, smallBytes)
	for range largeAtOnce {
		e.large <- struct{}{}
	}
	if _, err := newDoor(l).handIn(t.Context(), large); !errors.Is(err, errElsewhere) || !strings.Contains(err.Error(), "503") {
		t.Errorf("a large one where there is no room: %v", err)
	}
	if _, err := newDoor(l).handIn(t.Context(), one("")); err != nil {
		t.Errorf("a small one: %v", err)
	}
	<-e.large
	large.Seen = 1
	if _, err := newDoor(l).handIn(t.Context(), large); err != nil {
		t.Errorf("a large one where there is room: %v", err)
	}
	if len(e.small) != 0 || len(e.large) != largeAtOnce-1 {
		t.Errorf("%d and %d places are taken by nobody", len(e.small), len(e.large))
	}
}

// TestTooLargeToHandIn: the leader need not be told. It takes gigabytes under the
// race detector, where make does not run it.
func TestTooLargeToHandIn(t *testing.T) {
	large := one("")
	large.Drafts[0].Data = make([]byte, mostBytes/4*3) // as JSON has it, a third more
	if _, err := (&door{}).handIn(t.Context(), large); !errors.Is(err, eventstore.ErrTooLarge) {
		t.Errorf("one that is too large: %v", err)
	}
}

func TestCrowd(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	c := &crowd{Listener: listener, places: make(chan struct{}, 1)}
	accepted := make(chan net.Conn)
	go func() {
		for {
			conn, err := c.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	dial()
	first := <-accepted
	if n, err := dial().Read(make([]byte, 1)); err == nil {
		t.Errorf("a second one was let in and read %d bytes", n)
	}
	first.Close()
	first.Close() // leaves one place, not two
	dial()
	<-accepted
	if len(c.places) != 1 {
		t.Errorf("%d places are taken by one", len(c.places))
	}
}

// TestErrorsSurvive: what the leader's error was it is to whoever handed in.
func TestErrorsSurvive(t *testing.T) {
	over := func(err error) error {
		said, marshalled := json.Marshal(outcomeOf(eventstore.Appended{}, err))
		if marshalled != nil {
			t.Fatal(marshalled)
		}
		var o outcome
		if err := json.Unmarshal(said, &o); err != nil {
			t.Fatal(err)
		}
		return o.err()
	}
	for _, known := range errorNames {
		err := fmt.Errorf("append: %w", known.err)
		got := over(err)
		if !errors.Is(got, known.err) || got.Error() != err.Error() {
			t.Errorf("%v comes back as %v", err, got)
		}
		for _, other := range errorNames {
			if errors.Is(got, other.err) != errors.Is(err, other.err) {
				t.Errorf("%v is %v on one side only", err, other.err)
			}
		}
	}
	conflict := &eventstore.Conflict{Stream: "s", Seen: 3, At: 7}
	if got := new(eventstore.Conflict); !errors.As(over(fmt.Errorf("append: %w", conflict)), &got) || *got != *conflict {
		t.Errorf("%v comes back as %v", conflict, got)
	}
	if err := over(errors.New("something else")); err == nil || err.Error() != "something else" {
		t.Errorf("an error of no kind comes back as %v", err)
	}
	if err := over(nil); err != nil {
		t.Errorf("no error comes back as %v", err)
	}
}

// TestErrandsSurvive: what is handed in arrives as it was.
func TestErrandsSurvive(t *testing.T) {
	s, l := led(t)
	given := one("c<&>\u2028")
	given.Drafts[0].Data = []byte{0, 255, '\n'}
	given.Drafts[0].Basis = []string{"", "依据"}
	given.Drafts[0].EffectiveAt = time.Date(1900, 1, 1, 0, 0, 0, 123456789, time.FixedZone("LMT", 8*3600+5*60+43))
	a, err := newDoor(l).handIn(t.Context(), given)
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range s.ReadStream(t.Context(), "s", 0) {
		if err != nil {
			t.Fatal(err)
		}
		d := given.Drafts[0]
		if !r.EffectiveAt.Equal(d.EffectiveAt) || !reflect.DeepEqual(r.Basis, d.Basis) || !bytes.Equal(r.Data, d.Data) || r.Command != d.Command {
			t.Errorf("handed in %+v, kept %+v", d, r)
		}
	}
	if again, err := newDoor(l).handIn(t.Context(), given); err != nil || !again.Repeated || !reflect.DeepEqual(again.IDs, a.IDs) {
		t.Errorf("repeated: %+v, %v", again, err)
	}
}

// TestOneWhoLedBefore refuses what is meant for a leader.
func TestOneWhoLedBefore(t *testing.T) {
	s, l := led(t)
	s.member.leading().end(eventstore.ErrFenced)
	if _, err := newDoor(l).handIn(t.Context(), one("")); !errors.Is(err, errElsewhere) {
		t.Errorf("with the token of a term that is over: %v", err)
	}
	if _, err := s.Append(context.Background(), "s", 0, one("").Drafts...); err != nil {
		t.Errorf("it does not lead again: %v", err)
	}
}
