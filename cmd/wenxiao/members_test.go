package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wenxiao/domain/published"
	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/verify"
)

// TestMembers runs three servers of one ledger in PostgreSQL, lets clients file at
// all of them, and kills whichever leads, twice. Every act that was acknowledged
// is in the ledger, once; all servers show the same; receipts keep coming, and the
// log of the new leader goes on from the checkpoint of the old.
func TestMembers(t *testing.T) {
	m := newMembers(t)
	for i := range 3 {
		m.start(i)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for i := range 6 {
		clients.Go(func() { m.file(ctx, i) })
	}
	m.acknowledges(20)
	before := m.checkpoint(m.leader())
	for range 2 {
		dead := m.kill()
		m.start(dead)
		m.acknowledges(20)
	}
	cancel()
	clients.Wait()
	m.importBeside()
	m.wait()
	m.check()
	m.agree()
	m.prove(before)
}

// members are servers of one ledger.
type members struct {
	*testing.T
	binary, db, home string

	mu      sync.Mutex
	servers [3]*server
	acked   map[string]string // unit code → event id
	next    atomic.Int64
	clients http.Client
}

type server struct {
	*exec.Cmd
	url  string
	errs *bytes.Buffer
}

func newMembers(t *testing.T) *members {
	dir := t.TempDir()
	m := &members{T: t, binary: build(t), db: pgtest.URL(t), home: filepath.Join(dir, "home"), acked: map[string]string{}}
	m.clients.Timeout = 30 * time.Second
	out, err := m.run(password+"\n", "user", "add", "clerk", "--person", "p01", "--name", "张某", "--post", "人事科科长",
		"--unit", "101", "--unit-name", "某局", "--role", "finance")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return m
}

func (m *members) run(in string, args ...string) (string, error) {
	cmd := exec.CommandContext(m.Context(), m.binary, append(args, "--db", m.db, "--home", m.home)...)
	cmd.Stdin = strings.NewReader(in)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// start starts the i-th server and waits until it answers.
func (m *members) start(i int, args ...string) *server {
	m.Helper()
	s, err := startServer(m.T, m.binary, append([]string{"serve", "--addr", "127.0.0.1:0", "--db", m.db, "--home", m.home, "--member", fmt.Sprint("甲", i)}, args...)...)
	if err != nil {
		m.Fatalf("server %d did not come up: %v", i, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.servers[i] = s
	return s
}

// startServer starts the program and waits until it says where it answers.
func startServer(t *testing.T, binary string, args ...string) (*server, error) {
	s := &server{Cmd: exec.Command(binary, args...), errs: new(bytes.Buffer)}
	out, err := s.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.Stderr = s.errs
	if err := s.Start(); err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = s.Process.Kill(); _ = s.Wait() }) // or it writes where all is cleared away
	line, err := bufio.NewReader(out).ReadString('\n')
	if s.url = address.FindString(line); err != nil || s.url == "" {
		_ = s.Process.Kill()
		_ = s.Wait()
		return nil, fmt.Errorf("%w: %q\n%s", err, line, s.errs)
	}
	return s, nil
}

// at is the server that a client asks for the n-th time.
func (m *members) at(n int) *server {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.servers[n%len(m.servers)]
}

// file registers one unit after the other until ctx ends, each until somebody has
// acknowledged it: at another server, with the same key, when one does not answer.
func (m *members) file(ctx context.Context, client int) {
	for ctx.Err() == nil {
		code := fmt.Sprintf("k%06d", m.next.Add(1))
		for n := client; ; n++ {
			event, err := m.register(m.at(n), code)
			if err == nil {
				m.mu.Lock()
				m.acked[code] = event
				m.mu.Unlock()
				break
			}
			if m.Context().Err() != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// register asks for one event.
func (m *members) register(s *server, code string) (event string, err error) {
	body := fmt.Sprintf(`{"code":%q,"name":"某单位%s","kind":"budgetary"}`, code, code)
	answer, err := m.ask(s, http.MethodPost, "/api/v1/units/"+code+"/register", body, map[string]string{"If-None-Match": "*", "Idempotency-Key": "kill-" + code})
	if err != nil {
		return "", err
	}
	var done struct {
		EventIDs []string `json:"eventIds"`
	}
	if err := json.Unmarshal(answer, &done); err != nil || len(done.EventIDs) != 1 {
		return "", fmt.Errorf("%w: %s", err, answer)
	}
	return done.EventIDs[0], nil
}

// ask asks a server as the clerk. What is no success is an error.
func (m *members) ask(s *server, method, path, body string, header map[string]string) ([]byte, error) {
	request, err := http.NewRequestWithContext(m.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth("clerk", password)
	request.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := m.clients.Do(request)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %s", response.Status, answer)
	}
	return answer, err
}

// must is answered within a minute: what a server has to wait for, its tables or a
// checkpoint, it may give up before.
func (m *members) must(s *server, method, path, body string) []byte {
	m.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		answer, err := m.ask(s, method, path, body, nil)
		if err == nil {
			return answer
		}
		if time.Now().After(end) {
			m.Fatalf("%s: %v\n%s", path, err, s.errs)
		}
	}
}

// acknowledges waits until n more acts are acknowledged.
func (m *members) acknowledges(n int) {
	m.Helper()
	count := func() int { m.mu.Lock(); defer m.mu.Unlock(); return len(m.acked) }
	for enough, end := count()+n, time.Now().Add(time.Minute); count() < enough; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			m.Fatalf("nothing is acknowledged any more; the servers said:\n%s\n%s\n%s", m.servers[0].errs, m.servers[1].errs, m.servers[2].errs)
		}
	}
}

// leader is the number of the server that leads, as all of them say.
func (m *members) leader() int {
	m.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for i := range m.servers {
			var h struct {
				Lead struct {
					Name string
					Here bool
				}
			}
			answer, err := m.ask(m.at(i), http.MethodGet, "/healthz", "", nil)
			if err == nil && json.Unmarshal(answer, &h) == nil && h.Lead.Here && h.Lead.Name == fmt.Sprint("甲", i) {
				return i
			}
		}
	}
	m.Fatal("nobody leads")
	return 0
}

// kill kills the leader and waits until an act begun after is acknowledged.
func (m *members) kill() int {
	m.Helper()
	leads := m.leader()
	s := m.at(leads)
	died := time.Now()
	if err := s.Process.Kill(); err != nil {
		m.Fatal(err)
	}
	_ = s.Wait() // killed: its error says so
	code := fmt.Sprintf("k%06d", m.next.Add(1))
	for n := leads + 1; ; n++ {
		if n%3 == leads {
			continue
		}
		event, err := m.register(m.at(n), code)
		if err == nil {
			m.mu.Lock()
			m.acked[code] = event
			m.mu.Unlock()
			break
		}
		if time.Since(died) > time.Minute {
			m.Fatalf("nobody took over: %v", err)
		}
	}
	m.Logf("%s was killed; the next act was acknowledged after %s", fmt.Sprint("甲", leads), time.Since(died).Round(time.Millisecond))
	return leads
}

// importBeside enters published tables while the servers run.
func (m *members) importBeside() {
	m.Helper()
	file := filepath.Join(m.TempDir(), "table.json")
	if err := os.WriteFile(file, published.File(), 0o600); err != nil {
		m.Fatal(err)
	}
	if out, err := m.run("", "import", file); err != nil || !strings.Contains(out, "入账") {
		m.Fatalf("%v\n%s", err, out)
	}
	if out, err := m.run("", "import", file); err != nil || !strings.Contains(out, "早已入账") {
		m.Errorf("imported twice: %v\n%s", err, out)
	}
}

// wait waits until every server is ready.
func (m *members) wait() {
	m.Helper()
	for i := range m.servers {
		var err error
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			if _, err = m.ask(m.at(i), http.MethodGet, "/readyz", "", nil); err == nil {
				break
			}
		}
		if err != nil {
			m.Fatalf("server %d is not ready: %v\n%s", i, err, m.at(i).errs)
		}
	}
}

// check holds the ledger against what was acknowledged.
func (m *members) check() {
	m.Helper()
	store, err := postgres.OpenReadOnly(m.Context(), m.db)
	if err != nil {
		m.Fatal(err)
	}
	defer store.Close()
	if report, err := verify.Ledger(m.Context(), store, verify.Options{}); err != nil || report.Found > 0 {
		m.Errorf("%+v, %v", report, err)
	}
	kept := map[string]string{}
	for r, err := range store.ReadAll(m.Context(), 0) {
		if err != nil {
			m.Fatal(err)
		}
		code := strings.TrimPrefix(r.Stream, "unit-")
		if _, twice := kept[code]; twice && strings.HasPrefix(code, "k") {
			m.Errorf("%s is there twice", code)
		}
		kept[code] = r.ID
	}
	for code, event := range m.acked {
		if kept[code] != event {
			m.Errorf("%s was acknowledged as %s; the ledger has %q", code, event, kept[code])
		}
	}
	m.Logf("%d acts acknowledged, %d records", len(m.acked), len(kept))
}

func (m *members) head() eventstore.Position {
	var h struct{ Position eventstore.Position }
	if err := json.Unmarshal(m.must(m.at(0), http.MethodGet, "/healthz", ""), &h); err != nil {
		m.Fatal(err)
	}
	return h.Position
}

// agree holds the answers of the servers against one another.
func (m *members) agree() {
	m.Helper()
	for _, path := range []string{"/api/v1/units?after=%d", "/api/v1/trail?limit=100&after=%d", "/api/v1/programmes?after=%d"} {
		path = fmt.Sprintf(path, m.head())
		first := m.must(m.at(0), http.MethodGet, path, "")
		for i := range m.servers {
			if other := m.must(m.at(i), http.MethodGet, path, ""); !bytes.Equal(first, other) || len(other) < 100 {
				m.Errorf("%s: server %d says %.300s\nserver 0 %.300s", path, i, other, first)
			}
		}
	}
}

// checkpoint waits for the first one.
func (m *members) checkpoint(i int) string {
	m.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		answer, err := m.ask(m.at(i), http.MethodGet, "/checkpoint", "", nil)
		if err == nil {
			return string(answer)
		}
		if time.Now().After(end) {
			m.Fatal(err)
		}
	}
}

// prove takes the receipt of the last record from every server, and asks every
// server whether the log still contains the checkpoint from before the kills.
func (m *members) prove(before string) {
	m.Helper()
	at := fmt.Sprint("/api/v1/records/", m.head(), "/receipt")
	for i := range m.servers {
		var r struct{ Receipt string }
		if err := json.Unmarshal(m.must(m.at(i), http.MethodGet, at, ""), &r); err != nil {
			m.Fatal(err)
		}
		for _, text := range []string{before, r.Receipt} {
			body, err := json.Marshal(map[string]string{"text": text})
			if err != nil {
				m.Fatal(err)
			}
			for j := range m.servers {
				if answer := m.must(m.at(j), http.MethodPost, "/api/v1/verify", string(body)); !strings.Contains(string(answer), `"genuine":true`) {
					m.Errorf("server %d: %s", j, answer)
				}
			}
		}
	}
	last := strings.Split(m.checkpoint(0), "\n")
	if first := strings.Split(before, "\n"); first[0] != last[0] || first[1] >= last[1] && len(first[1]) >= len(last[1]) {
		m.Errorf("the log %v went on as %v", first[:2], last[:2])
	}
}
