package rulebook_test

import (
	"strings"
	"testing"

	"wenxiao/domain"
	"wenxiao/domain/rulebook"
)

func TestSevenRulebooksAreShipped(t *testing.T) {
	for _, name := range []string{"national-2020", "national-2021", "handan", "league", "nantong", "xinzhou", "hubei"} {
		r, ok := rulebook.Get(name)
		if !ok || r.Ref() != name+"@1" {
			t.Errorf("%s is missing", name)
			continue
		}
		if again, _ := rulebook.Get(r.Ref()); again != r {
			t.Errorf("%s is not found by its ref", name)
		}
	}
	if len(rulebook.All()) != 7 {
		t.Errorf("%d rulebooks", len(rulebook.All()))
	}
}

func TestEveryValueHasASourceAndAName(t *testing.T) {
	for _, r := range rulebook.All() {
		seen := make(map[string]bool)
		for _, item := range r.Items() {
			if item.Source.Article == "" || item.Name == "" || item.Value == "" {
				t.Errorf("%s: %s = %q has no source, name or value: %+v", r.Name, item.Key, item.Value, item.Source)
			}
			if seen[item.Key] {
				t.Errorf("%s: %s is listed twice", r.Name, item.Key)
			}
			seen[item.Key] = true
		}
		if !r.From.Value.Valid() || r.Title == "" || r.Document == "" || r.Jurisdiction == "" {
			t.Errorf("%s lacks a day, title, document or jurisdiction", r.Name)
		}
	}
}

func TestASilentRegulationSaysWhereItsDefaultsComeFrom(t *testing.T) {
	r, _ := rulebook.Get("league")
	got := r.Grades.Source.String()
	if !strings.HasPrefix(got, "条文未定数，取自财预〔2020〕10号") {
		t.Errorf("the league's grades come from %q", got)
	}
	r, _ = rulebook.Get("xinzhou")
	if got := r.Grades.Source.String(); got != "忻州办法 第三十七条" {
		t.Errorf("Xinzhou's grades come from %q", got)
	}
}

func TestWeightsSumTo100(t *testing.T) {
	for _, r := range rulebook.All() {
		for _, cost := range []bool{false, true} {
			for _, satisfaction := range []bool{false, true} {
				sum := r.Weights.Execution.Value
				for _, s := range r.Shares(cost, satisfaction).Value {
					sum = sum.Add(s.Weight)
					if _, ok := r.Group(s.Group); !ok {
						t.Errorf("%s: %s is not in its own framework", r.Name, s.Group)
					}
				}
				if !sum.Equal(domain.Int(100)) {
					t.Errorf("%s cost=%v satisfaction=%v: weights sum to %s", r.Name, cost, satisfaction, sum)
				}
			}
		}
	}
}

func TestSharesByRegulation(t *testing.T) {
	for _, c := range []struct {
		name               string
		cost, satisfaction bool
		want               string
	}{
		{"national-2020", false, true, "产出 50，效益 30，满意度 10"},
		{"national-2021", true, true, "成本 20，产出 40，效益 20，满意度 10"},
		{"national-2021", false, false, "产出 50，效益 40"},
		{"hubei", true, true, "产出 40，效益 30，满意度 10"},
	} {
		r, _ := rulebook.Get(c.name)
		var words []string
		for _, s := range r.Shares(c.cost, c.satisfaction).Value {
			words = append(words, s.String())
		}
		if got := strings.Join(words, "，"); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestGroupsOfOtherForms(t *testing.T) {
	r, _ := rulebook.Get("national-2020")
	for level1, want := range map[string]string{
		"产出指标": rulebook.Output, "项目产出(30)": rulebook.Output, "产出指标（50分）": rulebook.Output, "一、产出": rulebook.Output,
		"效果指标": rulebook.Benefit, "项目效益(35)": rulebook.Benefit, "效益": rulebook.Benefit,
		"满意度": rulebook.Satisfaction, "社会公众满意度": rulebook.Satisfaction, "成本指标": rulebook.Cost,
		"项目决策(10)": "", "": "", "指标": "",
	} {
		if g, _ := r.Group(level1); g.Name != want {
			t.Errorf("%q is %q, want %q", level1, g.Name, want)
		}
	}
}

func TestInForceIsPickedByDay(t *testing.T) {
	for _, c := range []struct {
		jurisdiction string
		day          domain.Day
		want         string
	}{
		{"national", "2020-02-24", ""},
		{"national", "2020-02-25", "national-2020"},
		{"national", "2021-08-17", "national-2020"},
		{"national", "2021-08-18", "national-2021"},
		{"xinzhou", "2020-06-30", ""},
		{"xinzhou", "2020-07-01", "xinzhou"},
		{"nowhere", "2024-01-01", ""},
	} {
		r, ok := rulebook.InForce(c.jurisdiction, c.day)
		if ok != (c.want != "") || ok && r.Name != c.want {
			t.Errorf("%s on %s: %v", c.jurisdiction, c.day, r)
		}
	}
}

func TestGrades(t *testing.T) {
	r := rulebook.Default()
	for score, want := range map[string]string{
		"100": "优", "90": "优", "89.99": "良", "80": "良", "79.99": "中", "60": "中", "59.99": "差", "0": "差", "100.01": "", "-1": "",
	} {
		if got := r.Grade(domain.MustDecimal(score)); got != want {
			t.Errorf("%s is %q, want %q", score, got, want)
		}
	}
}

func TestQualitativeBands(t *testing.T) {
	national := rulebook.Default()
	hubei, _ := rulebook.Get("hubei")
	for _, c := range []struct {
		book  *rulebook.Rulebook
		score string
		want  string
	}{
		{national, "20", "达成年度指标"}, {national, "16", "达成年度指标"}, {national, "15.99", "部分达成年度指标并具有一定效果"},
		{national, "12", "部分达成年度指标并具有一定效果"}, {national, "11", "未达成年度指标且效果较差"},
		{hubei, "11", "部分达成年度指标并具有一定效果"}, {hubei, "10", "部分达成年度指标并具有一定效果"}, {hubei, "9.99", "未达成年度指标且效果较差"},
		{national, "21", ""}, {national, "-1", ""},
	} {
		if b, _ := c.book.Band(domain.Int(20), domain.MustDecimal(c.score)); b.Name != c.want {
			t.Errorf("%s: %s of 20 is %q, want %q", c.book.Name, c.score, b.Name, c.want)
		}
	}
}

func TestDeadlines(t *testing.T) {
	handan, _ := rulebook.Get("handan")
	d, ok := handan.Deadline("self-evaluation")
	if !ok || d.Value.Of(2023) != "2024-05-31" || d.Source.String() != "邯文〔2019〕13号 四（五）" {
		t.Errorf("Handan's self-evaluation is due %v", d)
	}
	hubei, _ := rulebook.Get("hubei")
	if d, _ := hubei.Deadline("reform-declared"); d.Value.Of(2020) != "2020-08-15" {
		t.Errorf("Hubei's matters are due %v", d)
	}
	if d, _ := hubei.Deadline("reform-reported"); d.Value.Of(2020) != "2020-11-30" {
		t.Errorf("Hubei's report is due %v", d)
	}
	if _, ok := hubei.Deadline("none"); ok {
		t.Error("a deadline that is not there was found")
	}
}

func TestGatesAndLinkage(t *testing.T) {
	for _, name := range []string{"handan", "league", "nantong", "xinzhou"} {
		r, _ := rulebook.Get(name)
		g, ok := r.Gate("no-ex-ante")
		if !ok || g.Source.Default {
			t.Errorf("%s: no gate before the budget: %v", name, g)
		}
		for _, grade := range r.Grades.Value {
			if len(r.Linkage(grade.Name)) == 0 {
				t.Errorf("%s: nothing follows from %s", name, grade.Name)
			}
		}
	}
	if _, ok := rulebook.Default().Gate("not-in-library"); ok {
		t.Error("the measures have no gate at the project library")
	}
}

func TestDifferencesNameBothArticles(t *testing.T) {
	hubei, _ := rulebook.Get("hubei")
	found := make(map[string]rulebook.Difference)
	for _, d := range rulebook.Differences(rulebook.Default(), hubei) {
		found[d.Key] = d
	}
	for key, want := range map[string][2]string{
		"weights.execution": {"10", "20"},
		"weights.plain":     {"产出 50，效益 30，满意度 10", "产出 40，效益 30，满意度 10"},
	} {
		d := found[key]
		if d.A.Value != want[0] || d.B.Value != want[1] || d.A.Source.Article == "" || d.B.Source.Article == "" {
			t.Errorf("%s: %+v", key, d)
		}
	}
	if d, ok := found["bands"]; !ok || !strings.Contains(d.B.Value, "50%") {
		t.Errorf("bands do not differ: %+v", d)
	}
	if d, ok := found["deadline.reform-declared"]; !ok || d.A.Value != "" || d.B.Value == "" {
		t.Errorf("what only Hubei has is not listed: %+v", d)
	}
	if d, ok := found["scoring.reverse"]; ok {
		t.Errorf("the same rule is listed as different: %+v", d)
	}
	if d := rulebook.Differences(hubei, hubei); len(d) != 0 {
		t.Errorf("a rulebook differs from itself: %v", d)
	}
}

func TestGoalWeights(t *testing.T) {
	row := func(level1 string, weight int64) rulebook.Weighted {
		return rulebook.Weighted{Level1: level1, Weight: domain.Int(weight)}
	}
	national := rulebook.Default()
	good := []rulebook.Weighted{row("产出指标", 20), row("产出指标", 30), row("效益指标", 30), row("满意度指标", 10)}
	if refusals := national.CheckGoal(good); refusals != nil {
		t.Errorf("refused: %v", refusals)
	}
	if departures := national.Departures(good); departures != nil {
		t.Errorf("departs: %v", departures)
	}
	hubei, _ := rulebook.Get("hubei")
	refusals := hubei.CheckGoal(good)
	if len(refusals) != 1 || !strings.Contains(refusals[0].Reason, "合计 90，应为 80（多 10）") {
		t.Errorf("Hubei's goal sums to 80: %v", refusals)
	}
	c13 := []rulebook.Weighted{row("产出指标", 70), row("效益指标", 20), row("满意度指标", 10)}
	if refusals := national.CheckGoal(c13); len(refusals) != 1 || refusals[0].Code != "goal.weights-not-100" || refusals[0].Basis == "" {
		t.Errorf("100 was not refused: %v", refusals)
	}
	departures := national.Departures(c13)
	if len(departures) != 2 || departures[0].Text != "产出指标分值合计 70，应为 50（多 20）" {
		t.Errorf("departures: %+v", departures)
	}
	if refusals := national.CheckGoal([]rulebook.Weighted{row("产出", 100), row("效益", -10)}); len(refusals) != 1 || refusals[0].Code != "goal.negative-weight" {
		t.Errorf("a negative weight: %v", refusals)
	}
}
