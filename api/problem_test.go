package api

import (
	"fmt"
	"net"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"wenxiao/eventstore"
)

// TestWhatTheStoreSaysIsSaidOn: whether a record is in the ledger, is not, or
// may be, are three answers, and each says whether to try again.
func TestWhatTheStoreSaysIsSaidOn(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{eventstore.ErrNoLeader, 503, "ledger.no-leader"},
		{&eventstore.Unreachable{Leader: eventstore.Leader{Name: "甲", Address: "10.0.0.5:7070"}, Why: "对方拒绝连接"}, 503, "ledger.leader-unreachable"},
		{eventstore.ErrFenced, 503, "ledger.not-writing"},
		{eventstore.ErrClosed, 503, "ledger.not-writing"},
		{eventstore.ErrOutcomeUnknown, 503, "ledger.outcome-unknown"},
		{eventstore.ErrUnwritten, 503, "ledger.not-written"},
		{eventstore.ErrTooLarge, 413, "record.too-large"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}, 503, "database.away"},
		{&pgconn.PgError{Code: "57P03"}, 503, "database.away"},
		{&pgconn.PgError{Code: "42P01"}, 500, "server.fault"},
		{eventstore.ErrDamaged, 500, "server.fault"},
	} {
		p := new(Server).classify(t.Context(), fmt.Errorf("append: %w", c.err))
		if p.Status != c.status || p.Code != c.code || (p.Status == 503) != (p.Wait > 0) {
			t.Errorf("%v: %d %s, wait %d; want %d %s", c.err, p.Status, p.Code, p.Wait, c.status, c.code)
		}
	}
}
