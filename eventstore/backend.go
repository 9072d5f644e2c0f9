package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// A Backend keeps what a [Writer] decides. Only the writer's goroutine calls
// it, one call at a time. Where several processes may open one ledger for
// writing, a back-end whose place was taken returns [ErrFenced] from Last, Find
// and Commit, from then on for ever.
type Backend interface {
	// Last returns where the durable ledger ends. The writer asks first, and
	// again after every failed Commit, and trusts the answer: a transaction of
	// that Commit that may still succeed must be waited for or made to fail.
	Last(context.Context) (Last, error)

	// Find returns the heads of those streams that have records, and the
	// position of the first record of each append that carried one of commands.
	// The empty command is never found.
	Find(ctx context.Context, streams, commands []string) (Found, error)

	// ReadAll is [Store.ReadAll].
	ReadAll(context.Context, Position) iter.Seq2[Record, error]

	// Commit writes the batch in one transaction, all or nothing. Nil means it
	// is durable. [ErrTaken], [ErrUnwritten] and [ErrFenced] mean that none of it
	// is in the ledger or ever will be. Any other error leaves the outcome open.
	//
	// The back-end refuses, by its own constraints, a position, a revision of a
	// stream, an id or a command that is taken. The writer relies on it for
	// commands; for the others it is the last line of defence.
	Commit(context.Context, Batch) error
}

var (
	// ErrUnwritten reports a transaction that failed and certainly left nothing.
	ErrUnwritten = errors.New("nothing was written")

	// ErrTaken is the [ErrUnwritten] of a batch with a command that is already in
	// the ledger.
	ErrTaken = fmt.Errorf("%w: command already carried out", ErrUnwritten)
)

type (
	// Last is where a ledger ends; all zero when it is empty.
	Last struct {
		Position   Position
		RecordedAt time.Time
		Stream     int64 // greatest stream number given out
		Tree       Tree  // may lag behind Position in a ledger written without it
	}

	// A Head is where a stream stands. Streams are numbered from 1, in the
	// order of their first records, so that rows and indexes stay narrow.
	Head struct {
		Number   int64
		Revision Revision
	}

	// Found is what a ledger holds of what was looked for.
	Found struct {
		Heads    map[string]Head
		Commands map[string]Position
	}

	// A Batch is what one transaction adds.
	Batch struct {
		After   Position // of the record before the first
		Streams []Named  // streams that begin in this batch
		Entries []Entry  // dense, from After+1
		Tree    Tree     // after the batch; to be kept in the same transaction
	}

	// Named is a stream's number and name.
	Named struct {
		Number int64
		Name   string
	}

	// An Entry is a record with what the ledger's indexes need to know of it.
	Entry struct {
		Record
		StreamNumber int64
		First        bool // of its append: here the command id is marked as used
	}
)

// Taken returns the command id that the entry marks as used, "" for none.
func (e Entry) Taken() string {
	if !e.First {
		return ""
	}
	return e.Command
}

// from yields the batch's records from position first.
func (b Batch) from(first Position) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for _, e := range b.Entries[first-b.After-1:] {
			if !yield(e.Record, nil) {
				return
			}
		}
	}
}
