package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"wenxiao/eventstore"
)

// CompareEdge holds what the next round goes on from against the ledger, whose
// head is now: the unfinished tiles of published, and that both published and
// last, which was signed last, are contained. It reads the records from the last
// full tile on. A file that is missing or other is a [TileError], a head that the
// ledger does not contain is [ErrInconsistent].
func (t Tiles) CompareEdge(ctx context.Context, store eventstore.Store, published, last, now Head) error {
	if shown := max(published.Size, last.Size); shown > now.Size {
		return fmt.Errorf("%w：签过 %d 件，现有 %d 件", ErrInconsistent, shown, now.Size)
	}
	compare := func(path string, want []byte) error {
		have, err := t.beginning(path, len(want))
		if err == nil && !bytes.Equal(have, want) {
			err = ErrDamaged
		}
		if err != nil {
			return &TileError{path, err}
		}
		return nil
	}
	b, err := t.resume(published, compare)
	if err != nil {
		return err
	}
	if err := b.grow(ctx, store, published, published.Size); err != nil {
		return err
	}
	if err := b.finish(); err != nil {
		return err
	}
	b.out = func(string, []byte) error { return nil } // nothing of these is published
	if err := b.grow(ctx, store, last, now.Size); err != nil {
		return err
	}
	if made := b.head(); made != now {
		return fmt.Errorf("%w：%d 件的树根是 %s，由签过的长成应是 %s", ErrInconsistent, now.Size, now.Root, made.Root)
	}
	return nil
}

// beginning reads a tile of so many bytes: where a partial one was swept, from the
// full one, which begins with it. See [Tiles.sweep].
func (t Tiles) beginning(path string, size int) ([]byte, error) {
	tile, err := os.ReadFile(filepath.Join(t.Dir, filepath.FromSlash(path)))
	if !errors.Is(err, fs.ErrNotExist) {
		return tile, err
	}
	full, _, _ := strings.Cut(path, partials(""))
	whole, errFull := os.ReadFile(filepath.Join(t.Dir, filepath.FromSlash(full)))
	if errFull != nil {
		return nil, err
	}
	return whole[:min(size, len(whole))], nil
}
