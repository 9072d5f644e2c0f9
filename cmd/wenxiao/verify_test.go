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
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
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
		Save: func(s *verify.State) (err error) { state, err = s.Encode(p.identity()); return err },
	})
	if !errors.Is(err, context.Canceled) || state == nil {
		t.Fatalf("not cut short: %v", err)
	}
	return p, state
}

func TestVerifyingGoesOn(t *testing.T) {
	other, _ := long(t, "other")
	p, state := long(t, "this")
	file := string(progressOf(p))
	whole := fmt.Sprintf("记录 (records)  %d 件", 3*verify.Span/2)
	qualified := fmt.Sprintf("自 %d 起没有发现问题，之前的部分是本机上次核验的", verify.Span+1)
	for _, c := range []struct {
		what  string
		state []byte
		mode  os.FileMode
		args  []string
		says  []string
	}{
		{"from where it stopped", state, 0o600, nil, []string{whole, fmt.Sprintf("本次从 %d 起", verify.Span+1), qualified, "--fresh"}},
		{"for programs", state, 0o600, []string{"--json"}, []string{qualified, `"notCovered": [`, fmt.Sprintf("记录 1–%d：这次没有核", verify.Span), fmt.Sprintf("记录 %d–%d：", verify.Span+1, 3*verify.Span/2)}},
		{"told to start over", state, 0o600, []string{"--fresh"}, []string{whole, "本次从 1 起", "\n没有发现问题 (all is well)"}},
		{"with SM3, which the first run left out", state, 0o600, []string{"--sm3"}, []string{whole, "本次从 1 起"}},
		{"a state that was changed", append([]byte{1}, state...), 0o600, nil, []string{"从头核", "本次从 1 起"}},
		{"a state that others may change", state, 0o666, nil, []string{"从头核", "本次从 1 起"}},
		{"nothing in it", []byte{}, 0o600, nil, []string{"从头核", "本次从 1 起"}},
	} {
		if err := errors.Join(os.WriteFile(file, c.state, 0o600), os.Chmod(file, c.mode)); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		code := run(t.Context(), append([]string{"verify", "--quick", "--db", p.url}, c.args...), nil, &out, &out)
		for _, says := range c.says {
			if code != 0 || !strings.Contains(out.String(), says) {
				t.Errorf("%s: %d, nothing of %s\n%s", c.what, code, says, &out)
			}
		}
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s: the state outlives the run", c.what)
		}
	}
	quick := func(ctx context.Context) (int, string) {
		var out bytes.Buffer
		code := run(ctx, []string{"verify", "--quick", "--db", p.url}, nil, &out, &out)
		return code, out.String()
	}
	// What lies beside the ledger is whoever's that keeps the ledger.
	if err := os.WriteFile(p.beside("verify"), state, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := quick(t.Context()); code != 0 || !strings.Contains(out, "本次从 1 起") {
		t.Errorf("a state beside the ledger is used: %d %s", code, out)
	}
	// Another ledger in the same place: its records are not taken for verified.
	database, err := os.ReadFile(strings.TrimPrefix(other.url, "sqlite:"))
	if err == nil {
		err = errors.Join(os.WriteFile(strings.TrimPrefix(p.url, "sqlite:"), database, 0o600), os.WriteFile(file, state, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	if code, out := quick(t.Context()); code != 0 || !strings.Contains(out, "本次从 1 起") {
		t.Errorf("another ledger: %d %s", code, out)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if code, out := quick(ctx); code != 1 || !strings.Contains(out, "中断") {
		t.Errorf("cut short: %d %s", code, out)
	}
	kept, err := verify.DecodeState(state, p.identity())
	if err == nil {
		err = errors.Join(progressOf(p).remove(), progressOf(p).write(p, kept))
	}
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	folder, errs := os.Stat(filepath.Dir(file))
	if err := errors.Join(err, errs); err != nil || info.Mode().Perm() != 0o600 || folder.Mode().Perm() != 0o700 {
		t.Errorf("the state is %v, in %v, %v", info, folder, err)
	}
	t.Setenv("XDG_CACHE_HOME", "/proc/none") // no place of one's own: nothing is kept
	if code, out := quick(ctx); code != 1 || !strings.Contains(out, "再次运行从头核") {
		t.Errorf("cut short, without a place to keep it: %d %s", code, out)
	}
}
