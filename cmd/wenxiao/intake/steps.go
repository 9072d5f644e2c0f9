package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/execution"
	"wenxiao/domain/goal"
	"wenxiao/domain/programme"
	"wenxiao/domain/published"
	"wenxiao/domain/unit"
)

// steps are what a table becomes, in the order of the budget year.
func (e *entry) steps() []func() error {
	return []func() error{
		e.registerUnits, e.registerProgramme, e.fileGoal, e.approveGoal,
		e.setBudget, e.adjustBudget, e.pay, e.evaluate, e.check,
	}
}

func (e *entry) registerUnits() error {
	p := e.place
	if err := e.registerUnit(p.departmentCode, p.department, unit.Department, ""); err != nil || p.unitCode == p.departmentCode {
		return err
	}
	return e.registerUnit(p.unitCode, p.unit, unit.Budgetary, p.departmentCode)
}

// registerUnit does nothing for a unit another table has brought.
func (e *entry) registerUnit(code domain.UnitCode, name string, kind unit.Kind, parent domain.UnitCode) error {
	known, _, err := loadUnit(e, code)
	if err != nil || known {
		return err
	}
	return execute(e, unit.Stored, unit.Stream(code), unit.Register{
		Code: code, Name: name, Kind: kind, Parent: parent, Jurisdiction: e.place.jurisdiction, Source: e.source,
	}, e.meta("unit-"+string(code), e.table.Year.First()))
}

func (e *entry) registerProgramme() error {
	known, err := knownProgramme(e)
	if err != nil || known {
		return err
	}
	p := e.place
	return execute(e, programme.Stored, programme.Stream(p.programme), programme.Register{
		Code: p.programme, Name: e.table.Project, Kind: kindOf(e.table.Kind), Unit: p.unitCode, UnitName: p.unit,
		Department: p.departmentCode, DepartmentName: p.department, FundBook: programme.UnstatedFundBook,
		From: e.table.Year, Jurisdiction: p.jurisdiction, Source: e.source,
	}, e.meta("programme", e.table.Year.First()))
}

// kindOf reads the kind of spending off the form's name.
func kindOf(form string) programme.Kind {
	if strings.Contains(form, "部门整体") {
		return programme.Department
	}
	return programme.Project
}

func (e *entry) fileGoal() error {
	if len(e.table.Indicators) == 0 {
		e.leave("指标（表中未见）")
		return nil
	}
	budget, err := e.opening()
	if err != nil {
		return err
	}
	p := e.place
	return execute(e, goal.Stored, goal.Stream(p.programme, e.table.Year), goal.File{
		Programme: p.programme, Year: e.table.Year, Unit: p.unitCode, Budget: budget,
		Indicators: e.indicators(), Source: e.source, By: Registrar,
		Active: domain.Fact{Holds: true, Text: "项目已登记"},
	}, e.meta("goal", e.table.Year.First()))
}

func (e *entry) indicators() []domain.Indicator {
	rows := make([]domain.Indicator, len(e.table.Indicators))
	for i, r := range e.table.Indicators {
		rows[i] = domain.Indicator{
			Row: strconv.Itoa(i + 1), Level1: r.Level1, Level2: r.Level2, Name: r.Level3, Target: r.Target,
			Weight: r.Weight, Core: strings.HasPrefix(r.Level3, "★"),
		}
		if !e.evaluated() { // a goal table prints its 评(扣)分标准 where others print reasons
			rows[i].Rule = r.Reason
		}
	}
	return rows
}

// remark is what whoever copied a table noted in English beside a name: no part
// of the form.
var remark = regexp.MustCompile(`\s*\([A-Za-z][ -~]*\)$`)

// plain is a cell without such a remark; a cell that is nothing else stays.
func plain(cell string) string {
	if text := remark.ReplaceAllString(cell, ""); text != "" {
		return text
	}
	return cell
}

// withoutRemarks returns t as its form has it.
func withoutRemarks(t published.Table) published.Table {
	t.Project, t.Indicators = plain(t.Project), slices.Clone(t.Indicators)
	for i := range t.Indicators {
		r := &t.Indicators[i]
		r.Level1, r.Level3, r.Target, r.Actual = plain(r.Level1), plain(r.Level3), plain(r.Target), plain(r.Actual)
	}
	return t
}

// evaluated reports whether the table is a self-evaluation: goal and monitoring
// tables print neither scores nor a year's result.
func (e *entry) evaluated() bool {
	return strings.Contains(e.table.Kind, "评") // 自评表, 评价表
}

func (e *entry) approveGoal() error {
	switch {
	case len(e.table.Indicators) == 0:
		return nil
	case e.table.Budget.Begin == nil && e.table.Budget.FullYear == nil:
		e.leave("批复（预算数未见，同步批复无从照录）")
		return nil
	}
	amount, err := e.opening()
	if err != nil {
		return err
	}
	p := e.place
	return execute(e, goal.Stored, goal.Stream(p.programme, e.table.Year), goal.Approve{
		Version: 1, Amount: amount, Document: e.table.Kind, Source: e.source, By: Registrar,
	}, e.meta("approval", e.table.Year.First()))
}

// opening is the opening budget: the printed one, or the full year's where the
// form has no column for it; zero where no amount is printed at all.
func (e *entry) opening() (domain.Money, error) {
	if e.table.Budget.Begin != nil {
		return e.money(e.table.Budget.Begin, "/budget/begin")
	}
	return e.money(e.table.Budget.FullYear, "/budget/full_year")
}

func (e *entry) money(amount *domain.Decimal, field string) (domain.Money, error) {
	if amount == nil {
		return 0, nil
	}
	unit, err := domain.MoneyUnit(e.table.MoneyUnit)
	if err != nil {
		return 0, err
	}
	m, err := domain.MoneyFrom(*amount, unit)
	return m, at(err, field)
}

func (e *entry) setBudget() error {
	if e.table.Budget.Begin == nil && e.table.Budget.FullYear == nil {
		e.leave("预算数（表中未见）")
		return nil
	}
	amount, err := e.opening()
	if err != nil {
		return err
	}
	p := e.place
	return execute(e, execution.Stored, execution.Stream(p.programme, e.table.Year), execution.SetBudget{
		Programme: p.programme, Year: e.table.Year, Unit: p.unitCode, Amount: amount, Document: e.table.Kind,
		Source: e.source, Goal: domain.Fact{Holds: true, Text: "表内列有年度指标值"}, Approved: amount,
	}, e.meta("budget", e.table.Year.First()))
}

func (e *entry) adjustBudget() error {
	begin, full := e.table.Budget.Begin, e.table.Budget.FullYear
	if begin == nil || full == nil || begin.Equal(*full) {
		return nil
	}
	amount, err := e.money(full, "/budget/full_year")
	if err != nil {
		return err
	}
	return execute(e, execution.Stored, execution.Stream(e.place.programme, e.table.Year), execution.AdjustBudget{
		Amount: amount, Reason: "表列全年预算数与年初预算数不同", Document: e.table.Kind, Source: e.source,
		Goal: domain.Fact{Holds: true, Text: "表内列有年度指标值"},
	}, e.meta("adjusted", e.table.Year.Last()))
}

func (e *entry) pay() error {
	switch executed := e.table.Budget.Executed; {
	case executed == nil:
		e.leave("执行数（表中未见）")
		return nil
	case e.table.Budget.Begin == nil && e.table.Budget.FullYear == nil, executed.Sign() <= 0:
		return nil
	}
	amount, err := e.money(e.table.Budget.Executed, "/budget/executed")
	if err != nil {
		return err
	}
	day, purpose := e.period()
	return execute(e, execution.Stored, execution.Stream(e.place.programme, e.table.Year), execution.Pay{
		Payment: strings.TrimSuffix(purpose, "执行数") + "合计", Amount: amount, Purpose: purpose + "，逐笔支付未见于表", Source: e.source,
	}, e.meta("paid", day))
}

// months finds the period of a monitoring table: 1-6月, 1—9月.
var months = regexp.MustCompile(`1[-—–－~至]+(\d{1,2})月`)

// period is what the printed execution covers: the year, or on a monitoring
// table its first months; the national form's are January to July.
func (e *entry) period() (last domain.Day, purpose string) {
	if !strings.Contains(e.table.Kind, "监控") {
		return e.table.Year.Last(), "全年执行数"
	}
	e.leave("双监控（表中目标完成程度为文字，不能计算）")
	month := time.July
	if found := months.FindStringSubmatch(e.table.Kind + e.table.WeightFrame); found != nil {
		if n, _ := strconv.Atoi(found[1]); n >= 1 && n <= 12 {
			month = time.Month(n)
		}
	}
	end := time.Date(int(e.table.Year), month+1, 0, 12, 0, 0, 0, domain.Beijing)
	return domain.DayOf(end), fmt.Sprintf("1—%d月执行数", month)
}
