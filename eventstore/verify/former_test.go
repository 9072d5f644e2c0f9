package verify_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/sqlite"
	"wenxiao/eventstore/verify"
)

// TestFormerLedgers: one of the first format, with envelopes of the first version,
// passes once it was opened for writing.
func TestFormerLedgers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	store := must(sqlite.Open(path))
	fill(t, store, 40)
	envelopes := map[int64][]byte{}
	for r, err := range store.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		r.V, r.DataSM3 = 1, ""
		envelopes[int64(r.Position)] = r.Header.Encode(nil)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	db := must(sql.Open("sqlite", "file:"+path))
	for position, envelope := range envelopes {
		if _, err := db.Exec(`update ledger_events set envelope = ? where position = ?`, envelope, position); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec(`drop table ledger_tree; update ledger_format set version = 1`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	store = must(sqlite.Open(path))
	defer store.Close()
	a, err := store.Append(t.Context(), "one more", 0, drafts("", 1)...)
	if err != nil {
		t.Fatal(err)
	}
	r, err := verify.Ledger(t.Context(), store, verify.Options{SM3: true})
	if err != nil || r.Found > 0 || r.Size != a.Position || r.Size != eventstore.Position(len(envelopes)+1) {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestEnvelopesOtherwise: what says the same in other bytes, or says what no
// envelope of this program can, is found, though hashes, columns and tree agree.
func TestEnvelopesOtherwise(t *testing.T) {
	for name, change := range map[string]struct {
		code string
		to   func(h *eventstore.Header, envelope []byte) []byte
	}{
		"a blank":         {"envelope.not-canonical", func(_ *eventstore.Header, e []byte) []byte { return append(e, ' ') }},
		"a field more":    {"envelope.not-canonical", func(_ *eventstore.Header, e []byte) []byte { return append(e[:len(e)-1], `,"x":1}`...) }},
		"a later version": {"envelope.version", func(h *eventstore.Header, _ []byte) []byte { h.V = 3; return h.Encode(nil) }},
		"without SM3":     {"data.sm3", func(h *eventstore.Header, _ []byte) []byte { h.DataSM3 = ""; return h.Encode(nil) }},
		"another SM3":     {"data.sm3", func(h *eventstore.Header, _ []byte) []byte { h.DataSM3 = h.DataHash; return h.Encode(nil) }},
		"another SHA-256": {"data.sha256", func(h *eventstore.Header, _ []byte) []byte { h.DataHash = h.DataSM3; return h.Encode(nil) }},
		"an id in capitals": {"id.malformed", func(h *eventstore.Header, _ []byte) []byte {
			h.ID = "019AA000-0000-7000-8000-000000000000"
			return h.Encode(nil)
		}},
		"an id of version 4": {"id.malformed", func(h *eventstore.Header, _ []byte) []byte {
			h.ID = "019aa000-0000-4000-8000-000000000000"
			return h.Encode(nil)
		}},
		"time runs back": {"time.backwards", func(h *eventstore.Header, _ []byte) []byte {
			h.RecordedAt = h.RecordedAt.AddDate(0, 0, -1)
			return h.Encode(nil)
		}},
		"a revision skipped": {"revision.gap", func(h *eventstore.Header, _ []byte) []byte { h.Revision++; return h.Encode(nil) }},
		"another stream":     {"column.differs", func(h *eventstore.Header, _ []byte) []byte { h.Stream = "elsewhere"; return h.Encode(nil) }},
		"no JSON":            {"envelope.unreadable", func(_ *eventstore.Header, e []byte) []byte { return e[1:] }},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			store := must(sqlite.Open(path))
			fill(t, store, 12)
			var tree eventstore.Tree
			var changed []byte
			for r, err := range store.ReadAll(t.Context(), 0) {
				if err != nil {
					t.Fatal(err)
				}
				if r.Position == 9 {
					r.Envelope = change.to(&r.Header, r.Envelope)
					changed = r.Envelope
				}
				tree = tree.Add(r.Envelope)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			db, root := must(sql.Open("sqlite", "file:"+path)), tree.Root()
			must(db.Exec(`update ledger_events set envelope = ? where position = 9`, changed))
			must(db.Exec(`update ledger_tree set edge = ?, root = ?`, tree.EdgeBytes(), root[:]))
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			reopened := must(sqlite.OpenReadOnly(path))
			defer reopened.Close()
			r, err := verify.Ledger(t.Context(), reopened, verify.Options{SM3: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range r.Findings {
				if f.Code == change.code && f.Position == 9 {
					return
				}
			}
			t.Errorf("found %v", r.Findings)
		})
	}
}
