package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"wenxiao/eventstore"
	"wenxiao/eventstore/storetest"
)

func BenchmarkDisk(b *testing.B) { storetest.BenchFsync(b, b.TempDir()) }

func BenchmarkStore(b *testing.B) {
	storetest.Bench(b, func(b *testing.B) eventstore.Store { return open(b, filepath.Join(b.TempDir(), "ledger.db")) })
}

// BenchmarkAgainstFsync takes turns, so that both meet the same neighbours on
// the disk: a hundred appends by one writer, then a hundred times as many bytes
// as a record has, written at the end of a file and synced. It reports the rate
// of the first as a share of the second.
func BenchmarkAgainstFsync(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "ledger.db"))
	f, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var appends, syncs time.Duration
	line, d := make([]byte, 1024), draft
	d.Data = make([]byte, 400)
	for i := range b.N {
		start := time.Now()
		for j := range 100 {
			d.Command = fmt.Sprint("c-", i, "-", j)
			if _, err := s.Append(b.Context(), "s", eventstore.Revision(100*i+j), d); err != nil {
				b.Fatal(err)
			}
		}
		appends += time.Since(start)
		start = time.Now()
		for range 100 {
			if _, err := f.Write(line); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
		}
		syncs += time.Since(start)
	}
	b.ReportMetric(float64(100*b.N)/appends.Seconds(), "appends/s")
	b.ReportMetric(float64(100*b.N)/syncs.Seconds(), "fsyncs/s")
	b.ReportMetric(syncs.Seconds()/appends.Seconds(), "appends/fsync")
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
