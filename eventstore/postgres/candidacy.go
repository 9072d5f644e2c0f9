package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"wenxiao/eventstore"
)

const (
	// beat is how often a leader shows the database that it is there.
	beat = time.Second

	// silence is how long a leader may not: then the database ends its session, and
	// with that its lock. The same where its machine is gone.
	silence = "5s"

	// standAgain is the pause after a candidacy that came to nothing. After a fault
	// that does not pass by itself, such as a damaged ledger, it is longer.
	standAgain      = 100 * time.Millisecond
	standAfterFault = 5 * time.Second
)

// leading is the lock of whoever leads, as its two numbers.
const leading = `hashtext('leads the ledger in'), hashtext(current_schema())`

// vigilant makes the server notice within seconds that the client of a session
// is gone, and do without it. Settings a server does not know are left out.
const vigilant = `select set_config(s.name, w.value, false) from pg_settings s join (values
	('tcp_keepalives_idle', '2'), ('tcp_keepalives_interval', '1'), ('tcp_keepalives_count', '3'),
	('tcp_user_timeout', '` + silence + `'), ('client_connection_check_interval', '1s'),
	('idle_in_transaction_session_timeout', '` + silence + `')) w (name, value) using (name)`

// patient lets a session wait for the lock as long as it takes, and makes it a
// lease: the server ends a session that says nothing, when it no longer waits.
const patient = `select set_config(s.name, w.value, false) from pg_settings s join (values
	('statement_timeout', '0'), ('lock_timeout', '0'), ('idle_session_timeout', '` + silence + `')) w (name, value) using (name)`

// A candidacy is the session that waits for the lock of the leader, and then has
// it for as long as the session lives. It is one connection to the server itself:
// a pooler that gives each transaction another one would lose the lock.
type candidacy struct {
	conn *pgx.Conn
	pid  int64 // of the session
}

// stand returns once this process has the lock.
func stand(ctx context.Context, url string) (*candidacy, error) {
	pool, err := pgxpool.ParseConfig(url) // which knows settings of pools, too
	if err != nil {
		return nil, err
	}
	config := pool.ConnConfig
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, 5*time.Second)
	// A follower may wait for months on a connection that says nothing.
	dialer := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 2 * time.Second, Interval: time.Second, Count: 3}}
	config.DialFunc = dialer.DialContext
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	c := &candidacy{conn: conn}
	if err := c.lock(ctx); err != nil {
		c.resign()
		return nil, fmt.Errorf("stand for leader: %w", err)
	}
	return c, nil
}

func (c *candidacy) lock(ctx context.Context) error {
	for _, statement := range []string{vigilant, patient, `select pg_advisory_lock(` + leading + `)`} {
		if _, err := c.conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return c.conn.QueryRow(ctx, `select pg_backend_pid()`).Scan(&c.pid)
}

// hold returns when the lock or the ledger is no longer this process's, with the
// reason, or when ctx ends. epoch is 0 until it is known.
func (c *candidacy) hold(ctx context.Context, epoch func() int64) error {
	for {
		err := c.quiet(ctx)
		if err == nil {
			err = c.beat(ctx, epoch())
		}
		if err != nil {
			return err
		}
	}
}

// quiet lets a beat go by. A connection that breaks off ends it at once.
func (c *candidacy) quiet(ctx context.Context) error {
	pause, cancel := context.WithTimeout(ctx, beat)
	defer cancel()
	for {
		_, err := c.conn.WaitForNotification(pause)
		switch {
		case err == nil: // nobody notifies this session, but anybody may
		case ctx.Err() != nil:
			return ctx.Err()
		case pause.Err() != nil:
			return nil
		default:
			return fmt.Errorf("the session of the leader's lock: %w", err)
		}
	}
}

// beat asks the server for the session and the ledger's epoch. Breaking it off
// would end the session, so it is not.
func (c *candidacy) beat(ctx context.Context, epoch int64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*beat)
	defer cancel()
	query := `select pg_backend_pid(), epoch from ledger_head`
	if epoch == 0 { // there may be no tables yet
		query = `select pg_backend_pid(), 0::bigint`
	}
	var pid, at int64
	switch err := c.conn.QueryRow(ctx, query).Scan(&pid, &at); {
	case err != nil:
		return fmt.Errorf("the session of the leader's lock: %w", err)
	case pid != c.pid:
		return errors.New("领导者的锁不在自己的会话里：--db 指向了按事务分配连接的连接池 (the lock is not in this session: the address is that of a pooler in transaction mode)")
	case at != epoch:
		return eventstore.ErrFenced
	}
	return nil
}

// resign gives the lock up.
func (c *candidacy) resign() {
	ctx, cancel := context.WithTimeout(context.Background(), beat)
	defer cancel()
	_ = c.conn.Close(ctx) // the session ends with it, if it has not already
}
