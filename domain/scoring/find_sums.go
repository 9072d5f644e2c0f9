package scoring

import (
	"fmt"
	"math/big"
	"strings"
)

// checkWeights compares the sum of the weights with 100. Missing rows can only
// make it smaller. A goal is filed before there is execution.
func (e examination) checkWeights(r *report) {
	sum := e.weights()
	assumed := e.unscored
	for _, row := range e.rows {
		assumed = assumed || row.assumed && row.counted
	}
	over := sum != nil && sum.Cmp(hundred) > 0 && !near(sum, hundred)
	switch {
	case sum == nil || sum.Sign() == 0 || e.unscored, near(sum, hundred):
		return
	case isGoal(e.table) && near(sum, e.book.GoalTotal().Rat()):
		return
	case (!e.table.TableComplete || assumed) && !over:
		return
	}
	working := "各指标分值合计 " + figure(weightOf(e.rows))
	if e.execution.weight != nil {
		working = fmt.Sprintf("%s，加预算执行 %s", working, figure(e.execution.weight))
	}
	r.add(WeightsNot100, "indicators/weight", figure(sum), "100", working, e.book.Weights.Execution.Source.String())
}

// checkTotal compares the printed total with the sum of the printed scores.
// What is not visible may add up to what is left of 100, no more.
func (e examination) checkTotal(r *report) {
	s, total := e.sum(), rat(e.table.TotalPrinted)
	if total == nil || s.printed == nil {
		return
	}
	most := plus(s.printed, s.open)
	if !e.table.TableComplete {
		left := new(big.Rat).Sub(hundred, e.weights())
		if left.Sign() < 0 {
			most = nil // weights beyond 100 bound nothing
		} else {
			most = plus(most, left)
		}
	}
	low := total.Cmp(s.printed) < 0 && !near(total, s.printed)
	high := most != nil && total.Cmp(most) > 0 && !near(total, most)
	if low || high || e.between(s, total) {
		r.add(TotalDiffers, "total_printed", figure(total), figure(s.printed), e.sumWorking(s, most, high), e.book.Scoring.Places.Source.String())
	}
}

// between reports a total that is neither with nor without the execution score,
// where that is all a whole table leaves open.
func (e examination) between(s sums, total *big.Rat) bool {
	x := e.execution
	if !e.table.TableComplete || x.ScorePrinted != nil || x.computed == nil || s.open.Cmp(x.weight) != 0 {
		return false
	}
	return !near(total, s.printed) && !near(total, plus(s.printed, x.computed))
}

func (e examination) sumWorking(s sums, most *big.Rat, high bool) string {
	if high && most.Cmp(s.printed) > 0 {
		return fmt.Sprintf("可见各行合计 %s，未见部分至多 %s，总分至多 %s", figure(s.printed), figure(new(big.Rat).Sub(most, s.printed)), figure(most))
	}
	return "各行得分 " + e.addition() + " = " + figure(s.printed)
}

// addition writes the printed scores out as a sum.
func (e examination) addition() string {
	var terms []string
	if p := rat(e.execution.ScorePrinted); p != nil {
		terms = append(terms, figure(p))
	}
	for _, j := range e.judged {
		if p := j.score(); p != nil && j.counted {
			terms = append(terms, figure(p))
		}
	}
	return strings.Join(terms, " + ")
}
