package web

import (
	"fmt"

	"wenxiao/domain"
	"wenxiao/domain/evaluation"
)

// Bearer is what both forms say of the programme in their head.
type Bearer struct {
	Name, Department, Unit string
	Attribute, Responsible string // goal form only
}

// EvaluationSheet lays out a self-evaluation as annex 1 of 财预〔2020〕10号 does
// (项目支出绩效自评表).
func EvaluationSheet(of Bearer, f evaluation.SelfFiled) Sheet {
	unit, err := domain.MoneyUnit(f.MoneyUnit)
	if err != nil {
		unit = domain.WanYuan
	}
	s := Sheet{
		Title: f.Form,
		Under: fmt.Sprintf("（%d 年度）　金额单位：%s", f.Year, f.MoneyUnit),
		Rows: []SheetRow{
			{Cells: []SheetCell{head("row", "项目名称", 2, 1), value("programme/name", of.Name, "", 7)}},
			{Cells: []SheetCell{head("row", "主管部门", 2, 1), value("programme/department", of.Department, "", 3), head("row", "实施单位", 2, 1), value("programme/unit", of.Unit, "", 2)}},
		},
	}
	s.Rows = append(s.Rows, moneyRows(f.Budget, f.MoneyUnit, unit)...)
	s.Rows = append(s.Rows, objectiveRows(f)...)
	s.Rows = append(s.Rows, indicatorRows(f.Rows)...)
	s.Rows = append(s.Rows, totalRow(f))
	return s
}

func moneyRows(b evaluation.Budget, unitName string, unit domain.Money) []SheetRow {
	const key = "evaluation/budget/"
	amount := func(name string, m *domain.Money) SheetCell {
		return value(key+name, printedMoney(m, unit), "number", 1)
	}
	rows := []SheetRow{
		{Cells: []SheetCell{
			head("rowgroup", "项目资金（"+unitName+"）", 2, 2+len(b.Parts)),
			{},
			head("col", "年初预算数", 1, 1), head("col", "全年预算数", 1, 1), head("col", "全年执行数", 1, 1),
			head("col", "分值", 1, 1), head("col", "执行率", 1, 1), head("col", "得分", 1, 1),
		}},
		{Key: key[:len(key)-1], Cells: []SheetCell{
			{Text: "年度资金总额"},
			amount("begin", b.Begin), amount("fullYear", b.FullYear), amount("executed", b.Executed),
			value(key+"weight", printed(b.Weight), "number", 1), value(key+"rate", b.Rate, "number", 1), value(key+"score", printed(b.Score), "number", 1),
		}},
	}
	part := func(m *domain.Money) SheetCell { return value("", printedMoney(m, unit), "number", 1) }
	for i, p := range b.Parts {
		name := p.Name
		if i == 0 {
			name = "其中：" + name
		}
		none := SheetCell{Text: "—", Align: "middle"}
		rows = append(rows, SheetRow{Cells: []SheetCell{
			{Text: name}, part(p.Begin), part(p.FullYear), part(p.Executed), none, none, none,
		}})
	}
	return rows
}

func objectiveRows(f evaluation.SelfFiled) []SheetRow {
	return []SheetRow{
		{Cells: []SheetCell{head("row", "年度总体目标", 2, 2), head("col", "预期目标", 3, 1), head("col", "实际完成情况", 4, 1)}},
		{Cells: []SheetCell{value("evaluation/expected", f.Expected, "", 3), value("evaluation/achieved", f.Achieved, "", 4)}},
	}
}

func indicatorRows(rows []evaluation.Row) []SheetRow {
	indicators := make([]domain.Indicator, len(rows))
	for i, row := range rows {
		indicators[i] = row.Indicator
	}
	lead := levels(indicators)
	lines := []SheetRow{{Cells: []SheetCell{
		head("col", "一级指标", 1, 1), head("col", "二级指标", 1, 1), head("col", "三级指标", 2, 1), head("col", "年度指标值", 1, 1),
		head("col", "实际完成值", 1, 1), head("col", "分值", 1, 1), head("col", "得分", 1, 1), head("col", "偏差原因分析及改进措施", 1, 1),
	}}}
	for i, row := range rows {
		key := "evaluation/rows/" + row.Row
		lines = append(lines, SheetRow{Key: key, Cells: append(lead[i],
			value(key+"/name", row.Name, "is-name", 2), value(key+"/target", row.Target, "middle", 1), value(key+"/actual", row.Actual, "middle", 1),
			value(key+"/weight", printed(row.Weight), "number", 1), value(key+"/score", printed(row.Score), "number", 1),
			value(key+"/reason", row.Reason, "is-long", 1))})
	}
	return lines
}

// totalRow adds up the weights only where the form prints them all.
func totalRow(f evaluation.SelfFiled) SheetRow {
	return SheetRow{Total: true, Key: "evaluation", Cells: []SheetCell{
		head("row", "总分", 6, 1),
		{Text: weightTotal(f), Align: "number"},
		value("evaluation/total", printed(f.Total), "number", 1),
		value("evaluation/grade", f.Grade, "middle", 1),
	}}
}

func weightTotal(f evaluation.SelfFiled) string {
	sum := domain.Int(0)
	if f.Budget.Weight != nil {
		sum = *f.Budget.Weight
	}
	for _, row := range f.Rows {
		if row.Weight == nil {
			return ""
		}
		sum = sum.Add(*row.Weight)
	}
	return sum.String()
}
