package projections

import (
	"context"
	"fmt"

	"wenxiao/domain"
	"wenxiao/domain/goal"
)

// goals keeps every version of every goal form.
type goals struct{}

var goalsTable = &tableOf[Goal]{
	Table: Table{
		Name:    "goals_v1",
		Columns: "programme TEXT, year BIGINT, version BIGINT, latest BIGINT, status TEXT, since TEXT, unit TEXT, budget BIGINT, position BIGINT",
		Key:     "programme, year, version",
		Indexes: []string{"latest, status", "year"},
	},
	columns: func(args []any, k key, g *Goal) []any {
		return append(args, k[0], k[1], k[2], flag(g.Latest), g.Status, string(g.since()), string(g.Unit), int64(g.Budget), int64(g.Position))
	},
}

// since is the day its status began.
func (g Goal) since() domain.Day {
	at := g.FiledAt
	switch review, _ := g.Review(); g.Status {
	case GoalReturned:
		at = g.ReturnedAt
	case GoalReviewed:
		at = review.At
	case GoalApproved:
		at = g.ApprovedAt
	}
	return dayOf(at)
}

func (goals) Name() string    { return goalsTable.Name }
func (goals) Tables() []Table { return []Table{goalsTable.Table} }

func (gs goals) Apply(page *Page, f Fact) error {
	switch e := f.Event.(type) {
	case goal.Filed:
		return gs.filed(page, f, e)
	case goal.Returned:
		return gs.change(page, f, e.Version, func(g *Goal) {
			g.Status, g.ReturnedBy, g.ReturnedAt, g.ReturnedReason, g.ReturnedPoints = GoalReturned, f.Actor, f.EffectiveAt, e.Reason, e.Points
		})
	case goal.Reviewed:
		return gs.change(page, f, e.Version, func(g *Goal) {
			g.Status = GoalReviewed
			g.Reviews = append(g.Reviews, GoalReview{Reviewed: e, By: f.Actor, At: f.EffectiveAt, Position: f.Position})
		})
	case goal.Approved:
		return gs.change(page, f, e.Version, func(g *Goal) {
			g.Status, g.ApprovedBy, g.ApprovedAt, g.Amount, g.Document = GoalApproved, f.Actor, f.EffectiveAt, e.Amount, e.Document
		})
	}
	return nil
}

func (gs goals) filed(page *Page, f Fact, e goal.Filed) error {
	if e.Version > 1 {
		if err := gs.change(page, f, e.Version-1, func(g *Goal) { g.Latest = false }); err != nil {
			return err
		}
	}
	goalsTable.put(page, goalKey(f, e.Version), &Goal{
		Programme: e.Programme, Year: e.Year, Version: e.Version, Latest: true, Status: GoalFiled, Unit: e.Unit,
		Budget: e.Budget, Sources: e.Sources, Objective: e.Objective, Indicators: e.Indicators, Adjusts: e.Adjusts, Cause: e.Cause,
		FiledBy: f.Actor, FiledAt: f.EffectiveAt, Source: e.Source, Position: f.Position,
	})
	return nil
}

func goalKey(f Fact, version int) key { return key{string(f.Programme), int64(f.Year), int64(version)} }

func (goals) change(page *Page, f Fact, version int, do func(*Goal)) error {
	g, err := goalsTable.get(page, goalKey(f, version))
	if err != nil || g == nil {
		return err
	}
	do(g)
	g.Position = f.Position
	goalsTable.put(page, goalKey(f, version), g)
	return nil
}

// ofProgramme joins the programme a row t is about, and the present name of the
// row's unit.
func ofProgramme(table string) string {
	return " FROM " + table + " t LEFT JOIN programmes_v1 p ON p.code = t.programme AND p.year = 0 LEFT JOIN units_v1 u ON u.code = t.unit"
}

// ofProgrammeColumns are the doc, the programme's name and department, the unit's name.
const ofProgrammeColumns = "SELECT t.doc, COALESCE(p.name, ''), COALESCE(p.department, ''), COALESCE(u.name, '')"

// common adds the conditions that rows about a programme share.
func (w *where) common(text string, code domain.ProgrammeCode, year domain.FiscalYear, unit, department domain.UnitCode) {
	w.words(text, "COALESCE(p.search, '')", "COALESCE(u.search, '')")
	w.equal("t.programme", string(code))
	w.equal("t.unit", string(unit))
	w.equal("p.department", string(department))
	if year != 0 {
		w.add("t.year = ?", int64(year))
	}
}

// Goals returns a page of the goal register: by year, newest first, then by
// programme and version.
func (v Views) Goals(ctx context.Context, f GoalFilter) (List[Goal], error) {
	w := newWhere()
	w.common(f.Text, f.Programme, f.Year, f.Unit, f.Department)
	w.equal("t.status", f.Status)
	if !f.AllVersions {
		w.add("t.latest = 1")
	}
	return about(ctx, v, goalsTable, w, " ORDER BY t.year DESC, t.programme, t.version"+f.limit(), func(g *Goal, name string, _ domain.UnitCode, unit string) {
		g.ProgrammeName, g.UnitName = name, unit
	})
}

// about reads a page of rows about programmes; named gives each its names.
func about[R any](ctx context.Context, v Views, t *tableOf[R], w *where, rest string, named func(row *R, programme string, department domain.UnitCode, unit string)) (List[R], error) {
	list := List[R]{Rows: []R{}}
	from := ofProgramme(t.Name) + w.sql()
	if err := v.DB.QueryRowContext(ctx, "SELECT COUNT(*)"+from, w.args...).Scan(&list.Total); err != nil {
		return list, fmt.Errorf("count %s: %w", t.Name, err)
	}
	err := v.each(ctx, ofProgrammeColumns+from+rest, w.args, func(scan func(...any) error) error {
		var doc, name, department, unit string
		if err := scan(&doc, &name, &department, &unit); err != nil {
			return err
		}
		var row R
		if err := t.decode([]byte(doc), &row); err != nil {
			return err
		}
		named(&row, name, domain.UnitCode(department), unit)
		list.Rows = append(list.Rows, row)
		return nil
	})
	return list, err
}
