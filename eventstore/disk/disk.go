// Package disk writes files that a crash leaves whole: of the process, of the
// system or of the power. A file is written beside its place, brought onto the
// disk, renamed, and the rename brought onto the disk too: a folder is a file,
// and forgets what is only in memory. What a crash leaves beside is named .new-…
// and may be removed.
package disk

import (
	"errors"
	"os"
	"path/filepath"
)

// Keep writes data to the file at path, and makes its folder if there is none.
// After it returns nil the new content survives a power cut. Until then, and when
// it fails, the file is as it was or as it is to be, never in between; only when
// the last step fails it may be either.
func Keep(path string, data []byte, mode os.FileMode) error {
	file, err := beside(path, data, mode)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return SyncFolder(filepath.Dir(path))
}

// beside writes data to a new file in the folder of path.
func beside(path string, data []byte, mode os.FileMode) (*os.File, error) {
	if err := MakeFolder(filepath.Dir(path), 0o755); err != nil {
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
		return nil, errors.Join(err, discard(file))
	}
	return file, nil
}

func discard(file *os.File) error {
	_ = file.Close()
	return os.Remove(file.Name())
}

// MakeFolder makes the folder at path, with those above it, unless it is there; each
// that it makes survives a power cut.
func MakeFolder(path string, mode os.FileMode) error {
	err := os.Mkdir(path, mode)
	if errors.Is(err, os.ErrNotExist) {
		if err := MakeFolder(filepath.Dir(path), mode); err != nil {
			return err
		}
		err = os.Mkdir(path, mode)
	}
	switch {
	case errors.Is(err, os.ErrExist):
		return nil
	case err != nil:
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// SyncFolder brings onto the disk which files a folder has: those made in it,
// renamed into it and removed from it before. What is in them is synced by itself.
func SyncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
