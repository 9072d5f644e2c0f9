package monitoring

import (
	"math/big"
	"slices"

	"wenxiao/domain"
)

// measured reports whether any reading has a share.
func measured(readings []Reading) bool {
	return slices.ContainsFunc(readings, func(r Reading) bool { return r.Attainment != nil })
}

// Attainment weighs the readings that have a share: Σ weight × min(1, share) ÷
// Σ weight, half-up to four places; 0 when none has. No row counts beyond its
// weight, as in scoring, so that one over-fulfilled row hides nothing. Where
// not every row read has a weight, all rows weigh the same.
func Attainment(readings []Reading, indicators []domain.Indicator) domain.Decimal {
	weights := map[string]*big.Rat{}
	for _, row := range indicators {
		if row.Weight != nil && row.Weight.Sign() > 0 {
			weights[row.Row] = row.Weight.Rat()
		}
	}
	weighted := !slices.ContainsFunc(readings, func(r Reading) bool { return r.Attainment != nil && weights[r.Row] == nil })
	sum, full, one := new(big.Rat), new(big.Rat), big.NewRat(1, 1)
	for _, r := range readings {
		if r.Attainment == nil {
			continue
		}
		weight := one
		if weighted {
			weight = weights[r.Row]
		}
		share := r.Attainment.Rat()
		if share.Cmp(one) > 0 {
			share = one
		}
		sum.Add(sum, new(big.Rat).Mul(weight, share))
		full.Add(full, weight)
	}
	if full.Sign() == 0 {
		return domain.Int(0)
	}
	return domain.HalfUp(sum.Quo(sum, full), 4)
}

// execution is paid ÷ budget, half-up to four places; 0 without a budget.
func execution(paid, budget domain.Money) domain.Decimal {
	if budget <= 0 {
		return domain.Int(0)
	}
	return domain.HalfUp(big.NewRat(int64(paid), int64(budget)), 4)
}
