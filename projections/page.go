package projections

import (
	"maps"
	"slices"
)

// A Page is what a page of records does to the tables of one projection. Rows
// are read once, changed in memory, and written when the page ends. Rows stay in
// memory for the next page, up to keepRows of each table.
//
// A page without a transaction holds its tables in memory and nothing else: that
// is how replay looks back.
type Page struct {
	tx      *transaction
	suffix  string // of the tables written: empty for the live ones
	tables  map[string]*rows
	pending map[string]unwritten
	empty   map[string]bool // tables that were empty when the page was made
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

func newPage(suffix string) *Page {
	return &Page{suffix: suffix, tables: map[string]*rows{}, empty: map[string]bool{}, pending: map[string]unwritten{}}
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
	return p.tx.find(t.find(p.suffix), k[:len(names(t.Key))]...)
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

// encode sends the statements that write all changed rows, until enough is
// closed.
func (p *Page) encode(d dialect, ready chan<- batch, enough <-chan struct{}) {
	for _, name := range slices.Sorted(maps.Keys(p.tables)) {
		r := p.tables[name]
		rest := r.order
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
	p.tx = nil
	for _, r := range p.tables {
		clear(r.dirty)
		r.order = r.order[:0]
		if t := r.table(); t.grows || t.brief || len(r.kept) > keepRows {
			clear(r.kept)
			r.whole = false
		}
	}
}
