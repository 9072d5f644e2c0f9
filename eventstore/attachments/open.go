package attachments

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"

	"wenxiao/domain"
)

// A File is one that was found to be what it is named for, open for reading. The
// bytes read are those that were checked, also when the directory changes.
type File struct {
	io.ReadSeeker
	Size int64

	f *os.File
}

// Close ends the reading.
func (f *File) Close() error { return f.f.Close() }

// Open opens the file with digest, after its bytes were compared with it. A file
// that is not there, or is not what it is named for, is a [Fault].
func (d *Directory) Open(digest string) (*File, error) {
	if !domain.IsDigest(digest) {
		return nil, &Fault{Digest: digest, Path: d.dir, Err: ErrMissing}
	}
	f, err := os.Open(d.path(digest))
	if err != nil {
		return nil, d.fault(digest, err)
	}
	hash := sha256.New()
	n, err := io.Copy(hash, f)
	if err == nil && hex.EncodeToString(hash.Sum(nil)) != digest {
		err = ErrDamaged
	}
	if err != nil {
		return nil, errors.Join(d.fault(digest, err), f.Close())
	}
	return &File{ReadSeeker: io.NewSectionReader(f, 0, n), Size: n, f: f}, nil
}

// Check reports the [Fault] of the file with digest, if it has one.
func (d *Directory) Check(digest string) error {
	f, err := d.Open(digest)
	if err != nil {
		return err
	}
	return f.Close()
}

// Has reports whether there is a file with digest of size bytes, without reading it.
func (d *Directory) Has(digest string, size int64) bool {
	if !domain.IsDigest(digest) {
		return false
	}
	info, err := os.Stat(d.path(digest))
	return err == nil && info.Mode().IsRegular() && info.Size() == size
}

// An Entry is one file as the directory has it.
type Entry struct {
	Digest string // as named; "" for what has no business here
	Path   string
	Size   int64
	Since  time.Time // when it came
}

// All yields every file there is, in no order, those being received left out.
func (d *Directory) All() iter.Seq2[Entry, error] { return d.entries("sha256") }

func (d *Directory) entries(below string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		err := filepath.WalkDir(filepath.Join(d.dir, below), func(path string, at fs.DirEntry, err error) error {
			if err == nil && at.IsDir() {
				return nil
			}
			entry, err := d.entry(path, at, err)
			if errors.Is(err, fs.ErrNotExist) { // it went meanwhile
				return nil
			}
			if !yield(entry, err) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(Entry{}, err)
		}
	}
}

func (d *Directory) entry(path string, at fs.DirEntry, err error) (Entry, error) {
	if err != nil {
		return Entry{Path: path}, err
	}
	info, err := at.Info()
	if err != nil {
		return Entry{Path: path}, err
	}
	e := Entry{Path: path, Size: info.Size(), Since: info.ModTime()}
	if digest := filepath.Base(filepath.Dir(path)) + filepath.Base(path); domain.IsDigest(digest) {
		e.Digest = digest
	}
	return e, nil
}
