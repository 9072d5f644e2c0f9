package independent_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
)

// Tessera's fsck may hang on a damaged bundle, and may find damage without
// failing. So it runs in a process of its own, under a time limit, and only its
// words count.
const (
	fsckLog = "INDEPENDENT_FSCK_LOG"
	fsckKey = "INDEPENDENT_FSCK_KEY"
)

// fsckHere checks the log in a directory and says on standard error how it went.
func fsckHere(log, vkey string) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	check := fsck.New(verifier.Name(), verifier, &client.FileFetcher{Root: log}, leavesOf, fsck.Opts{N: 1})
	if err := check.Check(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func leavesOf(bundle []byte) (leaves [][]byte, err error) {
	var b api.EntryBundle
	err = b.UnmarshalText(bundle)
	for _, entry := range b.Entries {
		leaves = append(leaves, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return leaves, err
}

var success = regexp.MustCompile(`Successfully fsck'd log with size (\d+) and root (\S+) `)

// fsckSays runs fsck and returns the size and the root it found whole; nothing
// when it found damage, or did not end in time.
func fsckSays(t *testing.T, log string, limit time.Duration) (size uint64, root string) {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), fsckLog+"="+log, fsckKey+"="+logKey(t, policy))
	said, err := cmd.CombinedOutput()
	found := success.FindSubmatch(said)
	if err != nil || found == nil {
		t.Logf("fsck: %v, %.300s", err, said)
		return 0, ""
	}
	size, _ = strconv.ParseUint(string(found[1]), 10, 64)
	return size, string(found[2])
}

func TestFsckAcceptsTheLog(t *testing.T) {
	c := headOf(t, city.checkpoint(t))
	size, root := fsckSays(t, city.log(), time.Minute)
	if size != c.Size || root != c.root() {
		t.Errorf("fsck found %d %s; the checkpoint says %d %s", size, root, c.Size, c.root())
	}
}

func TestFsckSeesOneBit(t *testing.T) {
	c := headOf(t, city.checkpoint(t))
	last := fmt.Sprintf("%03d.p/%d", c.Size/256, c.Size%256)
	for _, path := range []string{
		"tile/0/000", "tile/0/001", "tile/0/" + last, fmt.Sprintf("tile/1/000.p/%d", c.Size/256),
		"tile/entries/000", "tile/entries/001", "tile/entries/" + last, "checkpoint",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			log := t.TempDir()
			if err := os.CopyFS(log, os.DirFS(city.log())); err != nil {
				t.Fatal(err)
			}
			flip(t, filepath.Join(log, path), 70)
			if size, root := fsckSays(t, log, 3*time.Second); size == c.Size && root == c.root() {
				t.Errorf("fsck accepts a log with a bit flipped in %s", path)
			}
		})
	}
}
