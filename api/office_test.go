package api

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"wenxiao/api/accounts"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/eventstore/memory"
	"wenxiao/eventstore/vault"
	"wenxiao/projections"
)

// An office is a whole server over an empty ledger, with an account of every role.
type office struct {
	*testing.T
	server *Server
	http   http.Handler
	store  eventstore.Store
	clock  *clock
	dir    string // of its files
}

// clock is the time everybody is told; it starts in February 2026.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) set(now time.Time) { c.mu.Lock(); defer c.mu.Unlock(); c.now = now }

func (c *clock) turnTo(day domain.Day) { c.set(day.Time().Add(9 * time.Hour)) }

// people are the accounts: the unit 101001 belongs to the department 101, 102001
// to 102; 301 is finance, 302 the treasury.
var people = []accounts.Account{
	{Username: "unit", Person: "p-unit", Name: "李某", Post: "经办", Unit: "101001", UnitName: "示例市培训中心", Role: accounts.Filer},
	{Username: "other-unit", Person: "p-other-unit", Name: "孙某", Post: "经办", Unit: "102001", UnitName: "示例市另一单位", Role: accounts.Filer},
	{Username: "department", Person: "p-department", Name: "周某", Post: "绩效专员", Unit: "101", UnitName: "示例市人社局", Role: accounts.Department},
	{Username: "other-department", Person: "p-other-department", Name: "吴某", Post: "绩效专员", Unit: "102", UnitName: "示例市另一局", Role: accounts.Department},
	{Username: "finance", Person: "p-finance", Name: "王某", Post: "绩效科科长", Unit: "301", UnitName: "示例市财政局", Role: accounts.Finance},
	{Username: "treasury", Person: "p-treasury", Name: "郑某", Post: "支付岗", Unit: "302", UnitName: "示例市国库支付中心", Role: accounts.Treasury},
	{Username: "auditor", Person: "p-auditor", Name: "冯某", Post: "审计员", Unit: "401", UnitName: "示例市审计局", Role: accounts.Auditor},
	{Username: "inspector", Person: "p-inspector", Name: "陈某", Post: "检查员", Unit: "402", UnitName: "示例市纪委监委", Role: accounts.Inspector},
	{Username: "congress", Person: "p-congress", Name: "褚某", Post: "干事", Unit: "403", UnitName: "示例市人大财经委", Role: accounts.Congress},
	{Username: "admin", Person: "p-admin", Name: "卫某", Post: "系统管理员", Unit: "301", UnitName: "示例市财政局", Role: accounts.Admin},
}

const password = "一句很长的话做密码"

// accountsFile is a database of people, made once: passwords are slow on purpose.
// So are they checked with each request that brings one; the hash stored here is of
// the same kind and costs nothing.
var accountsFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	a, err := accounts.Open(context.Background(), "sqlite:"+filepath.Join(dir, "a"))
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		if err := a.Add(context.Background(), p, password); err != nil {
			return nil, err
		}
	}
	if err := a.Close(); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "a"))
	if err != nil {
		return nil, err
	}
	salt := []byte("sixteen bytes of")
	encoded := base64.RawStdEncoding.EncodeToString
	cheap := fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, encoded(salt), encoded(argon2.IDKey([]byte(password), salt, 1, 8, 1, 32)))
	_, err = db.Exec(`UPDATE accounts SET password = $1`, cheap)
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "a"))
})

func newOffice(t *testing.T, change ...func(*Server)) *office {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	file, err := accountsFile()
	must(err)
	must(os.WriteFile(filepath.Join(dir, "accounts"), file, 0o600))
	a, err := accounts.Open(t.Context(), "sqlite:"+filepath.Join(dir, "accounts"))
	must(err)
	db, err := projections.OpenDB(t.Context(), "sqlite:"+filepath.Join(dir, "views"))
	must(err)
	keys, err := vault.Open(t.Context(), filepath.Join(dir, "keys"))
	must(err)
	c := &clock{}
	c.turnTo("2026-02-02")
	store := memory.New(eventstore.WithClock(c.read))
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	runner := projections.NewRunner(db, store, log, projections.All()...)
	must(runner.CatchUp(t.Context())) // makes the tables
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = runner.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = store.Close()
		_ = db.Close()
		_ = a.Close()
		_ = keys.Close()
	})
	files, err := attachments.Open(t.TempDir())
	must(err)
	s := &Server{Files: files, Store: store, Views: projections.Views{DB: projections.Prepared(db)}, Runner: runner, Accounts: a, Vault: keys, Now: c.read, Log: log}
	for _, f := range change {
		f(s)
	}
	return &office{T: t, server: s, http: s.Handler(), store: store, clock: c, dir: dir}
}

// head is how many records there are.
func (d *office) head() eventstore.Position {
	d.Helper()
	head, err := d.store.Head(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	return head
}

// call is one request to be made.
type call struct {
	as, method, path, body string
	header                 map[string]string
}

// A reply is what came back.
type reply struct {
	*httptest.ResponseRecorder
	t *testing.T
}

func (d *office) do(c call) reply {
	d.Helper()
	var body io.Reader
	if c.body != "" {
		body = strings.NewReader(c.body)
	}
	r := httptest.NewRequestWithContext(d.Context(), c.method, "http://127.0.0.1:8080"+c.path, body)
	r.RemoteAddr = "127.0.0.1:40000"
	if c.as != "" {
		r.SetBasicAuth(c.as, password)
	}
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	d.http.ServeHTTP(w, r)
	return reply{w, d.T}
}

func (d *office) get(as, path string) reply {
	d.Helper()
	return d.do(call{as: as, method: "GET", path: path})
}

// create asks for the first record of a stream, change for one after seen.
func (d *office) create(as, path, body string) reply {
	d.Helper()
	return d.do(call{as: as, method: "POST", path: "/api/v1/" + path, body: body, header: map[string]string{"If-None-Match": "*"}})
}

func (d *office) change(as, path string, seen int, body string) reply {
	d.Helper()
	return d.do(call{as: as, method: "POST", path: "/api/v1/" + path, body: body, header: map[string]string{"If-Match": fmt.Sprintf("%q", fmt.Sprint(seen))}})
}

// entered is the answer to a change that must have been made.
func (r reply) entered() Entered {
	r.t.Helper()
	if r.Code != http.StatusOK {
		r.t.Fatalf("%d %s", r.Code, r.Body)
	}
	return into[Entered](r)
}

func into[T any](r reply) (v T) {
	r.t.Helper()
	if err := json.Unmarshal(r.Body.Bytes(), &v); err != nil {
		r.t.Fatalf("%d %s: %v", r.Code, r.Body, err)
	}
	return v
}

// problem is the answer to a request that must have been refused so.
func (r reply) problem(status int, code string) Problem {
	r.t.Helper()
	p := into[Problem](r)
	if r.Code != status || p.Status != status || p.Code != code || r.Header().Get("Content-Type") != "application/problem+json" {
		r.t.Fatalf("got %d %s, want %d %s:\n%s", r.Code, p.Code, status, code, r.Body)
	}
	if p.Reason == "" || p.Detail == "" || p.Title == "" || p.Instance == "" || !strings.HasPrefix(p.Type, "urn:wenxiao:") {
		r.t.Fatalf("a problem that says too little: %+v", p)
	}
	return p
}

// pages of the story, in order.
const (
	programmeBody = `{"name":"公共实训基地运营","kind":"project","unit":"101001","unitName":"示例市培训中心","department":"101","departmentName":"示例市人社局",
		"fundBook":"general","from":2025,"jurisdiction":"xinzhou"}`
	goalBody = `{"budget":250000000,"objective":"全年培训 38508 人","indicators":[
		{"row":"1","level1":"产出指标","level2":"数量指标","name":"培训人数","target":"≥38508人","weight":50},
		{"row":"2","level1":"效益指标","level2":"社会效益指标","name":"就业率","target":"≥80%","weight":30},
		{"row":"3","level1":"满意度指标","level2":"服务对象满意度","name":"学员满意度","target":"≥95%","weight":10}]}`
	reviewBody = `{"version":1,"completeness":{"score":19,"full":0},"relevance":{"score":28,"full":0},"suitability":{"score":28,"full":0},"feasibility":{"score":19,"full":0},"opinion":"目标明确，指标可测"}`
)

// programme registers p1 of the unit 101001.
func (d *office) programme() {
	d.Helper()
	d.create("unit", "programmes/p1/register", programmeBody).entered()
}

// funded brings p1's year 2025 to an approved goal, a budget, and money paid. The
// goal stream is then at revision 4, the execution stream at 3.
func (d *office) funded() {
	d.Helper()
	d.programme()
	d.create("unit", "goals/p1/2025/file", goalBody).entered()
	d.change("department", "goals/p1/2025/review", 1, reviewBody).entered()
	d.change("finance", "goals/p1/2025/review", 2, reviewBody).entered()
	d.change("finance", "goals/p1/2025/approve", 3, `{"version":1,"amount":250000000,"document":"示财预〔2026〕1号"}`).entered()
	d.create("finance", "executions/p1/2025/set-budget", `{"amount":250000000,"document":"示财预〔2026〕1号"}`).entered()
	d.change("finance", "executions/p1/2025/allot", 1, `{"amount":200000000,"document":"示财预〔2026〕2号"}`).entered()
	d.change("treasury", "executions/p1/2025/pay", 2, `{"payment":"0202-001","amount":120000000}`).entered()
}
