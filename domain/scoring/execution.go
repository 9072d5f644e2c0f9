package scoring

import (
	"fmt"
	"math/big"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/published"
)

// An execution is the row of money, read and scored.
type execution struct {
	published.Budget
	weight   *big.Rat // nil where the form has no execution row
	rate     *big.Rat // executed ÷ budget; nil: cannot be computed
	stated   *big.Rat // the printed rate, as a share; nil where none can be read
	places   int      // digits after the point of the printed percentage
	opening  bool     // rate is on the opening budget, for want of another
	computed *big.Rat
	working  string
}

// execution scores the row of money: weight × executed ÷ adjusted full-year
// budget, at most the weight.
func (s scorer) execution(t published.Table, rows []row) execution {
	e := execution{Budget: t.Budget, weight: s.executionWeight(t, rows)}
	e.stated, e.places = readRate(t.Budget.RatePrinted)
	if (e.FullYear == nil || e.Executed == nil) && e.bare() && positive(e.stated) && e.stated.Cmp(big.NewRat(1, 100)) <= 0 {
		e.stated, e.places = new(big.Rat).Mul(e.stated, hundred), max(e.places-2, 0) // 0.7927 is a share
	}
	e.working = e.divide(strings.Contains(t.Kind, "监控"))
	share := e.rate
	if share == nil && (e.FullYear == nil || e.Executed == nil) && e.stated != nil {
		share = e.stated
		e.working = "金额未印全，按印刷执行率 " + rate(share) + "% 计"
	}
	s.scoreExecution(&e, share)
	return e
}

func (s scorer) scoreExecution(e *execution, share *big.Rat) {
	switch {
	case e.weight == nil:
		e.working = join2(e.working, "本表不设预算执行分值")
		return
	case share == nil || e.weight.Sign() < 0:
		return
	}
	figures := fmt.Sprintf("%s × %s%%", figure(e.weight), rate(share))
	if e.rate != nil {
		figures = fmt.Sprintf("%s × %s ÷ %s", figure(e.weight), figure(e.Executed.Rat()), figure(e.base()))
	}
	capped := ""
	if share.Cmp(one) > 0 {
		share, capped = one, "，超过 100%，以分值为限"
	}
	e.computed = clamp(new(big.Rat).Mul(e.weight, share), e.weight)
	e.working = join2(e.working, fmt.Sprintf("%s = %s%s", figures, points(e.computed, s.book.Scoring.Places.Value), capped))
}

func join2(a, b string) string {
	if a == "" {
		return b
	}
	return a + "；" + b
}

// base is the budget the rate is of.
func (e *execution) base() *big.Rat {
	if e.opening {
		return e.Begin.Rat()
	}
	return e.FullYear.Rat()
}

// divide computes the rate, and says what is particular about it. Only a form
// that prints no full-year budget is taken by its opening one: a monitoring
// form, or one whose printed rate says so.
func (e *execution) divide(monitoring bool) string {
	switch {
	case e.Executed == nil:
		return "全年执行数未印，执行率不能计算"
	case e.FullYear != nil && e.FullYear.Sign() > 0:
		e.rate = new(big.Rat).Quo(e.Executed.Rat(), e.FullYear.Rat())
		return ""
	case e.FullYear != nil:
		return fmt.Sprintf("%s ÷ %s，全年预算数不大于 0，执行率不能计算", figure(e.Executed.Rat()), figure(e.FullYear.Rat()))
	case e.Begin == nil || e.Begin.Sign() <= 0:
		return "全年预算数未印，执行率不能计算"
	}
	onOpening := new(big.Rat).Quo(e.Executed.Rat(), e.Begin.Rat())
	if monitoring || e.agrees(onOpening) {
		e.rate, e.opening = onOpening, true
		return "全年预算数未印，按年初预算数计"
	}
	return "全年预算数未印，执行率不能计算"
}

// agrees reports whether the printed rate is the rate given, half up at the
// digits printed. A form may print the percentage or the plain share; a share is
// good to the percent at least, or 1 would do for a half.
func (e *execution) agrees(exact *big.Rat) bool {
	if e.stated == nil {
		return false
	}
	percentage := new(big.Rat).Mul(exact, hundred)
	stated := new(big.Rat).Mul(e.stated, hundred)
	return rounded(percentage, e.places).Cmp(stated) == 0 ||
		e.bare() && rounded(exact, max(e.places, 2)).Cmp(stated) == 0
}

// bare reports whether the rate is printed without a percent sign.
func (e *execution) bare() bool { return !strings.ContainsAny(normal(e.RatePrinted), "%‰") }

func rounded(r *big.Rat, places int) *big.Rat {
	x, _ := new(big.Rat).SetString(r.FloatString(places))
	return x
}

// readRate reads 99%, 100.00 and 20 as a share, with the digits after the point.
func readRate(text string) (share *big.Rat, places int) {
	v := Read(text)
	if v.Nature != Number {
		return nil, 0
	}
	if _, fraction, ok := strings.Cut(figures.FindString(normal(text)), "."); ok {
		places = len(fraction)
	}
	return new(big.Rat).Quo(v.mantissa, hundred), places
}

func (s scorer) executionResult(e execution) Execution {
	places := s.book.Scoring.Places.Value
	return Execution{
		Rate:     percentage(e.rate),
		Printed:  e.ScorePrinted,
		Computed: points(e.computed, places),
		Weight:   points(e.weight, 6),
		Working:  e.working,
	}
}

// percentage rounds a share to a percentage with two decimals; a share no
// budget can have is none.
func percentage(share *big.Rat) *domain.Decimal {
	if share == nil || share.Cmp(big.NewRat(1e12, 1)) > 0 {
		return nil
	}
	d := domain.HalfUp(new(big.Rat).Mul(share, hundred), 2)
	return &d
}
