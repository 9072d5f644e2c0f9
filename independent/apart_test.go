package independent_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestSharesNoCode lists every package these tests are made of: none but this
// one is the ledger's.
func TestSharesNoCode(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-test", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 50 {
		t.Errorf("only %d packages: %s", len(packages), packages)
	}
	for _, p := range packages {
		if (p == "wenxiao" || strings.HasPrefix(p, "wenxiao/")) && !strings.HasPrefix(p, "wenxiao/independent") {
			t.Errorf("%s is the prover's", p)
		}
	}
}
