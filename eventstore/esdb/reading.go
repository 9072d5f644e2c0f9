package esdb

import (
	"context"
	"slices"
	"sync"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"wenxiao/eventstore"
)

const (
	// nearby is how many events may lie between two wanted ones for one read to
	// fetch both.
	nearby = 32

	// atOnce is how many reads a page may have under way.
	atOnce = 8

	mostParts = eventstore.MaxData/partBytes + 1
)

// A span is records that one read fetches.
type span struct {
	positions []eventstore.Position
	at        []uint64
	rows      []eventstore.Row
}

// page fetches the records at positions, the first revisions of whose events are
// at. It may end early, after enough bytes.
func (s *Store) page(ctx context.Context, positions []eventstore.Position, at []uint64, more bool, place func(i int) uint64) (eventstore.Page, error) {
	spans := cut(positions, at)
	if err := s.fetch(ctx, spans); err != nil {
		return eventstore.Page{}, s.told(ctx, err)
	}
	page, bytes := eventstore.Page{More: more}, 0
	for _, sp := range spans {
		for _, row := range sp.rows {
			row.Place = place(len(page.Rows))
			page.Rows = append(page.Rows, row)
			bytes += len(row.Envelope) + len(row.Data)
		}
		if len(sp.rows) < len(sp.positions) || bytes >= eventstore.PageBytes {
			break
		}
	}
	page.More = more || len(page.Rows) < len(positions)
	return page, nil
}

func cut(positions []eventstore.Position, at []uint64) (spans []*span) {
	from := 0
	for i := range positions {
		if last := i == len(positions)-1; last || at[i+1]-at[i] > nearby {
			spans = append(spans, &span{positions: positions[from : i+1], at: at[from : i+1]})
			from = i + 1
		}
	}
	return spans
}

func (s *Store) fetch(ctx context.Context, spans []*span) error {
	if len(spans) == 1 {
		return s.fetchSpan(ctx, spans[0])
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for _, sp := range spans {
		places <- struct{}{}
		all.Go(func() {
			if err := s.fetchSpan(ctx, sp); err != nil {
				cancel(err)
			}
			<-places
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

func (s *Store) fetchSpan(ctx context.Context, sp *span) error {
	if s.remembered(sp) {
		return nil
	}
	return again(ctx, func() error {
		rows, err := s.readSpan(ctx, sp)
		sp.rows = rows
		return err
	})
}

func (s *Store) remembered(sp *span) bool {
	for _, p := range sp.positions {
		row, ok := s.index.get(p)
		if !ok {
			sp.rows = nil
			return false
		}
		sp.rows = append(sp.rows, row)
	}
	return true
}

func (s *Store) readSpan(ctx context.Context, sp *span) ([]eventstore.Row, error) {
	first, last := sp.at[0], sp.at[len(sp.at)-1]
	got := make(chan []eventstore.Row, 1) // the reading may be given up and go on
	err := s.server.read(ctx, s.stream, first, last-first+1+mostParts, collect(sp, got))
	if err != nil {
		return nil, err
	}
	select {
	case rows := <-got:
		return rows, nil
	default:
		return nil, eventstore.ErrDamaged // the stream ended before what it had
	}
}

// collect takes the records of a span, and sends them when it has them all, or
// enough.
func collect(sp *span, got chan<- []eventstore.Row) func(*esdb.RecordedEvent) (bool, error) {
	var rows []eventstore.Row
	var parts []byte
	bytes := 0
	return func(e *esdb.RecordedEvent) (bool, error) {
		n := len(rows)
		if e.EventNumber < sp.at[n] {
			return true, nil
		}
		if e.EventType == partType {
			parts = append(parts, e.Data...)
			return true, nil
		}
		data := e.Data
		if len(parts) > 0 {
			data, parts = append(parts, data...), nil
		}
		rows = append(rows, eventstore.Row{Position: sp.positions[n], Envelope: e.UserMetadata, Data: data})
		bytes += len(e.UserMetadata) + len(data)
		if len(rows) == len(sp.positions) || bytes >= eventstore.PageBytes {
			got <- slices.Clip(rows)
			return false, nil
		}
		return true, nil
	}
}
