package seal

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// Signature types of c2sp.org/signed-note.
const (
	algEd25519     = 1
	algCosignature = 4
	algLong        = 0xff // followed by a longer identifier
)

// A verifier is a [note.Verifier] of a kind that package note does not know.
type verifier struct {
	name   string
	hash   uint32
	verify func(text, signature []byte) bool
}

func (v *verifier) Name() string               { return v.name }
func (v *verifier) KeyHash() uint32            { return v.hash }
func (v *verifier) Verify(text, s []byte) bool { return v.verify(text, s) }

// validName reports whether s can name a key. Beyond signed-note it must be
// printable ASCII: it is copied by hand.
func validName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII || r <= ' ' || r == 0x7f || r == '+' })
}

// keyID is the recommended key ID: key is the type byte and the public key.
func keyID(name string, key []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	return binary.BigEndian.Uint32(sum[:])
}

func formatKey(name string, key []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyID(name, key), base64.StdEncoding.EncodeToString(key))
}

// parseKey takes a vkey apart: key begins with the type byte.
func parseKey(vkey string) (name string, hash uint32, key []byte, err error) {
	name, rest, _ := strings.Cut(vkey, "+")
	hex, encoded, _ := strings.Cut(rest, "+")
	id, err1 := strconv.ParseUint(hex, 16, 32)
	key, err2 := base64.StdEncoding.Strict().DecodeString(encoded)
	switch {
	case name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsSpace) || len(hex) != 8 || err1 != nil || err2 != nil || len(key) < 2:
		return "", 0, nil, malformed("公钥 %q 应为 名称+编号+公钥", vkey)
	case uint32(id) != keyID(name, key):
		return "", 0, nil, malformed("公钥 %q 的编号与它的名称和内容不符", vkey)
	}
	return name, uint32(id), key, nil
}

// newLogVerifier reads the key of a log: Ed25519, or SM2 with SM3.
func newLogVerifier(vkey string) (note.Verifier, error) {
	_, _, key, err := parseKey(vkey)
	switch {
	case err != nil:
		return nil, err
	case key[0] == algEd25519:
		known, err := note.NewVerifier(vkey)
		if err != nil {
			return nil, malformed("公钥 %q (%v)", vkey, err)
		}
		return known, nil
	case isSM2(key):
		return newSM2Verifier(vkey)
	}
	return nil, malformed("公钥 %q 不是日志的：日志用 Ed25519 或 SM2", vkey)
}
