package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wenxiao/api/accounts"
	"wenxiao/eventstore"
	"wenxiao/eventstore/sqlite"
	"wenxiao/projections/relay"
)

// listened is a webhook's other side.
type listened struct {
	mu     sync.Mutex
	events []relay.CloudEvent
}

func (l *listened) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var e relay.CloudEvent
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &e) != nil {
		return // cut off: who sent it was killed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

func (l *listened) count() int { l.mu.Lock(); defer l.mu.Unlock(); return len(l.events) }

// TestRelayBesideAWriter sends what another process writes meanwhile, by filter.
func TestRelayBesideAWriter(t *testing.T) {
	t.Setenv("HOOK", strings.Repeat("secret ", 5))
	to := new(listened)
	server := httptest.NewServer(to)
	defer server.Close()
	path := filepath.Join(t.TempDir(), "l.db")
	store, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	write := func(n int) {
		for _, kind := range []string{"goal", "participant"} {
			if _, err := store.Append(t.Context(), fmt.Sprint(kind, "-", n), 0, eventstore.Draft{Type: kind + ".noted.v1", Data: []byte(`{}`)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(1)
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"relay", "--db", "sqlite:" + path, "--to", server.URL, "--secret", "env:HOOK", "--type", "!participant.*"}, nil, &out, &errs)
	}()
	for n := 2; n < 6; n++ {
		write(n)
	}
	for end := time.Now().Add(time.Minute); to.count() < 5 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if code := <-ended; code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	server.Close()
	for i, e := range to.events {
		if want := fmt.Sprint("goal-", i+1); e.Subject != want {
			t.Errorf("event %d is of %s, not %s", i, e.Subject, want)
		}
	}
	if len(to.events) != 5 || !strings.Contains(out.String(), "类型 !participant.*") {
		t.Errorf("%d events; said %s", len(to.events), out.String())
	}
}

// TestServeTakesInAndSendsOut runs both with the server, configured by files.
func TestServeTakesInAndSendsOut(t *testing.T) {
	t.Setenv("HOOK", strings.Repeat("secret ", 5))
	to := new(listened)
	hook := httptest.NewServer(to)
	defer hook.Close()
	dir := t.TempDir()
	folder := filepath.Join(dir, "in")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	db := place{url: "sqlite:" + filepath.Join(dir, "l.db")}
	err := withAccounts(t.Context(), &db, func(ctx context.Context, all *accounts.Accounts) error {
		return all.Add(ctx, accounts.Account{Username: "treasury", Person: "p-t", Name: "系统", Post: "接口", Unit: "302", UnitName: "支付中心", Role: accounts.Treasury}, "一句很长的话做密码")
	})
	if err != nil {
		t.Fatal(err)
	}
	out := traffic{
		relay: file("relay.json", fmt.Sprintf(`{"targets":[{"name":"hook","to":%q,"secret":"env:HOOK"}]}`, hook.URL)),
		feeds: file("feeds.json", fmt.Sprintf(`{"sources":[{"name":"files","from":%q,"account":"treasury","commands":["execution.pay"]}]}`, "file:"+folder)),
	}
	if err := out.read(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	site, err := openSite(ctx, db, nil, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	if err := site.connect(ctx, db, out); err != nil {
		t.Fatal(err)
	}
	listener, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url, served := make(chan string, 1), make(chan error, 1)
	go func() { served <- site.serve(ctx, listener, func(at string) { url <- at }) }()
	at := <-url
	if _, err := site.store.Append(ctx, "note-1", 0, eventstore.Draft{Type: "unit.registered.v1", Data: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	file("in/payments.csv", "项目编码,年度,支付编号,金额\np1,2025,1,100\n")
	wants := []string{ // two events: which log the ledger has, and the note
		`wenxiao_relay_delivery_seconds_count{target="hook"} 2`, `wenxiao_relay_running{target="hook"} 1`, `wenxiao_feed_messages_total{outcome="refused",source="files"} 1`,
		`wenxiao_batch_appends_count 2`, `wenxiao_appends_total{outcome="added"} 2`,
	}
	lacking, done := wants, []string{}
	for end := time.Now().Add(time.Minute); (len(lacking) > 0 || len(done) == 0) && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		answer, err := http.Get(at + "metrics")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.Body.Close() != nil {
			t.Fatal(err)
		}
		lacking = slices.DeleteFunc(slices.Clone(wants), func(want string) bool { return strings.Contains(string(body), want) })
		if done, err = filepath.Glob(filepath.Join(folder, "done", "*")); err != nil {
			t.Fatal(err)
		}
	}
	if len(lacking) > 0 {
		t.Errorf("the metrics lack %q", lacking)
	}
	if len(done) != 1 || to.count() != 2 {
		t.Errorf("%d files done, %d events arrived", len(done), to.count())
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// TestKillRelay kills the delivering process again and again while another
// writes: every event arrives, in order, and again only under the same id.
func TestKillRelay(t *testing.T) {
	to := new(listened)
	server := httptest.NewServer(to)
	defer server.Close()
	dir := t.TempDir()
	binary, path := build(t), filepath.Join(dir, "l.db")
	store, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var ids []string
	for round := range 3 {
		relaying := exec.CommandContext(t.Context(), binary, "relay", "--db", "sqlite:"+path, "--to", server.URL, "--secret", "env:HOOK")
		relaying.Env = append(os.Environ(), "HOOK="+strings.Repeat("secret ", 5))
		if err := relaying.Start(); err != nil {
			t.Fatal(err)
		}
		before := to.count()
		for n := range 300 {
			a, err := store.Append(t.Context(), fmt.Sprintf("goal-%d-%d", round, n), 0, eventstore.Draft{Type: "goal.noted.v1", Data: []byte(`{}`)})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, a.IDs...)
		}
		enough := before + 100
		if round == 2 {
			enough = before + len(ids) // more than can come: until all have
		}
		for end := time.Now().Add(time.Minute); to.count() < enough && to.last() != ids[len(ids)-1] && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		_ = relaying.Process.Kill()
		_ = relaying.Wait()
	}
	server.Close() // whoever is still answered
	at, again := 0, 0
	for _, e := range to.events {
		switch i := slices.Index(ids, e.ID); {
		case i == at:
			at++
		case i >= 0 && i < at:
			again++
		default:
			t.Fatalf("after %d events came %s of position %s", at, e.ID, e.Sequence)
		}
	}
	if at != len(ids) {
		t.Errorf("%d of %d events came", at, len(ids))
	}
	t.Logf("%d events, %d of them again", at, again)
}

func (l *listened) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.events) == 0 {
		return ""
	}
	return l.events[len(l.events)-1].ID
}
