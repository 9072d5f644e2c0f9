package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"wenxiao/domain"
)

// A File is one file of a bundle.
type File struct {
	Path   string
	Size   int64
	SHA256 string
	SM3    string
}

// A measure takes the digests of what is written to it.
type measure struct {
	io.Writer
	size   int64
	crc    hash.Hash32
	sha256 hash.Hash
	sm3    hash.Hash
}

func newMeasure() *measure {
	m := &measure{crc: crc32.NewIEEE(), sha256: sha256.New(), sm3: sm3.New()}
	m.Writer = io.MultiWriter(m.crc, m.sha256, m.sm3)
	return m
}

func (m *measure) Write(b []byte) (int, error) {
	m.size += int64(len(b))
	return m.Writer.Write(b)
}

func (m *measure) file(path string) File {
	return File{path, m.size, hex.EncodeToString(m.sha256.Sum(nil)), hex.EncodeToString(m.sm3.Sum(nil))}
}

// A packer writes a bundle's zip. The same files in the same order at the same
// time give the same bytes: nothing is compressed, nothing is left to the clock,
// and sizes stand before the content, where every reader looks for them.
type packer struct {
	zip   *zip.Writer
	at    time.Time
	files []File
}

func newPacker(w io.Writer, at time.Time) *packer { return &packer{zip: zip.NewWriter(w), at: at} }

// add writes one file. It has its content written twice: first to measure it.
func (p *packer) add(path string, write func(io.Writer) error) error {
	m := newMeasure()
	if err := write(m); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	w, err := p.zip.CreateRaw(header(path, p.at, m.size, m.crc.Sum32()))
	if err != nil {
		return err
	}
	again := newMeasure()
	if err := write(io.MultiWriter(w, again)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	file := m.file(path)
	if again.file(path) != file {
		return fmt.Errorf("%s changed while it was written", path)
	}
	p.files = append(p.files, file)
	return nil
}

func (p *packer) bytes(path string, content []byte) error {
	return p.add(path, func(w io.Writer) error { _, err := w.Write(content); return err })
}

func (p *packer) close() error { return p.zip.Close() }

const (
	utf8Names = 0x800           // flag of entries whose names are UTF-8
	byUnix    = 3<<8 | 20       // some programs believe the flag only of Unix
	readable  = 0o100_644 << 16 // a plain file that everybody may read
)

// header is that of a stored entry, with nothing optional in it.
func header(path string, at time.Time, size int64, crc uint32) *zip.FileHeader {
	date, clock := dosTime(at)
	return &zip.FileHeader{
		Name: path, Flags: utf8Names, Method: zip.Store, CreatorVersion: byUnix, ReaderVersion: 20, ExternalAttrs: readable,
		CompressedSize64: uint64(size), UncompressedSize64: uint64(size), CRC32: crc,
		ModifiedDate: date, ModifiedTime: clock,
	}
}

// dosTime writes t, in Beijing as people there will read it, as zip has it.
func dosTime(t time.Time) (date, clock uint16) {
	t = t.In(domain.Beijing)
	year := min(max(t.Year(), 1980), 2107)
	return uint16(t.Day() + int(t.Month())<<5 + (year-1980)<<9), uint16(t.Second()/2 + t.Minute()<<5 + t.Hour()<<11)
}

// A comparison is a writer that finds out whether what is written to it is what
// r has, and where it begins to differ.
type comparison struct {
	r      io.Reader
	buffer []byte
	at     int64
	differ bool
}

func compare(r io.Reader) *comparison { return &comparison{r: r, buffer: make([]byte, 32<<10)} }

func (c *comparison) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 0 && !c.differ; {
		have := c.buffer[:min(len(rest), len(c.buffer))]
		n, _ := io.ReadFull(c.r, have)
		if same := commonPrefix(have[:n], rest[:len(have)]); same < len(have) {
			c.differ, c.at = true, c.at+int64(same)
			break
		}
		c.at, rest = c.at+int64(n), rest[n:]
	}
	return len(b), nil
}

// equal reports whether all was the same, up to the end of both.
func (c *comparison) equal() bool {
	if !c.differ {
		n, _ := c.r.Read(c.buffer[:1])
		c.differ = n > 0
	}
	return !c.differ
}

func commonPrefix(a, b []byte) int {
	if bytes.Equal(a, b) {
		return len(a)
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
