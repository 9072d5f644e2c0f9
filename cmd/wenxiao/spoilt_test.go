package main

import (
	"os"
	"strings"
	"testing"
)

// TestSpoiltLedger: whatever is asked of a file that is damaged, or no ledger,
// the answer has a code, names the file and says what to do.
func TestSpoiltLedger(t *testing.T) {
	p := newPlace(t)
	path, _ := p.path()
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for code, content := range map[string][]byte{"ledger.damaged": sound[:len(sound)/2], "ledger.not-a-ledger": []byte(strings.Repeat("不是数据库", 100))} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, command := range [][]string{{"serve", "--addr", "127.0.0.1:0"}, {"verify"}, {"log"}, {"doctor"}} {
			said, ended := do(t, append(command, "--db", p.url)...)
			if ended != exitFault || !strings.Contains(said, code) || !strings.Contains(said, path) || !strings.Contains(said, "备份恢复") {
				t.Errorf("%s ends with %d and does not say %s: %s", command, ended, code, said)
			}
		}
	}
}
