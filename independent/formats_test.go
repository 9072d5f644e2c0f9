package independent_test

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	formats "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/formats/witness"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"
)

// logKey returns the first key of a policy that signs for a log.
func logKey(t *testing.T, policy []byte) string {
	t.Helper()
	for line := range strings.Lines(string(policy)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "log" {
			return fields[1]
		}
	}
	t.Fatalf("no log in the policy:\n%s", policy)
	return ""
}

// A head is what a checkpoint says once the log's signature is verified.
type head struct{ log.Checkpoint }

func (h head) root() string { return base64.StdEncoding.EncodeToString(h.Hash) }

func headOf(t *testing.T, signed []byte) head {
	t.Helper()
	verifier, err := fnote.NewVerifier(logKey(t, policy))
	if err != nil {
		t.Fatal(err)
	}
	c, rest, _, err := log.ParseCheckpoint(signed, verifier.Name(), verifier)
	if err != nil || len(rest) > 0 {
		t.Fatalf("checkpoint with %d bytes more: %v\n%s", len(rest), err, signed)
	}
	return head{*c}
}

// without returns a signed note without the signature lines of name.
func without(signed []byte, name string) []byte {
	lines := slices.Collect(bytes.Lines(signed))
	return bytes.Join(slices.DeleteFunc(lines, func(l []byte) bool { return bytes.HasPrefix(l, []byte("— "+name+" ")) }), nil)
}

// included verifies a receipt with transparency-dev's libraries and returns what
// it proves: an envelope in a head.
func included(t *testing.T, receipt []byte) ([]byte, head, error) {
	var r formats.TLogProof
	if err := r.Unmarshal(receipt); err != nil {
		return nil, head{}, err
	}
	c := headOf(t, r.Checkpoint)
	var hashes [][]byte
	for _, h := range r.Hashes {
		hashes = append(hashes, h[:])
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(r.ExtraData)
	return r.ExtraData, c, proof.VerifyInclusion(rfc6962.DefaultHasher, r.Index, c.Size, leaf, hashes, c.Hash)
}

func TestFormatsVerifyReceipts(t *testing.T) {
	envelopes := city.column(t, "envelope")
	for _, position := range []int{1, 300, len(envelopes)} {
		receipt := receipt(t, position)
		envelope, _, err := included(t, receipt)
		if err != nil || !bytes.Equal(envelope, envelopes[position-1]) {
			t.Errorf("receipt %d of %q: %v", position, envelope, err)
		}
		var r formats.TLogProof
		if err := r.Unmarshal(receipt); err != nil || !bytes.Equal(r.Marshal(), receipt) {
			t.Errorf("receipt %d is written otherwise by formats: %v", position, err)
		}
	}
}

// TestMerkleConsistency proves from our tiles that the second checkpoint goes on
// from the first.
func TestMerkleConsistency(t *testing.T) {
	before, now := headOf(t, kept), headOf(t, city.checkpoint(t))
	if before.Size >= now.Size {
		t.Fatalf("the ledger did not grow: %d, %d", before.Size, now.Size)
	}
	tiles := client.FileFetcher{Root: city.log()}
	builder, err := client.NewProofBuilder(t.Context(), now.Size, tiles.ReadTile)
	if err != nil {
		t.Fatal(err)
	}
	path, err := builder.ConsistencyProof(t.Context(), before.Size, now.Size)
	if err != nil {
		t.Fatal(err)
	}
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, before.Size, now.Size, path, before.Hash, now.Hash); err != nil {
		t.Error(err)
	}
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, before.Size, now.Size, path, now.Hash, now.Hash); err == nil {
		t.Error("another root of the first size passed")
	}
}

// TestFormatsReadThePolicy has the witnesses counted by transparency-dev.
func TestFormatsReadThePolicy(t *testing.T) {
	for _, signed := range [][]byte{kept, city.checkpoint(t)} {
		if !quorum(t, signed) {
			t.Errorf("witnesses are missing under\n%s", signed)
		}
		if quorum(t, without(signed, auditName)) {
			t.Error("witnesses suffice that are not there")
		}
	}
}

// quorum reports whether the witnesses that the policy demands have cosigned.
func quorum(t *testing.T, signed []byte) bool {
	t.Helper()
	group, err := witness.ParsePolicy(policy)
	if err != nil {
		t.Fatalf("%v\n%s", err, policy)
	}
	return group.Satisfied(signed)
}
