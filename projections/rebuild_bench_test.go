package projections

import (
	"log/slog"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/sqlite"
)

// BenchmarkRebuild fills every table of a city from a ledger in SQLite into
// views in SQLite.
func BenchmarkRebuild(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "ledger.db")
	copyCity(b, path)
	store, err := sqlite.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	head, _ := store.Head(b.Context())
	b.Run("sqlite", func(b *testing.B) {
		rebuild(b, store, head, func() string { return "sqlite:" + filepath.Join(b.TempDir(), "views.db") })
	})
	b.Run("postgres", func(b *testing.B) { rebuild(b, store, head, func() string { return pgtest.URL(b) }) })
}

func rebuild(b *testing.B, store eventstore.Store, head eventstore.Position, address func() string) {
	for b.Loop() {
		db, err := OpenDB(b.Context(), address())
		if err != nil {
			b.Fatal(err)
		}
		r := NewRunner(db, store, slog.New(slog.DiscardHandler), All()...)
		begin, used := time.Now(), cpu()
		if err := r.Rebuild(b.Context(), func(done, head eventstore.Position) {}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(head)/time.Since(begin).Seconds(), "events/s")
		b.ReportMetric(float64((cpu()-used).Microseconds())/float64(head), "cpu-µs/event")
		db.Close()
	}
}

// cpu is the processor time used, which other work on the machine leaves alone.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// copyCity writes a city in memory first and then in bulk: one append a stream.
func copyCity(b *testing.B, path string) {
	m := memory.New()
	c := newCity(b, m, 1)
	c.found(40, 20)
	c.year(40, 20, 2022, 20)
	c.year(40, 20, 2023, 20)
	store, err := sqlite.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	seen := map[string]eventstore.Revision{}
	for r, err := range m.ReadAll(b.Context(), 0) {
		if err != nil {
			b.Fatal(err)
		}
		d := eventstore.Draft{Type: r.Type, Data: r.Data, Meta: eventstore.Meta{EffectiveAt: r.EffectiveAt, Actor: r.Actor, Command: r.Command, Correlation: r.Correlation, Rulebook: r.Rulebook}}
		if _, err := store.Append(b.Context(), r.Stream, seen[r.Stream], d); err != nil {
			b.Fatal(err)
		}
		seen[r.Stream]++
	}
}
