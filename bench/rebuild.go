package main

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"wenxiao/bench/city"
	"wenxiao/eventstore"
)

// rebuildAll fills every table for reading from nothing, on SQLite and on
// PostgreSQL from the same records.
func rebuildAll(ctx context.Context, p plan) error {
	source, _, err := sqliteBackend(p).open(ctx)
	if err != nil {
		return err
	}
	defer source.Close()
	size := city.Usual
	size.Events, size.Years = p.filled, 200
	n, err := city.Build(ctx, source, size, 1, 64, func(int) {})
	if err != nil {
		return err
	}
	return p.eachBackend(ctx, func(b backend) error { return rebuildOn(ctx, p, b, source, n) })
}

func rebuildOn(ctx context.Context, p plan, b backend, source eventstore.Store, n int) error {
	store, tables, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	fmt.Printf("\n%s, every table filled from %d events (seed 1)\n", b.name, n)
	if err := adopt(ctx, store, source); err != nil {
		return err
	}
	var rates []float64
	for range p.rounds {
		rate, err := rebuild(ctx, store, tables, n)
		if err != nil {
			return err
		}
		rates = append(rates, rate)
	}
	rate, least := median(rates), 50_000.0
	p.targets.add(fmt.Sprintf("tables filled on %s: at least %.0f events/s", b.name, least), rate >= least, "%.0f events/s", rate)
	return nil
}

// processor is the processor time this program has used. Other work on the machine
// makes it longer, too, but not many times.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// adopt copies all records of source into store, which is empty. Records of one
// append stay together.
func adopt(ctx context.Context, store, source eventstore.Store) error {
	const together = 2_000
	target := store.(eventstore.Adopter)
	var portion []eventstore.Record
	hand := func() error {
		if len(portion) == 0 {
			return nil
		}
		err := target.Adopt(ctx, portion[0].Position-1, portion)
		portion = nil
		return err
	}
	command := ""
	for r, err := range source.ReadAll(ctx, 0) {
		if err != nil {
			return err
		}
		if len(portion) >= together && r.Command != command {
			if err := hand(); err != nil {
				return err
			}
		}
		portion, command = append(portion, r), r.Command
	}
	return hand()
}
