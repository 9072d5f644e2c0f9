package independent_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
)

// A ledger is known by its SQLite file; the rest lies beside it.
type ledger string

func (l ledger) seal() string { return string(l) + ".seal" }
func (l ledger) log() string  { return string(l) + ".log" }

// try runs wenxiao on the ledger and returns what it printed.
func (l ledger) try(args ...string) (string, error) {
	var errs strings.Builder
	cmd := exec.Command(wenxiao, append(args, "--db", "sqlite:"+string(l))...)
	cmd.Dir, cmd.Stderr = filepath.Dir(string(l)), &errs
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("wenxiao %s: %w\n%s%s", strings.Join(args, " "), err, out, &errs)
	}
	return string(out), err
}

// enter enters a small published table that differs from others by name: each
// adds as many records as the others.
func (l ledger) enter(names ...string) error {
	template, err := os.ReadFile("testdata/table.json")
	if err != nil {
		return err
	}
	args := []string{"import"}
	for _, name := range names {
		path := filepath.Join(filepath.Dir(string(l)), name+".json")
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(template), "某档案室", name)), 0o600); err != nil {
			return err
		}
		args = append(args, path)
	}
	_, err = l.try(args...)
	return err
}

// sql asks SQLite's own program. It waits: whoever opens a ledger first after
// its server has gone holds it for a moment, and tests run side by side.
func (l ledger) sql(query string) (string, error) {
	out, err := exec.Command("sqlite3", "-bail", "-cmd", ".timeout 30000", string(l), query).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("sqlite3: %w\n%s", err, out)
	}
	return string(out), err
}

// column returns the bytes in a column of all records, in order.
func (l ledger) column(t *testing.T, name string) (all [][]byte) {
	t.Helper()
	out, err := l.sql("select hex(" + name + ") from ledger_events order by position")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out) {
		b, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// publish returns the checkpoint of one round of sealing.
func (l ledger) publish() ([]byte, error) {
	if _, err := l.try("seal", "publish"); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(l.log(), "checkpoint"))
}

// cosigned publishes until the witnesses have cosigned: they are given only so long
// to answer, and a machine may have much else to do.
func (l ledger) cosigned() (signed []byte, err error) {
	for end := time.Now().Add(time.Minute); ; {
		if signed, err = l.publish(); err == nil || time.Now().After(end) {
			return signed, err
		}
	}
}

func (l ledger) checkpoint(t *testing.T) []byte { return read(t, filepath.Join(l.log(), "checkpoint")) }

// receipt returns a receipt of city, asked for once.
func receipt(t *testing.T, position int) []byte {
	t.Helper()
	if known, ok := receipts.Load(position); ok {
		return known.([]byte)
	}
	path := filepath.Join(t.TempDir(), "receipt.tlog-proof")
	if _, err := city.try("receipt", strconv.Itoa(position), "-o", path); err != nil {
		t.Fatal(err)
	}
	b := read(t, path)
	receipts.Store(position, b)
	return b
}

var receipts sync.Map

// copy returns a copy of the ledger with its keys and its log, as somebody with
// the run of the machine can make one.
func (l ledger) copy(t *testing.T) ledger {
	c := ledger(filepath.Join(t.TempDir(), "copy.db"))
	if err := l.copyTo(c); err != nil {
		t.Fatal(err)
	}
	return c
}

func (l ledger) copyTo(c ledger) error {
	if _, err := l.sql("vacuum into '" + string(c) + "'"); err != nil {
		return err
	}
	return errors.Join(os.CopyFS(c.seal(), os.DirFS(l.seal())), os.CopyFS(c.log(), os.DirFS(l.log())), private(c.seal()))
}

// private gives the files of a directory back the modes that keys need.
func private(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o600)
	})
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// flip changes one bit of a file.
func flip(t *testing.T, path string, at int) {
	t.Helper()
	b := read(t, path)
	b[(at+len(b))%len(b)] ^= 0x04
	write(t, path, b)
}

// sign signs the head of some entries with the ledger's own key, as its owner
// can.
func (l ledger) sign(t *testing.T, entries [][]byte) []byte {
	t.Helper()
	signer, err := note.NewSigner(strings.TrimSpace(string(read(t, filepath.Join(l.seal(), "log.key")))))
	if err != nil {
		t.Fatal(err)
	}
	root, err := treeOf(t, entries).GetRootHash(nil)
	if err != nil {
		t.Fatal(err)
	}
	text := log.Checkpoint{Origin: signer.Name(), Size: uint64(len(entries)), Hash: root}.Marshal()
	signed, err := note.Sign(&note.Note{Text: string(text)}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}
