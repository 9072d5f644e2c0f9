package projections

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// A Table is the shape of one table, in the one SQL that SQLite and PostgreSQL
// share. Columns are those that are searched and sorted by; what is only shown
// is the row's JSON in the last column, doc. So a row's shape may grow without
// columns, and reading a row back is one decode.
type Table struct {
	Name    string
	Columns string   // "code TEXT, year BIGINT, …", the key first, without doc
	Key     string   // "code, year"
	Indexes []string // columns of each further index: "unit, status"

	grows bool // rows are only ever added, and never read back to fill the table
	brief bool // rows are not kept in memory from page to page
	blob  bool // doc is bytes of the projection's own making, not JSON
}

// create returns the statement that makes the table under its name and suffix,
// with its key.
func (t Table) create(d dialect, suffix string) string {
	return d.spell(fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s%s (%s, %s, PRIMARY KEY (%s))", t.Name, suffix, t.Columns, t.doc(), t.Key))
}

func (t Table) doc() string {
	if t.blob {
		return "doc BYTEA"
	}
	return "doc TEXT"
}

// createBare is create for a table whose rows come first: PostgreSQL sorts them
// once then, instead of looking up each one's place, and is kept from counting
// rows that are half there. SQLite has no way to add a key later.
func (t Table) createBare(d dialect, suffix string) string {
	if d == sqliteDialect {
		return t.create(d, suffix)
	}
	return d.spell(fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s%s (%s, %s) WITH (autovacuum_enabled = off)", t.Name, suffix, t.Columns, t.doc()))
}

// addKey returns the statement that makes a bare table like any other.
func (t Table) addKey(suffix string) string {
	return fmt.Sprintf("ALTER TABLE %s%s ADD PRIMARY KEY (%s), RESET (autovacuum_enabled)", t.Name, suffix, t.Key)
}

// index returns the statements that make the further indexes. stamp keeps their
// names apart from those of the table this one will replace: SQLite cannot
// rename an index.
func (t Table) index(suffix, stamp string) []string {
	var list []string
	for i, columns := range t.Indexes {
		list = append(list, fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s_%d%s ON %s%s (%s)", t.Name, i+1, stamp, t.Name, suffix, columns))
	}
	return list
}

func names(list string) []string {
	var out []string
	for _, c := range strings.Split(list, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(c), " ")
		out = append(out, name)
	}
	return out
}

// upsert returns the statement that writes n rows, new or changed.
func (t Table) upsert(d dialect, suffix string, n int) string {
	columns, key := append(names(t.Columns), "doc"), names(t.Key)
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s%s (%s) VALUES ", t.Name, suffix, strings.Join(columns, ", "))
	for row := range n {
		for i := range columns {
			sep := ", "
			switch {
			case i > 0:
			case row == 0:
				sep = "("
			default:
				sep = "), ("
			}
			b.WriteString(sep + d.mark(row*len(columns)+i+1))
		}
	}
	b.WriteString(")")
	if t.grows {
		return b.String()
	}
	fmt.Fprintf(&b, " ON CONFLICT (%s) DO UPDATE SET ", strings.Join(key, ", "))
	for i, c := range columns[len(key):] {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s = excluded.%s", c, c)
	}
	return b.String()
}

// find returns the query for the doc under a key.
func (t Table) find(suffix string) string {
	var conditions []string
	for i, c := range names(t.Key) {
		conditions = append(conditions, fmt.Sprintf("%s = $%d", c, i+1))
	}
	return fmt.Sprintf("SELECT doc FROM %s%s WHERE %s", t.Name, suffix, strings.Join(conditions, " AND "))
}

// A key is the values of a table's key columns, in order; string or int64.
type key [3]any

// A tableOf is a table whose rows are R.
type tableOf[R any] struct {
	Table
	columns func(args []any, k key, row *R) []any // appends the values of all columns but doc
	settle  func(*R)                              // called before a row is written, if not nil

	once    sync.Once
	writing writing
}

// get returns the row under k as it stands, nil when there is none. A row that
// is changed must be put.
func (t *tableOf[R]) get(p *Page, k key) (*R, error) {
	rows := p.rows(t)
	if r, ok := rows.kept[k]; ok {
		return r.value.(*R), nil
	}
	doc, err := p.read(rows, k)
	if err != nil || doc == nil {
		return nil, err
	}
	value := new(R)
	if err := t.decode(doc, value); err != nil {
		return nil, fmt.Errorf("%s %v: %w", t.Name, k, err)
	}
	rows.kept[k] = &row{key: k, value: value}
	return value, nil
}

// take is get, with a new row where there is none.
func (t *tableOf[R]) take(p *Page, k key) (*R, error) {
	value, err := t.get(p, k)
	if value == nil && err == nil {
		value = new(R)
	}
	return value, err
}

// put notes that value is what stands under k now.
func (t *tableOf[R]) put(p *Page, k key, value *R) {
	rows := p.rows(t)
	r := rows.kept[k]
	if r == nil {
		r = &row{key: k}
		if !t.grows || p.find == nil {
			rows.kept[k] = r
		}
	}
	r.value = value
	if !r.changed {
		r.changed = true
		rows.changed = append(rows.changed, r)
	}
}

// A packed row writes its own doc.
type packed interface {
	appendTo([]byte) []byte
	readFrom([]byte) error
}

func (t *tableOf[R]) decode(doc []byte, row *R) error {
	if b, ok := any(row).(packed); ok {
		return b.readFrom(doc)
	}
	return json.Unmarshal(doc, row)
}

// cells appends the values of all columns of a row but doc.
func (t *tableOf[R]) cells(args []any, k key, v any) []any {
	row := v.(*R)
	if t.settle != nil {
		t.settle(row)
	}
	return t.columns(args, k, row)
}

// appendDoc appends the doc of a row that [tableOf.cells] has seen.
func (t *tableOf[R]) appendDoc(b []byte, k key, v any) ([]byte, error) {
	if p, ok := v.(packed); ok {
		return p.appendTo(b), nil
	}
	t.once.Do(func() { t.writing = writingOf(reflect.TypeFor[R]()) })
	b, err := t.writing(b, reflect.ValueOf(v).Elem())
	if err != nil {
		return nil, fmt.Errorf("%s %v: %w", t.Name, k, err)
	}
	return b, nil
}

type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

// values appends the arguments of one row of an upsert.
func (t *tableOf[R]) values(args []any, k key, v any) ([]any, error) {
	scratch := scratches.Get().(*[]byte)
	defer scratches.Put(scratch)
	args = t.cells(args, k, v)
	doc, err := t.appendDoc((*scratch)[:0], k, v)
	if err != nil {
		return nil, err
	}
	*scratch = doc
	if t.blob {
		return append(args, slices.Clone(doc)), nil
	}
	return append(args, string(doc)), nil
}

var scratches = sync.Pool{New: func() any { return new([]byte) }}

func (t *tableOf[R]) table() Table { return t.Table }
func (t *tableOf[R]) name() string { return t.Name }

// A tabular is a tableOf of whatever rows.
type tabular interface {
	table() Table
	name() string
	values(args []any, k key, row any) ([]any, error)
	cells(args []any, k key, row any) []any
	appendDoc(b []byte, k key, row any) ([]byte, error)
}
