package scoring

import (
	"fmt"
	"math/big"
)

// checkWeightTwice finds scores that are already on the weight's scale and were
// multiplied by the weight again: in a form's converted scores, in the scores
// themselves, or in the total. It reports whether the scores themselves are.
func (e examination) checkWeightTwice(r *report) bool {
	basis := e.book.Weights.Plain.Source.String()
	if text := e.convertedTwice(); text != "" {
		r.add(WeightAppliedTwice, "extra/converted_scores_printed", text, "", "得分已在分值之内，又乘权重", basis)
	}
	if text := e.scoredTwice(); text != "" {
		r.add(WeightAppliedTwice, "indicators/score", text, "", "得分为 分值 × 权重%，满分之表也到不了 100", basis)
		return true
	}
	e.totalTwice(r, basis)
	return false
}

// convertedTwice checks the form's own column of converted scores.
func (e examination) convertedTwice() string {
	var texts []string
	for i, c := range e.table.Converted {
		if c == nil || i >= len(e.judged) || e.judged[i].Weight == nil || e.judged[i].Score == nil {
			continue
		}
		j := e.judged[i]
		if !same(rat(c), weighted(j.score(), j.weight)) || j.score().Cmp(j.weight) > 0 || j.weight.Cmp(hundred) >= 0 {
			return ""
		}
		texts = append(texts, fmt.Sprintf("%s × %s%% = %s", figure(j.score()), figure(j.weight), figure(rat(c))))
	}
	return listed(texts)
}

// scoredTwice checks whether every printed score is what the rule gives times
// the weight once more.
func (e examination) scoredTwice() string {
	var texts []string
	for _, j := range e.judged {
		if j.Weight == nil || j.Score == nil || !j.counted || j.weight.Sign() <= 0 {
			continue
		}
		due := j.weight
		if j.quantity && j.computed != nil {
			due = j.computed
		}
		if j.weight.Cmp(hundred) >= 0 || !same(j.score(), weighted(due, j.weight)) {
			return ""
		}
		if j.Score.Sign() > 0 {
			texts = append(texts, fmt.Sprintf("%s × %s%% = %s", figure(due), figure(j.weight), figure(j.score())))
		}
	}
	if len(texts) < 2 {
		return ""
	}
	return listed(texts)
}

// totalTwice checks whether the total is the sum of score × weight.
func (e examination) totalTwice(r *report, basis string) {
	total, sum := rat(e.table.TotalPrinted), new(big.Rat)
	if total == nil || !e.table.TableComplete {
		return
	}
	for _, j := range e.judged {
		if j.Weight != nil && j.Score != nil && j.counted {
			sum.Add(sum, weighted(j.score(), j.weight))
		}
	}
	score, weight := rat(e.execution.ScorePrinted), e.execution.weight
	also := new(big.Rat).Set(sum)
	if score != nil && weight != nil {
		also.Add(also, weighted(score, weight))
		sum.Add(sum, score)
	}
	if positive(sum) && (same(total, sum) || same(total, also)) && !near(total, plus(e.sum().printed, new(big.Rat))) {
		r.add(WeightAppliedTwice, "total_printed", figure(total), figure(e.sum().printed), "总分等于各行 得分 × 权重% 之和，而得分已在分值之内", basis)
	}
}

func weighted(score, weight *big.Rat) *big.Rat {
	product := new(big.Rat).Mul(score, weight)
	return product.Quo(product, hundred)
}

// same reports whether two scores agree to the second decimal.
func same(a, b *big.Rat) bool {
	d := new(big.Rat).Sub(a, b)
	return d.Abs(d).Cmp(big.NewRat(1, 100)) <= 0
}
