package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"wenxiao/domain"
	"wenxiao/domain/sealing"
	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/seal"
)

// sealedAt is a ledger in PostgreSQL whose log has begun, with its home.
func sealedAt(t *testing.T) place {
	t.Helper()
	p := place{url: pgtest.URL(t), home: filepath.Join(t.TempDir(), "home")}
	for _, command := range [][]string{{"import", table(t)}, {"seal", "publish"}, {"log"}} { // which fills the tables
		if out, code := do(t, append(command, "--db", p.url, "--home", p.home)...); code != 0 {
			t.Fatal(out)
		}
	}
	return p
}

// refusedAs is the code of the refusal that opening a server ends with.
func refusedAs(t *testing.T, p place) (code, reason string) {
	t.Helper()
	site, err := openSite(t.Context(), p, nil, t.Output())
	if err == nil {
		err = site.Close()
	}
	no := domain.Refusal{}
	if !errors.As(err, &no) {
		t.Fatalf("not refused: %v", err)
	}
	return no.Code, no.Reason
}

// TestAnotherHome: a directory without the ledger's keys is refused before anything
// is made there.
func TestAnotherHome(t *testing.T) {
	p := sealedAt(t)
	p.home = filepath.Join(t.TempDir(), "another")
	if code, _ := refusedAs(t, p); code != "seal.keys-missing" {
		t.Errorf("who would lead: %s", code)
	}
	leads, err := postgres.Join(t.Context(), p.url, postgres.Member{Name: "leads"})
	if err != nil {
		t.Fatal(err)
	}
	defer leads.Close()
	if code, _ := refusedAs(t, p); code != "serve.other-home" {
		t.Errorf("who would follow: %s", code)
	}
	if _, err := os.Stat(p.home); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was made there: %v", err)
	}
}

// TestHandoverThatCannotBeHeard is refused in words for people.
func TestHandoverThatCannotBeHeard(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	url := pgtest.URL(t)
	for address, want := range map[string]string{
		taken.Addr().String(): "端口已被占用", "192.0.2.1:7070": "不在本机", "127.0.0.1:99999": "端口在 0 与 65535 之间",
	} {
		code, reason := refusedAs(t, place{url: url, home: t.TempDir(), member: postgres.Member{Listen: address}})
		if code != "serve.handover" || !strings.Contains(reason, want) {
			t.Errorf("%s: %s %s", address, code, reason)
		}
	}
}

// TestOlderProgramGoesOn: while a program that knows only an earlier format serves
// the ledger, or where it could not be served after, the ledger is left as it is.
func TestOlderProgramGoesOn(t *testing.T) {
	p := sealedAt(t)
	pgtest.Former(t, p.url)
	conn, err := pgx.Connect(t.Context(), p.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var before int
	if err := conn.QueryRow(t.Context(), `select epoch from ledger_head`).Scan(&before); err != nil {
		t.Fatal(err)
	}
	untouched := func(what, want string, at place) {
		t.Helper()
		code, reason := refusedAs(t, at)
		var version, epoch int
		if err := conn.QueryRow(t.Context(), `select version, epoch from ledger_head`).Scan(&version, &epoch); err != nil {
			t.Fatal(err)
		}
		if code != want || version != 2 || epoch != before {
			t.Errorf("%s: %s %s; the format is %d, the epoch %d", what, code, reason, version, epoch)
		}
	}
	signer, err := seal.OpenSigner(p.beside("seal"), "")
	if err != nil {
		t.Fatal(err)
	}
	untouched("its keys are open", "ledger.older-program", p)
	if out, code := do(t, "import", "--db", p.url, "--home", p.home, table(t)); code == 0 || !strings.Contains(out, "ledger.older-program") {
		t.Errorf("a command beside it: %s", out)
	}
	if err := signer.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `select pg_advisory_lock_shared(hashtext('writer of the ledger in ' || current_schema()))`); err != nil {
		t.Fatal(err)
	}
	untouched("it writes", "ledger.older-program", p)
	if _, err := conn.Exec(t.Context(), `select pg_advisory_unlock_all()`); err != nil {
		t.Fatal(err)
	}
	elsewhere := p
	elsewhere.home = filepath.Join(t.TempDir(), "another")
	untouched("the keys are elsewhere", "seal.keys-missing", elsewhere)
	if _, err := os.Stat(elsewhere.home); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was made there: %v", err)
	}
	site, err := openSite(t.Context(), p, nil, t.Output())
	if err != nil {
		t.Fatalf("nobody serves it: %v", err)
	}
	if err := site.Close(); err != nil {
		t.Error(err)
	}
}

// TestTwoStartTogether on a ledger of an earlier format: neither takes the other,
// which looks, upgrades, or has the keys already, for an older program. What only
// looks makes nothing; who leads finishes a change of keys that had begun.
func TestTwoStartTogether(t *testing.T) {
	p := sealedAt(t)
	old, next := p.rotating(t)
	pgtest.Former(t, p.url)
	before, err := postgres.OpenEarlier(t.Context(), p.url)
	if err != nil || before == nil {
		t.Fatal(before, err)
	}
	defer before.Close()
	ends := looking(t, "pgx", p.url, `select pg_try_advisory_lock(hashtext('writer of the ledger in ' || current_schema()))`)
	endsToo := looking(t, "sqlite", "file:"+filepath.Join(p.beside("seal"), "lock")+"?mode=ro", `select count(*) = 0 from sqlite_schema`)
	if err := p.upgradable(t.Context(), true); err != nil {
		t.Errorf("others look at the same time: %v", err)
	}
	if err := errors.Join(ends(), endsToo(), p.upgradable(t.Context(), true)); err != nil {
		t.Fatal(err)
	}
	if look, err := seal.LookAt(p.beside("seal")); err != nil || look.Key != old || look.Next != next {
		t.Errorf("looking finished the change: %+v %v", look, err)
	}
	if earlier, err := before.Still(t.Context()); err != nil || !earlier {
		t.Fatalf("it is of the earlier format: %v %v", earlier, err)
	}
	first := p.coming(t, "first")
	if err := p.free(t.Context(), before); err == nil {
		t.Error("the keys are free: this test shows nothing")
	}
	if err := p.spared(t.Context(), before, true); err != nil {
		t.Errorf("another upgraded it since: %v", err)
	}
	p.coming(t, "second")
	if key := first.sealer.signer.Verifiers()[0]; key != next {
		t.Errorf("%s signs, not %s", key, next)
	}
}

// looking looks at a lock as another process would, and is in the middle of it
// until it ends.
func looking(t *testing.T, driver, address, asking string) (ends func() error) {
	t.Helper()
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var free bool
	if err := tx.QueryRowContext(t.Context(), asking).Scan(&free); err != nil || !free {
		t.Fatal(free, err)
	}
	return func() error { return errors.Join(tx.Rollback(), db.Close()) }
}

// rotating leaves a change of keys recorded and not finished.
func (p place) rotating(t *testing.T) (old, next string) {
	t.Helper()
	store, err := p.openStore(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	signer, err := p.openKeys(t.Context(), store, "")
	if err != nil {
		t.Fatal(err)
	}
	defer signer.Close()
	r, err := signer.BeginRotation()
	if err == nil {
		err = record(t.Context(), store, sealing.Rotate{Origin: r.Origin, Old: r.Old, New: r.New, Statement: r.Statement}, "", r.New)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.Old, r.New
}

// coming starts a server, until the test ends, and returns when it could answer.
func (p place) coming(t *testing.T, name string) *site {
	t.Helper()
	p.member = postgres.Member{Name: name}
	s, err := openSite(t.Context(), p, nil, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	beside := s.start(ctx)
	t.Cleanup(func() {
		stop()
		if err := errors.Join(beside.wait(), s.Close()); err != nil {
			t.Error(err)
		}
	})
	if err := beside.first(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return s
}

// table is a file of published tables.
func table(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.json")
	text := `{"cases":[{"id":"T1","kind":"项目支出绩效自评表","project":"某项目","department":"某局","year":2021,"money_unit":"万元","source":"https://example.org/t1",
		"budget":{"begin":10,"full_year":10,"executed":10,"rate_printed":"100%","weight":10,"score_printed":10},
		"indicators":[{"level1":"产出指标","level2":"数量指标","level3":"场次","target":"≥10场","actual":"12场","weight":90,"score":90,"reason":""}],
		"total_printed":100,"table_complete":true}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestServeWhereTheLeaderIsOutOfReach: it serves readers, and says to whoever asks
// that acts cannot be recorded from here, and why.
func TestServeWhereTheLeaderIsOutOfReach(t *testing.T) {
	p := sealedAt(t)
	leads, err := postgres.Join(t.Context(), p.url, postgres.Member{Name: "far", Advertise: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	defer leads.Close()
	p.member = postgres.Member{Name: "near", Patience: 100 * time.Millisecond}
	site, err := openSite(t.Context(), p, nil, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	listener, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	url, served := make(chan string, 1), make(chan error, 1)
	go func() { served <- site.serve(ctx, listener, func(at string) { url <- at }) }()
	var at string
	select {
	case at = <-url:
	case err := <-served:
		t.Fatal(err)
	case <-time.After(time.Minute):
		t.Fatal("it does not come up")
	}
	for end, said := time.Now().Add(time.Minute), ""; !strings.Contains(said, "到不了主持记账的 far：对方拒绝连接"); time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get(at + "readyz")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err = errors.Join(err, answer.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if said = string(body); time.Now().After(end) {
			t.Fatalf("%s %s", answer.Status, said)
		}
	}
	if said, code := do(t, "ready", "--addr", listener.Addr().String()); code != exitInput || !strings.Contains(said, "503：到不了主持记账的 far") {
		t.Errorf("ready: %d %s", code, said)
	}
	_, err = site.store.Append(t.Context(), "note-1", 0, eventstore.Draft{Type: "note.v1", Data: []byte(`{}`)})
	if away := new(eventstore.Unreachable); !errors.As(err, &away) {
		t.Errorf("an act: %v", err)
	}
	var doctor bytes.Buffer
	if err := tellLeader(t.Context(), site.records, &doctor); err != nil || !strings.Contains(doctor.String(), "提醒 (note)     主持记账的 far 在 127.0.0.1:1") {
		t.Errorf("%v %s", err, doctor.String())
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
