// Package sqlite is an eventstore in one SQLite file.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"runtime"
	"sync"
	"time"

	"wenxiao/eventstore"
)

var _ eventstore.Adopter = (*Store)(nil)

// ErrReadOnly reports an append to a store from [OpenReadOnly].
var ErrReadOnly = errors.New("账本以只读方式打开，不能记账 (the ledger is open read-only)")

// Store is an eventstore in one SQLite file. Records are durable when Append
// returns: each transaction ends with an fsync of the write-ahead log.
type Store struct {
	path   string
	reads  *sql.DB
	paging sync.RWMutex // held for reading while a page is read, be it for a reader who has left
	beacon *eventstore.Beacon
	closed chan struct{}
	close  sync.Once

	// Nil when read-only.
	writer *eventstore.Writer
	ledger *ledger
	lock   io.Closer
}

// Open opens the ledger at path for reading and writing, and creates it if it
// does not exist. While it is open, another Open of it, in this process or any
// other, returns [ErrInUse]; [OpenReadOnly] is always possible. Beside the file
// lie SQLite's own -wal and -shm while it is open, and an empty -writer for good.
func Open(path string, options ...eventstore.Option) (*Store, error) {
	path, err := resolve(path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, beacon: eventstore.NewBeacon(), closed: make(chan struct{})}
	if s.lock, err = acquire(path); err != nil {
		return nil, err
	}
	if err := s.open(eventstore.Chosen(options...)); err != nil {
		if unwritable(err) {
			err = ErrUnwritable
		}
		return nil, errors.Join(about(path, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(options eventstore.Options) (err error) {
	if s.ledger, err = openLedger(s.path); err != nil {
		return err
	}
	if s.reads, err = openReads(s.path); err != nil {
		return err
	}
	s.ledger.reads = s.ReadAll
	s.writer, err = eventstore.NewWriter(context.Background(), s.ledger, options, s.beacon)
	return err
}

// OpenReadOnly opens the existing ledger at path for reading, whether or not
// another process is writing it. Append returns [ErrReadOnly]. Where nothing can
// be written, as on a CD, it is read as a file that nobody changes: see
// openUnchanging.
func OpenReadOnly(path string) (*Store, error) {
	path, err := resolve(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%s: %w", path, ErrForbidden)
	}
	if err != nil {
		return nil, err
	}
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("没有账本 %s (no such ledger): %w", path, fs.ErrNotExist)
	case err == nil && !info.Mode().IsRegular():
		return nil, spoilt(path, ErrNotLedger)
	}
	s := &Store{path: path, beacon: eventstore.NewBeacon(), closed: make(chan struct{})}
	if s.reads, err = openReads(path); err != nil {
		return nil, err
	}
	err = checkFormat(s.reads)
	if unwritable(err) {
		err = s.openUnchanging()
	}
	if err != nil {
		return nil, errors.Join(about(path, err), s.Close())
	}
	return s, nil
}

// openUnchanging opens the file itself, without locks and without the write-ahead
// log, whose index SQLite would have to write. It is right only where nobody
// writes: a writer always has a log with something in it, and that is refused.
func (s *Store) openUnchanging() error {
	unusable := s.reads.Close()
	if file, err := os.Open(s.path); errors.Is(err, fs.ErrPermission) { // SQLite has it open no more: closing a file drops the locks on it
		return ErrForbidden
	} else if err == nil {
		unusable = errors.Join(unusable, file.Close())
	}
	switch info, err := os.Stat(s.path + "-wal"); {
	case err == nil && info.Size() > 0:
		return ErrUnmerged
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	var err error
	if s.reads, err = openAs(address(s.path, "ro") + "&immutable=1"); err != nil {
		return errors.Join(err, unusable)
	}
	return errors.Join(unusable, checkFormat(s.reads))
}

func openReads(path string) (*sql.DB, error) { return openAs(address(path, "ro")) }

func openAs(address string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, err
	}
	n := max(4, runtime.GOMAXPROCS(0))
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

func (s *Store) Append(ctx context.Context, stream string, seen eventstore.Revision, drafts ...eventstore.Draft) (eventstore.Appended, error) {
	if s.writer == nil {
		return eventstore.Appended{}, s.told(ErrReadOnly)
	}
	return s.writer.Append(ctx, stream, seen, drafts...)
}

func (s *Store) Adopt(ctx context.Context, after eventstore.Position, records []eventstore.Record) error {
	if s.writer == nil {
		return s.told(ErrReadOnly)
	}
	return s.writer.Adopt(ctx, after, records)
}

func (s *Store) ReadStream(ctx context.Context, stream string, after eventstore.Revision) iter.Seq2[eventstore.Record, error] {
	return eventstore.Pages(ctx, uint64(after), func(ctx context.Context, after uint64, limit int) (eventstore.Page, error) {
		return s.page(ctx, limit, `select position, revision, envelope, data from ledger_events
			where stream = (select number from ledger_streams where name = ?) and revision > ? order by revision limit ?`, stream, int64(after), limit)
	})
}

func (s *Store) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return eventstore.Pages(ctx, uint64(after), func(ctx context.Context, after uint64, limit int) (eventstore.Page, error) {
		return s.page(ctx, limit, `select position, position, envelope, data from ledger_events
			where position > ? order by position limit ?`, int64(after), limit)
	})
}

// page reads at most limit rows of position, place, envelope and data.
func (s *Store) page(ctx context.Context, limit int, query string, args ...any) (eventstore.Page, error) {
	s.paging.RLock()
	defer s.paging.RUnlock()
	rows, err := s.reads.QueryContext(ctx, query, args...)
	if err != nil {
		return eventstore.Page{}, s.told(err)
	}
	defer rows.Close()
	page, size := eventstore.Page{Rows: make([]eventstore.Row, 0, limit)}, 0
	for size < eventstore.PageBytes && rows.Next() {
		var r eventstore.Row
		// RawBytes spares a copy. They stay valid because this driver hands out
		// fresh bytes for each column; storetest would tell if it stopped.
		var position, place int64
		if err := rows.Scan(&position, &place, (*sql.RawBytes)(&r.Envelope), (*sql.RawBytes)(&r.Data)); err != nil {
			return eventstore.Page{}, s.told(err)
		}
		r.Position, r.Place = eventstore.Position(position), uint64(place)
		page.Rows, size = append(page.Rows, r), size+len(r.Envelope)+len(r.Data)
	}
	page.More = len(page.Rows) == limit || size >= eventstore.PageBytes
	return page, s.told(rows.Err())
}

func (s *Store) Head(ctx context.Context) (head eventstore.Position, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	var position int64
	err = s.reads.QueryRowContext(ctx, `select coalesce(max(position), 0) from ledger_events`).Scan(&position)
	return eventstore.Position(position), s.told(err)
}

func (s *Store) Tree(ctx context.Context) (eventstore.Tree, error) {
	tree, err := scanTree(s.reads.QueryRowContext(ctx, statements["tree"]))
	return tree, s.told(err)
}

// told returns err, or [eventstore.ErrClosed] where closing is what caused it, or
// [Spoilt] where the file is.
func (s *Store) told(err error) error {
	select {
	case <-s.closed:
		if err != nil {
			return eventstore.ErrClosed
		}
	default:
	}
	return spoilt(s.path, err)
}

// pollEvery is how often a read-only store asks whether the head has moved.
const pollEvery = 100 * time.Millisecond

func (s *Store) Wait(ctx context.Context, after eventstore.Position) error {
	if s.writer != nil {
		return s.beacon.Wait(ctx, after)
	}
	return s.beacon.Poll(ctx, after, pollEvery, s.Head)
}

// Close finishes the appends under way, moves the write-ahead log into the
// file, and lets go of it.
func (s *Store) Close() (err error) {
	s.close.Do(func() {
		if s.writer != nil {
			s.writer.Close()
		}
		close(s.closed)
		s.beacon.Close()
		s.paging.Lock() // who reads has the file open, and then its -wal and -shm would stay
		defer s.paging.Unlock()
		if s.reads != nil {
			err = s.reads.Close()
		}
		if s.ledger != nil {
			err = errors.Join(err, s.ledger.close())
		}
		if s.lock != nil {
			err = errors.Join(err, s.lock.Close())
		}
	})
	return err
}
