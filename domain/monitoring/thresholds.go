package monitoring

import (
	"math/big"

	"wenxiao/domain"
	"wenxiao/domain/rulebook"
)

// ThresholdsOf are a rulebook's, which counts in percentage points, as shares.
func ThresholdsOf(book *rulebook.Rulebook) Thresholds {
	share := func(points domain.Decimal) domain.Decimal {
		return domain.FromRat(new(big.Rat).Quo(points.Rat(), big.NewRat(100, 1)))
	}
	p := book.Parameters
	return Thresholds{
		Attainment: share(p.Behind.Value), Execution: share(p.Behind.Value),
		Contradiction: share(p.Apart.Value), Grave: share(p.FarBehind.Value),
	}
}
