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

// Overview returns what unit has to do and what it waits for; "" is the finance
// bureau, which sees all units. A unit sees its own programmes and, as a
// department, those of the units under it.
func (v Views) Overview(ctx context.Context, today domain.Day, unit domain.UnitCode) (Overview, error) {
	o := Overview{Today: today, Groups: []TaskGroup{}, Waiting: []Task{}, News: []Entry{}}
	tasks, err := v.missing(ctx, today, unit)
	if err != nil {
		return o, err
	}
	groups := newGroups(today)
	for _, t := range tasks {
		o.count(groups, t, 1)
	}
	for _, q := range taskQueries {
		first, err := v.firstTasks(ctx, q, &o, groups, unit)
		if err != nil {
			return o, err
		}
		tasks = append(tasks, first...)
	}
	o.list(groups, tasks)
	if o.Counts, err = v.counts(ctx, today, unit); err != nil {
		return o, err
	}
	news, err := v.Trail(ctx, TrailFilter{Type: "unit", Limit: 5})
	o.News = news.Entries
	return o, err
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

// count adds n tasks like t to the totals.
func (o *Overview) count(groups []TaskGroup, t Task, n int) {
	if !t.Mine {
		o.WaitingTotal += n
		return
	}
	groups[groupOf(t.Due, groups)].Total += n
	o.Total += n
}

// list puts the tasks that come first into their groups. Nobody misses what is
// left out of tasks as long as it comes after [tasksPerGroup] others of its kind
// and group.
func (o *Overview) list(groups []TaskGroup, tasks []Task) {
	slices.SortStableFunc(tasks, func(a, b Task) int {
		return cmp.Or(strings.Compare(string(a.Due), string(b.Due)), strings.Compare(a.Kind, b.Kind), strings.Compare(string(a.Programme), string(b.Programme)), cmp.Compare(a.Year, b.Year), strings.Compare(a.ID, b.ID))
	})
	for _, t := range tasks {
		to := &o.Waiting
		if t.Mine {
			to = &groups[groupOf(t.Due, groups)].Tasks
		}
		if len(*to) < tasksPerGroup {
			*to = append(*to, t)
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
