package projections

import (
	"context"
	"database/sql"
	"sync"
)

// mostStatements bounds the queries that are kept ready, on each connection. The
// first to come stay: what pages always ask comes before what somebody types.
const mostStatements = 128

// Prepared is db for reading, each query parsed once on a connection and not each
// time: on SQLite a page spends as long on parsing as on reading. PostgreSQL's
// driver does so by itself.
func Prepared(db *sql.DB) Source {
	if dialectOf(db) != sqliteDialect {
		return db
	}
	return &preparing{db: db, ready: map[string]*sql.Stmt{}}
}

// preparing is a database with queries made ready, which are closed with it.
type preparing struct {
	db    *sql.DB
	mu    sync.Mutex
	ready map[string]*sql.Stmt
}

func (s *preparing) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if ready := s.of(ctx, query); ready != nil {
		return ready.QueryContext(ctx, args...)
	}
	return s.db.QueryContext(ctx, query, args...)
}

func (s *preparing) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if ready := s.of(ctx, query); ready != nil {
		return ready.QueryRowContext(ctx, args...)
	}
	return s.db.QueryRowContext(ctx, query, args...)
}

// of returns the query made ready, nil where it is to be asked as it is: there are
// enough, or what is wrong with it will be said then.
func (s *preparing) of(ctx context.Context, query string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	ready, ok := s.ready[query]
	if ok || len(s.ready) >= mostStatements {
		return ready
	}
	s.mu.Unlock() // others need not wait for a connection with us
	made, err := s.db.PrepareContext(ctx, query)
	s.mu.Lock()
	if ready, ok = s.ready[query]; ok || err != nil || len(s.ready) >= mostStatements {
		if made != nil {
			_ = made.Close() // another was quicker
		}
		return ready
	}
	s.ready[query] = made
	return made
}
