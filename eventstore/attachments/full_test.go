//go:build unix

package attachments

import (
	"errors"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk lets writes beyond a limit fail, as on a full disk: the file is
// refused as for want of room, nothing is left of it, and when there is room
// again it is kept.
func TestFullDisk(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ) // so that write returns an error
	defer signal.Reset(syscall.SIGXFSZ)
	d := open(t)
	small, large := strings.Repeat("a", 1000), strings.Repeat("b", 1_000_000)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 300_000, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	_, err := keep(d, t, large)
	mustKeep(d, t, small)
	if lift := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); lift != nil {
		t.Fatal(lift)
	}
	if !errors.Is(err, ErrFull) {
		t.Errorf("refused with %v", err)
	}
	if left := lies(t, d); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
	mustKeep(d, t, large)
}
