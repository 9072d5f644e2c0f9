// Package published holds performance tables as governments printed them, and
// reads the file format they are kept in. Nothing is put right: a wrong total is
// what this package is for.
package published

import (
	"encoding/json"

	"wenxiao/domain"
)

// A Table is one printed form. An empty text or a nil number was not printed or
// could not be read. Marshalled, it is a case of the file format [Decode] reads.
type Table struct {
	ID            string            `json:"id"`
	Kind          string            `json:"kind"` // 项目支出绩效自评表, 部门整体支出绩效自评表, …
	Project       string            `json:"project"`
	Department    string            `json:"department"`     // competent department / unit
	Year          domain.FiscalYear `json:"year,omitempty"` // 0 where none is printed
	MoneyUnit     string            `json:"money_unit"`     // 元, 万元 or 亿元: all of Budget is in it
	Budget        Budget            `json:"budget"`
	WeightFrame   string            `json:"weight_frame,omitempty"`
	Indicators    []Indicator       `json:"indicators"`
	TotalPrinted  *domain.Decimal   `json:"total_printed"`
	GradePrinted  string            `json:"grade_printed,omitempty"`
	Source        string            `json:"source,omitempty"`
	TableComplete bool              `json:"table_complete"` // false: rows are missing, so a missing sum is no fault
	Notes         []string          `json:"notes,omitempty"`
	Extra         json.RawMessage   `json:"extra,omitempty"` // what this form has beside the common columns

	// Converted is a Hebei form's 折算得分 by row, out of Extra.
	Converted []*domain.Decimal `json:"-"`
}

// Budget is the row of money and its execution.
type Budget struct {
	Money
	RatePrinted  string          `json:"rate_printed,omitempty"` // 99%, 100.00, 20
	Weight       *domain.Decimal `json:"weight"`
	ScorePrinted *domain.Decimal `json:"score_printed"`
	SubRows      []SubRow        `json:"sub_rows,omitempty"` // 其中: 当年财政拨款, 上年结转资金, …
}

// Money is the three figures of a row of money, in the table's unit.
type Money struct {
	Begin    *domain.Decimal `json:"begin"`     // 年初预算数
	FullYear *domain.Decimal `json:"full_year"` // 全年预算数, adjusted
	Executed *domain.Decimal `json:"executed"`  // 全年执行数
}

// A SubRow is one source of the money.
type SubRow struct {
	Name string `json:"name"`
	Money
}

// An Indicator is one row of the form. Target and Actual stay as printed:
// ≥266米, 95%以上, 及时.
type Indicator struct {
	Level1 string          `json:"level1"`
	Level2 string          `json:"level2"`
	Level3 string          `json:"level3"`
	Target string          `json:"target"`
	Actual string          `json:"actual"`
	Weight *domain.Decimal `json:"weight"`
	Score  *domain.Decimal `json:"score"`
	Reason string          `json:"reason"`
}
