package eventstore

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"wenxiao/domain"
)

// golden is the format: no envelope ever written may read otherwise.
const golden = `{"v":1,"id":"0195e1c2-0000-7000-8000-000000000001","stream":"goal-xm-1-2026","revision":2,"type":"goal.approved.v1",` +
	`"recordedAt":"2026-03-31T15:59:59.123456789Z","effectiveAt":"2026-01-02T00:00:00Z",` +
	`"actor":{"person":"p-1","name":"某局长","post":"局长","unit":"001","capacity":"本人履职","onBehalfOf":"p-2"},` +
	`"command":"c-1","correlation":"r-1","causation":"0195e1c2-0000-7000-8000-000000000000",` +
	`"basis":["忻州办法 第十九条","a\u0026b"],"rulebook":"national-2020@1","dataHash":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}`

// sealed is what is written now: version 2 adds the SM3 of the data.
var sealed = strings.TrimSuffix(strings.Replace(golden, `"v":1`, `"v":2`, 1), "}") +
	`,"dataSM3":"cbdddb8e8421b23498480570d7d75330538a6882f5dfdc3b64115c647f3328c4"}`

// goldenPlain has none of what may be left out.
const goldenPlain = `{"v":1,"id":"0195e1c2-0000-7000-8000-000000000001","stream":"s","revision":1,"type":"t",` +
	`"recordedAt":"2026-03-31T15:59:59Z","effectiveAt":"2026-03-31T15:59:59Z","actor":{"person":"","name":"","unit":""},` +
	`"command":"","correlation":"","dataHash":""}`

func TestSealedEnvelope(t *testing.T) {
	at := time.Date(2026, 3, 31, 23, 59, 59, 123456789, domain.Beijing)
	r, err := Seal("goal-xm-1-2026", 2, at, Draft{Type: "goal.approved.v1", Data: []byte("1"), Meta: Meta{
		EffectiveAt: time.Date(2026, 1, 2, 8, 0, 0, 0, domain.Beijing),
		Actor:       domain.Actor{Person: "p-1", Name: "某局长", Post: "局长", Unit: "001", Capacity: "本人履职", OnBehalfOf: "p-2"},
		Command:     "c-1", Correlation: "r-1", Causation: "0195e1c2-0000-7000-8000-000000000000",
		Basis: []string{"忻州办法 第十九条", "a&b"}, Rulebook: "national-2020@1",
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(sealed, "0195e1c2-0000-7000-8000-000000000001", r.ID, 1)
	if string(r.Envelope) != want {
		t.Errorf("got  %s\nwant %s", r.Envelope, want)
	}
	if !r.Late() {
		t.Error("recorded on 31 March what happened on 2 January, and not late")
	}
}

func TestEnvelopesAreReadAsJSON(t *testing.T) {
	for _, envelope := range []string{golden, goldenPlain, sealed} {
		var want Header
		if err := json.Unmarshal([]byte(envelope), &want); err != nil {
			t.Fatal(err)
		}
		r, err := Open(7, []byte(envelope), nil)
		if err != nil || r.Position != 7 || r.Data == nil || !reflect.DeepEqual(r.Header, want) {
			t.Errorf("got %+v, %v\nwant %+v", r, err, want)
		}
	}
	for _, second := range []string{"59", "59.1", "59.12", "59.000000001", "59.123456789"} {
		envelope, h, want := strings.ReplaceAll(goldenPlain, "59Z", second+"Z"), new(Header), new(Header)
		if !parseEnvelope([]byte(envelope), h) {
			t.Errorf("the plain envelope was left to encoding/json: %s", envelope)
		}
		if err := json.Unmarshal([]byte(envelope), want); err != nil || !reflect.DeepEqual(h, want) {
			t.Errorf("got %+v\nwant %+v (%v)", h, want, err)
		}
	}
	if _, err := Open(7, []byte(golden[:len(golden)-1]), nil); err == nil {
		t.Error("half an envelope was read")
	}
}

// FuzzParse holds the hand-written reader against encoding/json: whatever it
// accepts, encoding/json accepts too, reads the same, and would write as it is.
func FuzzParse(f *testing.F) {
	f.Add([]byte(golden))
	f.Add([]byte(goldenPlain))
	f.Add([]byte(strings.Replace(goldenPlain, `"revision":1`, `"revision":01`, 1)))
	f.Add([]byte(strings.Replace(goldenPlain, `"revision":1`, `"revision":18446744073709551616`, 1)))
	f.Add([]byte(strings.Replace(goldenPlain, `"stream":"s"`, "\"stream\":\"s\x01\"", 1)))
	f.Add([]byte(strings.Replace(goldenPlain, `"stream":"s"`, "\"stream\":\"s\xff\"", 1)))
	f.Add([]byte(strings.Replace(goldenPlain, `59:59Z`, `59:59+08:00`, 1)))
	f.Add([]byte(strings.Replace(goldenPlain, `59:59Z`, `59:60,5Z`, 1)))
	for _, day := range []string{"2026-02-30T", "2026-13-01T", "2026-00-10T", "2026-03-00T", "2024-02-29T", "0000-01-01T", "202/-03-31T", "2026-03-31 "} {
		f.Add([]byte(strings.ReplaceAll(goldenPlain, "2026-03-31T", day)))
	}
	for _, hour := range []string{"T24:00:00Z", "T23:60:00Z", "T23:59:60Z", "T-1:00:00Z", "T23:59:59.+1Z", "T23:59:59,1Z"} {
		f.Add([]byte(strings.ReplaceAll(goldenPlain, "T15:59:59Z", hour)))
	}
	f.Add([]byte(goldenPlain + " "))
	f.Add([]byte(strings.Replace(goldenPlain, `59:59Z`, `59:59.120Z`, 1)))
	f.Add([]byte(strings.Replace(goldenPlain, `59:59Z`, `59:59.1234567891Z`, 1)))
	f.Add([]byte(strings.Replace(goldenPlain, `59:59Z`, `59:59.Z`, 1)))
	f.Add([]byte(strings.Replace(goldenPlain, `,"unit":""`, `,"post":"","unit":""`, 1)))
	f.Add([]byte(strings.Replace(goldenPlain, `"stream":"s"`, "\"stream\":\"a<b>&\u2028\"", 1)))
	f.Fuzz(func(t *testing.T, envelope []byte) {
		var got, want Header
		if !parseEnvelope(envelope, &got) {
			return
		}
		if err := json.Unmarshal(envelope, &want); err != nil {
			t.Fatalf("accepted %q, which is not JSON: %v", envelope, err)
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if !bytes.Equal(a, b) || !got.RecordedAt.Equal(want.RecordedAt) {
			t.Fatalf("%q\nread as %s\nnot     %s", envelope, a, b)
		}
		if written := appendEnvelope(nil, &got); !bytes.Equal(written, envelope) || !bytes.Equal(b, envelope) {
			t.Fatalf("accepted %q,\nwhich is written %q", envelope, written)
		}
	})
}

// TestAnyHeaderIsWrittenAsJSON holds the hand-written writer against
// encoding/json, and reads back what it wrote.
func TestAnyHeaderIsWrittenAsJSON(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "某局", "a<b>&c", "\u2028\u2029", `q"\`, "\x7f\t\n"}))
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(-60_000_000_000, 250_000_000_000).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC()
	})
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) string { return text.Draw(t, name) }
		h := Header{
			V: rapid.IntRange(0, 9).Draw(t, "v"), ID: draw("id"), Stream: draw("stream"), Revision: Revision(rapid.Uint64().Draw(t, "revision")), Type: draw("type"),
			RecordedAt: moment.Draw(t, "recorded"), EffectiveAt: moment.Draw(t, "effective"),
			Actor:   domain.Actor{Person: draw("person"), Name: draw("name"), Post: draw("post"), Unit: draw("unit"), Capacity: draw("capacity"), OnBehalfOf: draw("for")},
			Command: draw("command"), Correlation: draw("correlation"), Causation: draw("causation"), Rulebook: draw("rulebook"), DataHash: draw("hash"),
			Basis: rapid.SliceOfN(text, 0, 3).Draw(t, "basis"),
		}
		if len(h.Basis) == 0 {
			h.Basis = nil
		}
		got := appendEnvelope(nil, &h)
		want, err := json.Marshal(h)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("wrote %s\nnot   %s (%v)", got, want, err)
		}
		back, err := Open(1, got, []byte("1"))
		if err != nil || utf8.Valid(got) && !reflect.DeepEqual(back.Header, h) {
			t.Fatalf("read %+v, %v\nwrote %+v", back.Header, err, h)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	for b.Loop() {
		if _, err := Seal("goal-xm-1-2026", 2, time.Now(), Draft{Type: "goal.approved.v1", Data: []byte("1"), Meta: Meta{Command: "c-1"}}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	envelope := []byte(strings.Replace(golden, `\u0026`, "和", 1))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(7, envelope, []byte("1")); err != nil {
			b.Fatal(err)
		}
	}
}
