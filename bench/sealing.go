package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"wenxiao/bench/city"
	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/seal"
	"wenxiao/eventstore/sqlite"
	"wenxiao/eventstore/verify"
)

// sealing measures what proof costs: appends with the Merkle tree, the signer and
// the published tiles at work beside appends without any of it; then, on a large
// ledger, the making of tiles, receipts and the verification of the whole.
func sealing(ctx context.Context, p plan) error {
	server, err := startServer(ctx)
	if err != nil {
		return err
	}
	pairs := [][2]peer{{sealedSQLite, unsealedSQLite}, {sealedPostgres(server), unsealedPostgres(server)}}
	for _, writers := range p.writers {
		for _, pair := range pairs {
			if err := sealed(ctx, p, pair, writers); err != nil {
				return err
			}
		}
	}
	return largeProof(ctx, p)
}

// sealed lets the two take turns, twice as often as other races: the difference
// is small and the disk is not steady.
func sealed(ctx context.Context, p plan, pair [2]peer, writers int) error {
	var rates [2][]float64
	for range 2 * p.rounds {
		for i, peer := range pair {
			o, err := measure(ctx, p, peer, writers, 1)
			if err != nil {
				return fmt.Errorf("%s: %w", peer.name, err)
			}
			rates[i] = append(rates[i], o.perSecond)
		}
	}
	with, without := median(rates[0]), median(rates[1])
	line(fmt.Sprintf("%s, %d writers", pair[0].name, writers), "%9.0f events/s sealed, %9.0f without: %.2f", with, without, with/without)
	return nil
}

var sealedSQLite = peer{name: "sqlite", open: func(ctx context.Context, dir string) (log, error) {
	store, err := sqlite.Open(filepath.Join(dir, "ledger.db"))
	if err != nil {
		return nil, err
	}
	return sealedLog(ctx, store, dir)
}}

var unsealedSQLite = peer{name: "sqlite without", open: func(_ context.Context, dir string) (log, error) {
	store, err := sqlite.Open(filepath.Join(dir, "ledger.db"), eventstore.WithoutSeal())
	return newStoreLog(store), err
}}

func sealedPostgres(server *server) peer {
	return peer{name: "postgres", open: func(ctx context.Context, dir string) (log, error) {
		store, err := openPostgres(ctx, server)
		if err != nil {
			return nil, err
		}
		return sealedLog(ctx, store, dir)
	}}
}

func unsealedPostgres(server *server) peer {
	return peer{name: "postgres without", open: func(ctx context.Context, _ string) (log, error) {
		store, err := openPostgres(ctx, server, eventstore.WithoutSeal())
		return newStoreLog(store), err
	}}
}

func openPostgres(ctx context.Context, server *server, options ...eventstore.Option) (*postgres.Store, error) {
	url, err := server.database(ctx)
	if err != nil {
		return nil, err
	}
	return postgres.Open(ctx, url, options...)
}

// A sealing log has its sealer at work while it is appended to.
type sealingLog struct {
	*storeLog
	stop func() error
}

func sealedLog(ctx context.Context, store eventstore.Store, dir string) (log, error) {
	sealer, signer, err := openSealer(store, dir)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); _ = sealer.Run(ctx) }()
	return &sealingLog{newStoreLog(store), func() error { cancel(); <-done; return signer.Close() }}, nil
}

func (l *sealingLog) Close() error {
	if err := l.stop(); err != nil {
		return err
	}
	return l.storeLog.Close()
}

func openSealer(store eventstore.Store, dir string) (*seal.Sealer, *seal.FileSigner, error) {
	signer, err := seal.OpenSigner(filepath.Join(dir, "seal"), "bench.invalid/ledger")
	if err != nil {
		return nil, nil, err
	}
	policy, err := seal.DefaultPolicy(signer.Verifiers()...)
	if err != nil {
		return nil, nil, err
	}
	sealer, err := seal.NewSealer(store, seal.Tiles{Dir: filepath.Join(dir, "log")}, signer, policy, slog.New(slog.DiscardHandler))
	return sealer, signer, err
}

// largeProof builds a large ledger and proves it.
func largeProof(ctx context.Context, p plan) error {
	dir, err := os.MkdirTemp(p.dir, "proof-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	store, err := sqlite.Open(filepath.Join(dir, "ledger.db"))
	if err != nil {
		return err
	}
	defer store.Close()
	size := city.Usual
	size.Events, size.Years = p.large, 200
	n, err := city.Build(ctx, store, size, 1, 64, func(int) {})
	if err != nil {
		return err
	}
	fmt.Printf("\nproof of a city of %d events (sqlite, seed 1)\n", n)
	sealer, signer, err := openSealer(store, dir)
	if err != nil {
		return err
	}
	defer signer.Close()
	started := time.Now()
	if _, err := sealer.Seal(ctx); err != nil {
		return err
	}
	line("tiles and first checkpoint", "%.0f events/s, %.1f s", perSecond(n, started), time.Since(started).Seconds())
	if err := receipts(ctx, sealer, n); err != nil {
		return err
	}
	return verifyWhole(ctx, store, n)
}

// receipts issues receipts for records all over the ledger.
func receipts(ctx context.Context, sealer *seal.Sealer, n int) error {
	random := rand.New(rand.NewPCG(1, 2))
	var took []time.Duration
	longest := 0
	for range 1_000 {
		started := time.Now()
		receipt, err := sealer.Receipt(ctx, eventstore.Position(1+random.IntN(n)))
		if err != nil {
			return err
		}
		took, longest = append(took, time.Since(started)), max(longest, len(receipt))
	}
	slices.Sort(took)
	line("a receipt of any record", "median %s, 99th of 100 %s, at most %d bytes", took[500].Round(time.Microsecond), took[990].Round(time.Microsecond), longest)
	return nil
}

// verifyWhole reads the ledger back against its hashes, tree, columns and
// indexes; once more with SM3 of all data.
func verifyWhole(ctx context.Context, store eventstore.Store, n int) error {
	for _, o := range []verify.Options{{}, {SM3: true}} {
		started := time.Now()
		report, err := verify.Ledger(ctx, store, o)
		if err != nil {
			return err
		}
		if report.Found > 0 || int(report.Size) != n {
			return fmt.Errorf("verification of %d events read %d and found %d: %v", n, report.Size, report.Found, report.Findings)
		}
		what := "verify the whole ledger"
		if o.SM3 {
			what += ", SM3 too"
		}
		line(what, "%.0f events/s, %.1f s", perSecond(n, started), time.Since(started).Seconds())
	}
	return nil
}
