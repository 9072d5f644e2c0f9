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
	ErrInconsistent = errors.New("ledger does not contain the head that was signed")

	// ErrNotCovered reports a position that no checkpoint covers.
	ErrNotCovered = errors.New("no checkpoint covers this position")

	// ErrMalformed reports a text that is not in its format to the byte.
	ErrMalformed = errors.New("malformed")

	// ErrUntrusted reports a checkpoint that no log of the policy signed, or one
	// with a signature of a known key that does not verify.
	ErrUntrusted = errors.New("checkpoint is not signed by a log of the policy")
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
var ErrDamaged = errors.New("is not what the checkpoint says")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}
