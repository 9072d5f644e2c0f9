package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wenxiao/eventstore/seal"
	"wenxiao/eventstore/verify"
)

// harms are what can happen to a file.
func (v *victim) harms(path string) map[string]func() error {
	rewrite := func(change func([]byte) []byte) func() error {
		return func() error {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, change(b), 0o600)
		}
	}
	return map[string]func() error{
		"a bit flipped":    rewrite(func(b []byte) []byte { return v.flip(b).([]byte) }),
		"another bit":      rewrite(func(b []byte) []byte { return v.flip(b).([]byte) }),
		"deleted":          func() error { return os.Remove(path) },
		"cut short":        rewrite(func(b []byte) []byte { return b[:v.chance.IntN(len(b))] }),
		"a byte added":     rewrite(func(b []byte) []byte { return append(b, byte(v.chance.IntN(256))) }),
		"a line ended":     rewrite(func(b []byte) []byte { return append(b, '\n') }),
		"a blank in front": rewrite(func(b []byte) []byte { return append([]byte{' '}, b...) }),
		"a byte inserted":  rewrite(func(b []byte) []byte { return append([]byte{byte(v.chance.IntN(256))}, b...) }),
	}
}

// list returns the files below a directory.
func list(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, at fs.DirEntry, err error) error {
		if err == nil && !at.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// TestFilesBesideTheLedger harms every file of the log, every attachment, and
// what the signer keeps, in each way. Those of the log are made anew, equal.
func TestFilesBesideTheLedger(t *testing.T) {
	v := victims()["sqlite"](t)
	log, files, keys := v.tiles().Dir, v.place.beside("files"), v.place.beside("seal")
	paths := append(list(t, log), list(t, filepath.Join(files, "sha256"))...)
	if len(paths) < 10 {
		t.Fatalf("only %v", paths)
	}
	paths = append(paths, filepath.Join(keys, "signed"), filepath.Join(keys, "public"))
	before := contents(t, log)
	for _, path := range paths {
		for how, harm := range v.harms(path) {
			if how == "deleted" && strings.HasSuffix(path, fmt.Sprintf(".p/%d", early)) {
				continue // the full tile has it all: such files are removed as the log grows
			}
			place := path
			if filepath.Base(path) == "public" {
				place = "" // then no signature can be checked at all
			}
			v.suffers(t, path+" "+how, harm, nil, place)
		}
	}
	for _, c := range []struct {
		what  string
		harm  func() error
		place string
	}{
		{"tiles swapped", swapFiles(log+"/tile/0/000", log+"/tile/entries/000"), "tile/0/000"},
		{"attachments swapped", swapFiles(list(t, files+"/sha256")[0], list(t, files+"/sha256")[1]), list(t, files+"/sha256")[1]},
		{"a tile added", func() error { return os.WriteFile(log+"/tile/0/002", bytes.Repeat([]byte("x"), 8192), 0o644) }, "tile/0/002"},
		{"a file added", func() error { return os.WriteFile(log+"/tile/else", []byte("x"), 0o644) }, "tile/else"},
		{"an attachment added", func() error {
			path := files + "/sha256/ab/" + strings.Repeat("0", 62)
			return errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("x"), 0o600))
		}, "sha256/ab/" + strings.Repeat("0", 62)},
		{"all attachments gone", func() error { return os.RemoveAll(files) }, files},
		{"the log gone", func() error { return os.RemoveAll(log) }, log},
		{"an older log put back", func() error {
			return copyFiles(log, v.older+strings.TrimPrefix(log, v.dir))
		}, "公布的检查点只到"},
		{"an older signed head put back", func() error {
			b, err := os.ReadFile(v.older + strings.TrimPrefix(keys, v.dir) + "/signed")
			return errors.Join(err, os.WriteFile(keys+"/signed", b, 0o600))
		}, "最后签署的检查点只到"},
	} {
		v.suffers(t, c.what, c.harm, nil, c.place)
	}
	for _, path := range list(t, filepath.Join(log, "tile")) {
		if err := v.harms(path)["a bit flipped"](); err != nil {
			t.Fatal(err)
		}
	}
	v.do(t, "seal", "rebuild")
	v.do(t, "verify", "--fresh")
	for path, now := range contents(t, log) {
		if was, ok := before[path]; ok && was != now {
			t.Errorf("%s is made anew otherwise than it was", path)
		}
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, path := range list(t, dir) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = string(b)
	}
	return all
}

func swapFiles(a, b string) func() error {
	return func() error {
		return errors.Join(os.Rename(a, a+"~"), os.Rename(b, a), os.Rename(a+"~", b))
	}
}

// TestEveryBitOfWhatIsKept flips each bit of a receipt and of a checkpoint, and
// takes lines away, doubles them and changes their order.
func TestEveryBitOfWhatIsKept(t *testing.T) {
	v := victims()["sqlite"](t)
	text, err := os.ReadFile(v.policy)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := seal.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	holds := map[string]func([]byte) bool{
		v.receipt: func(b []byte) bool {
			r := receiptReport{}
			_, ok := r.hold(b, "r", policy)
			return ok && len(r.Findings) == 0
		},
		v.kept: func(b []byte) bool {
			_, found := verify.Believed(b, "kept", policy)
			return found == nil
		},
	}
	for path, holds := range holds {
		whole, err := os.ReadFile(path)
		if err != nil || !holds(whole) {
			t.Fatalf("%s does not hold as it is: %v", path, err)
		}
		for i := range 8 * len(whole) {
			b := bytes.Clone(whole)
			b[i/8] ^= 1 << (i % 8)
			if holds(b) {
				t.Fatalf("%s: bit %d of byte %d (%q) may be anything", path, i%8, i/8, whole[i/8])
			}
		}
		for i := range len(whole) {
			if holds(whole[:i]) {
				t.Fatalf("%s cut off after %d bytes holds", path, i)
			}
		}
		lines := bytes.SplitAfter(whole, []byte("\n"))
		for i := range lines {
			for j := range i {
				swapped := append([][]byte{}, lines...)
				swapped[i], swapped[j] = swapped[j], swapped[i]
				if b := bytes.Join(swapped, nil); !bytes.Equal(b, whole) && holds(b) {
					t.Errorf("%s: lines %d and %d may change places", path, j, i)
				}
			}
			doubled := append(append(append([][]byte{}, lines[:i+1]...), lines[i]), lines[i+1:]...)
			if b := bytes.Join(doubled, nil); !bytes.Equal(b, whole) && holds(b) {
				t.Errorf("%s: line %d (%q) may be there twice", path, i, lines[i])
			}
		}
	}
}

// TestTablesForReading are found to be other than the ledger gives, and made anew.
func TestTablesForReading(t *testing.T) {
	for name, make := range victims() {
		t.Run(name, func(t *testing.T) {
			v := make(t)
			views := &victim{place: place{url: v.url + ".views"}}
			if v.isPostgres() {
				views = v
			}
			harm := func() error {
				return views.sql("update units_v1 set name = 'x' where code = 'u30'", "delete from units_v1 where code = 'u60'")()
			}
			v.suffers(t, "tables", harm, []string{"--tables"}, "units_v1.name（u30）", "units_v1（u60）")
			if err := harm(); err != nil {
				t.Fatal(err)
			}
			v.do(t, "rebuild")
			v.do(t, "verify", "--fresh", "--tables")
		})
	}
}
