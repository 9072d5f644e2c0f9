package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
	"wenxiao/eventstore/postgres/pgtest"
)

// quiet is a runner on db whose pages hold size records.
func quiet(db *sql.DB, store eventstore.Store, size int) *Runner {
	r := NewRunner(db, store, slog.New(slog.DiscardHandler), All()...)
	r.pageSize = size
	return r
}

func openViews(t testing.TB) *sql.DB {
	t.Helper()
	db, err := OpenDB(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "views.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// dump writes out every row of every table, in the order of the keys.
func dump(t testing.TB, db *sql.DB) string {
	t.Helper()
	var b strings.Builder
	for _, p := range append([]Projection{newDirectory()}, All()...) {
		for _, table := range p.Tables() {
			columns := append(names(table.Columns), "doc")
			rows, err := db.Query("SELECT " + strings.Join(columns, ", ") + " FROM " + table.Name + " ORDER BY " + table.Key)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for rows.Next() {
				values := make([]any, len(columns))
				for i := range values {
					values[i] = new(any)
				}
				if err := rows.Scan(values...); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&b, "%s:", table.Name)
				for _, v := range values {
					fmt.Fprintf(&b, " %q", fmt.Sprint(*v.(*any)))
				}
				b.WriteByte('\n')
				n++
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			rows.Close()
		}
	}
	return b.String()
}

// differ shows the first line in which two dumps differ.
func differ(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return "live:    " + x[i] + "\nrebuilt: " + y[i]
		}
	}
	return fmt.Sprintf("live has %d lines, rebuilt %d", len(x), len(y))
}

// rebuiltEqualsLive gives random commands, lets the tables follow at random
// moments in pages of random size, and compares them with tables rebuilt in
// pages of another size.
func rebuiltEqualsLive(t *rapid.T, tb testing.TB, db *sql.DB) {
	store := memory.New()
	defer store.Close()
	codes := []domain.ProgrammeCode{"p1", "p-2"}
	o := newOffice(tb, store)
	live := quiet(db, store, rapid.IntRange(1, 40).Draw(t, "live page"))
	o.open(codes...)
	for range rapid.IntRange(10, 120).Draw(t, "commands") {
		o.anything(t, codes)
		switch rapid.IntRange(0, 9).Draw(t, "then") {
		case 0:
			check(t, live.CatchUp(context.Background()))
		case 1: // the process starts anew
			live = quiet(db, store, rapid.IntRange(1, 40).Draw(t, "live page"))
		}
	}
	check(t, live.CatchUp(context.Background()))
	before := dump(tb, db)
	again := quiet(db, store, rapid.IntRange(1, 60).Draw(t, "rebuild page"))
	beside := newFill(db, store, fresh, again.pageSize, again.projections)
	beside.keep = rapid.SampledFrom([]int{0, 3, 20, keepRows}).Draw(t, "rows in memory")
	check(t, again.rebuild(context.Background(), beside, func(eventstore.Position, eventstore.Position) {}))
	if after := dump(tb, db); after != before {
		t.Fatalf("rebuilding changed the tables:\n%s", differ(before, after))
	}
	check(t, live.CatchUp(context.Background())) // which finds the tables swapped under it
	if after := dump(tb, db); after != before {
		t.Fatalf("catching up after a rebuild changed the tables:\n%s", differ(before, after))
	}
}

func check(t interface{ Fatal(...any) }, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

// clean empties the database between runs of the property.
func clean(t testing.TB, db *sql.DB) {
	t.Helper()
	for _, p := range append([]Projection{newDirectory()}, All()...) {
		for _, table := range p.Tables() {
			for _, suffix := range []string{"", fresh} {
				if _, err := db.Exec("DROP TABLE IF EXISTS " + table.Name + suffix); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if _, err := db.Exec("DROP TABLE IF EXISTS projection_marks"); err != nil {
		t.Fatal(err)
	}
}

func TestRebuildEqualsLive(t *testing.T) {
	db := openViews(t)
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		if runs++; runs > 30 { // tables are made and dropped each time: enough for a test that everybody runs
			return
		}
		clean(t, db)
		rebuiltEqualsLive(rt, t, db)
	})
}

func TestRebuildEqualsLiveOnPostgres(t *testing.T) {
	db, err := OpenDB(t.Context(), pgtest.URL(t))
	check(t, err)
	defer db.Close()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		if runs++; runs > 5 { // the same code: what is tried here is the other database
			return
		}
		clean(t, db)
		rebuiltEqualsLive(rt, t, db)
	})
}

// tables are the names of all tables there are.
func tables(t testing.TB, db *sql.DB) (all []string) {
	t.Helper()
	query := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if dialectOf(db) == postgresDialect {
		query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
	}
	check(t, Views{db}.each(t.Context(), query+" ORDER BY 1", nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		all = append(all, name)
		return err
	}))
	return all
}

// A rebuild that is ended, or meets what it cannot read, leaves the tables as
// they were and nothing beside them.
func TestRebuildThatFailsLeavesNothing(t *testing.T) {
	pg, err := OpenDB(t.Context(), pgtest.URL(t))
	check(t, err)
	defer pg.Close()
	for name, db := range map[string]*sql.DB{"sqlite": openViews(t), "postgres": pg} {
		store := smallCity(t)
		r := quiet(db, store, 16)
		check(t, r.CatchUp(t.Context()))
		rows, there := dump(t, db), tables(t, db)
		ctx, end := context.WithCancel(t.Context())
		if err := r.Rebuild(ctx, func(eventstore.Position, eventstore.Position) { end() }); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: ended: %v", name, err)
		}
		end()
		appendRaw(t, store, "unit-x", "unit.dissolved.v9", `{}`)
		if err := r.Rebuild(t.Context(), func(eventstore.Position, eventstore.Position) {}); err == nil || !strings.Contains(err.Error(), "unit.dissolved.v9") {
			t.Errorf("%s: unreadable: %v", name, err)
		}
		if now := tables(t, db); !slices.Equal(now, there) {
			t.Errorf("%s: tables %q, before %q", name, now, there)
		}
		if now := dump(t, db); now != rows {
			t.Errorf("%s: %s", name, differ(rows, now))
		}
		var marks int
		check(t, db.QueryRow("SELECT COUNT(*) FROM projection_marks").Scan(&marks))
		if marks != len(All())+1 {
			t.Errorf("%s: %d marks", name, marks)
		}
	}
}

// The two databases hold the same rows.
func TestSameRowsOnBothDatabases(t *testing.T) {
	store := memory.New()
	defer store.Close()
	c := newCity(t, store, 7)
	c.found(2, 2)
	c.year(2, 2, 2022, 3)
	lite := openViews(t)
	check(t, quiet(lite, store, 64).CatchUp(t.Context()))
	pg, err := OpenDB(t.Context(), pgtest.URL(t))
	check(t, err)
	defer pg.Close()
	check(t, quiet(pg, store, 50).CatchUp(t.Context()))
	if a, b := dump(t, lite), dump(t, pg); a != b {
		t.Errorf("SQLite and PostgreSQL differ:\n%s", differ(a, b))
	}
}
