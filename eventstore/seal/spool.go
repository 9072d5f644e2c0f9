package seal

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// A spool writes files of a directory so that each is there whole or not at all:
// beside, onto the disk, renamed. Many share one round of waiting for the disk.
type spool struct {
	dir     string
	pending []pendingFile
}

type pendingFile struct {
	file *os.File
	path string
}

const spoolRound = 64

// put writes a file; it is in place after settle.
func (s *spool) put(path string, data []byte) error {
	path = filepath.Join(s.dir, filepath.FromSlash(path))
	file, err := beside(path, data, 0o644)
	if err != nil {
		return err
	}
	if s.pending = append(s.pending, pendingFile{file, path}); len(s.pending) < spoolRound {
		return nil
	}
	return s.settle()
}

// settle puts all files in place, durably.
func (s *spool) settle() error {
	pending := s.pending
	s.pending = nil
	faults := make([]error, len(pending))
	var all sync.WaitGroup
	for i, p := range pending {
		all.Go(func() { faults[i] = errors.Join(p.file.Sync(), p.file.Close()) })
	}
	all.Wait()
	if err := errors.Join(faults...); err != nil {
		return errors.Join(err, discard(pending))
	}
	folders := map[string]bool{}
	for _, p := range pending {
		if err := os.Rename(p.file.Name(), p.path); err != nil {
			return err
		}
		folders[filepath.Dir(p.path)] = true
	}
	for folder := range folders {
		if err := syncFolder(folder); err != nil {
			return err
		}
	}
	return nil
}

func discard(files []pendingFile) error {
	var faults []error
	for _, p := range files {
		_ = p.file.Close()
		faults = append(faults, os.Remove(p.file.Name()))
	}
	return errors.Join(faults...)
}

// beside writes data to a new file in the folder of path.
func beside(path string, data []byte, mode os.FileMode) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return nil, err
	}
	if err = file.Chmod(mode); err == nil {
		_, err = file.Write(data)
	}
	if err != nil {
		return nil, errors.Join(err, discard([]pendingFile{{file, path}}))
	}
	return file, nil
}

// keep writes one file durably: after it returns nil the new content survives a
// power cut; before, the old.
func keep(path string, data []byte, mode os.FileMode) error {
	file, err := beside(path, data, mode)
	if err != nil {
		return err
	}
	err = errors.Join(file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
