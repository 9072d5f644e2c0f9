package api

import (
	"context"
	"fmt"
	"math/big"
	"slices"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// evaluationFiling is the self-evaluation form (项目支出绩效自评表). Its rows are
// those of the approved goal; the unit fills what came of them.
func (s *Server) evaluationFiling() filing {
	return filing{
		path: "/evaluations/{code}/{year}/file", command: "evaluation.file", title: "填报：绩效自评表", send: "报送绩效自评",
		open: func(at situation) bool {
			e := at.score()
			return e == nil && at.approved() != nil || e != nil && (e.Status == projections.EvaluationReturned || e.Status == projections.EvaluationFiled)
		},
		awaited: func(at situation) bool {
			return at.row.EvaluationStatus == projections.EvaluationReturned || at.score() == nil && at.row.Year < s.today().Year()
		},
		stream: func(at situation) string { return selfStream(at.row.Code, at.row.Year) },
		page:   s.selfForm, read: selfTyped, paper: s.selfPaper, files: "自评报告和佐证材料",
		do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
			cmd := s.selfCommand(at, f)
			if f.bad() {
				return eventstore.Appended{}, nil
			}
			return s.fileEvaluation(ctx, who, at.row.Code, at.row.Year, seen, cmd)
		},
	}
}

var selfColumns = []web.Column{
	{Text: "一级指标", Class: "is-l1"},
	{Text: "二级指标", Class: "is-l2"},
	{Text: "三级指标"},
	{Text: "年度指标值", Class: "is-target"},
	{Text: "分值", Class: "is-weight"},
	{Text: "实际完成值", Class: "is-value"},
	{Text: "得分", Class: "is-weight"},
	{Text: "偏差原因分析及改进措施", Class: "is-reason"},
}

const selfFormTitle = "项目支出绩效自评表"

func (s *Server) selfForm(page *web.Filing, at situation) {
	page.Paper, page.Columns = selfFormTitle, selfColumns
	last := evaluation.SelfFiled{}
	if e := at.score(); e != nil {
		last = e.Form
		if e.Status == projections.EvaluationReturned {
			page.Returned = &web.Said{Status: web.Back, Text: fmt.Sprintf("第 %d 版被%s退回：%s", e.Version, who(e.ReturnedBy), e.ReturnedReason)}
		}
	}
	page.Facts = []web.Fact{{Label: "项目名称", Text: at.row.Name}, {Label: "实施单位", Text: at.row.UnitName + "（主管部门：" + orElse(at.row.DepartmentName, "—") + "）"}}
	page.Heads = s.selfHeads(at, last)
	for i, indicator := range s.agreed(at) {
		page.Rows = append(page.Rows, selfRow(i, indicator, last.Rows))
	}
}

// agreed are the indicators of the approved goal.
func (s *Server) agreed(at situation) []domain.Indicator {
	if g := at.approved(); g != nil {
		return g.Indicators
	}
	return nil
}

// selfHeads begin with what the ledger knows: the budget and what was paid.
func (s *Server) selfHeads(at situation, last evaluation.SelfFiled) []web.Field {
	wan := func(m *domain.Money, otherwise domain.Money) string {
		if m != nil {
			otherwise = *m
		}
		return otherwise.In(domain.WanYuan).String()
	}
	b := last.Budget
	heads := []web.Field{
		{Name: "budget-begin", Label: "年初预算数（万元）", Kind: "number", Must: true, Value: wan(b.Begin, at.row.Budget)},
		{Name: "budget-fullYear", Label: "全年预算数（万元）", Kind: "number", Must: true, Value: wan(b.FullYear, at.row.FullYear)},
		{Name: "budget-executed", Label: "全年执行数（万元）", Kind: "number", Must: true, Value: wan(b.Executed, at.row.Paid-at.row.Recovered), Hint: "账上支付 " + at.row.Paid.Wan()},
		{Name: "budget-score", Label: "预算执行得分", Kind: "number", Must: true, Value: s.executionScore(at), Hint: "满分 " + s.goalBook(at).Weights.Execution.Value.String() + "；按执行率计"},
		{Name: "expected", Label: "预期目标", Kind: "long", Value: last.Expected},
		{Name: "achieved", Label: "实际完成情况", Kind: "long", Must: true, Value: last.Achieved},
	}
	if g := at.approved(); g != nil && heads[4].Value == "" {
		heads[4].Value = g.Objective
	}
	if at.score() != nil {
		heads = append(heads, web.Field{Name: "cause", Label: "为何再报", Kind: "text", Must: true, Hint: "说明作了哪些修改"})
	}
	return heads
}

// executionScore offers the score that the payments give.
func (s *Server) executionScore(at situation) string {
	if at.row.Rate == nil {
		return ""
	}
	share, full := at.row.Rate.Rat(), s.goalBook(at).Weights.Execution.Value.Rat()
	if one := big.NewRat(1, 1); share.Cmp(one) > 0 {
		share = one
	}
	return domain.HalfUp(share.Mul(share, full), 2).Trim().String()
}

func selfRow(i int, indicator domain.Indicator, before []evaluation.Row) web.FilingRow {
	name := func(field string) string { return fmt.Sprintf("rows-%d-%s", i, field) }
	label := func(text string) string { return fmt.Sprintf("第 %d 行%s", i+1, text) }
	row, weight := evaluation.Row{}, ""
	if n := slices.IndexFunc(before, func(r evaluation.Row) bool { return r.Row == indicator.Row }); n >= 0 {
		row = before[n]
	}
	if indicator.Weight != nil {
		weight = indicator.Weight.String()
	}
	points := ""
	if row.Score != nil {
		points = row.Score.String()
	}
	return web.FilingRow{
		Number: i + 1, Print: []string{indicator.Level1, indicator.Level2, indicator.Name, indicator.Target, weight},
		Fields: []web.Field{
			{Name: name("actual"), Label: label("实际完成值"), Kind: "text", Value: row.Actual},
			{Name: name("score"), Label: label("得分"), Kind: "number", Value: points},
			{Name: name("reason"), Label: label("偏差原因分析及改进措施"), Kind: "brief", Value: row.Reason},
		},
	}
}

func selfTyped(page *web.Filing, _ situation, f *form) { keep(page, f) }

// selfCommand reads the form. The total is the sum of what was filled: a unit
// does not add up by hand.
func (s *Server) selfCommand(at situation, f *form) evaluation.FileSelf {
	money := func(name string) *domain.Money { m := f.wan(name); return &m }
	weight := s.goalBook(at).Weights.Execution.Value
	cmd := evaluation.FileSelf{
		Programme: at.row.Code, Year: at.row.Year, Unit: at.row.Unit, Form: selfFormTitle, MoneyUnit: "万元",
		Budget: evaluation.Budget{
			Begin: money("budget-begin"), FullYear: money("budget-fullYear"), Executed: money("budget-executed"), Weight: &weight, Score: f.optional("budget-score"),
		},
		Expected: f.text("expected"), Achieved: f.text("achieved"), Cause: f.text("cause"),
	}
	cmd.Budget.Rate = rate(*cmd.Budget.Executed, *cmd.Budget.FullYear)
	total := domain.Int(0)
	if cmd.Budget.Score != nil {
		total = *cmd.Budget.Score
	}
	for i, indicator := range s.agreed(at) {
		get := func(field string) string { return fmt.Sprintf("rows-%d-%s", i, field) }
		row := evaluation.Row{Indicator: indicator, Actual: f.text(get("actual")), Score: f.optional(get("score")), Reason: f.text(get("reason"))}
		if row.Score != nil {
			total = total.Add(*row.Score)
		}
		cmd.Rows = append(cmd.Rows, row)
	}
	cmd.Total, cmd.Grade = &total, s.goalBook(at).Grade(total)
	return cmd
}

// rate prints executed ÷ budget as the form does: 86.18%.
func rate(executed, budget domain.Money) string {
	if budget == 0 {
		return ""
	}
	return domain.HalfUp(big.NewRat(int64(executed)*100, int64(budget)), 2).String() + "%"
}

// selfPaper shows the form as it will stand, with the recomputation already in
// its margin: what finance would find, the unit sees first.
func (s *Server) selfPaper(page *web.Filing, at situation, f *form) {
	cmd := s.selfCommand(at, f)
	filed := evaluation.SelfFiled{
		Programme: cmd.Programme, Year: cmd.Year, Unit: cmd.Unit, Form: cmd.Form, MoneyUnit: cmd.MoneyUnit, Budget: cmd.Budget, Expected: cmd.Expected,
		Achieved: cmd.Achieved, Rows: cmd.Rows, Total: cmd.Total, Grade: cmd.Grade,
	}
	sheet, result := s.recomputed(at, filed)
	page.Sheet = &sheet
	if n := len(result.Findings); n > 0 {
		page.Notes = append(page.Notes, web.Said{Status: web.Attention, Text: fmt.Sprintf("系统重算有 %d 处要留意，见表右侧。可以返回修改；照报也可以，复核时会问。", n)})
	}
}
