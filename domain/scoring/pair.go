package scoring

import (
	"fmt"
	"math/big"
	"strings"
)

// A pair is a target and an actual on one scale: that in which the target is
// printed.
type pair struct {
	target, actual *big.Rat
	note           string // how the actual was turned, where it was
}

// match puts two numbers on one scale, or says why it cannot.
func match(target, actual Value) (pair, string) {
	t, a := measureOf(target.Unit), measureOf(actual.Unit)
	if why := mismatch(target, actual, t, a); why != "" {
		return pair{}, why
	}
	best := closest(target.mantissa, readings(target, actual, t, a))
	p := pair{target: target.mantissa, actual: best}
	if best.Cmp(actual.mantissa) != 0 {
		p.note = fmt.Sprintf("完成值“%s”按指标值的单位读作 %s%s", actual.Text, figure(best), display(target))
	}
	return p, ""
}

// mismatch says why two numbers cannot be compared. Percent and marks out of
// 100 can. A number among words must have the very unit of the other, where
// both print one.
func mismatch(target, actual Value, t, a measure) string {
	same := t.dimension == a.dimension || t.dimension == percent && a.dimension == marks || t.dimension == marks && a.dimension == percent
	switch {
	case t.dimension == none || a.dimension == none:
		same = true
	case target.loose || actual.loose:
		same = thing(target.Unit) == thing(actual.Unit)
	}
	if same {
		return ""
	}
	return fmt.Sprintf("指标值单位“%s”与完成值单位“%s”不可比", unitWord(target), unitWord(actual))
}

// thing is what a unit counts: 人次 and 名 are 人.
func thing(unit string) string {
	if unit = strings.TrimSuffix(unit, "次"); unit == "名" || unit == "位" {
		return "人"
	}
	return unit
}

func unitWord(v Value) string {
	if v.Unit == "" && v.scale == nil {
		return "（未印）"
	}
	return display(v)
}

var tenThousand, hundredMillion = big.NewRat(1e4, 1), big.NewRat(1e8, 1)

// display is the unit with its multiplier: 万元.
func display(v Value) string {
	switch {
	case v.scale == nil:
		return v.Unit
	case v.scale.Cmp(tenThousand) == 0:
		return "万" + v.Unit
	case v.scale.Cmp(hundredMillion) == 0:
		return "亿" + v.Unit
	}
	return "×" + v.scale.RatString() + v.Unit
}

// readings are what the actual may mean on the target's scale. Where it prints
// no unit of its own it may be in the target's (≤90万元 and 90), in the plain
// unit (899740), or a fraction for a percentage (0.95); the nearest is meant.
func readings(target, actual Value, t, a measure) []*big.Rat {
	scale := target.scale
	if scale == nil {
		scale = one
	}
	plain := new(big.Rat).Quo(actual.Number, scale)
	if t.dimension != none && a.dimension != none {
		turned := plain.Mul(plain, new(big.Rat).Quo(a.factor, t.factor))
		return perPeriod(turned, target, actual)
	}
	all := []*big.Rat{plain}
	if actual.scale == nil || target.Unit == "" && target.scale == nil {
		all = []*big.Rat{actual.mantissa, plain}
	}
	switch {
	case t.dimension == none && target.scale == nil && a.dimension == money:
		all = append(all, new(big.Rat).Quo(actual.Number, tenThousand)) // of a form in 万元
	case t.dimension == percent && a.dimension == none && actual.mantissa.Cmp(one) <= 0 && target.mantissa.Cmp(one) > 0:
		all = append(all, new(big.Rat).Mul(actual.mantissa, hundred))
	case a.dimension == percent && t.dimension == none && target.mantissa.Cmp(one) <= 0:
		all = append(all, new(big.Rat).Quo(actual.mantissa, hundred))
	}
	return all
}

var one, hundred = big.NewRat(1, 1), big.NewRat(100, 1)

// perPeriod turns a frequency into the target's period. One without a period
// is for the period or for the year, whichever is nearer.
func perPeriod(turned *big.Rat, target, actual Value) []*big.Rat {
	if target.per == actual.per {
		return []*big.Rat{turned}
	}
	ratio := big.NewRat(yearly(actual.per), yearly(target.per))
	scaled := new(big.Rat).Mul(turned, ratio)
	if target.per != "" && actual.per != "" {
		return []*big.Rat{scaled}
	}
	return []*big.Rat{turned, scaled}
}

func yearly(per string) int64 {
	if n := periods[per]; n > 0 {
		return n
	}
	return 1
}

// closest picks the reading whose ratio to the target is nearest 1, the first
// of equals.
func closest(target *big.Rat, readings []*big.Rat) *big.Rat {
	best := readings[0]
	if target.Sign() <= 0 {
		return best
	}
	for _, r := range readings[1:] {
		if r.Sign() > 0 && distance(target, r).Cmp(distance(target, best)) < 0 {
			best = r
		}
	}
	return best
}

// distance is the larger of two positive numbers over the smaller.
func distance(target, r *big.Rat) *big.Rat {
	if r.Sign() <= 0 {
		return one // 0 and less mean themselves: no other reading is nearer
	}
	d := new(big.Rat).Quo(target, r)
	if d.Cmp(one) < 0 {
		d.Inv(d)
	}
	return d
}

// figure prints a number with no more than six decimals and no needless zeros.
func figure(r *big.Rat) string {
	if r.IsInt() {
		return r.RatString()
	}
	return trimmed(r.FloatString(6))
}

// trimmed cuts needless zeros after the point.
func trimmed(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
