package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/emmansun/gmsm/sm3"
	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
)

// A span is some records as a reader leaves them to be joined to those before:
// all that one record shows by itself has been checked.
type span struct {
	after, upTo eventstore.Position
	records     []seen
	hashes      []tlog.Hash
	findings    []Finding
	sums        Sums
	err         error
}

// seen is what joining needs of a record.
type seen struct {
	position eventstore.Position
	number   int64  // of the stream, as the row says
	name     uint64 // of the stream, as the envelope says, summed
	command  uint64 // summed, 0 for none
	id       uint64 // summed
	revision eventstore.Revision
	at       time.Time
	stream   string
	taken    bool // the row marks the command
	unread   bool // the envelope could not be read
}

// rows are the store's, with columns where it shows them.
func (w *walk) rows(ctx context.Context, after, upTo int64) iter.Seq2[eventstore.Kept, error] {
	if w.indexed != nil {
		return w.indexed.ReadKept(ctx, after, upTo)
	}
	return func(yield func(eventstore.Kept, error) bool) {
		for r, err := range w.store.ReadAll(ctx, eventstore.Position(after)) {
			if int64(r.Position) > upTo || !yield(eventstore.Kept{Position: int64(r.Position), Envelope: r.Envelope, Data: r.Data}, err) {
				return
			}
		}
	}
}

// A reader reads spans; one goroutine's. What it has of one record it uses again
// for the next.
type reader struct {
	*walk
	*span
	record  eventstore.Record
	encoded []byte // 0x00 and an envelope, as a leaf is hashed
	id      [16]byte
}

func (r *reader) read(ctx context.Context, after, upTo eventstore.Position) *span {
	r.span = &span{after: after, upTo: upTo, records: make([]seen, 0, upTo-after), hashes: make([]tlog.Hash, 0, upTo-after)}
	from, expected := int64(after), after+1
	if after == 0 && r.indexed != nil {
		from = -1 << 63 // rows that ReadAll never shows
	}
	for k, err := range r.rows(ctx, from, int64(upTo)) {
		if fault, is := met(err); is {
			r.find(Finding{Code: "file.damaged", Place: fault.Place, Text: fault.Why})
			continue
		}
		if err != nil {
			r.err = err
			break
		}
		if k.Position < int64(expected) {
			r.find(Finding{Code: "row.stray", Place: "ledger_events.position", Text: fmt.Sprintf("有一行的位置是 %d，不在账本编号之内", k.Position)})
			continue
		}
		r.gap(expected, eventstore.Position(k.Position)-1)
		expected = eventstore.Position(k.Position) + 1
		r.examine(&k)
	}
	if r.err == nil {
		r.gap(expected, upTo)
	}
	return r.span
}

// met is the fault that err is, if it is one. There nearly always is no error: then
// nothing is made for it.
func met(err error) (fault *eventstore.Fault, is bool) {
	if err == nil {
		return nil, false
	}
	is = errors.As(err, &fault)
	return fault, is
}

func (r *reader) find(f Finding) { r.findings = append(r.findings, f) }

// missing is the code of positions that are not there.
const missing = "position.missing"

func (r *reader) gap(first, last eventstore.Position) {
	if first <= last {
		r.find(Finding{Code: missing, Position: first, Last: last, Place: "ledger_events", Text: "记录缺失"})
	}
}

// examine checks what a row shows by itself.
func (r *reader) examine(k *eventstore.Kept) {
	var err error
	var exact bool
	r.record, exact, err = eventstore.OpenExactly(eventstore.Position(k.Position), k.Envelope, k.Data)
	r.records = append(r.records, seen{position: eventstore.Position(k.Position), number: k.Stream, taken: k.Command != nil, unread: err != nil})
	if err != nil {
		r.find(Finding{Code: "envelope.unreadable", Position: eventstore.Position(k.Position), Place: "ledger_events.envelope", Text: "信封读不出"})
	} else {
		r.header(&r.records[len(r.records)-1], k)
	}
	if err == nil && !exact {
		r.canonical(k)
	}
	r.encoded = append(append(r.encoded[:0], 0), k.Envelope...)
	r.hashes = append(r.hashes, sha256.Sum256(r.encoded)) // as tlog.RecordHash does
	if r.indexed != nil {
		r.count(k)
	}
}

// count adds the row's index columns to the sums.
func (r *reader) count(k *eventstore.Kept) {
	var key [16]byte
	r.sums.Stream += r.Key.of(eventstore.AppendKey(key[:0], k.Stream, k.Revision), k.Position)
	r.sums.ID += r.Key.of(k.ID[:], k.Position)
	if k.Command != nil {
		r.sums.Command += r.Key.of(k.Command, k.Position)
	}
}

// at notes a finding of the record in hand.
func (r *reader) at(code, place, format string, args ...any) {
	h := &r.record
	r.find(Finding{Code: code, Position: h.Position, Stream: h.Stream, Revision: h.Revision, Place: place, Text: fmt.Sprintf(format, args...)})
}

func (r *reader) header(s *seen, k *eventstore.Kept) {
	h := &r.record.Header
	s.stream, s.revision, s.at = h.Stream, h.Revision, h.RecordedAt
	s.name = r.Key.of([]byte(h.Stream), 0)
	if h.Command != "" {
		s.command = r.Key.of([]byte(h.Command), 0)
	}
	if h.V != 1 && h.V != 2 {
		r.at("envelope.version", "ledger_events.envelope", "信封的格式 v 是 %d，本程序认得 1 和 2", h.V)
	}
	if !hexIs(sha256.Sum256(k.Data), h.DataHash) {
		r.at("data.sha256", "ledger_events.data", "内容与信封所记的 SHA-256 不符")
	}
	switch has := h.DataSM3 != ""; {
	case has != (h.V >= 2):
		r.at("data.sm3", "ledger_events.envelope", "格式 %d 的信封%s SM3", h.V, map[bool]string{true: "不应有", false: "应有"}[has])
	case has && r.Options.SM3 && !hexIs(sm3.Sum(k.Data), h.DataSM3):
		r.at("data.sm3", "ledger_events.data", "内容与信封所记的 SM3 不符")
	}
	if !parseID(&r.id, h.ID) {
		r.at("id.malformed", "ledger_events.envelope", "编号 %q 不是第 7 版 UUID", h.ID)
	} else {
		s.id = r.Key.of(r.id[:], 0)
	}
	if r.indexed != nil {
		r.columns(h, k)
	}
}

// canonical holds an envelope against the one way to write its header.
func (r *reader) canonical(k *eventstore.Kept) {
	h := &r.record.Header
	r.encoded = h.Encode(r.encoded[:0])
	if _, offset := h.RecordedAt.Zone(); string(r.encoded) != string(k.Envelope) || offset != 0 {
		n := common(r.encoded, k.Envelope)
		r.find(Finding{Code: "envelope.not-canonical", Position: r.record.Position, Stream: h.Stream, Revision: h.Revision, Place: "ledger_events.envelope", Offset: &n, Text: "信封不是其内容的唯一写法"})
	}
}

// columns holds the row's other columns against the envelope.
func (r *reader) columns(h *eventstore.Header, k *eventstore.Kept) {
	if len(k.Odd) > 0 {
		r.at("column.kind", "ledger_events."+strings.Join(k.Odd, ","), "列里的值不是该有的种类")
	}
	if k.Revision != int64(h.Revision) {
		r.at("column.differs", "ledger_events.revision", "列里是 %d，信封里是 %d", k.Revision, h.Revision)
	}
	if k.ID != r.id {
		r.at("column.differs", "ledger_events.id", "列里是 %x，信封里是 %s", k.ID, h.ID)
	}
	if string(k.Type) != h.Type {
		r.at("column.differs", "ledger_events.type", "列里是 %q，信封里是 %q", k.Type, h.Type)
	}
	if precision := r.indexed.Precision(); !h.RecordedAt.Truncate(precision).Equal(k.RecordedAt) {
		r.at("column.differs", "ledger_events.recorded_at", "列里是 %s，信封里是 %s", k.RecordedAt.UTC().Format(time.RFC3339Nano), h.RecordedAt.Format(time.RFC3339Nano))
	}
	if k.Command != nil && string(k.Command) != h.Command {
		r.at("column.differs", "ledger_events.command", "列里是 %q，信封里是 %q", k.Command, h.Command)
	}
}

func common(a, b []byte) (n int) {
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func hexIs(sum [32]byte, text string) bool {
	var b [64]byte
	hex.Encode(b[:], sum[:])
	return string(b[:]) == text
}

// parseID reads a UUID of version 7 in its one spelling.
func parseID(id *[16]byte, text string) bool {
	*id = [16]byte{}
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return false
	}
	at := 0
	for i := 0; i < 36; {
		if text[i] == '-' && (i == 8 || i == 13 || i == 18 || i == 23) {
			i++
			continue
		}
		high, low := nibbles[text[i]], nibbles[text[i+1]]
		if high|low > 15 {
			return false
		}
		id[at], at, i = high<<4|low, at+1, i+2
	}
	return id[6]>>4 == 7 && id[8]>>6 == 2
}

var nibbles = func() (n [256]byte) {
	for i := range n {
		n[i] = 255
	}
	for i, c := range []byte("0123456789abcdef") {
		n[c] = byte(i)
	}
	return n
}()
