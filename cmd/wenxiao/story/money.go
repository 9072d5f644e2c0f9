package story

import (
	"fmt"
	"math/big"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/execution"
	"wenxiao/domain/monitoring"
	"wenxiao/domain/programme"
	"wenxiao/eventstore"
)

func (c *course) account() string { return execution.Stream(c.code, c.year) }

func (c *course) execute(w when, who role, command func() execution.Command, basis ...string) {
	do(c.city, w, who.actor(), execution.Stored, c.account(), command, basis...)
}

// spend is the money's year: budget set with the approved goal, allotted, paid,
// a payment mistyped and corrected, the responsible person changing in between.
func (c *course) spend() {
	document := fmt.Sprintf("示财预〔%d〕%d号", int(c.year), 10+c.number)
	c.execute(on(c.day(1, 20), 11, 20), budgeteer, func() execution.Command {
		return execution.SetBudget{
			Programme: c.code, Year: c.year, Unit: c.desk.finance.unit, Amount: c.budget, Document: document,
			Goal: c.goalFact(), Approved: c.budget,
		}
	}, "忻州办法 第二十二条")
	c.execute(on(c.day(2, 10), 9, 20), budgeteer, func() execution.Command {
		return execution.Allot{Amount: c.budget, Document: fmt.Sprintf("示财教〔%d〕%d号", int(c.year), 30+c.number)}
	})
	for i, p := range c.payments {
		c.pay(i, p)
	}
	if c.handover {
		c.handOver()
	}
}

func (c *course) pay(i int, p payment) {
	number := fmt.Sprintf("%02d%02d-%03d", p.month, p.day, 17*(i+1)+c.index)
	amount := c.amount(p)
	w := on(c.payday(p), 10, 5+i)
	entered := amount
	if c.mistyped && i == 1 {
		entered = amount / 10
	}
	c.execute(w, paymaster, func() execution.Command {
		return execution.Pay{Payment: number, Amount: entered, Purpose: "按进度支付"}
	})
	if entered != amount {
		c.execute(w.late(5).minutes(30), paymaster, func() execution.Command {
			return execution.CorrectPayment{Corrects: c.last[c.account()], Payment: number, Amount: amount, Reason: "录入时少录一位"}
		})
	}
}

func (c *course) amount(p payment) domain.Money { return c.budget * domain.Money(p.share) / 10_000 }

func (c *course) payday(p payment) domain.Day { return c.day(p.month, p.day) }

// paidBy is what had been paid by the end of day.
func (c *course) paidBy(day domain.Day) (sum domain.Money) {
	for _, p := range c.payments {
		if c.payday(p) <= day {
			sum += c.amount(p)
		}
	}
	return sum
}

// handOver changes the responsible person in mid-year. It is entered eight days
// late, and nobody signs for the department.
func (c *course) handOver() {
	day := c.day(6, 24)
	w := on(day, 17, 0)
	do(c.city, w.late(8), c.desk.finance.actor(), programme.Stored, programme.Stream(c.code), func() programme.Command {
		return programme.HandOver{
			To: successor.person, ToName: successor.name, Post: successor.title, Unit: successor.unit, Day: day,
			Reason: "岗位调整", Pending: []string{"二季度考核结论未出", "1—7 月监控表待报"}, Today: day.AddDays(8),
		}
	}, "忻州办法 第十四条")
	c.moveSuccessor(day)
}

// moveSuccessor ends his post in the bureau and seats him in the centre.
func (c *course) moveSuccessor(day domain.Day) {
	c.relieve(on(day.AddDays(-1), 9, 0), "401", successor.person, "sports")
	c.relieve(on(day.AddDays(-1), 9, 10), sports.responsible.unit, sports.responsible.person, sports.responsible.post)
	r := successor
	r.since = day
	c.seat(on(day, 9, 20), r)
}

func (c *course) watch() string { return monitoring.Stream(c.code, c.year) }

// monitor is dual monitoring: the tables of January to July and to October, the
// warnings their figures raise and clear, the unit's reasons, payments held back
// and let go again. What is still open when the year is over goes to evaluation.
func (c *course) monitor() {
	c.snapshot(7, on(c.day(8, 4), 16, 10), "按计划推进", c.halfway)
	if c.suspended {
		c.holdBack()
	} else if c.handover {
		c.explain(on(c.day(8, 11), 15, 30), "合同按季度考核后结算，二季度考核结论 9 月才出")
	}
	c.snapshot(10, on(c.day(11, 4), 10, 20), "下半年进度加快", c.autumn())
}

// snapshot files the monitoring table of January to the end of month.
func (c *course) snapshot(month int, w when, trend, attained string) {
	cutoff := domain.DayOf(time.Date(int(c.year), time.Month(month)+1, 0, 12, 0, 0, 0, domain.Beijing))
	do(c.city, w, c.desk.finance.actor(), monitoring.Stored, c.watch(), func() monitoring.Command {
		return monitoring.TakeSnapshot{
			Programme: c.code, Year: c.year, Unit: c.desk.finance.unit, Day: cutoff, Period: fmt.Sprintf("1—%d月", month),
			Trend: trend, Readings: c.readings(attained), Today: domain.DayOf(w.recorded), Goal: c.goalFact(),
			Indicators: c.indicators(2), Budget: c.budget, Paid: c.paidBy(cutoff), Thresholds: monitoring.ThresholdsOf(c.book),
		}
	}, "忻州办法 第二十八条", "财预〔2019〕136号")
}

// autumn is how far the indicators are at the end of October.
func (c *course) autumn() string {
	half := domain.MustDecimal(c.halfway)
	left := domain.Int(1).Sub(half).Rat()
	return half.Add(domain.HalfUp(left.Mul(left, big.NewRat(2, 3)), 2)).String()
}

// closeYear ends the warnings of a year that is over: finance looks at them
// again with the self-evaluation.
func (c *course) closeYear() {
	c.eachOpen(on(c.after(1, 15), 9, 30), reviewer, func(w monitoring.Warning) monitoring.Command {
		return monitoring.ClearWarning{Warning: w.Warning, Reason: "年度终了，转入自评一并核实", By: reviewer.actor()}
	})
}

// readings put every row at the same attainment.
func (c *course) readings(share string) (list []monitoring.Reading) {
	attained := domain.MustDecimal(share)
	for _, i := range c.indicators(2) {
		reading := monitoring.Reading{Row: i.Row, Actual: "完成年度目标的 " + share, Attainment: &attained, Likelihood: monitoring.Certain}
		if attained.Less(domain.MustDecimal("0.5")) {
			reading.Likelihood, reading.Reason = monitoring.Possible, "前期招标推迟，下半年赶工"
		}
		list = append(list, reading)
	}
	return list
}

// explain gives the unit's reason for every warning open at the time.
func (c *course) explain(w when, reason string) {
	c.eachOpen(w, c.desk.finance, func(open monitoring.Warning) monitoring.Command {
		return monitoring.ExplainWarning{Warning: open.Warning, Reason: reason}
	}, "忻州办法 第二十九条")
}

// eachOpen carries out one command for each warning that is open when its
// moment comes: how many there are follows from figures, not from the plot.
func (c *course) eachOpen(w when, who role, command func(monitoring.Warning) monitoring.Command, basis ...string) {
	c.steps = append(c.steps, step{w.recorded, func(n int) (all eventstore.Appended, err error) {
		state, _, err := eventstore.Load[monitoring.State](c.ctx, c.store, monitoring.Stored, c.watch())
		if err != nil {
			return all, err
		}
		for _, open := range state.Open() {
			meta := c.meta(w, who.actor(), c.watch(), fmt.Sprintf("%04d-%s", n, open.Warning), basis)
			done, err := eventstore.Execute(c.ctx, c.store, monitoring.Stored, c.watch(), eventstore.AnyRevision, command(open), meta)
			if err != nil {
				return all, err
			}
			all.IDs = append(all.IDs, done.IDs...)
		}
		return all, nil
	}})
}

func (c *course) holdBack() {
	c.execute(on(c.day(8, 20), 10, 0), reviewer, func() execution.Command {
		return execution.Suspend{Reason: "执行进度明显落后，要求说明原因并整改", Warning: "1"}
	}, "邯郸意见 四(四)", "南通办法 第十条")
	c.explain(on(c.day(8, 24), 15, 0), "施工许可 8 月下旬取得，已调整工期，年内完成")
	c.execute(on(c.day(10, 12), 10, 30), reviewer, func() execution.Command {
		return execution.Resume{Reason: "原因属实，措施可行，恢复拨款", By: reviewer.actor()}
	})
}
