package disk

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// A Spool writes many files of a folder as [Keep] writes one, but several share a
// round of waiting for the disk: between Put and Settle a file may be there or not.
// It is for one goroutine.
type Spool struct {
	dir     string
	pending []pendingFile
}

type pendingFile struct {
	file *os.File
	path string
}

// round is how many files at most wait for the disk together.
const round = 64

// NewSpool returns a spool for files below dir.
func NewSpool(dir string) *Spool { return &Spool{dir: dir} }

// Put writes a file, named by its slash-separated path. It is in place after
// Settle.
func (s *Spool) Put(path string, data []byte) error {
	path = filepath.Join(s.dir, filepath.FromSlash(path))
	file, err := beside(path, data, 0o644)
	if err != nil {
		return err
	}
	if s.pending = append(s.pending, pendingFile{file, path}); len(s.pending) < round {
		return nil
	}
	return s.Settle()
}

// Settle puts all files in place, durably.
func (s *Spool) Settle() error {
	pending := s.pending
	s.pending = nil
	faults := make([]error, len(pending))
	var all sync.WaitGroup
	for i, p := range pending {
		all.Go(func() { faults[i] = errors.Join(p.file.Sync(), p.file.Close()) })
	}
	all.Wait()
	if err := errors.Join(faults...); err != nil {
		return errors.Join(err, discardAll(pending))
	}
	folders := map[string]bool{}
	for i, p := range pending {
		if err := os.Rename(p.file.Name(), p.path); err != nil {
			return errors.Join(err, discardAll(pending[i:]))
		}
		folders[filepath.Dir(p.path)] = true
	}
	for folder := range folders {
		if err := SyncFolder(folder); err != nil {
			return err
		}
	}
	return nil
}

// Discard forgets the files that are not in place.
func (s *Spool) Discard() error {
	pending := s.pending
	s.pending = nil
	return discardAll(pending)
}

func discardAll(files []pendingFile) error {
	var faults []error
	for _, p := range files {
		faults = append(faults, discard(p.file))
	}
	return errors.Join(faults...)
}
