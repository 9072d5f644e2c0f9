package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// A transaction is what one page of records is written in. The projections work
// through the page side by side; their statements take turns.
type transaction struct {
	tx      *sql.Tx
	dialect dialect

	mu       sync.Mutex
	prepared map[string]statement
}

func newTransaction(tx *sql.Tx, d dialect) *transaction {
	return &transaction{tx: tx, dialect: d, prepared: map[string]statement{}}
}

// A statement is run many times in one transaction. It runs without the caller's
// context: a page is written or rolled back as a whole, and a context that can
// end costs a goroutine for each run.
type statement interface {
	Exec(args ...any) (sql.Result, error)
	QueryRow(args ...any) *sql.Row
}

// remembered is a statement the driver itself keeps prepared, for as long as its
// connection lives.
type remembered struct {
	tx   *sql.Tx
	text string
}

func (s remembered) Exec(args ...any) (sql.Result, error) {
	return s.tx.ExecContext(context.Background(), s.text, args...)
}

func (s remembered) QueryRow(args ...any) *sql.Row {
	return s.tx.QueryRowContext(context.Background(), s.text, args...)
}

// prepare keeps statements for the length of the transaction. The caller holds
// mu.
func (t *transaction) prepare(text string) (statement, error) {
	if t.dialect == postgresDialect {
		return remembered{t.tx, text}, nil
	}
	if stmt, ok := t.prepared[text]; ok {
		return stmt, nil
	}
	stmt, err := t.tx.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	t.prepared[text] = stmt
	return stmt, nil
}

// find is a [finder].
func (t *transaction) find(_ Table, text string, args ...any) (value []byte, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	stmt, err := t.prepare(text)
	if err != nil {
		return nil, err
	}
	err = stmt.QueryRow(args...).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return value, err
}

func (t *transaction) exec(text string, args ...any) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	stmt, err := t.prepare(text)
	if err != nil {
		return err
	}
	_, err = stmt.Exec(args...)
	return err
}
