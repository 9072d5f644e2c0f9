package seal

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// file appends n records to a store.
func file(t testing.TB, store eventstore.Store, n int) {
	t.Helper()
	for n > 0 {
		some := min(n, 500)
		drafts := make([]eventstore.Draft, some)
		head, err := store.Head(t.Context())
		check(t, err)
		for i := range drafts {
			drafts[i] = eventstore.Draft{Type: "goal.filed.v1", Data: fmt.Appendf(nil, `{"n":%d}`, int(head)+i), Meta: eventstore.Meta{
				Actor: domain.Actor{Person: "p-0001", Name: "张某", Post: "绩效管理科科长", Unit: "101", Capacity: "本人履职"}, Command: fmt.Sprintf("c-%d-%d", head, time.Now().UnixNano()),
			}}
			drafts[i].Command = drafts[0].Command
		}
		_, err = store.Append(t.Context(), fmt.Sprintf("goal-x-%d", head), 0, drafts...)
		check(t, err)
		n -= some
	}
}

func newStore(t testing.TB, n int) eventstore.Store {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { _ = store.Close() })
	file(t, store, n)
	return store
}

// A cut is a store that ends early: an older copy.
type cut struct {
	eventstore.Store
	tree eventstore.Tree
}

func cutAt(t testing.TB, store eventstore.Store, size int) eventstore.Store {
	t.Helper()
	var tree eventstore.Tree
	for r, err := range store.ReadAll(t.Context(), 0) {
		check(t, err)
		if int(tree.Size) < size {
			tree = tree.Add(r.Envelope)
		}
	}
	return cut{store, tree}
}

func (c cut) Tree(context.Context) (eventstore.Tree, error)     { return c.tree, nil }
func (c cut) Head(context.Context) (eventstore.Position, error) { return c.tree.Size, nil }
func headOf(t testing.TB, store eventstore.Store) Head {
	t.Helper()
	tree, err := store.Tree(t.Context())
	check(t, err)
	return HeadOf(tree)
}

func openSigner(t testing.TB, dir string) *FileSigner {
	t.Helper()
	s, err := OpenSigner(dir, "")
	check(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func newSealer(t testing.TB, store eventstore.Store, dir string, policy string) (*Sealer, *FileSigner, *bytes.Buffer) {
	t.Helper()
	signer := openSigner(t, filepath.Join(dir, "seal"))
	if policy != "" {
		check(t, os.WriteFile(filepath.Join(dir, "seal", policyFile), []byte(policy), 0o600))
	}
	p, err := LoadPolicy(filepath.Join(dir, "seal"))
	check(t, err)
	said := new(bytes.Buffer)
	s, err := NewSealer(store, Tiles{filepath.Join(dir, "log")}, signer, p, slog.New(slog.NewTextHandler(said, nil)))
	check(t, err)
	for _, w := range s.witnesses {
		w.client.Timeout = time.Minute // on a machine with much else to do
	}
	return s, signer, said
}

func sealed(t testing.TB, s *Sealer) Checkpoint {
	t.Helper()
	c, err := s.Seal(t.Context())
	check(t, err)
	return c
}

// files returns all files below dir but partial tiles that a full one replaced.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		found[filepath.ToSlash(name)] = string(data)
		return err
	})
	if !os.IsNotExist(err) {
		check(t, err)
	}
	return found
}

func isPartial(path string) bool { return strings.Contains(path, ".p/") }
