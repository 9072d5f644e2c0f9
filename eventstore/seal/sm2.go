package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"strings"

	"github.com/emmansun/gmsm/sm2"
)

// sm2Type is the signature type of an SM2-with-SM3 line: 0xff and a long name, as
// signed-note has it for types without a byte of their own. The public key
// follows as an uncompressed point; the signature is DER by GB/T 32918.2 with
// the customary user identity 1234567812345678. Verifiers that do not know the
// type ignore the line.
var sm2Type = append([]byte{algLong}, "wenxiao/sm2-with-sm3/v1\n"...)

func isSM2(key []byte) bool { return bytes.HasPrefix(key, sm2Type) }

func newSM2Verifier(vkey string) (*verifier, error) {
	name, hash, key, err := parseKey(vkey)
	if err != nil {
		return nil, err
	}
	public, err := sm2.NewPublicKey(bytes.TrimPrefix(key, sm2Type))
	if err != nil || !isSM2(key) {
		return nil, malformed("SM2 公钥 %q", vkey)
	}
	return &verifier{name, hash, func(text, signature []byte) bool {
		return sm2.VerifyASN1WithSM2(public, nil, text, signature)
	}}, nil
}

// An sm2Signer is a [note.Signer].
type sm2Signer struct {
	name    string
	public  []byte // with the type
	private *sm2.PrivateKey
}

func (s *sm2Signer) Name() string    { return s.name }
func (s *sm2Signer) KeyHash() uint32 { return keyID(s.name, s.public) }
func (s *sm2Signer) vkey() string    { return formatKey(s.name, s.public) }

func (s *sm2Signer) Sign(text []byte) ([]byte, error) {
	return s.private.Sign(rand.Reader, text, sm2.DefaultSM2SignerOpts)
}

// newSM2Secret makes a private key, as text.
func newSM2Secret() (string, error) {
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(key.D.FillBytes(make([]byte, 32))) + "\n", nil
}

func openSM2(name, secret string) (*sm2Signer, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSuffix(secret, "\n"))
	if err != nil {
		return nil, malformed("SM2 私钥")
	}
	private, err := sm2.NewPrivateKey(raw)
	if err != nil {
		return nil, malformed("SM2 私钥")
	}
	point := make([]byte, 65)
	point[0] = 4
	private.X.FillBytes(point[1:33])
	private.Y.FillBytes(point[33:])
	return &sm2Signer{name, append(bytes.Clone(sm2Type), point...), private}, nil
}
