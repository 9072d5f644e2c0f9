package scoring_test

import (
	"strings"
	"testing"

	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
)

func named(t *testing.T, name string) *rulebook.Rulebook {
	t.Helper()
	b, ok := rulebook.Get(name)
	if !ok {
		t.Fatalf("no rulebook %s", name)
	}
	return b
}

func TestNoTotalWhereTheOtherFrameDoesNotFit(t *testing.T) {
	c := scoring.Compare(sample(t, "C02"), rulebook.Default(), named(t, "hubei"))
	if len(c.Rows) != 1 || c.Rows[0].Cell != "budget" || text(c.Rows[0].A) != "9.91" || text(c.Rows[0].B) != "19.82" {
		t.Errorf("rows part: %+v", c.Rows)
	}
	if c.Rows[0].BasisA == "" || c.Rows[0].BasisB == "" {
		t.Error("no articles")
	}
	if text(c.Total.A) != "99.77" || c.Total.GradeA != "优" || c.Total.B != nil || c.Total.GradeB != "" {
		t.Errorf("totals: %+v", c.Total)
	}
	for _, want := range []string{"预算执行本表 10 分，该规则 20 分", "产出指标分值合计 50，应为 40（多 10）", "合计 109.68，超过 100"} {
		if !strings.Contains(c.Total.Reason, want) {
			t.Errorf("%q is not in: %s", want, c.Total.Reason)
		}
	}
	effects := make(map[string]scoring.RuleEffect)
	for _, e := range c.Rules {
		effects[e.Key] = e
		if e.Effect == "" || e.A.Source.Article == "" && e.B.Source.Article == "" {
			t.Errorf("%s has no effect or article", e.Key)
		}
	}
	for key, want := range map[string]string{
		"weights.execution": "预算执行 9.91 → 19.82",
		"weights.plain":     "本表产出指标分值合计 50，应为 40（多 10）",
		"bands":             "本表无定性行，无影响",
	} {
		if effects[key].Effect != want {
			t.Errorf("%s: %s, want %s", key, effects[key].Effect, want)
		}
	}
}

func TestBothTotalsWhereBothFramesFit(t *testing.T) {
	c := scoring.Compare(sample(t, "C26"), rulebook.Default(), named(t, "national-2021"))
	if text(c.Total.A) != "98.62" || text(c.Total.B) != "98.62" || c.Total.GradeB != "优" || c.Total.Reason != "" || len(c.Rows) != 0 {
		t.Errorf("%+v %+v", c.Total, c.Rows)
	}
}

func TestTheGuidesPassThresholdPartsRows(t *testing.T) {
	c := scoring.Compare(sample(t, "C01"), rulebook.Default(), named(t, "national-2021"))
	if len(c.Rows) != 1 || c.Rows[0].Cell != "indicators/13" || text(c.Rows[0].A) != "1.15" || text(c.Rows[0].B) != "0" {
		t.Errorf("rows part: %+v", c.Rows)
	}
	for _, e := range c.Rules {
		if e.Key == "scoring.pass" && e.Effect != "指标14:早孕建册数：1.15 → 0" {
			t.Errorf("the threshold: %s", e.Effect)
		}
	}
}

func TestBandsPartQualitativeRows(t *testing.T) {
	table := published.Table{Indicators: []published.Indicator{{Level1: "效益指标", Level3: "影响", Target: "明显", Actual: "较明显", Weight: decimal("20"), Score: decimal("11")}}}
	for _, e := range scoring.Compare(table, rulebook.Default(), named(t, "hubei")).Rules {
		if want := "第 1 行 11 分：未达成年度指标且效果较差 → 部分达成年度指标并具有一定效果"; e.Key == "bands" && e.Effect != want {
			t.Errorf("%s, want %s", e.Effect, want)
		}
	}
}

func TestHubeisFormFitsHubei(t *testing.T) {
	c := scoring.Compare(sample(t, "C09"), rulebook.Default(), named(t, "hubei"))
	if text(c.Total.A) != "99.55" || text(c.Total.B) != "99.55" || c.Total.Reason != "" {
		t.Errorf("%+v", c.Total)
	}
	back := scoring.Compare(sample(t, "C09"), named(t, "hubei"), rulebook.Default())
	if back.Total.B != nil || !strings.Contains(back.Total.Reason, "预算执行本表 20 分，该规则 10 分") {
		t.Errorf("%+v", back.Total)
	}
}

func TestATableUnderItsOwnRulebookDoesNotPart(t *testing.T) {
	for _, table := range published.Samples() {
		c := scoring.Compare(table, rulebook.Default(), rulebook.Default())
		if len(c.Rules) != 0 || len(c.Rows) != 0 {
			t.Errorf("%s parts from itself: %+v", table.ID, c)
		}
	}
}

func TestAggregation(t *testing.T) {
	hubei := named(t, "hubei")
	wan := func(n int64) domain.Money { return domain.Money(n) * domain.WanYuan }
	for _, c := range []struct {
		name  string
		ind   published.Indicator
		parts []scoring.Part
		want  string
		says  string
	}{
		{
			"absolute values are summed before scoring", indicator("数量|培训人数|||10"),
			[]scoring.Part{{Target: "≥100人", Actual: "150人"}, {Target: "≥100人", Actual: "30人"}},
			"9", "10 × 180 ÷ 200 = 9", // scored first and averaged it would be 6.5
		},
		{
			"rates are weighted by money", indicator("质量|合格率|||10"),
			[]scoring.Part{{Target: "100%", Actual: "100%", Money: wan(300)}, {Target: "100%", Actual: "60%", Money: wan(100)}},
			"9", "10 × 90 ÷ 100 = 9", // unweighted it would be 8
		},
		{
			"units are turned into the first", indicator("成本|总成本|||10"),
			[]scoring.Part{{Target: "≤90万元", Actual: "80万元"}, {Target: "≤10万元", Actual: "250000元"}},
			"9.52", "10 × 1000000 ÷ 1050000 = 9.52",
		},
		{
			"qualitative scores are weighted by money", indicator("社会效益|影响|明显|明显|10"),
			[]scoring.Part{{Target: "明显", Actual: "明显", Money: wan(300), Score: decimal("10")}, {Target: "明显", Actual: "一般", Money: wan(100), Score: decimal("6")}},
			"9", "按金额加权；",
		},
	} {
		row, err := scoring.Aggregate(c.ind, c.parts, hubei)
		if err != nil || text(row.Computed) != c.want || !strings.Contains(row.Working, c.says) {
			t.Errorf("%s: %v, %s, %v", c.name, row.Computed, row.Working, err)
		}
	}
	for name, parts := range map[string][]scoring.Part{
		"no parts":             nil,
		"units that differ":    {{Target: "100人", Actual: "100人"}, {Target: "100人", Actual: "5公里"}},
		"no money for rates":   {{Target: "100%", Actual: "100%"}},
		"negative money":       {{Target: "100%", Actual: "100%", Money: -1}},
		"words without scores": {{Target: "明显", Actual: "明显", Money: 1}},
		"words without money":  {{Target: "明显", Actual: "明显", Score: decimal("5")}},
	} {
		if _, err := scoring.Aggregate(indicator("数量|x|||10"), parts, hubei); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}
