package postgres

import (
	"testing"

	"wenxiao/eventstore/postgres/pgtest"
)

// TestDurability asserts the settings that "durable when it returns" rests on,
// against a database that would have it otherwise.
func TestDurability(t *testing.T) {
	s, err := Open(t.Context(), pgtest.URL(t)+"&synchronous_commit=off")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for setting, want := range map[string]string{"synchronous_commit": "on", "fsync": "on"} {
		var got string
		if err := s.writes.QueryRow(t.Context(), "select current_setting($1)", setting).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", setting, got, err, want)
		}
	}
}
