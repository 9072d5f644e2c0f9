package attachments

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wenxiao/domain"
)

var errInjected = errors.New("injected")

func open(t *testing.T) *Directory {
	t.Helper()
	d, err := Open(filepath.Join(t.TempDir(), "files"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// keep takes and keeps a text.
func keep(d *Directory, t *testing.T, text string) (*Taken, error) {
	t.Helper()
	taken, err := d.Take(t.Context(), "佐证.txt", strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	defer taken.Discard()
	return taken, taken.Keep(func() error { return nil })
}

func mustKeep(d *Directory, t *testing.T, text string) *Taken {
	t.Helper()
	taken, err := keep(d, t, text)
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

// lies lists the files in the directory, by where they lie.
func lies(t *testing.T, d *Directory) (files []string) {
	t.Helper()
	err := filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			name, _ := filepath.Rel(d.dir, path)
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func unknown(string) (Verdict, error)   { return Unknown, nil }
func kept(string) (Verdict, error)      { return Kept, nil }
func withdrawn(string) (Verdict, error) { return Withdrawn, nil }

func TestWhatIsKeptIsReadBack(t *testing.T) {
	d := open(t)
	taken := mustKeep(d, t, "abc")
	if taken.Digest != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" ||
		taken.SM3 != "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" || taken.Size != 3 || taken.MediaType != "text/plain" { // FIPS 180-2, GB/T 32905
		t.Errorf("%+v", taken)
	}
	f, err := d.Open(taken.Digest)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	if string(data) != "abc" || err != nil || f.Size != 3 || f.Close() != nil {
		t.Errorf("%q, %v", data, err)
	}
	if !d.Has(taken.Digest, 3) || d.Has(taken.Digest, 4) || d.Has("x", 3) || d.Check(taken.Digest) != nil {
		t.Error("not there, or there in another size")
	}
	path := d.path(taken.Digest)
	if want := filepath.Join(d.dir, "sha256", taken.Digest[:2], taken.Digest[2:]); path != want {
		t.Errorf("lies at %s", path)
	}
	for at := path; len(at) >= len(d.dir); at = filepath.Dir(at) {
		if info, err := os.Stat(at); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v, %v", at, info.Mode(), err)
		}
	}
}

func TestWhatIsRefusedLeavesNothing(t *testing.T) {
	d := open(t)
	d.Most = 10
	for name, c := range map[string]struct {
		file, text, code string
	}{
		"too large":   {"a.txt", "01234567890", "attachment.too-large"},
		"not text":    {"a.txt", "MZ\x00", "attachment.not-as-named"},
		"not taken":   {"a.exe", "MZ", "attachment.type-not-taken"},
		"empty":       {"a.txt", "", "attachment.empty"},
		"just enough": {"a.txt", "0123456789", ""},
	} {
		taken, err := d.Take(t.Context(), c.file, strings.NewReader(c.text))
		if c.code == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else {
				taken.Discard()
			}
			continue
		}
		if no := domain.Refused(err); len(no) != 1 || no[0].Code != c.code || no[0].Field != "/attachments" {
			t.Errorf("%s: %v", name, err)
		}
	}
	d.Scan = func(context.Context, string, io.Reader) error {
		return domain.Refusal{Code: "attachment.malware", Reason: "查出病毒"}
	}
	if _, err := d.Take(t.Context(), "a.txt", strings.NewReader("x")); domain.Refused(err) == nil {
		t.Errorf("the scanner was not asked: %v", err)
	}
	d.Scan = func(context.Context, string, io.Reader) error { return errInjected }
	if _, err := d.Take(t.Context(), "a.txt", strings.NewReader("x")); !errors.Is(err, errInjected) {
		t.Errorf("a scanner that cannot look lets files pass: %v", err)
	}
	if left := lies(t, d); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Whatever fails, a file is whole or not there, and nothing is left of it.
func TestFailures(t *testing.T) {
	for _, at := range []step{toWrite, toSync, toRename, toSettle, toRecord} {
		t.Run(string(at), func(t *testing.T) {
			d := open(t)
			d.obstacle = func(s step) error {
				if s == at {
					return errInjected
				}
				return nil
			}
			if _, err := keep(d, t, "一份佐证"); !errors.Is(err, errInjected) {
				t.Fatal(err)
			}
			for _, left := range lies(t, d) {
				if strings.HasPrefix(left, "incoming") || d.Check(digestOf("一份佐证")) != nil {
					t.Errorf("%s is left", left)
				}
			}
			d.obstacle = nil
			mustKeep(d, t, "一份佐证")
			if err := d.Check(digestOf("一份佐证")); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("the sender", func(t *testing.T) {
		d := open(t)
		if _, err := d.Take(t.Context(), "a.txt", io.MultiReader(strings.NewReader("abc"), failing{})); !errors.Is(err, errInjected) || len(lies(t, d)) > 0 {
			t.Errorf("%v, left %v", err, lies(t, d))
		}
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errInjected }

// TestKilled ends a process at each step, as a power cut would. What it leaves is
// a whole file or an unfinished one in incoming, which the sweep removes.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("ATTACHMENTS_KILLED_IN"); dir != "" {
		d, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		d.obstacle = func(s step) error {
			if s == step(os.Getenv("ATTACHMENTS_KILLED_AT")) {
				os.Exit(9)
			}
			return nil
		}
		mustKeep(d, t, strings.Repeat("佐证", 100_000))
		return
	}
	for _, at := range []step{toWrite, toSync, toRename, toSettle, toRecord} {
		t.Run(string(at), func(t *testing.T) {
			d := open(t)
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
			cmd.Env = append(os.Environ(), "ATTACHMENTS_KILLED_IN="+d.dir, "ATTACHMENTS_KILLED_AT="+string(at))
			if err := cmd.Run(); cmd.ProcessState.ExitCode() != 9 {
				t.Fatalf("ended with %v", err)
			}
			for e, err := range d.All() {
				if err != nil || d.Check(e.Digest) != nil {
					t.Errorf("%+v, %v, %v", e, err, d.Check(e.Digest))
				}
			}
			if left := lies(t, d); len(left) != 1 {
				t.Errorf("left: %v", left)
			}
			if swept, err := d.Sweep(time.Now(), unknown); len(swept) > 0 || err != nil {
				t.Errorf("swept too soon: %v, %v", swept, err)
			}
			if _, err := d.Sweep(time.Now().Add(Grace), withdrawn); err != nil || len(lies(t, d)) > 0 {
				t.Errorf("after the sweep there is %v, %v", lies(t, d), err)
			}
		})
	}
}

// Many hand in the same and different contents at once, while others take away
// what nobody keeps.
func TestConcurrently(t *testing.T) {
	d := open(t)
	unwanted := digestOf("第 4 份")
	known := func(digest string) (Verdict, error) {
		if digest == unwanted {
			return Withdrawn, nil
		}
		return Kept, nil
	}
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			text := fmt.Sprintf("第 %d 份", i%5)
			taken, err := keep(d, t, text)
			if err != nil || taken.Digest != digestOf(text) {
				t.Errorf("%+v, %v", taken, err)
				return
			}
			if err := d.Check(taken.Digest); err != nil && taken.Digest != unwanted {
				t.Error(err)
			}
			if _, err := d.Clear(taken.Digest, known); err != nil {
				t.Error(err)
			}
			if _, err := d.Sweep(time.Now(), known); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if left := lies(t, d); len(left) != 4 {
		t.Errorf("left: %v", left)
	}
}

func TestDamageIsNamed(t *testing.T) {
	d := open(t)
	digest := mustKeep(d, t, "一份佐证").Digest
	path := d.path(digest)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[3] ^= 1
	for what, c := range map[string]struct {
		content []byte
		want    error
	}{
		"one bit": {flipped, ErrDamaged}, "cut": {whole[:5], ErrDamaged}, "longer": {append(bytes.Clone(whole), 0), ErrDamaged}, "empty": {nil, ErrDamaged}, "gone": {nil, ErrMissing},
	} {
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if what == "gone" {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		err := d.Check(digest)
		fault := (*Fault)(nil)
		if !errors.Is(err, c.want) || !errors.As(err, &fault) || fault.Digest != digest || fault.Path != path || !strings.Contains(err.Error(), digest) {
			t.Errorf("%s: %v", what, err)
		}
	}
	mustKeep(d, t, "一份佐证")
	if err := d.Check(digest); err != nil {
		t.Errorf("handing it in again did not mend it: %v", err)
	}
	for _, odd := range []string{"", "..", strings.Repeat("A", 64), "../../../../etc/passwd"} {
		if err := d.Check(odd); !errors.Is(err, ErrMissing) {
			t.Errorf("%q: %v", odd, err)
		}
	}
}

func TestSweep(t *testing.T) {
	d := open(t)
	listed, orphan, gone := mustKeep(d, t, "有记录").Digest, mustKeep(d, t, "没有记录").Digest, mustKeep(d, t, "已撤下").Digest
	judge := func(digest string) (Verdict, error) {
		return map[string]Verdict{listed: Kept, gone: Withdrawn}[digest], nil
	}
	for _, name := range []string{"incoming/cut.part", "sha256/notes"} {
		if err := os.WriteFile(filepath.Join(d.dir, name), []byte("半截"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	orphans, err := d.Orphans(judge)
	if err != nil || len(orphans) != 3 {
		t.Fatalf("%+v, %v", orphans, err)
	}
	if swept, err := d.Sweep(time.Now(), judge); err != nil || len(swept) > 0 {
		t.Errorf("swept too soon: %+v, %v", swept, err)
	}
	swept, err := d.Sweep(time.Now().Add(Grace), judge)
	if err != nil || len(swept) != 3 || d.Check(listed) != nil || !errors.Is(d.Check(orphan), ErrMissing) || !errors.Is(d.Check(gone), ErrMissing) {
		t.Errorf("%+v, %v", swept, err)
	}
	if left := lies(t, d); len(left) != 3 || left[0] != filepath.Join("aside", orphan) { // and the one kept, and what is not ours to remove
		t.Errorf("left: %v", left)
	}
	if _, err := d.Sweep(time.Now().Add(Aside), judge); err != nil || len(lies(t, d)) != 2 {
		t.Errorf("left: %v, %v", lies(t, d), err)
	}
	if _, err := d.Sweep(time.Now().Add(Grace), func(string) (Verdict, error) { return Unknown, errInjected }); !errors.Is(err, errInjected) || d.Check(listed) != nil {
		t.Errorf("swept without knowing: %v", err)
	}
	for i, c := range []struct {
		judge func(string) (Verdict, error)
		gone  bool
	}{{kept, false}, {withdrawn, true}, {withdrawn, false}, {unknown, false}} {
		if gone, err := d.Clear(listed, c.judge); gone != c.gone || err != nil {
			t.Errorf("%d: %v, %v", i, gone, err)
		}
	}
}
