package esdbgate_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"wenxiao/api/esdbgate"
	"wenxiao/eventstore"
	"wenxiao/eventstore/sqlite"
	"wenxiao/eventstore/storetest"
)

func overSQLite(b *testing.B) string {
	store, err := sqlite.Open(filepath.Join(b.TempDir(), "events.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	address, _ := serveEvents(b, store, esdbgate.Options{})
	return "esdb://" + address + "?tls=false"
}

// BenchmarkStore measures the back-end through the gate, over SQLite with an
// fsync for every answer.
func BenchmarkStore(b *testing.B) {
	storetest.Bench(b, func(b *testing.B) eventstore.Store { return openLedger(b, ledgerOn(overSQLite(b))) })
}

// BenchmarkGate measures the official client's appends, each writer on a stream
// of its own or all on one, and its reads of all.
func BenchmarkGate(b *testing.B) {
	for _, hot := range []bool{false, true} {
		for _, writers := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("append/hot=%t/writers=%d", hot, writers), func(b *testing.B) {
				client := connect(b, overSQLite(b))
				var next atomic.Int64
				var all sync.WaitGroup
				b.ResetTimer()
				for w := range writers {
					stream := fmt.Sprint("s-", w)
					if hot {
						stream = "s"
					}
					all.Go(func() {
						for next.Add(1) <= int64(b.N) {
							_, err := client.AppendToStream(b.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, events("happened")...)
							if err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				all.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
			})
		}
	}
	b.Run("read", func(b *testing.B) {
		client := connect(b, overSQLite(b))
		kinds := make([]string, 1000)
		for i := range kinds {
			kinds[i] = "happened"
		}
		for i := range 50 {
			if _, err := client.AppendToStream(b.Context(), fmt.Sprint("s-", i), esdb.AppendToStreamOptions{}, events(kinds...)...); err != nil {
				b.Fatal(err)
			}
		}
		b.ResetTimer()
		for range b.N {
			reading, err := client.ReadAll(b.Context(), esdb.ReadAllOptions{From: esdb.Start{}}, 1<<40)
			if err != nil {
				b.Fatal(err)
			}
			if all, err := gather(reading); err != nil || len(all) != 50_001 {
				b.Fatalf("%d, %v", len(all), err)
			}
		}
		b.ReportMetric(float64(b.N)*50_000/b.Elapsed().Seconds(), "events/s")
	})
}
