package api

import (
	"html/template"
	"strings"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/projections"
)

// chart draws both lines of the year, until today in a year that is not over;
// nothing when nothing was reported or paid.
func chart(at situation, today domain.Day, english bool) template.HTML {
	lines := web.DualLines{Year: at.row.Year, English: english}
	if today.Year() == at.row.Year {
		lines.Until = today
	}
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
	lines.Warned = warned(at.lines.Warnings)
	if since := at.row.ResponsibleSince; since.Valid() && since.Year() == at.row.Year && at.row.ResponsibleBefore != "" {
		lines.Marks = append(lines.Marks, web.ChartMark{Day: since, Text: "责任人交接"})
	}
	return web.MonitoringChart(lines)
}

// warned are the stretches of the year under a warning, with the last words of
// its working: 落后 33.28 个百分点. Warnings raised on one day are one stretch.
func warned(warnings []projections.Warning) (spans []web.ChartSpan) {
	for _, w := range warnings {
		clauses := strings.Split(w.Working, "，")
		span := web.ChartSpan{From: domain.DayOf(w.RaisedAt), Text: clauses[len(clauses)-1]}
		if w.Status == projections.WarningCleared {
			span.To = domain.DayOf(w.ClearedAt)
		}
		if n := len(spans); n > 0 && spans[n-1].From == span.From {
			if span.To == "" || spans[n-1].To != "" && spans[n-1].To < span.To {
				spans[n-1].To = span.To
			}
			continue
		}
		spans = append(spans, span)
	}
	return spans
}
