package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/codenotary/immudb/embedded/logger"
	"github.com/codenotary/immudb/embedded/store"
)

// immudbs are immudb's embedded store, synced: as it comes, and with the wait
// between syncs taken out, whichever suits it better.
func immudbs() []peer {
	return []peer{
		{
			name: "immudb (default)", note: "synced, SyncFrequency 20 ms as shipped",
			open: func(_ context.Context, dir string) (log, error) { return openImmudb(dir, store.DefaultSyncFrequency) },
		},
		{
			name: "immudb (tuned)", note: "synced, SyncFrequency 0",
			open: func(_ context.Context, dir string) (log, error) { return openImmudb(dir, 0) },
		},
	}
}

func openImmudb(dir string, frequency time.Duration) (log, error) {
	options := store.DefaultOptions().WithSynced(true).WithSyncFrequency(frequency).
		WithMaxConcurrency(400).WithMaxTxEntries(8192).WithMaxValueLen(1 << 20).
		WithLogger(logger.NewMemoryLoggerWithLevel(logger.LogError))
	s, err := store.Open(filepath.Join(dir, "immudb"), options)
	return &immudbLog{store: s}, err
}

type immudbLog struct {
	store *store.ImmuStore
	next  atomic.Int64
}

func (l *immudbLog) Append(ctx context.Context, writer, n int) error {
	tx, err := l.store.NewWriteOnlyTx(ctx)
	if err != nil {
		return err
	}
	for range n {
		key := fmt.Sprintf("monitoring-bench-%d/%012d", writer, l.next.Add(1))
		if err := tx.Set([]byte(key), nil, append(make([]byte, envelopeBytes), payload...)); err != nil {
			return err
		}
	}
	_, err = tx.AsyncCommit(ctx) // durable, but need not wait for its index: the best it can do
	return err
}

func (l *immudbLog) Close() error { return l.store.Close() }
