package sqlite

import (
	"path/filepath"
	"testing"
)

// TestDurability asserts the settings that "durable when it returns" rests on.
func TestDurability(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 2 { // the second time on a new connection
		if err := s.ledger.connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
			var got string
			if err := s.ledger.conn.QueryRowContext(t.Context(), "pragma "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s is %s (%v), want %s", pragma, got, err, want)
			}
		}
		s.ledger.drop()
	}
	if _, err := s.reads.Exec(`delete from ledger_events`); err == nil {
		t.Error("a reading connection can write")
	}
}
