package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"wenxiao/eventstore"
)

// leaderTable says where appends are handed in. Whoever can read the token can
// append.
const leaderTable = `create table ledger_leader (
  one         boolean primary key default true check (one),
  epoch       bigint  not null,      -- as in ledger_head, or else it leads no more
  name        text    not null,
  address     text    not null,
  token       text    not null,
  certificate bytea   not null,      -- SHA-256 of the certificate it shows
  session     integer not null,      -- that has the lock
  since       timestamptz not null
)`

// A leader is what the row says of whoever leads.
type leader struct {
	eventstore.Leader
	token       string
	certificate [sha256.Size]byte
}

// makeLeaderTable makes the table if it is not there, under the lock by which
// the ledger's own are made.
func makeLeaderTable(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('ledger in ' || current_schema()))`); err != nil {
			return err
		}
		var there bool
		err := tx.QueryRow(ctx, `select to_regclass(quote_ident(current_schema()) || '.ledger_leader') is not null`).Scan(&there)
		if err != nil || there {
			return err
		}
		_, err = tx.Exec(ctx, leaderTable)
		return err
	})
}

// made reports whether the ledger's own tables are there.
func made(ctx context.Context, pool *pgxpool.Pool) (there bool, err error) {
	err = pool.QueryRow(ctx, `select to_regclass(quote_ident(current_schema()) || '.ledger_head') is not null`).Scan(&there)
	return there, err
}

// publish writes where this leader is to be found. One of an earlier epoch comes
// too late.
func (l leader) publish(ctx context.Context, pool *pgxpool.Pool, session int64) error {
	_, err := pool.Exec(ctx, `insert into ledger_leader (epoch, name, address, token, certificate, session, since)
		values ($1, $2, $3, $4, $5, $6, now()) on conflict (one) do update set epoch = $1, name = $2, address = $3,
		token = $4, certificate = $5, session = $6, since = now() where ledger_leader.epoch < $1`,
		l.Epoch, l.Name, l.Address, l.token, l.certificate[:], session)
	return err
}

// withdraw takes the row of the leader of epoch away.
func withdraw(ctx context.Context, pool *pgxpool.Pool, epoch int64) error {
	_, err := pool.Exec(ctx, `delete from ledger_leader where epoch = $1`, epoch)
	return err
}

// leads is the lock of whoever leads, among the server's.
const leads = `locktype = 'advisory' and granted and objsubid = 2
		and database = (select oid from pg_database where datname = current_database())
		and (classid, objid) = (hashtext('leads the ledger in')::oid, hashtext(current_schema())::oid)`

// whoLeads finds the row while its epoch is the ledger's and its session has the
// lock: a leader that died leaves it behind.
const whoLeads = `select l.epoch, l.name, l.address, l.token, l.certificate, l.since
	from ledger_leader l join ledger_head h on h.epoch = l.epoch
	where exists (select from pg_locks where pid = l.session and ` + leads + `)`

// whoLeads returns the zero leader where there is none.
func (s *Store) whoLeads(ctx context.Context) (l leader, err error) {
	var certificate []byte
	err = s.reads.QueryRow(ctx, whoLeads).Scan(&l.Epoch, &l.Name, &l.Address, &l.token, &certificate, &l.Since)
	switch {
	case errors.Is(err, pgx.ErrNoRows), undefined(err):
		return leader{}, nil
	case err != nil:
		return leader{}, s.told(err)
	case len(certificate) != len(l.certificate):
		return leader{}, fmt.Errorf("%w: the leader's certificate has %d bytes", eventstore.ErrDamaged, len(certificate))
	}
	copy(l.certificate[:], certificate)
	return l, nil
}

// Leader says who leads now; the zero Leader between two terms, and where the
// one that writes did not join. It must be asked of the database that is
// written to: on a replica of it nobody leads.
func (s *Store) Leader(ctx context.Context) (eventstore.Leader, error) {
	l, err := s.whoLeads(ctx)
	if err != nil || l.Epoch == 0 {
		return eventstore.Leader{}, err
	}
	l.Here = s.member != nil && s.member.is(l)
	if s.member != nil && !l.Here {
		l.Away = s.member.away(ctx, l)
	}
	l.Since = l.Since.Round(time.Microsecond).UTC()
	return l.Leader, nil
}
