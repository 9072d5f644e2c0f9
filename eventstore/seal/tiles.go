package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
	"wenxiao/eventstore/disk"
)

// Tiles is a log as static files, by c2sp.org/tlog-tiles: checkpoint, tile/L/N,
// tile/entries/N. All of it but the cosignatures follows from the ledger. One
// writer at a time; any file server may hand it out meanwhile.
type Tiles struct{ Dir string }

const checkpointFile = "checkpoint"

// Published returns the checkpoint that is published, without checking its
// signatures; the error is [fs.ErrNotExist] when there is none. The tiles of a
// published checkpoint are all in place.
func (t Tiles) Published() (Checkpoint, error) {
	signed, err := os.ReadFile(filepath.Join(t.Dir, checkpointFile))
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := ParseCheckpoint(signed)
	if err != nil {
		return Checkpoint{}, &TileError{checkpointFile, err}
	}
	return c, nil
}

// publish puts a checkpoint in place. Its tiles must be there.
func (t Tiles) publish(signed []byte) error {
	return disk.Keep(filepath.Join(t.Dir, checkpointFile), signed, 0o644)
}

// Extend writes the tiles of the ledger's first size records and returns their
// head. It goes on from the published checkpoint, which the ledger must contain:
// what it does not is [ErrInconsistent]. Nothing is published.
func (t Tiles) Extend(ctx context.Context, store eventstore.Store, size eventstore.Position) (Head, error) {
	from, err := t.Published()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Head{}, err
	}
	return t.extend(ctx, store, from.Head, size)
}

func (t Tiles) extend(ctx context.Context, store eventstore.Store, from Head, size eventstore.Position) (Head, error) {
	if from.Size > size {
		return Head{}, fmt.Errorf("%w：公布过 %d 件，现有 %d 件", ErrInconsistent, from.Size, size)
	}
	files := disk.NewSpool(t.Dir)
	b, err := t.resume(from, files.Put)
	if err != nil {
		return Head{}, err
	}
	if err := b.grow(ctx, store, from, size); err != nil {
		return Head{}, errors.Join(err, files.Discard())
	}
	head := b.head()
	if head == from {
		return head, nil
	}
	if err := errors.Join(b.finish(), files.Settle()); err != nil {
		return Head{}, err
	}
	return head, t.sweep(from, b.full)
}

// resume returns a builder as it was at the last full tile before from.
func (t Tiles) resume(from Head, out func(string, []byte) error) (*builder, error) {
	size := int64(from.Size)
	b := &builder{size: size / tileWidth * tileWidth, out: out}
	if b.size == 0 {
		return b, nil
	}
	var indexes []int64
	b.levels = append(b.levels, nil)
	for level := 1; size>>(tileHeight*level) > 0; level++ {
		n := size >> (tileHeight * level)
		for i := n &^ (tileWidth - 1); i < n; i++ {
			indexes = append(indexes, tlog.StoredHashIndex(tileHeight*level, i))
		}
		b.levels = append(b.levels, make([]tlog.Hash, n%tileWidth, tileWidth))
	}
	hashes, err := t.HashReader(from).ReadHashes(indexes)
	for _, tile := range b.levels {
		hashes = hashes[min(copy(tile, hashes), len(hashes)):]
	}
	return b, err
}

// grow adds the records up to size, and sees that the tree passes through from.
func (b *builder) grow(ctx context.Context, store eventstore.Store, from Head, size eventstore.Position) error {
	passed := func() error {
		if b.size == int64(from.Size) && from.Size > 0 && b.head() != from {
			return fmt.Errorf("%w：前 %d 件，第 %d 至 %d 件之间", ErrInconsistent, from.Size, (from.Size-1)/tileWidth*tileWidth+1, from.Size)
		}
		return nil
	}
	if err := passed(); err != nil || b.size == int64(size) {
		return err
	}
	for r, err := range store.ReadAll(ctx, eventstore.Position(b.size)) {
		if err == nil {
			err = b.add(r.Envelope)
		}
		if err == nil {
			err = passed()
		}
		if err != nil || b.size == int64(size) {
			return err
		}
	}
	return fmt.Errorf("%w：账本到 %d 件为止，应有 %d 件", ErrInconsistent, b.size, size)
}

// sweep removes partial tiles that nobody needs any more: those of every tile
// before one that became full. Readers who come too late take the full tile.
func (t Tiles) sweep(from Head, full []string) error {
	if from.Size == 0 {
		return nil
	}
	for _, path := range full {
		before, ok := previous(path)
		if !ok {
			continue
		}
		if err := os.RemoveAll(filepath.Join(t.Dir, filepath.FromSlash(partials(before)))); err != nil {
			return err
		}
	}
	return nil
}

// previous returns the path of the tile before a full one.
func previous(path string) (string, bool) {
	fields := strings.Split(path, "/")
	n := int64(0)
	for _, f := range fields[2:] {
		digits, err := strconv.ParseInt(strings.TrimPrefix(f, "x"), 10, 64)
		if err != nil {
			return "", false
		}
		n = n*1000 + digits
	}
	if n == 0 {
		return "", false
	}
	if fields[1] == "entries" {
		return entriesPath(n-1, tileWidth), true
	}
	level, err := strconv.Atoi(fields[1])
	return tilePath(level, n-1, tileWidth), err == nil
}

// Rebuild makes every tile of checkpoint anew from the ledger and puts them in
// the place of those there are. If the ledger does not contain the checkpoint it
// returns [ErrInconsistent] and leaves all as it was.
func (t Tiles) Rebuild(ctx context.Context, store eventstore.Store, c Checkpoint) error {
	fresh, old := Tiles{t.Dir + ".new"}, t.Dir+".old"
	if err := errors.Join(os.RemoveAll(fresh.Dir), os.RemoveAll(old)); err != nil {
		return err
	}
	head, err := fresh.extend(ctx, store, Head{}, c.Size)
	if err == nil && head != c.Head {
		err = fmt.Errorf("%w：前 %d 件的树根是 %s，签的是 %s", ErrInconsistent, c.Size, head.Root, c.Root)
	}
	if err == nil {
		err = fresh.publish(c.Note)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(fresh.Dir))
	}
	if err := os.Rename(t.Dir, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(fresh.Dir, t.Dir); err != nil {
		return err
	}
	return errors.Join(disk.SyncFolder(filepath.Dir(t.Dir)), os.RemoveAll(old))
}

// Compare holds every tile of head, which must be the ledger's, against the
// ledger, and returns those that are missing or different.
func (t Tiles) Compare(ctx context.Context, store eventstore.Store, head Head) (wrong []TileError, err error) {
	b := &builder{out: func(path string, want []byte) error {
		have, err := os.ReadFile(filepath.Join(t.Dir, filepath.FromSlash(path)))
		switch {
		case err != nil:
			wrong = append(wrong, TileError{path, err})
		case !bytes.Equal(have, want):
			wrong = append(wrong, TileError{path, ErrDamaged})
		}
		return nil
	}}
	if err := b.grow(ctx, store, head, head.Size); err != nil {
		return wrong, err
	}
	return wrong, b.finish()
}
