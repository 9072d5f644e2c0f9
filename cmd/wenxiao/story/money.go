package story

import (
	"fmt"
	"math/big"

	"wenxiao/domain"
	"wenxiao/domain/execution"
	"wenxiao/domain/monitoring"
	"wenxiao/domain/programme"
)

func (c *course) account() string { return execution.Stream(c.code, c.year) }

func (c *course) execute(w when, who role, command func() execution.Command, basis ...string) {
	do(c.city, w, who.actor(), execution.Stored, c.account(), command, basis...)
}

// spend is the money's year: budget set with the approved goal, allotted, paid,
// a payment mistyped and corrected, the responsible person changing in between.
func (c *course) spend() {
	document := fmt.Sprintf("示财预〔%d〕%d号", int(c.year), 10+c.index)
	c.execute(on(c.day(1, 20), 11, 20), budgeteer, func() execution.Command {
		return execution.SetBudget{
			Programme: c.code, Year: c.year, Unit: c.desk.finance.unit, Amount: c.budget, Document: document,
			Goal: c.goalFact(), Approved: c.budget,
		}
	}, "忻州办法 第二十二条")
	c.execute(on(c.day(2, 10), 9, 20), budgeteer, func() execution.Command {
		return execution.Allot{Amount: c.budget, Document: fmt.Sprintf("示财教〔%d〕%d号", int(c.year), 30+c.index)}
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

// thresholds are the rulebook's, as shares of one.
func (c *course) thresholds() monitoring.Thresholds {
	p := c.book.Parameters
	share := func(points domain.Decimal) domain.Decimal {
		return domain.FromRat(new(big.Rat).Quo(points.Rat(), big.NewRat(100, 1)))
	}
	return monitoring.Thresholds{
		Attainment: share(p.Behind.Value), Execution: share(p.Behind.Value),
		Contradiction: share(p.Apart.Value), Grave: share(p.FarBehind.Value),
	}
}

func (c *course) watch() string { return monitoring.Stream(c.code, c.year) }

// monitor is the mid-year: the table of January to July, the warnings it
// raises, the unit's reason, payments held back and let go again.
func (c *course) monitor() {
	cutoff := domain.Day(fmt.Sprintf("%04d-07-31", int(c.year)))
	taken := on(c.day(8, 4), 16, 10)
	do(c.city, taken, c.desk.finance.actor(), monitoring.Stored, c.watch(), func() monitoring.Command {
		return monitoring.TakeSnapshot{
			Programme: c.code, Year: c.year, Unit: c.desk.finance.unit, Day: cutoff, Period: "1—7月",
			Trend: "按计划推进", Readings: c.readings(), Today: domain.DayOf(taken.recorded), Goal: c.goalFact(),
			Indicators: c.indicators(2), Budget: c.budget, Paid: c.paidBy(cutoff), Thresholds: c.thresholds(),
		}
	}, "忻州办法 第二十八条", "财预〔2019〕136号")
	if c.suspended {
		c.holdBack()
	}
	if c.handover {
		c.explain(on(c.day(8, 21), 15, 30), "合同按季度考核后结算，二季度考核结论 9 月才出")
	}
}

// readings put every countable row at the plot's half-way attainment.
func (c *course) readings() (list []monitoring.Reading) {
	attained := domain.MustDecimal(c.halfway)
	for _, i := range c.indicators(2) {
		reading := monitoring.Reading{Row: i.Row, Actual: "完成年度目标的 " + c.halfway, Attainment: &attained, Likelihood: monitoring.Certain}
		if attained.Less(domain.MustDecimal("0.5")) {
			reading.Likelihood, reading.Reason = monitoring.Possible, "前期招标推迟，下半年赶工"
		}
		list = append(list, reading)
	}
	return list
}

func (c *course) explain(w when, reason string) {
	do(c.city, w, c.desk.finance.actor(), monitoring.Stored, c.watch(), func() monitoring.Command {
		return monitoring.ExplainWarning{Warning: "1", Reason: reason}
	}, "忻州办法 第二十九条")
}

func (c *course) holdBack() {
	c.execute(on(c.day(8, 20), 10, 0), reviewer, func() execution.Command {
		return execution.Suspend{Reason: "执行进度明显落后，要求说明原因并整改", Warning: "1"}
	}, "邯郸意见 四(四)", "南通办法 第十条")
	c.explain(on(c.day(9, 6), 15, 0), "施工许可 8 月下旬取得，已调整工期，年内完成")
	c.execute(on(c.day(10, 12), 10, 30), reviewer, func() execution.Command {
		return execution.Resume{Reason: "原因属实，措施可行，恢复拨款", By: reviewer.actor()}
	})
}
