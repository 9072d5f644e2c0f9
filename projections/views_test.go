package projections

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"wenxiao/domain"
	"wenxiao/domain/goal"
	"wenxiao/domain/rectification"
)

// cityViews are the tables of a small city: 3 departments with 2 programmes
// each, of 2022.
func cityViews(t *testing.T) Views {
	store, db := smallCity(t), openViews(t)
	check(t, quiet(db, store, 100).CatchUp(t.Context()))
	return Views{db}
}

func programmeCodes(list ProgrammeList) (codes []string) {
	for _, p := range list.Rows {
		codes = append(codes, string(p.Code))
	}
	return codes
}

func TestRegisterFilters(t *testing.T) {
	v := cityViews(t)
	all, err := v.Programmes(t.Context(), ProgrammeFilter{})
	check(t, err)
	if all.Total != 6 || len(all.Rows) != 6 {
		t.Fatalf("%d of %d programmes", len(all.Rows), all.Total)
	}
	name := all.Rows[0].Name
	witnessed := false
	for what, c := range map[string]struct {
		f    ProgrammeFilter
		want int
	}{
		"two characters of a name":   {ProgrammeFilter{Text: string([]rune(name)[:2])}, matching(all.Rows, string([]rune(name)[:2]))},
		"initials":                   {ProgrammeFilter{Text: initials.of(string([]rune(name)[:4]))}, matching(all.Rows, string([]rune(name)[:4]))},
		"unit and code":              {ProgrammeFilter{Text: "第1局 P001-00"}, 1},
		"unit":                       {ProgrammeFilter{Unit: "u001"}, 2},
		"department":                 {ProgrammeFilter{Department: "u002"}, 2},
		"year":                       {ProgrammeFilter{Year: 2023}, 0},
		"fund book":                  {ProgrammeFilter{FundBook: "general"}, 6},
		"kind":                       {ProgrammeFilter{Kind: "policy"}, 0},
		"major":                      {ProgrammeFilter{Major: true}, 0},
		"witnessed":                  {ProgrammeFilter{Attested: &witnessed}, 6},
		"stage":                      {ProgrammeFilter{Stage: StageResult}, 6},
		"an attempt at the database": {ProgrammeFilter{Text: "' OR '1'='1", Unit: "x' OR 1=1 --", Sort: "name; DROP TABLE programmes_v1"}, 0},
		"a wild card":                {ProgrammeFilter{Text: "%"}, 0},
		"an unknown stage":           {ProgrammeFilter{Stage: "later"}, 0},
	} {
		list, err := v.Programmes(t.Context(), c.f)
		check(t, err)
		if list.Total != c.want || len(list.Rows) != c.want {
			t.Errorf("%s: %d of %d, want %d", what, len(list.Rows), list.Total, c.want)
		}
	}
}

func matching(rows []Programme, part string) (n int) {
	for _, p := range rows {
		if strings.Contains(p.Name, part) {
			n++
		}
	}
	return n
}

func TestRegisterSortsPagesAndSums(t *testing.T) {
	v := cityViews(t)
	down, err := v.Programmes(t.Context(), ProgrammeFilter{Sort: "-budget"})
	check(t, err)
	var sum domain.Money
	for i, p := range down.Rows {
		sum += p.Budget
		if i > 0 && p.Budget > down.Rows[i-1].Budget {
			t.Errorf("row %d is out of order", i)
		}
	}
	if down.Sums.Budget != sum || sum == 0 {
		t.Errorf("sums %v, want %v", down.Sums.Budget, sum)
	}
	var paged []string
	for page := 1; page <= 3; page++ {
		list, err := v.Programmes(t.Context(), ProgrammeFilter{Sort: "-budget", Paging: Paging{Page: page, PerPage: 2}})
		check(t, err)
		if list.Total != 6 || list.Sums != down.Sums {
			t.Errorf("page %d: total %d, sums %v", page, list.Total, list.Sums)
		}
		paged = append(paged, programmeCodes(list)...)
	}
	if !slices.Equal(paged, programmeCodes(down)) {
		t.Errorf("page by page %v, at once %v", paged, programmeCodes(down))
	}
	counted := 0
	for status, n := range down.Counts {
		list, err := v.Programmes(t.Context(), ProgrammeFilter{Status: status})
		check(t, err)
		if list.Total != n || list.Counts[status] != n {
			t.Errorf("%s: %d rows, counted %d", status, list.Total, n)
		}
		counted += n
	}
	if counted != 6 {
		t.Errorf("counts add up to %d", counted)
	}
	for sort := range programmeOrders {
		if _, err := v.Programmes(t.Context(), ProgrammeFilter{Sort: sort}); err != nil {
			t.Errorf("sort by %s: %v", sort, err)
		}
	}
}

func TestProgrammeOfAStory(t *testing.T) {
	s := tell(t)
	p, err := s.views.Programme(t.Context(), stadium, 2022)
	check(t, err)
	if p.Paid != 215_457*domain.Yuan+60 || p.Rate.String() != "0.8618" || p.ResponsibleName != "赵某" || p.ResponsibleBefore != "陈某" || p.GoalVersion != 2 || p.GoalApproved != 2 ||
		p.Stage != StageResult || p.Status != StatusAlert || p.OpenRectifications != 1 || p.RectificationDue != "" || p.Findings != 1 || p.FinalScore.String() != "98.62" {
		t.Errorf("%+v", p)
	}
	if want := [5]string{"", "2022-01-28 批复", "预警 2 次未解除", "自评 98.62“优”", "整改报告待审核"}; p.StageFacts != want {
		t.Errorf("facts %q", p.StageFacts)
	}
	years, err := s.views.ProgrammeYears(t.Context(), stadium)
	if check(t, err); !slices.Equal(years, []domain.FiscalYear{2022}) {
		t.Errorf("years %v", years)
	}
	if _, err := s.views.Programme(t.Context(), stadium, 2021); !errors.Is(err, ErrNotFound) {
		t.Errorf("2021: %v", err)
	}
}

func TestGoalRegister(t *testing.T) {
	s := tell(t)
	latest, err := s.views.Goals(t.Context(), GoalFilter{Year: 2022})
	check(t, err)
	if latest.Total != 1 || latest.Rows[0].Version != 2 || latest.Rows[0].Status != GoalApproved || latest.Rows[0].UnitName != "示例市体育中心" {
		t.Errorf("%+v", latest)
	}
	if review, ok := latest.Rows[0].Review(); !ok || review.Total.String() != "86" || review.By.Person != "zhang" {
		t.Errorf("review %+v", review)
	}
	all, err := s.views.Goals(t.Context(), GoalFilter{Programme: stadium, AllVersions: true})
	check(t, err)
	if all.Total != 2 || all.Rows[0].Status != GoalReturned || all.Rows[0].ReturnedReason != "两项指标口径重复" || all.Rows[0].Latest {
		t.Errorf("%+v", all.Rows)
	}
	for _, f := range []GoalFilter{{Text: "委托 体育"}, {Text: "tyzx"}, {Unit: "sports"}, {Department: "bureau"}, {Status: GoalApproved}} {
		if list, err := s.views.Goals(t.Context(), f); err != nil || list.Total != 1 {
			t.Errorf("%+v: %d, %v", f, list.Total, err)
		}
	}
	if list, err := s.views.Goals(t.Context(), GoalFilter{Status: GoalReturned}); err != nil || list.Total != 0 {
		t.Errorf("an old version is listed: %d, %v", list.Total, err)
	}
}

func TestAccount(t *testing.T) {
	s := tell(t)
	a, err := s.views.Account(t.Context(), stadium, 2022)
	check(t, err)
	var kinds []string
	for _, line := range a.Entries {
		kinds = append(kinds, line.Kind)
	}
	if want := []string{"budget-set", "allotted", "paid", "payment-corrected", "paid", "paid"}; !slices.Equal(kinds, want) {
		t.Errorf("lines %v", kinds)
	}
	if a.Paid != 215_457*domain.Yuan+60 || a.Status != PaymentsOpen || a.Rate.String() != "0.8618" || a.Unit != "sports" {
		t.Errorf("%+v", a.Account)
	}
	if _, err := s.views.Account(t.Context(), stadium, 2023); !errors.Is(err, ErrNotFound) {
		t.Errorf("2023: %v", err)
	}
}

func TestMonitoringBoard(t *testing.T) {
	s := tell(t)
	b, err := s.views.MonitoringBoard(t.Context(), MonitoringFilter{Year: 2022})
	check(t, err)
	if b.Total != 1 || b.Counts[StatusAlert] != 1 || b.Budget != 25*domain.WanYuan {
		t.Fatalf("%+v", b)
	}
	m := b.Rows[0]
	if m.State() != StatusAlert || m.Contradiction != ContradictionBehind || m.OpenWarnings != 2 || !m.Grave || m.WarningStatus != WarningOpen || m.Execution.String() != "0.2480" {
		t.Errorf("%+v", m)
	}
	for _, f := range []MonitoringFilter{{Status: StatusNormal}, {Status: "missing"}, {Text: "游泳"}, {Unit: "finance"}} {
		if list, err := s.views.MonitoringBoard(t.Context(), f); err != nil || list.Total != 0 {
			t.Errorf("%+v: %d, %v", f, list.Total, err)
		}
	}
	for sort := range boardOrders {
		if list, err := s.views.MonitoringBoard(t.Context(), MonitoringFilter{Sort: "-" + sort, Contradiction: true}); err != nil || list.Total != 1 {
			t.Errorf("sort by %s: %d, %v", sort, list.Total, err)
		}
	}
	lines, err := s.views.Snapshots(t.Context(), stadium, 2022)
	check(t, err)
	if len(lines.Snapshots) != 1 || len(lines.Warnings) != 2 || lines.Warnings[0].Status != WarningExplained || lines.Warnings[0].ExplainedBy.Person != "wang" {
		t.Errorf("%+v", lines)
	}
}

func TestScores(t *testing.T) {
	s := tell(t)
	for want, filters := range map[int][]ScoreFilter{
		1: {{}, {Programme: stadium}, {Finding: "rate-differs"}, {WithFinding: true}, {Grade: "优"}, {Status: EvaluationFinalised}, {Evaluation: "stadium-2022-self", AllVersions: true}, {Text: "委托"}},
		0: {{Finding: "rate"}, {Finding: "%"}, {Grade: "良"}, {Status: EvaluationFiled}, {Year: 2021}},
	} {
		for _, f := range filters {
			if list, err := s.views.Scores(t.Context(), f); err != nil || list.Total != want || len(list.Rows) != want {
				t.Errorf("%+v: %d, %v, want %d", f, list.Total, err, want)
			}
		}
	}
	list, err := s.views.Scores(t.Context(), ScoreFilter{})
	check(t, err)
	if r := list.Rows[0]; r.Printed.String() != "98.62" || r.Computed.String() != "98.62" || r.Final.String() != "98.62" || len(r.Form.Rows) != 2 || r.CheckedBy.Person != "zhang" {
		t.Errorf("%+v", r)
	}
}

func TestRectificationLedger(t *testing.T) {
	s := tell(t)
	list, err := s.views.Rectifications(t.Context(), RectificationFilter{})
	check(t, err)
	if list.Total != 1 || list.Counts[RectificationUnderReview] != 1 {
		t.Fatalf("%+v", list)
	}
	r := list.Rows[0]
	if r.ID != "r-1" || r.UnitName != "示例市体育中心" || r.Department != "bureau" || len(r.Steps) != 2 || r.Answers[0].Done != "已更正并重新公开" || r.ReportedBy.Person != "zhao" {
		t.Errorf("%+v", r)
	}
	must(s.office, rectification.Stored, rectification.Stream("r-1"), reviewer, rectification.ReturnWork{Reason: "缺更正说明", Due: "2023-09-05", By: reviewer, Today: "2023-08-20"})
	check(t, s.runner.CatchUp(t.Context()))
	for want, filters := range map[int][]RectificationFilter{
		1: {{Status: RectificationWithUnit}, {OverdueOn: "2023-09-06"}, {Text: "体育"}, {Programme: stadium, Year: 2022}, {Department: "bureau"}, {Sort: "-issued"}},
		0: {{OverdueOn: "2023-09-05"}, {Status: RectificationClosed}, {Unit: "bureau"}},
	} {
		for _, f := range filters {
			if list, err := s.views.Rectifications(t.Context(), f); err != nil || list.Total != want {
				t.Errorf("%+v: %d, %v, want %d", f, list.Total, err, want)
			}
		}
	}
	if r, err = s.views.Rectification(t.Context(), "r-1"); err != nil || r.Due != "2023-09-05" || r.Returns != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := s.views.Rectification(t.Context(), "r-2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("r-2: %v", err)
	}
}

func kinds(o Overview) (list []string) {
	for _, g := range o.Groups {
		for _, task := range g.Tasks {
			list = append(list, g.Code+" "+task.Kind)
		}
	}
	return list
}

func TestOverview(t *testing.T) {
	s := tell(t)
	finance, err := s.views.Overview(t.Context(), "2023-08-16", "")
	check(t, err)
	if got, want := kinds(finance), []string{"overdue warning.decide", "overdue warning.decide", "this-month rectification.review"}; !slices.Equal(got, want) {
		t.Errorf("finance: %v, want %v", got, want)
	}
	if len(finance.Waiting) != 1 || finance.Waiting[0].Kind != TaskWarningExplain {
		t.Errorf("finance waits for %+v", finance.Waiting)
	}
	unit, err := s.views.Overview(t.Context(), "2023-08-16", "sports")
	check(t, err)
	if got, want := kinds(unit), []string{"overdue warning.explain"}; !slices.Equal(got, want) {
		t.Errorf("unit: %v, want %v", got, want)
	}
	department, err := s.views.Overview(t.Context(), "2023-08-16", "bureau")
	check(t, err)
	if !slices.Equal(kinds(department), kinds(unit)) {
		t.Errorf("department: %v", kinds(department))
	}
	if c := finance.Counts; c.Year != 2022 || c.Programmes != 1 || c.SelfFiled != 1 || c.WithFindings != 1 || c.OpenWarnings != 2 || c.OpenRectifications != 1 || c.OverdueRectifications != 0 {
		t.Errorf("counts %+v", c)
	}
	if other, err := s.views.Overview(t.Context(), "2023-08-16", "treasury"); err != nil || other.Total != 0 || other.Counts.Programmes != 0 {
		t.Errorf("another unit: %+v, %v", other, err)
	}
}

func TestTasksByDeadline(t *testing.T) {
	s := tell(t)
	o := s.office
	o.day = "2023-08-16"
	must(o, goal.Stored, goal.Stream(stadium, 2023), clerk, func() goal.File { f := s.goal(30*domain.WanYuan, "", indicators("1", "2")); f.Year = 2023; return f }())
	check(t, s.runner.CatchUp(t.Context()))
	for day, want := range map[domain.Day]string{"2023-08-16": GroupThisMonth, "2023-08-28": GroupThisWeek, "2023-08-30": GroupToday, "2023-08-31": GroupOverdue, "2023-07-01": GroupLater} {
		v, err := s.views.Overview(t.Context(), day, "")
		check(t, err)
		if got := kinds(v); !slices.Contains(got, want+" "+TaskGoalReview) {
			t.Errorf("on %s: %v, want the goal under %s", day, got, want)
		}
	}
}

// TestOnlyTheFirstTasksAreListed: all are counted, and what is listed is what is
// due first, whoever filed first.
func TestOnlyTheFirstTasksAreListed(t *testing.T) {
	s := tell(t)
	o := newOffice(t, s.store)
	o.n = 2000
	const all = tasksPerGroup + 10
	for i := range all {
		o.day = domain.Day("2022-03-31").AddDays(-i)
		o.file(domain.ProgrammeCode(fmt.Sprintf("many-%02d", i)), 10*domain.WanYuan, "", indicators("1", "2"))
	}
	check(t, s.runner.CatchUp(t.Context()))
	v, err := s.views.Overview(t.Context(), "2022-06-30", "")
	check(t, err)
	first := v.Groups[0]
	if first.Code != GroupOverdue || first.Total != all || v.Total < all || len(first.Tasks) != tasksPerGroup {
		t.Fatalf("%s: %d of %d listed, %d in all", first.Code, len(first.Tasks), first.Total, v.Total)
	}
	for i, task := range first.Tasks {
		if want := domain.ProgrammeCode(fmt.Sprintf("many-%02d", all-1-i)); task.Programme != want {
			t.Fatalf("task %d is about %s, want %s", i, task.Programme, want)
		}
	}
}

func TestMissingFilings(t *testing.T) {
	s := tell(t)
	o := newOffice(t, s.store)
	o.n, o.day = 1000, "2022-02-01"
	o.file("other", 10*domain.WanYuan, "", indicators("1", "2"))
	o.approve("other", 1, 10*domain.WanYuan)
	o.fund("other", 10*domain.WanYuan)
	check(t, s.runner.CatchUp(t.Context()))
	for day, want := range map[domain.Day]string{"2022-07-01": "later " + TaskSnapshot, "2022-09-01": "overdue " + TaskSnapshot, "2023-05-31": "today " + TaskEvaluationFile} {
		v, err := s.views.Overview(t.Context(), day, "")
		check(t, err)
		waiting := []string{}
		for _, task := range v.Waiting {
			waiting = append(waiting, string(task.Programme)+" "+task.Kind)
		}
		kind := strings.Fields(want)[1]
		if !slices.Contains(waiting, "other "+kind) || slices.Contains(waiting, string(stadium)+" "+kind) {
			t.Errorf("on %s finance waits for %v, want %s", day, waiting, kind)
		}
	}
}

func TestUnitsAndPeople(t *testing.T) {
	s := tell(t)
	units, err := s.views.Units(t.Context())
	check(t, err)
	i := slices.IndexFunc(units, func(u Unit) bool { return u.Code == "finance" })
	if len(units) != 4 || i < 0 {
		t.Fatalf("%+v", units)
	}
	if post := units[i].Posts[0]; post.Code != "performance" || post.Title != "绩效管理科科长" || post.Person != "zhang" {
		t.Errorf("%+v", post)
	}
	for text, want := range map[string]int{"": 5, "张": 1, "zhang": 1, "科长": 2, "体育中心": 3, "没有": 0} {
		if list, err := s.views.People(t.Context(), text); err != nil || len(list) != want {
			t.Errorf("%q: %+v, %v, want %d", text, list, err, want)
		}
	}
}
