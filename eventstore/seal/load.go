package seal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LoadPolicy returns the policy of the log whose signer is in dir: its own keys,
// present and retired, and what the file policy there says of witnesses and
// quorum; without that file no witness is needed. It may be called while the
// signer is open. Without a signer it is [fs.ErrNotExist].
func LoadPolicy(dir string) (Policy, error) {
	own, err := readLines(filepath.Join(dir, publicFile))
	if err != nil {
		return Policy{}, err
	}
	if len(own) == 0 {
		return Policy{}, fmt.Errorf("%s: %w", filepath.Join(dir, publicFile), fs.ErrNotExist)
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
