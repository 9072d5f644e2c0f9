package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/sqlite"
)

var wenxiaoSQLite = peer{
	name: "wenxiao sqlite", kind: embedded, keeps: whole,
	note: "WAL, synchronous=FULL, one writer with group commit",
	open: func(_ context.Context, dir string) (log, error) {
		store, err := sqlite.Open(filepath.Join(dir, "ledger.db"))
		return newStoreLog(store), err
	},
}

func wenxiaoPostgres(server *server) peer {
	return peer{
		name: "wenxiao postgres", kind: database, keeps: whole,
		note: "synchronous_commit=on, one round trip a batch",
		open: func(ctx context.Context, _ string) (log, error) {
			url, err := server.database(ctx)
			if err != nil {
				return nil, err
			}
			store, err := postgres.Open(ctx, url)
			return newStoreLog(store), err
		},
	}
}

// storeLog appends through the ledger's own contract: a command id, an actor
// and the revision expected, as a real command has.
type storeLog struct {
	store    eventstore.Store
	commands atomic.Int64
	mu       sync.Mutex
	at       map[int]eventstore.Revision
}

func newStoreLog(store eventstore.Store) *storeLog {
	return &storeLog{store: store, at: map[int]eventstore.Revision{}}
}

func (l *storeLog) Append(ctx context.Context, writer, n int) error {
	drafts := make([]eventstore.Draft, n)
	meta := eventstore.Meta{
		Actor:   domain.Actor{Person: "p06", Name: "王某", Post: "财务科科长", Unit: "401002", Capacity: "本人履职"},
		Command: "bench-" + strconv.FormatInt(l.commands.Add(1), 10), Correlation: "bench", Rulebook: "xinzhou@1",
	}
	for i := range drafts {
		drafts[i] = eventstore.Draft{Type: "monitoring.snapshot-taken.v1", Data: payload, Meta: meta}
	}
	seen := l.revision(writer)
	done, err := l.store.Append(ctx, fmt.Sprintf("monitoring-bench-%d", writer), seen, drafts...)
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.at[writer] = done.Revision
	l.mu.Unlock()
	return nil
}

func (l *storeLog) revision(writer int) eventstore.Revision {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at[writer]
}

func (l *storeLog) Close() error { return l.store.Close() }
