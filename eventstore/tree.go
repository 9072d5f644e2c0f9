package eventstore

import (
	"crypto/sha256"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// A Tree is the Merkle tree of RFC 6962 over the envelopes of a ledger, the one
// at position n+1 being leaf n, as far as growing it needs: its size and its
// right edge. The zero Tree is that of an empty ledger. A Tree is a value;
// growing one leaves the one it grew from as it was.
type Tree struct {
	Size Position
	Edge []tlog.Hash // roots of the perfect subtrees it consists of, the largest first: one for each bit set in Size
}

// Add returns the tree grown by envelopes, in this order.
func (t Tree) Add(envelopes ...[]byte) Tree {
	t = t.with(len(envelopes))
	for _, e := range envelopes {
		t.grow(tlog.RecordHash(e))
	}
	return t
}

// AddHashes returns the tree grown by leaves whose hashes, as of
// [tlog.RecordHash], are given.
func (t Tree) AddHashes(leaves ...tlog.Hash) Tree {
	t = t.with(len(leaves))
	for _, leaf := range leaves {
		t.grow(leaf)
	}
	return t
}

// with returns the tree on an edge of its own, with room to grow by n.
func (t Tree) with(n int) Tree {
	t.Edge = append(make([]tlog.Hash, 0, bits.Len64(uint64(t.Size)+uint64(n))+1), t.Edge...)
	return t
}

// grow adds a leaf: it completes as many perfect subtrees as Size ends in ones.
func (t *Tree) grow(h tlog.Hash) {
	for n := t.Size; n&1 == 1; n >>= 1 {
		last := len(t.Edge) - 1
		h = tlog.NodeHash(t.Edge[last], h)
		t.Edge = t.Edge[:last]
	}
	t.Edge = append(t.Edge, h)
	t.Size++
}

// Root returns the root hash. Of an empty tree it is the SHA-256 of nothing.
func (t Tree) Root() tlog.Hash {
	if len(t.Edge) == 0 {
		return sha256.Sum256(nil)
	}
	root := t.Edge[len(t.Edge)-1]
	for _, left := range slices.Backward(t.Edge[:len(t.Edge)-1]) {
		root = tlog.NodeHash(left, root)
	}
	return root
}

// EdgeBytes returns the edge as a back-end keeps it: its hashes in a row.
func (t Tree) EdgeBytes() []byte {
	b := make([]byte, 0, len(t.Edge)*tlog.HashSize)
	for _, h := range t.Edge {
		b = append(b, h[:]...)
	}
	return b
}

// OpenTree returns the tree a back-end keeps. One whose edge does not fit its
// size or does not lead to its root is damaged.
func OpenTree(size Position, edge, root []byte) (Tree, error) {
	t := Tree{Size: size}
	for h := range slices.Chunk(edge, tlog.HashSize) {
		if len(h) == tlog.HashSize {
			t.Edge = append(t.Edge, tlog.Hash(h))
		}
	}
	if have := t.Root(); len(edge) != bits.OnesCount64(uint64(size))*tlog.HashSize || string(root) != string(have[:]) {
		return Tree{}, fmt.Errorf("%w: tree of size %d with an edge of %d bytes and root %x", ErrDamaged, size, len(edge), root)
	}
	return t, nil
}
