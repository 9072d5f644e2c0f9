package disk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrLocked reports a lock that another holds, in this process or any other.
var ErrLocked = errors.New("another process has it")

// Lock takes the lock that the file at path stands for, until what it returns is
// closed or the process ends, however it ends. It never waits: held by another, it
// is [ErrLocked]; any other error is SQLite's own. The file is an empty SQLite
// database in an exclusive transaction, whose locks work on every system. It stays
// when the lock is given back: to remove it would let two hold one name.
func Lock(path string) (io.Closer, error) {
	path, err := filepath.Abs(path) // a URL takes a relative one for a host
	if err != nil {
		return nil, err
	}
	address := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: "_pragma=journal_mode(MEMORY)"}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetConnMaxIdleTime(0) // the connection is the lock
	db.SetConnMaxLifetime(0)
	if _, err := db.ExecContext(context.Background(), `begin exclusive`); err != nil {
		if said := new(sqlite.Error); errors.As(err, &said) && said.Code()&0xff == sqlite3.SQLITE_BUSY {
			err = ErrLocked
		}
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), db.Close())
	}
	return db, nil
}
