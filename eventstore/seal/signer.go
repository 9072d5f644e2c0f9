package seal

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// A Signer signs the heads of one log. It keeps, durably, the last head it signed
// before the signature leaves it, and signs none that does not contain it: it
// checks the proof itself. So it may live outside the process, on another
// machine or before an HSM, and need not trust who asks.
type Signer interface {
	// Origin is the name of the log.
	Origin() string

	// Verifiers returns the public keys as vkeys: Ed25519 first, then SM2 if there
	// is one.
	Verifiers() []string

	// Signed returns the last head signed; zero when there is none.
	Signed(context.Context) (Head, error)

	// Sign returns the signed checkpoint of a head, given the proof that its tree
	// begins with the last one signed. A head that does not, is [ErrInconsistent].
	// The same head again has the same answer.
	Sign(context.Context, Head, tlog.TreeProof) ([]byte, error)
}

// extends returns [ErrInconsistent] unless proof shows that next contains last.
func extends(last, next Head, proof tlog.TreeProof) error {
	switch {
	case next.Size == 0:
		return fmt.Errorf("%w：没有可签的记录", ErrInconsistent)
	case next.Size < last.Size:
		return fmt.Errorf("%w：签过 %d 件，现在是 %d 件", ErrInconsistent, last.Size, next.Size)
	case next.Size == last.Size && next.Root != last.Root, last.Size == 0 && len(proof) > 0:
		return fmt.Errorf("%w：%d 件的另一棵树", ErrInconsistent, last.Size)
	case last.Size == 0, next == last:
		return nil
	}
	if err := tlog.CheckTree(proof, int64(next.Size), next.Root, int64(last.Size), last.Root); err != nil {
		return fmt.Errorf("%w：从 %d 件到 %d 件：%w", ErrInconsistent, last.Size, next.Size, err)
	}
	return nil
}

// Signed is [Signer.Signed].
func (s *FileSigner) Signed(context.Context) (Head, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.recall()
	return s.last.Head, err
}

// Sign is [Signer.Sign].
func (s *FileSigner) Sign(_ context.Context, next Head, proof tlog.TreeProof) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, errEnded
	}
	if err := s.recall(); err != nil {
		return nil, err
	}
	if err := extends(s.last.Head, next, proof); err != nil {
		return nil, err
	}
	if next == s.last.Head && s.signedByAll() {
		return bytes.Clone(s.last.Note), nil
	}
	signed, err := signNote(next.text(s.Origin()), s.signers()...)
	if err != nil {
		return nil, err
	}
	// On the disk before anybody sees it. If keeping it fails it may be there or
	// not: nothing is released, and what is there is read before the next.
	if err := s.keep(s.path(signedFile), signed, 0o600); err != nil {
		return nil, fmt.Errorf("签名之前没能留住检查点 (keep the head before signing): %w", err)
	}
	return signed, s.recall()
}

// Last returns the last checkpoint signed, without cosignatures; zero when there
// is none.
func (s *FileSigner) Last() (Checkpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.recall()
	return s.last, err
}

// signedByAll reports whether the last checkpoint has a signature by each of the
// keys as they are now.
func (s *FileSigner) signedByAll() bool {
	p, err := DefaultPolicy(s.Verifiers()...)
	if err != nil {
		return false
	}
	v, err := p.Check(s.last.Note)
	return err == nil && len(v.SignedBy) == len(s.Verifiers())
}
