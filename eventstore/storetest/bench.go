package storetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// Bench measures a back-end: durable appends by several numbers of writers,
// each on a stream of its own with a command id each time, bulk appends, and
// reading it all back. fresh opens a new, empty ledger.
func Bench(b *testing.B, fresh func(b *testing.B) eventstore.Store) {
	for _, writers := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("append/writers=%d", writers), func(b *testing.B) { appendBy(b, fresh(b), writers) })
	}
	b.Run("bulk/drafts=1000", func(b *testing.B) { appendBulk(b, fresh(b), 1000) })
	b.Run("read/records=50000", func(b *testing.B) { readBack(b, fresh(b), 50_000) })
}

func appendBy(b *testing.B, s eventstore.Store, writers int) {
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for w := range writers {
		wg.Go(func() {
			stream := numbered("execution-programme-2026", w)
			for at := eventstore.Revision(0); next.Add(1) <= int64(b.N); at++ {
				if _, err := s.Append(b.Context(), stream, at, typical(fmt.Sprint(stream, "/", at))); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
	finish(b, s)
}

func appendBulk(b *testing.B, s eventstore.Store, size int) {
	drafts := make([]eventstore.Draft, size)
	for i := range b.N {
		for j := range drafts {
			drafts[j] = typical(fmt.Sprint("import/", i))
		}
		if _, err := s.Append(b.Context(), numbered("import", i), 0, drafts...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "records/s")
	finish(b, s)
}

func readBack(b *testing.B, s eventstore.Store, records int) {
	for i := 0; i < records; i += 1000 {
		drafts := make([]eventstore.Draft, 1000)
		for j := range drafts {
			drafts[j] = typical(fmt.Sprint("import/", i))
		}
		if _, err := s.Append(b.Context(), numbered("import", i), 0, drafts...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range s.ReadAll(b.Context(), 0) {
			if n++; err != nil {
				b.Fatal(err)
			}
		}
		if n != records {
			b.Fatalf("read %d of %d", n, records)
		}
	}
	b.ReportMetric(float64(b.N*records)/b.Elapsed().Seconds(), "records/s")
	finish(b, s)
}

func finish(b *testing.B, s eventstore.Store) {
	if err := s.Close(); err != nil {
		b.Error(err)
	}
}

// typical is a draft of the size most events have.
func typical(command string) eventstore.Draft {
	d := draft(`{"programme":"xm-2026-0001","year":2026,"amount":12345600,"voucher":"` + strings.Repeat("9", 24) + `","purpose":"用于示例项目的设备购置与安装，按合同约定支付进度款","payee":"某供应商"}`)
	d.Actor = domain.Actor{Person: "p-0001", Name: "某会计", Post: "国库支付岗", Unit: "001001", Capacity: "本人履职"}
	d.Command, d.Correlation, d.Rulebook = command, "request-0001", "national-2020@1"
	return d
}

// BenchFsync measures what the disk itself can do in dir: write 4 KiB and fsync,
// over and over in one place, as a log that has reached its size does, and at
// the end of a file that grows.
func BenchFsync(b *testing.B, dir string) {
	for name, grow := range map[string]bool{"fsync/overwrite": false, "fsync/grow": true} {
		b.Run(name, func(b *testing.B) {
			f, err := os.Create(filepath.Join(dir, "fsync"))
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			page := make([]byte, 4096)
			for i := range b.N {
				if !grow {
					i %= 1000
				}
				if _, err := f.WriteAt(page, int64(i)*4096); err != nil {
					b.Fatal(err)
				}
				if err := f.Sync(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "fsyncs/s")
		})
	}
}
