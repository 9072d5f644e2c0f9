package projections

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// tasksPerGroup bounds what an overview lists; the totals count all.
const tasksPerGroup = 50

// A taskQuery finds the tasks of one kind: rows t about a programme p of unit u.
// What was taken from a source is left out where it asks nothing of anybody.
// Columns are id, the day it counts from, a number and a text for the fact, and
// whether it is grave.
type taskQuery struct {
	kind    string
	finance bool // finance must act; else the unit
	columns string
	from    string
	where   string
	days    int // from the day on; 0: the day is the last
	basis   string
	fact    func(number int64, text string) string
}

const (
	fromGoals          = " FROM goals_v1 t JOIN programmes_v1 p ON p.code = t.programme AND p.year = t.year AND p.attested = 0"
	fromWarnings       = " FROM warnings_v1 t JOIN programmes_v1 p ON p.code = t.programme AND p.year = t.year"
	fromScores         = " FROM scores_v1 t JOIN programmes_v1 p ON p.code = t.programme AND p.year = t.year AND p.attested = 0"
	fromRectifications = " FROM rectifications_v1 t JOIN programmes_v1 p ON p.code = t.programme AND p.year = t.year"
)

var taskQueries = []taskQuery{
	{
		kind: TaskGoalReview, finance: true, columns: "'', t.since, t.version, '', 0, t.budget", from: fromGoals, where: "t.latest = 1 AND t.status = 'filed'",
		days: reviewDays, basis: "忻州办法 第二十条", fact: func(n int64, _ string) string { return fmt.Sprintf("目标第 %d 版待审核", n) },
	},
	{
		kind: TaskGoalApprove, finance: true, columns: "'', t.since, t.version, '', 0, t.budget", from: fromGoals, where: "t.latest = 1 AND t.status = 'reviewed'",
		days: approveDays, basis: "忻州办法 第二十二条", fact: func(n int64, _ string) string {
			return fmt.Sprintf("目标第 %d 版已审核，待随预算批复", n)
		},
	},
	{
		kind: TaskGoalReturned, columns: "'', t.since, t.version, '', 0, t.budget", from: fromGoals, where: "t.latest = 1 AND t.status = 'returned'",
		days: refileDays, basis: "忻州办法 第二十条", fact: func(n int64, _ string) string { return fmt.Sprintf("目标第 %d 版已退回，待重报", n) },
	},
	{
		kind: TaskWarningExplain, columns: "t.warning, t.raised, 0, t.working, t.grave, 0", from: fromWarnings, where: "t.status = 'open'",
		days: explainDays, basis: "忻州办法 第二十六条；南通办法 第十条第一项", fact: func(_ int64, text string) string { return text + "，待说明" },
	},
	{
		kind: TaskWarningDecide, finance: true, columns: "t.warning, CASE t.status WHEN 'open' THEN t.raised ELSE t.explained END, 0, t.working, t.grave, 0", from: fromWarnings,
		where: "(t.status = 'explained' OR t.status = 'open' AND t.grave = 1)",
		days:  decideDays, basis: "忻州办法 第二十六条；南通办法 第十条第二项", fact: func(_ int64, text string) string { return text + "，待处置" },
	},
	{
		kind: TaskEvaluationCheck, finance: true, columns: "t.evaluation, t.since, t.version, t.printed, 0, 0", from: fromScores, where: "t.version > 0 AND t.latest = 1 AND t.status = 'filed'",
		days: checkDays, basis: "忻州办法 第三十八条", fact: func(n int64, text string) string {
			return fmt.Sprintf("自评第 %d 版，%s 分，待复核", n, text)
		},
	},
	{
		kind: TaskEvaluationFinalise, finance: true, columns: "t.evaluation, t.since, p.findings, t.printed, 0, 0", from: fromScores, where: "t.version > 0 AND t.latest = 1 AND t.status = 'checked'",
		days: finaliseDays, basis: "忻州办法 第三十七条", fact: func(n int64, text string) string {
			return fmt.Sprintf("自评 %s 分，复核%s，待定级", text, either(n > 0, fmt.Sprintf("不符 %d 处", n), "一致"))
		},
	},
	{
		kind: TaskEvaluationFile, columns: "t.evaluation, t.since, t.version, t.printed, 0, 0", from: fromScores, where: "t.version > 0 AND t.latest = 1 AND t.status = 'returned'",
		days: refileDays, basis: "忻州办法 第三十八条", fact: func(n int64, _ string) string { return fmt.Sprintf("自评第 %d 版已退回，待重报", n) },
	},
	{
		kind: TaskRectificationReport, columns: "t.id, t.due, 0, t.document, 0, 0", from: fromRectifications, where: "t.status = 'with-unit'",
		basis: "忻州办法 第四十条第一项", fact: func(_ int64, text string) string { return nameOr(text, "整改通知") + "，待报整改" },
	},
	{
		kind: TaskRectificationReview, finance: true, columns: "t.id, t.reported, 0, t.document, 0, 0", from: fromRectifications, where: "t.status = 'under-review'",
		days: reexamineDays, basis: "忻州办法 第四十条第一项", fact: func(_ int64, text string) string { return nameOr(text, "整改通知") + "，整改报告待审核" },
	},
}

// Overview returns what unit has to do and what it waits for; "" is the finance
// bureau, which sees all units. A unit sees its own programmes and, as a
// department, those of the units under it.
func (v Views) Overview(ctx context.Context, today domain.Day, unit domain.UnitCode) (Overview, error) {
	o := Overview{Today: today, Groups: []TaskGroup{}, Waiting: []Task{}, News: []Entry{}}
	var tasks []Task
	for _, q := range taskQueries {
		some, err := v.tasks(ctx, q, today, unit)
		if err != nil {
			return o, err
		}
		tasks = append(tasks, some...)
	}
	missing, err := v.missing(ctx, today, unit)
	if err != nil {
		return o, err
	}
	o.sort(append(tasks, missing...))
	if o.Counts, err = v.counts(ctx, today, unit); err != nil {
		return o, err
	}
	news, err := v.Trail(ctx, TrailFilter{Type: "unit", Limit: 5})
	o.News = news.Entries
	return o, err
}

// tasks finds the tasks of one kind.
func (v Views) tasks(ctx context.Context, q taskQuery, today domain.Day, unit domain.UnitCode) ([]Task, error) {
	w := newWhere(q.where)
	if unit != "" {
		w.add("(p.unit = ? OR p.department = ?)", string(unit), string(unit))
	}
	var list []Task
	query := "SELECT p.code, p.name, p.year, p.unit, COALESCE(u.name, ''), t.position, " + q.columns + q.from + " LEFT JOIN units_v1 u ON u.code = p.unit" + w.sql()
	err := v.each(ctx, query, w.args, func(scan func(...any) error) error {
		t := Task{Kind: q.kind, Basis: q.basis}
		var since, text string
		var number, grave, budget, position int64
		if err := scan(&t.Programme, &t.ProgrammeName, &t.Year, &t.Unit, &t.UnitName, &position, &t.ID, &since, &number, &text, &grave, &budget); err != nil {
			return err
		}
		t.Position, t.Grave = eventstore.Position(position), grave != 0
		t.Fact = q.fact(number, text) + when(budget > 0, "，预算 "+domain.Money(budget).Wan()+" 万元")
		t.Due = domain.Day(since)
		if q.days > 0 {
			t.Due = t.Due.AddDays(q.days)
		}
		t.Days = today.DaysUntil(t.Due)
		overdue := q.kind == TaskRectificationReport && t.Days < 0 // finance urges
		t.Mine = q.finance == (unit == "") || unit == "" && overdue
		list = append(list, t)
		return nil
	})
	return list, err
}

// missing finds what units have to file by a day of the rulebook: the year's
// monitoring and the year before's self-evaluation. What was taken from a
// source is left out: it shows only what was published.
func (v Views) missing(ctx context.Context, today domain.Day, unit domain.UnitCode) ([]Task, error) {
	w := newWhere("p.year > 0", "p.attested = 0", "p.stage = 2")
	w.add("(p.year = ? AND p.snapshots = 0 OR p.year < ? AND p.evaluation = '')", int64(today.Year()), int64(today.Year()))
	if unit != "" {
		w.add("(p.unit = ? OR p.department = ?)", string(unit), string(unit))
	}
	var list []Task
	query := "SELECT p.code, p.name, p.year, p.unit, COALESCE(u.name, ''), p.position, p.jurisdiction FROM programmes_v1 p LEFT JOIN units_v1 u ON u.code = p.unit" + w.sql()
	err := v.each(ctx, query, w.args, func(scan func(...any) error) error {
		var t Task
		var jurisdiction string
		var position int64
		if err := scan(&t.Programme, &t.ProgrammeName, &t.Year, &t.Unit, &t.UnitName, &position, &jurisdiction); err != nil {
			return err
		}
		t.Position, t.Mine = eventstore.Position(position), unit != ""
		if t.owe(today, jurisdiction) {
			list = append(list, t)
		}
		return nil
	})
	return list, err
}

// owe fills in what is owed for the task's year: monitoring within it,
// self-evaluation after it. It reports whether the rulebook sets a day.
func (t *Task) owe(today domain.Day, jurisdiction string) (ok bool) {
	code := "monitoring"
	t.Kind, t.Fact = TaskSnapshot, "监控尚未报送"
	if t.Year < today.Year() {
		code = "self-evaluation"
		t.Kind, t.Fact = TaskEvaluationFile, "自评尚未报送"
	}
	t.Due, t.Basis, ok = deadline(bookOf(jurisdiction, today), code, t.Year)
	t.Days = today.DaysUntil(t.Due)
	return ok
}

// sort groups the tasks by deadline.
func (o *Overview) sort(tasks []Task) {
	slices.SortStableFunc(tasks, func(a, b Task) int {
		return cmp.Or(strings.Compare(string(a.Due), string(b.Due)), strings.Compare(a.Kind, b.Kind), strings.Compare(string(a.Programme), string(b.Programme)), strings.Compare(a.ID, b.ID))
	})
	groups := newGroups(o.Today)
	for _, t := range tasks {
		switch {
		case t.Mine:
			g := &groups[groupOf(t.Due, groups)]
			g.Total++
			o.Total++
			if len(g.Tasks) < tasksPerGroup {
				g.Tasks = append(g.Tasks, t)
			}
		default:
			o.WaitingTotal++
			if len(o.Waiting) < tasksPerGroup {
				o.Waiting = append(o.Waiting, t)
			}
		}
	}
	for _, g := range groups {
		if g.Total > 0 {
			o.Groups = append(o.Groups, g)
		}
	}
}

// newGroups sets the last day of each group: weeks end on Sunday, months on
// their last day.
func newGroups(today domain.Day) []TaskGroup {
	t := today.Time()
	sunday := today.AddDays((7 - int(t.Weekday())) % 7)
	month := dayOf(time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, domain.Beijing).AddDate(0, 0, -1))
	return []TaskGroup{
		{Code: GroupOverdue, Until: today.AddDays(-1)}, {Code: GroupToday, Until: today}, {Code: GroupThisWeek, Until: sunday}, {Code: GroupThisMonth, Until: month}, {Code: GroupLater},
	}
}

func groupOf(due domain.Day, groups []TaskGroup) int {
	return slices.IndexFunc(groups, func(g TaskGroup) bool { return g.Until == "" || due <= g.Until })
}

// counts are of the latest year the ledger has, this one at most.
func (v Views) counts(ctx context.Context, today domain.Day, unit domain.UnitCode) (OverviewCounts, error) {
	w := newWhere("p.year > 0")
	w.add("p.year <= ?", int64(today.Year()))
	if unit != "" {
		w.add("(p.unit = ? OR p.department = ?)", string(unit), string(unit))
	}
	var c OverviewCounts
	err := v.DB.QueryRowContext(ctx, "SELECT COALESCE(MAX(p.year), 0) FROM programmes_v1 p"+w.sql(), w.args...).Scan(&c.Year)
	if err != nil || c.Year == 0 {
		c.Year = today.Year()
		return c, err
	}
	w.add("p.year = ?", int64(c.Year))
	const sums = `SELECT COUNT(*), COALESCE(SUM(p.full_year), 0), COALESCE(SUM(p.paid), 0),
		COALESCE(SUM(CASE p.goal WHEN 'approved' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE p.evaluation WHEN '' THEN 0 ELSE 1 END), 0),
		COALESCE(SUM(CASE WHEN p.evaluation IN ('checked', 'finalised', 'fed-back') THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN p.findings > 0 THEN 1 ELSE 0 END), 0), COALESCE(SUM(p.warnings), 0) FROM programmes_v1 p`
	err = v.DB.QueryRowContext(ctx, sums+w.sql(), w.args...).Scan(&c.Programmes, &c.Budget, &c.Paid, &c.GoalsApproved, &c.SelfFiled, &c.SelfChecked, &c.WithFindings, &c.OpenWarnings)
	if err != nil {
		return c, fmt.Errorf("count the year: %w", err)
	}
	return c, v.openNotices(ctx, &c, today, unit)
}

// openNotices counts rectifications of all years: an old one is still owed.
func (v Views) openNotices(ctx context.Context, c *OverviewCounts, today domain.Day, unit domain.UnitCode) error {
	open := newWhere("t.status <> 'closed'")
	if unit != "" {
		open.add("(p.unit = ? OR p.department = ?)", string(unit), string(unit))
	}
	open.args = append(open.args, string(today))
	overdue := fmt.Sprintf("COALESCE(SUM(CASE WHEN t.status = 'with-unit' AND t.due < $%d THEN 1 ELSE 0 END), 0)", len(open.args))
	return v.DB.QueryRowContext(ctx, "SELECT COUNT(*), "+overdue+fromRectifications+open.sql(), open.args...).Scan(&c.OpenRectifications, &c.OverdueRectifications)
}
