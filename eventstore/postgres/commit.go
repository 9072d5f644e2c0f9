package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"wenxiao/eventstore"
)

// claim writes nothing at all unless the head row still has the writer's epoch and
// position, and holds that row until its transaction has ended.
const claim = `
with held as (
	update ledger_head set position = $3, tree_size = $4, tree_edge = $5, tree_root = $6 where epoch = $1 and position = $2 returning one
), named as (
	insert into ledger_streams (number, name)
	select n.number, n.name from unnest($7::bigint[], $8::text[]) as n (number, name), held
), taken as (
	insert into ledger_commands (command, position)
	select t.command, t.position from unnest($9::text[], $10::bigint[]) as t (command, position), held
), spanned as (
	insert into ledger_spans (stream, part, revision)
	select s.stream, s.part, s.revision from unnest($11::bigint[], $12::bigint[], $13::bigint[]) as s (stream, part, revision), held
	on conflict do nothing
)`

// commit is one round trip and one transaction. It is told the partition by name,
// where it is one: finding it costs the server as much as writing some records.
const commit = claim + `
insert into %s (position, stream, revision, id, type, recorded_at, command, envelope, data)
select e.position, e.stream, e.revision, e.id, e.type, e.recorded_at, nullif(e.command, ''), e.envelope, e.data
from unnest($14::bigint[], $15::bigint[], $16::bigint[], $17::uuid[], $18::text[], $19::timestamptz[], $20::text[], $21::bytea[], $22::bytea[])
	as e (position, stream, revision, id, type, recorded_at, command, envelope, data), held`

func (l *ledger) Commit(ctx context.Context, batch eventstore.Batch) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := l.makeRoom(ctx, int64(batch.After)+int64(len(batch.Entries))); err != nil {
		return unwritten(err)
	}
	if len(batch.Entries) >= bulk {
		return l.copyIn(ctx, batch)
	}
	into := l.layout.tableOf(batch)
	spans := l.spans(batch.Entries)
	tag, err := l.pool.Exec(ctx, fmt.Sprintf(commit, into), append(l.claims(batch, spans), columns(batch.Entries)...)...)
	switch {
	case err != nil:
		return classified(err)
	case tag.RowsAffected() == int64(len(batch.Entries)):
		l.remember(spans)
		return nil
	}
	if _, err := l.Find(ctx, nil, nil); errors.Is(err, eventstore.ErrFenced) {
		return err
	}
	return misplaced(batch)
}

func misplaced(batch eventstore.Batch) error {
	return fmt.Errorf("%w: the ledger is not at position %d", eventstore.ErrUnwritten, batch.After)
}

// claims are the arguments of claim.
func (l *ledger) claims(batch eventstore.Batch, spans spans) []any {
	numbers, names := make([]int64, len(batch.Streams)), make([]string, len(batch.Streams))
	for i, s := range batch.Streams {
		numbers[i], names[i] = s.Number, s.Name
	}
	var commands []string
	var firsts []int64
	for _, e := range batch.Entries {
		if c := e.Taken(); c != "" {
			commands, firsts = append(commands, c), append(firsts, int64(e.Position))
		}
	}
	root := batch.Tree.Root()
	return []any{
		l.epoch, int64(batch.After), int64(batch.After) + int64(len(batch.Entries)),
		int64(batch.Tree.Size), batch.Tree.EdgeBytes(), root[:],
		numbers, names, commands, firsts, spans.streams, spans.parts, spans.revisions,
	}
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
		ids[i] = pgtype.UUID{Bytes: uuid.MustParse(e.ID), Valid: true} // sealed by this process
		types[i], times[i], commands[i] = e.Type, e.RecordedAt, e.Taken()
		envelopes[i], datas[i] = e.Envelope, e.Data
	}
	return []any{positions, streams, revisions, ids, types, times, commands, envelopes, datas}
}
