package seal

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
)

// HashReader reads hashes of the tree of head from the tiles. Each is proven
// against head before it is handed out; a tile that does not fit is a
// [TileError], never a hash.
func (t Tiles) HashReader(head Head) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		r := &tileReader{tiles: t}
		hashes, err := tlog.TileHashReader(head.tree(), r).ReadHashes(indexes)
		if err != nil && r.data != nil {
			return nil, t.blame(head, r, err)
		}
		return hashes, err
	})
}

// Prove returns the proof that the record at position is in the tree of head.
func (t Tiles) Prove(head Head, position eventstore.Position) (tlog.RecordProof, error) {
	if position == 0 || position > head.Size {
		return nil, fmt.Errorf("%w：第 %d 件，共 %d 件", ErrNotCovered, position, head.Size)
	}
	return tlog.ProveRecord(int64(head.Size), int64(position-1), t.HashReader(head))
}

// ProveTree returns the proof that the tree of head begins with one of size old.
// Every tree begins with an empty one: that needs no proof.
func (t Tiles) ProveTree(head Head, old eventstore.Position) (tlog.TreeProof, error) {
	switch {
	case old > head.Size:
		return nil, fmt.Errorf("%w：签过 %d 件，现有 %d 件", ErrInconsistent, old, head.Size)
	case old == 0:
		return nil, nil
	}
	return tlog.ProveTree(int64(head.Size), int64(old), t.HashReader(head))
}

// A tileReader is a [tlog.TileReader] that remembers what it read.
type tileReader struct {
	tiles Tiles
	read  []tlog.Tile
	data  [][]byte
}

func (r *tileReader) Height() int { return tileHeight }

func (r *tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(tiles))
	for i, t := range tiles {
		data, err := r.tiles.readTile(t.L, t.N, t.W)
		if err != nil {
			return nil, err
		}
		all[i] = data
	}
	r.read, r.data = tiles, all
	return all, nil
}

func (r *tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

// blame names the tile because of which reading failed. Those at the right edge
// lead to the root together: when they do not, each is held against what lies
// below it. All others have a parent among the tiles read.
func (t Tiles) blame(head Head, r *tileReader, err error) error {
	edge := &tileReader{tiles: t}
	if _, wrong := tlog.TileHashReader(head.tree(), edge).ReadHashes(nil); wrong != nil {
		for i, tile := range edge.read {
			if !t.fits(tile, edge.data[i]) {
				return &TileError{tilePath(tile.L, tile.N, tile.W), ErrDamaged}
			}
		}
		return fmt.Errorf("公开日志的文件算不出 %d 件的检查点的树根：%w", head.Size, err)
	}
	at := map[[2]int64]int{}
	for i, tile := range r.read {
		at[[2]int64{int64(tile.L), tile.N}] = i
	}
	for i, tile := range r.read[len(edge.read):] {
		parent := at[[2]int64{int64(tile.L + 1), tile.N >> tileHeight}]
		offset := int(tile.N&(tileWidth-1)) * tlog.HashSize
		if perfect(hashesOf(r.data[len(edge.read)+i])) != tlog.Hash(r.data[parent][offset:]) {
			return &TileError{tilePath(tile.L, tile.N, tile.W), ErrDamaged}
		}
	}
	return err
}

// fits reports whether a tile holds the hashes of what lies below it.
func (t Tiles) fits(tile tlog.Tile, data []byte) bool {
	if tile.L == 0 {
		envelopes, err := t.readEntries(tile.N, tile.W)
		if err != nil {
			return true // what lies below is the damage
		}
		for i, e := range envelopes {
			if tlog.RecordHash(e) != tlog.Hash(data[i*tlog.HashSize:]) {
				return false
			}
		}
		return true
	}
	for i := range tile.W {
		below, err := t.readTile(tile.L-1, tile.N<<tileHeight+int64(i), tileWidth)
		if err == nil && perfect(hashesOf(below)) != tlog.Hash(data[i*tlog.HashSize:]) {
			return false
		}
	}
	return true
}
