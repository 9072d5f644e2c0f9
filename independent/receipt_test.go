package independent_test

import (
	"bytes"
	"os/exec"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

// TestOneBitOfAReceipt flips one bit in every byte of a receipt, each of the
// eight in turn. Either it is rejected, or it proves the very same envelope in
// the very same head. The second happens in two places only: in the SM2 line,
// which these verifiers do not know, and in the spare bits of the last character
// of a base64 line. (Our own reader is stricter and takes neither.)
func TestOneBitOfAReceipt(t *testing.T) {
	receipt := receipt(t, position)
	want, head, err := included(t, receipt)
	if err != nil {
		t.Fatal(err)
	}
	believed, leaf := torchwoodPolicy(t, policy), tlog.RecordHash(want)
	passed := 0
	for i := range receipt {
		altered := bytes.Clone(receipt)
		altered[i] ^= 1 << (i % 8)
		envelope, err := torchwood.ProofExtraData(altered)
		if err != nil || torchwood.VerifyProof(believed, tlog.RecordHash(envelope), altered) != nil {
			continue
		}
		passed++
		_, same, err := included(t, altered)
		if tlog.RecordHash(envelope) != leaf || err != nil || same.Size != head.Size || same.root() != head.root() {
			t.Errorf("byte %d: proves another thing: %v", i, err)
		}
		if !inSM2Line(receipt, i) && !spare(receipt, i) {
			t.Errorf("byte %d, %q, may change unnoticed", i, receipt[i])
		}
	}
	t.Logf("%d of %d bytes may change without a change in what is proven", passed, len(receipt))
}

// inSM2Line reports whether byte i is in the second signature of the log.
func inSM2Line(receipt []byte, i int) bool {
	lines := bytes.SplitAfter(receipt, []byte("\n"))
	start, seen := 0, map[string]bool{}
	for _, line := range lines {
		fields := bytes.Fields(line)
		if len(fields) == 3 && seen[string(fields[1])] && start <= i && i < start+len(line) {
			return true
		}
		if len(fields) == 3 {
			seen[string(fields[1])] = true
		}
		start += len(line)
	}
	return false
}

// spare reports whether byte i is the last base64 character before padding.
func spare(receipt []byte, i int) bool { return i+1 < len(receipt) && receipt[i+1] == '=' }

// TestOurProgramRejects hands altered receipts to wenxiao, which has no ledger at
// hand: one from each part.
func TestOurProgramRejects(t *testing.T) {
	d := newDesk(t)
	path := d.path("receipt.tlog-proof")
	verify := func() ([]byte, error) {
		return exec.Command(wenxiao, "verify", path, "--policy", d.path("policy.txt")).CombinedOutput()
	}
	if said, err := verify(); err != nil {
		t.Fatalf("the receipt itself: %v\n%s", err, said)
	}
	receipt := read(t, path)
	for i := 3; i < len(receipt); i += len(receipt) / 12 {
		altered := bytes.Clone(receipt)
		altered[i] ^= 1 << (i % 8)
		write(t, path, altered)
		if said, err := verify(); err == nil {
			t.Errorf("byte %d, %q: accepted:\n%s", i, receipt[i], said)
		}
	}
}
