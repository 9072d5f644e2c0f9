package projections

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
	"wenxiao/eventstore/postgres/pgtest"
)

// TestEveryColumnIsCompared changes one value of every column of every table
// that has rows, and deletes a row: each is found, and named.
func TestEveryColumnIsCompared(t *testing.T) {
	store := memory.New()
	defer store.Close()
	c := newCity(t, store, 7)
	c.found(2, 2)
	c.year(2, 2, 2022, 3)
	pg, err := OpenDB(t.Context(), pgtest.URL(t))
	check(t, err)
	defer pg.Close()
	for name, db := range map[string]*sql.DB{"sqlite": openViews(t), "postgres": pg} {
		t.Run(name, func(t *testing.T) {
			live := quiet(db, store, 64)
			check(t, live.CatchUp(t.Context()))
			scratch := 0
			compare := func() []Difference {
				scratch++
				fresh, err := OpenDB(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), fmt.Sprint(scratch)))
				check(t, err)
				defer fresh.Close()
				found, at, err := live.Compare(t.Context(), fresh, func(_, _ eventstore.Position) {})
				check(t, err)
				if head, _ := store.Head(t.Context()); at != head {
					t.Fatalf("compared at %d of %d", at, head)
				}
				return found
			}
			if found := compare(); len(found) > 0 {
				t.Fatalf("nothing was changed: %+v", found)
			}
			var tables []Table
			for _, p := range append([]Projection{newDirectory()}, All()...) {
				tables = append(tables, p.Tables()...)
			}
			harmed := 0
			for _, table := range tables {
				if harm(t, db, table, compare) {
					harmed++
				}
			}
			if harmed < 10 {
				t.Errorf("only %d of %d tables have rows", harmed, len(tables))
			}
			if found := compare(); len(found) > 0 {
				t.Fatalf("all is put back: %+v", found)
			}
		})
	}
}

// harm spoils each column of the table, as many at a time as it has rows, each in
// a row of its own, and deletes a row. It returns false when there is no row.
func harm(t *testing.T, db *sql.DB, table Table, compare func() []Difference) bool {
	t.Helper()
	exec := func(text string, args ...any) {
		t.Helper()
		if _, err := db.Exec(text, args...); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	keys := keysOf(t, db, table)
	if len(keys) == 0 {
		return false
	}
	harms := []string{"DELETE FROM " + table.Name}
	for _, column := range append(names(table.Columns), "doc") {
		change := column + " = coalesce(" + column + ", '') || 'x'"
		if isNumber(table, column) {
			change = column + " = coalesce(" + column + ", 0) + 1000000"
		} else if table.blob && column == "doc" && dialectOf(db) == postgresDialect {
			change = column + " = " + column + " || '\\x01'::bytea"
		}
		harms = append(harms, "UPDATE "+table.Name+" SET "+change)
	}
	for batch := range slices.Chunk(harms, len(keys)) {
		exec("CREATE TABLE saved AS SELECT * FROM " + table.Name)
		for i, h := range batch {
			exec(h+" WHERE "+keys[i].where, keys[i].values...)
		}
		named := map[string]bool{}
		for _, d := range compare() {
			if d.Table != table.Name {
				t.Errorf("harm to %s is found as %+v", table.Name, d)
			}
			named[d.Key] = true
		}
		for i, h := range batch {
			if !named[keys[i].name] {
				t.Errorf("%s WHERE %s: nothing is said of it (found %v)", h, keys[i].name, named)
			}
		}
		exec("DELETE FROM " + table.Name)
		exec("INSERT INTO " + table.Name + " SELECT * FROM saved")
		exec("DROP TABLE saved")
	}
	return true
}

func isNumber(t Table, column string) bool {
	for _, c := range strings.Split(t.Columns, ",") {
		name, kind, _ := strings.Cut(strings.TrimSpace(c), " ")
		if name == column {
			return kind == "BIGINT"
		}
	}
	return false
}

type rowKey struct {
	where, name string
	values      []any
}

func keysOf(t *testing.T, db *sql.DB, table Table) (keys []rowKey) {
	t.Helper()
	columns := names(table.Key)
	c, err := openCursor(t.Context(), db, "SELECT "+strings.Join(columns, ", ")+" FROM "+table.Name+" ORDER BY "+table.Key, columns, columns)
	check(t, err)
	defer c.rows.Close()
	for ; c.more; c.next() {
		k := rowKey{name: c.name()}
		var terms []string
		for i, column := range columns {
			terms = append(terms, fmt.Sprintf("%s = $%d", column, i+1))
			k.values = append(k.values, c.values[i])
		}
		k.where = strings.Join(terms, " AND ")
		keys = append(keys, k)
	}
	return keys
}
