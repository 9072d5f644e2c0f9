//go:build unix

package sqlite_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/sqlite"
)

// asNobody runs the named test of this binary again as a user who owns nothing:
// root may write everywhere. The file at path must be for all to read.
func asNobody(t *testing.T, test, path string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(public(t), "test")
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(binary, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); errors.Join(err, to.Close()) != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run", "^"+test+"$")
	cmd.Dir, cmd.Env = "/", append(os.Environ(), "LEDGER_READ_BY_NOBODY="+path)
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// public is a folder that others may look into.
func public(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestReadOnlyFolder reads a ledger where nothing can be written.
func TestReadOnlyFolder(t *testing.T) {
	if path := os.Getenv("LEDGER_READ_BY_NOBODY"); path != "" {
		readAsNobody(t, path)
		return
	}
	dir := public(t)
	path := filepath.Join(dir, "ledger.db")
	s := open(t, path)
	if _, err := s.Append(t.Context(), "s", 0, eventstore.Draft{Type: "test.happened.v1", Data: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(dir, "unmerged.db") // the file and its log as a writer has them
	if err := errors.Join(duplicate(path, whole), duplicate(path+"-wal", whole+"-wal")); err != nil {
		t.Fatal(err)
	}
	shut(t, s)
	hidden, empty, emptyLog := filepath.Join(dir, "hidden.db"), filepath.Join(dir, "empty.db"), filepath.Join(dir, "emptylog.db")
	err := errors.Join(duplicate(path, hidden), os.Chmod(hidden, 0), os.WriteFile(empty, nil, 0o644),
		duplicate(path, emptyLog), os.WriteFile(emptyLog+"-wal", nil, 0o444), os.Chmod(path, 0o444), os.Chmod(dir, 0o555))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(dir, 0o755) }() // so that it can be removed
	for name, want := range map[string]string{
		path: "1 records, then cannot write", emptyLog: "1 records, then cannot write", whole: sqlite.ErrUnmerged.Error(),
		hidden: sqlite.ErrForbidden.Error(), empty: sqlite.ErrNotLedger.Error(), dir: sqlite.ErrNotLedger.Error(),
	} {
		if out := asNobody(t, t.Name(), name); !strings.Contains(out, want) {
			t.Errorf("%s: %s, not %s", name, out, want)
		}
	}
	if left, err := filepath.Glob(path + "-*"); len(left) != 1 || err != nil { // the writer's mark
		t.Errorf("reading leaves %v, %v", left, err)
	}
}

func duplicate(from, to string) error {
	b, err := os.ReadFile(from)
	return errors.Join(err, os.WriteFile(to, b, 0o644))
}

// readAsNobody tells what came of reading.
func readAsNobody(t *testing.T, path string) {
	s, err := sqlite.OpenReadOnly(path)
	if err != nil {
		os.Stdout.WriteString(err.Error())
		return
	}
	defer shut(t, s)
	n := 0
	for _, err := range s.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	for k, err := range s.ReadKept(t.Context(), 0, 100) { // the pages themselves
		if err != nil || k.Position != 1 {
			t.Fatal(k, err)
		}
	}
	if _, err := sqlite.Open(path); !errors.Is(err, sqlite.ErrUnwritable) {
		t.Fatal(err)
	}
	os.Stdout.WriteString(strings.Repeat("1", n) + " records, then cannot write")
}
