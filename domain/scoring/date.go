package scoring

import (
	"fmt"

	"wenxiao/domain/rulebook"
)

// date scores a target that is a date: on time is full; how late costs how much
// is for the rulebook to say.
func (s scorer) date(j *judged) {
	rule := s.book.Scoring.Late
	switch j.actual.Nature {
	case Date:
	case Number, Range:
		j.incomparable(fmt.Sprintf("指标值“%s”是日期，完成值“%s”是数", j.Target, j.Actual))
		return
	default:
		s.keep(j, "时限指标")
		return
	}
	j.basis = rule.Source.String()
	due, done := s.dated(j)
	if !done.after(due) {
		j.reached(fmt.Sprintf("%s 未晚于 %s，按期", done, due))
		return
	}
	if rule.Value == rulebook.AllOrNothing {
		j.none(fmt.Sprintf("%s 晚于 %s", done, due))
		return
	}
	s.keep(j, fmt.Sprintf("%s 晚于 %s，条文未定逾期如何扣分", done, due))
	j.basis, j.verdict = rule.Source.String(), unmet
}

// dated fills in years: the table's for the target, the target's for the actual.
func (s scorer) dated(j *judged) (due, done Moment) {
	year := s.year
	if year == 0 {
		year = j.actual.Day.Year
	}
	due = j.target.Day.on(year)
	return due, j.actual.Day.on(due.Year)
}

// yesNo scores a target of yes.
func (s scorer) yesNo(j *judged) {
	rule := s.book.Scoring.YesNo
	if rule.Value != rulebook.Direct || j.actual.Nature != YesNo {
		s.keep(j, "是否类指标")
		return
	}
	j.basis = rule.Source.String()
	if j.target.Yes == j.actual.Yes {
		j.reached("是否类指标，做到")
		return
	}
	j.none("是否类指标，未做到")
}
