package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"wenxiao/eventstore"
)

// A ledger is the writer's side of the database, good while the head row has
// its epoch.
type ledger struct {
	pool  *pgxpool.Pool
	epoch int64
	reads func(context.Context, eventstore.Position) iter.Seq2[eventstore.Record, error]

	layout   layout    // as of the last Last or makeRoom; only grows
	askAgain time.Time // for a partition ahead
	spanned  map[span]bool
}

// patience is how long one statement of the writer may take before its outcome
// counts as unknown.
const patience = time.Minute

// Last locks the head row first, which waits for a commit that may still be on
// its way; only a second statement sees what that commit wrote.
func (l *ledger) Last(ctx context.Context) (last eventstore.Last, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		var epoch, position, size int64
		var edge, root []byte
		err := tx.QueryRow(ctx, `select epoch, position, tree_size, tree_edge, tree_root from ledger_head for update`).Scan(&epoch, &position, &size, &edge, &root)
		if err != nil {
			return err
		}
		if epoch != l.epoch {
			return eventstore.ErrFenced
		}
		if last.Tree, err = eventstore.OpenTree(eventstore.Position(size), edge, root); err != nil {
			return err
		}
		if l.layout, err = laidOut(ctx, tx); err != nil {
			return err
		}
		if position == 0 {
			return nil
		}
		var envelope []byte
		if err := tx.QueryRow(ctx, `select envelope, (select max(number) from ledger_streams) from ledger_events where position = $1`, position).Scan(&envelope, &last.Stream); err != nil {
			return err
		}
		record, err := eventstore.Open(eventstore.Position(position), envelope, nil)
		last.Position, last.RecordedAt = record.Position, record.RecordedAt
		return err
	})
	return last, err
}

// Find asks in one round trip what it can, and in a second for the heads, of the
// one partition each stream has its last record in.
func (l *ledger) Find(ctx context.Context, streams, commands []string) (eventstore.Found, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found := eventstore.Found{Heads: map[string]eventstore.Head{}, Commands: map[string]eventstore.Position{}}
	var epoch int64
	var lying []lying
	batch := new(pgx.Batch)
	batch.Queue(`select epoch from ledger_head`).QueryRow(func(row pgx.Row) error { return row.Scan(&epoch) })
	batch.Queue(`select command, position from ledger_commands where command = any($1)`, commands).Query(func(rows pgx.Rows) error {
		var command string
		var position int64
		_, err := pgx.ForEachRow(rows, []any{&command, &position}, func() error {
			found.Commands[command] = eventstore.Position(position)
			return nil
		})
		return err
	})
	queueLying(batch, streams, &lying)
	if err := l.pool.SendBatch(ctx, batch).Close(); err != nil {
		return found, err
	}
	if epoch != l.epoch {
		return found, eventstore.ErrFenced
	}
	return found, l.heads(ctx, lying, found.Heads)
}

func (l *ledger) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return l.reads(ctx, after)
}

// classified tells errors after which certainly nothing was written: the server
// reported an error of the statement, or the statement was never sent.
func classified(err error) error {
	var e *pgconn.PgError
	switch {
	case errors.As(err, &e) && e.ConstraintName == "ledger_commands_pkey":
		return fmt.Errorf("%w: %w", eventstore.ErrTaken, err)
	case errors.As(err, &e) && e.SeverityUnlocalized == "ERROR" && e.Code != "40003", pgconn.SafeToRetry(err):
		return fmt.Errorf("%w: %w", eventstore.ErrUnwritten, err)
	}
	return err
}
