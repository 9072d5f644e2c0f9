package projections

import (
	"math/big"

	"wenxiao/domain"
)

func hundred(d domain.Decimal) *big.Rat { return new(big.Rat).Mul(d.Rat(), big.NewRat(100, 1)) }

// rate is paid ÷ budget to four digits, half up; nil while the budget is zero.
func rate(paid, budget domain.Money) *domain.Decimal {
	if budget == 0 {
		return nil
	}
	d := domain.HalfUp(big.NewRat(int64(paid), int64(budget)), 4)
	return &d
}

// sortable turns a decimal into a whole number of ten-thousandths, so that SQL
// sorts it; nil, sorted last, where there is none.
func sortable(d *domain.Decimal) any {
	if d == nil {
		return nil
	}
	n := domain.HalfUp(new(big.Rat).Mul(d.Rat(), big.NewRat(10_000, 1)), 0).Rat().Num()
	if !n.IsInt64() {
		return nil
	}
	return n.Int64()
}

// flag is a boolean as both databases store it.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
