package projections

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/stdlib"
)

// A loader is a connection that writes lots. One goroutine at a time uses it.
type loader interface {
	write(context.Context, lot) error
	close() error
}

// loaders are how many connections load at once. SQLite has one writer;
// PostgreSQL works on two lots while the next are made.
func (d dialect) loaders() int {
	if d == sqliteDialect {
		return 1
	}
	return 2
}

func openLoader(ctx context.Context, db *sql.DB, suffix string) (loader, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if dialectOf(db) == sqliteDialect {
		return &statements{conn: conn, suffix: suffix, prepared: map[string]*sql.Stmt{}}, nil
	}
	// The transaction that sets the marks waits for the disk, and so for all before it.
	if _, err := conn.ExecContext(ctx, `SET synchronous_commit = off`); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &copier{conn: conn, suffix: suffix}, nil
}

// statements write lots to SQLite, each in a transaction: others who write wait
// their turn.
type statements struct {
	conn     *sql.Conn
	suffix   string
	prepared map[string]*sql.Stmt
}

// write runs to its end whatever becomes of the caller's context: a transaction
// that is cut off would keep the database locked.
func (s *statements) write(_ context.Context, l lot) error {
	ctx := context.Background()
	if _, err := s.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := l.upsert(sqliteDialect, s.suffix, s.exec)
	if err == nil {
		_, err = s.conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		_, rollback := s.conn.ExecContext(ctx, "ROLLBACK")
		return errors.Join(err, rollback)
	}
	return nil
}

func (s *statements) exec(text string, args []any) (err error) {
	stmt := s.prepared[text]
	if stmt == nil {
		if stmt, err = s.conn.PrepareContext(context.Background(), text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
		s.prepared[text] = stmt
	}
	_, err = stmt.Exec(args...)
	return err
}

func (s *statements) close() error {
	var err error
	for _, stmt := range s.prepared {
		err = errors.Join(err, stmt.Close())
	}
	return errors.Join(err, s.conn.Close())
}

// upsert hands the lot to exec, as many rows at once as the dialect likes.
func (l lot) upsert(d dialect, suffix string, exec func(text string, args []any) error) error {
	width := len(l.args) / l.rows
	rest := l.args
	for _, n := range d.batches() {
		text := ""
		for ; len(rest) >= n*width; rest = rest[n*width:] {
			if text == "" {
				text = l.Table.upsert(d, suffix, n)
			}
			if err := exec(text, rest[:n*width]); err != nil {
				return err
			}
		}
	}
	return nil
}

// A copier writes lots to PostgreSQL, new rows with COPY.
type copier struct {
	conn   *sql.Conn
	suffix string
}

func (c *copier) write(ctx context.Context, l lot) error {
	if l.copy == nil {
		return l.upsert(postgresDialect, c.suffix, func(text string, args []any) error {
			_, err := c.conn.ExecContext(ctx, text, args...)
			return err
		})
	}
	text := fmt.Sprintf("COPY %s%s (%s, doc) FROM STDIN BINARY", l.Name, c.suffix, strings.Join(names(l.Columns), ", "))
	err := c.conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().PgConn().CopyFrom(ctx, bytes.NewReader(*l.copy), text)
		return err
	})
	if err == nil { // a copy that is broken off is read on after CopyFrom has returned
		copies.Put(l.copy)
	}
	return err
}

var copies = sync.Pool{New: func() any { return new([]byte) }}

// binary writes rows as COPY reads them: a signature, for each row the number of
// its columns, for each of them length and bytes, and −1 at the end.
func (r *rows) binary(list []*row) (*[]byte, error) {
	buffer := copies.Get().(*[]byte)
	b := append((*buffer)[:0], "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	var cells []any
	var err error
	for _, row := range list {
		cells = r.cells(cells[:0], row.key, row.value)
		b = binary.BigEndian.AppendUint16(b, uint16(len(cells)+1))
		for _, v := range cells {
			b = appendCell(b, v)
		}
		length := len(b)
		if b, err = r.appendDoc(append(b, 0, 0, 0, 0), row.key, row.value); err != nil {
			return nil, err
		}
		binary.BigEndian.PutUint32(b[length:], uint32(len(b)-length-4))
	}
	*buffer = append(b, 0xff, 0xff)
	return buffer, nil
}

func appendCell(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, 0xff, 0xff, 0xff, 0xff)
	case int64:
		return binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 8), uint64(v))
	case string:
		return append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
	}
	panic(fmt.Sprintf("a column holds a %T", v)) // of our own making
}

func (c *copier) close() error {
	_, err := c.conn.ExecContext(context.Background(), `RESET synchronous_commit`)
	return errors.Join(err, c.conn.Close())
}
