package verify

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
)

// A Key makes short sums of what is compared, so that a million streams or the
// entries of an index need not be kept: two sets whose sums of sums are equal
// are the same set. Whoever does not know the key, drawn anew for each run,
// cannot make two different sets agree but by luck, once in 2⁶⁴.
type Key [2]uint64

func newKey() (k Key) {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return Key{binary.LittleEndian.Uint64(b[:]) | 1, binary.LittleEndian.Uint64(b[8:]) | 1}
}

func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}

// of sums text under a number; never 0.
func (k Key) of(text []byte, number int64) uint64 {
	h := mix(k[0]^uint64(len(text)), k[1]^uint64(number)*0x9e3779b97f4a7c15)
	for ; len(text) >= 8; text = text[8:] {
		h = mix(h^binary.LittleEndian.Uint64(text), k[1]^h)
	}
	var rest uint64
	for i, b := range text {
		rest |= uint64(b) << (8 * i)
	}
	return mix(h^rest, k[1]^h) | 1
}
