package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	flags "flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"wenxiao/cmd/wenxiao/story"
	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/vault"
)

var migrants = flags.Int("migrants", 12000, "how many records TestMigrate moves")

// TestMigrate moves a ledger from SQLite to PostgreSQL and back: the same bytes,
// stream numbers and root at every stop, whether or not the copying is killed on
// the way.
func TestMigrate(t *testing.T) {
	source := migrant(t)
	server := place{url: pgtest.URL(t), home: t.TempDir()}
	back := place{url: "sqlite:" + filepath.Join(t.TempDir(), "back.db")}
	killedOften(t, source, server)
	letGoOf(t, server)
	for _, way := range [][2]place{{source, server}, {server, back}} {
		began := time.Now()
		migrated(t, way[0], way[1], 0)
		t.Logf("to %s in %s", way[1], time.Since(began).Round(time.Millisecond))
	}
	want := contentOf(t, source)
	if want.records < *migrants {
		t.Fatalf("only %d records", want.records)
	}
	for name, p := range map[string]place{"postgres": server, "sqlite again": back} {
		want.compare(t, name, contentOf(t, p))
	}
}

// TestMigrateRefuses holds what must not be gone on with against the command.
func TestMigrateRefuses(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) place { return place{url: "sqlite:" + filepath.Join(dir, name)} }
	a, b, c := at("a"), at("b"), at("c")
	for i, p := range []place{a, b} {
		fill(t, p, 3, fmt.Sprint("ledger", i))
	}
	says(t, "migrate.other-ledger", a, b)
	migrated(t, a, c, 0)
	fill(t, c, 1, "more")
	says(t, "migrate.other-ledger", a, c) // longer than the source
	fill(t, a, 2, "else")
	says(t, "migrate.other-ledger", a, c) // another history from the fourth on
	says(t, "--from", a, a)

	server := place{url: pgtest.URL(t), home: dir}
	migrated(t, a, server, 0)
	for _, p := range []place{server, c} {
		held, err := p.openStore(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		says(t, "正由另一个进程写入", a, p)
		if _, err := held.Append(t.Context(), "s", 0, eventstore.Draft{Type: "t", Data: []byte("1")}); err != nil {
			t.Errorf("who held %s lost it: %v", p, err)
		}
		if err := held.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A source that is being written is copied as far as it went, and the rest the
// next time.
func TestMigrateBesideAWriter(t *testing.T) {
	dir := t.TempDir()
	from, to := place{url: "sqlite:" + filepath.Join(dir, "from")}, place{url: "sqlite:" + filepath.Join(dir, "to")}
	fill(t, from, 3, "first")
	source, err := from.openStore(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	migrated(t, from, to, 0)
	if _, err := source.Append(t.Context(), "later", 0, eventstore.Draft{Type: "t", Data: []byte("1")}); err != nil {
		t.Fatal(err)
	}
	if out := migrated(t, from, to, 0); !strings.Contains(out, "这次 1 件") {
		t.Error(out)
	}
	contentOf(t, from).compare(t, "beside a writer", contentOf(t, to))
}

// A source that is not as it was written is copied up to there and no further.
func TestMigrateStopsAtDamage(t *testing.T) {
	dir := t.TempDir()
	from, to := place{url: "sqlite:" + filepath.Join(dir, "from")}, place{url: "sqlite:" + filepath.Join(dir, "to")}
	fill(t, from, 5, "first")
	path, _ := from.path()
	alter := func(statement string) {
		t.Helper()
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	alter(`update ledger_events set data = '2' where position = 4`)
	says(t, "data at 4", from, to)
	alter(`update ledger_events set data = '1' where position = 4`)
	migrated(t, from, to, 0)
	alter(`delete from ledger_events where position = 5`)
	says(t, "与它自己的树根不符", from, place{url: "sqlite:" + filepath.Join(dir, "new")})
}

// TestMigrateOverEventStoreDB goes by way of a server that speaks EventStoreDB's
// protocol, ours.
func TestMigrateOverEventStoreDB(t *testing.T) {
	dir := t.TempDir()
	server := place{
		url:  "esdb://" + serving(t, "--insecure", "--db", "sqlite:"+filepath.Join(dir, "events")) + "&ledger=moved",
		home: filepath.Join(dir, "home"),
	}
	from, back := place{url: "sqlite:" + filepath.Join(dir, "from")}, place{url: "sqlite:" + filepath.Join(dir, "back")}
	fill(t, from, 40, "first")
	migrated(t, from, server, 0)
	fill(t, from, 40, "second")
	migrated(t, from, server, 0)
	migrated(t, server, back, 0)
	contentOf(t, from).compare(t, "over EventStoreDB", contentOf(t, back))
}

// migrant is the demonstration's ledger, and its records again on streams of
// other names in appends of many.
func migrant(t *testing.T) place {
	dir := t.TempDir()
	p := place{url: "sqlite:" + filepath.Join(dir, "ledger.db")}
	clock := new(story.Clock)
	store, err := p.openStore(t.Context(), clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	keys, err := vault.Open(t.Context(), filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	if _, _, err := load(t.Context(), store, keys, clock, io.Discard); err != nil {
		t.Fatal(err)
	}
	var drafts []eventstore.Draft
	for r, err := range store.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		drafts = append(drafts, eventstore.Draft{Type: r.Type, Data: r.Data, Meta: eventstore.Meta{EffectiveAt: r.EffectiveAt, Actor: r.Actor, Basis: r.Basis, Rulebook: r.Rulebook}})
	}
	for n := 0; n*len(drafts) < *migrants; n++ {
		for i := range drafts {
			drafts[i].Command = fmt.Sprint("again-", n)
		}
		if _, err := store.Append(t.Context(), fmt.Sprint("again-", n), 0, drafts...); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func fill(t *testing.T, p place, n int, stream string) {
	t.Helper()
	store, err := p.openStore(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for i := range n {
		if _, err := store.Append(t.Context(), stream, eventstore.Revision(i), eventstore.Draft{Type: "t", Data: []byte("1")}); err != nil {
			t.Fatal(err)
		}
	}
}

func migrating(from, to place) []string {
	return []string{"migrate", "--from", from.url, "--to", to.url, "--from-home", from.home, "--to-home", to.home}
}

func migrated(t *testing.T, from, to place, want int) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), migrating(from, to), strings.NewReader(""), &out, &errs); code != want {
		t.Fatalf("%d, not %d:\n%s%s", code, want, out.String(), errs.String())
	}
	return out.String() + errs.String()
}

func says(t *testing.T, word string, from, to place) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), migrating(from, to), strings.NewReader(""), &out, &errs); code == 0 || !strings.Contains(errs.String(), word) {
		t.Errorf("%d, without %q:\n%s%s", code, word, out.String(), errs.String())
	}
}

// killedOften runs the copying as a process of its own and kills it whenever the
// target has grown, three times; the first time it cannot get to the end.
func killedOften(t *testing.T, from, to place) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	letGo := heldHalfWay(t, from, to)
	defer letGo()
	var grown []eventstore.Position
	for range 3 {
		cmd := exec.Command(self)
		cmd.Args = append([]string{"wenxiao"}, migrating(from, to)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		before, alive := headAt(t, to), true
		for alive && headAt(t, to) == before {
			select {
			case <-ended:
				alive = false
			case <-time.After(time.Millisecond):
			}
		}
		if alive {
			_ = cmd.Process.Kill()
			<-ended
		}
		letGo()
		grown = append(grown, headAt(t, to))
	}
	t.Logf("killed with the target at %d of %d", grown, headAt(t, from))
	if grown[0] == 0 || grown[0] >= headAt(t, from) {
		t.Errorf("never killed half-way: %d", grown)
	}
}

// heldHalfWay makes an empty ledger in which the name of a stream, from the middle
// of the source, is somebody else's until it is let go of: a copy waits for it.
func heldHalfWay(t *testing.T, from, to place) (letGo func()) {
	t.Helper()
	source, err := from.openReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	var middle eventstore.Record
	for r, err := range source.ReadAll(t.Context(), headAt(t, from)/2) {
		if err != nil {
			t.Fatal(err)
		}
		middle = r
		break
	}
	if err := postgres.Create(t.Context(), to.url, postgres.Width); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), to.url)
	if err == nil {
		_, err = conn.Exec(t.Context(), `begin; insert into ledger_streams (number, name) values (1000000, '`+middle.Stream+`')`)
	}
	if err != nil {
		t.Fatal(err)
	}
	return sync.OnceFunc(func() { _ = conn.Close(context.Background()) })
}

// letGoOf waits until the database has noticed that the last one was killed: in
// the middle of a statement it looks no sooner than at its end.
func letGoOf(t *testing.T, p place) {
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		written, err := postgres.Written(t.Context(), p.url)
		if err != nil || written && time.Now().After(end) {
			t.Fatalf("written %t: %v", written, err)
		}
		if !written {
			return
		}
	}
}

// headAt is 0 where there is no ledger yet.
func headAt(t *testing.T, p place) eventstore.Position {
	store, err := p.openReader(t.Context())
	if err != nil {
		return 0
	}
	defer store.Close()
	head, err := store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// content is all of a ledger, in short.
type content struct {
	records int
	sum     [sha256.Size]byte // of all envelopes and data, each with its position and length
	streams []eventstore.Named
	root    string
}

func contentOf(t *testing.T, p place) (c content) {
	t.Helper()
	store, err := p.openReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	all := sha256.New()
	for r, err := range store.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		c.records++
		fmt.Fprintf(all, "%d %d %d\n%s%s", r.Position, len(r.Envelope), len(r.Data), r.Envelope, r.Data)
	}
	all.Sum(c.sum[:0])
	for n, err := range store.(eventstore.Indexed).ReadNamed(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		c.streams = append(c.streams, n)
	}
	tree, err := store.Tree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.root = tree.Root().String()
	return c
}

func (c content) compare(t *testing.T, name string, got content) {
	t.Helper()
	if got.records != c.records || got.sum != c.sum || got.root != c.root {
		t.Errorf("%s: %d records, %x, root %s; want %d, %x, %s", name, got.records, got.sum, got.root, c.records, c.sum, c.root)
	}
	if !slices.Equal(got.streams, c.streams) {
		t.Errorf("%s: other stream numbers", name)
	}
}
