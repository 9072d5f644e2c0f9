package api

import (
	"context"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

type replayOf struct {
	OfYear
	At string `query:"at" doc:"位置、日期或时刻；不写即现在"`
}

func (s *Server) askReplay(ctx context.Context, in *replayOf) (projections.Moment, error) {
	at, err := s.moment(ctx, in.At)
	if err != nil {
		return projections.Moment{}, err
	}
	records, err := s.past(ctx, in.Code, in.Year)
	if err != nil {
		return projections.Moment{}, err
	}
	return projections.MomentAt(records, in.Year, at)
}

type diffOf struct {
	OfYear
	From string `query:"from" required:"true" doc:"位置、日期或时刻"`
	To   string `query:"to" doc:"不写即现在"`
}

func (s *Server) askDiff(ctx context.Context, in *diffOf) ([]projections.Change, error) {
	from, err := s.moment(ctx, in.From)
	if err != nil {
		return nil, err
	}
	to, err := s.moment(ctx, in.To)
	if err != nil {
		return nil, err
	}
	records, err := s.past(ctx, in.Code, in.Year)
	if err != nil {
		return nil, err
	}
	a, err := projections.MomentAt(records, in.Year, from)
	if err != nil {
		return nil, err
	}
	b, err := projections.MomentAt(records, in.Year, to)
	if err != nil {
		return nil, err
	}
	return some(projections.Diff(a, b)), nil
}

type cellOf struct {
	OfYear
	Key string `query:"key" required:"true" doc:"如 goal/indicators/3/target"`
}

func (s *Server) askCell(ctx context.Context, in *cellOf) ([]projections.Cell, error) {
	records, err := s.past(ctx, in.Code, in.Year)
	if err != nil {
		return nil, err
	}
	cells, err := projections.History(records, in.Year, in.Key)
	return cells, orNotFound(err, len(cells))
}

// past reads everything behind a programme's year.
func (s *Server) past(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) ([]eventstore.Record, error) {
	streams, err := s.Views.YearStreams(ctx, code, year)
	if err != nil {
		return nil, err
	}
	records, err := projections.ReadHistory(ctx, s.Store, streams)
	return records, orNotFound(err, len(records))
}

// some is a list that is never null.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
