package eventstore_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
)

// TestTreeIsThatOfTlog grows one tree leaf by leaf and in random strides, and
// compares every root with the one tlog computes from stored hashes.
func TestTreeIsThatOfTlog(t *testing.T) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (hashes []tlog.Hash, _ error) {
		for _, i := range indexes {
			hashes = append(hashes, stored[i])
		}
		return hashes, nil
	})
	var tree, strides eventstore.Tree
	var waiting [][]byte
	for n := range int64(700) {
		envelope := fmt.Appendf(nil, "envelope %d", n)
		hashes, err := tlog.StoredHashes(n, envelope, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		want, err := tlog.TreeHash(n+1, reader)
		if err != nil {
			t.Fatal(err)
		}
		before := tree
		beforeRoot := tree.Root()
		if tree = tree.Add(envelope); tree.Root() != want || int64(tree.Size) != n+1 {
			t.Fatalf("root of %d leaves is %v, want %v", tree.Size, tree.Root(), want)
		}
		if before.Root() != beforeRoot {
			t.Fatalf("growing to %d changed the tree it grew from", n+1)
		}
		if waiting = append(waiting, envelope); n%7 == 3 || n%31 == 5 {
			strides, waiting = strides.Add(waiting...), nil
			if strides.Root() != want {
				t.Fatalf("grown in strides to %d the root differs", strides.Size)
			}
		}
		root := tree.Root()
		kept, err := eventstore.OpenTree(tree.Size, tree.EdgeBytes(), root[:])
		if err != nil || kept.Root() != want || kept.AddHashes(tlog.RecordHash(envelope)).Root() != tree.AddHashes(tlog.RecordHash(envelope)).Root() {
			t.Fatalf("kept and opened again at %d it differs: %v", n+1, err)
		}
	}
	if empty, err := tlog.TreeHash(0, reader); err != nil || (eventstore.Tree{}).Root() != empty {
		t.Errorf("an empty tree's root is %v, want %v (%v)", eventstore.Tree{}.Root(), empty, err)
	}
}

func TestDamagedTreeIsNotOpened(t *testing.T) {
	tree := eventstore.Tree{}.Add([]byte("a"), []byte("b"), []byte("c"))
	root := tree.Root()
	for name, open := range map[string]func() (eventstore.Tree, error){
		"another size": func() (eventstore.Tree, error) { return eventstore.OpenTree(4, tree.EdgeBytes(), root[:]) },
		"same bits":    func() (eventstore.Tree, error) { return eventstore.OpenTree(5, tree.EdgeBytes()[1:], root[:]) },
		"edge cut":     func() (eventstore.Tree, error) { return eventstore.OpenTree(3, tree.EdgeBytes()[:40], root[:]) },
		"edge changed": func() (eventstore.Tree, error) {
			b := tree.EdgeBytes()
			b[5] ^= 1
			return eventstore.OpenTree(3, b, root[:])
		},
		"root changed": func() (eventstore.Tree, error) {
			r := root
			r[31] ^= 1
			return eventstore.OpenTree(3, tree.EdgeBytes(), r[:])
		},
		"root not kept": func() (eventstore.Tree, error) { return eventstore.OpenTree(3, tree.EdgeBytes(), nil) },
	} {
		if _, err := open(); !errors.Is(err, eventstore.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCheckData holds both digests against the data, and lets envelopes of the
// first version, which had one, be.
func TestCheckData(t *testing.T) {
	r, err := eventstore.Seal("s", 1, time.Now(), eventstore.Draft{Type: "t", Data: []byte("data")})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.CheckData(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*eventstore.Record){
		"data":    func(r *eventstore.Record) { r.Data = []byte("date") },
		"SHA-256": func(r *eventstore.Record) { r.DataHash = r.DataSM3 },
		"SM3":     func(r *eventstore.Record) { r.DataSM3 = r.DataHash },
		"no SM3":  func(r *eventstore.Record) { r.DataSM3 = "" },
	} {
		changed := r
		change(&changed)
		if err := changed.CheckData(); !errors.Is(err, eventstore.ErrDamaged) {
			t.Errorf("%s changed: %v", name, err)
		}
	}
	first := r
	first.V, first.DataSM3 = 1, ""
	if err := first.CheckData(); err != nil {
		t.Errorf("an envelope of version 1: %v", err)
	}
}
