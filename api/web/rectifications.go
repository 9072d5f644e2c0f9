package web

import (
	"strconv"

	"wenxiao/domain"
	"wenxiao/projections"
)

// Rectifications is the ledger of notices, overdue first.
type Rectifications struct {
	Frame
	projections.RectificationList
	Filter       projections.RectificationFilter
	Overdue      bool // only overdue ones are shown
	OverdueCount int
	Today        domain.Day
	Years        []domain.FiscalYear
	Units        []Option
}

func (Rectifications) template() string { return "rectifications" }

// noticeStatuses are the statuses one may choose.
var noticeStatuses = []Option{
	{"overdue", Overdue.Word},
	{projections.RectificationWithUnit, WithUnit.Word},
	{projections.RectificationUnderReview, "待审核"},
	{projections.RectificationClosed, "已销号"},
}

// Choices are the selects of the filter bar.
func (p Rectifications) Choices() []Choice {
	years, year, status := []Option{{"", "全部"}}, "", p.Filter.Status
	for _, y := range p.Years {
		years = append(years, Option{strconv.Itoa(int(y)), strconv.Itoa(int(y))})
	}
	if p.Filter.Year != 0 {
		year = strconv.Itoa(int(p.Filter.Year))
	}
	if p.Overdue {
		status = "overdue"
	}
	return []Choice{{"year", "年度", year, years}, {"unit", "单位", string(p.Filter.Unit), all(p.Units)}, {"status", "状态", status, all(noticeStatuses)}}
}

// Chips count notices by status; overdue ones stand first.
func (p Rectifications) Chips() []Chip {
	chips := []Chip{{Overdue, p.OverdueCount, p.toggle("overdue", p.Overdue), p.Overdue}}
	for _, c := range []struct {
		status Status
		code   string
	}{
		{WithUnit, projections.RectificationWithUnit},
		{ToReview.Saying("待审核"), projections.RectificationUnderReview},
		{Done.Saying("已销号"), projections.RectificationClosed},
	} {
		chosen := p.Filter.Status == c.code
		chips = append(chips, Chip{c.status, p.Counts[c.code], p.toggle(c.code, chosen), chosen})
	}
	return chips
}

func (p Rectifications) toggle(status string, chosen bool) string {
	if chosen {
		status = ""
	}
	return p.With("status", status)
}

// Pager leads through the ledger's pages.
func (p Rectifications) Pager() Pager { return p.pager(p.Filter.Paging, p.Total, len(p.Rows)) }

// Notice is one notice: what must be put right, what the unit says, what came of it.
type Notice struct {
	Frame
	Row   projections.Rectification
	Today domain.Day
	Acts  []Crumb
	Files projections.Attached
}

func (Notice) template() string { return "rectification" }

// Measure returns what the unit planned for an issue.
func (p Notice) Measure(no int) string {
	for _, a := range p.Row.Measures {
		if a.No == no {
			return a.Done
		}
	}
	return ""
}

// Done returns what the unit reported of an issue.
func (p Notice) Done(no int) string {
	for _, a := range p.Row.Answers {
		if a.No == no {
			return a.Done
		}
	}
	return ""
}

// stepStatus is the shape of a step in the course of a notice.
func stepStatus(s projections.Step) Status {
	return courseStatus(projections.Entry{Type: s.Type, Late: s.Late})
}
