package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wenxiao/eventstore/vault"
)

// TestNoBundleRevivesAnybody puts an old copy of the keys back after somebody was
// erased, and asks for a bundle with personal data first of all.
func TestNoBundleRevivesAnybody(t *testing.T) {
	f := newForgetting(t)
	file := filepath.Join(t.TempDir(), "a.zip")
	f.wenxiao("evidence", "--person", somebody, "--personal", "-o", file)
	if b, err := os.ReadFile(file); err != nil || !bytes.Contains(b, []byte(theirName)) {
		t.Fatalf("the bundle reveals nobody: this test shows nothing: %v", err)
	}
	f.erase()
	f.must(os.WriteFile(f.beside("keys"), f.known, 0o600))
	for _, at := range []string{"", "1"} {
		f.wenxiao("evidence", "--person", somebody, "--personal", "--at", at, "-o", file)
		b, err := os.ReadFile(file)
		f.must(err)
		if bytes.Contains(b, []byte(theirName)) || !bytes.Contains(b, []byte("已删除，不能再读")) {
			t.Errorf("at %q the bundle has what is erased", at)
		}
	}
	if got, err := f.reveal(); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestBundleOfAParticipant(t *testing.T) {
	f := newForgetting(t)
	file := filepath.Join(t.TempDir(), "a.zip")
	for _, asked := range [][]string{{"--person", somebody}, {somebody}} {
		if said := f.wenxiao(append([]string{"evidence", "-o", file}, asked...)...); !strings.Contains(said, "人员 "+somebody) {
			t.Errorf("%s: %s", asked, said)
		}
		b, err := os.ReadFile(file)
		f.must(err)
		if !bytes.Contains(b, []byte("participant-"+somebody)) || bytes.Contains(b, []byte(theirName)) {
			t.Errorf("%s: not the participant's stream, or not sealed", asked)
		}
	}
}

// TestWhatABundleIsOf: a word that names nobody and nothing is looked for, and
// that is said; where nothing is found, or a file is no bundle, the answer is no.
func TestWhatABundleIsOf(t *testing.T) {
	p, dir := newPlace(t), t.TempDir()
	policy, bad, file := filepath.Join(dir, "policy"), filepath.Join(dir, "bad.zip"), filepath.Join(dir, "a.zip")
	do(t, "seal", "publish", "--db", p.url)
	text, _ := do(t, "seal", "policy", "--db", p.url)
	if err := errors.Join(os.WriteFile(policy, []byte(text), 0o600), os.WriteFile(bad, []byte("PK"), 0o600)); err != nil {
		t.Fatal(err)
	}
	evidence := func(args ...string) []string {
		return append([]string{"evidence", "--db", p.url, "-o", file}, args...)
	}
	for _, c := range []struct {
		args []string
		code int
		said string
	}{
		{evidence("nosuch"), exitFault, "没有编号为 nosuch 的项目、人员或参与人；到账本位置"},
		{evidence("--query", "nosuch"), exitFault, "evidence.nothing"},
		{evidence("nosuch", "--year", "2024"), exitFault, "programme.unknown"},
		{evidence("--person", "system", "--year", "2024"), exitInput, "--year 只用于项目"},
		{evidence("  "), exitInput, "须给出一个"},
		{evidence("--query", "  "), exitInput, "须给出一个"},
		{evidence("公开"), 0, "没有编号为 公开 的项目、人员或参与人，取内容含这些词的记录"},
		{[]string{"evidence", "check", file, "--policy", policy}, 0, "通过"},
		{[]string{"evidence", "check", bad, "--policy", policy}, exitFault, "evidence.not-a-bundle"},
		{[]string{"evidence", "check", bad}, exitInput, "--policy"},
		{[]string{"evidence", "check", bad + ".none", "--policy", policy}, exitInput, "没有文件"},
	} {
		if said, code := do(t, c.args...); code != c.code || !strings.Contains(said, c.said) {
			t.Errorf("%q ends with %d, not %d, %s: %s", c.args, code, c.code, c.said, said)
		}
	}
}
