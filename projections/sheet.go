package projections

import (
	"slices"
	"strconv"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/execution"
	"wenxiao/domain/goal"
	"wenxiao/domain/programme"
)

// A sheet is every cell of a programme's year: what it says, who set it, what it
// said before. Facts are put into it one after the other.
type sheet struct {
	order  []string // keys as first set
	cells  map[string]Cell
	fact   Fact
	opened map[string]bool     // forms that were filed before this fact
	rows   map[string][]string // of each form, the rows of its last version, in form order
	sets   []Cell              // every setting of the key watched
	watch  string

	allotted, paid, recalled, recovered, fullYear domain.Money
}

func newSheet() *sheet {
	return &sheet{cells: map[string]Cell{}, opened: map[string]bool{}, rows: map[string][]string{}}
}

// apply puts one fact into the sheet.
func (s *sheet) apply(f Fact) {
	s.fact = f
	switch e := f.Event.(type) {
	case programme.Event:
		s.programme(e)
	case goal.Event:
		s.goal(e)
	case execution.Event:
		s.money(e)
	case evaluation.Event:
		s.evaluation(e)
	}
}

// set puts a value into a cell. A cell of a form filed for the first time is new,
// not changed.
func (s *sheet) set(key, label, value string) {
	c, known := s.cells[key]
	if !known {
		if value == "" {
			return
		}
		s.order = append(s.order, key)
	}
	form, _, _ := strings.Cut(key, "/")
	differs := c.Value != value
	if !known || differs {
		c = Cell{Key: key, Label: label, Value: value, SetBy: s.fact.Position, Event: s.fact.ID, Was: c.Value, Changed: differs && (known || s.opened[form])}
		s.cells[key] = c
	}
	if key == s.watch {
		s.sets = append(s.sets, Cell{Key: key, Label: label, Value: value, SetBy: s.fact.Position, Event: s.fact.ID, Was: c.Was, Changed: differs && known})
		if !differs {
			s.sets[len(s.sets)-1].Was = value
		}
	}
}

func (s *sheet) programme(event programme.Event) {
	switch e := event.(type) {
	case programme.Registered:
		s.set("programme/name", "项目名称", e.Name)
		s.set("programme/attribute", "项目属性", e.Attribute)
		s.set("programme/fundBook", "预算本", fundBookWord(string(e.FundBook)))
		s.set("programme/department", "主管部门", e.DepartmentName)
		s.set("programme/unit", "实施单位", e.UnitName)
		s.set("programme/major", "重大项目", when(e.Major, "是"))
	case programme.ResponsibleAssigned:
		s.set("responsible", "项目责任人", e.Name+under(e.Post))
	case programme.HandedOver:
		s.set("responsible", "项目责任人", e.ToName+under(e.Post))
	case programme.MarkedMajor:
		s.set("programme/major", "重大项目", "是")
	case programme.Corrected:
		s.set("programme/"+e.Field, fieldWord(e.Field), either(e.Field == "fundBook", fundBookWord(e.Is), e.Is))
	case programme.Exited:
		s.set("programme/exited", "退出日期", string(e.Day))
	}
}

func (s *sheet) money(event execution.Event) {
	wan := func(key, label string, m domain.Money) { s.set("budget/"+key, label+"（万元）", m.Wan()) }
	switch e := event.(type) {
	case execution.BudgetSet:
		s.fullYear = e.Amount
		wan("begin", "年初预算数", e.Amount)
		wan("fullYear", "全年预算数", e.Amount)
		s.set("budget/status", "拨款", "正常")
	case execution.BudgetAdjusted:
		s.fullYear = e.Amount
		wan("fullYear", "全年预算数", e.Amount)
	case execution.Allotted:
		s.allotted += e.Amount
		wan("allotted", "已下达", s.allotted)
	case execution.Paid:
		s.paid += e.Amount
		wan("paid", "全年执行数", s.paid)
	case execution.PaymentCorrected:
		s.paid += e.Amount - e.Was
		wan("paid", "全年执行数", s.paid)
	case execution.Suspended:
		s.set("budget/status", "拨款", "暂缓")
	case execution.Resumed:
		s.set("budget/status", "拨款", "正常")
	case execution.Stopped:
		s.set("budget/status", "拨款", "停止")
	case execution.Recalled:
		s.recalled += e.Amount
		wan("recalled", "收回", s.recalled)
	case execution.Recovered:
		s.recovered += e.Amount
		wan("recovered", "追回", s.recovered)
	}
	if r := rate(s.paid, s.fullYear); r != nil && s.paid != 0 {
		s.set("budget/rate", "执行率", percent(*r))
	}
}

func (s *sheet) goal(event goal.Event) {
	switch e := event.(type) {
	case goal.Filed:
		s.goalForm(e)
	case goal.Returned:
		s.set("goal/status", "目标状态", "第 "+strconv.Itoa(e.Version)+" 版已退回")
	case goal.Reviewed:
		s.set("goal/status", "目标状态", "第 "+strconv.Itoa(e.Version)+" 版已审核")
		s.set("goal/review", "审核意见", "“"+e.Grade+"”"+e.Total.Trim().String()+" 分")
	case goal.Approved:
		s.set("goal/status", "目标状态", "第 "+strconv.Itoa(e.Version)+" 版已批复")
		s.set("goal/approved", "批复预算（万元）", e.Amount.Wan())
		s.set("goal/document", "批复文号", e.Document)
	}
}

func (s *sheet) goalForm(e goal.Filed) {
	s.set("goal/version", "版次", strconv.Itoa(e.Version))
	s.set("goal/status", "目标状态", "第 "+strconv.Itoa(e.Version)+" 版待审核")
	s.set("goal/budget", "年度资金总额（万元）", e.Budget.Wan())
	s.sources("goal/sources/", e.Sources)
	s.set("goal/objective", "年度总体目标", e.Objective)
	var rows []string
	for _, i := range e.Indicators {
		rows = append(rows, i.Row)
		s.indicator("goal/indicators/"+i.Row, i)
	}
	s.close(FormGoal, "goal/indicators/", rows)
}

// sources sets a cell for each source of money, and empties those no longer
// named.
func (s *sheet) sources(prefix string, list []domain.FundSource) {
	named := map[string]bool{}
	for _, f := range list {
		named[prefix+f.Name] = true
		s.set(prefix+f.Name, "其中："+f.Name+"（万元）", f.Amount.Wan())
	}
	for _, key := range s.order {
		if strings.HasPrefix(key, prefix) && !named[key] {
			s.set(key, s.cells[key].Label, "")
		}
	}
}

func (s *sheet) indicator(prefix string, i domain.Indicator) {
	of := "“" + i.Name + "”"
	s.set(prefix+"/level1", "一级指标"+of, i.Level1)
	s.set(prefix+"/level2", "二级指标"+of, i.Level2)
	s.set(prefix+"/name", "指标名称"+of, i.Name)
	s.set(prefix+"/target", "指标值"+of, i.Target)
	s.set(prefix+"/weight", "分值"+of, blankScore(i.Weight))
	s.set(prefix+"/rule", "评分标准"+of, i.Rule)
}

// close empties the cells of the rows a new version dropped.
func (s *sheet) close(form, prefix string, rows []string) {
	for _, row := range s.rows[form] {
		if slices.Contains(rows, row) {
			continue
		}
		for _, key := range s.order {
			if strings.HasPrefix(key, prefix+row+"/") {
				s.set(key, s.cells[key].Label, "")
			}
		}
	}
	s.rows[form], s.opened[form] = rows, true
}

func (s *sheet) evaluation(event evaluation.Event) {
	switch e := event.(type) {
	case evaluation.SelfFiled:
		s.selfForm(e)
	case evaluation.Checked:
		s.set("evaluation/status", "自评状态", "第 "+strconv.Itoa(e.Version)+" 版已复核")
		s.set("evaluation/computed", "重算得分", blankScore(e.Computed))
		s.set("evaluation/findings", "校核", outcome(e))
	case evaluation.Returned:
		s.set("evaluation/status", "自评状态", "第 "+strconv.Itoa(e.Version)+" 版已退回")
	case evaluation.Finalised:
		s.set("evaluation/status", "自评状态", "第 "+strconv.Itoa(e.Version)+" 版已定级")
		s.set("evaluation/final", "定级得分", e.Score.String())
		s.set("evaluation/finalGrade", "定级", e.Grade)
	case evaluation.FedBack:
		s.set("evaluation/feedback", "反馈意见", e.Opinion)
	}
}

func (s *sheet) selfForm(e evaluation.SelfFiled) {
	s.set("evaluation/version", "版次", strconv.Itoa(e.Version))
	s.set("evaluation/status", "自评状态", "第 "+strconv.Itoa(e.Version)+" 版待复核")
	s.budgetRow(e)
	s.set("evaluation/expected", "预期目标", e.Expected)
	s.set("evaluation/achieved", "实际完成情况", e.Achieved)
	var rows []string
	for _, r := range e.Rows {
		prefix, of := "evaluation/rows/"+r.Row, "“"+r.Name+"”"
		rows = append(rows, r.Row)
		s.indicator(prefix, r.Indicator)
		s.set(prefix+"/actual", "实际完成值"+of, r.Actual)
		s.set(prefix+"/score", "得分"+of, blankScore(r.Score))
		s.set(prefix+"/reason", "偏差原因"+of, r.Reason)
	}
	s.set("evaluation/total", "总分", blankScore(e.Total))
	s.set("evaluation/grade", "自评等级", e.Grade)
	s.close(FormEvaluation, "evaluation/rows/", rows)
}

// budgetRow keeps the money row in the unit the form names.
func (s *sheet) budgetRow(e evaluation.SelfFiled) {
	unit, err := domain.MoneyUnit(e.MoneyUnit)
	if err != nil {
		unit = domain.WanYuan
	}
	set := func(key, label string, m *domain.Money) {
		text := ""
		if m != nil {
			text = m.Format(unit)
		}
		s.set("evaluation/budget/"+key, label+"（"+nameOr(e.MoneyUnit, "万元")+"）", text)
	}
	b := e.Budget
	set("begin", "年初预算数", b.Begin)
	set("fullYear", "全年预算数", b.FullYear)
	set("executed", "全年执行数", b.Executed)
	s.set("evaluation/budget/weight", "执行率分值", blankScore(b.Weight))
	s.set("evaluation/budget/rate", "执行率", b.Rate)
	s.set("evaluation/budget/score", "执行率得分", blankScore(b.Score))
}

// blankScore is a score as a form prints it: nothing where there is none.
func blankScore(d *domain.Decimal) string {
	if d == nil {
		return ""
	}
	return d.String()
}

func fundBookWord(book string) string {
	word, ok := map[programme.FundBook]string{
		programme.GeneralBudget: "一般公共预算", programme.GovernmentFunds: "政府性基金预算", programme.StateCapital: "国有资本经营预算",
		programme.SocialInsurance: "社会保险基金预算", programme.UnstatedFundBook: "未注明",
	}[programme.FundBook(book)]
	return either(ok, word, book)
}

// head lists the cells beside the forms.
func (s *sheet) head() []Cell {
	cells := []Cell{}
	for _, key := range s.order {
		if form, _, _ := strings.Cut(key, "/"); form != FormGoal && form != FormEvaluation {
			cells = append(cells, s.at(key))
		}
	}
	return cells
}

// at returns a cell as it is at the moment of the last fact: changed only if that
// fact changed it.
func (s *sheet) at(key string) Cell {
	c := s.cells[key]
	c.Changed = c.Changed && c.SetBy == s.fact.Position
	return c
}

// form draws up a form from the cells, nil where none was filed.
func (s *sheet) form(kind, rowPrefix string) *Form {
	if !s.opened[kind] {
		return nil
	}
	f := &Form{Kind: kind, Head: []Cell{}, Rows: []FormRow{}}
	for _, key := range s.order {
		if strings.HasPrefix(key, kind+"/") && !strings.HasPrefix(key, rowPrefix) {
			f.Head = append(f.Head, s.at(key))
		}
	}
	byRow := map[string][]Cell{}
	var dropped []string
	for _, key := range s.order {
		rest, ok := strings.CutPrefix(key, rowPrefix)
		if !ok {
			continue
		}
		row := rest[:strings.LastIndex(rest, "/")]
		if _, seen := byRow[row]; !seen && !slices.Contains(s.rows[kind], row) {
			dropped = append(dropped, row)
		}
		byRow[row] = append(byRow[row], s.at(key))
	}
	for _, row := range s.rows[kind] {
		f.Rows = append(f.Rows, FormRow{Row: row, New: allNew(byRow[row]), Cells: byRow[row]})
	}
	for _, row := range dropped { // shown struck out by the version that dropped them
		if slices.ContainsFunc(byRow[row], func(c Cell) bool { return c.Changed }) {
			f.Rows = append(f.Rows, FormRow{Row: row, Gone: true, Cells: byRow[row]})
		}
	}
	return f
}

// allNew reports whether a row came with the version of this moment, into a
// form that was there before.
func allNew(cells []Cell) bool {
	return len(cells) > 0 && !slices.ContainsFunc(cells, func(c Cell) bool { return !c.Changed || c.Was != "" })
}
