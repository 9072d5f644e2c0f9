package story

import (
	"errors"
	"fmt"
	"math/big"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/rectification"
	"wenxiao/domain/scoring"
	"wenxiao/eventstore"
)

func (c *course) evaluation() string {
	return evaluation.Stream(evaluation.SelfID(c.code, c.year))
}

func (c *course) judge(w when, who role, command func() evaluation.Command, basis ...string) {
	do(c.city, w, who.actor(), evaluation.Stored, c.evaluation(), command, basis...)
}

// evaluate is the spring after: the unit's self-evaluation, finance's check of
// it by recomputation, the final score and the feedback.
func (c *course) evaluate() {
	filed := on(c.after(3, 18), 9, 48)
	c.judge(filed, c.desk.finance, func() evaluation.Command { return c.form(domain.DayOf(filed.recorded)) }, "忻州办法 第三十条", "邯郸意见 四(五)")
	c.judge(on(c.after(7, 8), 14, 30), reviewer, c.check, "忻州办法 第三十八条")
	c.judge(on(c.after(7, 14), 11, 0), reviewer, c.finalise, "忻州办法 第三十七条")
	c.judge(on(c.after(7, 20), 16, 0), reviewer, func() evaluation.Command {
		feedback := evaluation.FeedBack{Opinion: "自评总体真实，结果已入账，作为下年预算安排的依据。"}
		if c.notice != noNotice {
			for _, i := range c.issues() {
				feedback.Requirements = append(feedback.Requirements, i.Requirement)
			}
		}
		return feedback
	}, "忻州办法 第四十条")
}

// form is the self-evaluation as the unit prints it.
func (c *course) form(today domain.Day) evaluation.FileSelf {
	paid := c.paidBy(c.year.Last())
	weight := domain.Int(10)
	score := points(weight, paid, c.budget)
	total := score
	rows := c.rows()
	for _, r := range rows {
		total = total.Add(*r.Score)
	}
	if c.total != "" {
		total = domain.MustDecimal(c.total)
	}
	budget := c.budget
	return evaluation.FileSelf{
		Programme: c.code, Year: c.year, Unit: c.desk.finance.unit, Form: "项目支出绩效自评表", MoneyUnit: "万元",
		Budget:   evaluation.Budget{Begin: &budget, FullYear: &budget, Executed: &paid, Rate: c.printedRate(paid), Weight: &weight, Score: &score},
		Expected: c.objective, Achieved: "全年任务按计划完成，主要指标达到年初设定。", Rows: rows, Total: &total,
		Grade: c.book.Grade(total), By: c.desk.finance.actor(), Today: today, Indicators: c.indicators(2),
	}
}

func points(weight domain.Decimal, part, whole domain.Money) domain.Decimal {
	share := big.NewRat(int64(part), int64(whole))
	return domain.HalfUp(share.Mul(share, weight.Rat()), 2).Trim()
}

func (c *course) printedRate(paid domain.Money) string {
	if c.rate != "" {
		return c.rate
	}
	return points(domain.Int(100), paid, c.budget).HalfUp(2).String() + "%"
}

// recompute scores the form filed, under the city's rules.
func (c *course) recompute() scoring.Result {
	state, _, err := eventstore.Load[evaluation.State](c.ctx, c.store, evaluation.Stored, c.evaluation())
	table, bad := state.Current.Table()
	if err := errors.Join(err, bad); err != nil {
		panic(err) // a form the story itself filed a moment ago
	}
	return scoring.Score(table, c.book)
}

func (c *course) check() evaluation.Command {
	result := c.recompute()
	return evaluation.Check{
		Version: 1, Rulebook: result.Rulebook, Printed: result.Total.Printed, Computed: result.Total.Computed, By: reviewer.actor(),
		Opinion:  fmt.Sprintf("按%s重算，%d 处待说明", c.book.Title, len(result.Findings)),
		Findings: evaluation.FindingsOf(result),
	}
}

func (c *course) finalise() evaluation.Command {
	result := c.recompute()
	score := *result.Total.Computed
	grade := c.book.Grade(score)
	return evaluation.Finalise{Version: 1, Score: score, Grade: grade, ByBands: grade, By: reviewer.actor()}
}

func (c *course) notices() string {
	return rectification.Stream(fmt.Sprintf("%s-%d-1", c.code, int(c.year)))
}

func (c *course) mend(w when, who role, command func() rectification.Command, basis ...string) {
	do(c.city, w, who.actor(), rectification.Stored, c.notices(), command, basis...)
}

// rectify is the notice and what the unit made of it, in days before now, so
// that something is due whenever the demonstration is run.
func (c *course) rectify() {
	ago := func(days, hour, minute int) when { return on(domain.DayOf(c.now.AddDate(0, 0, -days)), hour, minute) }
	answerer, responsible := c.desk.finance, c.desk.responsible
	if c.handover {
		responsible = successor
	}
	issued, due := 28, domain.DayOf(c.now.AddDate(0, 0, 8))
	switch c.notice {
	case noNotice:
		return
	case overdue:
		issued, due = 35, domain.DayOf(c.now.AddDate(0, 0, -5))
	case closed:
		issued, due = 60, domain.DayOf(c.now.AddDate(0, 0, -30))
	}
	c.mend(ago(issued, 9, 30), reviewer, func() rectification.Command {
		return rectification.IssueNotice{
			Programme: c.code, Year: c.year, Unit: answerer.unit, UnitName: answerer.unitName, Issuer: reviewer.unit,
			Issues: c.issues(), Due: due, Document: fmt.Sprintf("示财绩〔%d〕%d号", int(domain.DayOf(c.now).Year()), 40+c.number),
			Today: domain.DayOf(c.now.AddDate(0, 0, -issued)),
		}
	}, "忻州办法 第四十条")
	c.mend(ago(issued-4, 15, 0), answerer, func() rectification.Command {
		return rectification.FilePlan{Measures: c.answers("已列入计划"), Responsible: responsible.person, Name: responsible.name, DoneBy: due, By: answerer.actor()}
	})
	if c.notice == overdue {
		return
	}
	var shown []string // the files that show it
	if c.rate != "" {
		for i, f := range Files() {
			c.handIn(ago(issued-14, 17, 10+i), answerer, f)
			shown = append(shown, attachment.Stream(f.digest()))
		}
	}
	c.mend(ago(issued-14, 17, 20), answerer, func() rectification.Command {
		return rectification.ReportWork{Answers: c.answers("已完成，附更正说明"), By: answerer.actor()}
	}, shown...)
	switch c.notice {
	case returned:
		c.mend(ago(issued-20, 10, 40), reviewer, func() rectification.Command {
			return rectification.ReturnWork{Reason: "第 2 项未附措施和责任人，补充后重报", By: reviewer.actor(), Today: domain.DayOf(c.now.AddDate(0, 0, 20-issued))}
		})
	case closed:
		c.mend(ago(issued-22, 11, 10), reviewer, func() rectification.Command {
			return rectification.CloseNotice{Opinion: "更正属实，同意销号", By: reviewer.actor()}
		}, "忻州办法 第四十条")
	}
}

func (c *course) answers(done string) (list []rectification.Answer) {
	for _, i := range c.issues() {
		list = append(list, rectification.Answer{No: i.No, Done: done + "：" + i.Requirement})
	}
	return list
}
