package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/eventstore"
	"wenxiao/eventstore/vault"
)

const somebody, theirName = "v-somebody", "某受益人"

// A forgetting is a ledger with one private person in it, and the keys beside it.
type forgetting struct {
	*testing.T
	place
	sealed domain.Protected // the person's name
	known  []byte           // the keys as they were while there was one
}

func newForgetting(t *testing.T) *forgetting {
	f := &forgetting{T: t, place: place{url: "sqlite:" + filepath.Join(t.TempDir(), "l.db")}}
	f.withKeys(func(keys *vault.Vault) (err error) {
		f.sealed, err = keys.Protect(t.Context(), somebody, "name", theirName)
		return err
	})
	var err error
	f.known, err = os.ReadFile(f.beside("keys"))
	f.must(err)
	f.append(0, participant.Entered{Kind: participant.Beneficiary, Keeper: "101", Identity: participant.Kept{Name: f.sealed}})
	return f
}

func (f *forgetting) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *forgetting) withKeys(do func(*vault.Vault) error) {
	f.Helper()
	keys, err := vault.Open(f.Context(), f.beside("keys"))
	f.must(err)
	f.must(errors.Join(do(keys), keys.Close()))
}

func (f *forgetting) append(seen eventstore.Revision, e participant.Event) {
	f.Helper()
	store, err := f.openStore(f.Context(), nil)
	f.must(err)
	data, err := json.Marshal(e)
	f.must(err)
	_, err = store.Append(f.Context(), participant.Stream(somebody), seen, eventstore.Draft{Type: e.EventType(), Data: data, Meta: eventstore.Meta{Actor: domain.Actor{Person: "p"}}})
	f.must(errors.Join(err, store.Close()))
}

// erase writes the event, and leaves the key.
func (f *forgetting) erase() {
	f.Helper()
	f.append(1, participant.Erased{Ground: participant.PurposeMet, Article: "a", Scope: "s", Reason: "r", AskedBy: participant.Person, Decider: "p", DeciderName: "n"})
}

func (f *forgetting) reveal() (text string, err error) {
	f.Helper()
	f.withKeys(func(keys *vault.Vault) error {
		text, err = keys.Reveal(f.Context(), somebody, "name", f.sealed)
		return nil
	})
	return text, err
}

// wenxiao runs the program on the ledger; it must succeed.
func (f *forgetting) wenxiao(args ...string) string {
	f.Helper()
	var out bytes.Buffer
	if code := run(f.Context(), append(args, "--db", f.url), strings.NewReader(""), &out, &out); code != 0 {
		f.Fatalf("%s: %d\n%s", args, code, out.String())
	}
	return out.String()
}

// TestNoBackupRevivesAnybody ends the process between the event and the key, and
// puts an old copy of the keys back: whoever opens the ledger next, to serve it or
// to examine it, destroys the key again.
func TestNoBackupRevivesAnybody(t *testing.T) {
	f := newForgetting(t)
	f.erase()
	for by, open := range map[string]func(){
		"serve": func() {
			site, err := openSite(t.Context(), f.place, nil, io.Discard)
			f.must(err)
			listener, err := listen("127.0.0.1:0")
			f.must(err)
			ctx, stop := context.WithCancel(t.Context())
			f.must(errors.Join(site.serve(ctx, listener, func(string) { stop() }), site.Close()))
		},
		"doctor": func() {
			if said := f.wenxiao("doctor"); !strings.Contains(said, "已再次销毁") || !strings.Contains(said, "个人密钥 (keys) 0 把") {
				t.Error(said)
			}
		},
	} {
		f.must(os.WriteFile(f.beside("keys"), f.known, 0o600))
		if got, err := f.reveal(); got != theirName {
			t.Fatalf("the backup revives nobody: this test shows nothing: %v", err)
		}
		open()
		if got, err := f.reveal(); !errors.Is(err, vault.ErrDestroyed) {
			t.Errorf("after %s: %q, %v", by, got, err)
		}
	}
}

// TestProofsHoldAfterErasure keeps a checkpoint and a receipt from while the person
// was known, and holds the ledger and both against one another after.
func TestProofsHoldAfterErasure(t *testing.T) {
	f := newForgetting(t)
	kept := func(name string) string { return filepath.Join(t.TempDir(), name) }
	checkpoint, receipt, policy := kept("checkpoint"), kept("receipt.tlog-proof"), kept("policy")
	f.wenxiao("seal", "publish", "--origin", "example.invalid/ledger")
	note, err := os.ReadFile(filepath.Join(f.beside("log"), "checkpoint"))
	f.must(err)
	f.must(os.WriteFile(checkpoint, note, 0o600))
	f.wenxiao("receipt", "1", "-o", receipt)
	f.must(os.WriteFile(policy, []byte(f.wenxiao("seal", "policy")), 0o600))

	f.erase()
	f.wenxiao("doctor") // destroys the key
	if got, err := f.reveal(); !errors.Is(err, vault.ErrDestroyed) {
		t.Fatalf("%q, %v", got, err)
	}
	f.wenxiao("seal", "publish")
	f.wenxiao("rebuild")
	f.wenxiao("verify", "--tables", "--fresh")
	f.wenxiao("verify", "--against", checkpoint)
	var out bytes.Buffer
	if code := run(t.Context(), []string{"verify", receipt, "--policy", policy}, strings.NewReader(""), &out, &out); code != 0 {
		t.Errorf("the receipt: %d\n%s", code, out.String())
	}
	if strings.Contains(out.String()+f.wenxiao("log"), theirName) {
		t.Error("the person is named")
	}
}
