package attachments

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore/disk"
)

const (
	// Grace is how long an orphan is left alone: somebody may be about to rest an
	// act on it.
	Grace = 24 * time.Hour

	// Aside is how long an orphan is kept aside before it goes for good: should the
	// ledger have been put back from an older backup, there is time to notice.
	Aside = 30 * 24 * time.Hour
)

// A Verdict is what the ledger says of a file.
type Verdict int

const (
	Unknown   Verdict = iota // it was never handed in, as far as the ledger knows
	Kept                     // it must be there
	Withdrawn                // it must go
)

// Orphans lists the files that the ledger does not say are kept, however long
// they have lain there.
func (d *Directory) Orphans(judge func(digest string) (Verdict, error)) (orphans []Entry, err error) {
	for e, err := range d.All() {
		if err != nil {
			return orphans, err
		}
		verdict := Unknown
		if e.Digest != "" {
			if verdict, err = judge(e.Digest); err != nil {
				return orphans, err
			}
		}
		if verdict != Kept {
			orphans = append(orphans, e)
		}
	}
	return orphans, nil
}

// Sweep goes through what has lain there for [Grace]: uploads cut off are removed,
// files withdrawn too, files that the ledger does not know are put aside, and
// what was put aside [Aside] ago is removed. It returns what it moved or removed.
func (d *Directory) Sweep(now time.Time, judge func(digest string) (Verdict, error)) (swept []Entry, err error) {
	for _, old := range []struct {
		below string
		age   time.Duration
	}{{"incoming", Grace}, {"aside", Aside}} {
		for e, err := range d.entries(old.below) {
			if err != nil {
				return swept, err
			}
			if now.Sub(e.Since) < old.age {
				continue
			}
			if err := os.Remove(e.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return swept, err
			}
			swept = append(swept, e)
		}
	}
	for e, err := range d.All() {
		if err != nil {
			return swept, err
		}
		if e.Digest == "" || now.Sub(e.Since) < Grace {
			continue
		}
		gone, err := d.Clear(e.Digest, judge)
		if err != nil {
			return swept, err
		}
		if gone {
			swept = append(swept, e)
		}
	}
	return swept, nil
}

// Clear removes the file with digest if it is withdrawn, and puts it aside if the
// ledger does not know it. While it runs no file comes: what judge has read of
// the ledger still holds.
func (d *Directory) Clear(digest string, judge func(digest string) (Verdict, error)) (gone bool, err error) {
	if !domain.IsDigest(digest) {
		return false, nil
	}
	release, err := d.alone()
	if err != nil {
		return false, err
	}
	defer release()
	verdict, err := judge(digest)
	if err != nil || verdict == Kept {
		return false, err
	}
	path := d.path(digest)
	if verdict == Withdrawn {
		err = os.Remove(path)
	} else {
		err = d.putAside(path, digest)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, errors.Join(err, disk.SyncFolder(filepath.Dir(path)))
}

func (d *Directory) putAside(path, digest string) error {
	place := filepath.Join(d.dir, "aside", digest)
	if err := os.Rename(path, place); err != nil {
		return err
	}
	now := time.Now()
	return os.Chtimes(place, now, now) // from when it lies there
}
