package evaluation

import (
	"encoding/json"
	"fmt"
	"strconv"

	"wenxiao/domain"
	"wenxiao/domain/published"
)

// FromTable returns the form that prints as t, its rows numbered from 1.
// Programme, unit and source are the caller's to name; project, department and
// notes of the table have no place in the form. An amount that is no whole 分 is
// refused.
func FromTable(t published.Table) (FileSelf, error) {
	unit, err := domain.MoneyUnit(t.MoneyUnit)
	if err != nil {
		return FileSelf{}, domain.Refusal{
			Code: "evaluation.no-money-unit", Field: "/money_unit",
			Reason: fmt.Sprintf("金额单位“%s”不是元、万元或亿元", t.MoneyUnit),
		}
	}
	var no domain.Refusals
	form := FileSelf{
		Year: t.Year, Form: t.Kind, MoneyUnit: t.MoneyUnit, Frame: t.WeightFrame, Total: t.TotalPrinted, Grade: t.GradePrinted,
		Incomplete: !t.TableComplete, Extra: t.Extra, Rows: make([]Row, len(t.Indicators)),
		Budget: Budget{Rate: t.Budget.RatePrinted, Weight: t.Budget.Weight, Score: t.Budget.ScorePrinted},
	}
	b := &form.Budget
	b.Begin, b.FullYear, b.Executed = amounts(&no, "/budget", t.Budget.Money, unit)
	for i, sub := range t.Budget.SubRows {
		part := BudgetPart{Name: sub.Name}
		part.Begin, part.FullYear, part.Executed = amounts(&no, fmt.Sprintf("/budget/sub_rows/%d", i), sub.Money, unit)
		b.Parts = append(b.Parts, part)
	}
	for i, r := range t.Indicators {
		form.Rows[i] = Row{
			Indicator: domain.Indicator{Row: strconv.Itoa(i + 1), Level1: r.Level1, Level2: r.Level2, Name: r.Level3, Target: r.Target, Weight: r.Weight},
			Actual:    r.Actual, Score: r.Score, Reason: r.Reason,
		}
	}
	return form, domain.Refuse(no...)
}

// Table returns the form as the table it prints as, for scoring. Money is in the
// form's own unit, exactly.
func (f SelfFiled) Table() (published.Table, error) {
	unit, err := domain.MoneyUnit(f.MoneyUnit)
	if err != nil {
		return published.Table{}, err
	}
	t := published.Table{
		ID: SelfID(f.Programme, f.Year), Kind: f.Form, Year: f.Year, MoneyUnit: f.MoneyUnit, WeightFrame: f.Frame,
		TotalPrinted: f.Total, GradePrinted: f.Grade, TableComplete: !f.Incomplete, Extra: f.Extra,
		Budget: published.Budget{
			Money: figures(f.Budget.Begin, f.Budget.FullYear, f.Budget.Executed, unit), RatePrinted: f.Budget.Rate,
			Weight: f.Budget.Weight, ScorePrinted: f.Budget.Score,
		},
		Indicators: make([]published.Indicator, len(f.Rows)),
	}
	for _, part := range f.Budget.Parts {
		t.Budget.SubRows = append(t.Budget.SubRows, published.SubRow{Name: part.Name, Money: figures(part.Begin, part.FullYear, part.Executed, unit)})
	}
	for i, row := range f.Rows {
		t.Indicators[i] = published.Indicator{
			Level1: row.Level1, Level2: row.Level2, Level3: row.Name, Target: row.Target, Actual: row.Actual,
			Weight: row.Weight, Score: row.Score, Reason: row.Reason,
		}
	}
	if f.Source != nil {
		t.ID, t.Source = f.Source.Case, f.Source.Title
	}
	return reread(t)
}

// reread reads the table as from a file, which takes out of Extra what is
// scored.
func reread(t published.Table) (published.Table, error) {
	data, err := json.Marshal(t)
	if err != nil {
		return t, err
	}
	tables, err := published.Decode(data)
	if err != nil {
		return t, err
	}
	return tables[0], nil
}

func amounts(no *domain.Refusals, at string, m published.Money, unit domain.Money) (begin, fullYear, executed *domain.Money) {
	amount := func(field string, printed *domain.Decimal) *domain.Money {
		if printed == nil {
			return nil
		}
		fen, err := domain.MoneyFrom(*printed, unit)
		no.CheckAt(at+field, err)
		return &fen
	}
	return amount("/begin", m.Begin), amount("/full_year", m.FullYear), amount("/executed", m.Executed)
}

func figures(begin, fullYear, executed *domain.Money, unit domain.Money) published.Money {
	figure := func(m *domain.Money) *domain.Decimal {
		if m == nil {
			return nil
		}
		d := m.In(unit)
		return &d
	}
	return published.Money{Begin: figure(begin), FullYear: figure(fullYear), Executed: figure(executed)}
}
