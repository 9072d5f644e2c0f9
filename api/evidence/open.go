package evidence

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// Bounds of what is read into memory.
const (
	maxReceipt   = 64 << 10
	maxSmall     = 1 << 20
	maxSelection = 256 << 20
	maxManifest  = 1 << 30
	maxFiles     = 10_000_000
)

// A bundle is a zip open for checking. Its entries are stored, so that none can
// grow when it is read, and all of them together say to have no more bytes than
// the zip.
type bundle struct {
	r       io.ReaderAt
	size    int64
	entries map[string]*entry
	order   []*entry              // as they lie in the zip
	records []eventstore.Position // in order
}

type entry struct {
	*io.SectionReader
	path     string
	start    int64 // of its header
	size     int64
	ofRecord bool
}

func (e *entry) reader() io.Reader { return io.NewSectionReader(e, 0, e.size) }

func (e *entry) copy(w io.Writer) error {
	_, err := io.Copy(w, e.reader())
	return err
}

// notABundle refuses what cannot be checked at all.
func notABundle(format string, args ...any) error {
	return domain.Refusal{Code: "evidence.not-a-bundle", Reason: "不是取证单，或已不是出具时的压缩包：" + fmt.Sprintf(format, args...), Basis: "DA/T 70-2018 安全性"}
}

// open reads the zip's directory and refuses whatever we never write: paths that
// lead elsewhere, links, compressed, encrypted, repeated or overlapping entries.
func open(r io.ReaderAt, size int64) (*bundle, error) {
	z, err := zip.NewReader(r, size)
	switch {
	case err != nil:
		return nil, notABundle("打不开：%v", err)
	case len(z.File) > maxFiles:
		return nil, notABundle("有 %d 个文件，至多 %d 个", len(z.File), maxFiles)
	case z.Comment != "":
		return nil, notABundle("带有注释")
	}
	b := &bundle{r: r, size: size, entries: map[string]*entry{}}
	folded := map[string]bool{}
	left := size
	seen := map[eventstore.Position]bool{}
	for _, f := range z.File {
		e, err := b.entry(f, left)
		if err != nil {
			return nil, err
		}
		left -= e.size
		if fold := strings.ToLower(e.path); folded[fold] {
			return nil, notABundle("%s 出现两次", e.path)
		} else {
			folded[fold] = true
		}
		b.entries[e.path], b.order = e, append(b.order, e)
		if at, ok := recordOf(e.path); ok && !seen[at] {
			seen[at] = true
			b.records = append(b.records, at)
		}
	}
	slices.Sort(b.records)
	return b, nil
}

func (b *bundle) entry(f *zip.File, left int64) (*entry, error) {
	name := f.Name
	if !utf8.ValidString(name) || name == "" || name != path.Clean(name) || path.IsAbs(name) || strings.HasPrefix(name, "..") || unclean.MatchString(strings.ReplaceAll(name, "/", "")) {
		return nil, notABundle("文件名 %q 会写到别处，或不合规", name)
	}
	switch {
	case f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64:
		return nil, notABundle("%s 经过压缩；取证单不压缩，请用收到时的原件，不要解开再压", name)
	case f.Flags&1 != 0:
		return nil, notABundle("%s 加了密", name)
	case !f.Mode().IsRegular():
		return nil, notABundle("%s 不是普通文件", name)
	case f.UncompressedSize64 > uint64(left):
		return nil, notABundle("%s 说有 %d 字节，压缩包没有这么大", name, f.UncompressedSize64)
	}
	at, err := f.DataOffset()
	size := int64(f.UncompressedSize64)
	if err != nil || at < 0 || at > b.size-size {
		return nil, notABundle("%s 的位置不对", name)
	}
	_, ofRecord := recordOf(name)
	return &entry{io.NewSectionReader(b.r, at, size), name, at - int64(localHeader+len(name)), size, ofRecord}, nil
}

// localHeader is how many bytes stand before the name of an entry.
const localHeader = 30

// around names the file to which the byte at offset belongs.
func (b *bundle) around(offset int64) string {
	for _, e := range b.order {
		if e.start <= offset && offset < e.start+int64(localHeader+len(e.path))+e.size {
			return e.path
		}
	}
	return "压缩包的目录"
}

// recordOf reads the position of a record from the path of one of its files.
func recordOf(name string) (eventstore.Position, bool) {
	digits, ok := strings.CutPrefix(path.Dir(name)+"/", recordFolder)
	n, err := strconv.ParseUint(strings.TrimSuffix(digits, "/"), 10, 63)
	at := eventstore.Position(n)
	known := slices.Contains([]string{envelopeFile, dataFile, receiptFile}, path.Base(name))
	return at, ok && err == nil && at > 0 && known && name == folder(at)+path.Base(name)
}

// small reads a file into memory; nil when it is not there or larger than it can
// be.
func (b *bundle) small(name string, most int64) []byte {
	e := b.entries[name]
	if e == nil || e.size > most {
		return nil
	}
	content := make([]byte, e.size)
	if _, err := e.ReadAt(content, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	return content
}
