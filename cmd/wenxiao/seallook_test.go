package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wenxiao/domain/published"
	"wenxiao/eventstore/seal"
)

// halfSigned is a ledger whose records are signed up to a checkpoint, with more
// behind it, and whose keys a server has open that signs nothing yet.
func halfSigned(t *testing.T) (place, seal.Checkpoint, *site) {
	t.Helper()
	p := newPlace(t)
	if said, code := do(t, "seal", "publish", "--db", p.url); code != 0 {
		t.Fatal(said)
	}
	c, err := p.tiles().Published()
	if err != nil {
		t.Fatal(err)
	}
	p.enter(t, published.Samples()[1])
	site, err := openSite(t.Context(), p, nil, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Close() })
	return p, c, site
}

// TestWhoAsksForProofHearsWhyThereIsNone: beside a server that can sign nothing any
// more, a receipt and a bundle are refused with the reason; what was signed before
// has its proof.
func TestWhoAsksForProofHearsWhyThereIsNone(t *testing.T) {
	p, c, _ := halfSigned(t)
	tile := fmt.Sprintf("tile/entries/000.p/%d", c.Size)
	if err := os.Remove(filepath.Join(p.tiles().Dir, tile)); err != nil {
		t.Fatal(err)
	}
	said, code := do(t, "seal", "--db", p.url)
	if code == 0 {
		t.Fatalf("all is well, this test shows nothing: %s", said)
	}
	evidence := []string{"evidence", "--from", "2000-01-01", "-o", filepath.Join(t.TempDir(), "a.zip")}
	for _, asked := range [][]string{{"receipt", fmt.Sprint(c.Size + 1)}, evidence, append(evidence, "--at", fmt.Sprint(c.Size+1))} {
		said, code := do(t, append(asked, "--db", p.url)...)
		if code == 0 || !strings.Contains(said, "公开日志的文件 "+tile+" 缺失或被改") || !strings.Contains(said, notCovered) {
			t.Errorf("%q: %d %s", asked, code, said)
		}
	}
	for _, asked := range [][]string{{"receipt", fmt.Sprint(c.Size)}, append(evidence, "--at", fmt.Sprint(c.Size))} {
		if said, code := do(t, append(asked, "--db", p.url)...); code != 0 {
			t.Errorf("%q: %d %s", asked, code, said)
		}
	}
}
