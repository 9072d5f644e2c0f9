package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func streamName(writer int) string { return fmt.Sprintf("monitoring-bench-%d", writer) }

// naivePostgres is the table one writes first: a serial position, a version
// unique in its stream, one transaction an append.
func naivePostgres(server *server) peer {
	return peer{
		name: "postgres, naive table", kind: database, keeps: keeps{commits, perStream, absent, absent},
		note: "bigserial, unique (stream, version), one insert an append, synchronous_commit=on",
		open: func(ctx context.Context, _ string) (log, error) {
			return openTable(ctx, server, `CREATE TABLE events (position bigserial PRIMARY KEY, stream text NOT NULL, version bigint NOT NULL, envelope bytea NOT NULL, data bytea NOT NULL, UNIQUE (stream, version))`,
				"", `INSERT INTO events (stream, version, envelope, data) VALUES ($1, $2, $3, $4)`)
		},
	}
}

// lockPostgres keeps positions without gap the plain way: a lock for each append.
func lockPostgres(server *server) peer {
	return peer{
		name: "postgres, lock per append", kind: database, keeps: keeps{global, perStream, absent, absent},
		note: "pg_advisory_xact_lock, then the insert, synchronous_commit=on",
		open: func(ctx context.Context, _ string) (log, error) {
			return openTable(ctx, server, `CREATE TABLE events (position bigint PRIMARY KEY, stream text NOT NULL, version bigint NOT NULL, envelope bytea NOT NULL, data bytea NOT NULL, UNIQUE (stream, version))`,
				`SELECT pg_advisory_xact_lock(1)`, `INSERT INTO events SELECT coalesce(max(position), 0) + 1, $1, $2, $3, $4 FROM events`)
		},
	}
}

// tableLog is a table of one's own.
type tableLog struct {
	pool         *pgxpool.Pool
	lock, insert string
	versions     sync.Map // writer → *int64, which only that writer touches
}

func openTable(ctx context.Context, server *server, create, lock, insert string) (log, error) {
	pool, err := server.pool(ctx)
	if err != nil {
		return nil, err
	}
	_, err = pool.Exec(ctx, create)
	return &tableLog{pool: pool, lock: lock, insert: insert}, err
}

func (l *tableLog) Append(ctx context.Context, writer, n int) error {
	kept, _ := l.versions.LoadOrStore(writer, new(int64))
	version := kept.(*int64)
	if l.lock == "" && n == 1 { // a statement is a transaction
		*version++
		_, err := l.pool.Exec(ctx, l.insert, streamName(writer), *version, make([]byte, envelopeBytes), payload)
		return err
	}
	return pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if l.lock != "" {
			if _, err := tx.Exec(ctx, l.lock); err != nil {
				return err
			}
		}
		batch := new(pgx.Batch)
		for range n {
			*version++
			batch.Queue(l.insert, streamName(writer), *version, make([]byte, envelopeBytes), payload)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

func (l *tableLog) Close() error { l.pool.Close(); return nil }
