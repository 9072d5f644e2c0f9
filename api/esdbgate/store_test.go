package esdbgate_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

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

var _ = fmt.Sprint
