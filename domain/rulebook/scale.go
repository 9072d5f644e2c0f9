package rulebook

import (
	"math/big"

	"wenxiao/domain"
)

// A Band is what one verdict on a qualitative indicator may score: from From of
// the weight, included, up to To, which belongs to the next better band except
// at the top.
type Band struct {
	Name string         `json:"name"` // 达成年度指标
	From domain.Decimal `json:"from"` // 0.8
	To   domain.Decimal `json:"to"`   // 1
}

// A Grade is a range of totals from From, included.
type Grade struct {
	Name string         `json:"name"` // 优
	From domain.Decimal `json:"from"` // 90
}

// Grade names the grade of a total out of 100: "" below 0 and above 100, where
// there is none.
func (r *Rulebook) Grade(score domain.Decimal) string {
	if score.Sign() < 0 || domain.Int(100).Less(score) {
		return ""
	}
	for _, g := range r.Grades.Value {
		if !score.Less(g.From) {
			return g.Name
		}
	}
	return ""
}

// Band returns the band a qualitative score out of weight lies in.
func (r *Rulebook) Band(weight, score domain.Decimal) (Band, bool) {
	if weight.Sign() <= 0 || score.Sign() < 0 || weight.Less(score) {
		return Band{}, false
	}
	share := new(big.Rat).Quo(score.Rat(), weight.Rat())
	for _, b := range r.Bands.Value {
		if share.Cmp(b.From.Rat()) >= 0 {
			return b, true
		}
	}
	return Band{}, false
}

// Points returns the scores a band spans for a weight.
func (b Band) Points(weight domain.Decimal) (from, to domain.Decimal) {
	return of(weight, b.From), of(weight, b.To)
}

func of(weight, share domain.Decimal) domain.Decimal {
	return domain.HalfUp(new(big.Rat).Mul(weight.Rat(), share.Rat()), 2).Trim()
}

func bands(middle, low string) []Band {
	one, m, l := domain.Int(1), domain.MustDecimal(middle), domain.MustDecimal(low)
	return []Band{
		{"达成年度指标", m, one},
		{"部分达成年度指标并具有一定效果", l, m},
		{"未达成年度指标且效果较差", domain.Int(0), l},
	}
}

func grades(excellent, good, fair int64) []Grade {
	return []Grade{{"优", domain.Int(excellent)}, {"良", domain.Int(good)}, {"中", domain.Int(fair)}, {"差", domain.Int(0)}}
}
