package scoring

import (
	"math/big"
	"regexp"
	"strings"

	"wenxiao/domain/published"
)

// executionWeight is the printed weight; or that of the printed frame; or the
// rulebook's, where the form plainly has an execution row.
func (s scorer) executionWeight(t published.Table, rows []row) *big.Rat {
	if t.Budget.Weight != nil {
		return t.Budget.Weight.Rat()
	}
	due := s.book.Weights.Execution.Value.Rat()
	if t.Budget.ScorePrinted != nil {
		if w := framed(t.WeightFrame); w != nil {
			return w
		}
		return scoredOutOf(t.Budget.ScorePrinted.Rat(), due)
	}
	if t.TableComplete && t.Budget.Executed != nil && printsWeights(t) && !hasExecutionRow(rows) && !isGoal(t) &&
		new(big.Rat).Add(weightOf(rows), due).Cmp(hundred) == 0 {
		return due
	}
	return nil
}

// scoredOutOf is the weight a score without one is of: the rulebook's, or the
// other that forms use where the score is too large for it.
func scoredOutOf(score, due *big.Rat) *big.Rat {
	for _, w := range []*big.Rat{due, big.NewRat(10, 1), big.NewRat(20, 1)} {
		if score.Cmp(w) <= 0 {
			return w
		}
	}
	return nil
}

var frame = regexp.MustCompile(`\d+(?:/\d+)+`)

// framed reads the execution weight off a frame such as 20/40/30/10.
func framed(text string) *big.Rat {
	parts := strings.Split(frame.FindString(text), "/")
	sum := new(big.Rat)
	for _, p := range parts {
		n, ok := exact(p)
		if !ok {
			return nil
		}
		sum.Add(sum, n)
	}
	first, _ := exact(parts[0])
	if sum.Cmp(hundred) != 0 || first.Cmp(big.NewRat(20, 1)) > 0 {
		return nil
	}
	return first
}

func hasExecutionRow(rows []row) bool {
	for _, r := range rows {
		if isExecution(r) {
			return true
		}
	}
	return false
}

var executionName = regexp.MustCompile(`(?:预算|资金)(?:资金)?执行率`)

// isExecution finds an execution rate that stands among the indicators.
func isExecution(r row) bool { return executionName.MatchString(normal(r.Level3)) }

func isGoal(t published.Table) bool { return goalForm.MatchString(t.Kind) }

var goalForm = regexp.MustCompile(`目标(?:申报)?表|申报表|目标批复`)

// weightOf sums the weights that count.
func weightOf(rows []row) *big.Rat {
	sum := new(big.Rat)
	for _, r := range rows {
		if r.counted && r.weight != nil {
			sum.Add(sum, r.weight)
		}
	}
	return sum
}
