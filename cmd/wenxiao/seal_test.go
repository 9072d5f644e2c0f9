package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wenxiao/domain/published"
	"wenxiao/domain/sealing"
	"wenxiao/eventstore"
)

// newPlace is an SQLite ledger with a published table in it.
func newPlace(t *testing.T) place {
	t.Helper()
	p := place{url: "sqlite:" + filepath.Join(t.TempDir(), "l.db")}
	p.enter(t, published.Samples()[0])
	return p
}

func (p place) enter(t *testing.T, table published.Table) {
	t.Helper()
	store, err := p.openStore(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := enter(t.Context(), store, []published.Table{table}, io.Discard); err != nil {
		t.Fatal(err)
	}
}

// do runs a command and returns what it said, and its exit code.
func do(t *testing.T, args ...string) (said string, code int) {
	t.Helper()
	var out bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &out)
	return out.String(), code
}

func TestKeysInUse(t *testing.T) {
	p := newPlace(t)
	site, err := openSite(t.Context(), p, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	if said, code := do(t, "seal", "publish", "--db", p.url); code != exitInput || !strings.Contains(said, "seal.in-use") {
		t.Errorf("%d %s", code, said)
	}
	ctx, stop := context.WithCancel(t.Context())
	var signing sync.WaitGroup
	signing.Go(func() { _ = site.sealer.Run(ctx) })
	defer signing.Wait()
	defer stop()
	said, code := do(t, "receipt", "3", "--db", p.url)
	for end := time.Now().Add(time.Minute); strings.Contains(said, "seal.in-use") && time.Now().Before(end); { // it waits only so long
		said, code = do(t, "receipt", "3", "--db", p.url)
	}
	if code != 0 || !strings.Contains(said, "index 2\n") {
		t.Errorf("a receipt beside a server: %d %s", code, said)
	}
}

// A rotation whose process died after recording it is finished at the next start;
// one that was not recorded is not.
func TestRotationThatDiedHalfWay(t *testing.T) {
	p := newPlace(t)
	site, err := openSite(t.Context(), p, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	r, err := site.sealer.signer.BeginRotation()
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Close(); err != nil {
		t.Fatal(err)
	}
	if site, err = openSite(t.Context(), p, nil, io.Discard); err != nil || site.sealer.signer.Verifiers()[0] != r.Old {
		t.Fatalf("a key that the ledger does not know signs: %v", err)
	}
	change := sealing.Rotate{Origin: r.Origin, Old: r.Old, New: r.New, Statement: r.Statement}
	if err := record(t.Context(), site.store, change, "", r.New); err != nil {
		t.Fatal(err)
	}
	if err := site.Close(); err != nil {
		t.Fatal(err)
	}
	if site, err = openSite(t.Context(), p, nil, io.Discard); err != nil || site.sealer.signer.Verifiers()[0] != r.New {
		t.Fatalf("the key that the ledger records does not sign: %v", err)
	}
	defer site.Close()
	if _, err := site.sealer.Seal(t.Context()); err != nil {
		t.Error(err)
	}
}

// Three offices each run a witness; the policy needs two. One goes away, and then
// another.
func TestWitnessesOfThreeOffices(t *testing.T) {
	p := newPlace(t)
	if said, code := do(t, "seal", "publish", "--db", p.url); code != 0 {
		t.Fatal(said)
	}
	printed, _ := do(t, "seal", "policy", "--db", p.url)
	vkey := strings.Fields(printed)[1]
	var policy string
	stops := map[string]context.CancelFunc{}
	for _, name := range []string{"audit", "congress", "discipline"} {
		line, stop := startWitness(t, name, vkey)
		policy, stops[name] = policy+line, stop
	}
	policy += "group offices 2 audit congress discipline\nquorum offices\n"
	if err := os.WriteFile(filepath.Join(p.beside("seal"), "policy"), []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, code := cosigned(t, p, 0); code != 0 || strings.Count(said, "已签") != 3 {
		t.Fatalf("%d %s", code, said)
	}
	if said, code := do(t, "seal", "--db", p.url); code != 0 || strings.Count(said, "见证 (cosigned)") != 3 {
		t.Errorf("%d %s", code, said)
	}
	for i, name := range []string{"discipline", "congress"} {
		stops[name]()
		p.enter(t, published.Samples()[i+1])
		said, code := cosigned(t, p, i+1)
		if short := strings.Contains(said, "witness quorum missing"); short != (i == 1) || short != (code == exitFault) || !strings.Contains(said, "连不上") {
			t.Errorf("%d offices left: %d %s", 2-i, code, said)
		}
		if receipt, code := do(t, "receipt", "1", "--db", p.url); code != 0 {
			t.Error(receipt)
		}
	}
	stops["audit"]()
}

// cosigned publishes until all but so many witnesses have cosigned: one that has much else to do may
// need to be asked again.
func cosigned(t *testing.T, p place, gone int) (said string, code int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; {
		said, code = do(t, "seal", "publish", "--db", p.url)
		if strings.Count(said, "已签") == 3-gone || time.Now().After(end) {
			return said, code
		}
	}
}

// startWitness runs the command and returns its line for a policy.
func startWitness(t *testing.T, name, vkey string) (line string, stop context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"witness", "--listen", "127.0.0.1:0", "--state", filepath.Join(t.TempDir(), name), "--name", name + ".example", "--log", vkey}, nil, in, in)
		_ = in.Close()
	}()
	lines := bufio.NewScanner(out)
	for lines.Scan() && line == "" {
		if _, found, ok := strings.Cut(lines.Text(), "witness NAME "); ok {
			line = "witness " + name + " " + found + "\n"
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return line, func() {
		cancel()
		select {
		case code := <-ended:
			if code != 0 {
				t.Errorf("witness ended with %d", code)
			}
		case <-time.After(time.Minute):
			t.Error("the witness does not end")
		}
	}
}

// A ledger that was just founded names its log, and that is sealed.
func TestFreshLedgerIsSealed(t *testing.T) {
	p := place{url: "sqlite:" + filepath.Join(t.TempDir(), "l.db")}
	site, err := openSite(t.Context(), p, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	urls := make(chan string, 1)
	go func() { served <- site.serve(ctx, listener, func(url string) { urls <- url }) }()
	url := <-urls
	if _, err := site.sealer.WaitFor(t.Context(), 1); err != nil {
		t.Error(err)
	}
	response, err := http.Get(url + "checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil || !strings.HasPrefix(string(body), site.sealer.signer.Origin()+"\n1\n") {
		t.Errorf("%s, %v", body, err)
	}
	for _, args := range [][]string{{"verify"}, {"verify", "--tables"}, {"seal"}, {"receipt", "1"}} {
		if said, code := do(t, append(args, "--db", p.url)...); code != 0 {
			t.Errorf("%q: %d %s", args, code, said)
		}
	}
	stop()
	if err := errors.Join(<-served, site.Close()); err != nil {
		t.Error(err)
	}
	again, err := openSite(t.Context(), p, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := again.sealer.begin(t.Context(), again.store); err != nil {
		t.Error(err)
	}
	if head, err := again.store.Head(t.Context()); err != nil || head != 1 {
		t.Errorf("begun again: %d records, %v", head, err)
	}
}

// A witness that has seen another history is told apart from one that is away.
func TestWitnessRefuses(t *testing.T) {
	p := newPlace(t)
	if said, code := do(t, "seal", "publish", "--db", p.url); code != 0 {
		t.Fatal(said)
	}
	printed, _ := do(t, "seal", "policy", "--db", p.url)
	line, stop := startWitness(t, "audit", strings.Fields(printed)[1])
	defer stop()
	vkey := strings.Fields(line)[2]
	forked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte("999\n"))
	}))
	defer forked.Close()
	policy := "witness audit " + vkey + " " + forked.URL + "\nquorum audit\n"
	if err := os.WriteFile(filepath.Join(p.beside("seal"), "policy"), []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"seal", "publish"}, {"seal"}} {
		said, code := do(t, append(args, "--db", p.url)...)
		for end := time.Now().Add(time.Minute); strings.Contains(said, "超时") && time.Now().Before(end); { // a witness is given three seconds
			said, code = do(t, append(args, "--db", p.url)...)
		}
		if code != exitFault || !strings.Contains(said, "audit：") || !strings.Contains(said, "拒绝：检查点不一致") || !strings.Contains(said, "witnesses refuse") || strings.Contains(said, forked.URL) {
			t.Errorf("%q: %d %s", args, code, said)
		}
	}
	forked.Close()
	if said, code := do(t, "seal", "--db", p.url); code != exitFault || !strings.Contains(said, "audit：连不上") || strings.Contains(said, "refuse") {
		t.Errorf("%d %s", code, said)
	}
}

// The command itself sees that nothing can be signed any more, while a server
// holds the keys.
func TestSealSaysWhatIsAmiss(t *testing.T) {
	p, c, site := halfSigned(t)
	stands := func(what string, want int, saying string) {
		t.Helper()
		if said, code := do(t, "seal", "--db", p.url); code != want || !strings.Contains(said, saying) {
			t.Errorf("%s: %d %s", what, code, said)
		}
	}
	stands("all is well", 0, "签名 (signed)")
	tile := fmt.Sprintf("tile/0/000.p/%d", c.Size)
	alter := func(path string, change func([]byte) []byte) (restore func()) {
		t.Helper()
		was, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, change(bytes.Clone(was)), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := os.WriteFile(path, was, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	restore := alter(filepath.Join(p.tiles().Dir, tile), func(b []byte) []byte { b[0] ^= 1; return b })
	stands("a byte of the log", exitFault, "公开日志的文件 "+tile+" 缺失或被改")
	restore()
	signed := filepath.Join(p.beside("seal"), "signed")
	restore = alter(signed, func([]byte) []byte { return []byte("?") })
	stands("the last head signed cannot be read", exitFault, signed)
	restore()
	if err := os.Rename(signed, signed+".away"); err != nil {
		t.Fatal(err)
	}
	stands("the last head signed is gone", exitFault, "seal.forgotten")
	if err := os.Rename(signed+".away", signed); err != nil {
		t.Fatal(err)
	}
	stands("put back", 0, "签名 (signed)")
	head, err := site.store.Head(t.Context())
	if err != nil || head <= c.Size {
		t.Fatal(head, err)
	}
	for wait, want := range map[time.Duration]eventstore.Position{-time.Hour: 0, time.Hour: head - c.Size} {
		n, since, err := unsealed(t.Context(), site.store, c.Size, time.Now().Add(wait))
		if err != nil || n != want || since.IsZero() != (want == 0) {
			t.Errorf("%s later: %d unsealed since %s, %v", wait, n, since, err)
		}
	}
}

// A copy without its seal is not told to begin one.
func TestVerifyWithoutTheSeal(t *testing.T) {
	p := newPlace(t)
	const advice = "没有签过检查点；"
	if said, _ := do(t, "verify", "--db", p.url); !strings.Contains(said, advice) {
		t.Errorf("before the first day: %s", said)
	}
	if said, code := do(t, "seal", "publish", "--db", p.url); code != 0 {
		t.Fatal(said)
	}
	if err := errors.Join(os.RemoveAll(p.beside("seal")), os.RemoveAll(p.tiles().Dir)); err != nil {
		t.Fatal(err)
	}
	if said, code := do(t, "verify", "--db", p.url); code != exitFault || !strings.Contains(said, "seal.missing") || !strings.Contains(said, "没有封存的文件") || strings.Contains(said, advice) {
		t.Errorf("%d %s", code, said)
	}
}
