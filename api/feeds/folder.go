package feeds

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	lookEvery = time.Second

	// MaxFile is the most bytes a file may have.
	MaxFile = 32 << 20
)

// watch takes in the files of a folder, and moves each to its sub-folder done
// when every message in it was entered or kept as a letter. A file counts as
// whole when it has not changed between two looks; one whose name begins with a
// point or ends in .tmp or .part is left be.
func (in *Inbox) watch(ctx context.Context, s Source, folder string, log *slog.Logger) {
	log.Info("feed", "source", s.Name, "from", s.Address(), "account", s.Account)
	before := map[string]string{}
	for ctx.Err() == nil {
		now := map[string]string{}
		entries, err := os.ReadDir(folder)
		if err != nil {
			log.Warn("feed folder", "source", s.Name, "err", err)
		}
		for _, entry := range entries {
			info, err := entry.Info()
			name := entry.Name()
			if err != nil || !info.Mode().IsRegular() || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".tmp") || strings.HasSuffix(name, ".part") {
				continue
			}
			now[name] = fmt.Sprint(info.Size(), info.ModTime())
			if before[name] != now[name] {
				continue
			}
			if err := in.file(ctx, s, folder, name, log); err != nil && ctx.Err() == nil {
				log.Warn("feed file stays where it is", "source", s.Name, "file", name, "err", err)
			}
		}
		before = now
		select {
		case <-ctx.Done():
		case <-time.After(lookEvery):
		}
	}
}

func (in *Inbox) file(ctx context.Context, s Source, folder, name string, log *slog.Logger) error {
	path := filepath.Join(folder, name)
	r, err := in.ReadFile(ctx, s, path)
	if err != nil {
		return err
	}
	done := filepath.Join(folder, "done")
	if err := os.MkdirAll(done, 0o700); err != nil {
		return err
	}
	log.Info("feed file", "source", s.Name, "file", name, "entered", r.Entered, "refused", len(r.Refused))
	return os.Rename(path, filepath.Join(done, time.Now().UTC().Format("20060102T150405.000")+"-"+name))
}

// A Result is what became of the messages of a file.
type Result struct {
	Entered int // also those that had been before
	Refused []Refused
}

// ReadFile takes in every message of a file: JSON, one message or a list or one
// each line, or a table (.csv, .xlsx). It stops at the first that fails; the file
// can be taken in again as a whole.
func (in *Inbox) ReadFile(ctx context.Context, s Source, path string) (r Result, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return r, err
	}
	if info.Size() > MaxFile {
		return r, fmt.Errorf("%s has %d bytes, at most %d", path, info.Size(), MaxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	messages, err := split(data, s)
	if err != nil { // nothing in it can be told apart: the whole is one letter
		no := refusedBy(err)
		r.Refused = append(r.Refused, no)
		return r, in.Letters.keep(ctx, s.Name, data, no)
	}
	for _, m := range messages {
		err := in.Receive(ctx, s, m, nil)
		no := Refused{}
		switch {
		case errors.As(err, &no):
			r.Refused = append(r.Refused, no)
		case err != nil:
			return r, err
		default:
			r.Entered++
		}
	}
	return r, nil
}
