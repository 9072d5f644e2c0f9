// Package memory is an eventstore for tests and demonstrations.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"wenxiao/eventstore"
)

var _ eventstore.Adopter = (*Store)(nil)

// A Ledger is what a [Store] writes on. It outlives the store, as a file would:
// a closed store's ledger can be opened again. The zero value is empty.
type Ledger struct {
	mu       sync.RWMutex
	records  []eventstore.Record // by position, from 1
	streams  map[string][]eventstore.Position
	commands map[string]eventstore.Appended
	tree     eventstore.Tree
}

// Store keeps records in memory. Use [New] or [Open].
type Store struct {
	ledger *Ledger
	clock  func() time.Time
	beacon *eventstore.Beacon

	mu     sync.RWMutex // held for reading during an append
	closed bool
}

// New returns an empty store.
func New(options ...eventstore.Option) *Store { return Open(new(Ledger), options...) }

// Open returns a store on ledger. One ledger must be open only once at a time.
func Open(ledger *Ledger, options ...eventstore.Option) *Store {
	if ledger.streams == nil {
		ledger.streams = map[string][]eventstore.Position{}
		ledger.commands = map[string]eventstore.Appended{}
	}
	s := &Store{ledger: ledger, clock: eventstore.Chosen(options...).Clock, beacon: eventstore.NewBeacon()}
	s.beacon.Announce(ledger.head())
	return s
}

func (s *Store) Append(ctx context.Context, stream string, seen eventstore.Revision, drafts ...eventstore.Draft) (eventstore.Appended, error) {
	if err := eventstore.CheckAppend(stream, drafts); err != nil {
		return eventstore.Appended{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return eventstore.Appended{}, eventstore.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return eventstore.Appended{}, err
	}
	a, err := s.ledger.add(s.clock, stream, seen, drafts)
	if err == nil {
		s.beacon.Announce(a.Position)
	}
	return a, err
}

func (l *Ledger) add(clock func() time.Time, stream string, seen eventstore.Revision, drafts []eventstore.Draft) (a eventstore.Appended, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	command, at := drafts[0].Command, eventstore.Revision(len(l.streams[stream]))
	if earlier, ok := l.commands[command]; ok {
		return l.repeat(stream, command, earlier)
	}
	if at != seen {
		return a, &eventstore.Conflict{Stream: stream, Seen: seen, At: at}
	}
	var last time.Time
	if n := len(l.records); n > 0 {
		last = l.records[n-1].RecordedAt
	}
	last = eventstore.LaterOf(last, clock())
	records := make([]eventstore.Record, len(drafts))
	for i, d := range drafts {
		d.Data, d.Basis = append([]byte{}, d.Data...), slices.Clone(d.Basis)
		if records[i], err = eventstore.Seal(stream, at+eventstore.Revision(i)+1, last, d); err != nil {
			return eventstore.Appended{}, err
		}
	}
	for _, r := range records {
		r.Position = l.position() + 1
		l.records, l.tree = append(l.records, r), l.tree.Add(r.Envelope)
		l.streams[stream] = append(l.streams[stream], r.Position)
		a.Revision, a.Position, a.IDs = r.Revision, r.Position, append(a.IDs, r.ID)
	}
	if command != "" {
		l.commands[command] = a
	}
	return a, nil
}

func (s *Store) Adopt(ctx context.Context, after eventstore.Position, records []eventstore.Record) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if len(records) == 0 {
		return fmt.Errorf("%w: no records", eventstore.ErrMalformed)
	}
	head, err := s.ledger.adopt(after, records)
	if err == nil {
		s.beacon.Announce(head)
	}
	return err
}

func (l *Ledger) adopt(after eventstore.Position, records []eventstore.Record) (eventstore.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, command := eventstore.Last{Position: l.position()}, ""
	if n := len(l.records); n > 0 {
		last.RecordedAt, command = l.records[n-1].RecordedAt, l.records[n-1].Command
	}
	records, err := eventstore.Adopted(last, after, records)
	if err != nil {
		return 0, err
	}
	if err := l.fits(command, records); err != nil {
		return 0, err
	}
	for _, r := range records {
		l.records, l.tree = append(l.records, r), l.tree.Add(r.Envelope)
		l.streams[r.Stream] = append(l.streams[r.Stream], r.Position)
		if r.Command != "" {
			a := l.commands[r.Command]
			a.Revision, a.Position, a.IDs = r.Revision, r.Position, append(a.IDs, r.ID)
			l.commands[r.Command] = a
		}
	}
	return l.position(), nil
}

// fits refuses revisions out of order and a command or an id used before.
func (l *Ledger) fits(command string, records []eventstore.Record) error {
	at, used, ids := map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, r := range l.records {
		ids[r.ID] = true
	}
	for _, r := range records {
		at[r.Stream]++
		if r.Revision != eventstore.Revision(len(l.streams[r.Stream])+at[r.Stream]) || ids[r.ID] {
			return fmt.Errorf("%w: %s@%d at %d", eventstore.ErrDamaged, r.Stream, r.Revision, r.Position)
		}
		if _, before := l.commands[r.Command]; r.Command != "" && r.Command != command && (before || used[r.Command]) {
			return fmt.Errorf("%w: %s", eventstore.ErrTaken, r.Command)
		}
		ids[r.ID], used[r.Command], command = true, true, r.Command
	}
	return nil
}

// repeat is the answer to a command that was carried out earlier.
func (l *Ledger) repeat(stream, command string, earlier eventstore.Appended) (eventstore.Appended, error) {
	if on := l.records[earlier.Position-1].Stream; on != stream {
		return eventstore.Appended{}, fmt.Errorf("%w: %s on %s", eventstore.ErrCommandReused, command, on)
	}
	earlier.Repeated, earlier.IDs = true, append([]string{}, earlier.IDs...)
	return earlier, nil
}

func (s *Store) ReadStream(ctx context.Context, stream string, after eventstore.Revision) iter.Seq2[eventstore.Record, error] {
	return s.read(ctx, func(l *Ledger) []eventstore.Record {
		var records []eventstore.Record
		for i, p := range l.streams[stream] {
			if eventstore.Revision(i) >= after {
				records = append(records, l.records[p-1])
			}
		}
		return records
	})
}

func (s *Store) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return s.read(ctx, func(l *Ledger) []eventstore.Record {
		return l.records[min(after, l.position()):]
	})
}

func (s *Store) read(ctx context.Context, pick func(*Ledger) []eventstore.Record) iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) {
		s.ledger.mu.RLock()
		records := pick(s.ledger)
		s.ledger.mu.RUnlock()
		if err := s.usable(ctx); err != nil {
			yield(eventstore.Record{}, err)
			return
		}
		for _, r := range records {
			if err := s.usable(ctx); err != nil {
				yield(eventstore.Record{}, err)
				return
			}
			r.Envelope, r.Data, r.Basis = bytes.Clone(r.Envelope), bytes.Clone(r.Data), slices.Clone(r.Basis)
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (s *Store) Head(ctx context.Context) (eventstore.Position, error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	return s.ledger.head(), nil
}

func (s *Store) Tree(ctx context.Context) (eventstore.Tree, error) {
	if err := s.usable(ctx); err != nil {
		return eventstore.Tree{}, err
	}
	s.ledger.mu.RLock()
	defer s.ledger.mu.RUnlock()
	return s.ledger.tree, nil
}

func (s *Store) Wait(ctx context.Context, after eventstore.Position) error {
	return s.beacon.Wait(ctx, after)
}

func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.beacon.Close()
	return nil
}

func (s *Store) usable(ctx context.Context) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return eventstore.ErrClosed
	}
	return ctx.Err()
}

func (l *Ledger) head() eventstore.Position {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.position()
}

// position is head for those who hold the lock.
func (l *Ledger) position() eventstore.Position { return eventstore.Position(len(l.records)) }
