package story

import (
	"fmt"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/goal"
	"wenxiao/domain/programme"
)

// A course is one programme's budget year under way: what later steps refer to.
type course struct {
	*city
	plot
	year   domain.FiscalYear
	number int // of the plot, for documents
	index  int // of the plot, to spread the days
}

// plan lays out the budget years of a programme: the one evaluated, the one
// under way, and the one being drawn up.
func (c *city) plan(number int, p plot) {
	index := number % 7
	past := &course{city: c, plot: p, year: c.evaluated, number: number, index: index}
	past.register()
	past.fileAndReview()
	past.spend()
	past.monitor()
	past.closeYear()
	past.evaluate()
	past.rectify()

	p.objection, p.asked, p.handover, p.mistyped, p.suspended = "", 0, false, false, false
	present := &course{city: c, plot: p, year: c.evaluated + 1, number: number, index: index}
	present.fileAndReview()
	present.spend()
	present.monitor()

	coming := &course{city: c, plot: p, year: c.evaluated + 2, number: number, index: index}
	coming.drawUp()
}

// day is a day of the course's budget year, moved a little from plot to plot.
func (c *course) day(month, day int) domain.Day {
	return domain.Day(fmt.Sprintf("%04d-%02d-%02d", int(c.year), month, day)).AddDays(c.index)
}

// before is a day of the year in which the budget is drawn up.
func (c *course) before(month, day int) domain.Day {
	return domain.Day(fmt.Sprintf("%04d-%02d-%02d", int(c.year)-1, month, day)).AddDays(c.index)
}

// after is a day of the year in which the budget year is evaluated.
func (c *course) after(month, day int) domain.Day {
	return domain.Day(fmt.Sprintf("%04d-%02d-%02d", int(c.year)+1, month, day)).AddDays(c.index)
}

func (c *course) register() {
	w := on(c.before(9, 10), 9, 30)
	d := c.desk
	do(c.city, w, d.finance.actor(), programme.Stored, programme.Stream(c.code), func() programme.Command {
		return programme.Register{
			Code: c.code, Name: c.registeredAs(), Kind: programme.Project, Unit: d.finance.unit, UnitName: d.finance.unitName,
			Department: d.department.unit, DepartmentName: d.department.unitName, FundBook: c.fund, Attribute: c.attribute,
			From: c.year, Major: c.major, Jurisdiction: c.book.Jurisdiction,
		}
	})
	do(c.city, on(domain.DayOf(w.recorded), 9, 45), d.finance.actor(), programme.Stored, programme.Stream(c.code), func() programme.Command {
		r := d.responsible
		return programme.AssignResponsible{Person: r.person, Name: r.name, Post: r.title, Unit: r.unit, Since: domain.DayOf(w.recorded), Today: domain.DayOf(w.recorded)}
	})
	if c.misnamed != "" {
		c.correctName(on(c.before(9, 24), 11, 0))
	}
}

// correctName puts right what the unit first called its programme; the first
// entry stays readable.
func (c *course) correctName(w when) {
	stream := programme.Stream(c.code)
	do(c.city, w, c.desk.finance.actor(), programme.Stored, stream, func() programme.Command {
		return programme.Correct{Corrects: c.last[stream], Field: "name", Is: c.name, Reason: "登记时名称与立项批复不一致"}
	})
}

// registeredAs is the name in the first entry.
func (c *course) registeredAs() string {
	if c.misnamed != "" {
		return c.misnamed
	}
	return c.name
}

func (c *course) stream() string { return goal.Stream(c.code, c.year) }

// fileAndReview is the budget season: filed, sent back once where the plot says
// so, reviewed by department and finance, approved with the budget.
func (c *course) fileAndReview() {
	version := 1
	if c.objection != "" {
		c.file(on(c.before(10, 12), 16, 40), 1, "")
		c.departmentReview(on(c.before(10, 20), 10, 15), 1)
		c.sendBack(on(c.before(11, 3), 9, 15))
		version = 2
	}
	cause := ""
	if version == 2 {
		cause = "按退回意见合并重复口径，预算按上年结算数测算；" + c.softened
	}
	c.file(on(c.before(11, 9), 15, 2), version, cause)
	c.departmentReview(on(c.before(11, 12), 10, 30), version)
	c.financeReview(on(c.before(11, 18), 10, 8), version)
	c.approve(on(c.day(1, 20), 11, 0), version)
}

func (c *course) file(w when, version int, cause string) {
	asked := c.budget
	if version == 1 && c.asked != 0 {
		asked = c.asked
	}
	do(c.city, w, c.desk.finance.actor(), goal.Stored, c.stream(), func() goal.Command {
		return goal.File{
			Programme: c.code, Year: c.year, Unit: c.desk.finance.unit, Budget: asked,
			Sources: []domain.FundSource{{Name: "当年财政拨款", Amount: asked}}, Objective: c.objective,
			Indicators: c.indicators(version), Cause: cause, By: c.desk.finance.actor(),
			Active: domain.Fact{Holds: true, Text: "项目已登记"}, WeightSum: c.book.GoalTotal(),
		}
	})
}

// departmentReview is left out where the department spends the money itself:
// nobody reviews what his own unit filed.
func (c *course) departmentReview(w when, version int) {
	if c.desk.department.unit == c.desk.finance.unit {
		return
	}
	c.review(w, c.desk.department, goal.DepartmentLevel, version, [4]int64{18, 27, 26, 18}, "符合部门职责和年度计划，同意上报")
}

func (c *course) financeReview(w when, version int) {
	c.review(w, reviewer, goal.FinanceLevel, version, [4]int64{18, 26, 25, 17}, "目标与资金匹配，同意随预算批复")
}

func (c *course) review(w when, who role, level goal.Level, version int, marks [4]int64, opinion string) {
	mark := func(n int64) goal.Criterion { return goal.Criterion{Score: domain.Int(n)} }
	do(c.city, w, who.actor(), goal.Stored, c.stream(), func() goal.Command {
		return goal.Review{
			Version: version, Level: level, Completeness: mark(marks[0]), Relevance: mark(marks[1]),
			Suitability: mark(marks[2]), Feasibility: mark(marks[3]), Opinion: opinion, By: who.actor(),
		}
	}, "忻州办法 第二十条")
}

func (c *course) sendBack(w when) {
	do(c.city, w, reviewer.actor(), goal.Stored, c.stream(), func() goal.Command {
		return goal.Return{
			Version: 1, Level: goal.FinanceLevel, Reason: c.objection,
			Points: []goal.Point{{Row: "2", Text: "与其他指标口径重复，须合并或改列"}}, By: reviewer.actor(),
		}
	}, "忻州办法 第二十条")
}

func (c *course) approve(w when, version int) {
	do(c.city, w, budgeteer.actor(), goal.Stored, c.stream(), func() goal.Command {
		return goal.Approve{
			Version: version, Amount: c.budget, Document: fmt.Sprintf("示财预〔%d〕%d号", int(c.year), 10+c.number), By: budgeteer.actor(),
		}
	}, "忻州办法 第二十二条")
}

// goalFact is what later commands are shown of the approval.
func (c *course) goalFact() domain.Fact {
	return domain.Fact{Event: c.last[c.stream()], Holds: true, Text: fmt.Sprintf("%d 年度目标已批复", int(c.year))}
}

// drawUp is the goal for the year to come, as far as the plot lets it come.
func (c *course) drawUp() {
	ago := func(days, hour, minute int) when { return on(domain.DayOf(c.now.AddDate(0, 0, -days)), hour, minute) }
	switch c.coming {
	case filed:
		c.file(ago(6, 15, 20), 1, "")
	case sentBack:
		c.file(ago(20, 9, 40), 1, "")
		c.departmentReview(ago(17, 11, 0), 1)
		c.objection = "委托事项未细化到具体项目，无法审核"
		c.sendBack(ago(11, 16, 5))
	case passed:
		c.file(ago(30, 10, 10), 1, "")
		c.departmentReview(ago(26, 10, 40), 1)
		c.financeReview(ago(18, 15, 30), 1)
	}
}

// minutes moves a moment on, so that two acts of one day keep their order.
func (w when) minutes(n int) when {
	d := time.Duration(n) * time.Minute
	return when{w.recorded.Add(d), w.effective.Add(d)}
}
