package disk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
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
	db, err := open(path, "_pragma=journal_mode(MEMORY)")
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(context.Background(), `begin exclusive`); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, told(err)), db.Close())
	}
	return db, nil
}

// Locked reports whether somebody has the lock that the file at path stands for.
// It makes nothing. Those who ask do not see one another; only who takes the lock
// in that very moment finds it held.
func Locked(path string) (locked bool, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	db, err := open(path, "mode=ro")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var tables int
	err = told(db.QueryRowContext(context.Background(), `select count(*) from sqlite_schema`).Scan(&tables)) // shares the file for as long as it takes
	if errors.Is(err, ErrLocked) {
		return true, nil
	}
	return false, err
}

func open(path, how string) (*sql.DB, error) {
	path, err := filepath.Abs(path) // a URL takes a relative one for a host
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: how}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetConnMaxIdleTime(0) // the connection is the lock
	db.SetConnMaxLifetime(0)
	return db, nil
}

// told returns err, or [ErrLocked] where a lock is what is in the way.
func told(err error) error {
	if said := new(sqlite.Error); errors.As(err, &said) && said.Code()&0xff == sqlite3.SQLITE_BUSY {
		return ErrLocked
	}
	return err
}
