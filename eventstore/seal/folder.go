package seal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"wenxiao/eventstore/disk"
)

// ErrInUse reports keys that another process has open.
var ErrInUse = errors.New("密钥正由另一个进程使用，请先停止它 (the keys are in use by another process: stop it first)")

const lockFile = "lock"

// lockFolder keeps a second process away until the result is closed: two that
// sign beside one another could sign different histories.
func lockFolder(dir string) (io.Closer, error) {
	path := filepath.Join(dir, lockFile)
	lock, err := disk.Lock(path)
	if errors.Is(err, disk.ErrLocked) {
		return nil, fmt.Errorf("%s: %w", dir, ErrInUse)
	}
	if err != nil {
		return nil, err
	}
	return lock, os.Chmod(path, 0o600)
}

// InUse reports whether a process has the keys in dir open. Asking is not having
// them: see [disk.Locked].
func InUse(dir string) (bool, error) { return disk.Locked(filepath.Join(dir, lockFile)) }

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
