package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A Page is what a page of records does to the tables. Rows are read once,
// changed in memory, and written when the page ends. Rows stay in memory for
// the next page, up to keepRows of each table.
//
// A page without a transaction holds all its tables in memory and nothing else:
// that is how replay looks back.
type Page struct {
	tx       *sql.Tx
	dialect  dialect
	suffix   string // of the tables written: empty for the live ones
	tables   map[string]*rows
	prepared map[string]statement
	pending  map[string]unwritten
	empty    map[string]bool // tables that were empty when the page was made
}

// keepRows bounds the rows of one table kept in memory between pages.
const keepRows = 8192

// rows are the rows of one table that are in memory.
type rows struct {
	tabular
	kept  map[key]any // *R
	dirty map[key]bool
	order []key // of the dirty, as first put
	whole bool  // what is not kept is not in the table either
}

func newPage(d dialect, suffix string) *Page {
	return &Page{dialect: d, suffix: suffix, tables: map[string]*rows{}, empty: map[string]bool{}, pending: map[string]unwritten{}}
}

// unwritten is what a projection gathers in a form of its own before it becomes
// rows.
type unwritten interface {
	// flush puts it into tables.
	flush(*Page) error
}

// gather returns what is being gathered under name, new where there is nothing.
func (p *Page) gather(name string, begin func() unwritten) unwritten {
	u, ok := p.pending[name]
	if !ok {
		u = begin()
		p.pending[name] = u
	}
	return u
}

// rows returns the rows in memory of t.
func (p *Page) rows(t tabular) *rows {
	r, ok := p.tables[t.table().Name]
	if !ok {
		r = &rows{tabular: t, kept: map[key]any{}, dirty: map[key]bool{}, whole: p.empty[t.table().Name]}
		p.tables[t.table().Name] = r
	}
	return r
}

// fresh notes whether the table is known to be empty.
func (p *Page) fresh(t Table, empty bool) { p.empty[t.Name] = empty }

// find reads the doc under k from the table, nil when there is none.
func (p *Page) find(r *rows, k key) ([]byte, error) {
	if p.tx == nil || r.whole {
		return nil, nil
	}
	t := r.table()
	stmt, err := p.prepare(t.find(p.suffix))
	if err != nil {
		return nil, err
	}
	var doc []byte
	err = stmt.QueryRow(k[:len(names(t.Key))]...).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return doc, err
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

// prepare keeps statements for the length of the transaction.
func (p *Page) prepare(text string) (statement, error) {
	if p.dialect == postgresDialect {
		return remembered{p.tx, text}, nil
	}
	if stmt, ok := p.prepared[text]; ok {
		return stmt, nil
	}
	stmt, err := p.tx.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	p.prepared[text] = stmt
	return stmt, nil
}

// begin makes tx the transaction the page reads from and writes to.
func (p *Page) begin(tx *sql.Tx) { p.tx, p.prepared = tx, map[string]statement{} }

// write puts all changed rows into the transaction. Rows become arguments in a
// goroutine of their own, a few statements ahead of those being carried out.
func (p *Page) write() error {
	for _, u := range p.pending {
		if err := u.flush(p); err != nil {
			return err
		}
	}
	ready, enough := make(chan batch, 16), make(chan struct{})
	go p.encode(ready, enough)
	err := p.carryOut(ready)
	close(enough)
	for range ready { // the rows are read until the encoder is done with them
	}
	return err
}

// A batch is one statement with the arguments of its rows.
type batch struct {
	table string
	text  string
	args  []any
	err   error
}

func (p *Page) carryOut(ready <-chan batch) error {
	for b := range ready {
		if b.err != nil {
			return fmt.Errorf("write %s: %w", b.table, b.err)
		}
		stmt, err := p.prepare(b.text)
		if err != nil {
			return err
		}
		if _, err := stmt.Exec(b.args...); err != nil {
			return fmt.Errorf("write %s: %w", b.table, err)
		}
	}
	return nil
}

// encode sends the statements of all tables, until enough is closed.
func (p *Page) encode(ready chan<- batch, enough <-chan struct{}) {
	defer close(ready)
	for _, name := range slices.Sorted(maps.Keys(p.tables)) {
		r := p.tables[name]
		rest := r.order
		for _, n := range p.dialect.batches() {
			text := ""
			for ; len(rest) >= n; rest = rest[n:] {
				if text == "" {
					text = r.table().upsert(p.dialect, p.suffix, n)
				}
				b := batch{table: name, text: text}
				b.args, b.err = r.arguments(rest[:n])
				select {
				case ready <- b:
				case <-enough:
					return
				}
			}
		}
	}
}

// arguments are the values of the rows under keys, in order.
func (r *rows) arguments(keys []key) (args []any, err error) {
	for _, k := range keys {
		if args, err = r.values(args, k, r.kept[k]); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// end forgets what is written, once it is committed.
func (p *Page) end() {
	p.tx, p.prepared = nil, nil
	for _, r := range p.tables {
		clear(r.dirty)
		r.order = r.order[:0]
		if t := r.table(); t.grows || t.brief || len(r.kept) > keepRows {
			clear(r.kept)
			r.whole = false
		}
	}
}
