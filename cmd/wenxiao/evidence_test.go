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
