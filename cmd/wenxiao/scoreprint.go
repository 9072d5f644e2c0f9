package main

import (
	"fmt"
	"io"

	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
)

func printResult(w io.Writer, t published.Table, r scoring.Result) {
	fmt.Fprintf(w, "%s  %s（%s）规则本 %s\n", r.ID, t.Project, t.Department, r.Rulebook)
	fmt.Fprintf(w, "  执行率 %s%%，得分 印 %s，算 %s  %s\n", number(r.Execution.Rate), number(r.Execution.Printed), number(r.Execution.Computed), r.Execution.Working)
	for i, row := range r.Rows {
		fmt.Fprintf(w, "  %2d %s：%s → %s，分值 %s，印 %s，算 %s  %s\n", i+1, row.Name, dash(row.Target), dash(row.Actual),
			number(row.Weight), number(row.Printed), number(row.Computed), row.Working)
	}
	fmt.Fprintf(w, "  总分 印 %s，各行合计 %s，算 %s %s\n", number(r.Total.Printed), number(r.Total.Rows), number(r.Total.Computed), r.Grade)
	for _, f := range r.Findings {
		fmt.Fprintf(w, "  ※ %s（%s，%s）依据 %s\n", f.Message, f.Code, f.Cell, f.Basis)
	}
	fmt.Fprintln(w)
}

func number(d *domain.Decimal) string {
	if d == nil {
		return "—"
	}
	return d.String()
}

func printComparisons(w io.Writer, tables []published.Table, a, b *rulebook.Rulebook, asJSON bool) error {
	all := make([]scoring.Comparison, len(tables))
	for i, t := range tables {
		all[i] = scoring.Compare(t, a, b)
	}
	if asJSON {
		return printJSON(w, all)
	}
	for i, c := range all {
		printComparison(w, tables[i], c)
	}
	return nil
}

func printComparison(w io.Writer, t published.Table, c scoring.Comparison) {
	fmt.Fprintf(w, "%s  %s\n  总分 A(%s) %s %s，B(%s) %s %s %s\n", c.ID, t.Project, c.A, number(c.Total.A), c.Total.GradeA, c.B, number(c.Total.B), c.Total.GradeB, c.Total.Reason)
	for _, row := range c.Rows {
		fmt.Fprintf(w, "  %s %s：A %s（%s；%s），B %s（%s；%s）\n", row.Cell, row.Name, number(row.A), row.WorkingA, row.BasisA, number(row.B), row.WorkingB, row.BasisB)
	}
	for _, rule := range c.Rules {
		fmt.Fprintf(w, "  · %s：A %s（%s），B %s（%s）。%s\n", rule.Name, dash(rule.A.Value), rule.A.Source, dash(rule.B.Value), rule.B.Source, rule.Effect)
	}
	fmt.Fprintln(w)
}
