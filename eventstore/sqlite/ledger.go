package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"wenxiao/eventstore"
)

// together is the most events that one insert statement takes. There is one for
// each power of two up to it, so that any batch goes in by few.
const together = 32

// A row refused rolls the whole transaction back, which is what happens to it
// anyway: otherwise SQLite would copy every page it changes, in order to take
// back the one statement.
const (
	columns = `insert or rollback into ledger_events (position, stream, revision, id, type, recorded_at, command, envelope, data) values `
	row     = `(?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// statements are the texts a ledger prepares on its connection.
var statements = map[string]string{
	"begin":   `begin immediate`,
	"commit":  `commit`,
	"last":    `select position, recorded_at, (select coalesce(max(number), 0) from ledger_streams) from ledger_events order by position desc limit 1`,
	"head":    `select number, (select coalesce(max(revision), 0) from ledger_events where stream = number) from ledger_streams where name = ?`,
	"command": `select position from ledger_events where command = ?`,
	"tree":    `select size, edge, root from ledger_tree`,
	"grow":    `update ledger_tree set size = ?, edge = ?, root = ?`,
	"stream":  `insert into ledger_streams (number, name) values (?, ?)`,

	"insert 1": inserting(1), "insert 2": inserting(2), "insert 4": inserting(4),
	"insert 8": inserting(8), "insert 16": inserting(16), "insert 32": inserting(together),
}

func inserting(events int) string { return columns + row + strings.Repeat(", "+row, events-1) }

// A ledger is the one connection that writes. After an error the connection is
// closed, whatever state it is in, and the next call opens another: SQLite
// rolls back what a closed connection had begun.
type ledger struct {
	db       *sql.DB
	conn     *sql.Conn // nil when there is none
	prepared map[string]*sql.Stmt
	reads    func(context.Context, eventstore.Position) iter.Seq2[eventstore.Record, error]
}

// openLedger opens the file at path for writing and creates what is missing. A
// checkpoint every 1,000 pages keeps the write-ahead log at about 4 MiB, which
// is written over and over: growing a file is what makes fsync slow.
func openLedger(path string) (*ledger, error) {
	db, err := sql.Open("sqlite", address(path, "rwc", "journal_mode(WAL)", "wal_autocheckpoint(1000)", "cache_size(-32000)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(0) // a connection put back is closed
	l := &ledger{db: db}
	if err := create(db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return l, nil
}

func create(db *sql.DB) error {
	var tables int
	if err := db.QueryRow(`select count(*) from sqlite_schema where name = 'ledger_format'`).Scan(&tables); err != nil {
		return err
	}
	if tables == 0 {
		if _, err := db.Exec("begin immediate;\n" + schema + "commit;"); err != nil {
			return err
		}
	}
	return errors.Join(upgrade(db), checkFormat(db))
}

// upgrade brings a ledger of an earlier format to this one. What it cannot read
// is left to checkFormat.
func upgrade(db *sql.DB) error {
	var version int
	if err := db.QueryRow(`select version from ledger_format`).Scan(&version); err != nil || version != 1 {
		return nil
	}
	_, err := db.Exec("begin immediate;\n" + upgradeTo2 + "commit;")
	return err
}

func (l *ledger) connect(ctx context.Context) (err error) {
	if l.conn != nil {
		return nil
	}
	if l.conn, err = l.db.Conn(ctx); err != nil {
		return err
	}
	l.prepared = map[string]*sql.Stmt{}
	for name, text := range statements {
		if l.prepared[name], err = l.conn.PrepareContext(ctx, text); err != nil {
			l.drop()
			return err
		}
	}
	return nil
}

// drop closes the connection. Its own error tells nothing new.
func (l *ledger) drop() {
	for _, s := range l.prepared {
		if s != nil {
			_ = s.Close()
		}
	}
	if l.conn != nil {
		_ = l.conn.Close()
	}
	l.conn, l.prepared = nil, nil
}

func (l *ledger) Last(ctx context.Context) (last eventstore.Last, err error) {
	if err := l.connect(ctx); err != nil {
		return last, err
	}
	if last.Tree, err = scanTree(l.prepared["tree"].QueryRowContext(ctx)); err != nil {
		l.drop()
		return last, err
	}
	var position, at int64
	err = l.prepared["last"].QueryRowContext(ctx).Scan(&position, &at, &last.Stream)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return last, nil
	case err != nil:
		l.drop()
		return last, err
	}
	last.Position, last.RecordedAt = eventstore.Position(position), time.Unix(0, at).UTC()
	return last, nil
}

func (l *ledger) Find(ctx context.Context, streams, commands []string) (found eventstore.Found, err error) {
	if err := l.connect(ctx); err != nil {
		return found, err
	}
	found = eventstore.Found{Heads: map[string]eventstore.Head{}, Commands: map[string]eventstore.Position{}}
	for _, name := range streams {
		var number, revision int64
		if ok, err := l.one("head", name, &number, &revision); err != nil {
			return found, err
		} else if ok {
			found.Heads[name] = eventstore.Head{Number: number, Revision: eventstore.Revision(revision)}
		}
	}
	for _, id := range commands {
		var position int64
		if ok, err := l.one("command", id, &position); err != nil {
			return found, err
		} else if ok {
			found.Commands[id] = eventstore.Position(position)
		}
	}
	return found, nil
}

// one scans the row that a statement finds by key, if there is one.
func (l *ledger) one(statement, key string, into ...any) (bool, error) {
	err := l.prepared[statement].QueryRow(key).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		l.drop()
	}
	return err == nil, err
}

func (l *ledger) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return l.reads(ctx, after)
}

// Commit is certain of its failure only before the statement commit is sent.
func (l *ledger) Commit(ctx context.Context, batch eventstore.Batch) error {
	err := l.connect(ctx)
	if err == nil {
		err = l.insert(batch)
	}
	if err != nil {
		l.drop()
		return fmt.Errorf("%w: %w", unwritten(err), err)
	}
	if _, err := l.prepared["commit"].Exec(); err != nil {
		l.drop()
		return err
	}
	return nil
}

// unwritten tells a command that is taken from other errors of an insert.
func unwritten(err error) error {
	e := new(sqlite.Error)
	if errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE && strings.Contains(e.Error(), "ledger_events.command") {
		return eventstore.ErrTaken
	}
	return eventstore.ErrUnwritten
}

func (l *ledger) insert(batch eventstore.Batch) error {
	if _, err := l.prepared["begin"].Exec(); err != nil {
		return err
	}
	for _, s := range batch.Streams {
		if _, err := l.prepared["stream"].Exec(s.Number, s.Name); err != nil {
			return err
		}
	}
	for left := batch.Entries; len(left) > 0; {
		n := together
		for n > len(left) {
			n /= 2
		}
		if _, err := l.prepared["insert "+strconv.Itoa(n)].Exec(values(left[:n])...); err != nil {
			return err
		}
		left = left[n:]
	}
	root := batch.Tree.Root()
	_, err := l.prepared["grow"].Exec(int64(batch.Tree.Size), batch.Tree.EdgeBytes(), root[:])
	return err
}

func scanTree(row *sql.Row) (eventstore.Tree, error) {
	var size int64
	var edge, root []byte
	if err := row.Scan(&size, &edge, &root); err != nil {
		return eventstore.Tree{}, err
	}
	return eventstore.OpenTree(eventstore.Position(size), edge, root)
}

func values(entries []eventstore.Entry) []any {
	args := make([]any, 0, 9*len(entries))
	for _, e := range entries {
		id := uuid.MustParse(e.ID) // sealed by this process
		args = append(args, int64(e.Position), e.StreamNumber, int64(e.Revision), id[:], e.Type, e.RecordedAt.UnixNano(),
			sql.NullString{String: e.Taken(), Valid: e.Taken() != ""}, e.Envelope, e.Data)
	}
	return args
}

func (l *ledger) close() error {
	var err error
	if l.connect(context.Background()) == nil {
		_, err = l.conn.ExecContext(context.Background(), `pragma wal_checkpoint(TRUNCATE)`)
	}
	l.drop()
	return errors.Join(err, l.db.Close())
}
