package main

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"wenxiao/bench/city"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// cityAtWork builds a small and a large city on SQLite and PostgreSQL and
// measures what readers do: read all, rebuild every table, follow one programme.
func cityAtWork(ctx context.Context, p plan) error {
	return p.eachBackend(ctx, func(b backend) error {
		for _, events := range []int{p.small, p.large} {
			if err := observe(ctx, b, events); err != nil {
				return fmt.Errorf("%d events: %w", events, err)
			}
		}
		return nil
	})
}

func observe(ctx context.Context, b backend, events int) error {
	store, tables, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	size := city.Usual
	size.Events, size.Years = events, 200
	if events < 50_000 { // a small ledger has whole years too
		size.Departments = max(1, events/10_000)
	}
	started := time.Now()
	n, err := city.Build(ctx, store, size, 1, 64, func(int) {})
	if err != nil {
		return err
	}
	fmt.Printf("\n%s, a city of %d events (seed 1)\n", b.name, n)
	line("commands carried out", "%.0f events/s, 64 officials", perSecond(n, started))
	if err := readAll(ctx, store, n); err != nil {
		return err
	}
	if _, err := rebuild(ctx, store, tables, n); err != nil {
		return err
	}
	return follow(ctx, store, tables, size)
}

func readAll(ctx context.Context, store eventstore.Store, n int) error {
	started, bytes := time.Now(), 0
	for r, err := range store.ReadAll(ctx, 0) {
		if err != nil {
			return err
		}
		bytes += len(r.Envelope) + len(r.Data)
	}
	line("read all", "%.0f events/s, %d bytes an event", perSecond(n, started), bytes/n)
	return nil
}

// rebuild fills all tables from the ledger, watches the memory it takes, and
// returns the events a second.
func rebuild(ctx context.Context, store eventstore.Store, tables string, n int) (float64, error) {
	db, err := projections.OpenDB(ctx, tables)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	peak := watchMemory()
	started, used := time.Now(), processor()
	runner := projections.NewRunner(db, store, slog.New(slog.DiscardHandler), projections.All()...)
	if err := runner.Rebuild(ctx, func(_, _ eventstore.Position) {}); err != nil {
		return 0, err
	}
	rate := perSecond(n, started)
	spent := float64((processor() - used).Microseconds()) / float64(n)
	line("rebuild all tables", "%.0f events/s, %.1f s, %.1f µs of this program's processor time an event, heap at most %d MiB", rate, time.Since(started).Seconds(), spent, peak()>>20)
	return rate, nil
}

// watchMemory samples the heap until the returned function is called.
func watchMemory() func() uint64 {
	debug.FreeOSMemory() // what earlier parts left behind is not this one's
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		var peak uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
			select {
			case <-stop:
				done <- peak
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() uint64 { close(stop); return <-done }
}

// follow reads the whole history of single programmes, as a replay does.
func follow(ctx context.Context, store eventstore.Store, tables string, size city.Size) error {
	db, err := projections.OpenDB(ctx, tables)
	if err != nil {
		return err
	}
	defer db.Close()
	views := projections.Views{DB: db}
	var took []time.Duration
	records := 0
	for i := range 201 {
		code := domain.ProgrammeCode(fmt.Sprintf("%03d001-%03d", 201+i%size.Departments, i%size.Programmes))
		started := time.Now()
		streams, err := views.YearStreams(ctx, code, size.From)
		if err != nil {
			return err
		}
		history, err := projections.ReadHistory(ctx, store, streams)
		if err != nil {
			return err
		}
		took, records = append(took, time.Since(started)), records+len(history)
	}
	slices.Sort(took)
	line("history of one programme", "median %s, 99th of 100 %s, %d records", took[len(took)/2].Round(time.Microsecond), took[len(took)*99/100].Round(time.Microsecond), records/len(took))
	return nil
}

func perSecond(n int, started time.Time) float64 { return float64(n) / time.Since(started).Seconds() }

func line(what, format string, args ...any) {
	fmt.Printf("  %s%s "+format+"\n", append([]any{what, strings.Repeat(" ", max(1, 26-len(what)))}, args...)...)
}
