package verify

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
)

// Signed reads the checkpoint that is published and the one that the signer in
// keys signed last, as far as policy believes them: heads the ledger must
// contain. The two are the same but for the moment between signing and
// publishing, which is waited for.
func Signed(tiles seal.Tiles, keys string, policy seal.Policy) (heads []Head, found []Finding, err error) {
	for range 6 {
		heads, found, err = signed(tiles, keys, policy)
		if err != nil || len(heads) < 2 || heads[0].Size == heads[1].Size {
			return heads, found, err
		}
		time.Sleep(500 * time.Millisecond)
	}
	if heads[0].Size < heads[1].Size {
		found = append(found, Finding{Code: "checkpoint.stale", Place: filepath.Join(tiles.Dir, "checkpoint"), Text: fmt.Sprintf("公布的检查点只到 %d，已签署到 %d：公布的是旧的；wenxiao seal publish 可补上", heads[0].Size, heads[1].Size)})
	} else {
		found = append(found, Finding{Code: "checkpoint.behind", Place: filepath.Join(keys, "signed"), Text: fmt.Sprintf("最后签署的检查点只到 %d，公布的已到 %d：签署端像是由较早的备份恢复的", heads[1].Size, heads[0].Size)})
	}
	return heads, found, nil
}

func signed(tiles seal.Tiles, keys string, policy seal.Policy) (heads []Head, found []Finding, err error) {
	published := filepath.Join(tiles.Dir, "checkpoint")
	for _, at := range []struct{ path, name string }{{published, "已公布的检查点"}, {filepath.Join(keys, "signed"), "最后签署的检查点"}} {
		text, err := os.ReadFile(at.path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && len(text) == 0 { // a signer that has not signed yet keeps an empty file
			found = append(found, Finding{Code: "checkpoint.missing", Place: at.path, Text: "没有" + at.name})
			continue
		}
		if errors.Is(err, fs.ErrPermission) { // the keys are their owner's alone: others verify without
			continue
		}
		if err != nil {
			return heads, found, err
		}
		c, more := Believed(text, at.path, policy)
		if found = append(found, more...); more == nil {
			heads = append(heads, Head{Name: at.name, Size: c.Size, Root: c.Root})
		}
	}
	return heads, found, nil
}

// Believed returns the checkpoint of a text at some path, or why it is not
// believed.
func Believed(text []byte, path string, policy seal.Policy) (seal.Checkpoint, []Finding) {
	c, err := seal.ParseCheckpoint(text)
	if err != nil {
		return c, []Finding{{Code: "checkpoint.malformed", Place: path, Text: fmt.Sprintf("不是一份检查点，或被改过：%v", err)}}
	}
	if _, err := policy.Check(text); err != nil {
		return c, []Finding{{Code: "checkpoint.untrusted", Place: path, Text: fmt.Sprintf("签名不可信：%v", err)}}
	}
	return c, nil
}

// Log holds every file of the log that head, the published one, covers against
// the ledger, and looks for files that do not belong there. All of them can be
// made anew: wenxiao seal rebuild.
func Log(ctx context.Context, store eventstore.Store, tiles seal.Tiles, head seal.Head) (found []Finding, err error) {
	wrong, err := tiles.Compare(ctx, store, head)
	for _, w := range wrong {
		f := Finding{Code: "tile.differs", Place: filepath.Join(tiles.Dir, filepath.FromSlash(w.Path)), Text: "与由账本算出的不同"}
		if errors.Is(w.Err, fs.ErrNotExist) {
			f.Code, f.Text = "tile.missing", "没有这个文件"
		}
		if tile, ok := parseTile(w.Path); ok {
			f.Position, f.Last = tile.records()
			if f.Code == "tile.differs" && tile.L == 0 {
				f.Position, f.Last = tile.differing(ctx, store, f.Place)
			}
		}
		found = append(found, f)
	}
	if err != nil {
		if ctx.Err() != nil {
			return found, err
		}
		found = append(found, Finding{Code: "log.unchecked", Place: tiles.Dir, Text: fmt.Sprintf("公开日志没有核完：%v", err)})
	}
	strays, err := strayFiles(tiles.Dir, head)
	return append(found, strays...), err
}

// A tile is a file of the log.
type tile struct {
	tlog.Tile
	entries bool
}

// records are those under a tile.
func (t tile) records() (first, last eventstore.Position) {
	each := eventstore.Position(1) << (8 * t.L)
	return eventstore.Position(t.N)*256*each + 1, (eventstore.Position(t.N)*256 + eventstore.Position(t.W)) * each
}

// differing returns the first and the last record of the ledger that a tile has
// otherwise: the tile may be wrong, or they.
func (t tile) differing(ctx context.Context, store eventstore.Store, path string) (first, last eventstore.Position) {
	from, to := t.records()
	b, err := os.ReadFile(path)
	if err != nil {
		return from, to
	}
	for r, err := range store.ReadAll(ctx, from-1) {
		if err != nil || r.Position > to {
			break
		}
		one, leaf := r.Envelope, tlog.RecordHash(r.Envelope)
		if t.entries {
			one = append(binary.BigEndian.AppendUint16(nil, uint16(len(one))), one...)
		} else {
			one = leaf[:]
		}
		if !bytes.HasPrefix(b, one) {
			if last = r.Position; first == 0 {
				first = r.Position
			}
		}
		b = b[t.skip(b):]
	}
	if first == 0 { // something behind them
		return from, to
	}
	return first, last
}

// skip is how many bytes the next of a tile takes.
func (t tile) skip(b []byte) int {
	size := tlog.HashSize
	if t.entries && len(b) >= 2 {
		size = 2 + int(binary.BigEndian.Uint16(b))
	}
	return min(size, len(b))
}

// parseTile reads a path such as tile/0/x001/067.p/5 or tile/entries/000.
func parseTile(path string) (t tile, ok bool) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if t.entries = strings.HasPrefix(rest, "entries/"); t.entries {
		rest = "0" + strings.TrimPrefix(rest, "entries")
	}
	var err error
	t.Tile, err = tlog.ParseTilePath("tile/8/" + rest)
	return t, ok && err == nil
}

func (t tile) path() string {
	rest := strings.TrimPrefix(t.Tile.Path(), "tile/8/")
	if t.entries {
		rest = "entries" + strings.TrimPrefix(rest, "0")
	}
	return "tile/" + rest
}

// strayFiles returns what lies in a log and is neither a tile of head nor the
// beginning of one, as earlier checkpoints had them.
func strayFiles(dir string, head seal.Head) (found []Finding, err error) {
	err = filepath.WalkDir(dir, func(path string, at fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // swept meanwhile, or there is no log
			return nil
		}
		if err != nil || at.IsDir() || strings.HasPrefix(at.Name(), ".new-") { // being written, or left by a crash
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == "checkpoint" {
			return err
		}
		if why := stray(dir, filepath.ToSlash(name), head); why != "" {
			found = append(found, Finding{Code: "tile.stray", Place: path, Text: why})
		}
		return nil
	})
	return found, err
}

// stray says why a file does not belong to the log of head.
func stray(dir, name string, head seal.Head) string {
	t, ok := parseTile(name)
	if !ok {
		return "不是公开日志的文件"
	}
	count := int64(head.Size) >> (8 * t.L)
	whole := t
	if whole.W = int(min(256, count-t.N*256)); whole.W < t.W {
		return "检查点盖不到这个文件"
	}
	if whole.W == t.W { // compared with the ledger
		return ""
	}
	have, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	all, errAll := os.ReadFile(filepath.Join(dir, filepath.FromSlash(whole.path())))
	if errAll != nil { // said already
		return ""
	}
	want := t.beginning(all)
	if err != nil || want == nil || !bytes.Equal(have, want) {
		return "与其后完整的文件不符"
	}
	return ""
}

// beginning returns what a tile of width W has of the bytes of a wider one.
func (t tile) beginning(all []byte) []byte {
	if !t.entries {
		return all[:min(len(all), t.W*tlog.HashSize)]
	}
	at := 0
	for range t.W {
		if at+2 > len(all) {
			return nil
		}
		at += 2 + int(binary.BigEndian.Uint16(all[at:]))
	}
	if at > len(all) {
		return nil
	}
	return all[:at]
}

// Consistent makes the proof that the tree of newer begins with that of older,
// from the log's tiles, and checks it.
func Consistent(tiles seal.Tiles, newer, older seal.Head) (tlog.TreeProof, error) {
	proof, err := tiles.ProveTree(newer, older.Size)
	if err != nil || older.Size == 0 {
		return proof, err
	}
	if err := tlog.CheckTree(proof, int64(newer.Size), newer.Root, int64(older.Size), older.Root); err != nil {
		return nil, fmt.Errorf("%w: %w", seal.ErrInconsistent, err)
	}
	return slices.Clip(proof), nil
}
