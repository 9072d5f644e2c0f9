package api

import (
	"context"
	"math/big"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/goal"
	"wenxiao/domain/programme"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
	"wenxiao/eventstore"
)

func (s *Server) fileEvaluation(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd evaluation.FileSelf) (eventstore.Appended, error) {
	o, p, err := s.orderOn(ctx, who, "evaluation.file", selfStream(code, year), seen, code, cmd)
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
	cmd.By, cmd.Today, cmd.Ended = who.Actor(), s.today(), ended(p, year)
	cmd.Indicators, cmd.Attained = g.state.Approved.Indicators, attained(cmd.Rows)
	cmd.Explain = o.rulebook.Scoring.Over.Threshold.Value
	o.basis = known(restsOn(g), cmd.Ended.Event)
	return carryOut(ctx, s, o, evaluation.Stored, cmd)
}

// restsOn is the event that approved the goal, if any did.
func restsOn(g history[goal.State]) string { return g.ids["goal.approved.v1"] }

// ended says whether the programme left the register within the year.
func ended(p history[programme.State], year domain.FiscalYear) domain.Fact {
	if p.state.Status != programme.Ended || p.state.EndedOn.Year() != year {
		return domain.Fact{}
	}
	return domain.Fact{Event: p.ids["programme.exited.v1"], Holds: true, Text: "项目已于 " + string(p.state.EndedOn) + " 退出"}
}

// attained is actual ÷ target by row, half-up to four places, where both cells
// hold one number of the same unit and more is not worse.
func attained(rows []evaluation.Row) map[string]domain.Decimal {
	shares := map[string]domain.Decimal{}
	for _, row := range rows {
		target, actual := scoring.Read(row.Target), scoring.Read(row.Actual)
		comparable := target.Nature == scoring.Number && actual.Nature == scoring.Number && target.Unit == actual.Unit
		if !comparable || target.Sign == scoring.AtMost || target.Sign == scoring.Below || target.Number.Sign() <= 0 {
			continue
		}
		shares[row.Row] = domain.HalfUp(new(big.Rat).Quo(actual.Number, target.Number), 4)
	}
	return shares
}

// checkEvaluation recomputes the version under a rulebook, the one in force
// unless another is named, and records what it found. What the command says of
// scores and findings is not read.
func (s *Server) checkEvaluation(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd evaluation.Check) (eventstore.Appended, error) {
	o, e, err := s.orderOnEvaluation(ctx, who, "evaluation.check", code, year, seen, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if cmd.Rulebook != "" {
		book, ok := rulebook.Get(cmd.Rulebook)
		if !ok {
			return eventstore.Appended{}, noSuchRulebook("/rulebook", cmd.Rulebook)
		}
		o.rulebook = book
	}
	if e.state.Status == evaluation.NotFiled {
		return carryOut(ctx, s, o, evaluation.Stored, cmd) // which says so
	}
	result, err := Recompute(e.state.Current, o.rulebook)
	if err != nil {
		return eventstore.Appended{}, err
	}
	cmd.By, cmd.Rulebook = who.Actor(), o.rulebook.Ref()
	cmd.Printed, cmd.Computed, cmd.Findings = result.Total.Printed, result.Total.Computed, evaluation.FindingsOf(result)
	o.basis = known(e.ids["evaluation.self-filed.v1"])
	return carryOut(ctx, s, o, evaluation.Stored, cmd)
}

func (s *Server) returnEvaluation(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd evaluation.Return) (eventstore.Appended, error) {
	o, e, err := s.orderOnEvaluation(ctx, who, "evaluation.return", code, year, seen, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	cmd.By = who.Actor()
	o.basis = known(e.ids["evaluation.checked.v1"])
	return carryOut(ctx, s, o, evaluation.Stored, cmd)
}

func (s *Server) finaliseEvaluation(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd evaluation.Finalise) (eventstore.Appended, error) {
	o, e, err := s.orderOnEvaluation(ctx, who, "evaluation.finalise", code, year, seen, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if e.state.Check != nil { // graded by the rules it was checked by
		if book, ok := rulebook.Get(e.state.Check.Rulebook); ok {
			o.rulebook = book
		}
	}
	cmd.By, cmd.ByBands = who.Actor(), o.rulebook.Grade(cmd.Score)
	o.basis = known(e.ids["evaluation.checked.v1"])
	return carryOut(ctx, s, o, evaluation.Stored, cmd)
}

func (s *Server) feedBack(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd evaluation.FeedBack) (eventstore.Appended, error) {
	o, e, err := s.orderOnEvaluation(ctx, who, "evaluation.feed-back", code, year, seen, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	o.basis = known(e.ids["evaluation.finalised.v1"])
	return carryOut(ctx, s, o, evaluation.Stored, cmd)
}

func (s *Server) orderOnEvaluation(ctx context.Context, who Who, name string, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd evaluation.Command) (order, history[evaluation.State], error) {
	o, _, err := s.orderOn(ctx, who, name, selfStream(code, year), seen, code, cmd)
	if err != nil {
		return order{}, history[evaluation.State]{}, err
	}
	e, err := s.evaluation(ctx, code, year)
	return o, e, err
}

// evaluation recalls the self-evaluation of a programme's year.
func (s *Server) evaluation(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) (history[evaluation.State], error) {
	return recall[evaluation.State](ctx, s, evaluation.Stored, selfStream(code, year), time.Time{})
}

func selfStream(code domain.ProgrammeCode, year domain.FiscalYear) string {
	return evaluation.Stream(evaluation.SelfID(code, year))
}

func noSuchRulebook(field, name string) domain.Refusal {
	return domain.Refusal{Code: "rulebook.unknown", Field: field, Reason: "没有名为“" + name + "”的规则册"}
}
