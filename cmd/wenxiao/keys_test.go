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

// TestNoBackupRevivesAnybody ends the process between the event and the key, and
// puts an old copy of the keys back: whoever opens the ledger next, to serve it or
// to examine it, destroys the key again.
func TestNoBackupRevivesAnybody(t *testing.T) {
	const person, name = "v-somebody", "某受益人"
	p := place{url: "sqlite:" + filepath.Join(t.TempDir(), "l.db")}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	keys, err := vault.Open(t.Context(), p.beside("keys"))
	must(err)
	sealed, err := keys.Protect(t.Context(), person, "name", name)
	must(err)
	_, err = keys.Protect(t.Context(), "v-other", "name", name)
	must(err)
	must(keys.Close())
	store, err := p.openStore(t.Context(), nil)
	must(err)
	for i, e := range []participant.Event{
		participant.Entered{Kind: participant.Beneficiary, Keeper: "101", Identity: participant.Kept{Name: sealed}},
		participant.Erased{Ground: participant.PurposeMet, Article: "a", Scope: "s", Reason: "r", AskedBy: participant.Person, Decider: "p", DeciderName: "n"},
	} {
		data, err := json.Marshal(e)
		must(err)
		_, err = store.Append(t.Context(), participant.Stream(person), eventstore.Revision(i), eventstore.Draft{Type: e.EventType(), Data: data, Meta: eventstore.Meta{Actor: domain.Actor{Person: "p"}}})
		must(err)
	}
	must(store.Close())
	backup, err := os.ReadFile(p.beside("keys"))
	must(err)

	reveal := func() (string, error) {
		t.Helper()
		keys, err := vault.Open(t.Context(), p.beside("keys"))
		must(err)
		defer keys.Close()
		if _, err := keys.Reveal(t.Context(), "v-other", "name", sealed); !errors.Is(err, vault.ErrMissing) {
			t.Errorf("another person's key: %v", err)
		}
		return keys.Reveal(t.Context(), person, "name", sealed)
	}
	for _, opened := range []struct {
		by string
		do func() string
	}{
		{"serve", func() string {
			site, err := openSite(t.Context(), p, nil, io.Discard)
			must(err)
			listener, err := listen("127.0.0.1:0")
			must(err)
			ctx, stop := context.WithCancel(t.Context())
			must(site.serve(ctx, listener, func(string) { stop() }))
			must(site.Close())
			return ""
		}},
		{"doctor", func() string {
			var out bytes.Buffer
			if code := run(t.Context(), []string{"doctor", "--db", p.url}, strings.NewReader(""), &out, &out); code != 0 {
				t.Fatal(out.String())
			}
			return out.String()
		}},
	} {
		must(os.WriteFile(p.beside("keys"), backup, 0o600))
		if got, err := reveal(); got != name {
			t.Fatalf("the backup revives nobody: this test shows nothing: %v", err)
		}
		said := opened.do()
		if got, err := reveal(); !errors.Is(err, vault.ErrDestroyed) {
			t.Errorf("after %s: %q, %v", opened.by, got, err)
		}
		if opened.by == "doctor" && (!strings.Contains(said, "已再次销毁") || !strings.Contains(said, "个人密钥 (keys) 1 把")) {
			t.Error(said)
		}
	}
}
