package eventstore

import (
	"context"
	"iter"
	"time"
)

// Indexed is a store that shows its rows and indexes as they lie there, so that
// verification can hold every column of them against the envelopes.
type Indexed interface {
	Store

	// ReadKept yields the rows with positions after and up to the given ones, in
	// order of position. Any int64 may turn up as a position in a ledger that was
	// tampered with. An error that is a [Fault] is yielded where it is met, and
	// reading goes on behind it; any other ends it.
	ReadKept(ctx context.Context, after, upTo int64) iter.Seq2[Kept, error]

	// ReadNamed yields the streams' numbers and names, in order of number, with
	// errors as ReadKept has them.
	ReadNamed(ctx context.Context) iter.Seq2[Named, error]

	// ReadIndex yields what an index holds, in its order, with errors as ReadKept
	// has them.
	ReadIndex(ctx context.Context, index Index) iter.Seq2[Indexing, error]

	// CheckSchema returns what of the ledger's tables, indexes and triggers is
	// not as this program makes them, each by its name.
	CheckSchema(ctx context.Context) ([]string, error)

	// Precision is that of the column recorded_at.
	Precision() time.Duration
}

// Kept is one row of the ledger's events, before anything of it is believed.
type Kept struct {
	Position       int64
	Stream         int64
	Revision       int64
	ID             [16]byte
	Type           []byte
	RecordedAt     time.Time
	Command        []byte // nil in a row that marks none as used
	Envelope, Data []byte
	Odd            []string // columns that hold another kind of value than they are for
}

// An Index is one of those that a ledger is searched by.
type Index string

const (
	ByStream  Index = "ledger_events_stream"  // Key: stream number and revision, as AppendKey writes them
	ByID      Index = "ledger_events_id"      // Key: the UUID's bytes
	ByCommand Index = "ledger_events_command" // Key: the command, of rows that mark one
	ByName    Index = "ledger_streams_name"   // Key: the name; Row: the stream's number
)

// Indexing is an entry of an index.
type Indexing struct {
	Key []byte // valid until the next entry is asked for
	Row int64
}

// AppendKey appends numbers so that byte order is their order.
func AppendKey(b []byte, numbers ...int64) []byte {
	for _, n := range numbers {
		for shift := 56; shift >= 0; shift -= 8 {
			b = append(b, byte((uint64(n)^1<<63)>>shift))
		}
	}
	return b
}

// A Fault is a place in a back-end's files that cannot be read as what it
// should be.
type Fault struct {
	Place string // such as 第 17 页
	Why   string
}

func (f *Fault) Error() string { return f.Place + "：" + f.Why }

func (f *Fault) Unwrap() error { return ErrDamaged }

// Encode appends the one envelope that says h: verification compares it with
// the bytes that are kept.
func (h *Header) Encode(b []byte) []byte { return appendEnvelope(b, h) }
