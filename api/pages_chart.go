package api

import (
	"html/template"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/projections"
)

// chart draws both lines of the year; nothing when nothing was reported or paid.
func chart(at situation, english bool) template.HTML {
	lines := web.DualLines{Year: at.row.Year, English: english}
	for _, snapshot := range at.lines.Snapshots {
		if snapshot.Corrected == "" {
			lines.Attainment = append(lines.Attainment, web.ChartPoint{Day: snapshot.Day, Share: snapshot.Attainment})
		}
	}
	for _, line := range at.ledger.Entries {
		if line.Kind == "paid" && line.Corrected == "" && line.Rate != nil {
			lines.Payments = append(lines.Payments, web.ChartPayment{Day: domain.DayOf(line.At), Share: *line.Rate, Amount: line.Amount})
		}
	}
	if len(lines.Attainment)+len(lines.Payments) == 0 {
		return ""
	}
	for _, w := range at.lines.Warnings {
		span := web.ChartSpan{From: domain.DayOf(w.RaisedAt), Text: w.Working}
		if w.Status == projections.WarningCleared {
			span.To = domain.DayOf(w.ClearedAt)
		}
		lines.Warned = append(lines.Warned, span)
	}
	if since := at.row.ResponsibleSince; since.Valid() && since.Year() == at.row.Year && at.row.ResponsibleBefore != "" {
		lines.Marks = append(lines.Marks, web.ChartMark{Day: since, Text: "责任人交接"})
	}
	return web.MonitoringChart(lines)
}
