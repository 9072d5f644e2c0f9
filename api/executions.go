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
	cmd.Goal, cmd.Approved, cmd.Exited = approved(g), g.state.Amount, exited(p)
	o.basis = known(cmd.Goal.Event)
	return carryOut(ctx, s, o, execution.Stored, cmd)
}

func (s *Server) adjustBudget(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd execution.AdjustBudget) (eventstore.Appended, error) {
	o, p, err := s.orderOn(ctx, who, "execution.adjust-budget", execution.Stream(code, year), seen, code, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	g, err := s.goal(ctx, code, year)
	if err != nil {
		return eventstore.Appended{}, err
	}
	cmd.Goal, cmd.Exited = adjusted(g, cmd.Amount), exited(p)
	o.basis = known(cmd.Goal.Event)
	return carryOut(ctx, s, o, execution.Stored, cmd)
}

// adjusted says whether the goal is approved with this amount. A budget that
// changes goes the whole way with its goal, filed, reviewed and approved (忻州办法
// 第十九条、第二十四条): money followed by a goal that is then returned would be
// money on no approved goal.
func adjusted(g history[goal.State], amount domain.Money) domain.Fact {
	fact := approved(g)
	if fact.Holds && g.state.Amount != amount {
		fact.Holds = false
		fact.Text += fmt.Sprintf("，预算 %s 万元", g.state.Amount.Wan())
	}
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
	if err := s.ofPayment(ctx, o.stream, cmd.Corrects, cmd.Payment); err != nil {
		return eventstore.Appended{}, err
	}
	return carryOut(ctx, s, o, execution.Stored, cmd)
}

// ofPayment refuses a correction that names another event than one that said how
// much the payment was. An empty id is the aggregate's to refuse.
func (s *Server) ofPayment(ctx context.Context, stream, event, payment string) error {
	if event == "" {
		return nil
	}
	for r, err := range s.Store.ReadStream(ctx, stream, 0) {
		if err != nil {
			return err
		}
		if r.ID != event {
			continue
		}
		e, err := execution.Stored.Decode(r.Type, r.Data)
		if err != nil {
			return err
		}
		switch e := e.(type) {
		case execution.Paid:
			if e.Payment == payment {
				return nil
			}
		case execution.PaymentCorrected:
			if e.Payment == payment {
				return nil
			}
		}
		return domain.Refusal{Code: "request.corrects-another", Field: "/corrects", Reason: "编号为 " + event + " 的记录不是支付 " + payment + " 的，不能由它更正"}
	}
	return correctsUnknown(event)
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
