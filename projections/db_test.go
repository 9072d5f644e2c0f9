package projections

import (
	"testing"

	"wenxiao/eventstore/postgres/pgtest"
)

// The server does not wait for a process that is gone, or stopped in the middle
// of a page; who only reads may take as long as it likes.
func TestTheGoneHoldNothing(t *testing.T) {
	db, err := OpenDB(t.Context(), pgtest.URL(t))
	check(t, err)
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	check(t, err)
	defer tx.Rollback()
	says := func(setting, want string) {
		t.Helper()
		var got string
		check(t, tx.QueryRowContext(t.Context(), "SHOW "+setting).Scan(&got))
		if got != want {
			t.Errorf("%s is %s, want %s", setting, got, want)
		}
	}
	says("client_connection_check_interval", "1s")
	says("idle_in_transaction_session_timeout", "0")
	check(t, postgresDialect.hurry(t.Context(), tx))
	says("idle_in_transaction_session_timeout", "10s")
}
