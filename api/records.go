package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/projections"
	"wenxiao/projections/relay"
)

type recordOf struct {
	ID string `path:"id" doc:"账本位置，或事件编号"`
}

// Record is one record with its two byte strings as they are kept, as texts:
// hashing them gives what the ledger says.
type Record struct {
	Position eventstore.Position `json:"position"`
	eventstore.Header
	Late     bool            `json:"late" doc:"补录：发生在入账前的某一天"`
	Event    json.RawMessage `json:"event" doc:"事件内容"`
	Envelope string          `json:"envelope" doc:"信封的原文，逐字节"`
	Data     string          `json:"data" doc:"内容的原文，逐字节；其 SHA-256 即 dataHash"`
}

func (s *Server) askRecord(ctx context.Context, in *recordOf) (Record, error) {
	r, err := s.recordNamed(ctx, in.ID)
	if err != nil {
		return Record{}, err
	}
	return Record{Position: r.Position, Header: r.Header, Late: r.Late(), Event: r.Data, Envelope: string(r.Envelope), Data: string(r.Data)}, nil
}

// recordNamed finds a record by its position or its id.
func (s *Server) recordNamed(ctx context.Context, name string) (eventstore.Record, error) {
	if at, err := strconv.ParseUint(name, 10, 63); err == nil {
		return s.record(ctx, eventstore.Position(at))
	}
	if uuid.Validate(name) != nil {
		return eventstore.Record{}, domain.Refusal{Code: "request.malformed-record", Reason: "“" + name + "”既不是账本位置，也不是事件编号"}
	}
	return s.recordWithID(ctx, name)
}

// recordWithID finds a record by halving: ids carry the time they were given and
// grow with the ledger. Where a clock was once set back they do not, and the
// ledger is read from the start.
func (s *Server) recordWithID(ctx context.Context, id string) (eventstore.Record, error) {
	high, err := s.Store.Head(ctx)
	if err != nil {
		return eventstore.Record{}, err
	}
	for low := eventstore.Position(1); low <= high; {
		middle := low + (high-low)/2
		r, err := s.record(ctx, middle)
		switch {
		case err != nil || r.ID == id:
			return r, err
		case r.ID < id:
			low = middle + 1
		default:
			high = middle - 1
		}
	}
	for r, err := range s.Store.ReadAll(ctx, 0) {
		if err != nil || r.ID == id {
			return r, err
		}
	}
	return eventstore.Record{}, projections.ErrNotFound
}

// record returns the record at a position.
func (s *Server) record(ctx context.Context, at eventstore.Position) (eventstore.Record, error) {
	if at == 0 {
		return eventstore.Record{}, projections.ErrNotFound
	}
	for r, err := range s.Store.ReadAll(ctx, at-1) {
		if err == nil && r.Position != at {
			break
		}
		return r, err
	}
	return eventstore.Record{}, projections.ErrNotFound
}

type feedOf struct {
	After eventstore.Position `query:"after" doc:"从这个账本位置之后读起；不写即从头"`
	Limit int                 `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type feed struct {
	ContentType string              `header:"Content-Type"`
	Position    eventstore.Position `header:"Ledger-Position" doc:"账本现在的位置"`
	Link        string              `header:"Link" doc:"rel=next：往下读的地址"`
	Body        []relay.CloudEvent
}

// events hands out the ledger in order, a batch at a time. The address of the
// next batch comes with each, also when there is nothing yet: asking again there
// follows the ledger.
func (s *Server) events(ctx context.Context, in *feedOf) (*feed, error) {
	head, err := s.Store.Head(ctx)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	out := &feed{ContentType: "application/cloudevents-batch+json", Position: head, Body: []relay.CloudEvent{}}
	last := in.After
	for r, err := range s.Store.ReadAll(ctx, in.After) {
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		out.Body, last = append(out.Body, relay.NewCloudEvent(r)), r.Position
		if len(out.Body) == in.Limit {
			break
		}
	}
	out.Link = "</api/v1/events?after=" + strconv.FormatUint(uint64(last), 10) + "&limit=" + strconv.Itoa(in.Limit) + `>; rel="next"`
	return out, nil
}

// recordQueries are those that answer with the ledger itself.
func (s *Server) recordQueries(a huma.API) {
	query(s, a, "records/{id}", "record.one", "一条记录：信封与内容的原文", s.askRecord)
	huma.Register(a, huma.Operation{
		OperationID: "record.events", Method: http.MethodGet, Path: "/api/v1/events", Tags: []string{"record"},
		Summary: "依次取全部记录（CloudEvents）", Errors: []int{400, 401, 422, 503},
	}, s.events)
}
