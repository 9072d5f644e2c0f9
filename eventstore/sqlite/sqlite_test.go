package sqlite_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"wenxiao/eventstore"
	"wenxiao/eventstore/sqlite"
	"wenxiao/eventstore/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		path := filepath.Join(t.TempDir(), "账本 #1?.db") // odd names are names
		return func(t *testing.T, options ...eventstore.Option) eventstore.Store { return open(t, path, options...) }
	})
}

// TestKilledProcess also tries, while the process writes, to write beside it
// and to read beside it.
func TestKilledProcess(t *testing.T) {
	storetest.Crash(t, 10,
		func() string { return filepath.Join(t.TempDir(), "ledger.db") },
		func(path string) (eventstore.Store, error) { return sqlite.Open(path) },
		func(path string) {
			if _, err := sqlite.Open(path); !errors.Is(err, sqlite.ErrInUse) {
				t.Errorf("a second process opened the ledger for writing: %v", err)
			}
			readBeside(t, path)
		},
	)
}

func readBeside(t *testing.T, path string) {
	s, err := sqlite.OpenReadOnly(path)
	if err != nil {
		t.Error(err)
		return
	}
	defer s.Close()
	n := 0
	for r, err := range s.ReadAll(t.Context(), 0) {
		if n++; err != nil || int(r.Position) != n {
			t.Errorf("record %d is at %d: %v", n, r.Position, err)
			return
		}
	}
	if n == 0 {
		t.Error("nothing to read beside a writer")
	}
	if err := s.Wait(t.Context(), eventstore.Position(n)); err != nil {
		t.Errorf("waiting for the other process: %v", err)
	}
}

func open(t testing.TB, path string, options ...eventstore.Option) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(path, options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func shut(t *testing.T, s *sqlite.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

var draft = eventstore.Draft{Type: "test.happened.v1", Data: []byte("1")}

func TestOneWriterAtATime(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "ledger.db"), filepath.Join(dir, "link.db")
	first := open(t, path)
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, link, filepath.Join(dir, ".", "..", filepath.Base(dir), "ledger.db")} {
		if _, err := sqlite.Open(p); !errors.Is(err, sqlite.ErrInUse) {
			t.Errorf("%s: got %v, want ErrInUse", p, err)
		}
	}
	if _, err := first.Append(t.Context(), "s", 0, draft); err != nil {
		t.Errorf("the first writer was disturbed: %v", err)
	}
	shut(t, first)
	shut(t, open(t, link))
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if _, err := sqlite.OpenReadOnly(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("asking for a ledger made one: %v", err)
	}
	w := open(t, path)
	beside, err := sqlite.OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	woken := make(chan error)
	go func() { woken <- beside.Wait(t.Context(), 0) }()
	if _, err := w.Append(t.Context(), "s", 0, draft); err != nil {
		t.Fatal(err)
	}
	if err := <-woken; err != nil {
		t.Error(err)
	}
	shut(t, w)
	after, err := sqlite.OpenReadOnly(path) // nobody writes now
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*sqlite.Store{"beside": beside, "after": after} {
		if head, err := s.Head(t.Context()); head != 1 || err != nil {
			t.Errorf("%s: head %d, %v", name, head, err)
		}
		if _, err := s.Append(t.Context(), "s", 1, draft); !errors.Is(err, sqlite.ErrReadOnly) {
			t.Errorf("%s: append: %v", name, err)
		}
		shut(t, s)
	}
	shut(t, open(t, path))
}

// TestClosedLedgerIsOneFile: nothing is left in the write-ahead log, so a plain
// copy of the file is a backup.
func TestClosedLedgerIsOneFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "ledger.db"))
	if _, err := s.Append(t.Context(), "s", 0, draft); err != nil {
		t.Fatal(err)
	}
	shut(t, s)
	for _, left := range []string{"ledger.db-wal", "ledger.db-shm"} {
		if _, err := os.Stat(filepath.Join(dir, left)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", left, err)
		}
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	dir := t.TempDir()
	text, later := filepath.Join(dir, "text.db"), filepath.Join(dir, "later.db")
	if err := os.WriteFile(text, []byte("花钱必问效，无效必问责。\n这不是数据库。\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	shut(t, open(t, later))
	db, err := sql.Open("sqlite", later)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`update ledger_format set version = version + 1`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, later, filepath.Join(dir, "no such folder", "ledger.db"), dir} {
		if s, err := sqlite.Open(path); err == nil {
			t.Errorf("%s was opened", path)
			shut(t, s)
		}
		if s, err := sqlite.OpenReadOnly(path); err == nil {
			t.Errorf("%s was opened for reading", path)
			shut(t, s)
		}
	}
}

// TestFileIsBusy has another process hold the file's write lock for a while, as
// a backup or a curious user might: appends wait for it.
func TestFileIsBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := open(t, path)
	defer shut(t, s)
	other, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec(`begin immediate`); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() { _, _ = other.Exec(`rollback`) })
	if _, err := s.Append(t.Context(), "s", 0, draft); err != nil {
		t.Error(err)
	}
}

// TestInterferenceIsRefused has another program take the next position: the
// append that wanted it fails or goes after it, but nothing is overwritten.
func TestInterferenceIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := open(t, path)
	defer shut(t, s)
	if _, err := s.Append(t.Context(), "s", 0, draft); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Exec(`insert into ledger_events select 2, stream, 2, x'00', type, recorded_at, null, envelope, data from ledger_events`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), "t", 0, draft); err == nil {
		t.Error("the append that wanted position 2 got it")
	}
	if a, err := s.Append(t.Context(), "t", 0, draft); err != nil || a.Position != 3 {
		t.Errorf("the next append: %+v, %v", a, err)
	}
}
