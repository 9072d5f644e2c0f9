package api

import (
	"context"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
)

func (s *Server) registerUnit(ctx context.Context, who Who, code domain.UnitCode, seen eventstore.Revision, cmd unit.Register) (eventstore.Appended, error) {
	o, err := who.order("unit.register", unit.Stream(code), seen, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if cmd.Code, err = agree("/code", code, cmd.Code); err != nil {
		return eventstore.Appended{}, err
	}
	o.about = Concern{cmd.Code, cmd.Parent}
	return carryOut(ctx, s, o, unit.Stored, cmd)
}

func (s *Server) renameUnit(ctx context.Context, who Who, code domain.UnitCode, seen eventstore.Revision, cmd unit.Rename) (eventstore.Appended, error) {
	return s.onUnit(ctx, who, "unit.rename", code, seen, cmd)
}

func (s *Server) mergeUnit(ctx context.Context, who Who, code domain.UnitCode, seen eventstore.Revision, cmd unit.Merge) (eventstore.Appended, error) {
	return s.onUnit(ctx, who, "unit.merge", code, seen, cmd)
}

func (s *Server) abolishUnit(ctx context.Context, who Who, code domain.UnitCode, seen eventstore.Revision, cmd unit.Abolish) (eventstore.Appended, error) {
	return s.onUnit(ctx, who, "unit.abolish", code, seen, cmd)
}

func (s *Server) establishPost(ctx context.Context, who Who, code domain.UnitCode, seen eventstore.Revision, cmd unit.EstablishPost) (eventstore.Appended, error) {
	return s.onUnit(ctx, who, "unit.establish-post", code, seen, cmd)
}

func (s *Server) appoint(ctx context.Context, who Who, code domain.UnitCode, seen eventstore.Revision, cmd unit.Appoint) (eventstore.Appended, error) {
	return s.onUnit(ctx, who, "unit.appoint", code, seen, cmd)
}

func (s *Server) relieve(ctx context.Context, who Who, code domain.UnitCode, seen eventstore.Revision, cmd unit.Relieve) (eventstore.Appended, error) {
	return s.onUnit(ctx, who, "unit.relieve", code, seen, cmd)
}

func (s *Server) delegate(ctx context.Context, who Who, code domain.UnitCode, seen eventstore.Revision, cmd unit.Delegate) (eventstore.Appended, error) {
	return s.onUnit(ctx, who, "unit.delegate", code, seen, cmd)
}

// onUnit carries out a command on a unit that exists.
func (s *Server) onUnit(ctx context.Context, who Who, name string, code domain.UnitCode, seen eventstore.Revision, cmd unit.Command) (eventstore.Appended, error) {
	o, err := who.order(name, unit.Stream(code), seen, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	u, err := recall[unit.State](ctx, s, unit.Stored, o.stream, time.Time{})
	if err != nil {
		return eventstore.Appended{}, err
	}
	if err := s.notReal(ctx, code); err != nil {
		return eventstore.Appended{}, err
	}
	o.about = Concern{code, u.state.Parent}
	return carryOut(ctx, s, o, unit.Stored, cmd)
}
