package verify_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wenxiao/eventstore/sqlite"
	"wenxiao/eventstore/verify"
)

// TestBitsOfTheFile flips bits of the database file itself, anywhere: rows,
// indexes, the pages that lead to them. Either the ledger does not open, or it is
// found, or nothing anybody could read has changed.
func TestBitsOfTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	store, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, store, 250)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := readable(path)
	if strings.Contains(want, "error") || want == "" {
		t.Fatal(want)
	}
	chance := rand.New(rand.NewPCG(5, 6))
	outcomes := map[string]int{}
	for i := range 250 {
		bit := chance.IntN(8 * len(sound))
		if i%2 == 0 { // the heads of pages, where it says what they are and where their rows lie
			bit = bit/(8*4096)*8*4096 + chance.IntN(8*40)
		}
		sound[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, sound, 0o600); err != nil {
			t.Fatal(err)
		}
		outcome := examined(t, path)
		if outcome == "nothing" && readable(path) != want {
			t.Errorf("bit %d of byte %d of page %d changes what is read, and nothing is found", bit%8, bit/8%4096, bit/8/4096+1)
		}
		outcomes[outcome]++
		sound[bit/8] ^= 1 << (bit % 8)
	}
	t.Log(outcomes)
	if outcomes["found"] < 100 {
		t.Errorf("%v: most bits are of records", outcomes)
	}
}

func examined(t *testing.T, path string) string {
	t.Helper()
	store, err := sqlite.OpenReadOnly(path)
	if err != nil {
		return "not opened"
	}
	defer store.Close()
	r, err := verify.Ledger(t.Context(), store, verify.Options{Readers: 1})
	switch {
	case err != nil:
		return "not read"
	case r.Found > 0:
		return "found"
	}
	return "nothing"
}

// readable is everything SQLite reads from the file, by rows and by each index.
func readable(path string) string {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return err.Error()
	}
	defer db.Close()
	var all strings.Builder
	for _, query := range []string{
		`select * from ledger_format`, `select * from ledger_tree`,
		`select * from ledger_streams order by number`, `select number from ledger_streams order by name`,
		`select * from ledger_events order by position`,
		`select position from ledger_events order by stream, revision`,
		`select position from ledger_events order by id`,
		`select position from ledger_events where command is not null order by command`,
		`select position from ledger_events where position between 100 and 200`,
	} {
		if err := dump(db, query, &all); err != nil {
			fmt.Fprintln(&all, "error", err)
		}
	}
	return all.String()
}

func dump(db *sql.DB, query string, all *strings.Builder) error {
	rows, err := db.Query(query)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		fmt.Fprintf(all, "%x\n", values)
	}
	return errors.Join(rows.Err(), rows.Close())
}
