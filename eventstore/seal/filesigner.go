package seal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"wenxiao/eventstore/disk"
)

// Files of a signer. All are for their owner only.
const (
	keyFile     = "log.key"  // Ed25519, as package note writes it
	sm2File     = "sm2.key"  // SM2, 32 bytes in base64
	nextFile    = "next.key" // the Ed25519 key that rotation or renewal is about to bring in
	signedFile  = "signed"   // the last checkpoint signed; empty before the first
	retiredFile = "retired"  // public keys that signed earlier, one a line
	publicFile  = "public"   // all public keys, the present first; for reading beside a server
	policyFile  = "policy"   // witnesses, groups and quorum, written by hand
	formerFiles = "former"   // directory: last checkpoints of logs that were given up
)

// A FileSigner is a [Signer] with its keys in a directory.
type FileSigner struct {
	dir  string
	lock io.Closer
	keep func(path string, data []byte, mode os.FileMode) error

	mu      sync.Mutex
	ed25519 note.Signer
	vkey    string
	sm2     *sm2Signer // nil when there is none
	last    Checkpoint // as the file said when it was last read
	ended   bool       // opened to be given up: it signs nothing more
}

// Founded reports whether there is a signer in dir.
func Founded(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, keyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// OpenSigner opens the signer in dir, and makes its Ed25519 key if there is none.
// origin names a new log, and must be the name of one that is there; with "" a
// new log gets a name that no other has. A key that others than its owner may
// read is refused, and one that has lost what it signed last: [ErrForgotten].
func OpenSigner(dir, origin string) (*FileSigner, error) { return openFolder(dir, origin, false) }

// OpenToRenew opens the signer in dir, or what is left of it, to give its log up.
// Until FinishRenewal it signs nothing.
func OpenToRenew(dir string) (*FileSigner, error) { return openFolder(dir, "", true) }

// A Look is what is known of a signer without opening it.
type Look struct {
	Origin string
	Key    string // that signs
	Next   string // that a change which has begun is about to bring in; "" for none
}

// LookAt looks at the signer in dir, whoever has it open, and makes nothing. What
// [OpenSigner] would refuse it refuses; where there is no key it is [fs.ErrNotExist].
func LookAt(dir string) (Look, error) {
	s := &FileSigner{dir: dir}
	if err := s.read(""); err != nil {
		return Look{}, err
	}
	next, err := s.Next()
	return Look{Origin: s.Origin(), Key: s.vkey, Next: next}, err
}

func openFolder(dir, origin string, ended bool) (*FileSigner, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	s := &FileSigner{dir: dir, lock: lock, keep: disk.Keep, ended: ended}
	if err := s.open(origin); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close lets others open the signer.
func (s *FileSigner) Close() error { return s.lock.Close() }

// Origin is [Signer.Origin].
func (s *FileSigner) Origin() string { return s.ed25519.Name() }

// Verifiers is [Signer.Verifiers].
func (s *FileSigner) Verifiers() []string {
	if s.sm2 == nil {
		return []string{s.vkey}
	}
	return []string{s.vkey, s.sm2.vkey()}
}

// EnableSM2 adds a key that signs with SM2 and SM3 beside Ed25519. When there is
// one already nothing changes.
func (s *FileSigner) EnableSM2() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sm2 != nil {
		return nil
	}
	if err := s.renewSM2(); err != nil {
		return err
	}
	return s.open(s.Origin())
}

func (s *FileSigner) renewSM2() error {
	secret, err := newSM2Secret()
	if err != nil {
		return err
	}
	return s.keep(s.path(sm2File), []byte(secret), 0o600)
}

func (s *FileSigner) path(name string) string { return filepath.Join(s.dir, name) }

// open reads the keys, and makes what is missing of them.
func (s *FileSigner) open(origin string) error {
	if _, err := os.Stat(s.path(keyFile)); errors.Is(err, fs.ErrNotExist) {
		if err := s.found(origin); err != nil {
			return err
		}
	}
	if err := s.read(origin); err != nil {
		return err
	}
	return s.announce()
}

// read reads the keys and what they signed last.
func (s *FileSigner) read(origin string) error {
	secret, err := s.secret(keyFile)
	if err != nil {
		return err
	}
	if s.ed25519, s.vkey, err = openEd25519(secret); err != nil {
		return fmt.Errorf("%s: %w", s.path(keyFile), err)
	}
	if origin != "" && origin != s.Origin() {
		return fmt.Errorf("%s 属于日志 %s，不是 %s；日志名定下就不能改 (the directory belongs to the log %[2]s)", s.dir, s.Origin(), origin)
	}
	switch secret, err := s.secret(sm2File); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		if s.sm2, err = openSM2(s.Origin(), secret); err != nil {
			return fmt.Errorf("%s: %w", s.path(sm2File), err)
		}
	}
	return s.recall()
}

// found starts a log with a new key. A directory that has signed before and lost
// its key is not started over: it might sign another history.
func (s *FileSigner) found(origin string) error {
	if signed, err := os.ReadFile(s.path(signedFile)); len(signed) > 0 && !s.ended || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s 里有签过的检查点，却没有密钥 %s：请从备份放回 (signed before, but the key is gone)", s.dir, keyFile))
	}
	if origin == "" {
		origin = newOrigin()
	}
	if err := s.remember(); err != nil { // first: a key without it has forgotten
		return err
	}
	return s.generate(keyFile, origin)
}

// remember makes the file of the last head signed, empty, where there is none.
func (s *FileSigner) remember() error {
	if _, err := os.Stat(s.path(signedFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.keep(s.path(signedFile), nil, 0o600)
}

// generate makes an Ed25519 key for the log named origin.
func (s *FileSigner) generate(file, origin string) error {
	if !validName(origin) {
		return malformed("日志名 %q 只能用可见的 ASCII 字符，不含空格和加号", origin)
	}
	secret, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return err
	}
	return s.keep(s.path(file), []byte(secret+"\n"), 0o600)
}

// newOrigin returns a name no other log has. .invalid is nobody's domain.
func newOrigin() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return "wenxiao.invalid/" + hex.EncodeToString(b[:])
}

// recall reads the last checkpoint signed: anew each time, for what somebody else
// signed meanwhile counts too, and it is two hundred bytes. One of another origin belongs to a log
// that was given up, or is about to be.
func (s *FileSigner) recall() error {
	s.last = Checkpoint{}
	signed, err := os.ReadFile(s.path(signedFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && !s.ended:
		return fmt.Errorf("%s: %w", s.path(signedFile), ErrForgotten)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if len(signed) > 0 {
		c, err := ParseCheckpoint(signed)
		if err != nil {
			return fmt.Errorf("%s: %w", s.path(signedFile), err)
		}
		if c.Origin == s.Origin() || s.ended {
			s.last = c
		}
	}
	return nil
}

func (s *FileSigner) signers() []note.Signer {
	if s.sm2 == nil {
		return []note.Signer{s.ed25519}
	}
	return []note.Signer{s.ed25519, s.sm2}
}

// announce writes down all public keys for those who may not open the signer.
func (s *FileSigner) announce() error {
	retired, err := s.Retired()
	if err != nil {
		return err
	}
	text := strings.Join(append(s.Verifiers(), retired...), "\n") + "\n"
	if have, err := os.ReadFile(s.path(publicFile)); err == nil && string(have) == text {
		return nil
	}
	return s.keep(s.path(publicFile), []byte(text), 0o600)
}

func (s *FileSigner) secret(name string) (string, error) { return readSecret(s.path(name)) }

func openEd25519(secret string) (note.Signer, string, error) {
	secret = strings.TrimSuffix(secret, "\n")
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, "", err
	}
	public, err := publicOf(secret)
	if err != nil {
		return nil, "", err
	}
	vkey, err := note.NewEd25519VerifierKey(signer.Name(), public)
	return signer, vkey, err
}
