package seal

import (
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
)

// A builder grows the tiles of a log. It holds one unfinished tile a level and
// one unfinished bundle, whatever the size of the log.
type builder struct {
	levels [][]tlog.Hash // hashes of the unfinished tile at each level
	size   int64
	bundle []byte
	out    func(path string, data []byte) error
	full   []string // tiles that became full
}

// add takes the next envelope.
func (b *builder) add(envelope []byte) error {
	b.bundle = appendEntry(b.bundle, envelope)
	b.size++
	if b.size%tileWidth == 0 {
		path := entriesPath(b.size/tileWidth-1, tileWidth)
		if err := b.put(path, b.bundle); err != nil {
			return err
		}
		b.bundle = b.bundle[:0]
	}
	return b.push(0, tlog.RecordHash(envelope))
}

// push adds a hash at level, and what it completes.
func (b *builder) push(level int, h tlog.Hash) error {
	if level == len(b.levels) {
		b.levels = append(b.levels, nil)
	}
	b.levels[level] = append(b.levels[level], h)
	tile := b.levels[level]
	if len(tile) < tileWidth {
		return nil
	}
	if err := b.put(tilePath(level, b.size>>(tileHeight*(level+1))-1, tileWidth), tileOf(tile)); err != nil {
		return err
	}
	root := perfect(tile)
	b.levels[level] = tile[:0]
	return b.push(level+1, root)
}

func (b *builder) put(path string, data []byte) error {
	b.full = append(b.full, path)
	return b.out(path, data)
}

// finish writes what is unfinished as partial tiles.
func (b *builder) finish() error {
	for level, tile := range b.levels {
		if len(tile) == 0 {
			continue
		}
		if err := b.out(tilePath(level, b.size>>(tileHeight*(level+1)), len(tile)), tileOf(tile)); err != nil {
			return err
		}
	}
	if w := b.size % tileWidth; w > 0 {
		return b.out(entriesPath(b.size/tileWidth, int(w)), b.bundle)
	}
	return nil
}

// head returns the head of the tree so far.
func (b *builder) head() Head {
	t := eventstore.Tree{Size: eventstore.Position(b.size)}
	for _, tile := range slices.Backward(b.levels) {
		for len(tile) > 0 { // the largest perfect subtree comes first
			n := 1
			for n*2 <= len(tile) {
				n *= 2
			}
			t.Edge, tile = append(t.Edge, perfect(tile[:n])), tile[n:]
		}
	}
	return HeadOf(t)
}
