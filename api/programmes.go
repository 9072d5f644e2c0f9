package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/programme"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
)

func (s *Server) registerProgramme(ctx context.Context, who Who, code domain.ProgrammeCode, seen eventstore.Revision, cmd programme.Register) (eventstore.Appended, error) {
	o, err := who.order("programme.register", programme.Stream(code), seen, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if cmd.Code, err = agree("/code", code, cmd.Code); err != nil {
		return eventstore.Appended{}, err
	}
	if err := s.notReal(ctx, cmd.Unit, cmd.Department); err != nil {
		return eventstore.Appended{}, err
	}
	o.about = Concern{cmd.Unit, cmd.Department}
	if err := s.allowed(ctx, o); err != nil {
		return eventstore.Appended{}, err
	}
	if err := s.underItsOwn(ctx, cmd.Unit, cmd.Department); err != nil {
		return eventstore.Appended{}, err
	}
	o.rulebook = inForce(cmd.Jurisdiction, s.day(who))
	return carryOut(ctx, s, o, programme.Stored, cmd)
}

// underItsOwn refuses a department that is not over the budgetary unit in the
// register of units. Who is named there reviews the programme's goals: a unit
// does not choose, and a department does not take another's.
func (s *Server) underItsOwn(ctx context.Context, code, department domain.UnitCode) error {
	u, err := recall[unit.State](ctx, s, unit.Stored, unit.Stream(code), time.Time{})
	if err != nil {
		return err
	}
	if u.state.Kind != unit.Budgetary || u.state.Parent == "" || u.state.Parent == department {
		return nil
	}
	return domain.Refusal{
		Code: "programme.not-its-department", Field: "/department", Basis: "忻州办法 第五条",
		Reason: fmt.Sprintf("%s 登记的主管部门是 %s，不是 %s", code, u.state.Parent, department),
	}
}

func (s *Server) assignResponsible(ctx context.Context, who Who, code domain.ProgrammeCode, seen eventstore.Revision, cmd programme.AssignResponsible) (eventstore.Appended, error) {
	cmd.Today = s.today()
	return s.onProgramme(ctx, who, "programme.assign-responsible", code, seen, cmd)
}

func (s *Server) handOver(ctx context.Context, who Who, code domain.ProgrammeCode, seen eventstore.Revision, cmd programme.HandOver) (eventstore.Appended, error) {
	cmd.Today = s.today()
	return s.onProgramme(ctx, who, "programme.hand-over", code, seen, cmd)
}

func (s *Server) markMajor(ctx context.Context, who Who, code domain.ProgrammeCode, seen eventstore.Revision, cmd programme.MarkMajor) (eventstore.Appended, error) {
	return s.onProgramme(ctx, who, "programme.mark-major", code, seen, cmd)
}

func (s *Server) correctProgramme(ctx context.Context, who Who, code domain.ProgrammeCode, seen eventstore.Revision, cmd programme.Correct) (eventstore.Appended, error) {
	o, _, err := s.orderOn(ctx, who, "programme.correct", programme.Stream(code), seen, code, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if err := s.inStream(ctx, o.stream, cmd.Corrects); err != nil {
		return eventstore.Appended{}, err
	}
	return carryOut(ctx, s, o, programme.Stored, cmd)
}

func (s *Server) exitProgramme(ctx context.Context, who Who, code domain.ProgrammeCode, seen eventstore.Revision, cmd programme.Exit) (eventstore.Appended, error) {
	cmd.Today = s.today()
	return s.onProgramme(ctx, who, "programme.exit", code, seen, cmd)
}

// onProgramme carries out a command on a programme that exists.
func (s *Server) onProgramme(ctx context.Context, who Who, name string, code domain.ProgrammeCode, seen eventstore.Revision, cmd programme.Command) (eventstore.Appended, error) {
	o, _, err := s.orderOn(ctx, who, name, programme.Stream(code), seen, code, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	return carryOut(ctx, s, o, programme.Stored, cmd)
}

// orderOn begins a command in the affairs of a programme, and refuses it before
// anything else is read, or said, where the account may not give it.
func (s *Server) orderOn(ctx context.Context, who Who, name, stream string, seen eventstore.Revision, code domain.ProgrammeCode, cmd any) (order, history[programme.State], error) {
	o, p, err := s.about(ctx, who, name, stream, seen, code, cmd)
	if err == nil {
		err = s.allowed(ctx, o)
	}
	return o, p, err
}

// about begins a command: the programme's unit and department say whose affair it
// is, its jurisdiction by which rules.
func (s *Server) about(ctx context.Context, who Who, name, stream string, seen eventstore.Revision, code domain.ProgrammeCode, cmd any) (o order, p history[programme.State], err error) {
	if o, err = who.order(name, stream, seen, cmd); err != nil {
		return o, p, err
	}
	if p, err = recall[programme.State](ctx, s, programme.Stored, programme.Stream(code), time.Time{}); err != nil {
		return o, p, err
	}
	if p.state.Status == programme.Unregistered {
		return o, p, domain.Refusal{Code: "programme.not-registered", Reason: "项目 " + string(code) + " 尚未登记"}
	}
	o.about = Concern{p.state.Unit, p.state.Department}
	o.rulebook = inForce(p.state.Jurisdiction, s.day(who))
	return o, p, s.notAttested(p.state.Source)
}

// notAttested refuses, in the demonstration, to act on what a published table
// attests: it names real bodies, and nothing invented may be done in their name.
func (s *Server) notAttested(source *domain.Source) error {
	if s.Demo && source != nil {
		return Denied{Code: "demo.real-body", Rule: "这个项目或单位取自真实单位的公开表，演示只核算、不办理；要试办，到示例市的项目"}
	}
	return nil
}

// notReal refuses, in the demonstration, to act on the units that published
// tables name.
func (s *Server) notReal(ctx context.Context, units ...domain.UnitCode) error {
	if !s.Demo {
		return nil
	}
	all, err := s.Views.Units(ctx)
	if err != nil {
		return err
	}
	for _, u := range all {
		if slices.Contains(units, u.Code) {
			if err := s.notAttested(u.Source); err != nil {
				return err
			}
		}
	}
	return nil
}

// agree returns what the address says. A body may leave it out, and may not say
// otherwise.
func agree[T comparable](field string, address, body T) (T, error) {
	var none T
	if body != none && body != address {
		return none, domain.Refusal{Code: "request.address-differs", Field: field, Reason: "与请求地址所指的不是同一项"}
	}
	return address, nil
}
