package scoring

import (
	"fmt"
	"math/big"

	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
)

// A Part is one unit's share in an indicator that several units carry out.
type Part struct {
	Unit   string
	Target string // as printed
	Actual string // as printed
	Money  domain.Money
	Score  *domain.Decimal // of a qualitative indicator
}

// Aggregate scores an indicator across units: absolute values are summed, rates
// averaged weighted by money; attainment is put together first and scored after
// (鄂财绩发〔2020〕3号 自评表说明（3）). Qualitative scores are weighted by money.
// Parts that cannot be put together are refused.
func Aggregate(indicator published.Indicator, parts []Part, book *rulebook.Rulebook) (Row, error) {
	targets, actuals := make([]Value, len(parts)), make([]Value, len(parts))
	numbers := len(parts) > 0
	for i, p := range parts {
		targets[i], actuals[i] = Read(p.Target), Read(p.Actual)
		numbers = numbers && targets[i].Nature == Number && actuals[i].Nature == Number
	}
	if !numbers {
		return aggregateWords(indicator, parts, book)
	}
	target, err := together("target", targets, parts)
	if err != nil {
		return Row{}, err
	}
	actual, err := together("actual", actuals, parts)
	if err != nil {
		return Row{}, err
	}
	indicator.Target, indicator.Actual = target, actual
	return ScoreIndicator(indicator, book), nil
}

// ScoreIndicator scores one indicator outside a table.
func ScoreIndicator(indicator published.Indicator, book *rulebook.Rulebook) Row {
	t := published.Table{Indicators: []published.Indicator{indicator}}
	return Score(t, book).Rows[0]
}

// together puts one column together and prints it as a cell: 95.5%, ≥300人.
func together(column string, values []Value, parts []Part) (string, error) {
	first := values[0]
	unit := measureOf(first.Unit)
	sum, weight := new(big.Rat), new(big.Rat)
	for i, v := range values {
		if measureOf(v.Unit).dimension != unit.dimension {
			return "", refuseParts(column, i, fmt.Sprintf("“%s”与“%s”单位不同，不能汇总", v.Text, first.Text))
		}
		n := new(big.Rat).Mul(v.Number, new(big.Rat).Quo(measureOf(v.Unit).factor, unit.factor))
		if unit.dimension != percent {
			sum.Add(sum, n)
			continue
		}
		if parts[i].Money < 0 {
			return "", refuseParts(column, i, "金额小于 0，不能作权数")
		}
		money := big.NewRat(int64(parts[i].Money), 1)
		sum.Add(sum, n.Mul(n, money))
		weight.Add(weight, money)
	}
	if unit.dimension == percent {
		if weight.Sign() == 0 {
			return "", refuseParts(column, 0, "各单位金额合计为 0，比率无从加权")
		}
		sum.Quo(sum, weight)
	}
	return string(first.Sign) + figure(sum) + first.Unit, nil
}

func refuseParts(column string, i int, reason string) error {
	return domain.Refusal{Code: "aggregate.not-comparable", Field: fmt.Sprintf("/parts/%d/%s", i, column), Reason: reason, Basis: "鄂财绩发〔2020〕3号 自评表说明（3）"}
}

// aggregateWords weights the scores of a qualitative indicator by money.
func aggregateWords(indicator published.Indicator, parts []Part, book *rulebook.Rulebook) (Row, error) {
	sum, weight := new(big.Rat), new(big.Rat)
	for i, p := range parts {
		if p.Score == nil || p.Money < 0 {
			return Row{}, refuseParts("score", i, "定性指标须有得分和金额才能汇总")
		}
		money := big.NewRat(int64(p.Money), 1)
		sum.Add(sum, new(big.Rat).Mul(p.Score.Rat(), money))
		weight.Add(weight, money)
	}
	if weight.Sign() == 0 {
		return Row{}, refuseParts("score", 0, "各单位金额合计为 0，得分无从加权")
	}
	indicator.Score = points(sum.Quo(sum, weight), book.Scoring.Places.Value)
	row := ScoreIndicator(indicator, book)
	row.Working = "按金额加权；" + row.Working
	return row, nil
}
