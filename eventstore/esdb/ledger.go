package esdb

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"wenxiao/eventstore"
)

// A ledger is the writing side of a [Store].
type ledger struct {
	store  *Store
	writer string // this one's id
	fenced bool
	took   bool // the ledger over
}

// follow reads the ledger to its end.
func (s *Store) follow(ctx context.Context) error {
	x := s.index
	x.reading.Lock()
	defer x.reading.Unlock()
	return again(ctx, func() error { return s.followOnce(ctx) })
}

func (s *Store) followOnce(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events, ended := make(chan *esdb.RecordedEvent, 256), make(chan error, 1)
	go func(from uint64) {
		ended <- s.server.read(ctx, s.stream, from, math.MaxInt64, func(e *esdb.RecordedEvent) (bool, error) {
			select {
			case events <- e:
				return true, nil
			case <-ctx.Done():
				return false, ctx.Err()
			}
		})
	}(s.index.next)
	for {
		select {
		case e := <-events:
			if err := s.index.take(e); err != nil {
				return err
			}
		case err := <-ended:
			for err == nil && len(events) > 0 {
				err = s.index.take(<-events)
			}
			return err
		}
	}
}

// Last takes the ledger over, the first time, and after a failed append makes
// sure that it has failed: an event of its own, where that append expected the
// end, leaves no place for it.
func (l *ledger) Last(ctx context.Context) (eventstore.Last, error) {
	if l.fenced {
		return eventstore.Last{}, eventstore.ErrFenced
	}
	x := l.store.index
	for try := range maxTries {
		if err := pause(ctx, try); err != nil {
			return eventstore.Last{}, err
		}
		if err := l.store.follow(ctx); err != nil {
			return eventstore.Last{}, l.store.told(ctx, err)
		}
		if l.took && x.writer != l.writer {
			l.fenced = true
			return eventstore.Last{}, eventstore.ErrFenced
		}
		mark, err := control(writerType, writerData{format, l.writer})
		if err != nil {
			return eventstore.Last{}, err
		}
		err = l.store.server.append(ctx, l.store.stream, x.next, mark)
		if err == nil {
			l.took = true
			x.writer, x.next = l.writer, x.next+1
			x.begun, x.pending, x.parts = false, nil, 0
			return x.last(), nil
		}
		if !isCode(err, esdb.ErrorCodeWrongExpectedVersion) && !passing(err) {
			return eventstore.Last{}, l.store.told(ctx, err)
		}
	}
	return eventstore.Last{}, fmt.Errorf("take over ledger %s: others keep writing it, or the server is away", l.store.stream)
}

const maxTries = 10

func (x *index) last() eventstore.Last {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return eventstore.Last{Position: x.head, RecordedAt: x.lastAt, Stream: int64(len(x.streams)), Tree: x.tree}
}

// Find asks the server only where the writer is about to refuse something: that
// may be because of what another writer has written since.
func (l *ledger) Find(ctx context.Context, streams, commands []string) (eventstore.Found, error) {
	x := l.store.index
	if len(streams) == 0 {
		if err := l.store.follow(ctx); err != nil {
			return eventstore.Found{}, l.store.told(ctx, err)
		}
		l.fenced = l.fenced || x.writer != l.writer
	}
	if l.fenced {
		return eventstore.Found{}, eventstore.ErrFenced
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	found := eventstore.Found{Heads: map[string]eventstore.Head{}, Commands: map[string]eventstore.Position{}}
	for _, name := range streams {
		if s := x.streams[name]; s != nil {
			found.Heads[name] = eventstore.Head{Number: s.number, Revision: eventstore.Revision(len(s.positions))}
		}
	}
	for _, c := range commands {
		if first, ok := x.commands[digest(c)]; ok {
			found.Commands[c] = first
		}
	}
	return found, nil
}

func (l *ledger) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return l.store.ReadAll(ctx, after)
}

// Commit sends what fits into one append as one. What does not is sent in
// several, between a beginning and an end; it is in the ledger with the end.
func (l *ledger) Commit(ctx context.Context, batch eventstore.Batch) error {
	if l.fenced {
		return eventstore.ErrFenced
	}
	if l.store.index.taken(batch) {
		return eventstore.ErrTaken
	}
	records, cut, err := l.prepare(batch)
	if err != nil {
		return fmt.Errorf("%w: %w", eventstore.ErrUnwritten, err)
	}
	x := l.store.index
	next := x.next // the index follows when all is sent: what failed half-way it reads from the beginning
	for i, events := range cut {
		if err := l.store.server.append(ctx, l.store.stream, next, events...); err != nil {
			return l.failed(ctx, err, i < len(cut)-1)
		}
		next += uint64(len(events))
	}
	x.next = next
	x.add(records, &batch.Tree)
	return nil
}

// failed tells whether a failed append left the outcome open. While the end has
// not been sent it is certain: what was begun does not count. Where the stream
// is not as expected, somebody else has written.
func (l *ledger) failed(ctx context.Context, err error, before bool) error {
	moved := isCode(err, esdb.ErrorCodeWrongExpectedVersion)
	if moved && l.store.follow(ctx) == nil && l.store.index.writer != l.writer {
		l.fenced = true
		return eventstore.ErrFenced
	}
	refused := isCode(err, esdb.ErrorCodeAccessDenied) || isCode(err, esdb.ErrorCodeUnauthenticated) || isCode(err, esdb.ErrorCodeNotLeader)
	if moved || before || refused {
		return fmt.Errorf("%w: %w", eventstore.ErrUnwritten, err)
	}
	return err
}

// prepare makes the appends of a batch, and where its records will be.
func (l *ledger) prepare(batch eventstore.Batch) (records []found, cut [][]esdb.EventData, err error) {
	var events []esdb.EventData
	at, bytes := l.store.index.next, 0
	for _, e := range batch.Entries {
		encoded, err := encode(e.Record)
		if err != nil {
			return nil, nil, err
		}
		records = append(records, found{e.Record, at, len(encoded) == 1})
		at += uint64(len(encoded))
		for _, one := range encoded {
			bytes += size(one)
		}
		events = append(events, encoded...)
	}
	if bytes <= appendBytes {
		return records, [][]esdb.EventData{events}, nil
	}
	group := map[string]string{"group": uuid.NewString()}
	begin, err := control(beginType, group)
	if err != nil {
		return nil, nil, err
	}
	end, err := control(endType, group)
	if err != nil {
		return nil, nil, err
	}
	for i := range records {
		records[i].at++ // after the beginning
	}
	events = append(append([]esdb.EventData{begin}, events...), end)
	return records, portions(events), nil
}

func (x *index) taken(batch eventstore.Batch) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, e := range batch.Entries {
		if e.Taken() == "" {
			continue
		}
		if _, ok := x.commands[digest(e.Taken())]; ok {
			return true
		}
	}
	return false
}

var errReadOnly = errors.New("账本以只读方式打开，不能记账 (the ledger is open read-only)")
