package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const bulk = 1_000 // events in one append of the bulk measurement

// appends measures durable appends with few and many writers, and in bulk.
func appends(ctx context.Context, p plan) error {
	server, err := startServer(ctx)
	if err != nil {
		return err
	}
	peers := slices.Concat([]peer{wenxiaoSQLite, rawSQLite}, immudbs(),
		[]peer{wenxiaoPostgres(server), naivePostgres(server), lockPostgres(server), watermillPostgres(server)},
		[]peer{gateSQLite, gatePostgres(server)}, jetstreams())
	introduce(peers)
	for _, writers := range p.writers {
		if err := race(ctx, p, peers, fmt.Sprintf("durable appends, %d writers", writers), writers, 1); err != nil {
			return err
		}
	}
	return race(ctx, p, peers, fmt.Sprintf("bulk, 1 writer, %d events an append", bulk), 1, bulk)
}

// introduce says what each peer keeps of every append, so that nobody takes a
// rate for a verdict. All of them are on the disk when they answer.
func introduce(peers []peer) {
	fmt.Printf("\n  %-28s %-9s %-10s %-9s %-10s %-7s %s\n", "peer", "reached", "order", "conflict", "repeated", "proof", "set up")
	for _, p := range peers {
		fmt.Printf("  %-28s %-9s %-10s %-9s %-10s %-7s %s\n", p.name, p.kind, p.keeps.order, p.keeps.conflict, p.keeps.idempotent, p.keeps.proof, p.note)
	}
}

// race lets the peers take turns and prints what each did.
func race(ctx context.Context, p plan, peers []peer, title string, writers, n int) error {
	results := make([][]outcome, len(peers))
	var disk []float64
	for range p.rounds {
		for i, peer := range peers {
			rate, err := fsyncs(p.dir, p.each/10)
			if err != nil {
				return err
			}
			disk = append(disk, rate)
			o, err := measure(ctx, p, peer, writers, n)
			if err != nil {
				return fmt.Errorf("%s: %w", peer.name, err)
			}
			results[i] = append(results[i], o)
		}
	}
	printRace(title, peers, results, median(disk))
	if n == 1 {
		judge(p.targets, peers, results, writers)
	}
	return nil
}

// judge holds the rates against what the ledger should reach.
func judge(t *targets, peers []peer, results [][]outcome, writers int) {
	rates := map[string]float64{}
	for i, p := range peers {
		rates[p.name] = rate(results[i])
	}
	for _, p := range peers {
		against := fmt.Sprintf(" against %s, %d writers", p.name, writers)
		switch {
		case (writers == 16 || writers == 64) && p.kind == embedded && p.name != "wenxiao sqlite":
			t.ratio("SQLite"+against, rates["wenxiao sqlite"], rates[p.name], 3)
		case writers == 64 && (p.name == "watermill sql" || strings.HasPrefix(p.name, "jetstream")):
			t.ratio("PostgreSQL"+against, rates["wenxiao postgres"], rates[p.name], 1)
		}
	}
}

// outcome is one peer's one turn.
type outcome struct {
	perSecond float64
	bytes     float64 // on disk, an event
}

func measure(ctx context.Context, p plan, peer peer, writers, n int) (outcome, error) {
	dir, err := os.MkdirTemp(p.dir, "turn-")
	if err != nil {
		return outcome{}, err
	}
	defer os.RemoveAll(dir)
	l, err := peer.open(ctx, dir)
	if err != nil {
		return outcome{}, err
	}
	var warm, done atomic.Int64
	if err := drive(ctx, l, writers, n, p.each/10, &warm); err != nil {
		return outcome{}, err
	}
	started := time.Now()
	err = drive(ctx, l, writers, n, p.each, &done)
	spent := time.Since(started)
	if closed := l.Close(); err == nil {
		err = closed
	}
	return outcome{perSecond: float64(done.Load()) / spent.Seconds(), bytes: float64(size(dir)) / float64(warm.Load()+done.Load())}, err
}

// drive has writers append until the time is up.
func drive(ctx context.Context, l log, writers, n int, each time.Duration, done *atomic.Int64) error {
	var wg sync.WaitGroup
	errs := make(chan error, writers)
	until := time.Now().Add(each)
	for w := range writers {
		wg.Go(func() {
			for time.Now().Before(until) {
				if err := l.Append(ctx, w, n); err != nil {
					errs <- err
					return
				}
				done.Add(int64(n))
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

func printRace(title string, peers []peer, results [][]outcome, disk float64) {
	fmt.Printf("\n%s (disk: %.0f fsyncs/s)\n  %-28s %18s %10s %10s %8s\n", title, disk, "", "", "sqlite is", "pg is", "fsyncs")
	at := slices.IndexFunc(peers, func(p peer) bool { return p.name == "wenxiao postgres" })
	sqlite, postgres := rate(results[0]), rate(results[at])
	for i, peer := range peers {
		r := rate(results[i])
		fmt.Printf("  %-28s %9.0f events/s %9.2f× %9.2f× %8.2f   %s\n", peer.name, r, sqlite/r, postgres/r, r/disk, bytesEach(results[i]))
	}
}

func rate(o []outcome) float64 {
	var all []float64
	for _, o := range o {
		all = append(all, o.perSecond)
	}
	return median(all)
}

func bytesEach(o []outcome) string {
	if o[0].bytes < 1 { // its files are the server's
		return ""
	}
	return fmt.Sprintf("%.0f bytes/event on disk", o[0].bytes)
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
