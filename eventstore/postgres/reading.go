package postgres

import (
	"context"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"

	"wenxiao/eventstore"
)

// A page ends early by what its rows weigh, and the server knows that without
// reading the large ones: a client that stopped half-way would be sent the rest.
// Pages are read from partitions by their names, of all at most one and the one
// behind it: to find the right ones by itself the server would open every one.
const (
	readStream = `select position, revision, envelope, data from (
		select position, revision, envelope, data, sum(octet_length(envelope) + octet_length(data)) over (order by revision) as bytes
		from %s where stream = $4 and revision > $1 order by revision limit $2
	) page where bytes - octet_length(envelope) - octet_length(data) < $3 order by revision`

	readAll = `select position, position, envelope, data from (
		select position, envelope, data, sum(octet_length(envelope) + octet_length(data)) over (order by position) as bytes
		from %s where position > $1 order by position limit $2
	) page where bytes - octet_length(envelope) - octet_length(data) < $3 order by position`

	readSpans = `select stream, part, revision from ledger_spans where stream = (select number from ledger_streams where name = $1) order by part`
)

func (s *Store) ReadStream(ctx context.Context, stream string, after eventstore.Revision) iter.Seq2[eventstore.Record, error] {
	return eventstore.Pages(ctx, uint64(after), func(ctx context.Context, after uint64, limit int) (eventstore.Page, error) {
		return s.streamPage(ctx, stream, int64(after), limit)
	})
}

// streamPage reads on in the partition that has the stream's next record.
func (s *Store) streamPage(ctx context.Context, stream string, after int64, limit int) (page eventstore.Page, err error) {
	number, parts, err := s.spansBehind(ctx, stream, after)
	for i, part := range parts {
		page, err = s.page(ctx, limit, fmt.Sprintf(readStream, table(part)), after, limit, eventstore.PageBytes, number)
		if err != nil || len(page.Rows) > 0 {
			page.More = page.More || i+1 < len(parts)
			return page, err
		}
	}
	return page, err
}

// spansBehind returns the partitions with records of the stream behind a revision.
func (s *Store) spansBehind(ctx context.Context, stream string, after int64) (number int64, parts []int64, err error) {
	rows, err := s.reads.Query(ctx, readSpans, stream)
	if err != nil {
		return 0, nil, s.told(err)
	}
	var part, first int64
	_, err = pgx.ForEachRow(rows, []any{&number, &part, &first}, func() error {
		if first-1 <= after { // all before it lies before that revision
			parts = parts[:0]
		}
		parts = append(parts, part)
		return nil
	})
	return number, parts, s.told(err)
}

func (s *Store) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return eventstore.Pages(ctx, uint64(after), func(ctx context.Context, after uint64, limit int) (eventstore.Page, error) {
		return s.allPage(ctx, int64(after), limit)
	})
}

// allPage reads on in the partition that holds a position, and in the next where
// that one ends.
func (s *Store) allPage(ctx context.Context, after int64, limit int) (page eventstore.Page, err error) {
	known, err := s.laidOutAround(ctx, after)
	if err != nil {
		return page, err
	}
	for i := known.at(after); 0 <= i && i < len(known.parts) && err == nil && len(page.Rows) == 0; i += 2 {
		from := table(known.parts[i])
		if i+1 < len(known.parts) {
			from = fmt.Sprintf("(select position, envelope, data from %s union all select position, envelope, data from %s) two", from, table(known.parts[i+1]))
		}
		page, err = s.page(ctx, limit, fmt.Sprintf(readAll, from), after, limit, eventstore.PageBytes)
		if n := len(page.Rows); n > 0 { // further partitions may follow, known or not
			page.More = page.More || i+2 < len(known.parts) || !known.ahead(int64(page.Rows[n-1].Position))
		}
	}
	return page, err
}

// laidOutAround returns the layout: as it is remembered, while that has a partition
// behind the one that holds position, for there is always one ahead of the records.
func (s *Store) laidOutAround(ctx context.Context, position int64) (layout, error) {
	if known := s.layout.Load(); known != nil && known.ahead(position) {
		return *known, nil
	}
	now, err := laidOut(ctx, s.reads)
	if err == nil {
		s.layout.Store(&now)
	}
	return now, s.told(err)
}

// page reads at most limit rows of position, place, envelope and data.
func (s *Store) page(ctx context.Context, limit int, query string, args ...any) (eventstore.Page, error) {
	rows, err := s.reads.Query(ctx, query, args...)
	if err != nil {
		return eventstore.Page{}, s.told(err)
	}
	defer rows.Close()
	page, size := eventstore.Page{Rows: make([]eventstore.Row, 0, limit)}, 0
	for rows.Next() {
		var position, place int64
		var r eventstore.Row
		if err := rows.Scan(&position, &place, &r.Envelope, &r.Data); err != nil {
			return eventstore.Page{}, s.told(err)
		}
		r.Position, r.Place = eventstore.Position(position), uint64(place)
		page.Rows, size = append(page.Rows, r), size+len(r.Envelope)+len(r.Data)
	}
	page.More = len(page.Rows) == limit || size >= eventstore.PageBytes
	return page, s.told(rows.Err())
}
