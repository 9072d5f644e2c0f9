package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wenxiao/domain/published"
	"wenxiao/domain/sealing"
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
	go func() { _ = site.sealer.Run(t.Context()) }()
	if said, code := do(t, "receipt", "3", "--db", p.url); code != 0 || !strings.Contains(said, "index 2\n") {
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
	if said, code := do(t, "seal", "publish", "--db", p.url); code != 0 || strings.Count(said, "已签") != 3 {
		t.Fatalf("%d %s", code, said)
	}
	if said, code := do(t, "seal", "--db", p.url); code != 0 || strings.Count(said, "见证 (cosigned)") != 3 {
		t.Errorf("%d %s", code, said)
	}
	for i, name := range []string{"discipline", "congress"} {
		stops[name]()
		p.enter(t, published.Samples()[i+1])
		said, code := do(t, "seal", "publish", "--db", p.url)
		if short := strings.Contains(said, "witness quorum missing"); short != (i == 1) || short != (code == exitFault) || !strings.Contains(said, "没有应答") {
			t.Errorf("%d offices left: %d %s", 2-i, code, said)
		}
		if receipt, code := do(t, "receipt", "1", "--db", p.url); code != 0 {
			t.Error(receipt)
		}
	}
	stops["audit"]()
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
		case <-time.After(20 * time.Second):
			t.Error("the witness does not end")
		}
	}
}
