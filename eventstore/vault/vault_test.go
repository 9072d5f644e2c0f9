package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"wenxiao/domain"
)

const (
	person = "v-abc"
	text   = "示例市某专家的意见"
)

func open(t *testing.T, path string) *Vault {
	t.Helper()
	v, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

func newVault(t *testing.T) (*Vault, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db.keys")
	return open(t, path), path
}

func protect(t *testing.T, v *Vault, person, field, text string) domain.Protected {
	t.Helper()
	p, err := v.Protect(t.Context(), person, field, text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// bytesOf is all that lies at path and beside it.
func bytesOf(t *testing.T, path string) (all []byte) {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, ".master") {
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, content...)
	}
	return all
}

func TestWhatIsProtectedIsRevealedToItsOwnPersonAndFieldOnly(t *testing.T) {
	v, path := newVault(t)
	for _, text := range []string{"", "李", text, strings.Repeat("\x80", 64), strings.Repeat("意见", 5000)} {
		p := protect(t, v, person, "name", text)
		if got, err := v.Reveal(t.Context(), person, "name", p); err != nil || got != text {
			t.Errorf("%q comes back as %q, %v", text, got, err)
		}
		if len(text) > 3 && bytes.Contains(p.Text, []byte(text)) {
			t.Error("not protected at all")
		}
	}
	p := protect(t, v, person, "name", text)
	q := protect(t, v, person, "name", text)
	if bytes.Equal(p.Text, q.Text) || bytes.Equal(p.Nonce, q.Nonce) {
		t.Error("the same text looks the same twice")
	}
	other := protect(t, v, "v-other", "name", text)
	altered := domain.Protected{Key: p.Key, Nonce: p.Nonce, Text: append(bytes.Clone(p.Text[:len(p.Text)-1]), p.Text[len(p.Text)-1]^1)}
	for _, tt := range []struct {
		what          string
		person, field string
		p             domain.Protected
		want          error
	}{
		{"another field", person, "phone", p, ErrAltered},
		{"another person", "v-other", "name", p, ErrMissing},
		{"another person's text", person, "name", other, ErrMissing},
		{"a flipped bit", person, "name", altered, ErrAltered},
		{"nobody", "v-nobody", "name", p, ErrMissing},
		{"nothing", person, "name", domain.Protected{Key: p.Key}, ErrAltered},
	} {
		if got, err := v.Reveal(t.Context(), tt.person, tt.field, tt.p); !errors.Is(err, tt.want) || got != "" {
			t.Errorf("%s: %q, %v", tt.what, got, err)
		}
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := open(t, path).Reveal(t.Context(), person, "name", p); err != nil || got != text {
		t.Errorf("after reopening %q, %v", got, err)
	}
}

func TestLengthsDoNotTell(t *testing.T) {
	v, _ := newVault(t)
	if two, four := protect(t, v, person, "name", "李某"), protect(t, v, person, "name", "欧阳某某"); len(two.Text) != len(four.Text) {
		t.Errorf("%d and %d bytes", len(two.Text), len(four.Text))
	}
}

func TestFilesAreTheirOwnersAlone(t *testing.T) {
	v, path := newVault(t)
	protect(t, v, person, "name", text)
	files, _ := filepath.Glob(path + "*")
	if len(files) < 3 { // keys, master, -wal
		t.Fatal(files)
	}
	for _, name := range files {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v, %v", name, info.Mode().Perm(), err)
		}
	}
	v.Close()
	for _, name := range []string{path, path + ".master"} {
		if err := os.Chmod(name, 0o640); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "0600") {
			t.Errorf("%s readable by the group: %v", name, err)
		}
		if err := os.Chmod(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheMasterKeyIsNeededAndNeverReplaced(t *testing.T) {
	v, path := newVault(t)
	p := protect(t, v, person, "name", text)
	v.Close()
	kept, err := os.ReadFile(path + ".master")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path + ".master"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "主密钥") {
		t.Errorf("without its master key the vault opens: %v", err)
	}
	for _, wrong := range []string{"no key at all", "AAAA"} {
		if err := os.WriteFile(path+".master", []byte(wrong), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), path); err == nil {
			t.Errorf("%q passes for a master key", wrong)
		}
	}
	if err := os.WriteFile(path+".master", bytes.Replace(kept, kept[:4], []byte("AAAA"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := open(t, path).Reveal(t.Context(), person, "name", p); err == nil {
		t.Errorf("another master key reveals %q", got)
	}
}

// TestADestroyedKeyIsInNoByte destroys a key that lies in the file, in the log,
// or in both, and looks for it as it was stored.
func TestADestroyedKeyIsInNoByte(t *testing.T) {
	for _, where := range []string{"log", "file", "both"} {
		v, path := newVault(t)
		for _, other := range []string{"v-1", "v-2", "v-3"} {
			protect(t, v, other, "name", text)
		}
		p := protect(t, v, person, "name", text)
		var wrapped []byte
		if err := v.db.QueryRow(`SELECT wrapped FROM keys WHERE person = ?`, person).Scan(&wrapped); err != nil {
			t.Fatal(err)
		}
		if where != "log" {
			if err := v.truncate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if where == "both" {
			protect(t, v, "v-4", "name", text) // the page of the key is in the log again
		}
		if !bytes.Contains(bytesOf(t, path), wrapped) {
			t.Fatalf("%s: the key is not where this test looks for it", where)
		}
		if n, err := v.Destroy(t.Context(), person); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if all := bytesOf(t, path); bytes.Contains(all, wrapped) || bytes.Contains(all, wrapped[12:28]) {
			t.Errorf("%s: the key is still there", where)
		}
		if got, err := v.Reveal(t.Context(), person, "name", p); !errors.Is(err, ErrDestroyed) || got != "" {
			t.Errorf("%s: %q, %v", where, got, err)
		}
		if _, err := v.Reveal(t.Context(), "v-1", "name", protect(t, v, "v-1", "name", text)); err != nil {
			t.Errorf("%s: another person's key went with it: %v", where, err)
		}
	}
}

func TestADestroyedKeyIsNotMadeAgain(t *testing.T) {
	v, path := newVault(t)
	protect(t, v, person, "name", text)
	if n, err := v.Destroy(t.Context(), person, "v-never", person); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	for range 2 {
		for _, p := range []string{person, "v-never"} {
			if _, err := v.Protect(t.Context(), p, "name", text); !errors.Is(err, ErrDestroyed) {
				t.Errorf("%s: %v", p, err)
			}
			if _, err := v.Digest(t.Context(), p, []byte("asked")); !errors.Is(err, ErrDestroyed) {
				t.Errorf("%s: %v", p, err)
			}
			if gone, err := v.Destroyed(t.Context(), p); !gone || err != nil {
				t.Error(gone, err)
			}
		}
		v.Close()
		v = open(t, path)
	}
	if gone, err := v.Destroyed(t.Context(), "v-other"); gone || err != nil {
		t.Error(gone, err)
	}
}

// TestARestoredCopyIsForgottenAgain puts back the keys as they were before, as a
// backup would, and destroys again what the ledger says is erased.
func TestARestoredCopyIsForgottenAgain(t *testing.T) {
	v, path := newVault(t)
	p := protect(t, v, person, "name", text)
	v.Close()
	backup, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v = open(t, path)
	if _, err := v.Destroy(t.Context(), person); err != nil {
		t.Fatal(err)
	}
	v.Close()
	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	v = open(t, path)
	if got, _ := v.Reveal(t.Context(), person, "name", p); got != text {
		t.Fatal("the copy has no key: this test shows nothing")
	}
	if n, err := v.Destroy(t.Context(), person); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if got, err := v.Reveal(t.Context(), person, "name", p); !errors.Is(err, ErrDestroyed) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestDigestsAndPseudonyms(t *testing.T) {
	v, _ := newVault(t)
	of := func(person, asked string) string {
		sum, err := v.Digest(t.Context(), person, []byte(asked))
		if err != nil {
			t.Fatal(err)
		}
		return string(sum)
	}
	if first, again := of(person, "a"), of(person, "a"); first != again || of(person, "a") == of(person, "b") || of(person, "a") == of("v-other", "a") {
		t.Error("a digest is of one person and one request")
	}
	id := v.Pseudonym("finance", "command-1")
	if id != v.Pseudonym("finance", "command-1") || id == v.Pseudonym("finance", "command-2") || len(id) != 18 || domain.UnitCode(id).Check() != nil {
		t.Errorf("%s", id)
	}
	if other, _ := newVault(t); other.Pseudonym("finance", "command-1") == id {
		t.Error("anybody could work it out")
	}
}

func TestManyAtOnce(t *testing.T) {
	v, _ := newVault(t)
	var all sync.WaitGroup
	keys := make([]string, 16)
	for i := range keys {
		all.Go(func() {
			if p, err := v.Protect(t.Context(), person, "name", text); err == nil {
				keys[i] = p.Key
			}
		})
	}
	all.Wait()
	for _, k := range keys {
		if k == "" || k != keys[0] {
			t.Fatalf("one person got several keys: %q", keys)
		}
	}
}
