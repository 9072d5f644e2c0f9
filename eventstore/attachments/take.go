package attachments

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/emmansun/gmsm/sm3"

	"wenxiao/domain"
	"wenxiao/eventstore/attachments/inspect"
	"wenxiao/eventstore/disk"
)

// A Taken is a file received whole, looked into, and not yet kept. Whoever has
// one must call Discard in the end.
type Taken struct {
	Digest    string // SHA-256, in hex
	SM3       string // in hex
	Size      int64
	MediaType string

	dir  *Directory
	path string // in incoming; empty once it is kept or gone
}

// Take receives the file called name from r. What it refuses it refuses with a
// [domain.Refusal]; what it returns is on the disk, but not kept yet.
func (d *Directory) Take(ctx context.Context, name string, r io.Reader) (_ *Taken, err error) {
	f, err := os.CreateTemp(d.incoming(), "*.part") // 0600
	if err != nil {
		return nil, full(err)
	}
	t := &Taken{dir: d, path: f.Name()}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			t.Discard()
		}
	}()
	if err := t.receive(f, name, readerUntil{ctx, r}); err != nil {
		return nil, err
	}
	if err := t.look(ctx, f, name); err != nil {
		return nil, err
	}
	return t, nil
}

// receive writes what r has to f and makes it durable, hashing as it goes.
func (t *Taken) receive(f *os.File, name string, r io.Reader) error {
	hash, guomi := sha256.New(), sm3.New()
	n, err := io.Copy(io.MultiWriter(&writer{f, t.dir}, hash, guomi), io.LimitReader(r, t.dir.Most+1))
	switch {
	case err != nil:
		return full(err)
	case n > t.dir.Most:
		return domain.Refusal{
			Code: "attachment.too-large", Field: "/attachments",
			Reason: fmt.Sprintf("文件“%s”超过 %d MiB，没有接收；压缩图片或分成几个文件再交", name, t.dir.Most>>20),
		}
	}
	if err := errors.Join(t.dir.fails(toSync), f.Sync()); err != nil {
		return full(err)
	}
	t.Digest, t.SM3, t.Size = hex.EncodeToString(hash.Sum(nil)), hex.EncodeToString(guomi.Sum(nil)), n
	return nil
}

// look lets the file be inspected, and scanned where there is a scanner.
func (t *Taken) look(ctx context.Context, f *os.File, name string) (err error) {
	select {
	case t.dir.looking <- struct{}{}:
		defer func() { <-t.dir.looking }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if t.MediaType, err = inspect.File(name, f, t.Size); err != nil || t.dir.Scan == nil {
		return err
	}
	return t.dir.Scan(ctx, name, io.NewSectionReader(f, 0, t.Size))
}

// Keep gives the file its place and calls record, which writes the event that
// says so. While it runs no file comes or goes. When record fails the file stays,
// as an orphan: whether the event was written may be unknown.
func (t *Taken) Keep(record func() error) error {
	release, err := t.dir.alone()
	if err != nil {
		return err
	}
	defer release()
	if err := t.settle(); err != nil {
		return full(err)
	}
	if err := t.dir.fails(toRecord); err != nil {
		return err
	}
	return record()
}

// settle moves the file to its place, whole or not at all. One that is there
// already is replaced: should it have been damaged, it is mended so.
func (t *Taken) settle() error {
	place := t.dir.path(t.Digest)
	if err := disk.MakeFolder(filepath.Dir(place), 0o700); err != nil {
		return err
	}
	if err := t.dir.fails(toRename); err != nil {
		return err
	}
	if err := os.Rename(t.path, place); err != nil {
		return err
	}
	t.path = ""
	return errors.Join(t.dir.fails(toSettle), disk.SyncFolder(filepath.Dir(place)))
}

// Discard removes what was received and not kept.
func (t *Taken) Discard() {
	if t.path != "" {
		_ = os.Remove(t.path) // what stays is swept later
		t.path = ""
	}
}

// A writer is a file whose writes may be made to fail.
type writer struct {
	*os.File
	dir *Directory
}

func (w *writer) Write(b []byte) (int, error) {
	if err := w.dir.fails(toWrite); err != nil {
		return 0, err
	}
	return w.File.Write(b)
}

// ReadFrom is not the file's own, which would pass Write by.
func (w *writer) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{w}, r) }

// A readerUntil reads until its context ends.
type readerUntil struct {
	ctx context.Context
	r   io.Reader
}

func (r readerUntil) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}
