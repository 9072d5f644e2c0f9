package api

import (
	"context"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/execution"
	"wenxiao/domain/monitoring"
	"wenxiao/domain/rulebook"
	"wenxiao/eventstore"
)

func (s *Server) takeSnapshot(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd monitoring.TakeSnapshot) (eventstore.Appended, error) {
	o, p, err := s.orderOn(ctx, who, "monitoring.take-snapshot", monitoring.Stream(code, year), seen, code, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if err := sameForm(&cmd.Programme, &cmd.Year, &cmd.Unit, code, year, p.state.Unit); err != nil {
		return eventstore.Appended{}, err
	}
	if o.basis, err = s.supply(ctx, &cmd, o.rulebook); err != nil {
		return eventstore.Appended{}, err
	}
	return carryOut(ctx, s, o, monitoring.Stored, cmd)
}

func (s *Server) correctSnapshot(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd monitoring.CorrectSnapshot) (eventstore.Appended, error) {
	o, p, err := s.orderOn(ctx, who, "monitoring.correct-snapshot", monitoring.Stream(code, year), seen, code, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if err := s.inStream(ctx, o.stream, cmd.Corrects); err != nil {
		return eventstore.Appended{}, err
	}
	table := &cmd.Snapshot
	if err := sameForm(&table.Programme, &table.Year, &table.Unit, code, year, p.state.Unit); err != nil {
		return eventstore.Appended{}, err
	}
	if o.basis, err = s.supply(ctx, table, o.rulebook); err != nil {
		return eventstore.Appended{}, err
	}
	return carryOut(ctx, s, o, monitoring.Stored, cmd)
}

// supply adds to a snapshot what other streams say: the approved goal, and the
// money to the end of its day. It returns the events it took that from.
func (s *Server) supply(ctx context.Context, cmd *monitoring.TakeSnapshot, book *rulebook.Rulebook) ([]string, error) {
	g, err := s.goal(ctx, cmd.Programme, cmd.Year)
	if err != nil {
		return nil, err
	}
	cmd.Today, cmd.Goal, cmd.Indicators, cmd.Thresholds = s.today(), approved(g), g.state.Approved.Indicators, monitoring.ThresholdsOf(book)
	if !cmd.Day.Valid() {
		return known(cmd.Goal.Event), nil
	}
	money, err := s.execution(ctx, cmd.Programme, cmd.Year, cmd.Day)
	if err != nil {
		return nil, err
	}
	if money.state.Status == execution.NotOpen { // budgets are approved late, and hold for the whole year
		now, err := s.execution(ctx, cmd.Programme, cmd.Year, cmd.Today)
		if err != nil {
			return nil, err
		}
		cmd.Budget = now.state.FullYear
		return known(cmd.Goal.Event, now.last), nil
	}
	cmd.Budget, cmd.Paid = money.state.FullYear, money.state.Paid-money.state.Recovered
	return known(cmd.Goal.Event, money.last), nil
}

func (s *Server) explainWarning(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd monitoring.ExplainWarning) (eventstore.Appended, error) {
	return s.onMonitoring(ctx, who, "monitoring.explain-warning", code, year, seen, cmd)
}

func (s *Server) clearWarning(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd monitoring.ClearWarning) (eventstore.Appended, error) {
	cmd.By = who.Actor()
	return s.onMonitoring(ctx, who, "monitoring.clear-warning", code, year, seen, cmd)
}

func (s *Server) reportRisk(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd monitoring.ReportRisk) (eventstore.Appended, error) {
	cmd.Today = s.today()
	return s.onMonitoring(ctx, who, "monitoring.report-risk", code, year, seen, cmd)
}

func (s *Server) onMonitoring(ctx context.Context, who Who, name string, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd monitoring.Command) (eventstore.Appended, error) {
	o, _, err := s.orderOn(ctx, who, name, monitoring.Stream(code, year), seen, code, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	return carryOut(ctx, s, o, monitoring.Stored, cmd)
}

// warning returns the id of the event that raised a warning of the year.
func (s *Server) warning(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear, number string) (string, error) {
	for r, err := range s.Store.ReadStream(ctx, monitoring.Stream(code, year), 0) {
		if err != nil {
			return "", err
		}
		event, err := monitoring.Stored.Decode(r.Type, r.Data)
		if err != nil {
			return "", err
		}
		if w, ok := event.(monitoring.WarningRaised); ok && w.Warning == number {
			return r.ID, nil
		}
	}
	return "", domain.Refusal{Code: "execution.unknown-warning", Field: "/warning", Reason: "本年度没有编号为 " + number + " 的预警"}
}

// inStream refuses a correction of an event that the stream has not. An empty id
// is the aggregate's to refuse.
func (s *Server) inStream(ctx context.Context, stream, event string) error {
	if event == "" {
		return nil
	}
	for r, err := range s.Store.ReadStream(ctx, stream, 0) {
		if err != nil {
			return err
		}
		if r.ID == event {
			return nil
		}
	}
	return correctsUnknown(event)
}

func correctsUnknown(event string) domain.Refusal {
	return domain.Refusal{Code: "request.corrects-unknown", Field: "/corrects", Reason: "这一项里没有编号为 " + event + " 的记录，无从更正"}
}

// execution recalls the money of a programme's year as it was at the end of day.
func (s *Server) execution(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear, day domain.Day) (history[execution.State], error) {
	until := day.AddDays(1).Time().Add(-time.Nanosecond)
	return recall[execution.State](ctx, s, execution.Stored, execution.Stream(code, year), until)
}
