package storetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

func emptyStream(t *testing.T, open Opener) {
	s := start(t, open)
	if got := read(t, s, "nothing"); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	if got := readAll(t, s, 0); len(got) != 0 || head(t, s) != 0 {
		t.Errorf("an empty ledger has head %d and %+v", head(t, s), got)
	}
	if got := readAll(t, s, 7); len(got) != 0 {
		t.Errorf("beyond the end: %+v", got)
	}
}

func bytesRoundTrip(t *testing.T, open Opener) {
	s := start(t, open)
	for i, data := range []string{
		"{\"b\": 1,  \"a\":\t\"整改\",\n \"b\":1.50e0 }", // odd spacing, order, doubles and digits must survive
		"", "null", "\x00\xff not even JSON", `"<&>\u2028"`, "\"\u2028\"",
	} {
		stream := numbered("字节", i)
		add(t, s, stream, 0, draft(data))
		byStream, all := read(t, s, stream), readAll(t, s, eventstore.Position(i))
		if len(byStream) != 1 || len(all) != 1 {
			t.Fatalf("got %d and %d records, want 1", len(byStream), len(all))
		}
		if byStream[0].Data == nil || string(byStream[0].Data) != data || !reflect.DeepEqual(byStream, all) {
			t.Errorf("wrote %q, read %q by stream and %q of all", data, byStream[0].Data, all[0].Data)
		}
	}
}

func headerRoundTrip(t *testing.T, open Opener) {
	now := time.Date(2026, 3, 31, 23, 59, 59, 123456789, domain.Beijing)
	s := start(t, open, eventstore.WithClock(func() time.Time { return now }))
	d := eventstore.Draft{Type: "目标.filed.v1", Data: []byte(`{"n":1}`), Meta: eventstore.Meta{
		EffectiveAt: time.Date(1999, 12, 31, 23, 0, 0, 1, domain.Beijing),
		Actor:       domain.Actor{Person: "p-1", Name: "某“局”<长>\\", Post: "绩效管理科科长", Unit: "001", Capacity: "代办", OnBehalfOf: "p-2"},
		Command:     "0195e1c2-0000-7000-8000-000000000001", Correlation: "import\n7", Causation: "0195e1c2-0000-7000-8000-000000000000",
		Basis: []string{"忻州办法 第十九条", "a&b"}, Rulebook: "national-2020@1",
	}}
	plain := draft("2")
	plain.EffectiveAt = time.Time{}
	a := add(t, s, "goal-某-2026", 0, d)
	add(t, s, "plain", 0, plain)

	sum := sha256.Sum256(d.Data)
	want := eventstore.Header{
		V: 2, ID: a.IDs[0], Stream: "goal-某-2026", Revision: 1, Type: d.Type,
		RecordedAt: now.UTC(), EffectiveAt: d.EffectiveAt.UTC(), Actor: d.Actor,
		Command: d.Command, Correlation: d.Correlation, Causation: d.Causation,
		Basis: d.Basis, Rulebook: d.Rulebook, DataHash: hex.EncodeToString(sum[:]),
		DataSM3: "040b6c2b463b38158cf176c43f072e7ac5a96bad1a890e1155ee5c61578dda4b", // as openssl dgst -sm3 has it
	}
	records := readAll(t, s, 0)
	if got := records[0].Header; !reflect.DeepEqual(got, want) {
		t.Errorf("read  %+v\nwrote %+v", got, want)
	}
	if got := records[1]; !got.EffectiveAt.Equal(now) || got.Basis != nil || got.Command != "" {
		t.Errorf("a plain draft became %+v", got.Header)
	}
	for _, r := range records {
		if envelope, err := json.Marshal(r.Header); err != nil || !bytes.Equal(envelope, r.Envelope) {
			t.Errorf("envelope %s is not its header %s (%v)", r.Envelope, envelope, err)
		}
	}
}

func bulk(t *testing.T, open Opener) {
	const n = 5000
	s := start(t, open)
	add(t, s, "before", 0, draft("0"))
	data := make([]string, n)
	for i := range data {
		data[i] = fmt.Sprintf(`{"row":%d,"padding":%q}`, i, strings.Repeat("某", i%97))
	}
	a := add(t, s, "bulk", 0, by("c-bulk", data...)...)
	if a.Revision != n || a.Position != n+1 || len(a.IDs) != n || a.Repeated {
		t.Fatalf("got revision %d, position %d, %d ids", a.Revision, a.Position, len(a.IDs))
	}
	for i, r := range read(t, s, "bulk") {
		if string(r.Data) != data[i] || r.ID != a.IDs[i] {
			t.Fatalf("record %d is %s %s", i, r.ID, r.Data)
		}
	}
	again := add(t, s, "bulk", 0, by("c-bulk", data...)...)
	if a.Repeated = true; !reflect.DeepEqual(again, a) {
		t.Errorf("repeated: revision %d, position %d, %d ids", again.Revision, again.Position, len(again.IDs))
	}
	all := readAll(t, s, 0)
	if len(all) != n+1 {
		t.Fatalf("%d records, want %d", len(all), n+1)
	}
	checkDense(t, all)
}

func largeRecord(t *testing.T, open Opener) {
	s := start(t, open)
	var drafts []eventstore.Draft
	for i := range 6 { // more than one page of bytes
		drafts = append(drafts, draft(strings.Repeat(string(rune('a'+i)), 1<<20)))
	}
	add(t, s, "large", 0, drafts...)
	got := read(t, s, "large")
	if len(got) != len(drafts) {
		t.Fatalf("%d records, want %d", len(got), len(drafts))
	}
	for i, r := range got {
		if !bytes.Equal(r.Data, drafts[i].Data) {
			t.Errorf("record %d: %d bytes differ", i, len(r.Data))
		}
	}
	checkDense(t, readAll(t, s, 0))
}

func tooLarge(t *testing.T, open Opener) {
	s := start(t, open)
	fat := draft("1")
	for range eventstore.MaxEnvelope / 30 {
		fat.Basis = append(fat.Basis, "忻州办法 第十九条")
	}
	refused(t, s, eventstore.ErrTooLarge, "huge", draft("1"), draft(strings.Repeat("x", eventstore.MaxData+1)))
	refused(t, s, eventstore.ErrTooLarge, "fat", draft("1"), fat)
	var heavy []eventstore.Draft
	for range eventstore.MaxAppend/(4<<20) + 1 {
		heavy = append(heavy, draft(strings.Repeat("x", 4<<20)))
	}
	refused(t, s, eventstore.ErrTooLarge, "heavy", heavy...)
	add(t, s, "most", 0, draft(strings.Repeat("x", eventstore.MaxData)))
}

func malformed(t *testing.T, open Opener) {
	s := start(t, open)
	nul, latin, year, untyped := draft("1"), draft("1"), draft("1"), draft("1")
	nul.Actor.Name, latin.Basis, year.EffectiveAt, untyped.Type = "a\x00b", []string{"\xff"}, time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC), ""
	for stream, drafts := range map[string][]eventstore.Draft{
		"no drafts": nil, "": {draft("1")}, "line\nbreak": {draft("1")}, "nul\x00": {draft("1")}, "\xff": {draft("1")},
		strings.Repeat("长", eventstore.MaxStreamName): {draft("1")},
		"two commands": append(by("c-1", "1"), by("c-2", "2")...),
		"nul in text":  {draft("1"), nul}, "not UTF-8": {draft("1"), latin}, "year": {draft("1"), year}, "type": {draft("1"), untyped},
	} {
		refused(t, s, eventstore.ErrMalformed, stream, drafts...)
	}
}

func refused(t *testing.T, s eventstore.Store, want error, stream string, drafts ...eventstore.Draft) {
	t.Helper()
	before := head(t, s)
	if _, err := s.Append(t.Context(), stream, 0, drafts...); !errors.Is(err, want) {
		t.Errorf("%.20q: got %v, want %v", stream, err, want)
	}
	if n := len(readAll(t, s, before)); n != 0 {
		t.Errorf("%.20q left %d records", stream, n)
	}
	add(t, s, numbered("next", int(before)), 0, draft("1"))
}

func marks(t *testing.T, open Opener) {
	s := start(t, open)
	for i := range 10 {
		add(t, s, numbered("marked", i%2), eventstore.Revision(i/2), draft(fmt.Sprint(i)))
	}
	for after := range eventstore.Position(11) {
		if got := readAll(t, s, after); len(got) != 10-int(after) || len(got) > 0 && got[0].Position != after+1 {
			t.Errorf("after position %d: %d records", after, len(got))
		}
	}
	for range s.ReadStream(t.Context(), "marked-1", eventstore.AnyRevision) {
		t.Error("a record after the greatest revision there is")
	}
	for range s.ReadAll(t.Context(), ^eventstore.Position(0)) {
		t.Error("a record after the greatest position there is")
	}
	for after := range eventstore.Revision(6) {
		n := 0
		for r, err := range s.ReadStream(t.Context(), "marked-1", after) {
			if n++; err != nil || r.Revision != after+eventstore.Revision(n) {
				t.Fatalf("after revision %d: %d %v", after, r.Revision, err)
			}
		}
		if n != 5-int(after) {
			t.Errorf("after revision %d: %d records", after, n)
		}
	}
}

// ownBytes has the caller use its buffers again, and a reader scribble on what
// it was handed: neither changes the ledger.
func ownBytes(t *testing.T, open Opener) {
	s := start(t, open)
	d := draft("before")
	d.Basis = []string{"before"}
	add(t, s, "own", 0, d)
	copy(d.Data, "AFTER!")
	d.Basis[0] = "AFTER!"
	for range 2 {
		r := read(t, s, "own")[0]
		if string(r.Data) != "before" || r.Basis[0] != "before" || !bytes.Contains(r.Envelope, []byte("before")) {
			t.Errorf("changed to %s %s %s", r.Data, r.Basis, r.Envelope)
		}
		clear(r.Data)
		clear(r.Envelope)
		clear(r.Basis)
	}
}
