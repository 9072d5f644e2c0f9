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

// immudbs are immudb's embedded store, always synced: as it comes; with the wait
// between syncs taken out; and the same doing what a ledger must, which is to
// refuse a revision of a stream that is taken. The first two check nothing.
func immudbs() []peer {
	return []peer{
		{
			name: "immudb (default)", kind: embedded, keeps: keeps{global, absent, absent, "Merkle"},
			note: "synced, SyncFrequency 20 ms as shipped, nothing checked",
			open: func(_ context.Context, dir string) (log, error) {
				return openImmudb(dir, store.DefaultSyncFrequency, false)
			},
		},
		{
			name: "immudb (tuned)", kind: embedded, keeps: keeps{global, absent, absent, "Merkle"},
			note: "synced, SyncFrequency 0, nothing checked",
			open: func(_ context.Context, dir string) (log, error) { return openImmudb(dir, 0, false) },
		},
		{
			name: "immudb (tuned, checking)", kind: embedded, keeps: keeps{global, perStream, absent, "Merkle"},
			note: "synced, SyncFrequency 0, a revision taken is refused",
			open: func(_ context.Context, dir string) (log, error) { return openImmudb(dir, 0, true) },
		},
	}
}

func openImmudb(dir string, frequency time.Duration, checking bool) (log, error) {
	options := store.DefaultOptions().WithSynced(true).WithSyncFrequency(frequency).
		WithMaxConcurrency(400).WithMaxTxEntries(8192).WithMaxValueLen(1 << 20).
		WithLogger(logger.NewMemoryLoggerWithLevel(logger.LogError))
	s, err := store.Open(filepath.Join(dir, "immudb"), options)
	return &immudbLog{store: s, checking: checking}, err
}

type immudbLog struct {
	store    *store.ImmuStore
	checking bool
	next     atomic.Int64
}

func (l *immudbLog) Append(ctx context.Context, writer, n int) error {
	tx, err := l.store.NewWriteOnlyTx(ctx)
	if err != nil {
		return err
	}
	for range n {
		key := fmt.Appendf(nil, "monitoring-bench-%d/%012d", writer, l.next.Add(1))
		if l.checking {
			if err := tx.AddPrecondition(&store.PreconditionKeyMustNotExist{Key: key}); err != nil {
				return err
			}
		}
		if err := tx.Set(key, nil, blank()); err != nil {
			return err
		}
	}
	_, err = tx.AsyncCommit(ctx) // durable, but need not wait for its index: the best it can do
	return err
}

func (l *immudbLog) Close() error { return l.store.Close() }
