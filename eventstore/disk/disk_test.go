package disk

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// names lists what a folder has.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestKeep(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "below", "file")
	for _, text := range []string{"the first", "the second, longer", ""} {
		if err := Keep(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != text {
			t.Errorf("kept %q, read %q", text, got)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("beside the file lie %v", got)
	}
}

func TestMakeFolder(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		if err := MakeFolder(filepath.Join(dir, "a", "b", "c"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "a", "b", "c")); err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		t.Error(info, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := MakeFolder(filepath.Join(dir, "file", "below"), 0o700); err == nil {
		t.Error("a folder was made in a file")
	}
}

// TestKeepFails: what is in the way stays as it was, and nothing is left beside it.
func TestKeepFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.MkdirAll(filepath.Join(path, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Keep(path, []byte("x"), 0o600); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("in the folder lie %v", got)
	}
	if err := Keep(filepath.Join(dir, "file", "full", "\x00"), nil, 0o600); err == nil {
		t.Error("a file without a name was kept")
	}
}

func TestSpool(t *testing.T) {
	dir := t.TempDir()
	s := NewSpool(dir)
	for i := range round + 1 { // one more than a round
		if err := s.Put("a/"+strings.Repeat("n", i+1), []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	last := filepath.Join(dir, "a", strings.Repeat("n", round+1))
	if _, err := os.Stat(last); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file is there before it is on the disk")
	}
	if err := s.Settle(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, last); got != string(byte(round)) {
		t.Errorf("read %q", got)
	}
	if err := s.Put("b", []byte("never")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Discard(), s.Settle()); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("in the folder lie %v", got)
	}
	if got := names(t, filepath.Join(dir, "a")); len(got) != round+1 {
		t.Errorf("%d files lie there", len(got))
	}
}

// TestSpoolFails: a file that cannot take its place leaves nothing beside.
func TestSpoolFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "taken", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := NewSpool(dir)
	for _, name := range []string{"taken", "behind"} {
		if err := s.Put(name, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Settle(); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("in the folder lie %v", got)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if at := os.Getenv("DISK_LOCK"); at != "" { // the other process
		if _, err := Lock(at); !errors.Is(err, ErrLocked) {
			t.Fatal(err)
		}
		return
	}
	held, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("locked twice: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other := exec.CommandContext(t.Context(), self, "-test.run", "^TestLock$")
	other.Env = append(os.Environ(), "DISK_LOCK="+path)
	if out, err := other.CombinedOutput(); err != nil {
		t.Errorf("another process: %v\n%s", err, out)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Lock(filepath.Join(path, "no", "folder")); err == nil || errors.Is(err, ErrLocked) {
		t.Errorf("a lock nowhere: %v", err)
	}
}

// TestLocked: who asks sees the lock, in whatever process, and is not seen by
// others who ask.
func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	asked := func(when string, want bool) {
		t.Helper()
		if locked, err := Locked(path); locked != want || err != nil {
			t.Errorf("%s: %v %v", when, locked, err)
		}
	}
	asked("never taken", false)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("asking made it: %v", err)
	}
	held, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	asked("held", true)
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	asked("given back", false)
	asking, err := open(path, "mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer asking.Close()
	rows, err := asking.QueryContext(t.Context(), `select 1 from sqlite_schema union all select 2`) // not read to its end: in the middle of asking
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if _, err := Lock(path); !errors.Is(err, ErrLocked) {
		t.Fatalf("nobody asks: %v", err)
	}
	asked("another asks", false)
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
}
