package postgres

import (
	"strings"
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres/pgtest"
)

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
		name := string(index)
		if index == eventstore.ByName {
			name += "_key"
		}
		if p := plan.String(); !strings.Contains(p, "using "+name+" ") || strings.Contains(p, "Sort") {
			t.Errorf("%s is read by\n%s", index, p)
		}
	}
}
