package sqlite

import (
	"errors"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// A Spoilt file is none of ours, or not as we left it. Err is [ErrNotLedger], or
// wraps [eventstore.ErrDamaged].
type Spoilt struct {
	Path string
	Err  error
}

func (e *Spoilt) Error() string { return e.Path + ": " + e.Err.Error() }
func (e *Spoilt) Unwrap() error { return e.Err }

// Refusal tells whoever named the file what to do.
func (e *Spoilt) Refusal() domain.Refusal {
	if errors.Is(e.Err, ErrNotLedger) {
		return domain.Refusal{
			Code:   "ledger.not-a-ledger",
			Reason: fmt.Sprintf("%s 不是账本文件，或开头已损坏。先核对路径；确是账本的，原样留存，从最近的备份恢复，再用 wenxiao verify 核验 (not a ledger: check the path, or restore a backup and verify it)", e.Path),
		}
	}
	return domain.Refusal{
		Code:   "ledger.damaged",
		Reason: fmt.Sprintf("账本文件 %s 已损坏。不要再用它记账：原样留存，从最近的备份恢复到别处，再用 wenxiao verify 核验 (%v: keep it as it is, restore a backup and verify it)", e.Path, e.Err),
	}
}

// spoilt names the file where an error comes of what is in it.
func spoilt(path string, err error) error {
	c := code(err)
	switch {
	case err == nil, errors.As(err, new(*Spoilt)):
	case errors.Is(err, ErrNotLedger), c == sqlite3.SQLITE_NOTADB:
		return &Spoilt{path, ErrNotLedger}
	case c == sqlite3.SQLITE_CORRUPT:
		return &Spoilt{path, fmt.Errorf("%w: %w", eventstore.ErrDamaged, err)}
	case errors.Is(err, eventstore.ErrDamaged):
		return &Spoilt{path, err}
	}
	return err
}

// about names the file that an error is about.
func about(path string, err error) error {
	if named := spoilt(path, err); errors.As(named, new(*Spoilt)) {
		return named
	}
	return fmt.Errorf("%s: %w", path, err)
}
