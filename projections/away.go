package projections

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// Away reports whether err says that the database cannot be reached just now: it
// is down, starting or shutting down, has no connection left, or broke one off.
// The same may succeed a moment later.
func Away(err error) bool {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return said.Code[:2] == "57" && said.Code != "57014" || said.Code[:2] == "08" || said.Code == "53300" // 57014: the query was cancelled
	}
	var connecting *pgconn.ConnectError
	var network *net.OpError
	return errors.As(err, &connecting) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF)
}
