package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// An Adopter is a store that takes records another ledger has written.
type Adopter interface {
	Store

	// Adopt adds records exactly as they are, envelope and data, all or none. They
	// must follow the record at after, which must be the store's last: otherwise
	// nothing is added and the error is [ErrMisplaced]. A record that does not
	// agree with itself or with those before it is [ErrDamaged]. What only the
	// envelope says counts; the headers given are not looked at.
	//
	// Records of one append belong into one call: a crash between two would leave
	// half of it.
	Adopt(ctx context.Context, after Position, records []Record) error
}

// ErrMisplaced reports records that do not follow where the ledger ends.
var ErrMisplaced = errors.New("records do not follow where the ledger ends")

// Adopted returns the records as they are opened from their envelopes, if they
// can stand behind the record at after, recorded as last says: positions without
// gap, one way to write each envelope, data that are those of it, times in order.
func Adopted(last Last, after Position, records []Record) ([]Record, error) {
	if after != last.Position {
		return nil, fmt.Errorf("%w: at %d, not %d", ErrMisplaced, last.Position, after)
	}
	adopted, at := make([]Record, len(records)), last.RecordedAt
	for i, given := range records {
		if want := after + Position(i) + 1; given.Position != want {
			return nil, fmt.Errorf("%w: position %d where %d belongs", ErrMisplaced, given.Position, want)
		}
		r, err := reopened(given)
		if err != nil {
			return nil, err
		}
		if r.RecordedAt.Before(at) {
			return nil, fmt.Errorf("%w: the record at %d is earlier than the one before", ErrDamaged, r.Position)
		}
		adopted[i], at = r, r.RecordedAt
	}
	return adopted, nil
}

// reopened is r as its own copy of the bytes says it is.
func reopened(given Record) (Record, error) {
	if len(given.Envelope) > MaxEnvelope || len(given.Data) > MaxData {
		return Record{}, fmt.Errorf("%w: the record at %d", ErrTooLarge, given.Position)
	}
	r, err := Open(given.Position, slices.Clone(given.Envelope), append([]byte{}, given.Data...))
	if err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if _, err := uuid.Parse(r.ID); err != nil || string(r.Encode(nil)) != string(r.Envelope) {
		return Record{}, fmt.Errorf("%w: the envelope at %d is not written as envelopes are", ErrDamaged, r.Position)
	}
	return r, r.CheckData()
}

// Adopt is [Adopter.Adopt].
func (w *Writer) Adopt(ctx context.Context, after Position, records []Record) error {
	if len(records) == 0 {
		return fmt.Errorf("%w: no records", ErrMalformed)
	}
	r := &request{ctx: ctx, adopt: &adoption{after, records}, answer: make(chan answer, 1)}
	if err := w.enqueue(r); err != nil {
		return err
	}
	return (<-r.answer).err // the records are the caller's: they are not let go before
}

type adoption struct {
	after   Position
	records []Record
}

// adopt places the records in the empty batch.
func (w *Writer) adopt(ctx context.Context, a *adoption, batch *Batch) error {
	records, err := Adopted(w.last, a.after, a.records)
	if err != nil {
		return err
	}
	command, err := w.lastCommand(ctx)
	if err != nil {
		return err
	}
	heads, err := w.headsOf(ctx, records)
	if err != nil {
		return err
	}
	last, streams := w.last, []Named(nil)
	entries := make([]Entry, len(records))
	for i, r := range records {
		head := heads[r.Stream]
		if r.Revision != head.Revision+1 {
			return fmt.Errorf("%w: the record at %d is revision %d of %s, which is at %d", ErrDamaged, r.Position, r.Revision, r.Stream, head.Revision)
		}
		if head.Number == 0 {
			last.Stream++
			head.Number = last.Stream
			streams = append(streams, Named{head.Number, r.Stream})
		}
		head.Revision = r.Revision
		heads[r.Stream] = head
		// A command is used by one append, whose records follow one another.
		entries[i] = Entry{Record: r, StreamNumber: head.Number, First: r.Command != command}
		last.Position, last.RecordedAt, command = r.Position, r.RecordedAt, r.Command
	}
	w.last, batch.Streams, batch.Entries = last, streams, entries
	for name, head := range heads {
		w.heads.put(name, head)
	}
	return nil
}

// lastCommand is that of the ledger's last record.
func (w *Writer) lastCommand(ctx context.Context) (string, error) {
	if w.last.Position == 0 {
		return "", nil
	}
	for r, err := range w.backend.ReadAll(ctx, w.last.Position-1) {
		return r.Command, err
	}
	return "", fmt.Errorf("%w: no record at %d", ErrDamaged, w.last.Position)
}

// headsOf returns where the streams of records stand.
func (w *Writer) headsOf(ctx context.Context, records []Record) (map[string]Head, error) {
	heads, unknown := map[string]Head{}, []string(nil)
	for _, r := range records {
		if _, ok := heads[r.Stream]; ok {
			continue
		}
		head, ok := w.heads.get(r.Stream)
		if heads[r.Stream] = head; !ok {
			unknown = append(unknown, r.Stream)
		}
	}
	if len(unknown) == 0 {
		return heads, nil
	}
	found, err := w.backend.Find(ctx, unknown, nil)
	for name, head := range found.Heads {
		heads[name] = head
	}
	return heads, err
}
