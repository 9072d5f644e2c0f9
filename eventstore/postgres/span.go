package postgres

import (
	"context"
	"fmt"
	"maps"

	"github.com/jackc/pgx/v5"

	"wenxiao/eventstore"
)

// A lying says in which partition a stream has its last record. The partitions are
// then asked by name: through the table they make up, the server would open every
// one of them for each question.
type lying struct {
	name   string
	number int64
	part   int64
}

// queueLying asks for those of streams that have records.
func queueLying(batch *pgx.Batch, streams []string, found *[]lying) {
	if len(streams) == 0 {
		return
	}
	batch.Queue(`select s.name, s.number, coalesce((select part from ledger_spans where stream = s.number order by part desc limit 1), 0)
		from ledger_streams s where s.name = any($1)`, streams).Query(func(rows pgx.Rows) error {
		var s lying
		_, err := pgx.ForEachRow(rows, []any{&s.name, &s.number, &s.part}, func() error {
			*found = append(*found, s)
			return nil
		})
		return err
	})
}

// heads asks each partition for the heads of the streams that end there.
func (l *ledger) heads(ctx context.Context, streams []lying, heads map[string]eventstore.Head) error {
	byPart := map[int64][]int64{}
	for _, s := range streams {
		byPart[s.part] = append(byPart[s.part], s.number)
	}
	revisions, batch := map[int64]int64{}, new(pgx.Batch)
	for part, numbers := range byPart {
		if part == 0 {
			return fmt.Errorf("%w: ledger_spans knows no records of the streams %v", eventstore.ErrDamaged, numbers)
		}
		batch.Queue(`select n, (select coalesce(max(revision), 0) from `+table(part)+` where stream = n) from unnest($1::bigint[]) n`, numbers).Query(func(rows pgx.Rows) error {
			var number, revision int64
			_, err := pgx.ForEachRow(rows, []any{&number, &revision}, func() error {
				revisions[number] = revision
				return nil
			})
			return err
		})
	}
	if batch.Len() == 0 {
		return nil
	}
	if err := l.pool.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	for _, s := range streams {
		if revisions[s.number] == 0 {
			return fmt.Errorf("%w: stream %d has no records in %s, where ledger_spans has them", eventstore.ErrDamaged, s.number, table(s.part))
		}
		heads[s.name] = eventstore.Head{Number: s.number, Revision: eventstore.Revision(revisions[s.number])}
	}
	return nil
}

// spans are where the streams of a batch have their first records of a partition,
// unless the table is known to have that.
type spans struct {
	lying                     map[span]bool
	streams, parts, revisions []int64
}

type span struct{ stream, part int64 }

func (l *ledger) spans(entries []eventstore.Entry) spans {
	s := spans{lying: map[span]bool{}}
	for _, e := range entries {
		at := span{e.StreamNumber, l.layout.parts[l.layout.at(int64(e.Position))]}
		if !l.spanned[at] && !s.lying[at] {
			s.lying[at] = true
			s.streams, s.parts, s.revisions = append(s.streams, at.stream), append(s.parts, at.part), append(s.revisions, int64(e.Revision))
		}
	}
	return s
}

// spansKept is how many spans are remembered, so that the server need not look.
const spansKept = 1 << 15

// remember notes spans that were committed.
func (l *ledger) remember(s spans) {
	if l.spanned == nil || len(l.spanned)+len(s.lying) > spansKept {
		l.spanned = map[span]bool{}
	}
	maps.Copy(l.spanned, s.lying)
}

// spansOf compares a partition's rows with what ledger_spans has of it.
const spansOf = `
select coalesce(kept.stream, said.stream), coalesce(kept.revision, 0), coalesce(said.revision, 0)
from (select stream, min(revision) as revision from %s group by stream) kept
full join (select stream, revision from ledger_spans where part = $1) said on kept.stream = said.stream
where kept.revision is distinct from said.revision`

// oddSpans yields a fault for each row of ledger_spans that is not as the records
// lie, or is missing, and reports whether to go on.
func oddSpans(ctx context.Context, tx pgx.Tx, yield func(eventstore.Indexing, error) bool) (on bool, err error) {
	told := func(why string, args ...any) {
		on = yield(eventstore.Indexing{}, &eventstore.Fault{Place: "ledger_spans", Why: fmt.Sprintf(why, args...)})
	}
	l, _, err := oddPartitions(ctx, tx)
	if err != nil {
		return false, err
	}
	on = true
	var part, stream, lies, said int64
	each := func(do func(), into []any, query string, args ...any) {
		if err != nil || !on {
			return
		}
		var rows pgx.Rows
		if rows, err = tx.Query(ctx, query, args...); err != nil {
			return
		}
		defer rows.Close()
		for on && rows.Next() {
			if err = rows.Scan(into...); err != nil {
				return
			}
			do()
		}
		err = rows.Err()
	}
	for _, part := range l.parts {
		each(func() {
			told("第 %d 条流在 %s 的首个版次是 %d，表中记为 %d（0 为没有）", stream, table(part), lies, said)
		},
			[]any{&stream, &lies, &said}, fmt.Sprintf(spansOf, table(part)), part)
	}
	each(func() { told("第 %d 条流记着分区 %s，账本没有", stream, table(part)) },
		[]any{&stream, &part}, `select stream, part from ledger_spans where part <> all($1)`, l.parts)
	return on, err
}
