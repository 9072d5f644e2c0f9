package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/jackc/pgx/v5"

	"wenxiao/eventstore"
)

// Width is how many records a partition holds: some 50 to 100 GB with its
// indexes, which a night is enough to move or dump.
const Width = 50_000_000

// A layout is how the ledger lies in partitions, one behind the other.
type layout struct {
	width int64
	parts []int64 // first positions, ascending
	until int64   // the position behind the last partition
}

// at returns which partition holds position, or would if it were there, counted
// from 0; -1 for none.
func (l layout) at(position int64) int {
	if position >= l.until {
		return -1
	}
	return max(0, sort.Search(len(l.parts), func(i int) bool { return l.parts[i] > position })-1)
}

// ahead reports whether there is a partition behind the one that holds position.
func (l layout) ahead(position int64) bool {
	at := l.at(position)
	return at >= 0 && at+1 < len(l.parts)
}

// table is the name of the partition that begins at position first.
func table(first int64) string { return fmt.Sprintf("ledger_events_%d", first) }

// bounds are the partitions as the server has them; null where one has no such bounds.
const bounds = `
select c.relname, substring(b.text from $$FROM \('(-?\d+)'\)$$)::bigint as first, substring(b.text from $$TO \('(-?\d+)'\)$$)::bigint as until
from pg_inherits i join pg_class c on c.oid = i.inhrelid, lateral (select pg_get_expr(c.relpartbound, c.oid) as text) b
where i.inhparent = 'ledger_events'::regclass and not i.inhdetachpending order by first, until`

// laidOut reads the layout. What is odd about it is for CheckSchema to say.
func laidOut(ctx context.Context, db interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
},
) (l layout, err error) {
	rows, err := db.Query(ctx, `select h.width, p.first, p.until from ledger_head h left join (`+bounds+`) p on first < until order by first`)
	if err != nil {
		return l, err
	}
	var first, until *int64
	_, err = pgx.ForEachRow(rows, []any{&l.width, &first, &until}, func() error {
		if first != nil {
			l.parts, l.until = append(l.parts, *first), *until
		}
		return nil
	})
	return l, err
}

// makeRoom sees to it that there is a partition for every position up to the
// given one, and one more, ahead of need: should the server refuse that one, as
// while another session holds the table, there is time to ask again.
func (l *ledger) makeRoom(ctx context.Context, upTo int64) error {
	needed := upTo >= l.layout.until
	if l.layout.ahead(upTo) || !needed && time.Now().Before(l.askAgain) {
		return nil
	}
	var now layout
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) (err error) {
		if !needed {
			if _, err := tx.Exec(ctx, `set local lock_timeout = '1s'`); err != nil {
				return err
			}
		}
		var epoch int64
		if err := tx.QueryRow(ctx, `select epoch from ledger_head for update`).Scan(&epoch); err != nil {
			return err
		}
		if epoch != l.epoch {
			return eventstore.ErrFenced
		}
		if now, err = laidOut(ctx, tx); err == nil {
			now, err = extend(ctx, tx, now, upTo)
		}
		return err
	})
	switch {
	case err == nil:
		l.layout = now
	case !needed && !errors.Is(err, eventstore.ErrFenced):
		l.askAgain = time.Now().Add(time.Minute)
		return nil
	}
	return err
}

// extend adds partitions until there is one behind the one that holds upTo.
func extend(ctx context.Context, tx pgx.Tx, l layout, upTo int64) (layout, error) {
	l.parts = slices.Clone(l.parts)
	for !l.ahead(upTo) {
		first := l.until
		if err := add(ctx, tx, first, first+l.width); err != nil {
			return l, err
		}
		l.parts, l.until = append(l.parts, first), first+l.width
	}
	return l, nil
}

// add makes the partition from first up to, and without, until.
func add(ctx context.Context, tx pgx.Tx, first, until int64) error {
	name := table(first)
	_, err := tx.Exec(ctx, fmt.Sprintf(`create table %[1]s (like ledger_events, primary key (position));
		create unique index %[1]s_stream on %[1]s (stream, revision);
		create unique index %[1]s_id on %[1]s (id)`, name))
	if err != nil {
		return fmt.Errorf("create partition %s: %w", name, err)
	}
	return attach(ctx, tx, first, until)
}

// attach takes a lock that neither readers nor a dump under way hold up, which
// creating a table as a partition would not.
func attach(ctx context.Context, tx pgx.Tx, first, until int64) error {
	_, err := tx.Exec(ctx, fmt.Sprintf(`alter table ledger_events attach partition %s for values from (%d) to (%d)`, table(first), first, until))
	if err != nil {
		return fmt.Errorf("attach partition %s: %w", table(first), err)
	}
	return nil
}
