package vault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"

	"wenxiao/domain"
)

// A key is one person's.
type key struct {
	id     string
	secret [32]byte
}

// A master wraps keys.
type master [32]byte

// gcm is AES-256-GCM. A person's key seals some dozens of texts, each under a
// nonce of its own drawn at random: far from the 2^32 where that wears out.
func gcm(secret [32]byte) cipher.AEAD {
	block, err := aes.NewCipher(secret[:])
	if err != nil {
		panic(err) // only for a key of another length
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only for a cipher of another block size
	}
	return aead
}

func newNonce() []byte {
	nonce := make([]byte, 12)
	_, _ = rand.Read(nonce)
	return nonce
}

// seal binds text to the person and the field it belongs to.
func (k key) seal(person, field, text string) (nonce, sealed []byte) {
	nonce = newNonce()
	return nonce, gcm(k.secret).Seal(nil, nonce, pad(text), bound(person, field, k.id))
}

func (k key) open(person, field string, p domain.Protected) (string, error) {
	if len(p.Nonce) != 12 {
		return "", ErrAltered
	}
	padded, err := gcm(k.secret).Open(nil, p.Nonce, p.Text, bound(person, field, k.id))
	if err != nil {
		return "", ErrAltered
	}
	return unpad(padded)
}

// bound is what a sealed text is tied to. No part holds a line feed.
func bound(person, field, id string) []byte {
	return []byte("wenxiao participant v1\n" + person + "\n" + field + "\n" + id)
}

// block is what texts are filled up to: the length of a name would outlive it.
const block = 64

// pad fills text up as ISO/IEC 7816-4 does.
func pad(text string) []byte {
	padded := append([]byte(text), 0x80)
	return append(padded, make([]byte, (block-len(padded)%block)%block)...)
}

func unpad(padded []byte) (string, error) {
	i := bytes.LastIndexByte(padded, 0x80)
	if i < 0 || len(bytes.Trim(padded[i+1:], "\x00")) > 0 {
		return "", ErrAltered
	}
	return string(padded[:i]), nil
}

func (m master) wrap(person string, k key) []byte {
	nonce := newNonce()
	return gcm(m).Seal(nonce, nonce, k.secret[:], bound(person, "key", k.id))
}

func (m master) unwrap(person, id string, wrapped []byte) (secret [32]byte, err error) {
	if len(wrapped) < 12 {
		return secret, fmt.Errorf("vault: key of %s: %w", person, ErrAltered)
	}
	plain, err := gcm(m).Open(nil, wrapped[:12], wrapped[12:], bound(person, "key", id))
	if err != nil || len(plain) != len(secret) {
		return secret, fmt.Errorf("vault: key of %s does not open with this master key: %w", person, ErrAltered)
	}
	return [32]byte(plain), nil
}
