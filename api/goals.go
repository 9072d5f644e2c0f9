package api

import (
	"context"
	"fmt"
	"time"

	"wenxiao/api/accounts"
	"wenxiao/domain"
	"wenxiao/domain/goal"
	"wenxiao/domain/programme"
	"wenxiao/eventstore"
)

func (s *Server) fileGoal(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd goal.File) (eventstore.Appended, error) {
	o, p, err := s.orderOn(ctx, who, "goal.file", goal.Stream(code, year), seen, code, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if err := sameForm(&cmd.Programme, &cmd.Year, &cmd.Unit, code, year, p.state.Unit); err != nil {
		return eventstore.Appended{}, err
	}
	cmd.By, cmd.Active, cmd.WeightSum = who.Actor(), active(p, year), o.rulebook.GoalTotal()
	o.basis = []string{p.last}
	return carryOut(ctx, s, o, goal.Stored, cmd)
}

func (s *Server) returnGoal(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd goal.Return) (eventstore.Appended, error) {
	o, err := s.orderOnGoal(ctx, who, "goal.return", code, year, seen, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if cmd.Level, err = desk(who, cmd.Level); err != nil {
		return eventstore.Appended{}, err
	}
	cmd.By = who.Actor()
	return carryOut(ctx, s, o, goal.Stored, cmd)
}

func (s *Server) reviewGoal(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd goal.Review) (eventstore.Appended, error) {
	o, err := s.orderOnGoal(ctx, who, "goal.review", code, year, seen, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if cmd.Level, err = desk(who, cmd.Level); err != nil {
		return eventstore.Appended{}, err
	}
	cmd.By = who.Actor()
	return carryOut(ctx, s, o, goal.Stored, cmd)
}

func (s *Server) approveGoal(ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd goal.Approve) (eventstore.Appended, error) {
	o, p, err := s.orderOn(ctx, who, "goal.approve", goal.Stream(code, year), seen, code, cmd)
	if err != nil {
		return eventstore.Appended{}, err
	}
	g, err := s.goal(ctx, code, year)
	if err != nil {
		return eventstore.Appended{}, err
	}
	cmd.By, cmd.Exited = who.Actor(), exited(p)
	o.basis = known(g.ids["goal.reviewed.v1"])
	return carryOut(ctx, s, o, goal.Stored, cmd)
}

func (s *Server) orderOnGoal(ctx context.Context, who Who, name string, code domain.ProgrammeCode, year domain.FiscalYear, seen eventstore.Revision, cmd goal.Command) (order, error) {
	o, _, err := s.orderOn(ctx, who, name, goal.Stream(code, year), seen, code, cmd)
	return o, err
}

// goal recalls the goals of a programme's year.
func (s *Server) goal(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) (history[goal.State], error) {
	return recall[goal.State](ctx, s, goal.Stored, goal.Stream(code, year), time.Time{})
}

// approved says whether the year's goal is approved, and by which event.
func approved(g history[goal.State]) domain.Fact {
	if g.state.ApprovedVersion == 0 {
		return domain.Fact{Event: g.last, Text: goalWords(g.state.Status)}
	}
	return domain.Fact{Event: g.ids["goal.approved.v1"], Holds: true, Text: fmt.Sprintf("第 %d 版已批复（%s）", g.state.ApprovedVersion, g.state.Document)}
}

func goalWords(status goal.Status) string {
	switch status {
	case goal.NotFiled:
		return "尚未申报"
	case goal.WithUnit:
		return "已退回单位"
	}
	return "已申报，尚未批复"
}

// active says whether the programme runs in year, and by which event.
func active(p history[programme.State], year domain.FiscalYear) domain.Fact {
	fact := domain.Fact{Event: p.last, Holds: p.state.Covers(year), Text: fmt.Sprintf("“%s”自 %d 年起", p.state.Name, p.state.From)}
	if p.state.To != 0 {
		fact.Text += fmt.Sprintf("，至 %d 年止", p.state.To)
	}
	if p.state.Status == programme.Ended {
		fact.Text = fmt.Sprintf("“%s”已于 %s 退出", p.state.Name, p.state.EndedOn)
	}
	return fact
}

// exited says whether the programme has left the register, and by which event.
func exited(p history[programme.State]) domain.Fact {
	if p.state.Status != programme.Ended {
		return domain.Fact{}
	}
	return domain.Fact{Event: p.ids["programme.exited.v1"], Holds: true, Text: fmt.Sprintf("“%s”已于 %s 退出", p.state.Name, p.state.EndedOn)}
}

// desk is the level of review the role sits at; a form may not claim another.
func desk(who Who, level goal.Level) (goal.Level, error) {
	own := goal.DepartmentLevel
	if who.Role == accounts.Finance {
		own = goal.FinanceLevel
	}
	if level != "" && level != own {
		return "", Denied{
			Code: "permission.level", Basis: "忻州办法 第二十条",
			Rule: fmt.Sprintf("%s账户只在本环节审核，不能代办另一环节", who.Role.Name()),
		}
	}
	return own, nil
}

// sameForm sees to it that a form is the one its address names.
func sameForm(code *domain.ProgrammeCode, year *domain.FiscalYear, unit *domain.UnitCode, wantCode domain.ProgrammeCode, wantYear domain.FiscalYear, wantUnit domain.UnitCode) (err error) {
	var no domain.Refusals
	*code, err = agree("/programme", wantCode, *code)
	no.Check(err)
	*year, err = agree("/year", wantYear, *year)
	no.Check(err)
	if *unit != "" && *unit != wantUnit {
		no = append(no, domain.Refusal{Code: "request.unit-differs", Field: "/unit", Reason: fmt.Sprintf("项目 %s 的实施单位是 %s，不是 %s", wantCode, wantUnit, *unit)})
	}
	*unit = wantUnit
	return domain.Refuse(no...)
}

// known drops the ids of events there never were.
func known(ids ...string) (found []string) {
	for _, id := range ids {
		if id != "" {
			found = append(found, id)
		}
	}
	return found
}
