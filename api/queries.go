package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// Fresh asks that the answer be no older than a position: that of the caller's
// own change.
type Fresh struct {
	Header eventstore.Position `header:"Ledger-Position" doc:"答复不早于这个账本位置"`
	After  eventstore.Position `query:"after" doc:"同 Ledger-Position"`
}

func (f Fresh) position() eventstore.Position { return max(f.Header, f.After) }

// found is the answer to every question.
type found[T any] struct {
	Position eventstore.Position `header:"Ledger-Position" doc:"答复所据的账本位置"`
	ETag     string              `header:"ETag" doc:"这一项的版本：改变它时写进 If-Match"`
	Body     T
}

// query offers a question at /api/v1/<path>. Where the request names one stream,
// the answer carries its revision.
func query[I, T any](s *Server, api huma.API, path, name, title string, ask func(context.Context, *I) (T, error)) {
	huma.Register(api, huma.Operation{
		OperationID: name, Method: http.MethodGet, Path: "/api/v1/" + path, Tags: []string{noun(name)}, Summary: title,
		Errors: []int{400, 401, 403, 404, 422, 503},
	}, func(ctx context.Context, in *I) (*found[T], error) {
		out := new(found[T])
		if err := s.prepare(ctx, in, &out.ETag); err != nil {
			return nil, s.problem(ctx, err)
		}
		out.Position = s.reached(ctx)
		var err error
		if out.Body, err = ask(ctx, in); err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}

// prepare waits until the tables are as new as the request asks for, and at
// least as new as the revision it is told.
func (s *Server) prepare(ctx context.Context, in any, tag *string) error {
	var until eventstore.Position
	if f, ok := in.(interface{ position() eventstore.Position }); ok {
		until = f.position()
	}
	if one, ok := in.(interface{ stream() string }); ok {
		revision, last, err := s.revision(ctx, one.stream())
		if err != nil {
			return err
		}
		if revision > 0 {
			*tag = etag(revision)
		}
		until = max(until, last)
	}
	return s.waitFor(ctx, until)
}

// waitFor waits for the tables to reach a position there is.
func (s *Server) waitFor(ctx context.Context, until eventstore.Position) error {
	if until == 0 {
		return nil
	}
	head, err := s.Store.Head(ctx)
	if err != nil {
		return err
	}
	if until > head {
		return domain.Refusal{Code: "request.position-to-come", Reason: "账本只到位置 " + strconv.FormatUint(uint64(head), 10)}
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = s.Runner.WaitFor(waiting, until)
	if err != nil && ctx.Err() == nil {
		s.Log.ErrorContext(ctx, "tables are behind", "request", requestID(ctx), "until", until, "err", err)
		return &Problem{
			Status: http.StatusServiceUnavailable, Title: "暂不能答复", Code: "ledger.behind", Wait: 5,
			Reason: "查询所用的表还没有读到位置 " + strconv.FormatUint(uint64(until), 10) + "，稍后再试",
		}
	}
	return err
}

// revision is where a stream stands, and the position of its last record.
func (s *Server) revision(ctx context.Context, stream string) (at eventstore.Revision, last eventstore.Position, err error) {
	for r, err := range s.Store.ReadStream(ctx, stream, 0) {
		if err != nil {
			return 0, 0, err
		}
		at, last = r.Revision, r.Position
	}
	return at, last, nil
}

// moment reads ?at=: a position, a moment, or a day, of which it is the end.
// Zero means now.
func (s *Server) moment(ctx context.Context, text string) (eventstore.Position, error) {
	if text == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(text, 10, 63); err == nil && n > 0 {
		return eventstore.Position(n), s.waitFor(ctx, eventstore.Position(n))
	}
	var t time.Time
	if day := domain.Day(text); day.Valid() {
		t = day.AddDays(1).Time().Add(-time.Nanosecond)
	} else if parsed, err := time.Parse(time.RFC3339Nano, text); err == nil {
		t = parsed
	} else {
		return 0, domain.Refusal{Code: "request.malformed-moment", Reason: "at 应为账本位置、日期或时刻，如 48214、2026-03-31、2026-03-31T09:00:00+08:00"}
	}
	at, err := s.Views.PositionAt(ctx, t)
	if err == nil && at == 0 {
		return 0, domain.Refusal{Code: "request.before-the-ledger", Reason: "那时账本还没有记录"}
	}
	return at, err
}
