package scoring

import (
	"fmt"
	"math/big"

	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
)

// Score recomputes a table under a rulebook and lists what is wrong with it.
// Weights are those the form prints: it was agreed under them. What the
// rulebook decides is how attainment becomes points.
func Score(t published.Table, book *rulebook.Rulebook) Result {
	e := examine(t, book)
	return Result{
		ID:        t.ID,
		Rulebook:  book.Ref(),
		Execution: e.executionResult(e.execution),
		Rows:      e.results(),
		Total:     e.total(),
		Grade:     e.grade(),
		Findings:  e.findings(),
	}
}

// An examination is a table with all its rows judged.
type examination struct {
	scorer
	table     published.Table
	rows      []row
	judged    []judged
	execution execution
	form      *big.Rat // in a comparison: the execution weight of the form
}

func examine(t published.Table, book *rulebook.Rulebook) examination {
	e := examination{table: t, rows: rowsOf(t)}
	e.scorer = scorer{book: book, year: int(t.Year), unscored: !printsWeights(t)}
	e.execution = e.scorer.execution(t, e.rows)
	for _, r := range e.rows {
		e.judged = append(e.judged, e.judge(r))
	}
	return e
}

func (e examination) results() []Row {
	rows := make([]Row, len(e.judged))
	for i, j := range e.judged {
		rows[i] = j.result(e.book.Scoring.Places.Value)
	}
	return rows
}

func (j judged) result(places int) Row {
	return Row{
		Level1: j.Level1, Level2: j.Level2, Name: j.Level3, Target: j.Target, Actual: j.Actual,
		Weight: points(j.weight, 6), Printed: j.Score, Computed: points(j.computed, places),
		Check: j.check(places), Working: j.working, Basis: j.basis, Nature: string(j.target.Nature), Direction: j.direction(),
		Reading: listed(j.reading), WeightAssumed: j.assumed,
	}
}

// check compares the printed score with the computed one. A kept score, and one
// whose weight was taken from it, prove nothing.
func (j judged) check(places int) string {
	printed, computed := j.score(), rat(points(j.computed, places))
	switch {
	case printed == nil || computed == nil || j.kept || j.assumed:
		return "不核"
	case printed.Cmp(computed) == 0:
		return "一致"
	case near(printed, computed):
		return "取整"
	}
	return "不符"
}

func (j judged) direction() string {
	switch {
	case j.target.Nature != Number && j.target.Nature != Range:
		return ""
	case j.reverse:
		return "反向"
	}
	return "正向"
}

// sums adds up the scores that count: printed, computed, and the weights still
// without a printed score. What cannot be computed keeps its printed score, so
// that both sums are of the same rows.
type sums struct {
	printed, computed *big.Rat // nil where there is nothing to add
	open              *big.Rat // weights of rows without a printed score
	uncomputed        int      // rows with weight that could not be computed
}

func (e examination) sum() sums {
	places := e.book.Scoring.Places.Value
	s := sums{open: new(big.Rat)}
	s.add(rat(e.execution.ScorePrinted), rat(points(e.execution.computed, places)), e.execution.weight)
	for _, j := range e.judged {
		if j.counted {
			s.add(j.score(), rat(points(j.computed, places)), j.weight)
		}
	}
	return s
}

func (s *sums) add(printed, computed, weight *big.Rat) {
	if printed == nil && positive(weight) {
		s.open.Add(s.open, weight)
	}
	if computed == nil && weight != nil {
		s.uncomputed++
		if printed != nil && weight.Sign() >= 0 {
			computed = clamp(printed, weight)
		}
	}
	s.printed, s.computed = plus(s.printed, printed), plus(s.computed, computed)
}

func plus(a, b *big.Rat) *big.Rat {
	switch {
	case b == nil:
		return a
	case a == nil:
		return b
	}
	return new(big.Rat).Add(a, b)
}

func (e examination) total() Total {
	s := e.sum()
	t := Total{Printed: e.table.TotalPrinted, Rows: points(s.printed, 6), Computed: points(s.computed, 6)}
	switch {
	case s.computed == nil:
		t.Working = "没有可计的得分"
	case s.uncomputed > 0:
		t.Working = fmt.Sprintf("%s%d 行不能计算，计其原印得分，不评等级", e.visible(), s.uncomputed)
	case !e.table.TableComplete:
		t.Working = e.visible() + "不评等级"
	case !e.outOf100():
		t.Working = fmt.Sprintf("分值合计 %s，不是 100，不评等级", figure(e.weights()))
	}
	return t
}

// visible says what the sums of an incomplete table are of.
func (e examination) visible() string {
	if e.table.TableComplete {
		return ""
	}
	return "表不完整，只计可见各行，"
}

// weights sums all weights of the form, execution included.
func (e examination) weights() *big.Rat { return plus(weightOf(e.rows), e.execution.weight) }

// outOf100 reports whether the total is on the scale of the grades. A form that
// prints no weights is taken to be.
func (e examination) outOf100() bool {
	return e.unscored || near(e.weights(), hundred)
}

// grade is that of the computed total of a whole table.
func (e examination) grade() string {
	s := e.sum()
	if s.computed == nil || s.uncomputed > 0 || !e.table.TableComplete || !e.outOf100() {
		return ""
	}
	return e.book.Grade(*points(s.computed, 6))
}

// tolerance is what rounding to one decimal may make of a score.
var tolerance = big.NewRat(5, 100)

// near reports whether two scores differ by rounding only.
func near(a, b *big.Rat) bool {
	d := new(big.Rat).Sub(a, b)
	return d.Abs(d).Cmp(tolerance) <= 0
}
