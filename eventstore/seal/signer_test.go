package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"wenxiao/eventstore"
	"wenxiao/eventstore/disk"
)

// A history is a tree with its tiles, so that proofs can be made.
type history struct {
	leaves []tlog.Hash
	stored []tlog.Hash
}

func (h *history) grow(leaf string) {
	hash := tlog.RecordHash([]byte(leaf))
	more, err := tlog.StoredHashesForRecordHash(int64(len(h.leaves)), hash, h.reader())
	if err != nil {
		panic(err)
	}
	h.leaves, h.stored = append(h.leaves, hash), append(h.stored, more...)
}

func (h *history) reader() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) (found []tlog.Hash, _ error) {
		for _, i := range indexes {
			found = append(found, h.stored[i])
		}
		return found, nil
	})
}

func (h *history) head(size int) Head {
	return HeadOf(eventstore.Tree{}.AddHashes(h.leaves[:size]...))
}

// fork returns a history with the same first n leaves.
func (h *history) fork(n int) *history {
	other := &history{}
	for i := range h.leaves {
		other.grow(fmt.Sprintf("%d %t", i, i < n))
	}
	return other
}

var errDied = errors.New("power cut")

// Whatever it is asked, through restarts and power cuts, a signer never releases
// two heads of which one does not contain the other.
func TestSignerIsNeverInconsistent(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := tempDir(rt)
		main := &history{}
		for i := range 40 {
			main.grow(fmt.Sprintf("%d true", i))
		}
		histories := []*history{main, main.fork(rapid.IntRange(0, 39).Draw(rt, "fork"))}
		signer := openFor(rt, dir)
		type released struct {
			size int
			of   int
		}
		var all []released
		for range rapid.IntRange(1, 25).Draw(rt, "asked") {
			which, size := rapid.IntRange(0, 1).Draw(rt, "history"), rapid.IntRange(1, 40).Draw(rt, "size")
			h := histories[which]
			last, err := signer.Signed(t.Context())
			if err != nil {
				rt.Fatal(err)
			}
			var proof tlog.TreeProof
			if last.Size > 0 && int(last.Size) <= size {
				proof, _ = tlog.ProveTree(int64(size), int64(last.Size), h.reader())
			}
			switch rapid.IntRange(0, 5).Draw(rt, "fate") {
			case 0: // dies before the head is on the disk
				signer.keep = func(string, []byte, os.FileMode) error { return errDied }
			case 1: // dies after
				signer.keep = func(path string, data []byte, mode os.FileMode) error {
					return errors.Join(disk.Keep(path, data, mode), errDied)
				}
			case 2:
				if err := signer.Close(); err != nil {
					rt.Fatal(err)
				}
				signer = openFor(rt, dir)
			}
			signed, err := signer.Sign(t.Context(), h.head(size), proof)
			signer.keep = disk.Keep
			switch {
			case err == nil:
				c, err := ParseCheckpoint(signed)
				if err != nil || c.Head != h.head(size) {
					rt.Fatalf("signed %v, %v", c, err)
				}
				all = append(all, released{size, which})
			case !errors.Is(err, ErrInconsistent) && !errors.Is(err, errDied):
				rt.Fatal(err)
			case errors.Is(err, errDied) && signed != nil:
				rt.Fatal("released what it could not keep")
			}
		}
		for i, earlier := range all {
			for _, later := range all[i+1:] {
				old, whole := histories[earlier.of].head(earlier.size), histories[later.of].head(earlier.size)
				if later.size < earlier.size || old != whole {
					rt.Fatalf("signed %v, then %v", earlier, later)
				}
			}
		}
		_ = signer.Close()
	})
}

func openFor(t *rapid.T, dir string) *FileSigner {
	s, err := OpenSigner(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSameHeadHasTheSameAnswer(t *testing.T) {
	s, h := openSigner(t, t.TempDir()), &history{}
	h.grow("a")
	check(t, s.EnableSM2()) // its signatures differ each time they are made
	first, err := s.Sign(t.Context(), h.head(1), nil)
	check(t, err)
	again, err := s.Sign(t.Context(), h.head(1), nil)
	if check(t, err); !bytes.Equal(first, again) {
		t.Errorf("%s\n%s", first, again)
	}
}

func TestProofsOfNothingAreRefused(t *testing.T) {
	s, h := openSigner(t, t.TempDir()), &history{}
	for _, leaf := range []string{"a", "b", "c"} {
		h.grow(leaf)
	}
	if _, err := s.Sign(t.Context(), Head{}, nil); !errors.Is(err, ErrInconsistent) {
		t.Errorf("an empty tree: %v", err)
	}
	_, err := s.Sign(t.Context(), h.head(2), nil)
	check(t, err)
	if _, err := s.Sign(t.Context(), h.head(3), nil); !errors.Is(err, ErrInconsistent) {
		t.Errorf("no proof: %v", err)
	}
}

func TestKeysAreForTheirOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "seal")
	s := openSigner(t, dir)
	check(t, s.EnableSM2())
	h := &history{}
	h.grow("a")
	_, err := s.Sign(t.Context(), h.head(1), nil)
	check(t, err)
	check(t, s.Close())
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v, %v", info.Mode(), err)
	}
	for name := range files(t, dir) {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	for _, name := range []string{keyFile, sm2File} {
		check(t, os.Chmod(filepath.Join(dir, name), 0o640))
		if _, err := OpenSigner(dir, ""); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s that the group may read: %v", name, err)
		}
		check(t, os.Chmod(filepath.Join(dir, name), 0o600))
	}
}

func TestOneProcessSigns(t *testing.T) {
	dir := t.TempDir()
	s := openSigner(t, dir)
	if _, err := OpenSigner(dir, ""); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	check(t, s.Close())
	openSigner(t, dir)
}

// Looking needs no lock, and leaves the folder as it is, with whatever is missing.
func TestLookingMakesNothing(t *testing.T) {
	dir := t.TempDir()
	if used, err := InUse(dir); used || err != nil {
		t.Errorf("an empty folder: %v %v", used, err)
	}
	if _, err := LookAt(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Errorf("looking made %v, %v", left, err)
	}
	s, err := OpenSigner(dir, "")
	check(t, err)
	r, err := s.BeginRotation()
	check(t, err)
	check(t, os.Remove(s.path(publicFile)))
	before := contents(t, dir)
	if look, err := LookAt(dir); err != nil || look != (Look{s.Origin(), r.Old, r.New}) {
		t.Errorf("%+v %v", look, err)
	}
	if used, err := InUse(dir); !used || err != nil {
		t.Errorf("open: %v %v", used, err)
	}
	check(t, s.Close())
	if used, err := InUse(dir); used || err != nil {
		t.Errorf("closed: %v %v", used, err)
	}
	if after := contents(t, dir); !maps.Equal(after, before) {
		t.Errorf("looking changed %v into %v", before, after)
	}
	check(t, os.Remove(s.path(signedFile)))
	if _, err := LookAt(dir); !errors.Is(err, ErrForgotten) {
		t.Errorf("it has forgotten: %v", err)
	}
}

// contents are the files of a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	files, err := os.ReadDir(dir)
	check(t, err)
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		check(t, err)
		all[f.Name()] = string(text)
	}
	return all
}

func TestOriginIsForLife(t *testing.T) {
	dir := t.TempDir()
	s, err := OpenSigner(dir, "example.gov.cn/ledger")
	check(t, err)
	check(t, s.Close())
	if _, err := OpenSigner(dir, "example.gov.cn/other"); err == nil {
		t.Error("opened under another name")
	}
	if s = openSigner(t, dir); s.Origin() != "example.gov.cn/ledger" {
		t.Error(s.Origin())
	}
	for _, name := range []string{"a b", "a+b", "示例", "a\nb"} {
		if _, err := OpenSigner(t.TempDir(), name); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestLostKeyIsNotReplaced(t *testing.T) {
	dir, h := t.TempDir(), &history{}
	h.grow("a")
	s := openSigner(t, dir)
	_, err := s.Sign(t.Context(), h.head(1), nil)
	check(t, err)
	check(t, s.Close())
	check(t, os.Remove(filepath.Join(dir, keyFile)))
	if _, err := OpenSigner(dir, ""); err == nil {
		t.Error("started a new log over a signed one")
	}
}

func TestRotation(t *testing.T) {
	dir, h := t.TempDir(), &history{}
	h.grow("a")
	h.grow("b")
	s := openSigner(t, dir)
	before, err := s.Sign(t.Context(), h.head(1), nil)
	check(t, err)
	first, err := s.BeginRotation()
	check(t, err)
	check(t, first.Check())
	check(t, s.Close()) // dies before the change is recorded or after
	s = openSigner(t, dir)
	if s.Verifiers()[0] != first.Old {
		t.Error("the next key signs before the change is finished")
	}
	again, err := s.BeginRotation()
	if check(t, err); again != first {
		t.Error("begun again with another key")
	}
	check(t, s.FinishRotation())
	proof, err := tlog.ProveTree(2, 1, h.reader())
	check(t, err)
	after, err := s.Sign(t.Context(), h.head(2), proof)
	check(t, err)
	for name, tt := range map[string]struct {
		keys   []string
		signed []byte
		good   bool
	}{
		"old under old":  {[]string{first.Old}, before, true},
		"old under new":  {[]string{first.New}, before, false},
		"new under old":  {[]string{first.Old}, after, false},
		"new under new":  {[]string{first.New}, after, true},
		"old under both": {[]string{first.New, first.Old}, before, true},
		"new under both": {[]string{first.New, first.Old}, after, true},
	} {
		p, err := DefaultPolicy(tt.keys...)
		check(t, err)
		if _, err := p.Check(tt.signed); (err == nil) != tt.good {
			t.Errorf("%s: %v", name, err)
		}
	}
	own, err := LoadPolicy(dir)
	check(t, err)
	if _, err := own.Check(before); err != nil {
		t.Errorf("own policy after rotation: %v", err)
	}
	if err := s.FinishRotation(); err == nil {
		t.Error("finished twice")
	}
	forged := first
	forged.New = otherKey(t)
	if forged.Check() == nil {
		t.Error("a statement about another key")
	}
}

func otherKey(t testing.TB) string { t.Helper(); return openSigner(t, t.TempDir()).Verifiers()[0] }

func TestRetiringIsRepeatable(t *testing.T) {
	dir := t.TempDir()
	s := openSigner(t, dir)
	r, err := s.BeginRotation()
	check(t, err)
	check(t, s.retire(r.Old)) // dies between retiring and replacing
	check(t, s.Close())
	s = openSigner(t, dir)
	if _, err := LoadPolicy(dir); err != nil {
		t.Error(err)
	}
	check(t, s.FinishRotation())
	if retired, err := s.Retired(); err != nil || len(retired) != 1 || retired[0] != r.Old {
		t.Errorf("retired %q, %v", retired, err)
	}
}

func TestRenewal(t *testing.T) {
	dir, h := t.TempDir(), &history{}
	h.grow("a")
	h.grow("b")
	s := openSigner(t, dir)
	check(t, s.EnableSM2())
	former, err := s.Sign(t.Context(), h.head(2), nil)
	check(t, err)
	r, err := s.BeginRenewal()
	check(t, err)
	if !bytes.Equal(r.Former.Note, former) || r.Origin == s.Origin() {
		t.Errorf("%+v", r)
	}
	if _, err := s.Sign(t.Context(), h.head(1), nil); !errors.Is(err, ErrInconsistent) {
		t.Errorf("signed before the renewal is finished: %v", err)
	}
	check(t, s.FinishRenewal())
	if s.Origin() != r.Origin || s.Verifiers()[0] != r.Key || len(s.Verifiers()) != 2 {
		t.Errorf("%s %q", s.Origin(), s.Verifiers())
	}
	signed, err := s.Sign(t.Context(), h.head(1), nil)
	check(t, err)
	p, err := LoadPolicy(dir)
	check(t, err)
	for _, note := range [][]byte{former, signed} {
		if v, err := p.Check(note); err != nil || len(v.SignedBy) != 2 {
			t.Errorf("%+v, %v", v, err)
		}
	}
	if len(files(t, filepath.Join(dir, formerFiles))) != 1 {
		t.Error("the last checkpoint of the former log is gone")
	}
}

func TestSM2LineStandsBesideEd25519(t *testing.T) {
	dir, h := t.TempDir(), &history{}
	h.grow("a")
	s := openSigner(t, dir)
	plain, err := s.Sign(t.Context(), h.head(1), nil)
	check(t, err)
	check(t, s.EnableSM2())
	check(t, s.EnableSM2())
	both, err := s.Sign(t.Context(), h.head(1), nil)
	check(t, err)
	if bytes.Equal(plain, both) || len(s.Verifiers()) != 2 {
		t.Fatalf("%s", both)
	}
	check(t, s.Close())
	s = openSigner(t, dir)
	for _, keys := range [][]string{s.Verifiers(), s.Verifiers()[:1], s.Verifiers()[1:]} {
		p, err := DefaultPolicy(keys...)
		check(t, err)
		if v, err := p.Check(both); err != nil || len(v.SignedBy) != len(keys) {
			t.Errorf("under %q: %+v, %v", keys, v, err)
		}
	}
	p, err := DefaultPolicy(s.Verifiers()[1])
	check(t, err)
	forged := bytes.Replace(both, []byte("\n1\n"), []byte("\n2\n"), 1)
	if _, err := p.Check(forged); !errors.Is(err, ErrUntrusted) {
		t.Errorf("another text under the SM2 signature: %v", err)
	}
}

// A key is made with an empty memory; without any it may have signed more.
func TestKeyWithoutItsMemorySignsNothing(t *testing.T) {
	dir, h := t.TempDir(), &history{}
	h.grow("a")
	s := openSigner(t, dir)
	first, err := s.Sign(t.Context(), h.head(1), nil)
	check(t, err)
	old := s.Verifiers()[0]
	check(t, s.Close())
	check(t, os.Remove(filepath.Join(dir, signedFile)))
	if _, err := OpenSigner(dir, ""); !errors.Is(err, ErrForgotten) {
		t.Fatal(err)
	}
	s, err = OpenToRenew(dir)
	check(t, err)
	if _, err := s.Sign(t.Context(), h.head(1), nil); !errors.Is(err, errEnded) {
		t.Errorf("signs while it is given up: %v", err)
	}
	_, err = s.BeginRenewal()
	check(t, err)
	check(t, s.FinishRenewal(old))
	_, err = s.Sign(t.Context(), h.head(1), nil)
	check(t, err)
	check(t, s.Close())
	openSigner(t, dir)
	p, err := LoadPolicy(dir)
	check(t, err)
	if v, err := p.Check(first); err != nil || v.Origin == s.Origin() {
		t.Errorf("what the old key signed: %+v, %v", v, err)
	}
}

// A byte more or less among the public keys is noticed, were it a blank.
func TestPublicKeysAreAsTheyWereWritten(t *testing.T) {
	dir := t.TempDir()
	check(t, openSigner(t, dir).Close())
	path := filepath.Join(dir, publicFile)
	text, err := os.ReadFile(path)
	check(t, err)
	for _, changed := range []string{"", "\n", " ", string(text[:len(text)-1]), string(text) + "\n", "\n" + string(text), " " + string(text), string(text) + "\t", string(text) + "\x85"} {
		check(t, os.WriteFile(path, []byte(changed), 0o600))
		if _, err := LoadPolicy(dir); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v", changed, err)
		}
	}
}

// All that is left of a signer is what it signed last, or nothing.
func TestLostKeyIsGivenUp(t *testing.T) {
	for _, keepsSigned := range []bool{true, false} {
		dir, h := t.TempDir(), &history{}
		h.grow("a")
		s := openSigner(t, dir)
		first, err := s.Sign(t.Context(), h.head(1), nil)
		check(t, err)
		old, origin := s.Verifiers()[0], s.Origin()
		check(t, s.Close())
		for _, name := range []string{keyFile, publicFile} {
			check(t, os.Remove(filepath.Join(dir, name)))
		}
		if !keepsSigned {
			check(t, os.Remove(filepath.Join(dir, signedFile)))
		}
		s, err = OpenToRenew(dir)
		check(t, err)
		r, err := s.BeginRenewal()
		if check(t, err); bytes.Equal(r.Former.Note, first) != keepsSigned || r.Origin == origin {
			t.Errorf("%+v", r)
		}
		check(t, s.FinishRenewal(old))
		if retired, err := s.Retired(); err != nil || len(retired) != 1 || retired[0] != old {
			t.Errorf("retired %q, %v", retired, err)
		}
		_, err = s.Sign(t.Context(), h.head(1), nil)
		check(t, err)
		check(t, s.Close())
	}
}

// TestTwoSignersShareOneMemory takes the lock file away, so that two have the
// same keys open: what one signed binds the other.
func TestTwoSignersShareOneMemory(t *testing.T) {
	dir := t.TempDir()
	first := openSigner(t, dir)
	if err := os.Remove(filepath.Join(dir, lockFile)); err != nil {
		t.Fatal(err)
	}
	second := openSigner(t, dir)
	h := &history{}
	for i := range 10 {
		h.grow(fmt.Sprint(i))
	}
	if _, err := first.Sign(t.Context(), h.head(6), nil); err != nil {
		t.Fatal(err)
	}
	if last, err := second.Signed(t.Context()); err != nil || last != h.head(6) {
		t.Errorf("the other knows of %d (%v)", last.Size, err)
	}
	if _, err := second.Sign(t.Context(), h.fork(3).head(6), nil); !errors.Is(err, ErrInconsistent) {
		t.Errorf("the other signs another six: %v", err)
	}
	if _, err := second.Sign(t.Context(), h.head(5), nil); !errors.Is(err, ErrInconsistent) {
		t.Errorf("the other signs five: %v", err)
	}
}
