package web

import (
	"fmt"
	"strconv"

	"wenxiao/domain"
	"wenxiao/projections"
)

// Filings is the filing desk: what has been filed for each programme's year, and
// what is still to be.
type Filings struct {
	Frame
	projections.ProgrammeList
	Filter projections.ProgrammeFilter
	Years  []domain.FiscalYear
	Units  []Option // none where the reader sees one unit only
	May    func(projections.Programme, string) bool
}

func (Filings) template() string { return "filings" }

// Choices are the selects of the filter bar.
func (p Filings) Choices() []Choice {
	years, year := []Option{{"", "全部"}}, ""
	for _, y := range p.Years {
		years = append(years, Option{strconv.Itoa(int(y)), strconv.Itoa(int(y))})
	}
	if p.Filter.Year != 0 {
		year = strconv.Itoa(int(p.Filter.Year))
	}
	choices := []Choice{{"year", "年度", year, years}}
	if len(p.Units) > 0 {
		choices = append(choices, Choice{"unit", "单位", string(p.Filter.Unit), all(p.Units)})
	}
	return append(choices, Choice{"stage", "环节", p.Filter.Stage, all(Stages)})
}

// GoalAct is what may be filed of the goal now.
func (p Filings) GoalAct(row projections.Programme) *Crumb {
	verb := map[string]string{"": "申报", projections.GoalReturned: "重报", projections.GoalApproved: "调整"}[row.GoalStatus]
	return p.act(row, "goal.file", verb, "goals")
}

// SnapshotAct is whether a monitoring table may be filed now.
func (p Filings) SnapshotAct(row projections.Programme) *Crumb {
	verb := ""
	if row.GoalStatus == projections.GoalApproved && row.EvaluationStatus == "" {
		verb = "报送"
	}
	return p.act(row, "monitoring.take-snapshot", verb, "monitoring")
}

// EvaluationAct is what may be filed of the self-evaluation now.
func (p Filings) EvaluationAct(row projections.Programme) *Crumb {
	verb := ""
	switch {
	case row.EvaluationStatus == projections.EvaluationReturned, row.EvaluationStatus == projections.EvaluationFiled:
		verb = "重报"
	case row.EvaluationStatus == "" && row.GoalStatus == projections.GoalApproved:
		verb = "报送"
	}
	return p.act(row, "evaluation.file", verb, "evaluations")
}

func (p Filings) act(row projections.Programme, command, verb, noun string) *Crumb {
	if verb == "" || row.Source != nil || !p.May(row, command) {
		return nil
	}
	return &Crumb{verb, fmt.Sprintf("/%s/%s/%d/file", noun, row.Code, row.Year)}
}

// Pager leads through the pages.
func (p Filings) Pager() Pager { return p.pager(p.Filter.Paging, p.Total, len(p.Rows)) }
