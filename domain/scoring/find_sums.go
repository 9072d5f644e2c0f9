package scoring

import (
	"fmt"
	"math/big"
	"regexp"
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

var groupWeight = regexp.MustCompile(`\((\d+(?:\.\d+)?)分?\)$|(\d+(?:\.\d+)?)分$`)

// checkGroups compares the weight printed with a first-level group,
// 项目产出(30), with its rows.
func (e examination) checkGroups(r *report) {
	for start := 0; start < len(e.rows); {
		end := start + 1
		for end < len(e.rows) && e.rows[end].level1 == e.rows[start].level1 {
			end++
		}
		e.checkGroup(r, e.rows[start:end])
		start = end
	}
}

func (e examination) checkGroup(r *report, rows []row) {
	m := groupWeight.FindStringSubmatch(normal(rows[0].level1))
	if m == nil || e.unscored {
		return
	}
	due, ok := exact(m[1] + m[2])
	sum := weightOf(rows)
	if !ok || due.Sign() == 0 || near(sum, due) || sum.Cmp(due) < 0 && !e.table.TableComplete {
		return
	}
	r.add(PartsDifferFromTotal, cell(rows[0].index, "level1"), figure(due), figure(sum), quoted(rows[0].level1)+"各行分值合计 "+figure(sum), e.book.Weights.Plain.Source.String())
}

// checkParts compares 其中 rows with the row they are part of.
func (e examination) checkParts(r *report) {
	for i := range e.judged {
		var parts []judged
		for _, j := range e.judged {
			if j.parent == i {
				parts = append(parts, j)
			}
		}
		if len(parts) > 0 {
			e.checkFamily(r, e.judged[i], parts)
		}
	}
}

// checkFamily compares both columns. 其中 need not name all parts, so too small
// a sum is a fault only where the other column shows that they are all there;
// too large a sum always is.
func (e examination) checkFamily(r *report, parent judged, parts []judged) {
	target := compareParts(parent.target, parts, func(j judged) Value { return j.target })
	actual := compareParts(parent.actual, parts, func(j judged) Value { return j.actual })
	for _, c := range []struct {
		column, printed string
		this, other     family
	}{{"target", parent.Target, target, actual}, {"actual", parent.Actual, actual, target}} {
		if c.this.sum == nil || c.this.order == 0 || c.this.order < 0 && !(c.other.sum != nil && c.other.order == 0) {
			continue
		}
		r.add(PartsDifferFromTotal, cell(parent.index, c.column), quoted(c.printed), figure(c.this.sum), "其中各行之和为 "+figure(c.this.sum), "合计为其中各行之和")
	}
}

// A family is the sum of the parts, and how it stands to their parent: -1 less,
// 0 equal, 1 more. The sum is nil where they cannot be added.
type family struct {
	sum   *big.Rat
	order int
}

// compareParts adds up numbers of one unit. Things counted in different units,
// 180只 and 12头, may add up but need not.
func compareParts(parent Value, parts []judged, of func(judged) Value) family {
	if parent.Nature != Number || measureOf(parent.Unit).dimension == percent {
		return family{}
	}
	sum, sameUnit := new(big.Rat), true
	for _, p := range parts {
		v := of(p)
		if v.Nature != Number || v.loose {
			return family{}
		}
		sameUnit = sameUnit && v.Unit == parent.Unit
		sum.Add(sum, v.Number)
	}
	order := sum.Cmp(parent.Number)
	if order != 0 && !sameUnit {
		return family{}
	}
	return family{sum, order}
}

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
