// Package postgres is an eventstore in a PostgreSQL database.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"wenxiao/eventstore"
)

var _ eventstore.Adopter = (*Store)(nil)

// ErrReadOnly reports an append to a store from [OpenReadOnly].
var ErrReadOnly = errors.New("账本以只读方式打开，不能记账 (the ledger is open read-only)")

// pollEvery is how often those who wait ask for records of other processes.
const pollEvery = 100 * time.Millisecond

// Store is an eventstore in a PostgreSQL database. Of all processes that open a
// ledger for writing, the last may write; the others get [eventstore.ErrFenced]
// and can still read.
type Store struct {
	reads  *pgxpool.Pool
	layout atomic.Pointer[layout] // as reads last saw it
	writes *pgxpool.Pool          // of its own, so that no crowd of readers holds up an append
	beacon *eventstore.Beacon
	member *member            // nil unless joined
	writer *eventstore.Writer // nil when read-only, as writes is
	closed chan struct{}
	close  sync.Once
}

// Open opens the ledger in the database at url for reading and writing, creates
// its tables if there are none, and takes over from any earlier writer. The
// tables lie in the first schema of the url's search_path, such as
// postgres://host/database?search_path=name, which must exist.
func Open(ctx context.Context, url string, options ...eventstore.Option) (*Store, error) {
	s, err := connect(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := s.startWriter(ctx, url, eventstore.Chosen(options...)); err != nil {
		return nil, errors.Join(fmt.Errorf("open ledger: %w", err), s.Close())
	}
	return s, nil
}

func (s *Store) startWriter(ctx context.Context, url string, options eventstore.Options) (err error) {
	if s.writes, err = openPool(ctx, url, 1); err != nil {
		return err
	}
	s.writer, _, err = s.write(ctx, context.Background(), s.writes, options)
	return err
}

// write takes the ledger over. The writer it returns works on pool until it is
// fenced, or breaks off when working ends.
func (s *Store) write(ctx, working context.Context, pool *pgxpool.Pool, options eventstore.Options) (*eventstore.Writer, int64, error) {
	l := &ledger{pool: pool, reads: s.ReadAll}
	var err error
	if l.epoch, err = takeOver(ctx, pool); err != nil {
		return nil, 0, err
	}
	w, err := eventstore.NewWriter(ctx, bounded{l, working}, options, s.beacon)
	return w, l.epoch, err
}

// OpenReadOnly opens the existing ledger in the database at url for reading,
// whoever writes it. Append returns [ErrReadOnly].
func OpenReadOnly(ctx context.Context, url string) (*Store, error) {
	s, err := connect(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := checkFormat(ctx, s.reads); err != nil {
		return nil, errors.Join(fmt.Errorf("open ledger: %w", err), s.Close())
	}
	return s, nil
}

func connect(ctx context.Context, url string) (*Store, error) {
	pool, err := openPool(ctx, url, 0)
	if err != nil {
		return nil, err
	}
	return &Store{reads: pool, beacon: eventstore.NewBeacon(), closed: make(chan struct{})}, nil
}

// openPool opens a pool of at most size connections, or as many as url says.
func openPool(ctx context.Context, url string, size int32) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	if size > 0 {
		config.MaxConns, config.MinConns = size, size
		config.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
			// What a writer that is gone left behind would keep the next one waiting.
			if _, err := c.Exec(ctx, vigilant); err != nil {
				return err
			}
			_, err := c.Exec(ctx, `select pg_advisory_lock_shared(`+writing+`)`)
			return err
		}
	}
	// Whatever the server's default, an answered append is on its disk.
	config.ConnConfig.RuntimeParams["synchronous_commit"] = "on"
	return pgxpool.NewWithConfig(ctx, config)
}

// writing is the lock that every writer's connection shares for as long as it
// lives, so that it can be seen that there is one.
const writing = `hashtext('writer of the ledger in ' || current_schema())`

// Written reports whether a process has the ledger in the database at url open
// for writing. Opening it for writing would take it away from that process.
func Written(ctx context.Context, url string) (bool, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close(ctx) }() // which ends the lock
	var free bool
	err = conn.QueryRow(ctx, `select pg_try_advisory_lock(`+writing+`)`).Scan(&free)
	return !free, err
}

func (s *Store) Append(ctx context.Context, stream string, seen eventstore.Revision, drafts ...eventstore.Draft) (eventstore.Appended, error) {
	switch {
	case s.member != nil:
		if err := eventstore.CheckAppend(stream, drafts); err != nil {
			return eventstore.Appended{}, err
		}
		return s.member.carryOut(ctx, errand{Stream: stream, Seen: seen, Drafts: drafts})
	case s.writer == nil:
		return eventstore.Appended{}, s.told(ErrReadOnly)
	}
	return s.writer.Append(ctx, stream, seen, drafts...)
}

func (s *Store) Adopt(ctx context.Context, after eventstore.Position, records []eventstore.Record) error {
	switch {
	case s.member != nil:
		return s.member.adopt(ctx, after, records)
	case s.writer == nil:
		return s.told(ErrReadOnly)
	}
	return s.writer.Adopt(ctx, after, records)
}

func (s *Store) Head(ctx context.Context) (eventstore.Position, error) {
	var position int64
	err := s.reads.QueryRow(ctx, `select position from ledger_head`).Scan(&position)
	return eventstore.Position(position), s.told(err)
}

func (s *Store) Tree(ctx context.Context) (eventstore.Tree, error) {
	var size int64
	var edge, root []byte
	err := s.reads.QueryRow(ctx, `select tree_size, tree_edge, tree_root from ledger_head`).Scan(&size, &edge, &root)
	if err != nil {
		return eventstore.Tree{}, s.told(err)
	}
	return eventstore.OpenTree(eventstore.Position(size), edge, root)
}

func (s *Store) Wait(ctx context.Context, after eventstore.Position) error {
	return s.beacon.Poll(ctx, after, pollEvery, s.Head)
}

// told returns err, or [eventstore.ErrClosed] where closing is what caused it.
func (s *Store) told(err error) error {
	select {
	case <-s.closed:
		if err != nil {
			return eventstore.ErrClosed
		}
	default:
	}
	return err
}

// Close finishes the appends under way and closes all connections.
func (s *Store) Close() error {
	s.close.Do(func() {
		if s.member != nil {
			s.member.close()
		}
		if s.writer != nil {
			s.writer.Close()
		}
		close(s.closed)
		s.beacon.Close()
		s.reads.Close()
		if s.writes != nil {
			s.writes.Close()
		}
	})
	return nil
}
