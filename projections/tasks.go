package projections

import (
	"context"
	"fmt"
	"strings"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// A taskQuery finds the tasks of one kind: rows t about a programme p of unit u.
// What was taken from a source is left out where it asks nothing of anybody.
// Columns are a number and a text for the fact, whether it is grave, and the
// budget.
type taskQuery struct {
	kind    string
	finance bool   // finance must act; else the unit
	id      string // column, '' where the programme's year is enough
	since   string // column of the day it counts from
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
		kind: TaskGoalReview, finance: true, id: "''", since: "t.since", columns: "t.version, '', 0, t.budget", from: fromGoals, where: "t.latest = 1 AND t.status = 'filed'",
		days: reviewDays, basis: "忻州办法 第二十条", fact: func(n int64, _ string) string { return fmt.Sprintf("目标第 %d 版待审核", n) },
	},
	{
		kind: TaskGoalApprove, finance: true, id: "''", since: "t.since", columns: "t.version, '', 0, t.budget", from: fromGoals, where: "t.latest = 1 AND t.status = 'reviewed'",
		days: approveDays, basis: "忻州办法 第二十二条", fact: func(n int64, _ string) string {
			return fmt.Sprintf("目标第 %d 版已审核，待随预算批复", n)
		},
	},
	{
		kind: TaskGoalReturned, id: "''", since: "t.since", columns: "t.version, '', 0, t.budget", from: fromGoals, where: "t.latest = 1 AND t.status = 'returned'",
		days: refileDays, basis: "忻州办法 第二十条", fact: func(n int64, _ string) string { return fmt.Sprintf("目标第 %d 版已退回，待重报", n) },
	},
	{
		kind: TaskWarningExplain, id: "t.warning", since: "t.raised", columns: "0, t.working, t.grave, 0", from: fromWarnings, where: "t.status = 'open'",
		days: explainDays, basis: "忻州办法 第二十六条；南通办法 第十条第一项", fact: func(_ int64, text string) string { return text + "，待说明" },
	},
	{
		kind: TaskWarningDecide, finance: true, id: "t.warning", since: "CASE t.status WHEN 'open' THEN t.raised ELSE t.explained END", columns: "0, t.working, t.grave, 0", from: fromWarnings,
		where: "(t.status = 'explained' OR t.status = 'open' AND t.grave = 1)",
		days:  decideDays, basis: "忻州办法 第二十六条；南通办法 第十条第二项", fact: func(_ int64, text string) string { return text + "，待处置" },
	},
	{
		kind: TaskEvaluationCheck, finance: true, id: "t.evaluation", since: "t.since", columns: "t.version, t.printed, 0, 0", from: fromScores, where: "t.version > 0 AND t.latest = 1 AND t.status = 'filed'",
		days: checkDays, basis: "忻州办法 第三十八条", fact: func(n int64, text string) string {
			return fmt.Sprintf("自评第 %d 版，%s 分，待复核", n, text)
		},
	},
	{
		kind: TaskEvaluationFinalise, finance: true, id: "t.evaluation", since: "t.since", columns: "p.findings, t.printed, 0, 0", from: fromScores, where: "t.version > 0 AND t.latest = 1 AND t.status = 'checked'",
		days: finaliseDays, basis: "忻州办法 第三十七条", fact: func(n int64, text string) string {
			return fmt.Sprintf("自评 %s 分，复核%s，待定级", text, either(n > 0, fmt.Sprintf("不符 %d 处", n), "一致"))
		},
	},
	{
		kind: TaskEvaluationFile, id: "t.evaluation", since: "t.since", columns: "t.version, t.printed, 0, 0", from: fromScores, where: "t.version > 0 AND t.latest = 1 AND t.status = 'returned'",
		days: refileDays, basis: "忻州办法 第三十八条", fact: func(n int64, _ string) string { return fmt.Sprintf("自评第 %d 版已退回，待重报", n) },
	},
	{
		kind: TaskRectificationReport, id: "t.id", since: "t.due", columns: "0, t.document, 0, 0", from: fromRectifications, where: "t.status = 'with-unit'",
		basis: "忻州办法 第四十条第一项", fact: func(_ int64, text string) string { return nameOr(text, "整改通知") + "，待报整改" },
	},
	{
		kind: TaskRectificationReview, finance: true, id: "t.id", since: "t.reported", columns: "0, t.document, 0, 0", from: fromRectifications, where: "t.status = 'under-review'",
		days: reexamineDays, basis: "忻州办法 第四十条第一项", fact: func(_ int64, text string) string { return nameOr(text, "整改通知") + "，整改报告待审核" },
	},
}

// of says where the tasks of unit are found, of all units where it is empty.
func (q taskQuery) of(unit domain.UnitCode) (from string, w *where) {
	w = newWhere(q.where)
	if unit != "" {
		w.add("(p.unit = ? OR p.department = ?)", string(unit), string(unit))
	}
	return q.from, w
}

// date sets when the task that counts from since is due, and whose it is.
func (q taskQuery) date(t *Task, since string, today domain.Day, unit domain.UnitCode) {
	t.Kind, t.Basis, t.Due = q.kind, q.basis, domain.Day(since)
	if q.days > 0 {
		t.Due = t.Due.AddDays(q.days)
	}
	t.Days = today.DaysUntil(t.Due)
	overdue := q.kind == TaskRectificationReport && t.Days < 0 // finance urges
	t.Mine = q.finance == (unit == "") || unit == "" && overdue
}

// A stretch is the days from which the first tasks of one kind and list count.
type stretch struct {
	first, last string
	tasks       int
}

// firstTasks counts the tasks of one kind and returns those that may be listed.
// A bureau has thousands: they are counted by day, and only the first of each
// list are read.
func (v Views) firstTasks(ctx context.Context, q taskQuery, o *Overview, groups []TaskGroup, unit domain.UnitCode) ([]Task, error) {
	lists, err := v.countTasks(ctx, q, o, groups, unit)
	if err != nil {
		return nil, err
	}
	var tasks []Task
	for _, days := range lists {
		some, err := v.tasks(ctx, q, days, o.Today, unit)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, some...)
	}
	return tasks, nil
}

// countTasks counts by the day they count from, and returns for each list that
// has any the days of as many as may be shown. Days of one list follow one
// another.
func (v Views) countTasks(ctx context.Context, q taskQuery, o *Overview, groups []TaskGroup, unit domain.UnitCode) (map[int]stretch, error) {
	from, w := q.of(unit)
	if unit == "" && !strings.Contains(from, "p.attested") { // then nothing is asked of the programme
		from, _, _ = strings.Cut(from, " JOIN ")
	}
	lists := map[int]stretch{}
	err := v.each(ctx, "SELECT "+q.since+" AS since, COUNT(*)"+from+w.sql()+" GROUP BY 1 ORDER BY 1", w.args, func(scan func(...any) error) error {
		var since string
		var n int
		if err := scan(&since, &n); err != nil {
			return err
		}
		var t Task
		q.date(&t, since, o.Today, unit)
		o.count(groups, t, n)
		list := either(t.Mine, groupOf(t.Due, groups), len(groups))
		if days, ok := lists[list]; days.tasks < tasksPerGroup {
			lists[list] = stretch{first: either(ok, days.first, since), last: since, tasks: days.tasks + n}
		}
		return nil
	})
	return lists, err
}

// tasks reads the first tasks of one kind and list.
func (v Views) tasks(ctx context.Context, q taskQuery, days stretch, today domain.Day, unit domain.UnitCode) (list []Task, err error) {
	from, w := q.of(unit)
	w.add(q.since+" >= ?", days.first)
	w.add(q.since+" <= ?", days.last)
	query := "SELECT p.code, p.name, p.year, p.unit, COALESCE(u.name, ''), t.position, " + q.id + ", " + q.since + ", " + q.columns + from +
		" LEFT JOIN units_v1 u ON u.code = p.unit" + w.sql() + fmt.Sprintf(" ORDER BY 8, 1, 3, 7 LIMIT %d", tasksPerGroup)
	err = v.each(ctx, query, w.args, func(scan func(...any) error) error {
		var t Task
		var since, text string
		var number, grave, budget, position int64
		if err := scan(&t.Programme, &t.ProgrammeName, &t.Year, &t.Unit, &t.UnitName, &position, &t.ID, &since, &number, &text, &grave, &budget); err != nil {
			return err
		}
		q.date(&t, since, today, unit)
		t.Position, t.Grave = eventstore.Position(position), grave != 0
		t.Fact = q.fact(number, text) + when(budget > 0, "，预算 "+domain.Money(budget).Wan()+" 万元")
		list = append(list, t)
		return nil
	})
	return list, err
}
