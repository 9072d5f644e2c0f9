package eventstore

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/emmansun/gmsm/sm3"
	"github.com/google/uuid"

	"wenxiao/domain"
)

const (
	// MaxEnvelope is the most bytes an envelope may have.
	MaxEnvelope = 4 << 10

	// MaxData is the most bytes an event's data may have. Files are attachments,
	// bound by digest, and never events.
	MaxData = 8 << 20

	// MaxAppend is the most bytes of data the drafts of one append may have.
	MaxAppend = 64 << 20

	// MaxStreamName is the most bytes a stream's name may have.
	MaxStreamName = 256

	// envelopeVersion is the v of envelopes written now.
	envelopeVersion = 2
)

// A Record is an event as the store keeps it: two exact byte strings and the
// place they have in the ledger. The header is what Envelope says.
type Record struct {
	Position Position
	Header
	Envelope []byte // compact JSON in the field order of Header; never re-encoded
	Data     []byte // the event's JSON, the very bytes appended
}

// Header is the content of an envelope. The field order is the format: it is
// what is hashed, signed and handed out, so it changes only with v.
type Header struct {
	V           int          `json:"v"`
	ID          string       `json:"id"` // UUIDv7
	Stream      string       `json:"stream"`
	Revision    Revision     `json:"revision"`
	Type        string       `json:"type"`
	RecordedAt  time.Time    `json:"recordedAt"`  // the store's clock, UTC; never earlier than the record before
	EffectiveAt time.Time    `json:"effectiveAt"` // when it happened in the world
	Actor       domain.Actor `json:"actor"`
	Command     string       `json:"command"`             // idempotency key of the command it follows from
	Correlation string       `json:"correlation"`         // the request or import it belongs to
	Causation   string       `json:"causation,omitempty"` // id of the event that led to it
	Basis       []string     `json:"basis,omitempty"`     // event ids and articles the decision rests on
	Rulebook    string       `json:"rulebook,omitempty"`  // name@version of the rules it was judged by
	DataHash    string       `json:"dataHash"`            // SHA-256 of the data bytes, in hex
	DataSM3     string       `json:"dataSM3,omitempty"`   // SM3 (GB/T 32905) of the same; from v 2
}

// Late reports whether the record was entered on a later day (Beijing) than
// what it tells of happened: 补录.
func (h Header) Late() bool { return domain.DayOf(h.RecordedAt) > domain.DayOf(h.EffectiveAt) }

// Meta is what a writer says about the events of one command.
type Meta struct {
	EffectiveAt time.Time // zero means: as recorded
	Actor       domain.Actor
	Command     string
	Correlation string
	Causation   string
	Basis       []string
	Rulebook    string
}

// A Draft is a record before it has a place in the ledger.
type Draft struct {
	Type string
	Data []byte
	Meta
}

// CheckAppend returns [ErrMalformed] or [ErrTooLarge] for what a store must not
// even queue. What it cannot know before the records have their places, [Seal]
// refuses.
func CheckAppend(stream string, drafts []Draft) error {
	switch {
	case len(drafts) == 0:
		return fmt.Errorf("%w: no drafts for %q", ErrMalformed, stream)
	case stream == "" || len(stream) > MaxStreamName || !utf8.ValidString(stream) || strings.ContainsFunc(stream, unicode.IsControl):
		return fmt.Errorf("%w: stream name %q", ErrMalformed, stream)
	}
	total := 0
	for _, d := range drafts {
		if err := d.check(drafts[0].Command); err != nil {
			return fmt.Errorf("%w, for stream %s", err, stream)
		}
		total += len(d.Data)
	}
	if total > MaxAppend {
		return fmt.Errorf("%w: append to %s has %d bytes, at most %d", ErrTooLarge, stream, total, MaxAppend)
	}
	return nil
}

func (d Draft) check(command string) error {
	switch {
	case d.Type == "":
		return fmt.Errorf("%w: draft without a type", ErrMalformed)
	case d.Command != command:
		return fmt.Errorf("%w: commands %q and %q", ErrMalformed, command, d.Command)
	case !d.clean():
		return fmt.Errorf("%w: header of %q is not UTF-8 without NUL", ErrMalformed, d.Type)
	case d.EffectiveAt.Year() < 1 || d.EffectiveAt.Year() > 9998: // in any time zone
		return fmt.Errorf("%w: %s took effect in the year %d", ErrMalformed, d.Type, d.EffectiveAt.Year())
	case len(d.Data) > MaxData:
		return fmt.Errorf("%w: data of %s has %d bytes, at most %d", ErrTooLarge, d.Type, len(d.Data), MaxData)
	}
	return nil
}

// clean reports whether the draft's texts are UTF-8 without NUL. Anything else
// would not come back from JSON, or not go into every database.
func (d Draft) clean() bool {
	a := d.Actor
	for _, texts := range [...][]string{
		{d.Type, d.Command, d.Correlation, d.Causation, d.Rulebook}, d.Basis,
		{a.Person, a.Name, a.Post, a.Unit, a.Capacity, a.OnBehalfOf},
	} {
		for _, s := range texts {
			if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
				return false
			}
		}
	}
	return true
}

// A digest is what the envelope says of the data, in hex.
type digest struct{ sha256, sm3 string }

func digestOf(data []byte) digest {
	american, chinese := sha256.Sum256(data), sm3.Sum(data)
	return digest{hex.EncodeToString(american[:]), hex.EncodeToString(chinese[:])}
}

// CheckData returns [ErrDamaged] if the data are not those the envelope was
// made for.
func (r Record) CheckData() error {
	of := digestOf(r.Data)
	if of.sha256 != r.DataHash || r.V >= 2 && of.sm3 != r.DataSM3 {
		return fmt.Errorf("%w: data at %d are not those of their envelope", ErrDamaged, r.Position)
	}
	return nil
}

// Seal makes the record that d, which has passed [CheckAppend], becomes at
// revision of stream, with a new id. A store calls it once per draft, under its
// writer's lock, with a clock reading that never runs backwards. The header it
// returns is exactly the one [Open] reads back from the envelope; the data are
// the draft's, not a copy.
func Seal(stream string, revision Revision, recordedAt time.Time, d Draft) (Record, error) {
	return seal(stream, revision, recordedAt, d, digestOf(d.Data))
}

func seal(stream string, revision Revision, recordedAt time.Time, d Draft, of digest) (Record, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Record{}, err
	}
	h := Header{
		V: envelopeVersion, ID: id.String(), Stream: stream, Revision: revision, Type: d.Type,
		RecordedAt: recordedAt.Round(0).UTC(), EffectiveAt: d.EffectiveAt.Round(0).UTC(), Actor: d.Actor,
		Command: d.Command, Correlation: d.Correlation, Causation: d.Causation, Basis: d.Basis,
		Rulebook: d.Rulebook, DataHash: of.sha256, DataSM3: of.sm3,
	}
	if d.EffectiveAt.IsZero() {
		h.EffectiveAt = h.RecordedAt
	}
	if len(d.Basis) == 0 {
		h.Basis = nil
	}
	envelope := appendEnvelope(make([]byte, 0, 768), &h)
	if len(envelope) > MaxEnvelope {
		return Record{}, fmt.Errorf("%w: envelope of %s has %d bytes, at most %d", ErrTooLarge, d.Type, len(envelope), MaxEnvelope)
	}
	return Record{Header: h, Envelope: envelope, Data: d.Data}, nil
}

// Open returns the record kept at position as envelope and data. It does not
// check the data against its hash; verification does.
func Open(position Position, envelope, data []byte) (Record, error) {
	r, _, err := OpenExactly(position, envelope, data)
	return r, err
}

// OpenExactly is [Open]; exact says that the envelope is known to be the one way
// to write its header. Where it is not, [Header.Encode] tells.
func OpenExactly(position Position, envelope, data []byte) (r Record, exact bool, err error) {
	if data == nil {
		data = []byte{} // databases hand out empty bytes as none
	}
	r = Record{Position: position, Envelope: envelope, Data: data}
	if parseEnvelope(envelope, &r.Header) {
		return r, true, nil
	}
	var h Header // of its own, so that r need not be on the heap
	if err := json.Unmarshal(envelope, &h); err != nil {
		return Record{}, false, fmt.Errorf("envelope at %d: %w", position, err)
	}
	r.Header = h
	return r, false, nil
}
