package web

import (
	"net/url"
	"strconv"
	"strings"

	"wenxiao/domain/goal"
	"wenxiao/projections"
)

// Forms are the forms there were at this moment.
func (p Replay) Forms() (forms []Chip) {
	for _, f := range []Option{{projections.FormGoal, "目标申报表"}, {projections.FormEvaluation, "自评表"}} {
		if p.has(f.Value) {
			forms = append(forms, Chip{Status: Status{Word: f.Text}, Address: p.With("form", f.Value), Chosen: f.Value == p.Kind})
		}
	}
	return forms
}

func (p Replay) has(kind string) bool {
	if kind == projections.FormEvaluation {
		return len(p.Scores) > 0
	}
	return len(p.Goals) > 0
}

// Sheet is the form as it was, with what changed marked.
func (p Replay) Sheet() *Sheet {
	bearer := Bearer{
		Name: p.Programme.Name, Department: p.Programme.DepartmentName, Unit: p.Programme.UnitName,
		Attribute: p.Programme.Attribute, Responsible: p.Programme.ResponsibleName,
	}
	var s Sheet
	switch {
	case p.Kind == projections.FormEvaluation && len(p.Scores) > 0:
		s = EvaluationSheet(bearer, p.Scores[len(p.Scores)-1].Form)
	case len(p.Goals) > 0:
		s = GoalSheet(bearer, goalForm(p.Goals[len(p.Goals)-1]))
	default:
		return nil
	}
	s.Origin = p.originAddress()
	for _, c := range p.Changes {
		if cell := s.Cell(c.Key); cell != nil {
			cell.Changed, cell.Was = true, c.From
		}
	}
	if cell := s.Cell(p.Cell); cell != nil {
		cell.Picked = true
	}
	return &s
}

// originAddress ends in cell=, for the key to be put behind it.
func (p Replay) originAddress() string {
	f := p.Frame
	f.Here = p.With("cell", "")
	address := f.With("at", strconv.FormatUint(uint64(p.Position), 10))
	return address + "&cell="
}

// goalForm is the form as it was filed.
func goalForm(g projections.Goal) goal.Filed {
	return goal.Filed{
		Version: g.Version, Programme: g.Programme, Year: g.Year, Unit: g.Unit, Budget: g.Budget, Sources: g.Sources,
		Objective: g.Objective, Indicators: g.Indicators, Adjusts: g.Adjusts, Cause: g.Cause, Source: g.Source,
	}
}

// Version is the version of the form shown.
func (p Replay) Version() int {
	switch {
	case p.Kind == projections.FormEvaluation && len(p.Scores) > 0:
		return p.Scores[len(p.Scores)-1].Version
	case len(p.Goals) > 0:
		return p.Goals[len(p.Goals)-1].Version
	}
	return 0
}

// FormStatus is what had become of the form by then.
func (p Replay) FormStatus() Status {
	switch {
	case p.Kind == projections.FormEvaluation && len(p.Scores) > 0:
		return evaluationStatus(p.Scores[len(p.Scores)-1].Status)
	case len(p.Goals) > 0:
		return goalStatus(p.Goals[len(p.Goals)-1].Status)
	}
	return NotFiled
}

// FormChanges is how many cells of the form shown are marked.
func (p Replay) FormChanges() (n int) {
	sheet := p.Sheet()
	if sheet == nil {
		return 0
	}
	for _, row := range sheet.Rows {
		for _, cell := range row.Cells {
			if cell.Changed {
				n++
			}
		}
	}
	return n
}

// Pair is one cell at both moments.
type Pair struct {
	Label, From, To string
	Changed         bool
	Address         string
}

// SideBySide is every cell of the form at the moment compared with and now. The
// group of an indicator is told by its name's row and left out unless it changed.
func (p Replay) SideBySide() (pairs []Pair) {
	changed := map[string]projections.Change{}
	for _, c := range p.Changes {
		changed[c.Key] = c
	}
	for _, c := range p.formCells() {
		ch, ok := changed[c.Key]
		delete(changed, c.Key)
		switch {
		case ok:
			pairs = append(pairs, p.changedPair(ch))
		case !strings.HasSuffix(c.Key, "/level1") && !strings.HasSuffix(c.Key, "/level2"):
			pairs = append(pairs, Pair{Label: c.Label, From: c.Value, To: c.Value, Address: p.originAddress() + url.QueryEscape(c.Key)})
		}
	}
	for _, c := range p.Changes {
		if _, left := changed[c.Key]; left {
			pairs = append(pairs, p.changedPair(c))
		}
	}
	return pairs
}

func (p Replay) changedPair(c projections.Change) Pair {
	return Pair{Label: c.Label, From: c.From, To: c.To, Changed: true, Address: p.originAddress() + url.QueryEscape(c.Key)}
}

// formCells are the cells of the form shown, in form order.
func (p Replay) formCells() (cells []projections.Cell) {
	form := p.Goal
	if p.Kind == projections.FormEvaluation {
		form = p.Evaluation
	}
	if form == nil {
		return nil
	}
	cells = append(cells, form.Head...)
	for _, row := range form.Rows {
		cells = append(cells, row.Cells...)
	}
	return cells
}

// HeadCells are the figures that stand beside the form: who was responsible, how
// much was budgeted and paid.
func (p Replay) HeadCells() (pairs []Pair) {
	changed := map[string]string{}
	for _, c := range p.Changes {
		changed[c.Key] = c.From
	}
	for _, c := range p.Head {
		was, ok := changed[c.Key]
		pairs = append(pairs, Pair{Label: c.Label, From: was, To: c.Value, Changed: ok, Address: p.originAddress() + url.QueryEscape(c.Key)})
	}
	return pairs
}
