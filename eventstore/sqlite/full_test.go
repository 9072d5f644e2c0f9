//go:build unix

package sqlite_test

import (
	"bytes"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"wenxiao/eventstore"
)

// TestFullDisk lets every write beyond a limit fail, as on a full disk: what was
// acknowledged stays, what was refused is not there, and when there is room
// again the ledger goes on.
func TestFullDisk(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ) // so that write returns an error
	defer signal.Reset(syscall.SIGXFSZ)
	s := open(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer shut(t, s)
	refused := 0
	var kept []string
	write := func(name string, n int) {
		for range n {
			d := eventstore.Draft{Type: "test.happened.v1", Data: []byte(strings.Repeat(name, 10_000))}
			a, err := s.Append(t.Context(), "s", eventstore.Revision(len(kept)), d)
			if err != nil {
				refused++
				continue
			}
			kept = append(kept, a.IDs...)
		}
	}
	for range 2 {
		write("a", 5)
		lift := limit(t, 300_000)
		write("b", 60)
		lift()
		write("c", 5)
	}
	if refused == 0 {
		t.Error("the limit was never reached")
	}
	n := 0
	for r, err := range s.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if n >= len(kept) || r.ID != kept[n] || int(r.Position) != n+1 || len(bytes.Trim(r.Data, "abc")) > 0 {
			t.Fatalf("record %d is %s at %d", n+1, r.ID, r.Position)
		}
		n++
	}
	if n != len(kept) {
		t.Errorf("%d appends were acknowledged, %d records are there", len(kept), n)
	}
	t.Logf("%d kept, %d refused", len(kept), refused)
}

// limit sets the greatest size files of this process may grow to, and returns
// how to lift it.
func limit(t *testing.T, bytes uint64) func() {
	t.Helper()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Fatal(err)
		}
	}
}
