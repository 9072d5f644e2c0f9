package seal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// LoadPolicy returns the policy of the log whose signer is in dir: its own keys,
// present and retired, and what the file policy there says of witnesses and
// quorum; without that file no witness is needed. It may be called while the
// signer is open. Without a signer it is [fs.ErrNotExist].
func LoadPolicy(dir string) (Policy, error) {
	own, err := announced(filepath.Join(dir, publicFile))
	if err != nil {
		return Policy{}, err
	}
	p := Policy{quorum: noQuorum}
	text, err := os.ReadFile(filepath.Join(dir, policyFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return Policy{}, err
	default:
		if p, err = ParsePolicy(text); err != nil {
			return Policy{}, fmt.Errorf("%s: %w", filepath.Join(dir, policyFile), err)
		}
	}
	return p.WithLogs(own...)
}

// announced returns the keys that announce wrote down, just as it wrote them:
// a file that differs by a blank has been changed by somebody.
func announced(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	keys, whole := strings.CutSuffix(string(text), "\n")
	if !whole || strings.ContainsAny(keys, " \t\r") {
		return nil, fmt.Errorf("%s: %w", path, malformed("不是签名程序写下的样子"))
	}
	return strings.Split(keys, "\n"), nil
}
