package projections

import (
	"errors"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
)

// A Page is what a page of records does to the tables of one projection. Rows
// are read once, changed in memory, and written when the page ends. Rows stay in
// memory for the next page, up to keep of each table.
//
// A page that cannot find holds its tables in memory and nothing else: that is
// how replay looks back.
type Page struct {
	find    finder
	suffix  string // of the tables written: empty for the live ones
	keep    int
	tables  map[string]*rows
	pending map[string]unwritten
	empty   map[string]bool // tables that were empty when the page was made
}

// A finder returns the one value that a query on t yields, nil where it yields
// none.
type finder func(t Table, query string, args ...any) ([]byte, error)

// Bounds of what is in memory between pages, for each table.
const (
	keepRows = 8192
	keepKeys = 1 << 20 // about 20 bytes each
)

// rows are the rows of one table that are in memory.
type rows struct {
	tabular
	kept    map[key]*row
	changed []*row // not written yet, as first put

	// stored are hashes of the keys that the table has beside those kept: no
	// other is in the table. Nil: any may be.
	stored map[uint64]struct{}
}

type row struct {
	key     key
	value   any // *R
	changed bool
}

func newPage(suffix string) *Page {
	return &Page{suffix: suffix, keep: keepRows, tables: map[string]*rows{}, empty: map[string]bool{}, pending: map[string]unwritten{}}
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
	name := t.name()
	r, ok := p.tables[name]
	if !ok {
		r = &rows{tabular: t, kept: map[key]*row{}}
		if p.empty[name] {
			r.stored = map[uint64]struct{}{}
		}
		p.tables[name] = r
	}
	return r
}

// each calls do for the rows in memory of every table, in the order of names.
func (p *Page) each(do func(*rows) error) error {
	for _, name := range slices.Sorted(maps.Keys(p.tables)) {
		if err := do(p.tables[name]); err != nil {
			return err
		}
	}
	return nil
}

// fresh notes whether the table is known to be empty.
func (p *Page) fresh(t Table, empty bool) { p.empty[t.Name] = empty }

// read reads the doc under k from the table, nil when there is none.
func (p *Page) read(r *rows, k key) ([]byte, error) {
	if p.find == nil || !r.mayStore(k) {
		return nil, nil
	}
	t := r.table()
	return p.find(t, t.find(p.suffix), k[:len(names(t.Key))]...)
}

// finish turns what is still being gathered into rows.
func (p *Page) finish() error {
	for _, u := range p.pending {
		if err := u.flush(p); err != nil {
			return err
		}
	}
	return nil
}

// A batch is one statement with the arguments of its rows.
type batch struct {
	text string
	args []any
	err  error
}

var errEnough = errors.New("nobody waits for the rest")

// encode sends the statements that write all changed rows, until enough is
// closed.
func (p *Page) encode(d dialect, ready chan<- batch, enough <-chan struct{}) {
	_ = p.each(func(r *rows) error {
		rest := r.changed
		for _, n := range d.batches() {
			text := ""
			for ; len(rest) >= n; rest = rest[n:] {
				if text == "" {
					text = r.table().upsert(d, p.suffix, n)
				}
				b := batch{text: text}
				b.args, b.err = r.arguments(rest[:n])
				select {
				case ready <- b:
				case <-enough:
					return errEnough
				}
			}
		}
		return nil
	})
}

// arguments are the values of the rows, in order.
func (r *rows) arguments(list []*row) (args []any, err error) {
	args = make([]any, 0, len(list)*(strings.Count(r.table().Columns, ",")+2))
	for _, row := range list {
		if args, err = r.values(args, row.key, row.value); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// end forgets what is written, once it is committed.
func (p *Page) end() {
	p.find = nil
	for _, r := range p.tables {
		r.written()
		if r.table().brief || len(r.kept) > p.keep {
			r.forget()
		}
	}
}

// written notes that every row is in the table as it stands.
func (r *rows) written() {
	for _, row := range r.changed {
		row.changed = false
	}
	clear(r.changed) // they are garbage now
	r.changed = r.changed[:0]
}

// forget lets go of all rows, which are written, and notes their keys.
func (r *rows) forget() {
	if r.stored != nil {
		for k := range r.kept {
			r.stored[k.hash()] = struct{}{}
		}
	}
	if len(r.stored) > keepKeys {
		r.stored = nil
	}
	clear(r.kept)
}

// mayStore reports whether the table may have a row under k, which is not kept.
func (r *rows) mayStore(k key) bool {
	if r.stored == nil {
		return true
	}
	if len(r.stored) == 0 {
		return false
	}
	_, ok := r.stored[k.hash()]
	return ok
}

var seed = maphash.MakeSeed()

func (k key) hash() uint64 { return maphash.Comparable(seed, k) }
