package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"wenxiao/eventstore"
)

var _ eventstore.Guard = (*Guard)(nil)

// mostGuarded is how many names a process can hold at once; who comes later waits
// for one of them. None is held while another is asked for.
const mostGuarded = 16

// A Guard keeps apart the processes that share the ledger in one database, by
// advisory locks of its sessions: what a process holds is free when it is gone.
type Guard struct{ pool *pgxpool.Pool }

// OpenGuard returns the guard of the ledger in the database at url.
func OpenGuard(ctx context.Context, url string) (*Guard, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns, config.MinConns = mostGuarded, 0
	config.MaxConnIdleTime = time.Minute
	config.ConnConfig.RuntimeParams["application_name"] = "wenxiao guard"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return &Guard{pool}, nil
}

// Close closes the connections. It waits for what is held to be given back.
func (g *Guard) Close() { g.pool.Close() }

// Alone is [eventstore.Guard.Alone].
func (g *Guard) Alone(ctx context.Context, name string) (func(), error) {
	return g.hold(ctx, name, "pg_advisory_lock", "pg_advisory_unlock")
}

// Beside is [eventstore.Guard.Beside].
func (g *Guard) Beside(ctx context.Context, name string) (func(), error) {
	return g.hold(ctx, name, "pg_advisory_lock_shared", "pg_advisory_unlock_shared")
}

// guarded is the number of a name in the schema of the ledger.
const guarded = `(hashtextextended('guard ' || current_schema() || ' ' || $1, 0))`

func (g *Guard) hold(ctx context.Context, name, lock, unlock string) (func(), error) {
	conn, err := g.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("guard %s: %w", name, err)
	}
	if _, err := conn.Exec(ctx, "select "+lock+guarded, name); err != nil {
		_ = conn.Hijack().Close(context.WithoutCancel(ctx)) // it may hold the lock all the same
		return nil, fmt.Errorf("guard %s: %w", name, err)
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := conn.Exec(ctx, "select "+unlock+guarded, name); err != nil {
			_ = conn.Hijack().Close(ctx) // which frees it
			return
		}
		conn.Release()
	}, nil
}
