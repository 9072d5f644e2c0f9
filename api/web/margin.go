package web

import (
	"strconv"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/scoring"
)

// rounding is the difference up to which a printed score is put down to 取整.
var rounding = domain.MustDecimal("0.05")

// Recomputed writes what the recomputation says beside each row of the form it was
// made from: agreed, rounded, not checked, or what is wrong and the working.
func (s *Sheet) Recomputed(form evaluation.SelfFiled, r scoring.Result) {
	s.marginOfMoney(form, r)
	for i, row := range r.Rows {
		key := "evaluation/rows/" + form.Rows[i].Row
		if !s.findingsAt(form, r, "indicators/"+strconv.Itoa(i)+"/") {
			s.Note(key, MarginNote{standing(row.Printed, row.Computed), row.Working})
		}
	}
	if !s.findingsAt(form, r, "total_printed") {
		s.Note("evaluation", MarginNote{standing(r.Total.Printed, r.Total.Computed), totalWorking(r)})
	}
}

func (s *Sheet) marginOfMoney(form evaluation.SelfFiled, r scoring.Result) {
	if s.findingsAt(form, r, "budget/") || r.Execution.Working == "" {
		return
	}
	s.Note("evaluation/budget", MarginNote{standing(r.Execution.Printed, r.Execution.Computed), r.Execution.Working})
}

// findingsAt notes the findings whose cell begins with prefix, and reports
// whether there were any.
func (s *Sheet) findingsAt(form evaluation.SelfFiled, r scoring.Result, prefix string) (found bool) {
	for _, f := range r.Findings {
		if strings.HasPrefix(f.Cell, prefix) {
			s.Note(KeyOf(form, f.Cell), MarginNote{findingStatus(f.Code), withoutTitle(f.Code, f.Message)})
			found = true
		}
	}
	return found
}

// withoutTitle drops from a message the words that stand before it anyway.
func withoutTitle(code scoring.Code, message string) string {
	return strings.TrimPrefix(strings.TrimPrefix(message, code.Title()), "：")
}

// findingStatus tells what is wrong from what wants explaining.
func findingStatus(code scoring.Code) Status {
	switch code {
	case scoring.OverFulfilled, scoring.ActualCopiesTarget, scoring.ValueNotComparable, scoring.DeductionWithoutReason:
		return Attention.Saying("%s", code.Title())
	}
	return Differs.Saying("%s", code.Title())
}

// standing compares a printed score with the computed one.
func standing(printed, computed *domain.Decimal) Status {
	switch {
	case computed == nil:
		return NotTested
	case printed == nil:
		return Rounding.Saying("未印得分")
	case printed.Equal(*computed):
		return Agrees
	case !rounding.Less(printed.Sub(*computed).Abs()):
		return Rounding
	}
	return Differs
}

// totalWorking adds up what was recomputed, or says why there is no total.
func totalWorking(r scoring.Result) string {
	if r.Total.Computed == nil || r.Total.Working != "" {
		return r.Total.Working
	}
	return "重算 " + r.Total.Computed.String()
}

// figures of the money row: the file format's names for the cells of the form.
var budgetCells = map[string]string{
	"begin": "begin", "full_year": "fullYear", "executed": "executed", "rate_printed": "rate", "weight": "weight", "score_printed": "score",
}

// KeyOf turns a finding's cell, a path in the file format, into the key of the
// form's cell.
func KeyOf(form evaluation.SelfFiled, cell string) string {
	parts := strings.Split(cell, "/")
	switch {
	case cell == "total_printed":
		return "evaluation/total"
	case parts[0] == "budget" && len(parts) == 2 && budgetCells[parts[1]] != "":
		return "evaluation/budget/" + budgetCells[parts[1]]
	case parts[0] == "budget":
		return "evaluation/budget"
	case parts[0] == "indicators" && len(parts) == 3:
		if i, err := strconv.Atoi(parts[1]); err == nil && i < len(form.Rows) {
			return "evaluation/rows/" + form.Rows[i].Row + "/" + parts[2]
		}
	}
	return "evaluation"
}

// cellWords name the cells of the form for people.
var cellWords = map[string]string{
	"begin": "年初预算数", "fullYear": "全年预算数", "executed": "全年执行数", "rate": "执行率", "weight": "分值", "score": "得分",
	"target": "年度指标值", "actual": "实际完成值", "reason": "偏差原因", "name": "三级指标", "total": "总分",
}

// PlaceOf names the cell with key in words: 第 3 行“场馆开放满意度”得分.
func PlaceOf(form evaluation.SelfFiled, key string) string {
	parts := strings.Split(key, "/")
	word := cellWords[parts[len(parts)-1]]
	switch {
	case len(parts) == 4:
		for i, row := range form.Rows {
			if row.Row == parts[2] {
				return "第 " + strconv.Itoa(i+1) + " 行“" + row.Name + "”" + word
			}
		}
	case len(parts) > 1 && parts[1] == "budget":
		return "项目资金 " + word
	case word != "":
		return word
	}
	return "全表"
}

// ShownFindings are a check's findings as the page lists them. Figures and
// working come from the recomputation by the same rules.
func ShownFindings(form evaluation.SelfFiled, found []evaluation.Finding, r scoring.Result, origin func(key string) string) (shown []ShownFinding) {
	for _, f := range found {
		key := KeyOf(form, f.Cell)
		s := ShownFinding{Finding: f, Name: scoring.Code(f.Code).Title(), Place: PlaceOf(form, key), Address: origin(key)}
		if s.Name == "" {
			s.Name = f.Code
		}
		s.Message = withoutTitle(scoring.Code(f.Code), f.Message)
		s.Status = findingStatus(scoring.Code(f.Code)).Saying("%s", s.Name)
		for _, again := range r.Findings {
			if string(again.Code) == f.Code && again.Cell == f.Cell {
				s.Printed, s.Computed, s.Working = again.Printed, again.Computed, again.Working
			}
		}
		shown = append(shown, s)
	}
	return shown
}
