package seal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"
)

// Tiles have 2^8 hashes, by c2sp.org/tlog-tiles.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// tilePath is where a tile of hashes lies below the log's directory.
func tilePath(level int, n int64, width int) string {
	p := tlog.Tile{H: tileHeight, L: level, N: n, W: width}.Path()
	return "tile" + p[len("tile/8"):]
}

// entriesPath is where a bundle of envelopes lies below the log's directory.
func entriesPath(n int64, width int) string {
	p := tlog.Tile{H: tileHeight, L: 0, N: n, W: width}.Path()
	return "tile/entries" + p[len("tile/8/0"):]
}

// partials is the directory of what was there of a tile before it was full.
func partials(full string) string { return full + ".p" }

// appendEntry adds an envelope to a bundle.
func appendEntry(bundle, envelope []byte) []byte {
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(envelope)))
	return append(bundle, envelope...)
}

// splitEntries takes a bundle apart.
func splitEntries(bundle []byte) (envelopes [][]byte, err error) {
	for len(bundle) > 0 {
		if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
			return nil, malformed("信封文件不完整")
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		envelopes, bundle = append(envelopes, bundle[2:end]), bundle[end:]
	}
	return envelopes, nil
}

// perfect returns the root of the perfect tree over hashes in a row, whose number
// is a power of two.
func perfect(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return tlog.NodeHash(perfect(hashes[:half]), perfect(hashes[half:]))
}

func hashesOf(tile []byte) []tlog.Hash {
	hashes := make([]tlog.Hash, len(tile)/tlog.HashSize)
	for i := range hashes {
		hashes[i] = tlog.Hash(tile[i*tlog.HashSize:])
	}
	return hashes
}

func tileOf(hashes []tlog.Hash) []byte {
	data := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		data = append(data, h[:]...)
	}
	return data
}

// readTile reads the first width hashes of a tile. Where a partial tile was
// removed because the full one exists, it is the beginning of that.
func (t Tiles) readTile(level int, n int64, width int) ([]byte, error) {
	path := tilePath(level, n, width)
	data, err := os.ReadFile(filepath.Join(t.Dir, filepath.FromSlash(path)))
	if errors.Is(err, fs.ErrNotExist) && width < tileWidth {
		full := tilePath(level, n, tileWidth)
		if whole, errFull := os.ReadFile(filepath.Join(t.Dir, filepath.FromSlash(full))); errFull == nil && len(whole) == tileWidth*tlog.HashSize {
			return whole[:width*tlog.HashSize], nil
		}
	}
	switch {
	case err != nil:
		return nil, &TileError{path, err}
	case len(data) != width*tlog.HashSize:
		return nil, &TileError{path, fmt.Errorf("%w：有 %d 字节，应为 %d", ErrDamaged, len(data), width*tlog.HashSize)}
	}
	return data, nil
}

// readEntries reads the first width envelopes of a bundle.
func (t Tiles) readEntries(n int64, width int) ([][]byte, error) {
	path := entriesPath(n, width)
	data, err := os.ReadFile(filepath.Join(t.Dir, filepath.FromSlash(path)))
	if errors.Is(err, fs.ErrNotExist) && width < tileWidth {
		path = entriesPath(n, tileWidth)
		data, err = os.ReadFile(filepath.Join(t.Dir, filepath.FromSlash(path)))
	}
	if err != nil {
		return nil, &TileError{path, err}
	}
	envelopes, err := splitEntries(data)
	if err != nil || len(envelopes) < width {
		return nil, &TileError{path, fmt.Errorf("%w：有 %d 件，应为 %d 件", ErrDamaged, len(envelopes), width)}
	}
	return envelopes[:width], nil
}
