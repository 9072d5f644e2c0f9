package scoring

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// checkRow lists what is wrong with one row. Of what is wrong with its score
// the most particular is named, once.
func (e examination) checkRow(r *report, j judged, twice bool) {
	if j.sums {
		return
	}
	e.checkValues(r, j)
	over := e.checkOver(r, j)
	printed := j.score()
	switch {
	case printed == nil:
	case j.Weight != nil && j.Weight.Sign() >= 0 && printed.Cmp(j.weight) > 0:
		r.add(ScoreOverWeight, cell(j.index, "score"), figure(printed), "至多 "+figure(j.weight), "", e.book.Scoring.Positive.Source.String())
	case j.actual.Nature == Blank && !j.kept:
		if printed.Sign() > 0 {
			r.add(ScoreWithoutValue, cell(j.index, "score"), figure(printed), "", "完成值为空", e.book.Scoring.Positive.Source.String())
		}
	case j.Weight == nil || j.Weight.Sign() <= 0 || twice:
	default:
		e.checkScore(r, j, printed, over)
	}
}

// checkScore compares the printed score with the rule's. Points off a met row
// want a reason, in words as in figures: the top band leaves open how many, not
// why. One far over its target may have been reduced for that.
func (e examination) checkScore(r *report, j judged, printed *big.Rat, over bool) {
	full := printed.Cmp(j.weight) >= 0
	switch {
	case j.quantity && j.computed != nil && near(printed, j.computed):
	case j.verdict == unmet && full, j.verdict == partly && full:
		e.wrongScore(r, FullScoreUnmet, j, printed)
	case j.verdict == met && !full:
		if !over && !explained(j.Reason) {
			e.wrongScore(r, DeductionWithoutReason, j, printed)
		}
	case j.kept:
		e.checkBand(r, j, printed)
	case j.quantity && j.computed != nil:
		e.wrongScore(r, ScoreDiffers, j, printed)
	}
}

// explained reports whether a reason is given. 无, 0 and a printed scoring rule
// are none.
func explained(reason string) bool {
	s := normal(reason)
	return strings.Trim(s, blankness+"0") != "" && !notApplicable.MatchString(s) && !isRule(reason)
}

// wrongScore notes a score that is not the rule's. An execution rate among the
// indicators is reported as such.
func (e examination) wrongScore(r *report, code Code, j judged, printed *big.Rat) {
	if isExecution(j.row) {
		code = ExecutionScoreDiffers
	}
	computed := ""
	if j.computed != nil && j.quantity {
		computed = points(j.computed, e.book.Scoring.Places.Value).String()
	}
	basis := j.basis
	if code == DeductionWithoutReason {
		basis = e.book.Scoring.Deduction.Source.String()
	}
	r.add(code, cell(j.index, "score"), figure(printed), computed, j.working, basis)
}

// checkBand compares a qualitative score with the band its words name. A late
// date is in none.
func (e examination) checkBand(r *report, j judged, printed *big.Rat) {
	index, known := map[verdict]int{met: 0, partly: 1, unmet: 2}[j.verdict]
	bands := e.book.Bands.Value
	if !known || index >= len(bands) || j.target.Nature == Date {
		return
	}
	top := new(big.Rat).Mul(j.weight, bands[index].To.Rat())
	if printed.Cmp(top) > 0 {
		working := fmt.Sprintf("完成值%s，属“%s”，至多 %s 分", quoted(j.Actual), bands[index].Name, figure(top))
		r.add(ScoreDiffers, cell(j.index, "score"), figure(printed), "至多 "+figure(top), working, e.book.Bands.Source.String())
	}
}

// checkValues finds actuals that cannot be compared, or are the target again.
func (e examination) checkValues(r *report, j judged) {
	basis := e.book.Scoring.Positive.Source.String()
	switch {
	case j.fault != "":
		r.add(ValueNotComparable, cell(j.index, "actual"), quoted(j.Actual), "", j.fault, basis)
	case rateCounted(j):
		working := fmt.Sprintf("名为率，指标值、完成值却以“%s”计", j.target.Unit)
		if j.ratio != nil {
			working += "，完成值应为 " + rate(j.ratio) + "%"
		}
		r.add(ValueNotComparable, cell(j.index, "target"), quoted(j.Target), "", working, basis)
	}
	if copied(j) {
		r.add(ActualCopiesTarget, cell(j.index, "actual"), quoted(j.Actual), "", "指标值"+quoted(j.Target)+"，完成值应为实际数，不应为不等式", basis)
	}
}

var (
	namedRate = regexp.MustCompile(`(?:率|比例|比重|占比|满意度|百分比)$`)
	notRate   = regexp.MustCompile(`(?:频|功|效|速|汇|利|税|费|分辨|倍|心|斜|曲|容积|周转)率$`)
)

// rateCounted finds a rate that is measured in people or things.
func rateCounted(j judged) bool {
	name := nameNotes.ReplaceAllString(normal(j.Level3), "")
	return namedRate.MatchString(name) && !notRate.MatchString(name) && counted(j.target) && (counted(j.actual) || j.actual.Nature == Blank)
}

func counted(v Value) bool {
	return v.Nature == Number && !v.loose && v.Unit != "" && slices.Contains(counters, v.Unit) && v.Unit != "倍"
}

// copied finds an actual that is an inequality on the target's own figure, ≥80%
// for ≥80% or for 80%: not a measured value.
func copied(j judged) bool {
	if j.actual.Nature == Several && j.target.Nature == Several {
		return slices.ContainsFunc(j.actual.parts, func(p string) bool { return slices.Contains(j.target.parts, p) })
	}
	return j.actual.Nature == Number && j.actual.Sign.inequality() &&
		j.target.Nature == Number && j.actual.Number.Cmp(j.target.Number) == 0
}

// checkOver finds results at or beyond the threshold above the target without an
// explanation.
func (e examination) checkOver(r *report, j judged) bool {
	over := e.book.Scoring.Over
	if j.ratio == nil || j.ratio.Cmp(over.Threshold.Value.Rat()) < 0 || copied(j) {
		return false
	}
	if !explained(j.Reason) {
		working := fmt.Sprintf("%s ÷ %s，达到 %s%%，须说明", quoted(j.Actual), quoted(j.Target), rate(over.Threshold.Value.Rat()))
		r.add(OverFulfilled, cell(j.index, "actual"), quoted(j.Actual), rate(j.ratio)+"%", working, over.Threshold.Source.String())
	}
	return true
}
