package seal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	_ "modernc.org/sqlite" // its file locks work everywhere and end with the process
)

// ErrInUse reports keys that another process has open.
var ErrInUse = errors.New("密钥正由另一个进程使用，请先停止它 (the keys are in use by another process: stop it first)")

const lockFile = "lock"

// lockFolder keeps a second process away until the result is closed, by an
// exclusive transaction on an empty database: two that sign beside one another
// could sign different histories.
func lockFolder(dir string) (io.Closer, error) {
	path, err := filepath.Abs(filepath.Join(dir, lockFile)) // a URL takes a relative one for a host
	if err != nil {
		return nil, err
	}
	address := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: "_pragma=journal_mode(MEMORY)"}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetConnMaxLifetime(0)
	if _, err := db.ExecContext(context.Background(), "begin exclusive"); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, ErrInUse), db.Close())
	}
	return db, os.Chmod(path, 0o600)
}

// readSecret reads a private key that only its owner may read.
func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return "", fmt.Errorf("%s 的权限是 %o，别人也能读写；密钥只能本人可读：chmod 600 (others may read this key)", path, mode)
	}
	secret, err := os.ReadFile(path)
	return string(secret), err
}
