package sqlite

import (
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"wenxiao/eventstore/disk"
)

// ErrInUse reports a ledger that is already open for writing.
var ErrInUse = errors.New("账本正由另一个进程写入（多半是 wenxiao serve），请先停止它 (the ledger is being written by another process: stop it first)")

var (
	// ErrNotLedger reports a file that is something else.
	ErrNotLedger = errors.New("不是账本文件 (not a ledger)")

	// ErrForbidden reports a ledger that this user may not read.
	ErrForbidden = errors.New("没有读这本账的权限 (permission denied)")

	// ErrUnwritable reports a ledger that is to be written where nothing can be.
	ErrUnwritable = errors.New("账本或所在目录不能写，不能记账 (the ledger or its folder cannot be written)")

	// ErrUnmerged reports a ledger whose last records lie in a write-ahead log that
	// cannot be read where it is.
	ErrUnmerged = errors.New("账本旁边的 -wal 文件里还有没并入账本的记录，这里不能写，读不了它；把账本连同 -wal 复制到可以写的目录，再用 --db 指向副本 (records in the -wal file cannot be read in a read-only folder: copy both to a writable one)")
)

// format is the version of the schema this package reads and writes.
const format = 2

var (
	//go:embed schema.sql
	schema string

	//go:embed upgrade_2.sql
	upgradeTo2 string
)

// resolve returns the one name of the file at path, so that two spellings
// meet at the same lock.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	return real, err
}

// address returns the name database/sql opens path by. synchronous=FULL is what
// makes an append durable; at NORMAL a power cut loses acknowledged records.
func address(path, mode string, pragmas ...string) string {
	query := url.Values{"mode": {mode}, "_pragma": append([]string{
		"busy_timeout(10000)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(MEMORY)", "cache_size(-8000)",
	}, pragmas...)}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	return u.String()
}

// checkFormat refuses a file that is no ledger, or one of a later format.
func checkFormat(db *sql.DB) error {
	var version int
	switch err := db.QueryRow(`select version from ledger_format`).Scan(&version); {
	case errors.Is(err, sql.ErrNoRows), code(err) == sqlite3.SQLITE_ERROR, code(err) == sqlite3.SQLITE_NOTADB:
		return ErrNotLedger
	case err != nil:
		return err
	case version != format:
		return fmt.Errorf("账本格式为 %d，本程序读写格式 %d (ledger format %d, this program's is %d)", version, format, version, format)
	}
	return nil
}

// code is SQLite's own number for what went wrong, without its finer parts; 0 of
// other errors.
func code(err error) int {
	if e := new(sqlite.Error); errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// unwritable reports whether something could not be written or made.
func unwritable(err error) bool {
	c := code(err)
	return c == sqlite3.SQLITE_READONLY || c == sqlite3.SQLITE_CANTOPEN || c == sqlite3.SQLITE_PERM
}

// acquire keeps a second writer away from the ledger at path.
func acquire(path string) (io.Closer, error) {
	lock, err := disk.Lock(path + "-writer")
	switch {
	case errors.Is(err, disk.ErrLocked):
		return nil, fmt.Errorf("%s: %w", path, ErrInUse)
	case unwritable(err):
		return nil, fmt.Errorf("%s: %w", path, ErrUnwritable)
	}
	return lock, err
}
