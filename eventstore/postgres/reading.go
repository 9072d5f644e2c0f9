package postgres

import (
	"context"
	"iter"

	"wenxiao/eventstore"
)

// A page ends early by what its rows weigh, and the server knows that without
// reading the large ones: a client that stopped half-way would be sent the rest.
const (
	readStream = `select position, revision, envelope, data from (
		select position, revision, envelope, data, sum(octet_length(envelope) + octet_length(data)) over (order by revision) as bytes
		from ledger_events where stream = (select number from ledger_streams where name = $4) and revision > $1 order by revision limit $2
	) page where bytes - octet_length(envelope) - octet_length(data) < $3 order by revision`

	readAll = `select position, position, envelope, data from (
		select position, envelope, data, sum(octet_length(envelope) + octet_length(data)) over (order by position) as bytes
		from ledger_events where position > $1 order by position limit $2
	) page where bytes - octet_length(envelope) - octet_length(data) < $3 order by position`
)

func (s *Store) ReadStream(ctx context.Context, stream string, after eventstore.Revision) iter.Seq2[eventstore.Record, error] {
	return eventstore.Pages(ctx, uint64(after), func(ctx context.Context, after uint64, limit int) (eventstore.Page, error) {
		return s.page(ctx, limit, readStream, int64(after), limit, eventstore.PageBytes, stream)
	})
}

func (s *Store) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return eventstore.Pages(ctx, uint64(after), func(ctx context.Context, after uint64, limit int) (eventstore.Page, error) {
		return s.page(ctx, limit, readAll, int64(after), limit, eventstore.PageBytes)
	})
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
