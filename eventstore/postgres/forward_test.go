package postgres

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres/pgtest"
)

// A breaker leads a ledger and breaks off every answer it should give.
type breaker struct {
	t     *testing.T
	term  *term
	store *Store
	gone  func() // it leads no more
	does  bool   // what it is asked for
	off   func(http.ResponseWriter, []byte)
	last  func() // before it is gone

	asked atomic.Int32             // how often; it leads the first time
	did   chan eventstore.Appended // then
}

// breaks has b lead the ledger at url.
func breaks(t *testing.T, url string, b *breaker) {
	t.Helper()
	lock, err := stand(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	b.t, b.did = t, make(chan eventstore.Appended, 1)
	b.store, b.term = believer(t, url)
	if err := makeLeaderTable(t.Context(), b.store.reads); err != nil {
		t.Fatal(err)
	}
	certificate, err := newCertificate()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: b}
	go func() {
		_ = server.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2"}}))
	}()
	var epoch int64
	if err := b.store.reads.QueryRow(t.Context(), `select epoch from ledger_head`).Scan(&epoch); err != nil {
		t.Fatal(err)
	}
	l := leader{token: "t", certificate: sha256.Sum256(certificate.Certificate[0])}
	l.Name, l.Address, l.Epoch = "breaks", listener.Addr().String(), epoch
	if err := l.publish(t.Context(), b.store.reads, lock.pid); err != nil {
		t.Fatal(err)
	}
	holding, end := context.WithCancel(t.Context())
	held := make(chan error, 1)
	go func() { held <- lock.hold(holding, func() int64 { return epoch }) }()
	b.gone = func() {
		end()
		<-held
		lock.resign()
	}
	t.Cleanup(func() { server.Close() })
}

func (b *breaker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		return // somebody knocks
	}
	if b.asked.Add(1) > 1 { // as any leader that was
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var e errand
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		b.t.Error(err)
	}
	answer := []byte(`{"Position":7,"Revision":7,"IDs":["it was not"]}`)
	var did eventstore.Appended
	if b.does {
		var err error
		if did, err = b.term.carryOut(context.Background(), e); err != nil {
			b.t.Error(err)
		}
		if answer, err = json.Marshal(outcomeOf(did, nil)); err != nil {
			b.t.Error(err)
		}
	}
	b.did <- did
	if b.last != nil {
		b.last()
	}
	b.gone()
	b.off(w, answer)
	panic(http.ErrAbortHandler)
}

// offs are the ways to break an answer off.
var offs = map[string]func(http.ResponseWriter, []byte){
	"before it": func(http.ResponseWriter, []byte) {},
	"after its head": func(w http.ResponseWriter, _ []byte) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
	},
	"in the middle": func(w http.ResponseWriter, answer []byte) {
		_, _ = w.Write(answer[:len(answer)/2])
		_ = http.NewResponseController(w).Flush()
	},
}

// TestAnswerBrokenOff: whether the leader that broke its answer off had carried out
// the errand or not, the answer is that of the next leader, and it is done once.
func TestAnswerBrokenOff(t *testing.T) {
	for name, off := range offs {
		for _, does := range []bool{true, false} {
			b := &breaker{does: does, off: off}
			url := pgtest.URL(t)
			breaks(t, url, b)
			s := joined(t, url, Member{Name: "next"})
			a, err := s.Append(t.Context(), "s", 0, one("c").Drafts...)
			did := <-b.did
			if err != nil || a.Repeated != does || a.Position != 1 || len(a.IDs) != 1 || does && !slices.Equal(a.IDs, did.IDs) {
				t.Errorf("broken off %s, carried out %t: %+v, %v; the first had done %+v", name, does, a, err, did)
			}
			head, err := s.Head(t.Context())
			if l, and := s.Leader(t.Context()); errors.Join(err, and) != nil || head != 1 || !l.Here {
				t.Errorf("broken off %s, carried out %t: %d records, led by %+v (%v, %v)", name, does, head, l, err, and)
			}
		}
	}
}

// TestDoubt: what cannot be asked again stays in doubt, and is not done again.
func TestDoubt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	for _, c := range []struct {
		name    string
		ctx     context.Context
		command string
		last    func(b *breaker) func()
		want    []error
	}{
		{"without a command", t.Context(), "", nil, []error{eventstore.ErrOutcomeUnknown}},
		{"and nobody waits", ctx, "c", func(*breaker) func() { return cancel }, []error{eventstore.ErrOutcomeUnknown, context.Canceled}},
		{"and it was not done, but something else", t.Context(), "c", func(b *breaker) func() {
			return func() {
				if _, err := b.term.carryOut(context.Background(), one("d")); err != nil {
					b.t.Error(err)
				}
			}
		}, []error{eventstore.ErrConflict}},
		{"and the command was used for something else", t.Context(), "c", func(b *breaker) func() {
			return func() {
				e := one("c")
				e.Stream = "t"
				if _, err := b.term.carryOut(context.Background(), e); err != nil {
					b.t.Error(err)
				}
			}
		}, []error{eventstore.ErrCommandReused}},
	} {
		b := &breaker{off: offs["in the middle"]}
		if c.last != nil {
			b.last = c.last(b)
		}
		url := pgtest.URL(t)
		breaks(t, url, b)
		s := joined(t, url, Member{Name: "next"})
		_, err := s.Append(c.ctx, "s", 0, one(c.command).Drafts...)
		for _, want := range c.want {
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", c.name, err, want)
			}
		}
		doubt, asked := c.want[0] == eventstore.ErrOutcomeUnknown, b.asked.Load()
		if errors.Is(err, eventstore.ErrOutcomeUnknown) != doubt || doubt && asked != 1 {
			t.Errorf("%s: asked %d times, %v", c.name, asked, err)
		}
	}
}
