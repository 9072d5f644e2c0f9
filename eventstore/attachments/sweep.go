package attachments

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Grace is how long an orphan is left alone: somebody may be about to rest an act
// on it.
const Grace = 24 * time.Hour

// Orphans lists the files that the ledger does not say are kept, however long
// they have lain there. keep is asked of each digest.
func (d *Directory) Orphans(keep func(digest string) (bool, error)) (orphans []Entry, err error) {
	for e, err := range d.All() {
		if err != nil {
			return orphans, err
		}
		kept := false
		if e.Digest != "" {
			if kept, err = keep(e.Digest); err != nil {
				return orphans, err
			}
		}
		if !kept {
			orphans = append(orphans, e)
		}
	}
	return orphans, nil
}

// Sweep removes what was received or kept before, and the ledger does not say is
// kept: uploads cut off, files whose event was never written, files withdrawn. It
// returns what it removed.
func (d *Directory) Sweep(before time.Time, keep func(digest string) (bool, error)) (removed []Entry, err error) {
	for e, err := range d.entries("incoming") {
		if err != nil {
			return removed, err
		}
		if e.Since.Before(before) {
			if err := os.Remove(e.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return removed, err
			}
			removed = append(removed, e)
		}
	}
	for e, err := range d.All() {
		if err != nil {
			return removed, err
		}
		if e.Digest == "" || !e.Since.Before(before) {
			continue
		}
		gone, err := d.Remove(e.Digest, keep)
		if err != nil {
			return removed, err
		}
		if gone {
			removed = append(removed, e)
		}
	}
	return removed, nil
}

// Remove removes the file with digest unless keep says that it must stay. While
// it runs no file comes: what keep has read of the ledger still holds.
func (d *Directory) Remove(digest string, keep func(digest string) (bool, error)) (removed bool, err error) {
	if !wellFormed(digest) {
		return false, nil
	}
	d.keeping.Lock()
	defer d.keeping.Unlock()
	kept, err := keep(digest)
	if err != nil || kept {
		return false, err
	}
	path := d.path(digest)
	switch err := os.Remove(path); {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	return true, syncDir(filepath.Dir(path))
}
