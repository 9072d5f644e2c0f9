package web

import (
	"fmt"

	"wenxiao/domain"
	"wenxiao/domain/monitoring"
)

// SnapshotSheet lays out a monitoring table as 财预〔2019〕136号 does
// (项目支出绩效目标执行监控表). Payments to its day are the ledger's own and are
// not on it.
func SnapshotSheet(of Bearer, f monitoring.TakeSnapshot, indicators []domain.Indicator) Sheet {
	s := Sheet{
		Title: "项目支出绩效目标执行监控表",
		Under: fmt.Sprintf("（%d 年度　%s　截至 %s）", f.Year, f.Period, f.Day),
		Rows: []SheetRow{
			{Cells: []SheetCell{head("row", "项目名称", 2, 1), value("programme/name", of.Name, "", 7)}},
			{Cells: []SheetCell{head("row", "主管部门", 2, 1), value("programme/department", of.Department, "", 3), head("row", "实施单位", 2, 1), value("programme/unit", of.Unit, "", 2)}},
			{Cells: []SheetCell{head("row", "趋势", 2, 1), value("", f.Trend, "", 7)}},
			{Cells: []SheetCell{
				head("col", "一级指标", 1, 1), head("col", "二级指标", 1, 1), head("col", "三级指标", 2, 1), head("col", "年度指标值", 1, 1), head("col", "执行情况", 1, 1),
				head("col", "完成比例", 1, 1), head("col", "完成可能性", 1, 1), head("col", "偏差原因", 1, 1),
			}},
		},
	}
	lead := levels(indicators)
	for i, row := range indicators {
		r := f.Readings[i]
		share := ""
		if r.Attainment != nil {
			share = percent(r.Attainment)
		}
		s.Rows = append(s.Rows, SheetRow{Cells: append(lead[i],
			value("", row.Name, "is-name", 2), value("", row.Target, "middle", 1), value("", r.Actual, "middle", 1),
			value("", share, "number", 1), value("", likelihoodWords[r.Likelihood], "middle", 1), value("", r.Reason, "is-long", 1))})
	}
	return s
}

var likelihoodWords = map[monitoring.Likelihood]string{
	monitoring.Certain: "确定能", monitoring.Possible: "有可能", monitoring.Impossible: "完全不可能",
}
