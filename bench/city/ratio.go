package city

import (
	"math/big"

	"wenxiao/domain"
)

func ratio(part, whole domain.Money) *big.Rat { return big.NewRat(int64(part), int64(whole)) }
