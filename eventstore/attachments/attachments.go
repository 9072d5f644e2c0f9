// Package attachments keeps the bytes of files that acts rest on, beside the
// ledger, each under the SHA-256 of its content. The ledger says which files
// there must be; a file here that the ledger does not know is an orphan.
//
// A directory holds them:
//
//	sha256/9f/86d0…   one file each, whole or not there
//	incoming/…        what is being received
//	aside/…           orphans, before they go for good
package attachments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// DefaultMost is how large a file may be, in bytes, unless said otherwise.
const DefaultMost = 50 << 20

// A Directory keeps files. All methods may be called concurrently; several
// processes may write to one directory if Alone keeps them apart.
type Directory struct {
	// Most is how large a file may be, in bytes.
	Most int64

	// Scan, if not nil, looks for malware before a file is kept, and refuses with
	// a [domain.Refusal]. Any other error says that it could not look: then the
	// file is not kept either.
	Scan func(ctx context.Context, name string, r io.Reader) error

	// Alone, if not nil, returns once no other process lets a file come or go;
	// release lets the next.
	Alone func() (release func(), err error)

	dir      string
	keeping  sync.Mutex    // held while a file comes or goes together with what the ledger says of it
	looking  chan struct{} // bounds how many files are inspected at once: each is in memory meanwhile
	obstacle func(step) error
}

// A step is one in which something can fail.
type step string

const (
	toWrite  step = "write"
	toSync   step = "sync"
	toRename step = "rename"
	toSettle step = "settle" // the rename made durable
	toRecord step = "record"
)

// Open opens the directory, and makes it where there is none. Others on this
// machine get no access.
func Open(dir string) (*Directory, error) {
	d := &Directory{Most: DefaultMost, dir: dir, looking: make(chan struct{}, 2)}
	for _, part := range []string{dir, d.incoming(), filepath.Join(dir, "sha256"), filepath.Join(dir, "aside")} {
		if err := os.MkdirAll(part, 0o700); err != nil {
			return nil, fmt.Errorf("attachments: %w", err)
		}
	}
	return d, nil
}

func (d *Directory) incoming() string { return filepath.Join(d.dir, "incoming") }

// path is where the file with digest lies. digest must be well-formed.
func (d *Directory) path(digest string) string {
	return filepath.Join(d.dir, "sha256", digest[:2], digest[2:])
}

// alone returns once nobody else lets a file come or go, here or in another
// process.
func (d *Directory) alone() (release func(), err error) {
	d.keeping.Lock()
	if d.Alone == nil {
		return d.keeping.Unlock, nil
	}
	others, err := d.Alone()
	if err != nil {
		d.keeping.Unlock()
		return nil, err
	}
	return func() { others(); d.keeping.Unlock() }, nil
}

// fails is where tests let a step fail.
func (d *Directory) fails(at step) error {
	if d.obstacle == nil {
		return nil
	}
	return d.obstacle(at)
}

var (
	// ErrMissing reports a file that is not there.
	ErrMissing = errors.New("attachment is missing")

	// ErrDamaged reports a file whose bytes are not those it is named for.
	ErrDamaged = errors.New("attachment is damaged")

	// ErrFull reports that there is no room for another file.
	ErrFull = errors.New("no room for the attachment")
)

// A Fault names the file that is missing or damaged, and where it should lie.
type Fault struct {
	Digest string
	Path   string
	Err    error // [ErrMissing], [ErrDamaged], or why it cannot be read
}

func (f *Fault) Error() string { return fmt.Sprintf("%s: %v (%s)", f.Digest, f.Err, f.Path) }
func (f *Fault) Unwrap() error { return f.Err }

// fault says what err means for the file with digest.
func (d *Directory) fault(digest string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrMissing
	}
	return &Fault{Digest: digest, Path: d.path(digest), Err: err}
}

// full tells a write that failed for want of room.
func full(err error) error {
	for _, why := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, why) {
			return fmt.Errorf("%w: %w", ErrFull, err)
		}
	}
	return err
}
