package sqlite

import (
	"database/sql/driver"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"modernc.org/sqlite"
)

// held lets a query wait in its middle.
var held = make(chan func(), 1)

func init() {
	sqlite.MustRegisterScalarFunction("held", 0, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		(<-held)()
		return []byte{}, nil
	})
}

// TestCloseUnderAPage closes a ledger while a page is read that nobody waits for,
// as when a reader leaves early: it is closed after that, and nothing of SQLite's
// stays beside it.
func TestCloseUnderAPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	begun, closed, ended := make(chan struct{}), make(chan struct{}), false
	held <- func() {
		close(begun)
		for s.paging.TryRLock() { // until closing waits for the page
			s.paging.RUnlock()
			select {
			case <-closed:
				return
			default:
				runtime.Gosched()
			}
		}
		ended = true
	}
	go func() { _, _ = s.page(t.Context(), 1, `select 1, 1, held(), x''`) }()
	<-begun
	err = s.Close()
	close(closed)
	if err != nil || !ended {
		t.Errorf("closed: %v; the page was read before: %t", err, ended)
	}
	for _, beside := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + beside); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", beside, err)
		}
	}
}
