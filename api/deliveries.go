package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"wenxiao/eventstore"
	"wenxiao/projections"
	"wenxiao/projections/relay"
)

// Deliveries is what goes to other systems: how far each is, and what it would
// not take.
type Deliveries struct {
	Targets  []relay.Standing `json:"targets"`
	Failures []relay.Failure  `json:"failures" doc:"最近的在前，至多 200 件"`
	Acts     []relay.Act      `json:"acts" doc:"最近的在前，至多 20 次"`
}

type deliveriesOf struct {
	Target string `query:"target" doc:"只列这一个目标的失败"`
}

func (s *Server) askDeliveries(ctx context.Context, in *deliveriesOf) (d Deliveries, err error) {
	d = Deliveries{Targets: []relay.Standing{}, Failures: []relay.Failure{}, Acts: []relay.Act{}}
	if err := seesExchanges(ctx); err != nil || s.Deliveries == nil {
		return d, err
	}
	head, err := s.Store.Head(ctx)
	if err != nil {
		return d, err
	}
	if d.Targets, err = s.Deliveries.Targets(ctx, head); err != nil {
		return d, err
	}
	if d.Failures, err = s.Deliveries.Failures(ctx, in.Target, 200); err != nil {
		return d, err
	}
	d.Acts, err = s.Deliveries.Acts(ctx, 20)
	return d, err
}

// again has a failed event sent to its target once more.
func (s *Server) again(ctx context.Context, who Who, target string, position eventstore.Position) error {
	return s.ordering(ctx, who, "delivery.again", target, position, func() error {
		return s.Deliveries.Again(ctx, named(who), target, position)
	})
}

// from has everything from a position on sent to a target again.
func (s *Server) from(ctx context.Context, who Who, target string, position eventstore.Position) error {
	return s.ordering(ctx, who, "delivery.from", target, position, func() error {
		head, err := s.Store.Head(ctx)
		if err != nil {
			return err
		}
		return s.Deliveries.From(ctx, named(who), target, position, head)
	})
}

// named is who orders, by name and id.
func named(who Who) string { return who.Name + "（" + who.Person + "）" }

func (s *Server) ordering(ctx context.Context, who Who, name, target string, position eventstore.Position, do func() error) error {
	if err := operates(who.Account, name); err != nil {
		return err
	}
	if s.Deliveries == nil {
		return projections.ErrNotFound
	}
	if err := do(); err != nil {
		return err
	}
	s.Log.InfoContext(ctx, name, "request", requestID(ctx), "username", who.Username, "target", target, "position", position)
	return nil
}

type deliveryOrder struct {
	Target string `path:"target" doc:"推送目标"`
	Body   struct {
		Position eventstore.Position `json:"position" minimum:"1" doc:"账本位置"`
	}
}

// operationOn offers an operation at a POST address; its answer has no content.
func operationOn[I any](s *Server, a huma.API, path, name string, do func(context.Context, Who, *I) error) {
	huma.Register(a, huma.Operation{
		OperationID: name, Method: http.MethodPost, Path: "/api/v1/" + path, Tags: []string{noun(name)}, Summary: operations[name].title,
		DefaultStatus: http.StatusNoContent, MaxBodyBytes: -1, BodyReadTimeout: bodyTimeout, Errors: []int{400, 401, 403, 404, 422, 503},
	}, func(ctx context.Context, in *I) (*struct{}, error) {
		who, ok := whoIn(ctx)
		if !ok {
			return nil, s.problem(ctx, errSignedOut)
		}
		if err := do(ctx, who, in); err != nil {
			return nil, s.problem(ctx, err)
		}
		return nil, nil //nolint:nilnil // no content
	})
}

func (s *Server) deliveryOperations(a huma.API) {
	query(s, a, "deliveries", "delivery.list", "对外推送：各目标的进度、滞后和失败", s.askDeliveries)
	operationOn(s, a, "deliveries/{target}/again", "delivery.again", func(ctx context.Context, who Who, in *deliveryOrder) error {
		return s.again(ctx, who, in.Target, in.Body.Position)
	})
	operationOn(s, a, "deliveries/{target}/from", "delivery.from", func(ctx context.Context, who Who, in *deliveryOrder) error {
		return s.from(ctx, who, in.Target, in.Body.Position)
	})
}
