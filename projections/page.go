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
	args  []any // of the last statement, used again
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

// write puts all changed rows into the transaction.
func (p *Page) write() error {
	for _, u := range p.pending {
		if err := u.flush(p); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.tables)) {
		if err := p.writeTable(p.tables[name]); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

func (p *Page) writeTable(r *rows) error {
	t, rest := r.table(), r.order
	for _, n := range p.dialect.batches() {
		if len(rest) < n {
			continue
		}
		stmt, err := p.prepare(t.upsert(p.dialect, p.suffix, n))
		if err != nil {
			return err
		}
		for ; len(rest) >= n; rest = rest[n:] {
			if err := r.upsert(stmt, rest[:n]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *rows) upsert(stmt statement, keys []key) error {
	args := r.args[:0]
	for _, k := range keys {
		values, err := r.values(k, r.kept[k])
		if err != nil {
			return err
		}
		args = append(args, values...)
	}
	r.args = args
	_, err := stmt.Exec(args...)
	return err
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
