package scoring

import (
	"fmt"
	"math/big"

	"wenxiao/domain"
	"wenxiao/domain/rulebook"
)

// Deduct takes points off a computed score by hand, which needs a reason. The
// result is never below 0.
func Deduct(row Row, off domain.Decimal, reason string, book *rulebook.Rulebook) (Row, error) {
	refuse := func(code, field, why string) (Row, error) {
		return row, domain.Refusal{Code: code, Field: field, Reason: why, Basis: book.Scoring.Deduction.Source.String()}
	}
	switch {
	case !explained(reason):
		return refuse("score.deduction-without-reason", "/reason", fmt.Sprintf("扣 %s 分须写明原因", off))
	case off.Sign() < 0:
		return refuse("score.negative-deduction", "/points", fmt.Sprintf("扣分 %s 不得小于 0", off))
	case row.Computed == nil:
		return refuse("score.nothing-to-deduct-from", "/points", "本行不能计算，无从扣分")
	}
	left := clamp(new(big.Rat).Sub(row.Computed.Rat(), off.Rat()), row.Computed.Rat())
	row.Working = fmt.Sprintf("%s；另扣 %s 分（%s）：%s − %s = %s", row.Working, off, reason, row.Computed, off, figure(left))
	row.Computed = points(left, book.Scoring.Places.Value)
	return row, nil
}
