package projections

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"wenxiao/eventstore"
)

// A Source is where tables are read: their database, or a [Replica].
type Source interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Patience is how long a replica may be behind before its readers are sent to the
// primary.
const Patience = 2 * time.Second

// A Replica is the tables' database with a copy of it that follows by itself,
// such as PostgreSQL's streaming replicas. Queries go to the copy while it keeps
// up, and to the primary while it does not or cannot answer.
type Replica struct {
	primary, copy *sql.DB
	log           *slog.Logger

	mu    sync.Mutex
	aside bool                // the primary is asked
	at    eventstore.Position // of the copy, as last seen
	goal  eventstore.Position // where the primary was when the copy last got there
	since time.Time           // when that was
}

// OpenReplica opens the copy at address, a "postgres://…" of the database of
// tables that primary is. Nothing is ever written there. One that does not answer
// is read once it does.
func OpenReplica(ctx context.Context, primary *sql.DB, address string, log *slog.Logger) (*Replica, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errors.New("the address of the replica is malformed") // without its password
	}
	if config.RuntimeParams["search_path"] == "" {
		config.RuntimeParams["search_path"] = Schema
	}
	config.RuntimeParams["application_name"] = "wenxiao reads"
	config.RuntimeParams["default_transaction_read_only"] = "on"
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(8)
	if err := db.PingContext(ctx); err != nil {
		log.Warn("the replica does not answer, the primary is read", "host", config.Host, "error", err)
	}
	return &Replica{primary: primary, copy: db, log: log, aside: true}, nil // until it is seen to keep up
}

// Close closes the connections to the copy.
func (r *Replica) Close() error { return r.copy.Close() }

// QueryContext asks the copy, and the primary where the copy fails: a replica
// ends queries that stand in the way of what it is to replay.
func (r *Replica) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if r.Aside() {
		return r.primary.QueryContext(ctx, query, args...)
	}
	rows, err := r.copy.QueryContext(ctx, query, args...)
	if err != nil && ctx.Err() == nil {
		r.log.WarnContext(ctx, "the replica does not answer, the primary is asked", "error", err)
		return r.primary.QueryContext(ctx, query, args...)
	}
	return rows, err
}

// QueryRowContext is QueryContext for one row.
func (r *Replica) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if r.Aside() {
		return r.primary.QueryRowContext(ctx, query, args...)
	}
	row := r.copy.QueryRowContext(ctx, query, args...)
	if err := row.Err(); err != nil && ctx.Err() == nil {
		r.log.WarnContext(ctx, "the replica does not answer, the primary is asked", "error", err)
		return r.primary.QueryRowContext(ctx, query, args...)
	}
	return row
}

// Aside reports whether the copy is left aside because it does not keep up.
func (r *Replica) Aside() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.aside
}

// At is how far the copy is, as last seen.
func (r *Replica) At() eventstore.Position {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

// choose decides which of the two is read from now on, and returns how far that
// one is. primary and copied are where they are, failed why the copy cannot say,
// shown what readers have been promised: a copy behind that is not gone back to.
func (r *Replica) choose(primary, copied, shown eventstore.Position, failed error) eventstore.Position {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = copied
	if failed == nil && copied >= r.goal {
		r.goal, r.since = primary, time.Now()
	}
	late := copied < r.goal && time.Since(r.since) > Patience
	switch {
	case !r.aside && (failed != nil || late):
		r.aside = true
		r.log.Warn("the replica does not keep up, the primary is read", "primary", primary, "replica", copied, "error", failed)
	case r.aside && failed == nil && !late && copied >= shown:
		r.aside = false
		r.log.Info("the replica is read", "position", copied)
	}
	if r.aside {
		return primary
	}
	return copied
}
