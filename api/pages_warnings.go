package api

import (
	"context"

	"wenxiao/api/web"
	"wenxiao/domain/monitoring"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// monitoringActs are the acts on warnings and risks.
func (s *Server) monitoringActs() []act {
	stream := func(at situation) string { return monitoring.Stream(at.row.Code, at.row.Year) }
	warned := func(statuses ...string) func(situation) bool {
		return func(at situation) bool {
			for _, w := range at.lines.Warnings {
				for _, status := range statuses {
					if w.Status == status {
						return true
					}
				}
			}
			return false
		}
	}
	return []act{
		{
			path: "/monitoring/{code}/{year}/explain", command: "monitoring.explain-warning", button: "报送说明", awaited: true, stream: stream, facts: moneyFacts,
			open: warned(projections.WarningOpen),
			fields: func(at situation) []web.Field {
				return []web.Field{
					{Name: "warning", Label: "预警", Kind: "choice", Must: true, Options: warningOptions(at, "")},
					{Name: "reason", Label: "原因和措施", Kind: "long", Must: true, Hint: "为什么偏离，什么时候赶上"},
				}
			},
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				return s.explainWarning(ctx, who, at.row.Code, at.row.Year, seen, monitoring.ExplainWarning{Warning: f.text("warning"), Reason: f.text("reason")})
			},
		},
		{
			path: "/monitoring/{code}/{year}/clear", command: "monitoring.clear-warning", button: "解除", stream: stream, facts: moneyFacts,
			open: warned(projections.WarningOpen, projections.WarningExplained),
			fields: func(at situation) []web.Field {
				return []web.Field{{Name: "warning", Label: "预警", Kind: "choice", Must: true, Options: warningOptions(at, "")}, reasonField}
			},
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				return s.clearWarning(ctx, who, at.row.Code, at.row.Year, seen, monitoring.ClearWarning{Warning: f.text("warning"), Reason: f.text("reason")})
			},
		},
		{
			path: "/monitoring/{code}/{year}/risk", command: "monitoring.report-risk", button: "下一步：核对", grave: true, stream: stream,
			open: func(at situation) bool { return at.approved() != nil && at.row.Exited == "" },
			fields: func(situation) []web.Field {
				return []web.Field{
					{Name: "risk", Label: "重大问题或风险", Kind: "long", Must: true},
					{Name: "seen", Label: "发现日期", Kind: "day", Must: true},
					{Name: "plan", Label: "已采取和拟采取的措施", Kind: "long", Must: true},
				}
			},
			files:  "有关材料",
			effect: func(situation) string { return "立即报财政部门，并留下发现与报告之间隔了几天。" },
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				cmd := monitoring.ReportRisk{Risk: f.text("risk"), Seen: f.day("seen"), Plan: f.text("plan")}
				if f.bad() {
					return eventstore.Appended{}, nil
				}
				return s.reportRisk(ctx, who, at.row.Code, at.row.Year, seen, cmd)
			},
		},
	}
}
