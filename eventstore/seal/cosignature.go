package seal

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// cosigned is the message a witness signs: cosignature/v1 of
// c2sp.org/tlog-cosignature over the text of a checkpoint, at a time in Unix
// seconds.
func cosigned(seconds uint64, text []byte) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", seconds, text)
}

// latestTime is the last second of the year 9999: a witness that dates its
// cosignature later did not read a clock.
const latestTime = 253402300799

// newCosignatureVerifier reads the key of a witness.
func newCosignatureVerifier(vkey string) (note.Verifier, error) {
	name, hash, key, err := parseKey(vkey)
	if err != nil {
		return nil, err
	}
	if key[0] != algCosignature || len(key) != 1+ed25519.PublicKeySize {
		return nil, malformed("公钥 %q 不是见证方的：见证方用 Ed25519，类型 4", vkey)
	}
	public := ed25519.PublicKey(key[1:])
	return &verifier{name, hash, func(text, signature []byte) bool {
		if len(signature) != 8+ed25519.SignatureSize {
			return false
		}
		at := binary.BigEndian.Uint64(signature)
		return at <= latestTime && ed25519.Verify(public, cosigned(at, text), signature[8:])
	}}, nil
}

// A cosigner is the [note.Signer] of a witness.
type cosigner struct {
	name    string
	private ed25519.PrivateKey
	now     func() time.Time
}

func (c *cosigner) key() []byte {
	return append([]byte{algCosignature}, c.private.Public().(ed25519.PublicKey)...)
}
func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return keyID(c.name, c.key()) }

func (c *cosigner) Sign(text []byte) ([]byte, error) {
	at := uint64(c.now().Unix())
	return append(binary.BigEndian.AppendUint64(nil, at), ed25519.Sign(c.private, cosigned(at, text))...), nil
}
