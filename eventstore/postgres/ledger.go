package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"wenxiao/eventstore"
)

// format is the version of the schema this package reads and writes.
const format = 2

var (
	//go:embed schema.sql
	schema string

	//go:embed upgrade_2.sql
	upgradeTo2 string
)

// A ledger is the writer's side of the database, good while the head row has
// its epoch.
type ledger struct {
	pool  *pgxpool.Pool
	epoch int64
	reads func(context.Context, eventstore.Position) iter.Seq2[eventstore.Record, error]
}

// patience is how long one statement of the writer may take before its outcome
// counts as unknown.
const patience = time.Minute

// takeOver creates the tables if there are none and returns the new epoch. The
// advisory lock keeps two processes from creating them at once.
func takeOver(ctx context.Context, pool *pgxpool.Pool) (epoch int64, err error) {
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		var tables int
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('ledger in ' || current_schema()))`); err != nil {
			return fmt.Errorf("lock the schema of the search_path: %w", err)
		}
		if err := tx.QueryRow(ctx, `select count(to_regclass(quote_ident(current_schema()) || '.ledger_head'))`).Scan(&tables); err != nil {
			return err
		}
		if tables == 0 {
			if _, err := tx.Exec(ctx, schema); err != nil {
				return fmt.Errorf("create tables: %w", err)
			}
		}
		if err := upgrade(ctx, tx); err != nil {
			return err
		}
		if err := checkFormat(ctx, tx); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `update ledger_head set epoch = epoch + 1 returning epoch`).Scan(&epoch)
	})
	return epoch, err
}

// upgrade brings a ledger of an earlier format to this one.
func upgrade(ctx context.Context, tx pgx.Tx) error {
	var version int
	if err := tx.QueryRow(ctx, `select version from ledger_head`).Scan(&version); err != nil || version != 1 {
		return err
	}
	_, err := tx.Exec(ctx, upgradeTo2)
	return err
}

// checkFormat refuses a database that has no ledger, or one of another format.
func checkFormat(ctx context.Context, db interface {
	QueryRow(context.Context, string, ...any) pgx.Row
},
) error {
	var version int
	switch err := db.QueryRow(ctx, `select version from ledger_head`).Scan(&version); {
	case undefined(err):
		return fmt.Errorf("数据库中没有账本 (no ledger in this database): %w", err)
	case err != nil:
		return fmt.Errorf("打不开账本 (the ledger cannot be opened): %w", err)
	case version != format:
		return fmt.Errorf("账本格式为 %d，本程序读写格式 %d (ledger format %d, this program's is %d)", version, format, version, format)
	}
	return nil
}

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

// Find asks all it needs in one round trip.
func (l *ledger) Find(ctx context.Context, streams, commands []string) (eventstore.Found, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found := eventstore.Found{Heads: map[string]eventstore.Head{}, Commands: map[string]eventstore.Position{}}
	var epoch int64
	batch := new(pgx.Batch)
	batch.Queue(`select epoch from ledger_head`).QueryRow(func(row pgx.Row) error { return row.Scan(&epoch) })
	batch.Queue(`select s.name, s.number, (select max(revision) from ledger_events where stream = s.number)
		from ledger_streams s where s.name = any($1)`, streams).Query(func(rows pgx.Rows) error {
		var name string
		var number, revision int64
		_, err := pgx.ForEachRow(rows, []any{&name, &number, &revision}, func() error {
			found.Heads[name] = eventstore.Head{Number: number, Revision: eventstore.Revision(revision)}
			return nil
		})
		return err
	})
	batch.Queue(`select command, position from ledger_events where command = any($1)`, commands).Query(func(rows pgx.Rows) error {
		var command string
		var position int64
		_, err := pgx.ForEachRow(rows, []any{&command, &position}, func() error {
			found.Commands[command] = eventstore.Position(position)
			return nil
		})
		return err
	})
	if err := l.pool.SendBatch(ctx, batch).Close(); err != nil {
		return found, err
	}
	if epoch != l.epoch {
		return found, eventstore.ErrFenced
	}
	return found, nil
}

func (l *ledger) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return l.reads(ctx, after)
}

// commit is one round trip and one transaction. It writes nothing at all unless
// the head row still has the writer's epoch and position, and holds that row
// until it has ended.
const commit = `
with held as (
	update ledger_head set position = $3, tree_size = $15, tree_edge = $16, tree_root = $17 where epoch = $1 and position = $2 returning one
), named as (
	insert into ledger_streams (number, name)
	select n.number, n.name from unnest($4::bigint[], $5::text[]) as n (number, name), held
)
insert into ledger_events (position, stream, revision, id, type, recorded_at, command, envelope, data)
select e.position, e.stream, e.revision, e.id, e.type, e.recorded_at, nullif(e.command, ''), e.envelope, e.data
from unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::uuid[], $10::text[], $11::timestamptz[], $12::text[], $13::bytea[], $14::bytea[])
	as e (position, stream, revision, id, type, recorded_at, command, envelope, data), held`

func (l *ledger) Commit(ctx context.Context, batch eventstore.Batch) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tag, err := l.pool.Exec(ctx, commit, l.arguments(batch)...)
	switch {
	case err != nil:
		return classified(err)
	case tag.RowsAffected() == int64(len(batch.Entries)):
		return nil
	}
	if _, err := l.Find(ctx, nil, nil); errors.Is(err, eventstore.ErrFenced) {
		return err
	}
	return fmt.Errorf("%w: the ledger is not at position %d", eventstore.ErrUnwritten, batch.After)
}

// arguments turns the batch's rows into one array per column.
func (l *ledger) arguments(batch eventstore.Batch) []any {
	n := len(batch.Entries)
	var (
		numbers, names                = make([]int64, len(batch.Streams)), make([]string, len(batch.Streams))
		positions, streams, revisions = make([]int64, n), make([]int64, n), make([]int64, n)
		ids, times                    = make([]pgtype.UUID, n), make([]time.Time, n)
		types, commands               = make([]string, n), make([]string, n)
		envelopes, datas              = make([][]byte, n), make([][]byte, n)
	)
	root := batch.Tree.Root()
	for i, s := range batch.Streams {
		numbers[i], names[i] = s.Number, s.Name
	}
	for i, e := range batch.Entries {
		positions[i], streams[i], revisions[i] = int64(e.Position), e.StreamNumber, int64(e.Revision)
		ids[i] = pgtype.UUID{Bytes: uuid.MustParse(e.ID), Valid: true} // sealed by this process
		types[i], times[i], commands[i] = e.Type, e.RecordedAt, e.Taken()
		envelopes[i], datas[i] = e.Envelope, e.Data
	}
	return []any{
		l.epoch, int64(batch.After), int64(batch.After) + int64(n), numbers, names,
		positions, streams, revisions, ids, types, times, commands, envelopes, datas,
		int64(batch.Tree.Size), batch.Tree.EdgeBytes(), root[:],
	}
}

// classified tells errors after which certainly nothing was written: the server
// reported an error of the statement, or the statement was never sent.
func classified(err error) error {
	var e *pgconn.PgError
	switch {
	case errors.As(err, &e) && e.ConstraintName == "ledger_events_command":
		return fmt.Errorf("%w: %w", eventstore.ErrTaken, err)
	case errors.As(err, &e) && e.SeverityUnlocalized == "ERROR" && e.Code != "40003", pgconn.SafeToRetry(err):
		return fmt.Errorf("%w: %w", eventstore.ErrUnwritten, err)
	}
	return err
}

// undefined reports an error of a table or schema that is not there.
func undefined(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, &said) && (said.Code == "42P01" || said.Code == "3F000")
}
