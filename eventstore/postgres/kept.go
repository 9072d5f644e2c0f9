package postgres

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"wenxiao/eventstore"
)

var _ eventstore.Indexed = (*Store)(nil)

// Precision is what recorded_at is kept to.
func (s *Store) Precision() time.Duration { return time.Microsecond }

func (s *Store) ReadKept(ctx context.Context, after, upTo int64) iter.Seq2[eventstore.Kept, error] {
	return func(yield func(eventstore.Kept, error) bool) {
		rows, err := s.reads.Query(ctx, `select position, stream, revision, id, type, recorded_at, command, envelope, data
			from ledger_events where position > $1 and position <= $2 order by position`, after, upTo)
		each(s, rows, err, yield, func() (k eventstore.Kept, err error) {
			err = rows.Scan(&k.Position, &k.Stream, &k.Revision, &k.ID, &k.Type, &k.RecordedAt, &k.Command, &k.Envelope, &k.Data)
			return k, err
		})
	}
}

// each hands on what next makes of the rows.
func each[T any](s *Store, rows pgx.Rows, err error, yield func(T, error) bool, next func() (T, error)) {
	var none T
	if err != nil {
		yield(none, s.told(err))
		return
	}
	defer rows.Close()
	for rows.Next() {
		v, err := next()
		if !yield(v, s.told(err)) || err != nil {
			return
		}
	}
	if err := rows.Err(); err != nil {
		yield(none, s.told(err))
	}
}

func (s *Store) ReadNamed(ctx context.Context) iter.Seq2[eventstore.Named, error] {
	return func(yield func(eventstore.Named, error) bool) {
		rows, err := s.reads.Query(ctx, `select number, name from ledger_streams order by number`)
		each(s, rows, err, yield, func() (n eventstore.Named, err error) { return n, rows.Scan(&n.Number, &n.Name) })
	}
}

// indexes are the rows in the order of each index. The server is made to read
// them by it: what the index does not lead to is missing, what it has in the
// wrong place comes out of order.
var indexes = map[eventstore.Index]string{
	eventstore.ByStream:  `select position, int8send(stream) || int8send(revision) from ledger_events order by stream, revision`,
	eventstore.ByID:      `select position, uuid_send(id) from ledger_events order by id`,
	eventstore.ByCommand: `select position, convert_to(command, 'UTF8') from ledger_events where command is not null order by command`,
	eventstore.ByName:    `select number, convert_to(name, 'UTF8') from ledger_streams order by name`,
}

const byIndexOnly = `set local enable_seqscan = off; set local enable_sort = off; set local enable_bitmapscan = off; set local max_parallel_workers_per_gather = 0`

func (s *Store) ReadIndex(ctx context.Context, index eventstore.Index) iter.Seq2[eventstore.Indexing, error] {
	return func(yield func(eventstore.Indexing, error) bool) {
		tx, err := s.reads.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
		if err != nil {
			yield(eventstore.Indexing{}, s.told(err))
			return
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		if _, err := tx.Exec(ctx, byIndexOnly); err != nil {
			yield(eventstore.Indexing{}, s.told(err))
			return
		}
		rows, err := tx.Query(ctx, indexes[index])
		var before string
		each(s, rows, err, func(i eventstore.Indexing, err error) bool {
			if err == nil && string(i.Key) <= before && before != "" {
				if !yield(eventstore.Indexing{}, &eventstore.Fault{Place: "索引 " + string(index), Why: "次序不对"}) {
					return false
				}
			}
			before = string(i.Key)
			return yield(i, err)
		}, func() (i eventstore.Indexing, err error) {
			err = rows.Scan(&i.Row, &i.Key)
			if index == eventstore.ByStream && len(i.Key) == 16 { // two numbers in two's complement
				i.Key[0], i.Key[8] = i.Key[0]^0x80, i.Key[8]^0x80
			}
			return i, err
		})
	}
}

// CheckSchema compares columns and indexes with those that this program makes;
// triggers and rules it makes none.
func (s *Store) CheckSchema(ctx context.Context) (odd []string, err error) {
	rows, err := s.reads.Query(ctx, shape)
	if err != nil {
		return nil, s.told(err)
	}
	defer rows.Close()
	missing := map[string]bool{}
	for _, name := range expected {
		missing[name] = true
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, s.told(err)
		}
		if !missing[name] {
			odd = append(odd, name)
		}
		delete(missing, name)
	}
	for _, name := range expected {
		if missing[name] {
			odd = append(odd, name)
		}
	}
	if err := rows.Err(); err != nil {
		return odd, s.told(fmt.Errorf("read the schema: %w", err))
	}
	return odd, nil
}

// shape lists columns, indexes, constraints, triggers and rules of the ledger's tables.
const shape = `
with ledger as (
	select c.oid, c.relname from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
	and c.relname in ('ledger_head', 'ledger_streams', 'ledger_events')
)
select 'column ' || relname || '.' || attname || ' ' || format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end
from ledger join pg_attribute a on a.attrelid = ledger.oid where attnum > 0 and not attisdropped
union all
select 'index ' || i.relname || ' on ' || ledger.relname || case when x.indisunique then ' unique' else '' end || case when x.indisvalid then '' else ' invalid' end
from ledger join pg_index x on x.indrelid = ledger.oid join pg_class i on i.oid = x.indexrelid
union all
select 'constraint ' || conname || ' ' || pg_get_constraintdef(k.oid) from ledger join pg_constraint k on k.conrelid = ledger.oid where contype in ('c', 'f', 'u', 'p')
union all
select 'trigger ' || tgname || ' on ' || relname from ledger join pg_trigger on tgrelid = ledger.oid where not tgisinternal
union all
select 'rule ' || rulename || ' on ' || relname from ledger join pg_rewrite on ev_class = ledger.oid
order by 1`

// expected is what shape finds in a ledger.
var expected = []string{
	"column ledger_events.command text",
	"column ledger_events.data bytea not null",
	"column ledger_events.envelope bytea not null",
	"column ledger_events.id uuid not null",
	"column ledger_events.position bigint not null",
	"column ledger_events.recorded_at timestamp with time zone not null",
	"column ledger_events.revision bigint not null",
	"column ledger_events.stream bigint not null",
	"column ledger_events.type text not null",
	"column ledger_head.epoch bigint not null",
	"column ledger_head.one boolean not null",
	"column ledger_head.position bigint not null",
	"column ledger_head.tree_edge bytea not null",
	"column ledger_head.tree_root bytea not null",
	"column ledger_head.tree_size bigint not null",
	"column ledger_head.version integer not null",
	"column ledger_streams.name text not null",
	"column ledger_streams.number bigint not null",
	"constraint ledger_events_pkey PRIMARY KEY (\"position\")",
	"constraint ledger_head_one_check CHECK (one)",
	"constraint ledger_head_pkey PRIMARY KEY (one)",
	"constraint ledger_streams_name_key UNIQUE (name)",
	"constraint ledger_streams_pkey PRIMARY KEY (number)",
	"index ledger_events_command on ledger_events unique",
	"index ledger_events_id on ledger_events unique",
	"index ledger_events_pkey on ledger_events unique",
	"index ledger_events_stream on ledger_events unique",
	"index ledger_head_pkey on ledger_head unique",
	"index ledger_streams_name_key on ledger_streams unique",
	"index ledger_streams_pkey on ledger_streams unique",
}
