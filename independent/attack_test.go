package independent_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
)

// An attack is a copy of a ledger in the hands of somebody who has its keys and
// is about to show another history.
type attack struct {
	ledger
	t *testing.T
}

func attackOn(t *testing.T, l ledger) attack { return attack{l.copy(t), t} }

// forgets removes what the signer has signed and the log has published: else our
// own signer refuses before any witness is asked.
func (a attack) forgets() attack {
	a.t.Helper()
	if err := errors.Join(os.Truncate(filepath.Join(a.seal(), "signed"), 0), os.RemoveAll(a.log())); err != nil {
		a.t.Fatal(err)
	}
	return a
}

func (a attack) enters(names ...string) attack {
	a.t.Helper()
	if err := a.enter(names...); err != nil {
		a.t.Fatal(err)
	}
	return a
}

// rewrites puts other words into an envelope, and into the ledger the tree that
// goes with them.
func (a attack) rewrites(position int, old, new string) attack {
	a.t.Helper()
	envelopes := a.column(a.t, "envelope")
	altered := bytes.Replace(envelopes[position-1], []byte(old), []byte(new), 1)
	if bytes.Equal(altered, envelopes[position-1]) {
		a.t.Fatalf("no %q in %s", old, altered)
	}
	envelopes[position-1] = altered
	tree := treeOf(a.t, envelopes)
	root, err := tree.GetRootHash(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	if _, err := a.sql(fmt.Sprintf("update ledger_events set envelope = x'%x' where position = %d; update ledger_tree set root = x'%x', edge = x'%x'",
		altered, position, root, bytes.Join(tree.Hashes(), nil))); err != nil {
		a.t.Fatal(err)
	}
	return a
}

func treeOf(t *testing.T, entries [][]byte) *compact.Range {
	t.Helper()
	tree := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for _, e := range entries {
		if err := tree.Append(rfc6962.DefaultHasher.HashLeaf(e), nil); err != nil {
			t.Fatal(err)
		}
	}
	return tree
}

// TestWitnessRefusesOtherHistories lets somebody with city's keys show others to
// the audit office, which has cosigned city as it is. The log's signatures are
// good; the office answers 409 or 422, and what is published lacks its
// cosignature.
func TestWitnessRefusesOtherHistories(t *testing.T) {
	for name, prepare := range map[string]func(*testing.T) attack{
		"older copy":            func(t *testing.T) attack { return attackOn(t, older).forgets() },
		"fork of the same size": func(t *testing.T) attack { return attackOn(t, older).enters("甲", "乙", "丁") },
		"longer fork":           func(t *testing.T) attack { return attackOn(t, older).enters("丁", "戊", "己", "庚") },
		"rewritten":             func(t *testing.T) attack { return attackOn(t, city).rewrites(3, "沈某", "许某").forgets() },
		"rewritten and longer": func(t *testing.T) attack {
			return attackOn(t, city).rewrites(3, "沈某", "许某").forgets().enters("丁")
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := prepare(t)
			said, codes := audit.hears(a.ledger)
			signed := a.checkpoint(t)
			if headOf(t, signed); bytes.Contains(signed, []byte(auditName)) || quorum(t, signed) {
				t.Errorf("cosigned:\n%s", signed)
			}
			if len(codes) == 0 || slices.ContainsFunc(codes, func(c int) bool { return c != http.StatusConflict && c != http.StatusUnprocessableEntity }) {
				t.Errorf("the office answered %d; %s", codes, said)
			}
		})
	}
	now := headOf(t, city.checkpoint(t))
	if seen := headOf(t, audit.seen[now.Origin]); seen.Size != now.Size || seen.root() != now.root() {
		t.Errorf("the office has seen %d %s; city is at %d %s", seen.Size, seen.root(), now.Size, now.root())
	}
}

// TestOurSignerRefusesOtherHistories leaves the signer what it has signed.
func TestOurSignerRefusesOtherHistories(t *testing.T) {
	for name, a := range map[string]attack{
		"rewritten":  attackOn(t, city).rewrites(3, "沈某", "许某").enters("丁"),
		"older copy": restored(t),
	} {
		before := a.checkpoint(t)
		if said, err := a.try("seal", "publish"); err == nil {
			t.Errorf("%s: published:\n%s", name, said)
		}
		if !bytes.Equal(a.checkpoint(t), before) {
			t.Errorf("%s: another checkpoint is published:\n%s", name, a.checkpoint(t))
		}
	}
}

// restored is city's keys and log beside records put back from an older backup,
// which has grown again since.
func restored(t *testing.T) attack {
	a := attackOn(t, city)
	if err := os.Remove(string(a.ledger)); err != nil {
		t.Fatal(err)
	}
	if _, err := older.sql("vacuum into '" + string(a.ledger) + "'"); err != nil {
		t.Fatal(err)
	}
	return a.enters("丁", "戊", "己", "庚")
}
