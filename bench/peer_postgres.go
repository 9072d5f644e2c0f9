package main

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func streamName(writer int) string { return fmt.Sprintf("monitoring-bench-%d", writer) }

// lockPostgres keeps positions without gap the plain way: a lock for each append.
func lockPostgres(server *server) peer {
	return peer{
		name: "postgres, lock per append", note: "pg_advisory_xact_lock, synchronous_commit=on",
		open: func(ctx context.Context, _ string) (log, error) {
			url, err := server.database(ctx)
			if err != nil {
				return nil, err
			}
			config, err := pgxpool.ParseConfig(url)
			if err != nil {
				return nil, err
			}
			config.MaxConns = 64
			pool, err := pgxpool.NewWithConfig(ctx, config)
			if err != nil {
				return nil, err
			}
			_, err = pool.Exec(ctx, `CREATE TABLE events (position bigint PRIMARY KEY, stream text NOT NULL, revision bigint NOT NULL, envelope bytea NOT NULL, data bytea NOT NULL, UNIQUE (stream, revision))`)
			return &lockLog{pool: pool}, err
		},
	}
}

type lockLog struct {
	pool *pgxpool.Pool
	next atomic.Int64
}

func (l *lockLog) Append(ctx context.Context, writer, n int) error {
	return pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(1)`); err != nil {
			return err
		}
		batch := new(pgx.Batch)
		for range n {
			batch.Queue(`INSERT INTO events SELECT coalesce(max(position), 0) + 1, $1, $2, $3, $4 FROM events`,
				streamName(writer), l.next.Add(1), make([]byte, envelopeBytes), payload)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

func (l *lockLog) Close() error { l.pool.Close(); return nil }
