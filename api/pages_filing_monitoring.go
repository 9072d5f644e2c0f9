package api

import (
	"context"
	"fmt"
	"math/big"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/monitoring"
	"wenxiao/eventstore"
)

// monitoringFiling is the monitoring table (项目支出绩效目标执行监控表,
// 财预〔2019〕136号): both lines at one day.
func (s *Server) monitoringFiling() filing {
	return filing{
		path: "/monitoring/{code}/{year}/file", command: "monitoring.take-snapshot", title: "填报：绩效目标执行监控表", send: "报送双监控",
		open:    func(at situation) bool { return at.approved() != nil && at.score() == nil },
		awaited: func(situation) bool { return false },
		stream:  func(at situation) string { return monitoring.Stream(at.row.Code, at.row.Year) },
		page:    s.snapshotForm, read: selfTyped, paper: s.snapshotPaper,
		do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
			cmd := s.snapshotCommand(at, f)
			if f.bad() {
				return eventstore.Appended{}, nil
			}
			return s.takeSnapshot(ctx, who, at.row.Code, at.row.Year, seen, cmd)
		},
	}
}

var snapshotColumns = []web.Column{
	{Text: "一级指标", Class: "is-l1"},
	{Text: "二级指标", Class: "is-l2"},
	{Text: "三级指标"},
	{Text: "年度指标值", Class: "is-target"},
	{Text: "执行情况", Class: "is-value"},
	{Text: "完成比例（%）", Class: "is-weight"},
	{Text: "完成可能性", Class: "is-sign"},
	{Text: "偏差原因", Class: "is-reason"},
}

var likelihoods = []web.Option{
	{Value: string(monitoring.Certain), Text: "确定能"}, {Value: string(monitoring.Possible), Text: "有可能"}, {Value: string(monitoring.Impossible), Text: "完全不可能"},
}

func (s *Server) snapshotForm(page *web.Filing, at situation) {
	page.Paper, page.Columns = "项目支出绩效目标执行监控表", snapshotColumns
	page.Facts = []web.Fact{
		{Label: "项目名称", Text: at.row.Name},
		{Label: "预算执行", Text: fmt.Sprintf("全年预算 %s，已支付 %s；截至日的支付由账本取数，不必填", at.row.FullYear.Wan(), at.row.Paid.Wan())},
	}
	page.Heads = []web.Field{
		{Name: "day", Label: "截至日", Kind: "day", Must: true},
		{Name: "period", Label: "监控期间", Kind: "text", Must: true, Hint: "如 1—7月"},
		{Name: "trend", Label: "趋势和需说明的情况", Kind: "long"},
	}
	for i, indicator := range s.agreed(at) {
		name := func(field string) string { return fmt.Sprintf("readings-%d-%s", i, field) }
		label := func(text string) string { return fmt.Sprintf("第 %d 行%s", i+1, text) }
		page.Rows = append(page.Rows, web.FilingRow{
			Number: i + 1, Print: []string{indicator.Level1, indicator.Level2, indicator.Name, indicator.Target},
			Fields: []web.Field{
				{Name: name("actual"), Label: label("执行情况"), Kind: "text"},
				{Name: name("attainment"), Label: label("完成比例"), Kind: "number"},
				{Name: name("likelihood"), Label: label("完成可能性"), Kind: "choice", Options: likelihoods, Value: string(monitoring.Certain)},
				{Name: name("reason"), Label: label("偏差原因"), Kind: "brief"},
			},
		})
	}
}

// snapshotCommand reads the form. Shares are typed in percent, as the table
// prints them.
func (s *Server) snapshotCommand(at situation, f *form) monitoring.TakeSnapshot {
	cmd := monitoring.TakeSnapshot{
		Programme: at.row.Code, Year: at.row.Year, Unit: at.row.Unit, Day: f.day("day"), Period: f.text("period"), Trend: f.text("trend"),
	}
	for i, indicator := range s.agreed(at) {
		name := func(field string) string { return fmt.Sprintf("readings-%d-%s", i, field) }
		reading := monitoring.Reading{
			Row: indicator.Row, Actual: f.text(name("actual")), Likelihood: monitoring.Likelihood(f.text(name("likelihood"))), Reason: f.text(name("reason")),
		}
		if percent := f.optional(name("attainment")); percent != nil {
			share := domain.FromRat(new(big.Rat).Quo(percent.Rat(), big.NewRat(100, 1)))
			reading.Attainment = &share
		}
		cmd.Readings = append(cmd.Readings, reading)
	}
	return cmd
}

func (s *Server) snapshotPaper(page *web.Filing, at situation, f *form) {
	sheet := web.SnapshotSheet(at.bearer(), s.snapshotCommand(at, f), s.agreed(at))
	page.Sheet = &sheet
}
