package storetest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"wenxiao/eventstore"
)

// treeOfEnvelopes grows a ledger in appends of all sizes and compares the tree
// the store keeps with one grown from what it reads, before and after reopening.
func treeOfEnvelopes(t *testing.T, open Opener) {
	s := open(t)
	if tree := settled(t, s); tree.Size != 0 || tree.Root() != (eventstore.Tree{}).Root() {
		t.Errorf("an empty ledger's tree is %+v", tree)
	}
	seen := eventstore.Revision(0)
	for n := range 40 {
		drafts := make([]eventstore.Draft, 1+n*n%17)
		for i := range drafts {
			drafts[i] = draft(numbered("data", n*100+i))
		}
		seen = add(t, s, "s", seen, drafts...).Revision
		if n%8 == 5 {
			if _, err := s.Append(t.Context(), "s", 0, drafts...); !errors.Is(err, eventstore.ErrConflict) {
				t.Fatalf("a stale append: %v", err)
			}
		}
		checkTree(t, s, settled(t, s))
	}
	before := settled(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = start(t, open)
	if after := settled(t, s); after.Size != before.Size || after.Root() != before.Root() {
		t.Errorf("after reopening the tree is %d %v, before it was %d %v", after.Size, after.Root(), before.Size, before.Root())
	}
	add(t, s, "s", seen, draft("one more"))
	checkTree(t, s, settled(t, s))
}

// treeUnderWriters reads the tree while many append: whenever it is read, its
// root is that of the envelopes it counts.
func treeUnderWriters(t *testing.T, open Opener) {
	s := start(t, open)
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for n := range 25 {
				if _, err := s.Append(t.Context(), numbered("s", w), eventstore.Revision(n), draft(numbered("d", n))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var read []eventstore.Tree
	for len(read) == 0 || read[len(read)-1].Size < 8*25 {
		tree, err := s.Tree(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if now := head(t, s); tree.Size > now {
			t.Fatalf("the tree has %d leaves, the head read after is %d", tree.Size, now)
		}
		if read = append(read, tree); t.Failed() {
			break
		}
		time.Sleep(time.Millisecond)
	}
	writers.Wait()
	var grown eventstore.Tree
	records := readAll(t, s, 0)
	for _, tree := range read {
		for _, r := range records[grown.Size:tree.Size] {
			grown = grown.Add(r.Envelope)
		}
		if grown.Size != tree.Size || grown.Root() != tree.Root() {
			t.Fatalf("the tree of %d leaves was not that of their envelopes", tree.Size)
		}
	}
}

// Together tests a back-end that promises its tree moves in the transaction of
// the append: when an append has returned, or its record can be read, the tree
// covers it.
func Together(t *testing.T, open Opener) {
	s := start(t, open)
	done := make(chan error, 1)
	go func() {
		for n := range 300 {
			if _, err := s.Append(t.Context(), "s", eventstore.Revision(n), draft("d")); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for {
		before := head(t, s)
		tree, err := s.Tree(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if tree.Size < before {
			t.Fatalf("the head was %d, the tree read after has %d leaves", before, tree.Size)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			checkTree(t, s, settled(t, s))
			return
		default:
		}
	}
}

// Mended tests that a ledger written without its tree gets it when it is next
// opened, up to its end.
func Mended(t *testing.T, open Opener) {
	s := open(t)
	add(t, s, "s", 0, draft("sealed"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, eventstore.WithoutSeal())
	add(t, s, "s", 1, draft("not"), draft("sealed"))
	if tree, err := s.Tree(t.Context()); err != nil || tree.Size != 1 {
		t.Errorf("written without the seal, the tree is %d, %v", tree.Size, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = start(t, open)
	add(t, s, "s", 3, draft("sealed again"))
	checkTree(t, s, settled(t, s))
}

// settled returns the tree once it covers the head.
func settled(t *testing.T, s eventstore.Store) eventstore.Tree {
	t.Helper()
	for now, deadline := head(t, s), time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		tree, err := s.Tree(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if tree.Size >= now {
			return tree
		}
		if time.Now().After(deadline) {
			t.Fatalf("the tree stays at %d, the head is %d", tree.Size, now)
		}
	}
}

func checkTree(t *testing.T, s eventstore.Store, tree eventstore.Tree) {
	t.Helper()
	var want eventstore.Tree
	for _, r := range readAll(t, s, 0)[:tree.Size] {
		want = want.Add(r.Envelope)
	}
	if tree.Root() != want.Root() {
		t.Fatalf("at %d the root is %v, that of the envelopes is %v", tree.Size, tree.Root(), want.Root())
	}
}
