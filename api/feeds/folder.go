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
	"unicode/utf8"

	"wenxiao/domain"
)

const (
	lookEvery = time.Second

	// resting is how long a file has not changed that counts as whole; one that
	// looks unfinished is given up only after left.
	resting = 2 * time.Second
	left    = time.Minute

	// MaxFile is the most bytes a file may have.
	MaxFile = 32 << 20

	// mostKept is how much is kept of a file in which no messages can be told
	// apart. The file itself stays in done.
	mostKept = 64 << 10
)

// A sight is how a file looked, and since when.
type sight struct {
	looks string
	since time.Time
}

// watch takes in the files of a folder, and moves each to its sub-folder done
// when every message in it was entered or kept as a letter. A file whose name
// begins with a point or ends in .tmp or .part is left be.
func (in *Inbox) watch(ctx context.Context, s Source, folder string, log *slog.Logger) {
	log.Info("feed", "source", s.Name, "from", s.Address(), "account", s.Account)
	seen := map[string]sight{}
	for ctx.Err() == nil {
		now := map[string]sight{}
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
			now[name] = sight{fmt.Sprint(info.Size(), info.ModTime()), time.Now()}
			if seen[name].looks == now[name].looks {
				now[name] = seen[name]
			}
			unchanged := time.Since(now[name].since)
			if unchanged < resting {
				continue
			}
			if err := in.file(ctx, s, folder, name, unchanged < left, log); err != nil && ctx.Err() == nil {
				log.Warn("feed file stays where it is", "source", s.Name, "file", name, "err", err)
			}
		}
		seen = now
		select {
		case <-ctx.Done():
		case <-time.After(lookEvery):
		}
	}
}

// file takes in a file and moves it away; with patience not one that looks
// unfinished.
func (in *Inbox) file(ctx context.Context, s Source, folder, name string, patience bool, log *slog.Logger) error {
	path := filepath.Join(folder, name)
	if patience {
		if info, err := os.Stat(path); err == nil && info.Size() <= MaxFile {
			if data, err := os.ReadFile(path); err != nil || unfinished(data) {
				return err
			}
		}
	}
	r, err := in.ReadFile(ctx, s, path)
	if err != nil {
		return err
	}
	done := filepath.Join(folder, "done")
	if err := os.MkdirAll(done, 0o700); err != nil {
		return err
	}
	log.Info("feed file", "source", s.Name, "file", name, "entered", r.Entered, "refused", len(r.Refused))
	return os.Rename(path, filepath.Join(done, time.Now().UTC().Format("20060102T150405.000")+"-"+ending(name)))
}

// ending is the end of a name that leaves room for what is put before it.
func ending(name string) string {
	const most = 200
	for len(name) > most {
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:]
	}
	return name
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
		return in.refuseFile(ctx, s, path, nil, domain.Refusal{
			Code: "feed.too-large", Reason: fmt.Sprintf("文件有 %d 字节，至多 %d，没有读；请分成几个再送", info.Size(), MaxFile),
		})
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	messages, err := split(data, s)
	if err != nil {
		return in.refuseFile(ctx, s, path, data, err)
	}
	for _, m := range messages {
		err := in.receive(ctx, s, m, nil)
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

// refuseFile keeps a file in which nothing can be told apart as one letter.
func (in *Inbox) refuseFile(ctx context.Context, s Source, path string, data []byte, why error) (Result, error) {
	no, name := refusedBy(why), filepath.Base(path)
	no.Reason = name + "：" + no.Reason
	if data == nil {
		data = []byte(no.Reason)
	}
	return Result{Refused: []Refused{no}}, in.Letters.keep(ctx, s.Name, strings.Replace(digestKey(data), "sha256:", wholeFile, 1), data[:min(len(data), mostKept)], no)
}
