package api

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/scoring"
)

func saved(w http.ResponseWriter, kind, name string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(strings.NewReplacer("/", "-", "\\", "-").Replace(name)))
}

// checkJSON gives the table as read and what came of it.
func (s *Server) checkJSON(w http.ResponseWriter, page web.Check) error {
	answer := struct {
		Table published.Table     `json:"table"`
		A     scoring.Result      `json:"a"`
		B     *scoring.Comparison `json:"b,omitempty"`
	}{*page.Table, page.ResultA, nil}
	if page.B != nil {
		answer.B = &page.Beside
	}
	saved(w, "application/json; charset=utf-8", page.Title+".json")
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(answer)
}

// checkCSV gives the rows with their working, then the findings.
func (s *Server) checkCSV(w http.ResponseWriter, page web.Check) error {
	saved(w, "text/csv; charset=utf-8", page.Title+".csv")
	if _, err := w.Write([]byte("\ufeff")); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	rows := [][]string{{"行", "类", "指标", "指标值", "完成值", "分值", "印刷", "A 重算", "算式", "印刷−A", "B 重算", "B 算式"}}
	for _, row := range page.Rows() {
		b, workingB := figured(row.ComputedB), row.WorkingB
		if page.B != nil && row.Same {
			b, workingB = "同 A", ""
		}
		rows = append(rows, []string{row.Number, row.Level, row.Name, row.Target, row.Actual, figured(row.Weight), figured(row.Printed), figured(row.Computed), row.Working, row.Light.Word, b, workingB})
	}
	t := page.ResultA.Total
	rows = append(rows, []string{"", "", "总分", "", "", "", figured(t.Printed), figured(t.Computed), t.Working, page.TotalLight().Word, totalB(page), page.Unfit()}, nil,
		[]string{"校核结果", "编码", "位置", "印刷", "重算", "算式", "说明", "依据"})
	for _, group := range page.Findings() {
		for _, f := range group.Rows {
			rows = append(rows, []string{f.Code.Title(), string(f.Code), f.Where, f.Printed, f.Computed, f.Working, f.Message, f.Basis})
		}
	}
	for _, row := range rows {
		for i := range row {
			row[i] = plainCell(row[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func totalB(page web.Check) string {
	switch {
	case page.B == nil:
		return ""
	case page.Unfit() != "":
		return "不出"
	}
	return figured(page.Beside.Total.B)
}

func figured(d *domain.Decimal) string {
	if d == nil {
		return ""
	}
	return d.String()
}
