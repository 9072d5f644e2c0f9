package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/sqlite"
	"wenxiao/eventstore/verify"
)

// long makes a ledger of more records than are read at a time, and returns its
// address and the state of a verification cut short.
func long(t *testing.T, name string) (p place, state []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	store, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	p = place{url: "sqlite:" + path}
	drafts := make([]eventstore.Draft, 3*verify.Span/2)
	for i := range drafts {
		drafts[i] = eventstore.Draft{Type: "test.happened.v1", Data: fmt.Appendf(nil, `{"n":%d,"of":%q}`, i, name)}
	}
	if _, err := store.Append(t.Context(), "s", 0, drafts...); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	_, err = verify.Ledger(ctx, store, verify.Options{
		Readers: 1, Progress: func(_, _ eventstore.Position) { stop() },
		Save: func(s *verify.State) (err error) { state, err = s.Encode(p.String()); return err },
	})
	if !errors.Is(err, context.Canceled) || state == nil {
		t.Fatalf("not cut short: %v", err)
	}
	return p, state
}

func TestVerifyingGoesOn(t *testing.T) {
	p, state := long(t, "this")
	other, _ := long(t, "other")
	whole := fmt.Sprintf("记录 (records)  %d 件", 3*verify.Span/2)
	for _, c := range []struct {
		what  string
		state []byte
		args  []string
		says  string
	}{
		{"from where it stopped", state, nil, fmt.Sprintf("本次从 %d 起", verify.Span+1)},
		{"told to start over", state, []string{"--fresh"}, "本次从 1 起"},
		{"with SM3, which the first run left out", state, []string{"--sm3"}, "本次从 1 起"},
		{"a state that was changed", append([]byte{1}, state...), nil, "从头核"},
		{"nothing in it", []byte{}, nil, "从头核"},
	} {
		if err := os.WriteFile(p.beside("verify"), c.state, 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		code := run(t.Context(), append([]string{"verify", "--quick", "--db", p.url}, c.args...), nil, &out, &out)
		if code != 0 || !strings.Contains(out.String(), c.says) || !strings.Contains(out.String(), whole) {
			t.Errorf("%s: %d %s", c.what, code, &out)
		}
		if _, err := os.Stat(p.beside("verify")); err == nil {
			t.Errorf("%s: the state outlives the run", c.what)
		}
	}
	// Another ledger in the same place: its records are not taken for verified.
	database, err := os.ReadFile(strings.TrimPrefix(other.url, "sqlite:"))
	if err == nil {
		err = errors.Join(os.WriteFile(strings.TrimPrefix(p.url, "sqlite:"), database, 0o600), os.WriteFile(p.beside("verify"), state, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"verify", "--quick", "--db", p.url}, nil, &out, &out); code != 0 || !strings.Contains(out.String(), "本次从 1 起") {
		t.Errorf("another ledger: %d %s", code, &out)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	out.Reset()
	if code := run(ctx, []string{"verify", "--quick", "--db", p.url}, nil, &out, &out); code != 1 || !strings.Contains(out.String(), "中断") {
		t.Errorf("cut short: %d %s", code, &out)
	}
}
