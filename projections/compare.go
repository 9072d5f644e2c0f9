package projections

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"wenxiao/eventstore"
)

// A Difference is a row that is not what the ledger gives.
type Difference struct {
	Table  string
	Key    string // of the row: its key columns, joined by blanks; empty for a whole table
	Column string // the first that differs; empty where the row is missing or too many
	Text   string // in Chinese
}

// mostDifferences of one table are told one by one.
const mostDifferences = 20

// Compare fills every table anew in scratch, an empty database, from the ledger,
// up to where the live ones are, and returns the rows in which they differ and
// the position. Where a table cannot be read, that is its difference. Live tables
// that keep moving are compared as of the last attempt that met them standing.
func (r *Runner) Compare(ctx context.Context, scratch *sql.DB, progress func(done, upTo eventstore.Position)) ([]Difference, eventstore.Position, error) {
	f := newFill(scratch, r.store, "", r.pageSize, r.projections)
	if err := f.open(ctx, false); err != nil {
		return nil, 0, err
	}
	for range 100 {
		at, err := r.reachedBy(ctx, r.db)
		if err != nil && !r.begun(ctx) {
			return nil, 0, ctx.Err()
		}
		if err != nil {
			return []Difference{{Table: "projection_marks", Text: fmt.Sprintf("读不出各查询表到了哪里：%v", err)}}, 0, nil
		}
		head, err := r.store.Head(ctx)
		if err != nil {
			return nil, 0, err
		}
		if at > head {
			return []Difference{{Table: "projection_marks", Column: "position", Text: fmt.Sprintf("查询表已读到 %d，账本只到 %d", at, head)}}, head, nil
		}
		if f.lowest() > at { // the marks went back: that is a difference, too
			found, err := r.differences(ctx, scratch, r.db)
			return found, f.lowest(), err
		}
		reach := f.catchUp
		if f.highest() == 0 {
			reach = f.load
		}
		if err := reach(ctx, at, func(done eventstore.Position) { progress(done, at) }); err != nil {
			return nil, 0, err
		}
		found, stood, err := r.compareAt(ctx, scratch, at)
		if err != nil || stood {
			return found, at, err
		}
	}
	return nil, 0, errors.New("the tables keep moving")
}

// reachedBy is how far the farthest projection is.
func (r *Runner) reachedBy(ctx context.Context, db querier) (farthest eventstore.Position, err error) {
	var at int64
	names := r.markNames()
	err = db.QueryRowContext(ctx, `SELECT coalesce(max(position), 0) FROM projection_marks WHERE name IN (`+names+`)`).Scan(&at)
	return eventstore.Position(max(at, 0)), err
}

// begun reports whether there is any of the tables.
func (r *Runner) begun(ctx context.Context) bool {
	for _, p := range append([]Projection{newDirectory()}, r.projections...) {
		for _, t := range p.Tables() {
			var rows int
			if r.db.QueryRowContext(ctx, "SELECT count(*) FROM "+t.Name).Scan(&rows) == nil {
				return true
			}
		}
	}
	return false
}

func (r *Runner) markNames() string {
	var list []string
	for _, p := range append([]Projection{newDirectory()}, r.projections...) {
		list = append(list, "'"+p.Name()+"'")
	}
	return strings.Join(list, ", ")
}

type querier interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

// compareAt compares all tables as of one moment, if they still are at a position.
func (r *Runner) compareAt(ctx context.Context, scratch *sql.DB, at eventstore.Position) (found []Difference, stood bool, err error) {
	live, err := r.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: isolation(r.db)})
	if err != nil {
		return nil, false, err
	}
	defer live.Rollback()
	now, err := r.reachedBy(ctx, live)
	if err != nil || now != at {
		return nil, false, err
	}
	found, err = r.differences(ctx, scratch, live)
	return found, true, err
}

// isolation is what makes a transaction see one moment; SQLite's always do.
func isolation(db *sql.DB) sql.IsolationLevel {
	if dialectOf(db) == sqliteDialect {
		return sql.LevelDefault
	}
	return sql.LevelRepeatableRead
}

func (r *Runner) differences(ctx context.Context, scratch *sql.DB, live querier) (found []Difference, err error) {
	marks := Table{Name: "projection_marks", Columns: "name TEXT, position BIGINT, event TEXT, stopped TEXT", Key: "name"}
	more, err := compareTable(ctx, marks, names(marks.Columns), ` WHERE name IN (`+r.markNames()+`)`, scratch, live)
	if found = append(found, more...); err != nil {
		return found, err
	}
	for _, p := range append([]Projection{newDirectory()}, r.projections...) {
		for _, t := range p.Tables() {
			more, err := compareTable(ctx, t, append(names(t.Columns), "doc"), "", scratch, live)
			if found = append(found, more...); err != nil {
				return found, err
			}
		}
	}
	return found, nil
}

// compareTable walks two tables by their keys, side by side.
func compareTable(ctx context.Context, t Table, columns []string, where string, want, have querier) (found []Difference, err error) {
	query := "SELECT " + strings.Join(columns, ", ") + " FROM " + t.Name + where + " ORDER BY " + t.Key
	a, err := openCursor(ctx, want, query, columns, names(t.Key))
	if err != nil {
		return nil, err
	}
	defer a.rows.Close()
	b, err := openCursor(ctx, have, query, columns, names(t.Key))
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return []Difference{{Table: t.Name, Text: fmt.Sprintf("查询表读不出：%v", err)}}, nil
	}
	defer b.rows.Close()
	for a.more || b.more {
		d, step := a.against(b)
		if d.Text != "" {
			if d.Table = t.Name; len(found) == mostDifferences {
				return append(found, Difference{Table: t.Name, Text: "还有更多行不同"}), nil
			}
			found = append(found, d)
		}
		if step <= 0 {
			a.next()
		}
		if step >= 0 {
			b.next()
		}
	}
	if b.err != nil && ctx.Err() == nil {
		return append(found, Difference{Table: t.Name, Text: fmt.Sprintf("查询表读到一半读不下去：%v", b.err)}), a.err
	}
	return found, errors.Join(a.err, b.err)
}

// A cursor stands on a row, or has no more.
type cursor struct {
	rows    *sql.Rows
	columns []string
	key     []int
	values  []any
	more    bool
	err     error
}

func openCursor(ctx context.Context, db querier, query string, columns, key []string) (*cursor, error) {
	rows, err := db.QueryContext(ctx, query) //nolint:rowserrcheck // next checks it
	if err != nil {
		return nil, err
	}
	c := &cursor{rows: rows, columns: columns, values: make([]any, len(columns))}
	for _, name := range key {
		c.key = append(c.key, slices.Index(columns, name))
	}
	c.next()
	return c, nil
}

func (c *cursor) next() {
	if c.more = c.rows.Next(); !c.more {
		c.err = errors.Join(c.err, c.rows.Err())
		return
	}
	into := make([]any, len(c.values))
	for i := range into {
		c.values[i], into[i] = nil, &c.values[i]
	}
	if c.err = c.rows.Scan(into...); c.err != nil {
		c.more = false
	}
}

// against compares the rows two cursors stand on: what is wrong with the other,
// and which of the two is behind.
func (c *cursor) against(other *cursor) (d Difference, step int) {
	switch {
	case !c.more:
		step = 1
	case !other.more:
		step = -1
	default:
		for _, i := range c.key {
			if step = compareValues(c.values[i], other.values[i]); step != 0 {
				break
			}
		}
	}
	switch {
	case step < 0:
		return Difference{Key: c.name(), Text: "缺这一行"}, step
	case step > 0:
		return Difference{Key: other.name(), Text: "账本里没有这一行"}, step
	}
	for i, name := range c.columns {
		if compareValues(c.values[i], other.values[i]) != 0 {
			return Difference{Key: c.name(), Column: name, Text: "与由账本重算的不同"}, 0
		}
	}
	return Difference{}, 0
}

func (c *cursor) name() string {
	var b bytes.Buffer
	for _, i := range c.key {
		if v, ok := c.values[i].([]byte); ok {
			fmt.Fprintf(&b, "%x ", v)
		} else {
			fmt.Fprint(&b, c.values[i], " ")
		}
	}
	return strings.TrimSpace(b.String())
}

// compareValues orders what the databases hand out: nothing, numbers, text,
// bytes, in this order, as SQLite does.
func compareValues(a, b any) int {
	if x, y := rank(a), rank(b); x != y {
		return x - y
	}
	switch x := a.(type) {
	case int64:
		return cmp.Compare(x, b.(int64))
	case string:
		return strings.Compare(x, b.(string))
	case []byte:
		return bytes.Compare(x, b.([]byte))
	case nil:
		return 0
	}
	return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

func rank(v any) int {
	switch v.(type) {
	case nil:
		return 0
	case int64:
		return 1
	case string:
		return 3
	case []byte:
		return 4
	}
	return 2
}
