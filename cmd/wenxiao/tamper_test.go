package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	_ "github.com/jackc/pgx/v5/stdlib"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/postgres/pgtest"
)

// A victim is a ledger that was sealed and published, with attachments and
// receipts, and a copy of it all to put back after each harm.
type victim struct {
	place
	dir     string // everything but a database in PostgreSQL
	sound   string // the copy of dir
	kept    string // the checkpoint somebody keeps
	receipt string
	policy  string
	older   string   // a copy of dir as it was earlier
	mend    []string // statements before rows can be put back
	chance  *rand.Rand
}

const (
	early = 40  // records when the older copy was made; the last names the log
	late  = 300 // more than one tile, and no whole number of them

	partition = 64 // records; so that there are several
)

// newVictim builds the ledger at p, whose files lie in dir.
func newVictim(t *testing.T, p place, dir string) *victim {
	t.Helper()
	v := &victim{place: p, dir: dir, chance: rand.New(rand.NewPCG(1, 2))}
	outside := t.TempDir()
	v.sound, v.older = filepath.Join(outside, "sound"), filepath.Join(outside, "older")
	v.kept, v.receipt, v.policy = filepath.Join(outside, "kept"), filepath.Join(outside, "r.tlog-proof"), filepath.Join(outside, "policy")
	v.grow(t, 0, early-1)
	v.do(t, "seal", "publish", "--origin", "example.invalid/ledger")
	v.copy(t, v.older, false)
	v.grow(t, early-1, late-1)
	v.do(t, "seal", "publish")
	v.do(t, "log", "--limit", "1") // makes the tables
	v.do(t, "receipt", "200", "-o", v.receipt)
	if err := os.WriteFile(v.policy, []byte(v.do(t, "seal", "policy")), 0o644); err != nil {
		t.Fatal(err)
	}
	checkpoint, err := os.ReadFile(filepath.Join(v.tiles().Dir, "checkpoint"))
	if err == nil {
		err = os.WriteFile(v.kept, checkpoint, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	v.copy(t, v.sound, false)
	t.Cleanup(func() {
		if v.isPostgres() {
			v.with(t, func(db *sql.DB) error {
				return execAll(db, "drop schema "+v.savedIn(t, v.sound)+" cascade", "drop schema "+v.savedIn(t, v.older)+" cascade")
			})
		}
	})
	if code, out := v.verify("--tables"); code != 0 {
		t.Fatalf("before any harm: %s", out)
	}
	return v
}

// grow records units until there are upTo records, and three attachments at first.
func (v *victim) grow(t *testing.T, from, upTo int) {
	t.Helper()
	ctx := t.Context()
	store, err := v.openStore(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	files, err := attachments.Open(v.place.beside("files"))
	if err != nil {
		t.Fatal(err)
	}
	for i := from; i < upTo; i++ {
		if i < 3 {
			v.deposit(t, store, files, i)
			continue
		}
		code := domain.UnitCode(fmt.Sprintf("u%d", i))
		meta := eventstore.Meta{Command: fmt.Sprintf("command-%d", i), Actor: domain.Actor{Person: "p1", Name: "某人", Unit: "101"}}
		command := domain.Command[unit.State, unit.Event](unit.Register{Code: code, Name: fmt.Sprintf("示例单位 %d", i), Kind: unit.Budgetary})
		revision := eventstore.Revision(0)
		if i%3 == 2 { // of the unit before
			code, revision = domain.UnitCode(fmt.Sprintf("u%d", i-1)), 1
			command, meta.Command = unit.Rename{Name: fmt.Sprintf("改名单位 %d", i), Since: "2020-01-01", Document: "示例文 1 号"}, ""
		}
		if _, err := eventstore.Execute(ctx, store, unit.Stored, unit.Stream(code), revision, command, meta); err != nil {
			t.Fatal(err)
		}
	}
}

func (v *victim) deposit(t *testing.T, store eventstore.Store, files *attachments.Directory, i int) {
	t.Helper()
	taken, err := files.Take(t.Context(), "佐证.txt", strings.NewReader(fmt.Sprintf("佐证 %d", i)))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Discard()
	by := domain.Actor{Person: "p1", Name: "某人", Unit: "101"}
	command := domain.Command[attachment.State, attachment.Event](attachment.Deposit{
		Name: "佐证.txt", Unit: "101", Digest: taken.Digest, SM3: taken.SM3, Size: taken.Size, MediaType: taken.MediaType, By: by,
	})
	err = taken.Keep(func() error {
		_, err := eventstore.Execute(t.Context(), store, attachment.Stored, attachment.Stream(taken.Digest), 0, command, eventstore.Meta{Actor: by})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// run runs the program on the ledger.
func (v *victim) run(args ...string) (code int, out string) {
	var both bytes.Buffer
	code = run(context.Background(), append(args, "--db", v.url, "--home", v.home), strings.NewReader(""), &both, &both)
	return code, both.String()
}

func (v *victim) do(t *testing.T, args ...string) string {
	t.Helper()
	code, out := v.run(args...)
	if code != 0 {
		t.Fatalf("wenxiao %s: %s", strings.Join(args, " "), out)
	}
	return out
}

func (v *victim) verify(args ...string) (code int, out string) {
	return v.run(append([]string{"verify", "--fresh"}, args...)...)
}

// suffers harms the ledger and demands that verification ends with 1 and names
// every one of the places; then all is put back.
func (v *victim) suffers(t *testing.T, what string, harm func() error, args []string, places ...string) {
	t.Helper()
	if err := harm(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	code, out := v.verify(args...)
	if code != 1 {
		t.Errorf("%s: the verification ends with %d\n%s", what, code, out)
	}
	for _, place := range places {
		if !strings.Contains(out, place) {
			t.Errorf("%s: nothing is said of %s\n%s", what, place, out)
		}
	}
	v.restore(t)
}

// copy saves the files, and the rows where they are in PostgreSQL, or puts them
// back.
func (v *victim) copy(t *testing.T, copied string, back bool) {
	t.Helper()
	from, to := v.dir, copied
	if back {
		from, to = to, from
	}
	if err := copyFiles(to, from); err != nil {
		t.Fatal(err)
	}
	if !v.isPostgres() {
		return
	}
	v.with(t, func(db *sql.DB) error {
		saved := v.savedIn(t, copied)
		for _, table := range v.tables(t, db) {
			name := saved + "." + table.name
			statements := []string{"create schema if not exists " + saved, "drop table if exists " + name, "create table " + name + " as select * from " + table.name}
			if back {
				statements = []string{"delete from " + table.name, "insert into " + table.name + " select * from " + name}
			}
			if err := execAll(db, statements...); err != nil {
				return err
			}
		}
		return nil
	})
}

// copyFiles makes to the same as from. Nobody else may read the copies: keys are
// among them.
func copyFiles(to, from string) error {
	if err := errors.Join(os.RemoveAll(to), os.CopyFS(to, os.DirFS(from))); err != nil {
		return err
	}
	return filepath.WalkDir(to, func(path string, at fs.DirEntry, err error) error {
		if err == nil && !at.IsDir() {
			err = os.Chmod(path, 0o600)
		}
		return err
	})
}

// savedIn is the schema that the rows of a copy are in.
func (v *victim) savedIn(t *testing.T, copied string) string {
	t.Helper()
	address, err := url.Parse(v.url)
	if err != nil {
		t.Fatal(err)
	}
	return address.Query().Get("search_path") + "_" + filepath.Base(copied)
}

func (v *victim) restore(t *testing.T) {
	t.Helper()
	if len(v.mend) > 0 {
		v.with(t, func(db *sql.DB) error { return execAll(db, v.mend...) })
	}
	v.copy(t, v.sound, true)
}

func execAll(db *sql.DB, statements ...string) error {
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// with opens the ledger's database behind the program's back.
func (v *victim) with(t *testing.T, do func(*sql.DB) error) {
	t.Helper()
	if err := v.harmed(do)(); err != nil {
		t.Fatal(err)
	}
}

func (v *victim) harmed(do func(*sql.DB) error) func() error {
	return func() error {
		driver, address := "pgx", v.url
		if path, ok := v.path(); ok {
			driver, address = "sqlite", "file:"+path+"?_pragma=ignore_check_constraints(1)&_pragma=writable_schema(1)"
		}
		db, err := sql.Open(driver, address)
		if err != nil {
			return err
		}
		db.SetMaxOpenConns(1)
		return errors.Join(do(db), db.Close())
	}
}

func (v *victim) sql(statements ...string) func() error {
	return v.harmed(func(db *sql.DB) error { return execAll(db, statements...) })
}

type ledgerTable struct {
	name    string
	key     string
	columns []string
}

// tables reads the schema: a column added later cannot be forgotten here. Rows of
// partitions are reached through the table they make up.
func (v *victim) tables(t *testing.T, db *sql.DB) (found []ledgerTable) {
	t.Helper()
	query := `select relname, attname from pg_class c join pg_attribute a on attrelid = c.oid where relnamespace = current_schema()::regnamespace
		and relname like 'ledger_%' and relkind in ('r', 'p') and not relispartition and attnum > 0 and not attisdropped order by relname, attnum`
	if !v.isPostgres() {
		query = `select m.name, c.name from sqlite_schema m, pragma_table_info(m.name) c where m.type = 'table' order by m.name, c.cid`
	}
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		if n := len(found); n == 0 || found[n-1].name != table {
			found = append(found, ledgerTable{name: table, key: column})
		}
		last := &found[len(found)-1]
		last.columns = append(last.columns, column)
	}
	if err := rows.Err(); err != nil || len(found) < 3 {
		t.Fatal(found, err)
	}
	return found
}

// flip changes one bit of a value, or as little as its column can hold.
func (v *victim) flip(value any) any {
	switch x := value.(type) {
	case nil:
		return "x"
	case bool:
		return !x
	case int64:
		return x ^ 1<<v.chance.IntN(20)
	case time.Time:
		return x.Add(time.Microsecond << v.chance.IntN(20))
	case string:
		b := []byte(x)
		for {
			i, bit := v.chance.IntN(len(b)), byte(1)<<v.chance.IntN(7)
			if b[i] < utf8.RuneSelf && b[i]^bit != 0 {
				b[i] ^= bit
				return string(b)
			}
		}
	case []byte:
		b := bytes.Clone(x)
		b[v.chance.IntN(len(b))] ^= 1 << v.chance.IntN(8)
		return b
	}
	panic(fmt.Sprintf("a %T", value))
}

// victims are the two, each made anew when called for.
func victims() map[string]func(*testing.T) *victim {
	return map[string]func(*testing.T) *victim{
		"sqlite": func(t *testing.T) *victim {
			dir := filepath.Join(t.TempDir(), "sqlite")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			return newVictim(t, place{url: "sqlite:" + filepath.Join(dir, "l.db"), home: filepath.Join(dir, "home")}, dir)
		},
		"postgres": func(t *testing.T) *victim {
			home := filepath.Join(t.TempDir(), "home")
			if err := os.Mkdir(home, 0o700); err != nil {
				t.Fatal(err)
			}
			address := pgtest.URL(t)
			if err := postgres.Create(t.Context(), address, partition); err != nil {
				t.Fatal(err)
			}
			return newVictim(t, place{url: address, home: home}, home)
		},
	}
}
