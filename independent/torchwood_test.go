package independent_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

// torchwoodPolicy reads a policy as torchwood does.
func torchwoodPolicy(t *testing.T, text []byte) torchwood.Policy {
	t.Helper()
	p, err := torchwood.ParsePolicy(text)
	if err != nil {
		t.Fatalf("torchwood cannot read our policy: %v\n%s", err, text)
	}
	return p
}

// TestTorchwoodReadsTheLog reads every entry with torchwood, which checks each
// against the tree of the checkpoint, from the disk and from a file server.
func TestTorchwoodReadsTheLog(t *testing.T) {
	disk, err := torchwood.NewTileFS(os.DirFS(city.log()))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServerFS(os.DirFS(city.log())))
	defer server.Close()
	web, err := torchwood.NewTileFetcher(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for name, tiles := range map[string]torchwood.TileReader{"disk": disk, "web": web} {
		t.Run(name, func(t *testing.T) { readLog(t, tiles) })
	}
}

func readLog(t *testing.T, tiles torchwood.TileReader) {
	signed, err := tiles.ReadEndpoint(t.Context(), "checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := torchwood.VerifyCheckpoint(signed, torchwoodPolicy(t, policy))
	if err != nil {
		t.Fatal(err)
	}
	client, err := torchwood.NewClient(tiles)
	if err != nil {
		t.Fatal(err)
	}
	want := city.column(t, "envelope")
	n := 0
	for i, entry := range client.AllEntries(t.Context(), c.Tree, 0) {
		if int(i) != n || n >= len(want) || !bytes.Equal(entry, want[n]) {
			t.Fatalf("entry %d, expected as number %d, is not the envelope", i, n)
		}
		n++
	}
	if err := client.Err(); err != nil || n != len(want) || c.N != int64(n) {
		t.Errorf("%d entries read of %d in the ledger and %d in the checkpoint: %v", n, len(want), c.N, err)
	}
}

// TestTorchwoodVerifiesReceipts holds receipts against the policy, of which the
// audit office is the quorum.
func TestTorchwoodVerifiesReceipts(t *testing.T) {
	believed := torchwoodPolicy(t, policy)
	envelopes := city.column(t, "envelope")
	for _, position := range []int{1, 2, 255, 256, 257, 512, len(envelopes) - 1, len(envelopes)} {
		receipt := receipt(t, position)
		extra, err := torchwood.ProofExtraData(receipt)
		if err != nil || !bytes.Equal(extra, envelopes[position-1]) {
			t.Errorf("receipt %d carries %q: %v", position, extra, err)
		}
		if err := torchwood.VerifyProof(believed, tlog.RecordHash(extra), receipt); err != nil {
			t.Errorf("receipt %d: %v", position, err)
		}
		if err := torchwood.VerifyProof(believed, tlog.RecordHash(envelopes[position%len(envelopes)]), receipt); err == nil {
			t.Errorf("receipt %d proves another record", position)
		}
		if len(receipt) >= 2<<10 {
			t.Errorf("receipt %d has %d bytes", position, len(receipt))
		}
	}
}

// TestTorchwoodMissesTheQuorum takes the cosignatures away.
func TestTorchwoodMissesTheQuorum(t *testing.T) {
	believed := torchwoodPolicy(t, policy)
	if _, _, err := torchwood.VerifyCheckpoint(city.checkpoint(t), believed); err != nil {
		t.Error(err)
	}
	if _, _, err := torchwood.VerifyCheckpoint(without(city.checkpoint(t), auditName), believed); err == nil {
		t.Error("a checkpoint without the cosignature the policy needs passed")
	}
}
