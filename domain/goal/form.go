package goal

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// money refuses a request for nothing, and sources that do not make up the budget.
func (c File) money() (no domain.Refusals) {
	var sum domain.Money
	for i, source := range c.Sources {
		no.If(source.Amount < 0 || source.Amount > domain.MaxMoney || domain.Blank(source.Name), domain.Refusal{
			Code: "goal.malformed-source", Field: fmt.Sprintf("/sources/%d", i), Basis: "忻州办法 第三条",
			Reason: fmt.Sprintf("第 %d 项资金来源须有名称，金额不得为负或超出可记数", i+1),
		})
		sum = min(sum+source.Amount, 2*domain.MaxMoney) // however many there are, the sum does not overflow
	}
	no.If(len(c.Sources) > 0 && len(no) == 0 && sum != c.Budget, domain.Refusal{
		Code: "goal.sources-differ", Field: "/sources", Basis: "忻州办法 第三条",
		Reason: fmt.Sprintf("资金来源合计 %s 万元，与申报预算 %s 万元相差 %s 万元", sum.Wan(), c.Budget.Wan(), (sum - c.Budget).Wan()),
	})
	no.If(c.Budget == 0, noBudget(c.Budget))
	return no
}

// content refuses goals nobody could monitor or evaluate: no objective, no
// indicators, names or targets left empty, the same indicator twice.
func (c File) content() (no domain.Refusals) {
	const basis = "忻州办法 第十九条"
	no.If(domain.Blank(c.Objective), domain.Refusal{Code: "goal.no-objective", Reason: "年度总体目标未填", Field: "/objective", Basis: basis})
	no.If(len(c.Indicators) == 0, domain.Refusal{
		Code: "goal.no-indicators", Field: "/indicators", Basis: basis,
		Reason: "绩效指标未填，应从产出、效益、满意度等方面设置",
	})
	seen := map[[3]string]int{}
	for i, row := range c.Indicators {
		at := fmt.Sprintf("/indicators/%d", i)
		no.If(domain.Blank(row.Level1), domain.Refusal{
			Code: "goal.no-level", Field: at + "/level1", Basis: basis,
			Reason: fmt.Sprintf("第 %d 行没有一级指标", i+1),
		})
		no.If(domain.Blank(row.Name), domain.Refusal{
			Code: "goal.no-indicator-name", Field: at + "/name", Basis: basis,
			Reason: fmt.Sprintf("第 %d 行没有三级指标名称", i+1),
		})
		no.If(domain.Blank(row.Target), domain.Refusal{
			Code: "goal.no-target", Field: at + "/target", Basis: basis,
			Reason: fmt.Sprintf("第 %d 行“%s”没有年度指标值", i+1, row.Name),
		})
		key := [3]string{row.Level1, row.Level2, row.Name}
		first, twice := seen[key]
		no.If(twice && !domain.Blank(row.Name), domain.Refusal{
			Code: "goal.duplicate-indicator", Field: at + "/name", Basis: basis,
			Reason: fmt.Sprintf("第 %d 行与第 %d 行都是“%s”", i+1, first+1, row.Name),
		})
		seen[key] = i
	}
	return no
}

// weights refuses weights that do not add up to what the frame demands: 90 where
// the execution row takes the other 10, 80 where it takes 20, 100 where none does.
func (c File) weights() (no domain.Refusals) {
	const basis = "财预〔2020〕10号"
	if c.WeightSum.IsZero() || len(c.Indicators) == 0 {
		return nil
	}
	var sum domain.Decimal
	for i, row := range c.Indicators {
		if row.Weight == nil || row.Weight.Sign() <= 0 {
			no.If(true, domain.Refusal{
				Code: "goal.no-weight", Field: fmt.Sprintf("/indicators/%d/weight", i), Basis: basis,
				Reason: fmt.Sprintf("第 %d 行“%s”没有分值", i+1, row.Name),
			})
			continue
		}
		sum = sum.Add(*row.Weight)
	}
	no.If(len(no) == 0 && !sum.Equal(c.WeightSum), domain.Refusal{
		Code: "goal.weights-not-100", Field: "/indicators", Basis: basis,
		Reason: fmt.Sprintf("指标分值合计 %s，应为 %s", sum, c.WeightSum),
	})
	return no
}

// same reports whether the form says nothing else than an earlier one.
func (c File) same(f Filed) bool {
	return c.Budget == f.Budget && c.Objective == f.Objective && slices.Equal(c.Sources, f.Sources) &&
		slices.EqualFunc(c.Indicators, f.Indicators, sameIndicator)
}

func sameIndicator(a, b domain.Indicator) bool {
	weights := a.Weight == b.Weight || a.Weight != nil && b.Weight != nil && a.Weight.Equal(*b.Weight)
	a.Weight, b.Weight = nil, nil
	return weights && a == b
}

func noBudget(m domain.Money) domain.Refusal {
	return domain.Refusal{
		Code: "goal.no-budget", Field: "/budget", Basis: "忻州办法 第十九条",
		Reason: fmt.Sprintf("申报预算 %s 万元，须大于零", m.Wan()),
	}
}
