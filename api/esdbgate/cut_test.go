package esdbgate_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"wenxiao/api/esdbgate"
	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
)

// A wire passes connections on to a server, until they are cut.
type wire struct {
	to string

	mu   sync.Mutex
	open []net.Conn
}

func newWire(t *testing.T, to string) (*wire, string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{to: to}
	t.Cleanup(func() { _ = listener.Close(); w.cut() })
	go func() {
		for {
			here, err := listener.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", w.to)
			if err != nil {
				_ = here.Close()
				continue
			}
			w.mu.Lock()
			w.open = append(w.open, here, there)
			w.mu.Unlock()
			go func() { _, _ = io.Copy(there, here); _ = there.Close() }()
			go func() { _, _ = io.Copy(here, there); _ = here.Close() }()
		}
	}()
	return w, listener.Addr().String()
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		_ = c.Close()
	}
	w.open = nil
}

// TestWireCutUnderLoad cuts the connection to the server thirty times, in the
// middle of appends, small ones and ones that are sent in several. Writers that
// repeat until they are answered have each command carried out once, and whole.
func TestWireCutUnderLoad(t *testing.T) {
	address, _ := serveEvents(t, memory.New(), esdbgate.Options{})
	w, through := newWire(t, address)
	s := openLedger(t, "esdb://"+through+"?tls=false&ledger=cut&discoveryInterval=20")
	defer s.Close()
	ended := make(chan struct{})
	var cutting, writing sync.WaitGroup
	cutting.Go(func() {
		for n := range 30 { // rarer and rarer, so that the slowest machine gets through
			select {
			case <-time.After(time.Duration(20+rand.IntN(100+20*n)) * time.Millisecond):
				w.cut()
			case <-ended:
				return
			}
		}
	})
	const writers, each = 6, 40
	for n := range writers {
		writing.Go(func() { insist(t, s, fmt.Sprint("s-", n), each) })
	}
	writing.Wait()
	close(ended)
	cutting.Wait()

	count := map[string]int{}
	at := eventstore.Position(0)
	for r, err := range s.ReadAll(t.Context(), 0) {
		if at++; err != nil || r.Position != at || r.CheckData() != nil {
			t.Fatalf("record %d is at %d: %v, %v", at, r.Position, err, r.CheckData())
		}
		count[r.Command]++
	}
	for n := range writers {
		for i := range each {
			if command := fmt.Sprintf("s-%d/%d", n, i); count[command] != parts(i) {
				t.Errorf("command %s has %d records, want %d", command, count[command], parts(i))
			}
		}
	}
	checkTree(t, s)
}

// parts is how many records a command makes; every tenth is too large for one
// append.
func parts(i int) int {
	if i%10 == 9 {
		return 3
	}
	return 1
}

func insist(t *testing.T, s eventstore.Store, stream string, n int) {
	at := eventstore.Revision(0)
	for i := range n {
		drafts := make([]eventstore.Draft, parts(i))
		for k := range drafts {
			drafts[k] = eventstore.Draft{Type: "t", Data: make([]byte, len(drafts)*len(drafts)*50_000), Meta: eventstore.Meta{Command: fmt.Sprint(stream, "/", i)}}
		}
		for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			a, err := s.Append(t.Context(), stream, at, drafts...)
			if err == nil {
				at = a.Revision
				break
			}
			if time.Now().After(deadline) {
				t.Errorf("%s/%d: %v", stream, i, err)
				return
			}
		}
	}
}
