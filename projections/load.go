package projections

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"wenxiao/eventstore"
)

// Loading fills empty tables that nobody reads yet. So nothing has to be in
// step before the end: every projection goes through the facts at its own pace,
// a row is written when it has to leave memory or when all facts are read, and
// the marks come last. What is broken off is worth nothing.

const (
	lotRows   = 1024 // go into a table at once
	pagesHeld = 2    // for a projection that is behind the others
)

// A loading is one such filling under way.
type loading struct {
	*fill
	ctx  context.Context
	fail context.CancelCauseFunc
	lots chan lot
}

// A lot is some rows of one table on their way into it.
type lot struct {
	Table
	rows   int
	args   []any   // their values
	copy   *[]byte // or their values as COPY reads them
	arrive func()
}

// load takes the tables, which are empty, to head. progress is told how far the
// ledger is read.
func (f *fill) load(ctx context.Context, head eventstore.Position, progress func(eventstore.Position)) error {
	if head == 0 {
		return nil
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	l := &loading{fill: f, ctx: ctx, fail: fail, lots: make(chan lot)}
	var applying, writing sync.WaitGroup
	for range f.dialect.loaders() {
		writing.Go(l.write)
	}
	var inlets []chan []Fact
	for _, m := range f.members[1:] {
		inlet := make(chan []Fact, pagesHeld)
		inlets = append(inlets, inlet)
		applying.Go(func() { l.follow(m, inlet) })
	}
	last := l.lead(head, inlets, progress)
	applying.Wait()
	close(l.lots)
	writing.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return f.loaded(ctx, last)
}

// lead reads the facts, keeps the directory and deals them out.
func (l *loading) lead(head eventstore.Position, inlets []chan []Fact, progress func(eventstore.Position)) (last Fact) {
	directory := l.members[0]
	directory.page.find = l.find(directory)
	for facts, err := range l.pages(l.ctx, 0, head) {
		if err == nil {
			err = errors.Join(l.prepare(directory, facts), l.send(directory, false), l.deal(facts, inlets))
		}
		if err != nil {
			l.fail(err)
			break
		}
		last = facts[len(facts)-1]
		progress(last.Position)
	}
	for _, inlet := range inlets {
		close(inlet)
	}
	l.try(func() error { return l.send(directory, true) })
	return last
}

func (l *loading) deal(facts []Fact, inlets []chan []Fact) error {
	for _, inlet := range inlets {
		select {
		case inlet <- facts:
		case <-l.ctx.Done():
			return context.Cause(l.ctx)
		}
	}
	return nil
}

// follow applies what comes from inlet.
func (l *loading) follow(m *member, inlet <-chan []Fact) {
	m.page.find = l.find(m)
	for facts := range inlet {
		l.try(func() error { return errors.Join(m.apply(facts), l.send(m, false)) })
	}
	l.try(func() error { return l.send(m, true) })
}

// try does something that is of no use once anything has failed.
func (l *loading) try(do func() error) {
	if l.ctx.Err() != nil {
		return
	}
	if err := do(); err != nil {
		l.fail(err)
	}
}

// find reads a row back that had to leave memory.
func (l *loading) find(m *member) finder {
	return func(t Table, query string, args ...any) (value []byte, err error) {
		if err := l.settle(m, t); err != nil {
			return nil, err
		}
		err = l.db.QueryRowContext(l.ctx, query, args...).Scan(&value)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil
		}
		return value, err
	}
}

// settle waits until what m has sent is in the tables, and t has a key to find it
// by.
func (l *loading) settle(m *member, t Table) error {
	m.sent.Wait()
	return l.giveKey(l.ctx, t)
}

// send writes the rows that will not change again, those of tables that have
// grown too large for memory, or all.
func (l *loading) send(m *member, all bool) error {
	return m.page.each(func(r *rows) error {
		t, large := r.table(), len(r.kept) > m.page.keep
		if !all && !large && !t.grows && !t.brief {
			return nil
		}
		fresh, again := r.changed, []*row(nil)
		if len(r.stored) > 0 || r.stored == nil {
			fresh, again = r.apart()
		}
		if err := l.ship(m, r, fresh, false); err != nil {
			return err
		}
		if err := l.ship(m, r, again, true); err != nil {
			return err
		}
		r.written()
		if large || t.brief {
			r.forget()
		}
		return nil
	})
}

// apart separates the changed rows that are new from those the table may have.
func (r *rows) apart() (fresh, again []*row) {
	for _, row := range r.changed {
		if r.mayStore(row.key) {
			again = append(again, row)
		} else {
			fresh = append(fresh, row)
		}
	}
	return fresh, again
}

// ship sends rows off, lot by lot.
func (l *loading) ship(m *member, r *rows, list []*row, again bool) error {
	if again && len(list) > 0 {
		if err := l.settle(m, r.table()); err != nil {
			return err
		}
	}
	for len(list) > 0 {
		n := min(lotRows, len(list))
		lot := lot{Table: r.table(), rows: n, arrive: m.sent.Done}
		var err error
		if again || l.dialect == sqliteDialect {
			lot.args, err = r.arguments(list[:n])
		} else {
			lot.copy, err = r.binary(list[:n])
		}
		if err != nil {
			return err
		}
		m.sent.Add(1)
		l.lots <- lot
		list = list[n:]
	}
	return nil
}

// write takes lots to the database until there are no more.
func (l *loading) write() {
	var to loader
	l.try(func() (err error) {
		to, err = openLoader(l.ctx, l.db, l.suffix)
		return err
	})
	for lot := range l.lots { // somebody waits for each to arrive
		l.try(func() error { return to.write(l.ctx, lot) })
		lot.arrive()
	}
	if to != nil {
		err := to.close()
		l.try(func() error { return err })
	}
}

// loaded sets the marks.
func (f *fill) loaded(ctx context.Context, last Fact) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, m := range f.members {
		if err := moveMark(tx, m.Name()+f.suffix, m.mark, last); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	for _, m := range f.members {
		m.page.end()
		m.mark = last.Position
	}
	return nil
}
