package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"

	"wenxiao/eventstore"
)

// A fill is one set of tables being filled: the live ones, or fresh ones beside
// them under a suffix. One goroutine at a time uses it.
type fill struct {
	db       *sql.DB
	store    eventstore.Store
	dialect  dialect
	suffix   string
	pageSize int

	directory *directory
	members   []*member // the directory first
	page      *Page
}

// A member is a projection and how far it has read.
type member struct {
	Projection
	mark    eventstore.Position
	stopped string
}

func newFill(db *sql.DB, store eventstore.Store, suffix string, pageSize int, projections []Projection) *fill {
	f := &fill{db: db, store: store, dialect: dialectOf(db), suffix: suffix, pageSize: pageSize}
	f.directory = newDirectory()
	for _, p := range append([]Projection{f.directory}, projections...) {
		f.members = append(f.members, &member{Projection: p})
	}
	return f
}

// open makes the tables that are missing and reads the marks. What is in memory
// is forgotten: it may be behind what another process wrote, or ahead of what
// was committed.
func (f *fill) open(ctx context.Context, indexed bool) error {
	statements := []string{f.dialect.spell(marksSchema)}
	for _, m := range f.members {
		for _, t := range m.Tables() {
			statements = append(statements, t.create(f.dialect, f.suffix))
			if indexed {
				statements = append(statements, t.index(f.suffix, "")...)
			}
		}
	}
	for _, s := range statements {
		if _, err := f.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return f.reload(ctx)
}

func (f *fill) reload(ctx context.Context) error {
	f.page = newPage(f.dialect, f.suffix)
	for _, m := range f.members {
		var err error
		if m.mark, m.stopped, err = readMark(ctx, f.db, m.Name()+f.suffix); err != nil {
			return err
		}
		for _, t := range m.Tables() {
			f.page.fresh(t, m.mark == 0)
		}
	}
	return f.directory.load(ctx, f.db, f.suffix)
}

// lowest is the mark of the projection farthest behind.
func (f *fill) lowest() eventstore.Position {
	return slices.MinFunc(f.members, func(a, b *member) int { return int(a.mark) - int(b.mark) }).mark
}

// highest is the mark of the projection farthest ahead.
func (f *fill) highest() eventstore.Position {
	return slices.MaxFunc(f.members, func(a, b *member) int { return int(a.mark) - int(b.mark) }).mark
}

// catchUp reads up to head. Projections that are behind the others, because
// their name is new, read what they lack; between their pages the others go on
// with what was recorded meanwhile. after is called when a page is committed.
func (f *fill) catchUp(ctx context.Context, head eventstore.Position, after func(eventstore.Position)) error {
	for f.lowest() < head {
		from, until := f.lowest(), head
		for _, m := range f.members {
			if m.mark > from {
				until = min(until, m.mark)
			}
		}
		err := f.advance(ctx, from, until, func(p eventstore.Position) error {
			after(p)
			return f.lead(ctx, after)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// lead takes the projections farthest ahead to the head as it is now, while
// others are behind them.
func (f *fill) lead(ctx context.Context, after func(eventstore.Position)) error {
	from := f.highest()
	if from == f.lowest() || f.members[0].mark < from {
		return nil
	}
	head, err := f.store.Head(ctx)
	if err != nil || head <= from {
		return err
	}
	return f.advance(ctx, from, head, func(p eventstore.Position) error { after(p); return nil })
}

// advance takes the projections at from to until, page by page. The next page
// is read and decoded while this one is written.
func (f *fill) advance(ctx context.Context, from, until eventstore.Position, after func(eventstore.Position) error) error {
	for facts, err := range f.pages(ctx, from, until) {
		if len(facts) > 0 {
			if err := f.apply(ctx, from, facts); err != nil {
				return errors.Join(err, f.reload(context.WithoutCancel(ctx)))
			}
			from = facts[len(facts)-1].Position
			if err := after(from); err != nil {
				return err
			}
		}
		if err != nil {
			return f.halt(ctx, from, err)
		}
	}
	return nil
}

// apply writes one page of facts and the marks, in one transaction.
func (f *fill) apply(ctx context.Context, from eventstore.Position, facts []Fact) error {
	to := facts[len(facts)-1].Position
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, m := range f.members {
		if m.mark == from {
			if err := moveMark(tx, m.Name()+f.suffix, from, to); err != nil {
				return err
			}
		}
	}
	f.page.begin(tx)
	for i := range facts {
		if err := f.applyOne(from, &facts[i]); err != nil {
			return fmt.Errorf("%s@%d at position %d: %w", facts[i].Stream, facts[i].Revision, facts[i].Position, err)
		}
	}
	if err := f.page.write(); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	f.page.end()
	for _, m := range f.members {
		if m.mark == from {
			m.mark, m.stopped = to, ""
		}
	}
	return nil
}

func (f *fill) applyOne(from eventstore.Position, fact *Fact) error {
	for i, m := range f.members {
		if m.mark == from {
			if err := m.Apply(f.page, *fact); err != nil {
				return fmt.Errorf("%s: %w", m.Name(), err)
			}
		}
		if i == 0 {
			f.directory.complete(fact)
		}
	}
	return nil
}

// halt notes on the marks why nothing is read beyond from, unless it is only
// the caller who ended it.
func (f *fill) halt(ctx context.Context, from eventstore.Position, cause error) error {
	if !errors.As(cause, new(unreadable)) {
		return cause
	}
	for _, m := range f.members {
		if m.mark == from {
			m.stopped = cause.Error()
			if err := writeStopped(ctx, f.db, m.Name()+f.suffix, m.stopped); err != nil {
				return errors.Join(cause, err)
			}
		}
	}
	return cause
}

// pages yields the facts after from up to until, decoded, pageSize at a time. A
// record that cannot be read ends the pages; those before it come with the
// error.
func (f *fill) pages(ctx context.Context, from, until eventstore.Position) iter.Seq2[[]Fact, error] {
	type result struct {
		facts []Fact
		err   error
	}
	return func(yield func([]Fact, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		ready, done := make(chan result, 1), make(chan struct{})
		defer func() { cancel(); <-done }()
		send := func(r result) bool {
			select {
			case ready <- r:
				return true
			case <-ctx.Done():
				return false
			}
		}
		go func() {
			defer close(done)
			defer close(ready)
			facts := make([]Fact, 0, f.pageSize)
			for r, err := range f.store.ReadAll(ctx, from) {
				var fact Fact
				if err == nil {
					fact, err = read(r)
				}
				if err != nil {
					send(result{facts, err})
					return
				}
				facts = append(facts, fact)
				if r.Position >= until {
					break
				}
				if len(facts) == f.pageSize {
					if !send(result{facts, nil}) {
						return
					}
					facts = make([]Fact, 0, f.pageSize)
				}
			}
			if len(facts) > 0 {
				send(result{facts, nil})
			}
		}()
		for r := range ready {
			if !yield(r.facts, r.err) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
}
