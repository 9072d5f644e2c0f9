package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"wenxiao/eventstore"
)

// The statements of a commit. claim divides by the number of head rows that still
// have the writer's epoch and position: it fails, and all others with it, where
// there is none. It holds that row until its transaction has ended.
const (
	claim = `
with held as (
	update ledger_head set position = $3, tree_size = $4, tree_edge = $5, tree_root = $6 where epoch = $1 and position = $2 returning one
) select 1 / count(*) from held`

	nameStreams = `
insert into ledger_streams (number, name) select * from unnest($1::bigint[], $2::text[])`

	takeCommands = `
insert into ledger_commands (command, position) select * from unnest($1::text[], $2::bigint[])`

	takeCommand = `
insert into ledger_commands (command, position) values ($1, $2)`

	addSpans = `
insert into ledger_spans (stream, part, revision) select * from unnest($1::bigint[], $2::bigint[], $3::bigint[])
on conflict do nothing`

	into = `
insert into %s (position, stream, revision, id, type, recorded_at, command, envelope, data)`

	addEvent = into + ` values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

	addEvents = into + `
select e.position, e.stream, e.revision, e.id, e.type, e.recorded_at, nullif(e.command, ''), e.envelope, e.data
from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::uuid[], $5::text[], $6::timestamptz[], $7::text[], $8::bytea[], $9::bytea[])
	as e (position, stream, revision, id, type, recorded_at, command, envelope, data)`
)

// divisionByZero is the error of a claim that holds nothing.
const divisionByZero = "22012"

// Commit is one round trip and one transaction: statements sent together stand or
// fall together. Each is so plain that the server hardly plans it, and those that
// would add nothing are left out: in one statement for all, most of a lone append's
// time went into setting it up.
func (l *ledger) Commit(ctx context.Context, batch eventstore.Batch) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := l.makeRoom(ctx, int64(batch.After)+int64(len(batch.Entries))); err != nil {
		return unwritten(err)
	}
	if len(batch.Entries) >= bulk {
		return l.copyIn(ctx, batch)
	}
	spans := l.spans(batch.Entries)
	statements := l.claims(batch, spans)
	l.add(statements, batch)
	if err := l.pool.SendBatch(ctx, statements).Close(); err != nil {
		return l.denied(ctx, err, batch)
	}
	l.remember(spans)
	return nil
}

// add has the batch's records written, to the partition by its name, where it is
// one: finding it costs the server as much as writing some records.
func (l *ledger) add(statements *pgx.Batch, batch eventstore.Batch) {
	table := l.layout.tableOf(batch)
	if len(batch.Entries) == 1 { // arrays cost the server more than such a record
		statements.Queue(fmt.Sprintf(addEvent, table), row(&batch.Entries[0])...)
		return
	}
	statements.Queue(fmt.Sprintf(addEvents, table), columns(batch.Entries)...)
}

// denied says what an error of a commit's statements means. The connection must be
// back in the pool.
func (l *ledger) denied(ctx context.Context, err error, batch eventstore.Batch) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) || e.Code != divisionByZero {
		return classified(err)
	}
	if _, err := l.Find(ctx, nil, nil); errors.Is(err, eventstore.ErrFenced) {
		return err
	}
	return fmt.Errorf("%w: the ledger is not at position %d", eventstore.ErrUnwritten, batch.After)
}

// claims are the statements of a commit but for its records.
func (l *ledger) claims(batch eventstore.Batch, spans spans) *pgx.Batch {
	root, statements := batch.Tree.Root(), new(pgx.Batch)
	statements.Queue(claim, l.epoch, int64(batch.After), int64(batch.After)+int64(len(batch.Entries)),
		int64(batch.Tree.Size), batch.Tree.EdgeBytes(), root[:])
	if len(batch.Streams) > 0 {
		numbers, names := make([]int64, len(batch.Streams)), make([]string, len(batch.Streams))
		for i, s := range batch.Streams {
			numbers[i], names[i] = s.Number, s.Name
		}
		statements.Queue(nameStreams, numbers, names)
	}
	switch commands, firsts := taken(batch.Entries); len(commands) {
	case 0:
	case 1:
		statements.Queue(takeCommand, commands[0], firsts[0])
	default:
		statements.Queue(takeCommands, commands, firsts)
	}
	if len(spans.streams) > 0 {
		statements.Queue(addSpans, spans.streams, spans.parts, spans.revisions)
	}
	return statements
}

// taken are the commands that entries mark as used, and where.
func taken(entries []eventstore.Entry) (commands []string, firsts []int64) {
	for _, e := range entries {
		if c := e.Taken(); c != "" {
			commands, firsts = append(commands, c), append(firsts, int64(e.Position))
		}
	}
	return commands, firsts
}

// tableOf is the partition that all of the batch goes into, or the table they make up.
func (l layout) tableOf(batch eventstore.Batch) string {
	first := l.at(int64(batch.After) + 1)
	if first < 0 || first != l.at(int64(batch.After)+int64(len(batch.Entries))) {
		return "ledger_events"
	}
	return table(l.parts[first])
}

// columns turns the rows into one array per column.
func columns(entries []eventstore.Entry) []any {
	n := len(entries)
	var (
		positions, streams, revisions = make([]int64, n), make([]int64, n), make([]int64, n)
		ids, times                    = make([]pgtype.UUID, n), make([]time.Time, n)
		types, commands               = make([]string, n), make([]string, n)
		envelopes, datas              = make([][]byte, n), make([][]byte, n)
	)
	for i, e := range entries {
		positions[i], streams[i], revisions[i] = int64(e.Position), e.StreamNumber, int64(e.Revision)
		ids[i] = idOf(e)
		types[i], times[i], commands[i] = e.Type, e.RecordedAt, e.Taken()
		envelopes[i], datas[i] = e.Envelope, e.Data
	}
	return []any{positions, streams, revisions, ids, types, times, commands, envelopes, datas}
}

func idOf(e eventstore.Entry) pgtype.UUID {
	return pgtype.UUID{Bytes: uuid.MustParse(e.ID), Valid: true} // sealed by this process
}
