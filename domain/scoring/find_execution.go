package scoring

import (
	"fmt"
	"math/big"

	"wenxiao/domain/published"
)

// checkRate compares the printed rate with the money. A rate rounded half up
// at the digits it is printed with is right; one cut off or rounded up is not.
func (e examination) checkRate(r *report) {
	x := e.execution
	basis := e.book.Scoring.Execution.Source.String()
	if x.over() {
		at, printed := "budget/executed", ""
		if x.stated != nil && x.stated.Cmp(one) > 0 {
			at, printed = "budget/rate_printed", x.RatePrinted
		} else {
			printed = figure(x.Executed.Rat())
		}
		computed := ""
		if x.rate != nil {
			computed = fmt.Sprintf("%s ÷ %s = %s%%", figure(x.Executed.Rat()), figure(x.base()), rate(x.rate))
		}
		r.add(RateOver100, at, printed, computed, "执行数大于全年预算数，得分以分值为限", basis)
	}
	switch {
	case x.stated == nil || x.opening || x.Executed == nil || x.FullYear == nil:
	case x.rate == nil && x.stated.Sign() != 0:
		r.add(RateDiffers, "budget/rate_printed", x.RatePrinted, "", x.working, basis)
	case x.rate != nil && !x.agrees(x.rate):
		working := fmt.Sprintf("%s ÷ %s × 100%% = %s%%", figure(x.Executed.Rat()), figure(x.FullYear.Rat()), fixed(x.rate, 4))
		r.add(RateDiffers, "budget/rate_printed", x.RatePrinted, fixed(x.rate, max(x.places, 2))+"%", working, basis)
	}
	e.checkRateRow(r)
}

func (x execution) over() bool {
	if x.rate != nil {
		return x.rate.Cmp(one) > 0
	}
	return x.stated != nil && x.stated.Cmp(one) > 0 && x.FullYear == nil
}

// fixed prints a share as a percentage with so many decimals.
func fixed(share *big.Rat, places int) string {
	return new(big.Rat).Mul(share, hundred).FloatString(places)
}

// checkRateRow compares an execution rate that stands among the indicators.
func (e examination) checkRateRow(r *report) {
	if e.execution.rate == nil || e.execution.opening {
		return
	}
	for _, j := range e.judged {
		x := execution{Budget: published.Budget{RatePrinted: j.Actual}}
		x.stated, x.places = readRate(j.Actual)
		if !isExecution(j.row) || x.stated == nil || x.bare() || j.actual.Sign.inequality() || x.agrees(e.execution.rate) {
			continue
		}
		working := fmt.Sprintf("%s ÷ %s × 100%% = %s%%", figure(e.execution.Executed.Rat()), figure(e.execution.base()), fixed(e.execution.rate, 4))
		r.add(RateDiffers, cell(j.index, "actual"), j.Actual, fixed(e.execution.rate, 2)+"%", working, e.book.Scoring.Execution.Source.String())
	}
}

// checkExecutionScore compares the printed score with weight × rate.
func (e examination) checkExecutionScore(r *report) {
	x, basis := e.execution, e.book.Scoring.Execution.Source.String()
	printed := rat(x.ScorePrinted)
	switch {
	case printed == nil || x.weight == nil:
	case printed.Cmp(x.weight) > 0:
		r.add(ScoreOverWeight, "budget/score_printed", figure(printed), "至多 "+figure(x.weight), x.working, basis)
	case x.computed == nil, near(printed, x.computed), x.fromPrintedRate(printed):
	default:
		r.add(ExecutionScoreDiffers, "budget/score_printed", figure(printed), points(x.computed, e.book.Scoring.Places.Value).String(), x.working, basis)
	}
}

// fromPrintedRate reports whether the score is the weight × the printed rate,
// itself rightly rounded: 20 × 86% = 17.2 where the rate is 86.4%.
func (x execution) fromPrintedRate(printed *big.Rat) bool {
	if x.stated == nil || x.rate == nil || !x.agrees(x.rate) || x.stated.Cmp(one) > 0 {
		return false
	}
	diff := new(big.Rat).Sub(printed, new(big.Rat).Mul(x.weight, x.stated))
	return diff.Abs(diff).Cmp(big.NewRat(5, 1000)) <= 0
}
