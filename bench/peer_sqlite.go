package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"sync"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// rawSQLite is one table with one transaction an append, of the same durability
// as the ledger: what one would write without group commit.
var rawSQLite = peer{
	name: "raw sqlite", kind: embedded, keeps: keeps{global, perStream, absent, absent},
	note: "WAL, synchronous=FULL, one transaction an append",
	open: func(_ context.Context, dir string) (log, error) {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "raw.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_txlock=immediate")
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(1)
		_, err = db.Exec(`CREATE TABLE events (position INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL, envelope BLOB NOT NULL, data BLOB NOT NULL, UNIQUE (stream, revision))`)
		return &rawLog{db: db}, err
	},
}

type rawLog struct {
	db   *sql.DB
	mu   sync.Mutex
	next atomic.Int64
}

func (l *rawLog) Append(ctx context.Context, writer, n int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
	for range n {
		if _, err := tx.ExecContext(ctx, `INSERT INTO events (stream, revision, envelope, data) VALUES (?, ?, ?, ?)`,
			streamName(writer), l.next.Add(1), make([]byte, envelopeBytes), payload); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (l *rawLog) Close() error { return l.db.Close() }
