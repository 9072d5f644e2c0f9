// Package esdb is an eventstore on an EventStoreDB or KurrentDB server.
//
// The ledger is one stream of the server, so that its order is the server's own
// and an append, whatever streams of ours it is for, is all or nothing. Positions
// are counted by a follower, since the server's have gaps. One process writes at
// a time: opening the ledger for writing takes it over, and who wrote before gets
// [eventstore.ErrFenced]. Nothing may be deleted from the stream, nor may it be
// truncated: then the ledger is damaged, and says so.
package esdb

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"sync"
	"time"

	"github.com/google/uuid"

	"wenxiao/eventstore"
)

var _ eventstore.Adopter = (*Store)(nil)

// Store is an eventstore on a server. Records are durable when Append returns,
// as far as the server's answer is: it flushes, and in a cluster replicates,
// before it gives one.
type Store struct {
	server *server
	stream string
	index  *index
	beacon *eventstore.Beacon
	writer *eventstore.Writer // nil when read-only
	closed chan struct{}
	close  sync.Once
}

// Open opens the ledger at a connection string for reading and writing, and
// creates it if it does not exist: esdb://user:password@host:2113?tls=true, and
// ledger=NAME for another stream than [DefaultLedger]. It reads the ledger
// through once.
func Open(ctx context.Context, address string, options ...eventstore.Option) (*Store, error) {
	s, err := connect(address)
	if err != nil {
		return nil, err
	}
	l := &ledger{store: s, writer: uuid.NewString()}
	if s.writer, err = eventstore.NewWriter(ctx, l, eventstore.Chosen(options...), s.beacon); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("open ledger %s: %w", s.stream, err)
	}
	return s, nil
}

// OpenReadOnly opens an existing ledger for reading, beside a process that writes it.
func OpenReadOnly(ctx context.Context, address string) (*Store, error) {
	s, err := connect(address)
	if err != nil {
		return nil, err
	}
	if err = s.follow(ctx); err == nil && s.index.next == 0 {
		err = fmt.Errorf("服务器上没有这本账 (no such ledger): %w", fs.ErrNotExist)
	}
	if err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("open ledger %s: %w", s.stream, err)
	}
	return s, nil
}

func connect(address string) (*Store, error) {
	connection, stream, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	return &Store{
		server: &server{address: connection}, stream: stream, index: newIndex(),
		beacon: eventstore.NewBeacon(), closed: make(chan struct{}),
	}, nil
}

func (s *Store) Append(ctx context.Context, stream string, seen eventstore.Revision, drafts ...eventstore.Draft) (eventstore.Appended, error) {
	if s.writer == nil {
		return eventstore.Appended{}, s.told(ctx, errReadOnly)
	}
	return s.writer.Append(ctx, stream, seen, drafts...)
}

func (s *Store) Adopt(ctx context.Context, after eventstore.Position, records []eventstore.Record) error {
	if s.writer == nil {
		return s.told(ctx, errReadOnly)
	}
	return s.writer.Adopt(ctx, after, records)
}

func (s *Store) ReadStream(ctx context.Context, stream string, after eventstore.Revision) iter.Seq2[eventstore.Record, error] {
	return eventstore.Pages(ctx, uint64(after), func(ctx context.Context, after uint64, limit int) (eventstore.Page, error) {
		if err := s.ready(ctx); err != nil {
			return eventstore.Page{}, err
		}
		positions, at, more := s.index.placesOf(stream, eventstore.Revision(after), limit)
		return s.page(ctx, positions, at, more, func(i int) uint64 { return after + uint64(i) + 1 })
	})
}

func (s *Store) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return eventstore.Pages(ctx, uint64(after), func(ctx context.Context, after uint64, limit int) (eventstore.Page, error) {
		if err := s.ready(ctx); err != nil {
			return eventstore.Page{}, err
		}
		positions, at, more := s.index.places(eventstore.Position(after), limit)
		return s.page(ctx, positions, at, more, func(i int) uint64 { return after + uint64(i) + 1 })
	})
}

func (s *Store) Head(ctx context.Context) (eventstore.Position, error) {
	err := s.ready(ctx)
	return s.index.last().Position, err
}

func (s *Store) Tree(ctx context.Context) (eventstore.Tree, error) {
	err := s.ready(ctx)
	return s.index.last().Tree, err
}

// ready brings the index up to the ledger where another process writes it.
func (s *Store) ready(ctx context.Context) error {
	select {
	case <-s.closed:
		return eventstore.ErrClosed
	default:
	}
	if err := ctx.Err(); err != nil || s.writer != nil {
		return err
	}
	return s.told(ctx, s.follow(ctx))
}

// pollEvery is how often a read-only store asks whether the head has moved.
const pollEvery = 100 * time.Millisecond

func (s *Store) Wait(ctx context.Context, after eventstore.Position) error {
	if s.writer != nil {
		return s.beacon.Wait(ctx, after)
	}
	return s.beacon.Poll(ctx, after, pollEvery, s.Head)
}

// told returns err, or what caused it: the store was closed, the caller left.
func (s *Store) told(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-s.closed:
		return eventstore.ErrClosed
	default:
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Close finishes the appends under way and ends the connection.
func (s *Store) Close() error {
	s.close.Do(func() {
		if s.writer != nil {
			s.writer.Close()
		}
		close(s.closed)
		s.beacon.Close()
		s.server.close()
	})
	return nil
}
