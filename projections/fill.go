package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

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
	keep     int // rows of each table in memory between pages

	directory *directory
	members   []*member // the directory first
	bare      sync.Map  // names of tables: whether they have no key yet
}

// A member is a projection and how far it has read.
type member struct {
	Projection
	page    *Page
	sent    sync.WaitGroup // rows on their way, while tables are loaded
	mark    eventstore.Position
	stopped string
}

func newFill(db *sql.DB, store eventstore.Store, suffix string, pageSize int, projections []Projection) *fill {
	f := &fill{db: db, store: store, dialect: dialectOf(db), suffix: suffix, pageSize: pageSize, keep: keepRows}
	f.directory = newDirectory()
	for _, p := range append([]Projection{f.directory}, projections...) {
		f.members = append(f.members, &member{Projection: p})
	}
	return f
}

// open makes the tables that are missing, with their further indexes if indexed,
// and reads the marks. What is in memory is forgotten: it may be behind what
// another process wrote, or ahead of what was committed.
func (f *fill) open(ctx context.Context, indexed bool) error {
	return f.openAs(ctx, func(t Table) []string {
		statements := []string{t.create(f.dialect, f.suffix)}
		if indexed {
			statements = append(statements, t.index(f.suffix, "")...)
		}
		return statements
	})
}

// openBare makes tables to be loaded: [fill.index] gives them keys and further
// indexes.
func (f *fill) openBare(ctx context.Context) error {
	return f.openAs(ctx, func(t Table) []string {
		f.bare.Store(t.Name, f.dialect != sqliteDialect)
		return []string{t.createBare(f.dialect, f.suffix)}
	})
}

func (f *fill) openAs(ctx context.Context, statements func(Table) []string) error {
	if err := openMarks(ctx, f.db); err != nil {
		return fmt.Errorf("open the marks: %w", err)
	}
	err := f.eachTable(func(t Table) error { return f.exec(ctx, statements(t)...) })
	if err != nil {
		return err
	}
	return f.reload(ctx)
}

func (f *fill) exec(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if _, err := f.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

func (f *fill) eachTable(do func(Table) error) error {
	for _, m := range f.members {
		for _, t := range m.Tables() {
			if err := do(t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *fill) reload(ctx context.Context) error {
	for _, m := range f.members {
		m.page = newPage(f.suffix)
		m.page.keep = f.keep
		var err error
		if m.mark, m.stopped, err = readMark(ctx, f.db, m.Name()+f.suffix); err != nil {
			return err
		}
		for _, t := range m.Tables() {
			m.page.fresh(t, m.mark == 0)
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
	to := facts[len(facts)-1]
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f.dialect.hurry(ctx, tx); err != nil {
		return err
	}
	var group []*member
	for _, m := range f.members {
		if m.mark == from {
			group = append(group, m)
			if err := moveMark(tx, m.Name()+f.suffix, from, to); err != nil {
				return err
			}
		}
	}
	if err := f.work(newTransaction(tx, f.dialect), group, facts); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	for _, m := range group {
		m.page.end()
		m.mark, m.stopped = to.Position, ""
	}
	return nil
}

// work lets the members of group apply facts and writes what they changed. The
// directory comes first, for the others read it through the facts; they work
// side by side, each on tables of its own, and are written one after the other.
func (f *fill) work(tx *transaction, group []*member, facts []Fact) error {
	for _, m := range group {
		m.page.find = tx.find
	}
	if err := f.prepare(group[0], facts); err != nil {
		return err
	}
	enough, turns := make(chan struct{}), make([]chan batch, len(group))
	for i, m := range group {
		turns[i] = make(chan batch, 16)
		go m.work(facts, tx.dialect, turns[i], enough)
	}
	var err error
	for i := range turns {
		if err = carryOut(tx, turns[i]); err != nil {
			err = fmt.Errorf("%s: %w", group[i].Name(), err)
			break
		}
	}
	close(enough)
	for _, turn := range turns { // nobody touches the rows any more when work returns
		for range turn {
		}
	}
	return err
}

// prepare brings the directory up to facts, if it is not beyond them, and
// completes them from it.
func (f *fill) prepare(first *member, facts []Fact) error {
	for i := range facts {
		if first.Projection == f.directory {
			if err := f.directory.Apply(first.page, facts[i]); err != nil {
				return err
			}
		}
		f.directory.complete(&facts[i])
	}
	return nil
}

// work applies facts and sends the statements that follow. The directory has
// applied them already.
func (m *member) work(facts []Fact, d dialect, ready chan<- batch, enough <-chan struct{}) {
	defer close(ready)
	if err := m.apply(facts); err != nil {
		ready <- batch{err: err}
		return
	}
	m.page.encode(d, ready, enough)
}

func (m *member) apply(facts []Fact) error {
	if _, done := m.Projection.(*directory); done {
		return nil
	}
	for i := range facts {
		if err := m.Apply(m.page, facts[i]); err != nil {
			return fmt.Errorf("%s@%d at position %d: %w", facts[i].Stream, facts[i].Revision, facts[i].Position, err)
		}
	}
	return m.page.finish()
}

func carryOut(tx *transaction, ready <-chan batch) error {
	for b := range ready {
		if b.err != nil {
			return b.err
		}
		if err := tx.exec(b.text, b.args...); err != nil {
			return err
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
