// Package seal publishes a ledger as a transparency log, in the formats of C2SP:
// tiles and checkpoints that anyone can check with tools not written by us,
// receipts that hold without the ledger, and witnesses who see to it that nobody
// is shown another history.
//
// Leaf n of the tree is the envelope at position n+1, byte for byte. Nothing here
// writes records: a seal that fails never keeps anybody from filing.
package seal

import (
	"errors"
	"fmt"
)

var (
	// ErrInconsistent reports a ledger that does not contain a head already
	// signed: its history was altered, or an older copy was put in its place.
	ErrInconsistent = errors.New("账本不含已签的检查点 (the ledger does not contain the head that was signed)")

	// ErrNotCovered reports a position that no checkpoint covers.
	ErrNotCovered = errors.New("还没有检查点盖住这个位置 (no checkpoint covers this position)")

	// ErrMalformed reports a text that is not in its format to the byte.
	ErrMalformed = errors.New("格式不对 (malformed)")

	// ErrUntrusted reports a checkpoint that no log of the policy signed, or one
	// with a signature of a known key that does not verify.
	ErrUntrusted = errors.New("检查点不是信任策略里的日志签的 (not signed by a log of the policy)")

	// ErrForgotten reports a key without the last head it signed: it might sign
	// another history.
	ErrForgotten = errors.New("密钥在，最后签署的检查点却没有了 (the last head signed is gone)")

	errEnded = errors.New("这份日志正要另立，不再签名 (the log is being given up)")
)

// A TileError names a file of the log that is missing, or is not what the
// checkpoint says.
type TileError struct {
	Path string // below the log's directory, such as tile/0/000.p/7
	Err  error
}

func (e *TileError) Error() string { return fmt.Sprintf("%s: %v", e.Path, e.Err) }

func (e *TileError) Unwrap() error { return e.Err }

// ErrDamaged is what is wrong with a tile that is there.
var ErrDamaged = errors.New("与检查点不符 (is not what the checkpoint says)")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w：%s", ErrMalformed, fmt.Sprintf(format, args...))
}
