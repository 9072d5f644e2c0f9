package projections

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
)

// TestPreparedQueries: queries made ready answer as they do without, from many
// readers at once, also when there are more of them than are kept, when one is
// broken off, and after the tables they were made for are replaced.
func TestPreparedQueries(t *testing.T) {
	db := openViews(t)
	plain, ready := Views{db}, Views{Prepared(db)}
	exec := func(text string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TABLE n (v BIGINT)")
	for i := range 2 * mostStatements {
		exec(fmt.Sprintf("INSERT INTO n VALUES (%d)", i))
	}
	read := func(ctx context.Context, v Views, query string, args ...any) (all []int, err error) {
		err = v.each(ctx, query, args, func(scan func(...any) error) error {
			all = append(all, 0)
			return scan(&all[len(all)-1])
		})
		return all, err
	}
	same := func() {
		t.Helper()
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for i := range 2 * mostStatements {
					query := fmt.Sprintf("SELECT v FROM n WHERE v > $1 ORDER BY v LIMIT 3 OFFSET %d", i)
					want, err := read(t.Context(), plain, query, i)
					got, failed := read(t.Context(), ready, query, i)
					if fmt.Sprint(got) != fmt.Sprint(want) || err != nil || failed != nil {
						t.Errorf("%s: %v, want %v; %v, %v", query, got, want, failed, err)
						return
					}
				}
			})
		}
		readers.Wait()
	}
	same()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := read(gone, ready, "SELECT v FROM n"); !errors.Is(err, context.Canceled) {
		t.Errorf("broken off: %v", err)
	}
	if _, err := read(t.Context(), ready, "SELECT v FROM nothing"); err == nil {
		t.Error("read a table that is not there")
	}
	exec("CREATE TABLE n2 (v BIGINT)")
	exec("INSERT INTO n2 SELECT v + 1 FROM n")
	exec("DROP TABLE n")
	exec("ALTER TABLE n2 RENAME TO n")
	same()
	if kept := len(ready.DB.(*preparing).ready); kept != mostStatements {
		t.Errorf("%d queries are kept ready", kept)
	}
}
