package web

import (
	"fmt"

	"wenxiao/domain"
	"wenxiao/domain/goal"
)

// GoalSheet lays out a goal form as 财预〔2015〕88号 does (项目支出绩效目标申报表):
// the year's money, the year's objective, the year's indicators.
func GoalSheet(of Bearer, f goal.Filed) Sheet {
	s := Sheet{
		Title: "项目支出绩效目标申报表",
		Under: fmt.Sprintf("（%d 年度）　金额单位：万元", f.Year),
		Rows: []SheetRow{
			{Cells: []SheetCell{head("row", "项目名称", 2, 1), value("programme/name", of.Name, "", 7)}},
			{Cells: []SheetCell{head("row", "主管部门", 2, 1), value("programme/department", of.Department, "", 3), head("row", "实施单位", 2, 1), value("programme/unit", of.Unit, "", 2)}},
			{Cells: []SheetCell{head("row", "项目属性", 2, 1), value("programme/attribute", of.Attribute, "", 3), head("row", "项目负责人", 2, 1), value("responsible", of.Responsible, "", 2)}},
			{Cells: []SheetCell{head("row", "年度资金总额（万元）", 2, 1), value("goal/budget", f.Budget.Wan(), "number", 1), value("", fundSources(f.Sources), "", 6)}},
			{Cells: []SheetCell{head("row", "年度总体目标", 2, 1), value("goal/objective", f.Objective, "", 7)}},
			{Cells: []SheetCell{
				head("col", "一级指标", 1, 1), head("col", "二级指标", 1, 1), head("col", "三级指标", 2, 1), head("col", "年度指标值", 2, 1),
				head("col", "分值", 1, 1), head("col", "值设定依据", 2, 1),
			}},
		},
	}
	lead := levels(f.Indicators)
	for i, row := range f.Indicators {
		key := "goal/indicators/" + row.Row
		s.Rows = append(s.Rows, SheetRow{Key: key, Cells: append(lead[i],
			value(key+"/name", row.Name, "is-name", 2), value(key+"/target", row.Target, "middle", 2),
			value(key+"/weight", printed(row.Weight), "number", 1), value(key+"/basis", row.Basis, "", 2))})
	}
	return s
}

func fundSources(sources []domain.FundSource) (text string) {
	for i, f := range sources {
		if i == 0 {
			text = "其中："
		} else {
			text += "　"
		}
		text += f.Name + " " + f.Amount.Wan()
	}
	return text
}
