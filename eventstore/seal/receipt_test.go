package seal

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"wenxiao/eventstore"
)

func TestEveryReceiptVerifiesAndNoOtherDoes(t *testing.T) {
	for _, size := range []int{1, 2, 3, 70, 257} {
		store := newStore(t, size)
		s, signer, _ := newSealer(t, store, t.TempDir(), "")
		if size == 3 {
			check(t, signer.EnableSM2())
		}
		c := sealed(t, s)
		policy, err := s.policy.WithLogs(signer.Verifiers()...)
		check(t, err)
		for p := eventstore.Position(1); int(p) <= size; p++ {
			text, err := s.Receipt(t.Context(), p)
			check(t, err)
			r, err := ParseReceipt(text)
			check(t, err)
			v, err := r.Verify(policy)
			if err != nil || v.Head != c.Head || r.Position() != p || len(text) > 2048 || r.Header.Stream == "" {
				t.Fatalf("receipt of %d: %+v, %v (%d bytes)", p, v, err, len(text))
			}
			if p%50 == 1 && !(underRace && size > 3) { // the detector has seen all there is by then
				flipEveryByte(t, policy, text, r, v)
			}
		}
	}
}

// flipEveryByte changes one bit, and another, of every byte.
func flipEveryByte(t *testing.T, policy Policy, text []byte, r Receipt, v Verified) {
	t.Helper()
	for i := range text {
		for _, bit := range []byte{1, 0x20, 0x80} {
			flipped := bytes.Clone(text)
			flipped[i] ^= bit
			other, err := ParseReceipt(flipped)
			if err != nil {
				continue
			}
			found, err := other.Verify(policy)
			if err == nil && bytes.Equal(other.Envelope, r.Envelope) && found.Head == v.Head && len(found.SignedBy) == len(v.SignedBy) {
				t.Errorf("byte %d flipped by %x verifies:\n%s", i, bit, flipped)
			}
		}
	}
}

func TestReceiptsAreReadStrictly(t *testing.T) {
	s, _, _ := newSealer(t, newStore(t, 5), t.TempDir(), "")
	sealed(t, s)
	text, err := s.Receipt(t.Context(), 3)
	check(t, err)
	for name, change := range map[string][2]string{
		"another magic":        {"tlog-proof@v1", "tlog-proof@v2"},
		"a leading zero":       {"index 2", "index 02"},
		"a sign":               {"index 2", "index +2"},
		"carriage returns":     {"\n", "\r\n"},
		"no extra":             {"extra ", "other "},
		"a blank line more":    {"\nindex", "\n\nindex"},
		"a size with a zero":   {"\n5\n", "\n05\n"},
		"text after it":        {"", ""},
		"an em dash that is -": {"— ", "- "},
	} {
		changed := bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1)
		if name == "text after it" {
			changed = append(bytes.Clone(text), "more\n"...)
		}
		if r, err := ParseReceipt(changed); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func TestReceiptOfAnotherIndexIsNotProven(t *testing.T) {
	s, _, _ := newSealer(t, newStore(t, 5), t.TempDir(), "")
	sealed(t, s)
	text, err := s.Receipt(t.Context(), 3)
	check(t, err)
	r, err := ParseReceipt(text)
	check(t, err)
	for _, index := range []int64{0, 1, 3, 4, 5, -1, 1 << 62} {
		moved := r
		moved.Index = index
		if _, err := moved.Verify(s.policy); !errors.Is(err, ErrNotProven) {
			t.Errorf("index %d: %v", index, err)
		}
	}
	if _, err := r.Verify(Policy{quorum: noQuorum}); !errors.Is(err, ErrUntrusted) {
		t.Errorf("a policy that believes nobody: %v", err)
	}
}

func FuzzParseReceipt(f *testing.F) {
	s, _, _ := newSealer(f, newStore(f, 5), f.TempDir(), "")
	sealed(f, s)
	text, err := s.Receipt(f.Context(), 3)
	check(f, err)
	f.Add(text)
	f.Add([]byte("c2sp.org/tlog-proof@v1\nextra e30=\nindex 0\n\na\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— a AAAAAAA=\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ParseReceipt(text)
		if err == nil && !bytes.Equal(r.Text(), text) {
			t.Errorf("read back as %q", r.Text())
		}
		if err == nil {
			_, _ = r.Verify(s.policy)
		}
	})
}

// underRace says that the race detector looks on.
var underRace bool

// TestReceiptsOfALargeLog issues them from tiles of two levels, and tells how
// long one takes.
func TestReceiptsOfALargeLog(t *testing.T) {
	const size = 50_000
	store := newStore(t, size)
	s, _, _ := newSealer(t, store, t.TempDir(), "")
	began := time.Now()
	c := sealed(t, s)
	t.Logf("%d records tiled and signed in %s", size, time.Since(began))
	began = time.Now()
	for p := eventstore.Position(1); p <= c.Size; p += 499 {
		_, err := s.Receipt(t.Context(), p)
		check(t, err)
	}
	t.Logf("a receipt takes %s", time.Since(began)/(size/499+1))
}
