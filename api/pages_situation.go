package api

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/projections"
)

// A situation is a programme's year as the tables have it: what its page shows
// and what acts on it go by.
type situation struct {
	row            projections.Programme
	goals          []projections.Goal  // all versions, oldest first
	scores         []projections.Score // all versions, oldest first
	ledger         projections.Ledger
	lines          projections.Lines
	rectifications []projections.Rectification
	notice         *projections.Rectification // the one the address names, if it does
}

func (at situation) about() Concern { return Concern{at.row.Unit, at.row.Department} }

// goal returns the last version of the goal form, nil before the first.
func (at situation) goal() *projections.Goal {
	if len(at.goals) == 0 {
		return nil
	}
	return &at.goals[len(at.goals)-1]
}

// approved returns the version in force, nil before there is one.
func (at situation) approved() *projections.Goal {
	for i := range at.goals {
		if g := &at.goals[len(at.goals)-1-i]; g.Status == projections.GoalApproved {
			return g
		}
	}
	return nil
}

// score returns the last version of the self-evaluation, nil before the first.
func (at situation) score() *projections.Score {
	if len(at.scores) == 0 {
		return nil
	}
	return &at.scores[len(at.scores)-1]
}

func (at situation) bearer() web.Bearer {
	return web.Bearer{Name: at.row.Name, Department: at.row.DepartmentName, Unit: at.row.UnitName, Attribute: at.row.Attribute, Responsible: at.row.ResponsibleName}
}

// addressedSituation reads the situation that the address names.
func (s *Server) addressedSituation(r *http.Request) (situation, error) {
	if id, ok := mux.Vars(r)["id"]; ok {
		notice, err := s.Views.Rectification(r.Context(), id)
		if err != nil {
			return situation{}, err
		}
		at, err := s.situation(r.Context(), notice.Programme, notice.Year)
		at.notice = &notice
		return at, err
	}
	code, year, err := addressed(r)
	if err != nil {
		return situation{}, err
	}
	return s.situation(r.Context(), code, year)
}

func (s *Server) situation(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) (at situation, err error) {
	if at.row, err = s.Views.Programme(ctx, code, year); err != nil {
		return at, err
	}
	goals, err := s.Views.Goals(ctx, projections.GoalFilter{Programme: code, Year: year, AllVersions: true})
	if err != nil {
		return at, err
	}
	scores, err := s.Views.Scores(ctx, projections.ScoreFilter{Programme: code, Year: year, AllVersions: true})
	if err != nil {
		return at, err
	}
	at.goals, at.scores = goals.Rows, scores.Rows
	slices.SortFunc(at.goals, func(a, b projections.Goal) int { return a.Version - b.Version })
	slices.SortFunc(at.scores, func(a, b projections.Score) int { return a.Version - b.Version })
	if at.ledger, err = s.Views.Account(ctx, code, year); err != nil && !errors.Is(err, projections.ErrNotFound) {
		return at, err
	}
	if at.lines, err = s.Views.Snapshots(ctx, code, year); err != nil && !errors.Is(err, projections.ErrNotFound) {
		return at, err
	}
	list, err := s.Views.Rectifications(ctx, projections.RectificationFilter{Programme: code, Year: year})
	at.rectifications = list.Rows
	return at, err
}
