package postgres

import (
	"strings"
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres/pgtest"
)

// by are what the indexes are of a ledger with two partitions.
var by = map[eventstore.Index][]string{
	eventstore.ByStream:  {"ledger_events_1_stream", "ledger_events_50000001_stream"},
	eventstore.ByID:      {"ledger_events_1_id", "ledger_events_50000001_id"},
	eventstore.ByCommand: {"ledger_commands_pkey"},
	eventstore.ByName:    {"ledger_streams_name_key"},
}

// TestIndexesAreReadByThemselves: the server reads the rows in the order of each
// index by that index, and does not sort them.
func TestIndexesAreReadByThemselves(t *testing.T) {
	s, err := Open(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tx, err := s.reads.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), byIndexOnly); err != nil {
		t.Fatal(err)
	}
	for index, query := range indexes {
		rows, err := tx.Query(t.Context(), "explain "+query)
		if err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(line + "\n")
		}
		p := plan.String()
		for _, name := range by[index] {
			if !strings.Contains(p, "using "+name+" ") {
				t.Errorf("%s is not read by %s but by\n%s", index, name, p)
			}
		}
		if strings.Contains(strings.ReplaceAll(p, "Sort Key", ""), "Sort") {
			t.Errorf("%s is sorted by\n%s", index, p)
		}
	}
}
