package api

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/goal"
	"wenxiao/domain/rulebook"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// goalFiling is the goal form (项目支出绩效目标申报表).
func (s *Server) goalFiling() filing {
	return filing{
		path: "/goals/{code}/{year}/file", command: "goal.file", title: "填报：绩效目标申报表", send: "报送绩效目标",
		open: func(at situation) bool {
			return at.goal() == nil || at.row.GoalStatus == projections.GoalReturned || at.row.GoalStatus == projections.GoalApproved
		},
		awaited: func(at situation) bool { return at.row.GoalStatus != projections.GoalApproved },
		stream:  func(at situation) string { return goal.Stream(at.row.Code, at.row.Year) },
		page:    s.goalForm, read: s.goalTyped, paper: s.goalPaper, files: "目标设定的依据材料",
		do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
			cmd := goalCommand(at, f)
			if f.bad() {
				return eventstore.Appended{}, nil
			}
			appended, err := s.fileGoal(ctx, who, at.row.Code, at.row.Year, seen, cmd)
			return appended, inTypedRows(err, f)
		},
	}
}

// fundNames are the sources of money the form prints.
var fundNames = []string{"当年财政拨款", "上年结转资金", "其他资金"}

// emptyRows is how many rows a new form has, and spareRows how many more one
// gets by asking.
const (
	emptyRows = 9
	spareRows = 3
)

var goalColumns = []web.Column{
	{Text: "一级指标", Class: "is-l1"},
	{Text: "二级指标", Class: "is-l2"},
	{Text: "三级指标", Class: "is-l3"},
	{Text: "性质", Class: "is-sign"},
	{Text: "年度指标值", Class: "is-value"},
	{Text: "单位", Class: "is-unit"},
	{Text: "分值", Class: "is-weight"},
	{Text: "值设定依据", Class: "is-standard"},
}

// goalForm fills the page with the last version; a first one is empty.
func (s *Server) goalForm(page *web.Filing, at situation) {
	page.Paper, page.Columns, page.CanAdd = "项目支出绩效目标申报表", goalColumns, true
	page.Facts = []web.Fact{
		{Label: "项目名称", Text: at.row.Name},
		{Label: "实施单位", Text: at.row.UnitName + "（主管部门：" + orElse(at.row.DepartmentName, "—") + "）"},
		{Label: "项目负责人", Text: orElse(at.row.ResponsibleName, "—")},
	}
	last := goal.Filed{}
	if g := at.goal(); g != nil {
		last = filedGoal(*g)
		returned(page, *g)
	}
	page.Heads = goalHeads(at, last)
	for i := range max(len(last.Indicators), emptyRows) {
		row := domain.Indicator{}
		if i < len(last.Indicators) {
			row = last.Indicators[i]
		}
		page.Rows = append(page.Rows, s.goalRow(at, i, row))
	}
	s.weigh(page, at)
}

// returned says why the last version came back.
func returned(page *web.Filing, g projections.Goal) {
	if g.Status != projections.GoalReturned {
		return
	}
	page.Returned = &web.Said{Status: web.Back, Text: fmt.Sprintf("第 %d 版被%s退回：%s", g.Version, who(g.ReturnedBy), g.ReturnedReason)}
	for _, p := range g.ReturnedPoints {
		page.Points = append(page.Points, web.Point{Row: p.Row, Text: p.Text})
	}
}

func goalHeads(at situation, last goal.Filed) []web.Field {
	money := func(m domain.Money) string {
		if m == 0 {
			return ""
		}
		return m.In(domain.WanYuan).String()
	}
	heads := []web.Field{{Name: "budget", Label: "年度资金总额（万元）", Kind: "number", Must: true, Value: money(last.Budget)}}
	for i, name := range fundNames {
		field := web.Field{Name: fmt.Sprintf("sources-%d", i), Label: "其中：" + name, Kind: "number"}
		for _, source := range last.Sources {
			if source.Name == name {
				field.Value = money(source.Amount)
			}
		}
		heads = append(heads, field)
	}
	heads = append(heads, web.Field{Name: "objective", Label: "年度总体目标", Kind: "long", Must: true, Value: last.Objective})
	if at.goal() != nil {
		heads = append(heads, web.Field{Name: "cause", Label: "为何再报", Kind: "text", Must: true, Hint: "说明作了哪些修改"})
	}
	return heads
}

var (
	signs     = []web.Option{{Value: "≥", Text: "≥"}, {Value: "≤", Text: "≤"}, {Value: "=", Text: "="}, {Value: "", Text: "定性、无号"}}
	standards = []web.Option{{Value: "", Text: "—"}, {Value: "计划标准", Text: "计划标准"}, {Value: "行业标准", Text: "行业标准"}, {Value: "历史标准", Text: "历史标准"}, {Value: "预算支出标准", Text: "预算支出标准"}}
)

// goalRow is one row of the grid. The target is taken apart into sign, value and
// unit for filling, and put together again as printed.
func (s *Server) goalRow(at situation, i int, row domain.Indicator) web.FilingRow {
	name := func(field string) string { return fmt.Sprintf("indicators-%d-%s", i, field) }
	label := func(text string) string { return fmt.Sprintf("第 %d 行%s", i+1, text) }
	sign, figure, unit := apart(row.Target)
	weight := ""
	if row.Weight != nil {
		weight = row.Weight.String()
	}
	number := row.Row
	if number == "" {
		number = strconv.Itoa(i + 1)
	}
	n, _ := strconv.Atoi(number)
	return web.FilingRow{
		Number: n,
		Hidden: []web.Field{{Name: name("row"), Value: number}},
		Fields: []web.Field{
			{Name: name("level1"), Label: label("一级指标"), Kind: "choice", Group: true, Value: row.Level1, Options: s.groups(at, row.Level1)},
			{Name: name("level2"), Label: label("二级指标"), Kind: "choice", Value: row.Level2, Options: s.seconds(at, row.Level2)},
			{Name: name("name"), Label: label("三级指标"), Kind: "text", Value: row.Name},
			{Name: name("sign"), Label: label("性质"), Kind: "choice", Value: sign, Options: signs},
			{Name: name("target"), Label: label("年度指标值"), Kind: "text", Value: figure},
			{Name: name("unit"), Label: label("单位"), Kind: "text", Value: unit},
			{Name: name("weight"), Label: label("分值"), Kind: "number", Weight: true, Value: weight},
			{Name: name("basis"), Label: label("值设定依据"), Kind: "choice", Value: row.Basis, Options: with(standards, row.Basis)},
		},
	}
}

// groups are the first-level groups of the rules the goal is judged by; what was
// filed before stays choosable.
func (s *Server) groups(at situation, chosen string) []web.Option {
	options := []web.Option{{Value: "", Text: "—"}}
	for _, g := range s.goalBook(at).Framework.Value {
		options = append(options, web.Option{Value: g.Name, Text: g.Name})
	}
	return with(options, chosen)
}

func (s *Server) seconds(at situation, chosen string) []web.Option {
	options := []web.Option{{Value: "", Text: "—"}}
	for _, g := range s.goalBook(at).Framework.Value {
		for _, second := range g.Second {
			if !slices.ContainsFunc(options, func(o web.Option) bool { return o.Value == second }) {
				options = append(options, web.Option{Value: second, Text: second})
			}
		}
	}
	return with(options, chosen)
}

func (s *Server) goalBook(at situation) *rulebook.Rulebook {
	return inForce(at.row.Jurisdiction, s.today())
}

var targetParts = regexp.MustCompile(`^\s*([≥≤=＝]|>=|<=)?\s*([0-9０-９.,，]*)\s*(.*?)\s*$`)

// apart takes a printed target apart: ≥266米 is ≥, 266 and 米. What has no figure
// is qualitative and stays whole.
func apart(target string) (sign, figure, unit string) {
	if target == "" {
		return "≥", "", ""
	}
	m := targetParts.FindStringSubmatch(target)
	if m == nil || m[2] == "" || m[1] == "" {
		return "", target, ""
	}
	return strings.NewReplacer(">=", "≥", "<=", "≤", "＝", "=").Replace(m[1]), m[2], m[3]
}

// goalTyped puts what was typed into the page, with three more rows when asked.
func (s *Server) goalTyped(page *web.Filing, at situation, f *form) {
	rows := 0
	for f.Has(fmt.Sprintf("indicators-%d-name", rows)) {
		rows++
	}
	if f.Get("do") == "add" {
		rows += spareRows
	}
	page.Rows = nil
	for i := range rows {
		page.Rows = append(page.Rows, s.goalRow(at, i, domain.Indicator{}))
	}
	keep(page, f)
	s.weigh(page, at)
}

// goalCommand reads the form. Rows without a name and a value are not filed.
func goalCommand(at situation, f *form) goal.File {
	cmd := goal.File{Programme: at.row.Code, Year: at.row.Year, Unit: at.row.Unit, Budget: f.wan("budget"), Objective: f.text("objective"), Cause: f.text("cause")}
	for i, name := range fundNames {
		if control := fmt.Sprintf("sources-%d", i); f.text(control) != "" {
			cmd.Sources = append(cmd.Sources, domain.FundSource{Name: name, Amount: f.wan(control)})
		}
	}
	for i := 0; f.Has(fmt.Sprintf("indicators-%d-name", i)); i++ {
		get := func(field string) string { return f.text(fmt.Sprintf("indicators-%d-%s", i, field)) }
		if get("name") == "" && get("target") == "" && get("weight") == "" {
			continue
		}
		cmd.Indicators = append(cmd.Indicators, domain.Indicator{
			Row: get("row"), Level1: get("level1"), Level2: get("level2"), Name: get("name"), Target: get("sign") + get("target") + get("unit"),
			Weight: f.optional(fmt.Sprintf("indicators-%d-weight", i)), Basis: get("basis"),
		})
	}
	return cmd
}

// inTypedRows points refusals at the rows as they stand on the page: the command
// has left out the empty ones.
func inTypedRows(err error, f *form) error {
	var filled []int
	for i := 0; f.Has(fmt.Sprintf("indicators-%d-name", i)); i++ {
		get := func(field string) string { return f.text(fmt.Sprintf("indicators-%d-%s", i, field)) }
		if get("name") != "" || get("target") != "" || get("weight") != "" {
			filled = append(filled, i)
		}
	}
	return repointed(err, func(pointer string) string {
		parts := strings.Split(pointer, "/")
		if len(parts) != 4 || parts[1] != "indicators" {
			return pointer
		}
		if n, err := strconv.Atoi(parts[2]); err == nil && n < len(filled) {
			parts[2] = strconv.Itoa(filled[n])
		}
		return strings.Join(parts, "/")
	})
}

// repointed moves the refusals in err to other fields. Any other error stays.
func repointed(err error, to func(string) string) error {
	var (
		many domain.Refusals
		one  domain.Refusal
	)
	switch {
	case errors.As(err, &many):
	case errors.As(err, &one):
		many = domain.Refusals{one}
	default:
		return err
	}
	for i := range many {
		many[i].Field = to(many[i].Field)
	}
	return domain.Refuse(many...)
}

// goalPaper shows the form as it will stand, and where its weights depart from
// the default: that may be, but wants a reason.
func (s *Server) goalPaper(page *web.Filing, at situation, f *form) {
	cmd := goalCommand(at, f)
	sheet := web.GoalSheet(at.bearer(), goal.Filed{Year: cmd.Year, Budget: cmd.Budget, Sources: cmd.Sources, Objective: cmd.Objective, Indicators: cmd.Indicators})
	page.Sheet = &sheet
	for _, d := range s.goalBook(at).Departures(weighted(cmd.Indicators)) {
		page.Notes = append(page.Notes, web.Said{Status: web.Attention, Text: d.Text + "；特殊情况可适当调整，审核时会问。", Basis: d.Basis})
	}
}

func weighted(indicators []domain.Indicator) (rows []rulebook.Weighted) {
	for _, row := range indicators {
		if row.Weight != nil {
			rows = append(rows, rulebook.Weighted{Level1: row.Level1, Weight: *row.Weight})
		}
	}
	return rows
}

// weigh sums the weights by group against what is due.
func (s *Server) weigh(page *web.Filing, at situation) {
	book := s.goalBook(at)
	sums, whole := map[string]domain.Decimal{}, domain.Int(0)
	for _, row := range page.Rows {
		w, err := domain.ParseDecimal(plainFigure(row.Fields[6].Value))
		if err != nil {
			continue
		}
		sums[row.Fields[0].Value] = sums[row.Fields[0].Value].Add(w)
		whole = whole.Add(w)
	}
	_, cost := sums[rulebook.Cost]
	page.Sums = nil
	for _, share := range book.Shares(cost, true).Value {
		page.Sums = append(page.Sums, weightSum(share.Group, share.Group, share.Weight, sums[share.Group]))
	}
	page.Sums = append(page.Sums,
		web.WeightSum{Text: "预算执行率", Sum: book.Weights.Execution.Value.String()},
		weightSum("all", "指标合计", book.GoalTotal(), whole))
}

func weightSum(group, text string, due, sum domain.Decimal) web.WeightSum {
	w := web.WeightSum{Group: group, Text: text, Due: due.Trim().String(), Sum: sum.Trim().String(), Status: web.Agrees.Saying("相符")}
	switch gap := sum.Sub(due); {
	case gap.Sign() > 0:
		w.Status = web.Differs.Saying("多 %s", gap.Trim())
	case gap.Sign() < 0:
		w.Status = web.Differs.Saying("少 %s", gap.Neg().Trim())
	}
	return w
}
