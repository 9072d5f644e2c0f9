package seal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"wenxiao/eventstore"
)

// Whatever the steps by which a log grew, its files are those of one made at once.
func TestTilesDoNotTellHowTheyGrew(t *testing.T) {
	const most = 700
	store := newStore(t, most)
	rapid.Check(t, func(rt *rapid.T) {
		dir, atOnce := Tiles{tempDir(rt)}, Tiles{tempDir(rt)}
		var from Head
		for from.Size < most && rapid.IntRange(0, 5).Draw(rt, "more") > 0 {
			size := rapid.IntRange(int(from.Size), most).Draw(rt, "size")
			head, err := dir.extend(t.Context(), store, from, eventstore.Position(size))
			if err != nil {
				rt.Fatal(err)
			}
			from = head
		}
		if _, err := atOnce.extend(t.Context(), store, Head{}, from.Size); err != nil {
			rt.Fatal(err)
		}
		grown, made := files(t, dir.Dir), files(t, atOnce.Dir)
		for path, want := range made {
			if grown[path] != want {
				rt.Errorf("%s differs", path)
			}
		}
		for path := range grown {
			if _, ok := made[path]; !ok && !isPartial(path) {
				rt.Errorf("%s is too many", path)
			}
		}
		if from.Size > 0 && from != HeadOf(treeAt(t, store, int(from.Size))) {
			rt.Error("another head than the ledger's tree")
		}
	})
}

func tempDir(t *rapid.T) string {
	dir, err := os.MkdirTemp("", "tiles")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func treeAt(t testing.TB, store eventstore.Store, size int) eventstore.Tree {
	t.Helper()
	return cutAt(t, store, size).(cut).tree
}

func TestPartialTilesOfOldAreSweptAndReadersTakeTheFullOne(t *testing.T) {
	store, tiles := newStore(t, 1000), Tiles{t.TempDir()}
	var heads []Head
	var from Head
	for _, size := range []eventstore.Position{5, 200, 300, 700, 1000} {
		head, err := tiles.extend(t.Context(), store, from, size)
		check(t, err)
		heads, from = append(heads, head), head
	}
	for path := range files(t, tiles.Dir) {
		if isPartial(path) && (strings.Contains(path, "/000.p/") && !strings.HasPrefix(path, "tile/1/") || strings.Contains(path, "/001.p/")) {
			t.Errorf("%s is still there", path)
		}
	}
	for _, head := range heads {
		for p := eventstore.Position(1); p <= head.Size; p += 37 {
			if _, err := tiles.Prove(head, p); err != nil {
				t.Errorf("size %d, record %d: %v", head.Size, p, err)
			}
		}
	}
}

// A flipped bit anywhere in the tiles is an error that names the file, or does
// not matter to what was asked; it is never a proof.
func TestFlippedTileIsNamed(t *testing.T) {
	for _, size := range []int{2, 255, 256, 257, 600} {
		store, tiles := newStore(t, size), Tiles{t.TempDir()}
		head, err := tiles.extend(t.Context(), store, Head{}, eventstore.Position(size))
		check(t, err)
		for path, data := range files(t, tiles.Dir) {
			if strings.Contains(path, "entries") {
				continue
			}
			for _, at := range []int{0, len(data) / 2, len(data) - 1} {
				flipped := []byte(data)
				flipped[at] ^= 1
				name := filepath.Join(tiles.Dir, path)
				check(t, os.WriteFile(name, flipped, 0o600))
				named := false
				for p := eventstore.Position(1); p <= head.Size; p++ {
					proof, err := tiles.Prove(head, p)
					var damaged *TileError
					switch {
					case err == nil:
						check(t, tlog.CheckRecord(proof, int64(head.Size), head.Root, int64(p-1), leafAt(t, store, p)))
					case !errors.As(err, &damaged) || damaged.Path != path || !errors.Is(err, ErrDamaged):
						t.Fatalf("%d: %s flipped at %d: %v", size, path, at, err)
					default:
						named = true
					}
					p += eventstore.Position(size / 20)
				}
				if !named {
					t.Errorf("%d: %s flipped at %d was not noticed", size, path, at)
				}
				check(t, os.WriteFile(name, []byte(data), 0o600))
			}
		}
	}
}

func leafAt(t testing.TB, store eventstore.Store, p eventstore.Position) tlog.Hash {
	t.Helper()
	r, err := recordAt(t.Context(), store, p)
	check(t, err)
	return tlog.RecordHash(r.Envelope)
}

func TestEveryFileIsComparedAndRebuilt(t *testing.T) {
	store := newStore(t, 600)
	dir := t.TempDir()
	s, _, _ := newSealer(t, store, dir, "")
	c := sealed(t, s)
	whole := files(t, s.tiles.Dir)
	for path, data := range whole {
		name := filepath.Join(s.tiles.Dir, path)
		for what, damage := range map[string]func() error{
			"flipped": func() error { return os.WriteFile(name, []byte(data[:len(data)-1]+string(data[len(data)-1]^1)), 0o600) },
			"removed": func() error { return os.Remove(name) },
			"cut":     func() error { return os.WriteFile(name, []byte(data[:len(data)-1]), 0o600) },
		} {
			check(t, damage())
			if path != checkpointFile {
				wrong, err := s.tiles.Compare(t.Context(), store, c.Head)
				if check(t, err); len(wrong) != 1 || wrong[0].Path != path {
					t.Errorf("%s %s: found %v", path, what, wrong)
				}
			}
			_, err := s.Rebuild(t.Context())
			check(t, err)
			if got := files(t, s.tiles.Dir); !equal(got, whole) {
				t.Fatalf("%s %s: rebuilt differently", path, what)
			}
		}
	}
}

func equal(a, b map[string]string) bool {
	for k := range b {
		if a[k] != b[k] {
			return false
		}
	}
	return len(a) == len(b)
}

func TestRebuildKeepsTheTilesOfWhatWasSigned(t *testing.T) {
	store := newStore(t, 300)
	s, _, _ := newSealer(t, store, t.TempDir(), "")
	sealed(t, s)
	before := files(t, s.tiles.Dir)
	s.store = newStore(t, 300) // another history
	if _, err := s.Rebuild(t.Context()); !errors.Is(err, ErrInconsistent) {
		t.Errorf("rebuilt another history: %v", err)
	}
	if !equal(files(t, s.tiles.Dir), before) {
		t.Error("the tiles are others")
	}
}

func TestPrevious(t *testing.T) {
	for path, want := range map[string]string{
		"tile/0/001": "tile/0/000", "tile/0/x001/000": "tile/0/999", "tile/2/x001/x234/067": "tile/2/x001/x234/066",
		"tile/entries/x001/001": "tile/entries/x001/000", "tile/0/000": "", "tile/entries/000": "",
	} {
		if got, _ := previous(path); got != want {
			t.Errorf("previous(%s) = %s, want %s", path, got, want)
		}
	}
}
