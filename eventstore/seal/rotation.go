package seal

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"wenxiao/eventstore/disk"
)

// A Rotation is the change of a log from one Ed25519 key to another. Statement is
// a signed note that says so, signed by both: whoever trusts the old key may
// trust the new one.
type Rotation struct {
	Origin    string
	Old, New  string // vkeys
	Statement string
}

// text is what both keys sign.
func (r Rotation) text() string {
	return fmt.Sprintf("wenxiao key rotation v1\n%s\n%s\n%s\n", r.Origin, r.Old, r.New)
}

// Check returns nil when both keys signed the statement, and it is about them.
func (r Rotation) Check() error {
	text, _, err := splitNote(r.Statement)
	if err != nil || text != r.text() {
		return malformed("换钥声明")
	}
	for _, vkey := range []string{r.Old, r.New} {
		p, err := DefaultPolicy(vkey)
		if err != nil {
			return err
		}
		if _, err := note.Open([]byte(r.Statement), p); err != nil || p.logs[0].verifier.Name() != r.Origin {
			return fmt.Errorf("%w：%s 没有签署换钥声明", ErrUntrusted, vkey)
		}
	}
	return nil
}

// Rotation returns the rotation that has begun and is not finished.
func (s *FileSigner) Rotation() (r Rotation, begun bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret, err := s.secret(nextFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Rotation{}, false, nil
	}
	if err != nil {
		return Rotation{}, false, err
	}
	next, vkey, err := openEd25519(secret)
	if err != nil || next.Name() != s.Origin() {
		return Rotation{}, false, err // the key of a renewal
	}
	r = Rotation{Origin: s.Origin(), Old: s.vkey, New: vkey}
	statement, err := signNote(r.text(), s.ed25519, next)
	r.Statement = string(statement)
	return r, true, err
}

// Next returns the public key that a rotation or renewal is about to bring in, ""
// when none has begun.
func (s *FileSigner) Next() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret, err := s.secret(nextFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	_, vkey, err := openEd25519(secret)
	return vkey, err
}

// BeginRotation makes the next key, or finds the one made before, and has both
// keys sign the change. Checkpoints are signed by the old key until
// FinishRotation: in between the change is recorded in the ledger. A process
// that dies at any moment leaves either no record and a next key that nobody
// knows, or a record and the next key at hand; beginning again goes on with the
// same one.
func (s *FileSigner) BeginRotation() (Rotation, error) {
	if r, begun, err := s.Rotation(); begun || err != nil {
		return r, err
	}
	if err := s.generate(nextFile, s.Origin()); err != nil {
		return Rotation{}, err
	}
	r, _, err := s.Rotation()
	return r, err
}

// FinishRotation puts the next key in the place of the old one, whose private
// half is gone then.
func (s *FileSigner) FinishRotation() error {
	r, begun, err := s.Rotation()
	if err != nil || !begun {
		return errors.Join(err, errors.New("没有开始过换钥 (no rotation has begun)"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.retire(r.Old); err != nil {
		return err
	}
	return s.promote()
}

// retire notes public keys that will not sign any more. It comes before their
// successor is in place: a key that is present and retired is only listed once.
func (s *FileSigner) retire(vkeys ...string) error {
	retired, err := readLines(s.path(retiredFile))
	if err != nil {
		return err
	}
	return s.keep(s.path(retiredFile), []byte(strings.Join(append(retired, vkeys...), "\n")+"\n"), 0o600)
}

// promote makes the next key the present one.
func (s *FileSigner) promote() error {
	if err := os.Rename(s.path(nextFile), s.path(keyFile)); err != nil {
		return err
	}
	if err := disk.SyncFolder(s.dir); err != nil {
		return err
	}
	return s.open("")
}

// Retired returns the public keys that signed before the present ones.
func (s *FileSigner) Retired() ([]string, error) {
	keys, err := readLines(s.path(retiredFile))
	return slices.DeleteFunc(keys, func(k string) bool { return slices.Contains(s.Verifiers(), k) }), err
}

// A Renewal is the end of one log and the beginning of another over the same
// ledger, after records were lost that had been signed.
type Renewal struct {
	Origin, Key string     // of the new log
	Former      Checkpoint // the last of the log given up
}

// BeginRenewal makes the key of a new log, or finds the one made before. Nothing
// is given up until FinishRenewal.
func (s *FileSigner) BeginRenewal() (Renewal, error) {
	if _, begun, err := s.Rotation(); begun || err != nil {
		return Renewal{}, errors.Join(err, errors.New("换钥只做了一半，先运行 wenxiao seal rotate 做完 (a key rotation has begun; finish it first)"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := os.Stat(s.path(nextFile)); errors.Is(err, fs.ErrNotExist) {
		if err := s.generate(nextFile, newOrigin()); err != nil {
			return Renewal{}, err
		}
	}
	secret, err := s.secret(nextFile)
	if err != nil {
		return Renewal{}, err
	}
	next, vkey, err := openEd25519(secret)
	if err != nil {
		return Renewal{}, err
	}
	return Renewal{Origin: next.Name(), Key: vkey, Former: s.last}, nil
}

// FinishRenewal gives up the log: its last checkpoint is kept beside, its keys are
// retired, and the next head signed is the first of the new log. The old head is
// in place until then, so that no key ever signs without knowing what it signed.
// former are other keys that signed before and are still to be believed.
func (s *FileSigner) FinishRenewal(former ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last.Origin == s.Origin() || len(former) == 0 || slices.Contains(former, s.vkey) { // others never signed
		former = append(former, s.Verifiers()...)
	}
	if len(s.last.Note) > 0 {
		name := strings.NewReplacer("/", "_", "\\", "_", ":", "_").Replace(s.last.Origin)
		if err := os.MkdirAll(s.path(formerFiles), 0o700); err != nil {
			return err
		}
		if err := s.keep(filepath.Join(s.path(formerFiles), name), s.last.Note, 0o600); err != nil {
			return err
		}
	}
	if err := s.retire(former...); err != nil {
		return err
	}
	if s.sm2 != nil { // a key has one name for life
		if err := s.renewSM2(); err != nil {
			return err
		}
	}
	if err := s.remember(); err != nil {
		return err
	}
	if err := s.promote(); err != nil {
		return err
	}
	s.ended = false
	return s.recall()
}

// publicOf returns the public half of a private key as package note writes it.
func publicOf(secret string) (ed25519.PublicKey, error) {
	fields := strings.SplitN(secret, "+", 5) // PRIVATE+KEY+name+id+key
	raw, err := base64.StdEncoding.DecodeString(fields[len(fields)-1])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return nil, malformed("私钥")
	}
	return ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey), nil
}

func readLines(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var lines []string
	for line := range bytes.Lines(text) {
		if l := strings.TrimSpace(string(line)); l != "" && !slices.Contains(lines, l) {
			lines = append(lines, l)
		}
	}
	return lines, err
}
