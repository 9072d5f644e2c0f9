package api

import (
	"context"
	"fmt"

	"wenxiao/domain"
	"wenxiao/domain/execution"
	"wenxiao/domain/goal"
	"wenxiao/eventstore"
)

func (s *Server) setBudget(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd execution.SetBudget) (eventstore.Appended, error) {
	o, p, err := s.orderOn(ctx, who, "execution.set-budget", execution.Stream(code, year), seen, code, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if err := sameForm(&cmd.Programme, &cmd.Year, &cmd.Unit, code, year, p.state.Unit); err != nil {
		return eventstore.Appended{}, err
	}
	g, err := s.goal(ctx, code, year)
	if err != nil {
		return eventstore.Appended{}, err
	}
	cmd.Goal, cmd.Approved = approved(g), g.state.Amount
	o.basis = known(cmd.Goal.Event)
	return carryOut(ctx, s, o, execution.Stored, cmd)
}

func (s *Server) adjustBudget(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd execution.AdjustBudget) (eventstore.Appended, error) {
	o, _, err := s.orderOn(ctx, who, "execution.adjust-budget", execution.Stream(code, year), seen, code, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	g, err := s.goal(ctx, code, year)
	if err != nil {
		return eventstore.Appended{}, err
	}
	cmd.Goal = adjusted(g, cmd.Amount)
	o.basis = known(cmd.Goal.Event)
	return carryOut(ctx, s, o, execution.Stored, cmd)
}

// adjusted says whether the goal was filed for, or approved with, this amount:
// budget and goal change together (忻州办法 第十九条).
func adjusted(g history[goal.State], amount domain.Money) domain.Fact {
	fact := domain.Fact{Event: g.ids["goal.filed.v1"], Text: fmt.Sprintf("目标第 %d 版的预算是 %s 万元", g.state.Version, g.state.Current.Budget.Wan())}
	if g.state.Version == 0 {
		fact.Text = goalWords(g.state.Status)
		return fact
	}
	if g.state.Status == goal.InForce && g.state.Amount == amount {
		return domain.Fact{Event: g.ids["goal.approved.v1"], Holds: true, Text: fmt.Sprintf("目标第 %d 版随本次预算批复", g.state.ApprovedVersion)}
	}
	fact.Holds = g.state.Status != goal.WithUnit && g.state.Current.Budget == amount
	return fact
}

func (s *Server) allot(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd execution.Allot) (eventstore.Appended, error) {
	return s.onExecution(ctx, who, "execution.allot", code, year, seen, cmd)
}

func (s *Server) pay(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd execution.Pay) (eventstore.Appended, error) {
	return s.onExecution(ctx, who, "execution.pay", code, year, seen, cmd)
}

func (s *Server) correctPayment(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd execution.CorrectPayment) (eventstore.Appended, error) {
	o, _, err := s.orderOn(ctx, who, "execution.correct-payment", execution.Stream(code, year), seen, code, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if err := s.inStream(ctx, o.stream, cmd.Corrects); err != nil {
		return eventstore.Appended{}, err
	}
	return carryOut(ctx, s, o, execution.Stored, cmd)
}

func (s *Server) suspend(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd execution.Suspend) (eventstore.Appended, error) {
	o, _, err := s.orderOn(ctx, who, "execution.suspend", execution.Stream(code, year), seen, code, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if cmd.Warning != "" {
		warning, err := s.warning(ctx, code, year, cmd.Warning)
		if err != nil {
			return eventstore.Appended{}, err
		}
		o.basis = []string{warning}
	}
	return carryOut(ctx, s, o, execution.Stored, cmd)
}

func (s *Server) resume(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd execution.Resume) (eventstore.Appended, error) {
	cmd.By = who.Actor()
	return s.onExecution(ctx, who, "execution.resume", code, year, seen, cmd)
}

func (s *Server) stop(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd execution.Stop) (eventstore.Appended, error) {
	return s.onExecution(ctx, who, "execution.stop", code, year, seen, cmd)
}

func (s *Server) recallUnspent(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd execution.Recall) (eventstore.Appended, error) {
	return s.onExecution(ctx, who, "execution.recall", code, year, seen, cmd)
}

func (s *Server) recoverPayment(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd execution.Recover) (eventstore.Appended, error) {
	return s.onExecution(ctx, who, "execution.recover", code, year, seen, cmd)
}

// onExecution carries out a command on the money of a programme's year.
func (s *Server) onExecution(ctx context.Context, who Who, name string, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd execution.Command) (eventstore.Appended, error) {
	o, _, err := s.orderOn(ctx, who, name, execution.Stream(code, year), seen, code, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	return carryOut(ctx, s, o, execution.Stored, cmd)
}
