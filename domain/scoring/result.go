// Package scoring recomputes performance tables: indicator × printed target ×
// printed actual × rule gives a score with its working, and a list of what is
// wrong with the table. It is pure, and exact: fractions are rounded once, half
// up.
package scoring

import "wenxiao/domain"

// A Result is a table recomputed under one rulebook. Nil numbers are unknown,
// not zero.
type Result struct {
	ID        string    `json:"id"`
	Rulebook  string    `json:"rulebook"` // name@version
	Execution Execution `json:"execution"`
	Rows      []Row     `json:"rows"` // one per indicator, in order
	Total     Total     `json:"total"`
	Grade     string    `json:"grade"` // of the computed total; "" where there is none
	Findings  []Finding `json:"findings"`
}

// Execution is the row of money.
type Execution struct {
	Rate     *domain.Decimal `json:"rate"`     // executed ÷ full-year budget, in percent, two places: 86.18
	Printed  *domain.Decimal `json:"printed"`  // score
	Computed *domain.Decimal `json:"computed"` // score
	Weight   *domain.Decimal `json:"weight"`   // nil where the form has no execution row
	Working  string          `json:"working"`
}

// A Row is one indicator.
type Row struct {
	Level1        string          `json:"level1"`
	Level2        string          `json:"level2"`
	Name          string          `json:"name"`
	Target        string          `json:"target"` // as printed
	Actual        string          `json:"actual"` // as printed
	Weight        *domain.Decimal `json:"weight"`
	Printed       *domain.Decimal `json:"printed"`
	Computed      *domain.Decimal `json:"computed"`
	Check         string          `json:"check"`         // printed against computed: 一致, 取整 (by at most 0.05), 不符, or 不核
	Working       string          `json:"working"`       // 3 × 37442 ÷ 38508 = 2.92
	Basis         string          `json:"basis"`         // the article the rule rests on
	Nature        string          `json:"nature"`        // of the target: 定量, 定性, 日期, 是否, …
	Direction     string          `json:"direction"`     // 正向, 反向 or "" for what has none
	Reading       string          `json:"reading"`       // how the cells were read, where it is not plain
	WeightAssumed bool            `json:"weightAssumed"` // the form prints none: Weight is the printed score
}

// Total is the sum of the table.
type Total struct {
	Printed  *domain.Decimal `json:"printed"`
	Rows     *domain.Decimal `json:"rows"`     // sum of the printed scores, execution included
	Computed *domain.Decimal `json:"computed"` // sum of the computed scores, execution included
	Working  string          `json:"working"`  // what is not in the sums, and why there is no grade
}

// A Finding is one thing wrong with a table.
//
// Cell names the place by the path in the file format, without a leading slash
// and with rows counted from 0: indicators/3/score, budget/rate_printed,
// total_printed.
type Finding struct {
	Code     Code   `json:"code"`
	Cell     string `json:"cell"`
	Message  string `json:"message"`  // in Chinese, with both figures
	Printed  string `json:"printed"`  // what the cell has
	Computed string `json:"computed"` // what it should have, as far as that can be said
	Working  string `json:"working"`
	Basis    string `json:"basis"` // the article
}

// A Code names a kind of finding, for programs.
type Code string

const (
	TotalDiffers           Code = "total-differs"
	WeightsNot100          Code = "weights-not-100"
	RateDiffers            Code = "rate-differs"
	RateOver100            Code = "rate-over-100"
	ExecutionScoreDiffers  Code = "execution-score-differs"
	ScoreDiffers           Code = "score-differs"
	ScoreOverWeight        Code = "score-over-weight"
	ScoreWithoutValue      Code = "score-without-value"
	DeductionWithoutReason Code = "deduction-without-reason"
	FullScoreUnmet         Code = "full-score-unmet"
	WeightAppliedTwice     Code = "weight-applied-twice"
	OverFulfilled          Code = "over-fulfilled"
	PartsDifferFromTotal   Code = "parts-differ-from-total"
	ValueNotComparable     Code = "value-not-comparable"
	ActualCopiesTarget     Code = "actual-copies-target"
)

var titles = map[Code]string{
	TotalDiffers:           "总分不等于各行之和",
	WeightsNot100:          "分值合计不是 100",
	RateDiffers:            "执行率与金额不符",
	RateOver100:            "执行率超过 100%",
	ExecutionScoreDiffers:  "执行得分与执行率不符",
	ScoreDiffers:           "得分与规则不符",
	ScoreOverWeight:        "得分超过分值",
	ScoreWithoutValue:      "有得分而无完成值",
	DeductionWithoutReason: "达到指标而扣分，无原因",
	FullScoreUnmet:         "未达到指标而得满分",
	WeightAppliedTwice:     "权重乘了两次",
	OverFulfilled:          "大幅超过指标，无说明",
	PartsDifferFromTotal:   "分项之和与合计不符",
	ValueNotComparable:     "完成值与指标值不可比",
	ActualCopiesTarget:     "完成值照抄指标值",
}

// Title is the kind of finding in Chinese.
func (c Code) Title() string { return titles[c] }

// Codes lists all kinds of findings.
func Codes() []Code {
	return []Code{TotalDiffers, WeightsNot100, RateDiffers, RateOver100, ExecutionScoreDiffers, ScoreDiffers,
		ScoreOverWeight, ScoreWithoutValue, DeductionWithoutReason, FullScoreUnmet, WeightAppliedTwice,
		OverFulfilled, PartsDifferFromTotal, ValueNotComparable, ActualCopiesTarget}
}
