package seal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wenxiao/eventstore"
)

// What the next round goes on from is seen, wherever in a tile the log ends.
func TestCompareEdge(t *testing.T) {
	store := newStore(t, 700)
	now := headOf(t, store)
	for _, size := range []int{1, 100, 256, 300, 559, 700} {
		tiles := Tiles{t.TempDir()}
		head, err := tiles.extend(t.Context(), store, Head{}, eventstore.Position(size))
		check(t, err)
		compare := func(last Head) error { return tiles.CompareEdge(t.Context(), store, head, last, now) }
		check(t, compare(head))
		check(t, compare(now))
		for path, was := range files(t, tiles.Dir) {
			if !isPartial(path) {
				continue
			}
			full := filepath.Join(tiles.Dir, path)
			other := []byte(was)
			other[len(other)-1] ^= 1
			check(t, os.WriteFile(full, other, 0o600))
			var tile *TileError
			if err := compare(head); !errors.As(err, &tile) || tile.Path != path {
				t.Errorf("%d: %s altered: %v", size, path, err)
			}
			check(t, os.Remove(full))
			if err := compare(head); !errors.As(err, &tile) || tile.Path != path {
				t.Errorf("%d: %s gone: %v", size, path, err)
			}
			check(t, os.WriteFile(full, []byte(was), 0o600))
		}
		forked := Head{now.Size, head.Root}
		if err := tiles.CompareEdge(t.Context(), store, head, head, forked); size != 700 && !errors.Is(err, ErrInconsistent) {
			t.Errorf("%d: another tree: %v", size, err)
		}
		if err := compare(Head{now.Size + 1, now.Root}); !errors.Is(err, ErrInconsistent) || !strings.Contains(err.Error(), "现有 700") {
			t.Errorf("%d: more was signed: %v", size, err)
		}
		if err := compare(Head{650, head.Root}); size < 650 && !errors.Is(err, ErrInconsistent) {
			t.Errorf("%d: something else was signed: %v", size, err)
		}
	}
}

// A round that fills the tile after sweeps the partial ones, before it publishes
// anything: the full one stands for them, as it does for the round itself.
func TestCompareEdgeWhileARoundGoesOn(t *testing.T) {
	store := newStore(t, 700)
	now := headOf(t, store)
	tiles := Tiles{t.TempDir()}
	published, err := tiles.extend(t.Context(), store, Head{}, 100)
	check(t, err)
	_, err = tiles.extend(t.Context(), store, published, 700)
	check(t, err)
	if _, swept := files(t, tiles.Dir)["tile/0/000.p/100"]; swept {
		t.Fatal("nothing was swept: this test shows nothing")
	}
	check(t, tiles.CompareEdge(t.Context(), store, published, published, now))
	path := filepath.Join(tiles.Dir, "tile", "0", "000")
	whole, err := os.ReadFile(path)
	check(t, err)
	whole[0] ^= 1
	check(t, os.WriteFile(path, whole, 0o600))
	var tile *TileError
	if err := tiles.CompareEdge(t.Context(), store, published, published, now); !errors.As(err, &tile) || !errors.Is(err, ErrDamaged) {
		t.Errorf("the full one is altered: %v", err)
	}
}
