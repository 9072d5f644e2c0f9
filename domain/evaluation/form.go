package evaluation

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// money refuses a form without its two figures, and an execution score that its
// weight does not hold.
func (c FileSelf) money() (no domain.Refusals) {
	const basis = "财预〔2020〕10号"
	for _, cell := range []struct {
		field, name string
		amount      *domain.Money
	}{{"/budget/fullYear", "全年预算数", c.Budget.FullYear}, {"/budget/executed", "全年执行数", c.Budget.Executed}} {
		no.If(cell.amount == nil || *cell.amount < 0, domain.Refusal{
			Code: "evaluation.no-money", Field: cell.field, Basis: basis,
			Reason: cell.name + "未填或为负",
		})
	}
	b := c.Budget
	no.If(b.Score != nil && b.Weight != nil && (b.Score.Sign() < 0 || b.Weight.Less(*b.Score)), domain.Refusal{
		Code: "evaluation.score-over-weight", Field: "/budget/score", Basis: basis,
		Reason: fmt.Sprintf("预算执行率得 %s 分，应在 0 至 %s 分之间", text(b.Score), text(b.Weight)),
	})
	return no
}

// rows refuses rows without values, and points lost or won beyond measure in
// silence: where the score is below the weight the reason cell is mandatory.
func (c FileSelf) rows() (no domain.Refusals) {
	const basis = "财预〔2020〕10号"
	no.If(len(c.Rows) == 0, domain.Refusal{Code: "evaluation.no-rows", Reason: "自评表没有指标", Field: "/rows", Basis: basis})
	for i, row := range c.Rows {
		at := fmt.Sprintf("/rows/%d", i)
		no.If(domain.Blank(row.Name), domain.Refusal{
			Code: "evaluation.no-indicator-name", Field: at + "/name", Basis: basis,
			Reason: fmt.Sprintf("第 %d 行没有指标名称", i+1),
		})
		no.If(domain.Blank(row.Actual), domain.Refusal{
			Code: "evaluation.no-actual", Field: at + "/actual", Basis: basis,
			Reason: fmt.Sprintf("第 %d 行“%s”没有实际完成值", i+1, row.Name),
		})
		if row.Score == nil {
			no.If(true, domain.Refusal{
				Code: "evaluation.no-score", Field: at + "/score", Basis: basis,
				Reason: fmt.Sprintf("第 %d 行“%s”没有得分", i+1, row.Name),
			})
			continue
		}
		silent := domain.Blank(row.Reason)
		no.If(row.Score.Sign() < 0 || row.Weight != nil && row.Weight.Less(*row.Score), domain.Refusal{
			Code: "evaluation.score-over-weight", Field: at + "/score", Basis: basis,
			Reason: fmt.Sprintf("第 %d 行“%s”得 %s 分，应在 0 至 %s 分之间", i+1, row.Name, row.Score, text(row.Weight)),
		})
		no.If(silent && row.Weight != nil && row.Score.Less(*row.Weight), domain.Refusal{
			Code: "evaluation.deduction-without-reason", Field: at + "/reason", Basis: basis,
			Reason: fmt.Sprintf("第 %d 行“%s”扣 %s 分，须填写偏差原因及改进措施", i+1, row.Name, lost(row)),
		})
		attained, known := c.Attained[row.Row]
		no.If(silent && known && c.Explain.Sign() > 0 && !attained.Less(c.Explain), domain.Refusal{
			Code: "evaluation.over-fulfilment-unexplained", Field: at + "/reason", Basis: basis,
			Reason: fmt.Sprintf("第 %d 行“%s”完成值为指标值的 %s 倍，达到 %s 倍须说明原因", i+1, row.Name, attained, c.Explain),
		})
	}
	return no
}

// agreed refuses rows other than those of the approved goal.
func (c FileSelf) agreed() (no domain.Refusals) {
	if len(c.Indicators) == 0 {
		return nil
	}
	const basis = "忻州办法 第二十四条、第三十条"
	goal := map[string]domain.Indicator{}
	for _, indicator := range c.Indicators {
		goal[indicator.Row] = indicator
		filed := slices.ContainsFunc(c.Rows, func(r Row) bool { return r.Row == indicator.Row })
		no.If(!filed, domain.Refusal{
			Code: "evaluation.row-missing", Field: "/rows", Basis: basis,
			Reason: fmt.Sprintf("缺少批复的指标“%s”（行号 %s）", indicator.Name, indicator.Row),
		})
	}
	for i, row := range c.Rows {
		at := fmt.Sprintf("/rows/%d", i)
		set, known := goal[row.Row]
		no.If(!known, domain.Refusal{
			Code: "evaluation.unknown-row", Field: at + "/row", Basis: basis,
			Reason: fmt.Sprintf("批复的目标没有行号为 %s 的指标", row.Row),
		})
		no.If(known && (row.Name != set.Name || row.Target != set.Target), domain.Refusal{
			Code: "evaluation.target-changed", Field: at + "/target", Basis: basis,
			Reason: fmt.Sprintf("第 %d 行“%s %s”与批复的“%s %s”不一致", i+1, row.Name, row.Target, set.Name, set.Target),
		})
		no.If(known && set.Weight != nil && (row.Weight == nil || !row.Weight.Equal(*set.Weight)), domain.Refusal{
			Code: "evaluation.weight-changed", Field: at + "/weight", Basis: basis,
			Reason: fmt.Sprintf("第 %d 行“%s”分值 %s，批复为 %s", i+1, row.Name, text(row.Weight), text(set.Weight)),
		})
	}
	return no
}

// lost is weight − score, where the form prints both.
func lost(row Row) string {
	if row.Weight == nil || row.Score == nil {
		return "—"
	}
	return row.Weight.Sub(*row.Score).String()
}

func text(d *domain.Decimal) string {
	if d == nil {
		return "—"
	}
	return d.String()
}
