package scoring

import (
	"fmt"
	"math/big"

	"wenxiao/domain/rulebook"
)

// number scores a row whose target is one number.
func (s scorer) number(j *judged) {
	actual := j.actual
	switch actual.Nature {
	case Number:
	case Range:
		s.worstOf(j)
		return
	case Several:
		s.keep(j, "完成值不止一个数")
		return
	default:
		if j.target.loose {
			s.keep(j, "定性指标")
			return
		}
		j.incomparable(fmt.Sprintf("指标值“%s”是数，完成值“%s”不是", j.Target, j.Actual))
		return
	}
	p, why := match(j.target, actual)
	if why != "" {
		if j.target.loose || actual.loose {
			s.keep(j, "定性指标")
			return
		}
		j.incomparable(why)
		return
	}
	if p.note != "" {
		j.reading = append(j.reading, p.note)
	}
	s.compare(j, p)
}

// worstOf scores an actual that is a range by its end farther from the target.
func (s scorer) worstOf(j *judged) {
	ends := [2]Value{j.actual, j.actual}
	ends[1].mantissa = j.actual.upperMantissa()
	ends[1].Number = j.actual.Upper
	bad, _ := reverse(s.book.Scoring.Direction.Value, j.row, j.target)
	end := ends[0]
	if bad {
		end = ends[1]
	}
	p, why := match(j.target, end)
	if why != "" {
		j.incomparable(why)
		return
	}
	j.reading = append(j.reading, fmt.Sprintf("完成值“%s”是区间，按 %s 计", j.Actual, figure(p.actual)))
	s.compare(j, p)
}

func (v Value) upperMantissa() *big.Rat {
	if v.scale == nil {
		return v.Upper
	}
	return new(big.Rat).Quo(v.Upper, v.scale)
}

// compare scores two numbers on one scale.
func (s scorer) compare(j *judged, p pair) {
	rules := s.book.Scoring
	bad, why := reverse(rules.Direction.Value, j.row, j.target)
	j.reverse = bad
	if why != "" {
		j.reading = append(j.reading, why)
	}
	if p.target.Sign() > 0 && !bad {
		j.ratio = new(big.Rat).Quo(p.actual, p.target)
	}
	switch {
	case j.target.Sign == Equals && rules.Equal.Value == rulebook.Exact:
		s.equal(j, p)
	case p.target.Sign() <= 0:
		s.notPositive(j, p)
	case bad:
		s.atMost(j, p)
	default:
		s.atLeast(j, p)
	}
}

// notPositive scores targets of 0 and less, which no ratio fits.
func (s scorer) notPositive(j *judged, p pair) {
	j.basis = s.book.Scoring.Zero.Source.String()
	kept := p.actual.Cmp(p.target) <= 0
	if !j.reverse {
		kept = p.actual.Cmp(p.target) > 0 || p.actual.Cmp(p.target) == 0 && j.target.Sign != Above
	}
	switch {
	case kept:
		j.reached("达到")
	case p.target.Sign() == 0:
		j.none(fmt.Sprintf("指标值为 0，完成值 %s", figure(p.actual)))
	default:
		j.quantity, j.verdict = true, unmet
		j.nothing(fmt.Sprintf("指标值 %s 为负，完成值 %s 未达到，比例无意义，不能计算", figure(p.target), figure(p.actual)))
	}
}

// atLeast scores an indicator of which more is better.
func (s scorer) atLeast(j *judged, p pair) {
	rules := s.book.Scoring
	j.basis = rules.Positive.Source.String()
	switch {
	case p.actual.Cmp(p.target) >= 0:
		s.far(j, p)
	case p.actual.Sign() < 0:
		j.none(fmt.Sprintf("完成值 %s 为负", figure(p.actual)))
	case len(rules.Intervals.Value) > 0 && s.satisfaction(j.row) && measureOf(j.target.Unit).dimension != counting:
		s.byInterval(j, p)
	case rules.Positive.Value == rulebook.RatioWithPass && j.ratio.Cmp(rules.Pass.Value.Rat()) < 0:
		j.basis = rules.Pass.Source.String()
		j.none(fmt.Sprintf("%s ÷ %s = %s%%，低于及格门槛 %s%%", figure(p.actual), figure(p.target), rate(j.ratio), rate(rules.Pass.Value.Rat())))
	default:
		j.partial(j.ratio, fmt.Sprintf(" × %s ÷ %s", figure(p.actual), figure(p.target)), rules.Places.Value)
	}
}

// far gives full marks, less what the rulebook takes off for a target set far
// too low.
func (s scorer) far(j *judged, p pair) {
	over := s.book.Scoring.Over
	j.reached("达到")
	if over.Reduction.Value != rulebook.ByDeviation || j.weight == nil || j.ratio.Cmp(over.Threshold.Value.Rat()) <= 0 {
		return
	}
	excess := new(big.Rat).Sub(j.ratio, over.Threshold.Value.Rat())
	j.computed = clamp(new(big.Rat).Mul(j.weight, excess.Sub(one, excess)), j.weight)
	j.basis = over.Reduction.Source.String()
	j.working = fmt.Sprintf("完成 %s%%，超过 %s%% 的部分按幅度调减：%s × (1 −（%s%% − %s%%）) = %s", rate(j.ratio), rate(over.Threshold.Value.Rat()),
		figure(j.weight), rate(j.ratio), rate(over.Threshold.Value.Rat()), points(j.computed, s.book.Scoring.Places.Value))
}

// atMost scores an indicator of which less is better.
func (s scorer) atMost(j *judged, p pair) {
	rule := s.book.Scoring.Reverse
	j.basis = rule.Source.String()
	switch {
	case p.actual.Cmp(p.target) <= 0:
		j.reached("达到")
	case rule.Value == rulebook.LinearToZero:
		excess := new(big.Rat).Sub(p.actual, p.target)
		share := new(big.Rat).Sub(one, excess.Quo(excess, p.target))
		j.partial(share, fmt.Sprintf(" × (1 −（%s − %s）÷ %s)", figure(p.actual), figure(p.target), figure(p.target)), s.book.Scoring.Places.Value)
	default:
		share := new(big.Rat).Quo(p.target, p.actual)
		j.partial(share, fmt.Sprintf(" × %s ÷ %s", figure(p.target), figure(p.actual)), s.book.Scoring.Places.Value)
	}
}

// equal scores a target that must be met exactly.
func (s scorer) equal(j *judged, p pair) {
	j.basis = s.book.Scoring.Equal.Source.String()
	small, large := p.actual, p.target
	if small.Cmp(large) > 0 {
		small, large = large, small
	}
	switch {
	case small.Cmp(large) == 0:
		j.reached("相等")
	case small.Sign() < 0 || large.Sign() == 0:
		j.none(fmt.Sprintf("完成值 %s 不等于指标值 %s", figure(p.actual), figure(p.target)))
	default:
		j.partial(new(big.Rat).Quo(small, large), fmt.Sprintf(" × %s ÷ %s", figure(small), figure(large)), s.book.Scoring.Places.Value)
	}
}

func (s scorer) satisfaction(r row) bool {
	g, ok := s.book.Group(r.level1)
	return ok && g.Name == rulebook.Satisfaction || containsAny(r.level2+r.Level3, []string{"满意度"}) != ""
}

// byInterval gives the share of the interval the actual lies in.
func (s scorer) byInterval(j *judged, p pair) {
	j.basis = s.book.Scoring.Intervals.Source.String()
	for _, i := range s.book.Scoring.Intervals.Value {
		if p.actual.Cmp(i.From.Rat()) >= 0 {
			j.partial(i.Share.Rat(), fmt.Sprintf(" × %s%%（%s%% 在 %s%% 以上一档）", rate(i.Share.Rat()), figure(p.actual), i.From), s.book.Scoring.Places.Value)
			return
		}
	}
	j.none("在各档之下")
}

// interval scores a target that is a range: inside is full, outside goes by the
// nearer end.
func (s scorer) interval(j *judged) {
	if j.actual.Nature != Number {
		if plain(j.Target) == plain(j.Actual) {
			j.basis = s.book.Scoring.Positive.Source.String()
			j.reached("与指标值相同")
			return
		}
		s.keep(j, "指标值为区间")
		return
	}
	low, high := j.target, j.target
	high.Number, high.mantissa = j.target.Upper, j.target.upperMantissa()
	p, why := match(low, j.actual)
	if why != "" {
		j.incomparable(why)
		return
	}
	upper, _ := match(high, j.actual)
	switch {
	case p.actual.Cmp(p.target) < 0:
		j.basis = s.book.Scoring.Positive.Source.String()
		s.below(j, p)
	case upper.actual.Cmp(upper.target) <= 0:
		j.basis = s.book.Scoring.Positive.Source.String()
		j.reached("在区间之内")
	default:
		s.compare(j, upper)
	}
}

// below scores an actual under the range: for a cost it is good.
func (s scorer) below(j *judged, p pair) {
	if bad, why := reverse(s.book.Scoring.Direction.Value, j.row, j.target); bad {
		j.reverse, j.reading = true, append(j.reading, why)
		j.reached("达到")
		return
	}
	s.compare(j, p)
}

// rate prints a share as a percentage with at most two decimals.
func rate(share *big.Rat) string {
	return trimmed(new(big.Rat).Mul(share, hundred).FloatString(2))
}
