package postgres

import (
	"context"
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

// indexes are the rows in the order of each index, those of all partitions as one.
// The server is made to read them by it: what the index does not lead to is
// missing, what it has in the wrong place, or two partitions have both, comes out
// of order.
var indexes = map[eventstore.Index]string{
	eventstore.ByStream:  `select position, int8send(stream) || int8send(revision) from ledger_events order by stream, revision`,
	eventstore.ByID:      `select position, uuid_send(id) from ledger_events order by id`,
	eventstore.ByCommand: `select position, convert_to(command, 'UTF8') from ledger_commands order by command`,
	eventstore.ByName:    `select number, convert_to(name, 'UTF8') from ledger_streams order by name`,
}

const byIndexOnly = `set local enable_seqscan = off; set local enable_sort = off; set local enable_bitmapscan = off; set local max_parallel_workers_per_gather = 0`

func (s *Store) ReadIndex(ctx context.Context, index eventstore.Index) iter.Seq2[eventstore.Indexing, error] {
	return func(yield func(eventstore.Indexing, error) bool) {
		tx, err := s.reads.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly, IsoLevel: pgx.RepeatableRead})
		if err != nil {
			yield(eventstore.Indexing{}, s.told(err))
			return
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		if _, err := tx.Exec(ctx, byIndexOnly); err != nil {
			yield(eventstore.Indexing{}, s.told(err))
			return
		}
		if index == eventstore.ByStream {
			if on, err := oddSpans(ctx, tx, yield); !on || err != nil {
				if err != nil {
					yield(eventstore.Indexing{}, s.told(err))
				}
				return
			}
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
