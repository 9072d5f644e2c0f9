package api

import (
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"wenxiao/eventstore"
)

// addresses lists what the router knows, as method and path.
func (d *office) addresses() (all [][2]string) {
	d.Helper()
	err := d.server.routes().(*mux.Router).Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := route.GetPathTemplate()
		if err != nil {
			return err
		}
		methods, err := route.GetMethods()
		if err != nil {
			d.Errorf("%s takes any method", path)
			return nil //nolint:nilerr // reported above; the walk goes on
		}
		for _, m := range methods {
			all = append(all, [2]string{m, path})
		}
		return nil
	})
	if err != nil {
		d.Fatal(err)
	}
	return all
}

var filled = strings.NewReplacer("{code}", "p1", "{year}", "2025", "/records/{id}", "/records/1", "{id}", "n1", "{schema}", "Problem", "{letter}", "0198", "{target}", "t", "{act:again|from}", "from", "{act:retry|dismiss}", "retry", "{source}", "s")

func TestEveryAnswerIsGuarded(t *testing.T) {
	d := newOffice(t)
	d.programme()
	all := append(d.addresses(), [2]string{"GET", "/nowhere"}, [2]string{"DELETE", "/healthz"}, [2]string{"GET", "/static/nothing.css"})
	if len(all) < len(Permissions) {
		t.Fatalf("only %d addresses", len(all))
	}
	for _, a := range all {
		for _, as := range []string{"", "finance"} {
			h := d.do(call{as: as, method: a[0], path: filled.Replace(a[1]), header: map[string]string{"Accept": "text/html"}}).Header()
			for name, want := range map[string]string{
				"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
			} {
				if h.Get(name) != want {
					t.Errorf("%s %s: %s is %q", a[0], a[1], name, h.Get(name))
				}
			}
			if h.Get("X-Request-ID") == "" {
				t.Errorf("%s %s has no number", a[0], a[1])
			}
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") || strings.Contains(policy, "*") {
		t.Error("the policy lets in what is not ours")
	}
}

func TestNothingIsSaidToNobody(t *testing.T) {
	d := newOffice(t)
	d.programme()
	before := d.head()
	for _, a := range d.addresses() {
		path := filled.Replace(a[1])
		if outside(path) || path == "/sign-in" || path == "/verify" || strings.HasPrefix(path, "/openapi") { // [TestAnybodyVerifies]
			continue
		}
		answer := d.do(call{method: a[0], path: path, body: `{}`})
		if answer.Code == http.StatusOK {
			t.Errorf("%s %s answers nobody in particular", a[0], a[1])
		}
		if strings.HasPrefix(path, "/api/") {
			answer.problem(http.StatusUnauthorized, "sign-in.needed")
			if !strings.HasPrefix(answer.Header().Get("WWW-Authenticate"), "Basic") {
				t.Errorf("%s %s does not say how to sign in", a[0], a[1])
			}
		}
	}
	if d.head() != before {
		t.Error("something was written")
	}
}

func TestAnotherSitesPageCannotAsk(t *testing.T) {
	d := newOffice(t)
	for name, header := range map[string]map[string]string{
		"fetch metadata": {"Sec-Fetch-Site": "cross-site", "If-None-Match": "*"},
		"same site":      {"Sec-Fetch-Site": "same-site", "If-None-Match": "*"},
		"origin":         {"Origin": "https://evil.example", "If-None-Match": "*"},
	} {
		t.Run(name, func(*testing.T) {
			d.do(call{as: "unit", method: "POST", path: "/api/v1/programmes/p1/register", body: programmeBody, header: header}).problem(403, "request.cross-origin")
		})
	}
	if d.head() != 0 {
		t.Error("something was written all the same")
	}
	d.do(call{
		as: "unit", method: "POST", path: "/api/v1/programmes/p1/register", body: programmeBody,
		header: map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8080", "If-None-Match": "*"},
	}).entered()
}

func TestAFaultIsOneSentenceAndANumber(t *testing.T) {
	d := newOffice(t)
	d.server.Store = nil // any use of it is a fault
	d.http = d.server.Handler()
	p := d.do(call{as: "finance", method: "GET", path: "/api/v1/records/1", header: map[string]string{"X-Request-ID": "n-4711"}}).problem(500, "server.fault")
	if p.Instance != "n-4711" || !strings.Contains(p.Reason, "n-4711") || strings.Contains(p.Reason, "nil") || strings.Contains(p.Reason, "panic") {
		t.Fatalf("%+v", p)
	}
}

func TestARequestsNumberIsPlain(t *testing.T) {
	d := newOffice(t)
	for given, kept := range map[string]bool{"n-1": true, "two words": false, "": false, strings.Repeat("x", 65): false} {
		got := d.do(call{method: "GET", path: "/healthz", header: map[string]string{"X-Request-ID": given}}).Header().Get("X-Request-ID")
		if (got == given) != kept || got == "" {
			t.Errorf("%q became %q", given, got)
		}
	}
}

// browser keeps the session cookie, as one would.
type browser struct {
	*office
	cookie *http.Cookie
}

func (b *browser) ask(method, path string, form url.Values) reply {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), method, "http://127.0.0.1:8080"+path, strings.NewReader(form.Encode()))
	r.RemoteAddr = "127.0.0.1:40000"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.http.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if strings.HasSuffix(c.Name, "wenxiao-session") {
			b.cookie = c
		}
	}
	return reply{w, b.T}
}

func (b *browser) signIn(username, password string) reply {
	b.Helper()
	return b.ask("POST", "/sign-in", url.Values{"username": {username}, "password": {password}})
}

func TestASessionBySignIn(t *testing.T) {
	b := &browser{office: newOffice(t)}
	if r := b.signIn("finance", password); r.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	c := b.cookie
	if c == nil || c.Name != "wenxiao-session" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure || c.MaxAge > 0 || !c.Expires.IsZero() {
		t.Fatalf("%+v", c)
	}
	if r := b.ask("GET", "/api/v1/marks", nil); r.Code != http.StatusOK || r.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	old := *b.cookie
	if r := b.signIn("unit", password); r.Code != http.StatusSeeOther || b.cookie.Value == old.Value {
		t.Fatal("the token was not renewed at sign-in")
	}
	fresh := *b.cookie
	b.cookie = &old
	b.ask("GET", "/api/v1/marks", nil).problem(401, "sign-in.needed")
	b.cookie = &fresh
	b.ask("POST", "/sign-out", nil)
	b.cookie = &fresh
	b.ask("GET", "/api/v1/marks", nil).problem(401, "sign-in.needed")
}

func TestTheWayBackStaysHere(t *testing.T) {
	b := &browser{office: newOffice(t)}
	for _, back := range []string{"https://elsewhere", "//elsewhere", `/\elsewhere`, "/\t/elsewhere", "/\x0b/x", "/\r\nSet-Cookie: a=b", "elsewhere", ""} {
		r := b.ask("POST", "/sign-in", url.Values{"username": {"finance"}, "password": {password}, "back": {back}})
		if to := r.Header().Get("Location"); r.Code != http.StatusSeeOther || to != "/" {
			t.Errorf("%q leads to %q", back, to)
		}
	}
	r := b.ask("POST", "/sign-in", url.Values{"username": {"finance"}, "password": {password}, "back": {"/record?q=培训"}})
	if to := r.Header().Get("Location"); to != "/record?q=%e5%9f%b9%e8%ae%ad" {
		t.Errorf("leads to %q", to)
	}
}

func TestWhatIsNoTextIsNotAskedFor(t *testing.T) {
	d := newOffice(t)
	for _, path := range []string{"/people/%00", "/api/v1/units/%ff", "/record?q=%00", "/api/v1/programmes?unit=%ff", "/rectifications/%ff"} {
		d.do(call{as: "finance", method: "GET", path: path}).problem(400, "request.not-text")
	}
	b := &browser{office: d}
	b.signIn("finance\x00", password).problem(400, "request.not-text")
}

func TestASessionThroughTLSNeverLeavesIt(t *testing.T) {
	b := &browser{office: newOffice(t, func(s *Server) { s.Secure = true })}
	r := b.signIn("finance", password)
	if b.cookie == nil || b.cookie.Name != "__Host-wenxiao-session" || !b.cookie.Secure || b.cookie.Domain != "" || b.cookie.Path != "/" {
		t.Fatalf("%+v", b.cookie)
	}
	if r.Header().Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security")
	}
}

func TestASessionThatIsLeftAloneEnds(t *testing.T) {
	after := func(idle time.Duration) reply {
		b := &browser{office: newOffice(t, func(s *Server) { s.Idle = idle })}
		b.signIn("finance", password)
		time.Sleep(60 * time.Millisecond)
		return b.ask("GET", "/api/v1/marks", nil)
	}
	if r := after(time.Hour); r.Code != http.StatusOK {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	after(50*time.Millisecond).problem(401, "sign-in.needed")
}

func TestADisabledAccountIsOutAtOnce(t *testing.T) {
	b := &browser{office: newOffice(t)}
	b.signIn("finance", password)
	if err := b.server.Accounts.Disable(t.Context(), "finance"); err != nil {
		t.Fatal(err)
	}
	b.ask("GET", "/api/v1/marks", nil).problem(401, "sign-in.needed")
	b.get("finance", "/api/v1/marks").problem(401, "sign-in.refused")
}

func TestAnotherRoleHoldsAtTheNextRequest(t *testing.T) {
	d := newOffice(t)
	d.programme()
	d.change("department", "programmes/p1/mark-major", 1, `{"reason":"金额大","document":"一号"}`).entered()
	if err := d.server.Accounts.SetRole(t.Context(), "department", "auditor"); err != nil {
		t.Fatal(err)
	}
	d.change("department", "programmes/p1/exit", 2, `{"day":"2026-02-01","reason":"到期"}`).problem(403, "permission.role")
}

func TestWrongPasswordsRunOut(t *testing.T) {
	b := &browser{office: newOffice(t)}
	for range 5 {
		if r := b.signIn("finance", "wrong wrong"); r.Code != http.StatusUnauthorized || !strings.Contains(r.Body.String(), "账户或密码不对") {
			t.Fatalf("%d %s", r.Code, r.Body)
		}
	}
	if r := b.signIn("finance", password); r.Code != http.StatusTooManyRequests || !strings.Contains(r.Body.String(), "分钟后再试") {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	p := b.get("finance", "/api/v1/marks").problem(429, "sign-in.too-many-attempts")
	if p.Wait <= 0 || p.Wait > 180 {
		t.Errorf("%+v", p)
	}
	if b.cookie != nil && b.cookie.Value != "" {
		r := b.ask("GET", "/api/v1/marks", nil)
		if r.Code == http.StatusOK {
			t.Error("somebody is signed in")
		}
	}
}

func TestPasswordsDoNotTravelInTheClear(t *testing.T) {
	d := newOffice(t)
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/marks", nil)
	r.RemoteAddr = "10.0.0.8:5000"
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("finance:"+password)))
	w := httptest.NewRecorder()
	d.http.ServeHTTP(w, r)
	reply{w, t}.problem(403, "sign-in.in-the-clear")
}

func TestBasicIsForProgramsOnly(t *testing.T) {
	d := newOffice(t)
	if r := d.do(call{as: "finance", method: "GET", path: "/programmes", header: map[string]string{"Accept": "text/html"}}); r.Code == http.StatusOK {
		t.Fatal("a page took a password from a header")
	}
}

func TestTheDemonstrationStaysHere(t *testing.T) {
	b := &browser{office: newOffice(t, func(s *Server) { s.Demo = true })}
	if r := b.ask("POST", "/sign-in", url.Values{"as": {"finance"}}); r.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	if r := b.ask("GET", "/api/v1/marks", nil); r.Code != http.StatusOK {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	for name, change := range map[string]func(*http.Request){
		"another machine": func(r *http.Request) { r.RemoteAddr = "10.0.0.8:5000" },
		"another name":    func(r *http.Request) { r.Host = "evil.example:8080" },
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), "GET", "http://127.0.0.1:8080/api/v1/marks", nil)
			r.RemoteAddr = "127.0.0.1:1"
			change(r)
			w := httptest.NewRecorder()
			b.http.ServeHTTP(w, r)
			reply{w, t}.problem(403, "demo.elsewhere")
		})
	}
	real := &browser{office: newOffice(t)}
	if r := real.ask("POST", "/sign-in", url.Values{"as": {"finance"}}); r.Code != http.StatusForbidden {
		t.Fatalf("a real ledger lends out its roles: %d", r.Code)
	}
}

// document is as much of an OpenAPI document as the tests look at.
type document struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		OperationID string         `json:"operationId"`
		Summary     string         `json:"summary"`
		Responses   map[string]any `json:"responses"`
		RequestBody struct {
			Content map[string]struct {
				Schema schema `json:"schema"`
			} `json:"content"`
		} `json:"requestBody"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
}

func TestTheDescriptionIsWhole(t *testing.T) {
	d := newOffice(t)
	spec := into[document](d.get("", "/openapi.json"))
	if spec.OpenAPI != "3.1.0" {
		t.Fatal(spec.OpenAPI)
	}
	described := map[[2]string]bool{}
	ids := map[string]bool{}
	for path, methods := range spec.Paths {
		for method, op := range methods {
			described[[2]string{strings.ToUpper(method), path}] = true
			if ids[op.OperationID] || op.Summary == "" || len(op.Responses) < 2 {
				t.Errorf("%s %s is described badly: %+v", method, path, op)
			}
			ids[op.OperationID] = true
		}
	}
	for _, a := range d.addresses() {
		if strings.HasPrefix(a[1], "/api/v1/") && !described[a] {
			t.Errorf("%s %s is not described", a[0], a[1])
		}
	}
	if len(described) < len(Permissions)+20 {
		t.Errorf("only %d operations", len(described))
	}
}

// TestEveryRefusalIsDescribed: each operation says that nobody may be signed in and
// that the database may be away, and those of files what else may befall them. No
// status is described that nothing answers with.
func TestEveryRefusalIsDescribed(t *testing.T) {
	d := newOffice(t)
	spec := into[document](d.get("", "/openapi.json"))
	more := map[string][]string{"attachment.deposit": {"403", "413", "422", "507"}, "attachment.content": {"403", "404", "410"}, "evidence.bundle": {"404", "422"}, "goal.file": {"412", "422", "428"}}
	for path, methods := range spec.Paths {
		for _, op := range methods {
			for _, status := range append(more[op.OperationID], "401", "500", "503") {
				if said, ok := op.Responses[status].(map[string]any); !ok || said["description"] == "" || said["content"] == nil {
					t.Errorf("%s (%s) does not describe %s: %v", path, op.OperationID, status, said)
				}
			}
			if op.Responses["409"] != nil || (op.Responses["507"] != nil) != (op.OperationID == "attachment.deposit") {
				t.Errorf("%s (%s) describes what it never answers", path, op.OperationID)
			}
			delete(more, op.OperationID)
		}
	}
	if len(more) > 0 {
		t.Errorf("there are no operations %v", more)
	}
}

func TestTheDescriptionRefersToNothingMissing(t *testing.T) {
	d := newOffice(t)
	text := d.get("", "/openapi.json").Body.String()
	spec := into[document](d.get("", "/openapi.json"))
	for _, part := range strings.Split(text, `"$ref":"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if _, ok := spec.Components.Schemas[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestTheDocumentationNeedsNoInternet(t *testing.T) {
	d := newOffice(t)
	page := d.get("", "/docs")
	for _, part := range strings.Split(page.Body.String(), `="`)[1:] {
		address, _, _ := strings.Cut(part, `"`)
		if strings.Contains(address, "//") {
			t.Errorf("%s is elsewhere", address)
		}
		if strings.HasPrefix(address, "/docs/") {
			if r := d.get("", address); r.Code != http.StatusOK || r.Body.Len() == 0 {
				t.Errorf("%s: %d", address, r.Code)
			}
		}
	}
	if strings.Contains(page.Body.String(), "<script>") || strings.Contains(page.Body.String(), "<style") {
		t.Error("something inline, which the policy forbids")
	}
}

func TestHealth(t *testing.T) {
	d := newOffice(t)
	d.programme()
	if h := into[health](d.get("", "/healthz")); h.Status != "ok" || h.Position != 1 {
		t.Fatalf("%+v", h)
	}
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
	if r := d.get("", "/healthz"); r.Code != http.StatusServiceUnavailable {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
}

func TestHealthSaysWhenATableHasStopped(t *testing.T) {
	d := newOffice(t, func(s *Server) { s.Log = slog.New(slog.DiscardHandler) })
	if _, err := d.store.Append(t.Context(), "goal-p1-2025", 0, eventstore.Draft{Type: "goal.from-the-future.v9", Data: []byte(`{}`), Meta: eventstore.Meta{Command: "c"}}); err != nil {
		t.Fatal(err)
	}
	d.get("finance", "/api/v1/goals?after=1").problem(http.StatusServiceUnavailable, "ledger.behind")
	r := d.get("", "/healthz")
	if h := into[health](r); r.Code != http.StatusServiceUnavailable || !strings.Contains(h.Status, "stopped") || h.Position != 1 || h.Behind != 1 {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
}

func TestTheLogSaysWhoAskedForWhat(t *testing.T) {
	var lines lockedBuffer
	d := newOffice(t, func(s *Server) { s.Log = slog.New(slog.NewJSONHandler(&lines, nil)) })
	d.do(call{as: "unit", method: "POST", path: "/api/v1/programmes/p1/mark-major", body: `{"reason":"大","document":"一"}`, header: map[string]string{"If-Match": `"1"`, "X-Request-ID": "n-1"}})
	d.programme()
	d.do(call{as: "unit", method: "POST", path: "/api/v1/programmes/p1/mark-major", body: `{"reason":"大","document":"一"}`, header: map[string]string{"If-Match": `"1"`, "X-Request-ID": "n-2"}}).problem(403, "permission.role")
	text := lines.String()
	for _, want := range []string{`"msg":"request","request":"n-1","username":"unit","method":"POST","path":"/api/v1/programmes/p1/mark-major","status":422`, `"msg":"not allowed","request":"n-2","username":"unit","command":"programme.mark-major"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, password) {
		t.Error("the log has the password")
	}
}

// lockedBuffer may be written to by many.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestTheServerLetsNobodyHoldItOpen(t *testing.T) {
	d := newOffice(t)
	h := d.server.HTTP("127.0.0.1:0")
	if h.ReadHeaderTimeout <= 0 || h.ReadTimeout <= 0 || h.WriteTimeout <= patience || h.IdleTimeout <= 0 || h.MaxHeaderBytes <= 0 {
		t.Fatalf("%+v", h)
	}
}
