package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wenxiao/eventstore/sqlite"
	"wenxiao/eventstore/verify"
)

// TestKill runs the real program, kills it again and again with SIGKILL while
// clients write, and holds the ledger against the clients' own journals: every
// acknowledged event is there, once, and what was under way is there whole or
// not at all. It finds faults of logic; that each acknowledged commit was synced
// is for the tests of the stores.
func TestKill(t *testing.T) {
	k := newKilling(t)
	for round := range 5 {
		k.round(t, round)
	}
	k.check(t)
}

const password = "夜里十二点半的钟声"

// killing is a ledger whose server is not allowed to live.
type killing struct {
	binary, db string
	journal    *os.File
	mu         sync.Mutex
	acked      map[string]string // unit code → event id, as the server answered
	next       atomic.Int64
	unanswered []string // codes whose answer never came
}

func newKilling(t *testing.T) *killing {
	dir := t.TempDir()
	k := &killing{binary: build(t), db: "sqlite:" + filepath.Join(dir, "ledger.db"), acked: map[string]string{}}
	add := exec.CommandContext(t.Context(), k.binary, "user", "add", "clerk", "--person", "p01", "--name", "张某", "--post", "人事科科长",
		"--unit", "101", "--unit-name", "某局", "--role", "finance", "--db", k.db)
	add.Stdin = strings.NewReader(password + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var err error
	if k.journal, err = os.Create(filepath.Join(dir, "journal")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.journal.Close() })
	return k
}

// round starts the server, lets eight clients write, and kills it.
func (k *killing) round(t *testing.T, round int) {
	server, url := k.start(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var clients sync.WaitGroup
	again := k.unanswered
	k.unanswered = nil
	for _, code := range again { // with the same idempotency key: once in all
		if err := k.register(ctx, url, code); err != nil {
			t.Fatalf("round %d: repeating %s: %v", round, code, err)
		}
	}
	for range 8 {
		clients.Go(func() {
			for {
				code := fmt.Sprintf("k%06d", k.next.Add(1))
				if err := k.register(ctx, url, code); err != nil {
					k.mu.Lock()
					k.unanswered = append(k.unanswered, code)
					k.mu.Unlock()
					return
				}
			}
		})
	}
	k.acknowledges(t, 20)
	time.Sleep(rand.N(700 * time.Millisecond))
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait() // killed: its error says so
	clients.Wait()
	t.Logf("round %d: %d acknowledged so far, %d without an answer", round, len(k.acked), len(k.unanswered))
}

// acknowledges waits until n more events are.
func (k *killing) acknowledges(t *testing.T, n int) {
	count := func() int { k.mu.Lock(); defer k.mu.Unlock(); return len(k.acked) }
	for enough, end := count()+n, time.Now().Add(time.Minute); count() < enough && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
}

var address = regexp.MustCompile(`http://[^/\s]+`)

func (k *killing) start(t *testing.T) (*exec.Cmd, string) {
	server := exec.Command(k.binary, "serve", "--addr", "127.0.0.1:0", "--db", k.db)
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	server.Stderr = &errs
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() }) // or it writes where all is cleared away
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server did not come up: %v\n%s", err, errs.String())
	}
	return server, address.FindString(line)
}

// register asks for one event and journals the answer, synced, before it
// returns: what the journal holds the server has acknowledged.
func (k *killing) register(ctx context.Context, url, code string) error {
	body := fmt.Sprintf(`{"code":%q,"name":"某单位%s","kind":"budgetary"}`, code, code)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/v1/units/"+code+"/register", strings.NewReader(body))
	if err != nil {
		return err
	}
	request.SetBasicAuth("clerk", password)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("If-None-Match", "*")
	request.Header.Set("Idempotency-Key", "kill-"+code)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var done struct {
		EventIDs []string `json:"eventIds"`
	}
	if err := json.Unmarshal(answer, &done); err != nil || response.StatusCode/100 != 2 || len(done.EventIDs) != 1 {
		return fmt.Errorf("%s: %s", response.Status, answer)
	}
	return k.note(code, done.EventIDs[0])
}

func (k *killing) note(code, event string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.acked[code] = event
	if _, err := fmt.Fprintln(k.journal, code, event); err != nil {
		return err
	}
	return k.journal.Sync()
}

// check reads the ledger without the server.
func (k *killing) check(t *testing.T) {
	store, err := sqlite.OpenReadOnly(strings.TrimPrefix(k.db, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if report, err := verify.Ledger(t.Context(), store, verify.Options{}); err != nil || report.Found > 0 {
		t.Errorf("%+v, %v", report, err)
	}
	kept := map[string]string{}
	for r, err := range store.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		code := strings.TrimPrefix(r.Stream, "unit-")
		if _, twice := kept[code]; twice {
			t.Errorf("%s is there twice", code)
		}
		kept[code] = r.ID
	}
	for code, event := range k.acked {
		if kept[code] != event {
			t.Errorf("%s was acknowledged as %s; the ledger has %q", code, event, kept[code])
		}
	}
	if len(k.acked) < 50 {
		t.Errorf("only %d events were acknowledged: the test shows nothing", len(k.acked))
	}
}
