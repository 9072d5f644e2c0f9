package vault

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver

	"wenxiao/eventstore/disk"
)

// private makes the file at path for its owner alone, or refuses one that others
// may read.
func private(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s 的权限是 %#o，应为 0600：别人不得读 (must be readable by its owner only)", path, info.Mode().Perm())
	}
	return nil
}

// openMaster reads the master key, or makes it for a fresh vault. The file may be
// a link to another medium.
func openMaster(path string, fresh bool) (m master, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !fresh {
		return m, fmt.Errorf("没有主密钥 %s，钥匙库打不开；放回备份的主密钥 (the master key is missing)", path)
	}
	if err := private(path); err != nil {
		return m, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return m, err
	}
	if len(text) == 0 {
		return m, makeMaster(path, &m)
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(secret) != len(m) {
		return m, fmt.Errorf("%s 不是主密钥 (is no master key)", path)
	}
	return master(secret), nil
}

// makeMaster writes a new master key and has it on the disk before any key is
// wrapped by it.
func makeMaster(path string, m *master) error {
	_, _ = rand.Read(m[:])
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(base64.StdEncoding.EncodeToString(m[:]) + "\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	return disk.SyncFolder(filepath.Dir(real))
}

// openFile opens the keys on one connection: no reader of ours ever holds a page
// back when the log is to be truncated.
func openFile(path string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	address := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(10000)", "secure_delete(ON)", "journal_mode(WAL)", "synchronous(FULL)", "temp_store(MEMORY)"},
	}.Encode()}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, db.Ping()
}

const (
	truncating = 10 * time.Second // how long truncate tries
	tryAgain   = 10 * time.Millisecond
)

// truncate brings everything from the log into the file and empties the log,
// where pages as they were before would still lie. While another process does
// the same SQLite refuses at once, without waiting as it does for readers.
func (v *Vault) truncate(ctx context.Context) error {
	for began := time.Now(); ; {
		var busy, log, moved int
		if err := v.db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &moved); err != nil {
			return fmt.Errorf("vault: %w", err)
		}
		if busy == 0 {
			return nil
		}
		if time.Since(began) > truncating {
			return errors.New("vault: 另有程序正在读钥匙库，日志没有清空 (another process reads the keys; their log was not emptied)")
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("vault: %w", ctx.Err())
		case <-time.After(tryAgain):
		}
	}
}
