package esdbgate_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	esdbclient "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"wenxiao/api/esdbgate"
	"wenxiao/eventstore"
	"wenxiao/eventstore/esdb"
	"wenxiao/eventstore/memory"
	"wenxiao/eventstore/storetest"
)

// serveEvents serves an event store over a store that is founded for it, and
// returns the address. The gate is gone when the test ends, or with stop.
func serveEvents(t testing.TB, store eventstore.Store, options esdbgate.Options) (address string, stop func()) {
	t.Helper()
	if err := esdbgate.Found(context.Background(), store); err != nil {
		t.Fatal(err)
	}
	gate, err := esdbgate.OverEvents(context.Background(), store, options)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, gate, "127.0.0.1:0")
}

func serve(t testing.TB, gate *esdbgate.Gate, at string) (address string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	server, ended := gate.Server(), make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		server.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		gate.Close()
	}
	t.Cleanup(stop)
	return listener.Addr().String(), stop
}

// aServer returns the connection string of the server that back-ends are tested
// against: a gate of our own, or the one that ESDB_URL names.
func aServer(t *testing.T) string {
	if url := os.Getenv("ESDB_URL"); url != "" {
		return url
	}
	address, _ := serveEvents(t, memory.New(), esdbgate.Options{})
	return "esdb://" + address + "?tls=false"
}

func ledgerOn(server string) string {
	separator := "?"
	if strings.Contains(server, "?") {
		separator = "&"
	}
	return server + separator + "ledger=test-" + uuid.NewString()
}

// TestStore holds the back-end on a server of EventStoreDB's to all that a store
// is. Each ledger is a stream of its own.
func TestStore(t *testing.T) {
	server := aServer(t)
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		ledger := ledgerOn(server)
		return func(t *testing.T, options ...eventstore.Option) eventstore.Store {
			return openLedger(t, ledger, options...)
		}
	})
}

// TestTree holds the back-end to what those with transactions promise of the
// tree: it moves with the records, and one that was left behind is made up for.
func TestTree(t *testing.T) {
	server := aServer(t)
	for name, test := range map[string]func(*testing.T, storetest.Opener){"together": storetest.Together, "mended": storetest.Mended} {
		t.Run(name, func(t *testing.T) {
			ledger := ledgerOn(server)
			test(t, func(t *testing.T, options ...eventstore.Option) eventstore.Store {
				return openLedger(t, ledger, options...)
			})
		})
	}
}

func openLedger(t testing.TB, address string, options ...eventstore.Option) *esdb.Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := esdb.Open(ctx, address, options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestKilledWriter kills a process that writes, again and again. The server
// lives on; what was acknowledged is there, once and whole.
func TestKilledWriter(t *testing.T) {
	storetest.Crash(t, 3,
		func() string { return ledgerOn(aServer(t)) },
		func(address string) (eventstore.Store, error) { return esdb.Open(context.Background(), address) },
		func(address string) {
			s, err := esdb.OpenReadOnly(t.Context(), address)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			n := 0
			for r, err := range s.ReadAll(t.Context(), 0) {
				if n++; err != nil || int(r.Position) != n {
					t.Errorf("beside the writer record %d is at %d: %v", n, r.Position, err)
					return
				}
			}
			if err := s.Wait(t.Context(), eventstore.Position(n)); err != nil {
				t.Errorf("waiting for the other process: %v", err)
			}
		},
	)
}

var one = eventstore.Draft{Type: "test.happened.v1", Data: []byte("1")}

// TestTakenOver has a second process open the ledger for writing: the first
// never writes again, and learns it even from an append that would have been
// refused anyway.
func TestTakenOver(t *testing.T) {
	ledger := ledgerOn(aServer(t))
	first := openLedger(t, ledger)
	defer first.Close()
	if _, err := first.Append(t.Context(), "a", 0, one); err != nil {
		t.Fatal(err)
	}
	second := openLedger(t, ledger)
	defer second.Close()
	for _, seen := range []eventstore.Revision{9, 1, 1} {
		if _, err := first.Append(t.Context(), "a", seen, one); !errors.Is(err, eventstore.ErrFenced) {
			t.Errorf("the first writer was told %v", err)
		}
	}
	if a, err := second.Append(t.Context(), "a", 1, one); err != nil || a.Position != 2 {
		t.Errorf("the second: %+v, %v", a, err)
	}
}

// TestServerComesBack stops the server under a store for so long that the client
// gives up, and starts it again at the same place.
func TestServerComesBack(t *testing.T) {
	store := memory.New()
	address, stop := serveEvents(t, store, esdbgate.Options{})
	s := openLedger(t, "esdb://"+address+"?tls=false&maxDiscoverAttempts=2&discoveryInterval=50&ledger=back")
	defer s.Close()
	if _, err := s.Append(t.Context(), "a", 0, one); err != nil {
		t.Fatal(err)
	}
	stop()
	draft := one
	draft.Command = "c-1"
	for range 3 { // the first may still have a connection, the second finds the client closed
		if _, err := s.Append(t.Context(), "a", 1, draft); err == nil {
			t.Fatal("an append was acknowledged by nobody")
		}
	}
	gate, err := esdbgate.OverEvents(t.Context(), store, esdbgate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	serve(t, gate, address)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		a, err := s.Append(t.Context(), "a", 1, draft)
		if err == nil {
			if a.Position != 2 || a.Revision != 2 {
				t.Errorf("afterwards %+v", a)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after the server was back: %v", err)
		}
	}
	n := 0
	for r, err := range s.ReadStream(t.Context(), "a", 0) {
		if n++; err != nil || int(r.Revision) != n {
			t.Errorf("record %d: %d, %v", n, r.Revision, err)
		}
	}
	if n != 2 {
		t.Errorf("%d records, want 2", n)
	}
}

// TestHalfAnAppend leaves a large append half sent, as a process that dies does,
// and opens the ledger again: nothing of it is there, and what comes after is.
func TestHalfAnAppend(t *testing.T) {
	server := aServer(t)
	ledger := ledgerOn(server)
	s := openLedger(t, ledger)
	if _, err := s.Append(t.Context(), "a", 0, one); err != nil {
		t.Fatal(err)
	}
	large := make([]eventstore.Draft, 5)
	for i := range large {
		large[i] = eventstore.Draft{Type: "large", Data: bytes.Repeat([]byte{byte('a' + i)}, 1<<20)}
	}
	if _, err := s.Append(t.Context(), "b", 0, large...); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	client := connect(t, server)
	name := ledger[strings.LastIndex(ledger, "=")+1:]
	repeatBegun(t, client, name)
	s = openLedger(t, ledger)
	defer s.Close()
	a, err := s.Append(t.Context(), "a", 1, one)
	if err != nil || a.Position != 7 {
		t.Fatalf("after half an append: %+v, %v", a, err)
	}
	for r, err := range s.ReadAll(t.Context(), 0) {
		if err != nil || r.CheckData() != nil {
			t.Fatalf("record %d: %v, %v", r.Position, err, r.CheckData())
		}
	}
	checkTree(t, s)
}

// repeatBegun appends to a ledger's stream a second copy of what it has from its
// first beginning on, but not the end.
func repeatBegun(t *testing.T, client *esdbclient.Client, stream string) {
	t.Helper()
	begun := false
	for _, e := range readAll(t, client, stream) {
		switch {
		case e.EventType == "wenxiao-begin":
			begun = true
		case e.EventType == "wenxiao-end":
			return
		}
		if !begun {
			continue
		}
		_, err := client.AppendToStream(t.Context(), stream, esdbclient.AppendToStreamOptions{ExpectedRevision: esdbclient.StreamExists{}}, esdbclient.EventData{
			EventID: uuid.New(), EventType: e.EventType, ContentType: esdbclient.ContentTypeBinary, Data: e.Data, Metadata: e.UserMetadata,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the ledger has no large append")
}

func checkTree(t *testing.T, s eventstore.Store) {
	t.Helper()
	var want eventstore.Tree
	for r, err := range s.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		want = want.Add(r.Envelope)
	}
	if got, err := s.Tree(t.Context()); err != nil || got.Root() != want.Root() || got.Size != want.Size {
		t.Errorf("the tree is %d %v, %v; of the envelopes it is %d %v", got.Size, got.Root(), err, want.Size, want.Root())
	}
}

// TestTruncatedLedger has somebody truncate the ledger's stream.
func TestTruncatedLedger(t *testing.T) {
	server := aServer(t)
	ledger := ledgerOn(server)
	s := openLedger(t, ledger)
	for i := range eventstore.Revision(5) {
		if _, err := s.Append(t.Context(), "a", i, one); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var truncated esdbclient.StreamMetadata
	truncated.SetTruncateBefore(3)
	name := ledger[strings.LastIndex(ledger, "=")+1:]
	if _, err := connect(t, server).SetStreamMetadata(t.Context(), name, esdbclient.AppendToStreamOptions{}, truncated); err != nil {
		t.Fatal(err)
	}
	if _, err := esdb.Open(t.Context(), ledger); !errors.Is(err, eventstore.ErrDamaged) {
		t.Errorf("a truncated ledger was opened: %v", err)
	}
}
