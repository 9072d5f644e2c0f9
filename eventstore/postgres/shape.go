package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// CheckSchema compares columns, indexes and partitions with those that this
// program makes; triggers and rules it makes none.
func (s *Store) CheckSchema(ctx context.Context) (odd []string, err error) {
	tx, err := s.reads.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly, IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return nil, s.told(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	l, odd, err := oddPartitions(ctx, tx)
	if err != nil {
		return nil, s.told(fmt.Errorf("read the partitions: %w", err))
	}
	rows, err := tx.Query(ctx, shape)
	if err != nil {
		return nil, s.told(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, s.told(fmt.Errorf("read the schema: %w", err))
	}
	want := slices.Clone(expected)
	for _, part := range l.parts {
		want = append(want, expectedOf(table(part))...)
	}
	return append(odd, differing(found, want)...), nil
}

// differing returns what only one of the two lists has.
func differing(found, want []string) (odd []string) {
	missing := map[string]bool{}
	for _, name := range want {
		missing[name] = true
	}
	for _, name := range found {
		if !missing[name] {
			odd = append(odd, name)
		}
		delete(missing, name)
	}
	for _, name := range want {
		if missing[name] {
			odd = append(odd, name)
		}
	}
	return odd
}

// oddPartitions says what is wrong with how the ledger lies in partitions: they
// follow one another without gap from position 1, each named for its first and as
// wide as the head row says, the first perhaps several times that; the last is
// ahead of the records; and none holds a row that belongs elsewhere.
func oddPartitions(ctx context.Context, tx pgx.Tx) (sound layout, odd []string, err error) {
	var position int64
	if err := tx.QueryRow(ctx, `select width, position from ledger_head`).Scan(&sound.width, &position); err != nil {
		return sound, nil, err
	}
	rows, err := tx.Query(ctx, bounds)
	if err != nil {
		return sound, nil, err
	}
	sound.until = 1
	var name string
	var first, until *int64
	_, err = pgx.ForEachRow(rows, []any{&name, &first, &until}, func() error {
		if first == nil || until == nil || name != table(*first) {
			odd = append(odd, "partition "+name+" is not one of the ledger's")
			return nil
		}
		if *first != sound.until {
			odd = append(odd, fmt.Sprintf("partition %s missing: the next is %s", table(sound.until), name))
		}
		if wide := *until - *first; wide != sound.width && (*first != 1 || sound.width < 1 || wide%sound.width != 0) {
			odd = append(odd, fmt.Sprintf("partition %s is %d wide, ledger_head.width is %d", name, wide, sound.width))
		}
		sound.parts, sound.until = append(sound.parts, *first), *until
		return nil
	})
	if err == nil && !sound.ahead(position) {
		odd = append(odd, fmt.Sprintf("partition %s missing: there is none ahead of the records", table(sound.until)))
	}
	if err == nil {
		odd, err = loose(ctx, tx, odd)
	}
	for i := 0; i < len(sound.parts) && err == nil; i++ {
		odd, err = holds(ctx, tx, sound, i, odd)
	}
	return sound, odd, err
}

// loose adds the tables that are named as partitions and are none.
func loose(ctx context.Context, tx pgx.Tx, odd []string) ([]string, error) {
	rows, err := tx.Query(ctx, `select 'partition ' || relname || ' detached' from pg_class where relnamespace = current_schema()::regnamespace
		and relname ~ '^ledger_events_[0-9]+$' and relkind in ('r', 'p', 'f')
		and oid not in (select inhrelid from pg_inherits where inhparent = 'ledger_events'::regclass and not inhdetachpending) order by relname`)
	if err != nil {
		return odd, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return append(odd, names...), err
}

// holds adds the partition at i if it has rows that belong elsewhere: the server
// looks only when a partition is attached, and can be told not to.
func holds(ctx context.Context, tx pgx.Tx, l layout, i int, odd []string) ([]string, error) {
	name, until := table(l.parts[i]), l.until
	if i+1 < len(l.parts) {
		until = l.parts[i+1]
	}
	var first, last *int64
	err := tx.QueryRow(ctx, `select min(position), max(position) from `+name).Scan(&first, &last)
	if err == nil && first != nil && (*first < l.parts[i] || *last >= until) {
		odd = append(odd, fmt.Sprintf("partition %s holds positions %d to %d", name, *first, *last))
	}
	return odd, err
}

// shape lists columns, indexes, constraints, triggers and rules of the ledger's
// tables, and those that are not written through the server's log.
const shape = `
with ledger as (
	select c.oid, c.relname, c.relkind, c.relpersistence from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
	and (c.relname in ('ledger_head', 'ledger_streams', 'ledger_events', 'ledger_commands', 'ledger_spans')
	or c.oid in (select inhrelid from pg_inherits where inhparent = 'ledger_events'::regclass))
)
select 'table ' || relname || case relkind when 'p' then ' partitioned' else '' end || case relpersistence when 'p' then '' else ' unlogged' end from ledger
union all
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

// expectedOf is what shape finds of the table of events or a partition of it.
func expectedOf(name string) []string {
	found := []string{
		"constraint " + name + `_pkey PRIMARY KEY ("position")`,
		"index " + name + "_pkey on " + name + " unique",
	}
	for _, column := range []string{
		"command text", "data bytea not null", "envelope bytea not null", "id uuid not null", "position bigint not null",
		"recorded_at timestamp with time zone not null", "revision bigint not null", "stream bigint not null", "type text not null",
	} {
		found = append(found, "column "+name+"."+column)
	}
	if name == "ledger_events" {
		return append(found, "table ledger_events partitioned")
	}
	return append(found, "table "+name, "index "+name+"_id on "+name+" unique", "index "+name+"_stream on "+name+" unique")
}

// expected is what shape finds in a ledger without partitions.
var expected = append([]string{
	"column ledger_commands.command text not null",
	"column ledger_commands.position bigint not null",
	"column ledger_head.epoch bigint not null",
	"column ledger_head.one boolean not null",
	"column ledger_head.position bigint not null",
	"column ledger_head.tree_edge bytea not null",
	"column ledger_head.tree_root bytea not null",
	"column ledger_head.tree_size bigint not null",
	"column ledger_head.version integer not null",
	"column ledger_head.width bigint not null",
	"column ledger_spans.part bigint not null",
	"column ledger_spans.revision bigint not null",
	"column ledger_spans.stream bigint not null",
	"column ledger_streams.name text not null",
	"column ledger_streams.number bigint not null",
	"constraint ledger_commands_pkey PRIMARY KEY (command)",
	"constraint ledger_head_one_check CHECK (one)",
	"constraint ledger_head_pkey PRIMARY KEY (one)",
	"constraint ledger_head_width_check CHECK ((width > 0))",
	"constraint ledger_spans_pkey PRIMARY KEY (stream, part)",
	"constraint ledger_streams_name_key UNIQUE (name)",
	"constraint ledger_streams_pkey PRIMARY KEY (number)",
	"index ledger_commands_pkey on ledger_commands unique",
	"index ledger_head_pkey on ledger_head unique",
	"index ledger_spans_pkey on ledger_spans unique",
	"index ledger_streams_name_key on ledger_streams unique",
	"index ledger_streams_pkey on ledger_streams unique",
	"table ledger_commands",
	"table ledger_head",
	"table ledger_spans",
	"table ledger_streams",
}, expectedOf("ledger_events")...)
