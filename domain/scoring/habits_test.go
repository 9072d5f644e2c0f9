package scoring_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
)

// habits is rows as forms of many provinces print them: signs, units, dates,
// words around numbers. A line is level2|name|target|actual|weight|score|reason
// => computed findings, — for what cannot be computed, ⏎ for a line break in a
// cell. The expected scores come from the rule by hand, not from the engine.
//
//go:embed testdata/habits.txt
var habits string

func TestHabitsOfPrinting(t *testing.T) {
	for line := range strings.Lines(habits) {
		cells, answer, _ := strings.Cut(strings.TrimSpace(line), " => ")
		want := strings.Fields(answer)
		row := indicator(strings.ReplaceAll(cells, "⏎", "\n"))
		r := scoring.Score(published.Table{Year: 2022, Indicators: []published.Indicator{row}}, rulebook.Default())
		got := r.Rows[0]
		if same := want[0] == text(got.Computed) || want[0] != "—" && within(got.Computed, domain.MustDecimal(want[0])); !same {
			t.Errorf("%s: computed %v, want %s: %s", cells, got.Computed, want[0], got.Working)
		}
		codes := []string{}
		for _, f := range r.Findings {
			codes = append(codes, string(f.Code))
		}
		if !slices.Equal(codes, want[1:]) {
			t.Errorf("%s: found %v, want %v", cells, codes, want[1:])
		}
	}
}

func TestRowsThatAddUpOthersAreNotScoredAgain(t *testing.T) {
	table := form(`项目支出绩效自评表|100|100|99|99%|10|9.9|99.9|2022
		产出指标|数量指标|培训人数|100人|100人|50|50
		||小计|||50|50
		效益指标|社会效益指标|影响|好|好|40|40
		合计||||/|100|99.9`)
	r := scoring.Score(table, rulebook.Default())
	if text(r.Total.Rows) != "99.9" || text(r.Total.Computed) != "99.9" || r.Grade != "优" || len(r.Findings) > 0 {
		t.Errorf("%s %s %s %v", text(r.Total.Rows), text(r.Total.Computed), r.Grade, r.Findings)
	}
	if got := r.Rows[3]; got.Computed != nil || got.Working != "合计行，不重复计分" {
		t.Errorf("the sum is scored: %+v", got)
	}
}

func TestDittoIsTheCellAbove(t *testing.T) {
	r := scoring.Score(form(`!项目支出绩效自评表||||||||2022
		产出指标|数量指标|培训人数|≥100人|80人|10|8
		产出指标|数量指标|参训人数|同上|90人|10|9
		产出指标|数量指标|结业人数|≥90人|〃|10|10`), rulebook.Default())
	if len(r.Findings) > 0 || r.Rows[1].Working != "10 × 90 ÷ 100 = 9" || r.Rows[1].Target != "同上" || text(r.Rows[2].Computed) != "10" {
		t.Errorf("%+v %v", r.Rows, r.Findings)
	}
}

// TestPartsThatAreNoFault are sources broken down within a source, and people
// counted under two heads.
func TestPartsThatAreNoFault(t *testing.T) {
	const head = "!项目支出绩效自评表|150|150|150|100%|10|10||2022\n"
	for rows, faults := range map[string]int{
		"财政拨款|100|100|100\n其中：中央补助|60|60|60\n省级补助|40|40|40\n其他资金|50|50|50":   0,
		"财政拨款|100|100|100\n其中：中央补助|60|60|60\n省级补助|40|40|40\n其他资金|70|70|70":   3,
		"产出|数量|受益人数|100人|100人|20|20\n||其中：妇女|60人|60人||\n||其中：脱贫人口|50人|50人||": 0,
		"产出|数量|受益人数|100人|100人|20|20\n||其中：甲村|60人|60人||\n||其中：乙村|40人|50人||":   1,
		"产出|数量|造林面积|100亩|100亩|20|20\n||其中：甲村|60亩|60亩||\n||其中：乙村|50亩|50亩||":   2,
	} {
		r := scoring.Score(form(head+rows), rulebook.Default())
		if len(r.Findings) != faults {
			t.Errorf("%s: %v", rows, r.Findings)
		}
	}
}

// TestARateMayBeAShare tells 1 for a whole budget from 1 for a half.
func TestARateMayBeAShare(t *testing.T) {
	for _, c := range []struct {
		executed, rate string
		differs        bool
	}{
		{"50", "1", false}, {"25", "1", true}, {"25", "0.5", false}, {"25", "0.50", false}, {"25", "50", false},
		{"32.835", "0.6567", false}, {"43", "0.9", true}, {"49.99", "100%", false}, {"49.9", "100.0%", true},
	} {
		r := scoring.Score(form("项目支出绩效自评表|50|50|"+c.executed+"|"+c.rate+"|10|||2022"), rulebook.Default())
		got := slices.ContainsFunc(r.Findings, func(f scoring.Finding) bool { return f.Code == scoring.RateDiffers })
		if got != c.differs {
			t.Errorf("%s of 50 printed as %s: %v", c.executed, c.rate, r.Findings)
		}
	}
}
