// Package eventstore keeps events: append, read one stream, read them all.
// Each back-end is a sub-package that passes storetest.
package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// A Store keeps streams of records. What is appended stays, byte for byte.
// All methods may be called concurrently.
type Store interface {
	// Append adds drafts to the end of stream, all or none. If stream is not at
	// revision seen it adds nothing and returns a [Conflict]. The records are
	// durable when Append returns: they survive a crash of the process and of
	// the machine.
	//
	// Each draft carries the id of the command it follows from, all drafts of one
	// append the same. When any earlier append carried the same command id, nothing is added, whatever seen says:
	// the answer is that append's own, with Repeated set, if it was to the same
	// stream, and [ErrCommandReused] otherwise. An empty id is never a repeat.
	//
	// When ctx ends while an append is under way its outcome is unknown;
	// repeating it with the same command id finds out.
	Append(ctx context.Context, stream string, seen Revision, drafts ...Draft) (Appended, error)

	// ReadStream yields the records of stream after the given revision, in
	// order. A stream never written to has no records; that is no error.
	ReadStream(ctx context.Context, stream string, after Revision) iter.Seq2[Record, error]

	// ReadAll yields the records of all streams after the given position, in
	// order, and ends at the last. Positions are dense: the record at position
	// n+1 follows the one at n. A record never appears before one already
	// yielded, even if their appends overlapped.
	ReadAll(ctx context.Context, after Position) iter.Seq2[Record, error]

	// Head returns the position of the last durable record, 0 in an empty store.
	Head(ctx context.Context) (Position, error)

	// Tree returns the Merkle tree over the envelopes of the first Size records as
	// the ledger keeps it. A back-end with transactions moves it in the one that
	// appends, so that Size is the head of some moment during the call; one
	// without moves it after, and Size may lag behind the head.
	Tree(ctx context.Context) (Tree, error)

	// Wait returns once the head is beyond after, or with the context's error.
	Wait(ctx context.Context, after Position) error

	// Close ends the store's goroutines and connections. Appends under way are
	// finished first; later calls return [ErrClosed], but closing again does
	// nothing.
	Close() error
}

type (
	// Revision counts the records of one stream from 1; an empty stream is at 0.
	Revision uint64

	// Position counts the records of the whole ledger from 1, without gap.
	Position uint64
)

// Appended is the answer to an append.
type Appended struct {
	Revision Revision // of the stream after the append
	Position Position // of the last record added
	IDs      []string // of the records added, in order
	Repeated bool     // the command had been carried out before; nothing was added now
}

var (
	// ErrConflict reports that a stream is not at the revision the writer saw.
	// The error that carries it is a [Conflict].
	ErrConflict = errors.New("stream has moved on")

	// ErrCommandReused reports that a command id was already used on another stream.
	ErrCommandReused = errors.New("command id already used on another stream")

	// ErrClosed reports a call after Close.
	ErrClosed = errors.New("store is closed")

	// ErrOutcomeUnknown reports an append that failed in such a way that it may or
	// may not be in the ledger. Repeating it with the same command id finds out.
	ErrOutcomeUnknown = errors.New("append may or may not have been written")

	// ErrDamaged reports a ledger that is not as it was written.
	ErrDamaged = errors.New("ledger is damaged")

	// ErrFenced reports that another process has taken over the writing of this
	// ledger; nothing was added.
	ErrFenced = errors.New("another writer has taken over")

	// ErrTooLarge reports an envelope over [MaxEnvelope], data over [MaxData], or
	// an append over [MaxAppend].
	ErrTooLarge = errors.New("record is too large")

	// ErrMalformed reports an append that no ledger can keep: no drafts, drafts
	// of different commands, a draft without type, a stream name or a header field
	// that is no clean text, a year beyond four digits.
	ErrMalformed = errors.New("append is malformed")
)

// A Conflict says where a stream was when a writer expected it elsewhere.
type Conflict struct {
	Stream string
	Seen   Revision // what the writer saw
	At     Revision // where the stream was
}

func (c *Conflict) Error() string {
	return fmt.Sprintf("%s is at revision %d, not %d", c.Stream, c.At, c.Seen)
}

func (c *Conflict) Unwrap() error { return ErrConflict }
