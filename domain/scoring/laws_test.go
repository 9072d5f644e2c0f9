package scoring_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
)

func genNumber(t *rapid.T, label string) string {
	n := rapid.Int64Range(0, 2_000_000).Draw(t, label)
	return domain.FromRat(domain.Int(n).Rat()).String() + rapid.SampledFrom([]string{"", "", ".5", ".25"}).Draw(t, label+" fraction")
}

func genCell(t *rapid.T, label string) string {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"", "≥", "≤", "=", ">", "不少于", "控制在"}).Draw(t, "sign") + genNumber(t, "n") +
				rapid.SampledFrom([]string{"", "%", "人", "万元", "元", "天", "次/年", "以上", "‰", "公里"}).Draw(t, "unit")
		}),
		rapid.SampledFrom([]string{"", "无", "是", "否", "已完成", "显著提升", "2021年12月31日", "9月前", "10-15个", "1部片,2套方案", "百分之九十五", "每月1次"}),
		rapid.StringN(0, 12, 60),
	).Draw(t, label)
}

func genDecimal(t *rapid.T, label string) *domain.Decimal {
	if rapid.IntRange(0, 4).Draw(t, label+" none") == 0 {
		return nil
	}
	d := domain.MustDecimal(fmt.Sprintf("%d.%02d", rapid.IntRange(-5, 60).Draw(t, label), rapid.SampledFrom([]int{0, 0, 0, 50, 25}).Draw(t, label+" cents")))
	return &d
}

func genTable(t *rapid.T) published.Table {
	table := published.Table{TableComplete: rapid.Bool().Draw(t, "complete"), TotalPrinted: genDecimal(t, "total"), Kind: rapid.SampledFrom([]string{"项目支出绩效自评表", "项目支出绩效目标表", "项目支出绩效监控表"}).Draw(t, "kind")}
	table.Budget = published.Budget{
		Money:       published.Money{Begin: genDecimal(t, "begin"), FullYear: genDecimal(t, "full"), Executed: genDecimal(t, "executed")},
		RatePrinted: genCell(t, "rate"), Weight: genDecimal(t, "execution weight"), ScorePrinted: genDecimal(t, "execution score"),
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "rows") {
		table.Indicators = append(table.Indicators, published.Indicator{
			Level1: rapid.SampledFrom([]string{"产出指标", "效益指标(30分)", "满意度指标", "项目决策", ""}).Draw(t, "level1"),
			Level2: rapid.SampledFrom([]string{"数量指标", "成本指标", "时效指标", ""}).Draw(t, "level2"),
			Level3: rapid.SampledFrom([]string{"培训人数", "事故发生数", "其中：甲", "预算执行率", "合格率"}).Draw(t, "name"),
			Target: genCell(t, "target"), Actual: genCell(t, "actual"), Weight: genDecimal(t, fmt.Sprint("weight", i)), Score: genDecimal(t, fmt.Sprint("score", i)),
			Reason: rapid.SampledFrom([]string{"", "疫情", "每降低1%扣1分", "良好10/一般8/差0", "每超出10天扣1分"}).Draw(t, "reason"),
		})
	}
	return table
}

func genBook(t *rapid.T) *rulebook.Rulebook {
	b, _ := rulebook.Get(rapid.SampledFrom([]string{"national-2020", "national-2021", "handan", "league", "nantong", "xinzhou", "hubei"}).Draw(t, "book"))
	return b
}

// TestLawsOfScoring holds for any table whatever and any rulebook.
func TestLawsOfScoring(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, book := genTable(t), genBook(t)
		r := scoring.Score(table, book)
		if len(r.Rows) != len(table.Indicators) {
			t.Fatalf("%d rows of %d", len(r.Rows), len(table.Indicators))
		}
		for _, row := range r.Rows {
			if row.Working == "" {
				t.Fatalf("no working: %+v", row)
			}
			if row.Computed != nil && (row.Computed.Sign() < 0 || row.Weight.Less(*row.Computed)) {
				t.Fatalf("a score outside 0…weight: %+v", row)
			}
		}
		if c := r.Execution.Computed; c != nil && (c.Sign() < 0 || r.Execution.Weight.Less(*c)) {
			t.Fatalf("execution outside 0…weight: %+v", r.Execution)
		}
		for _, f := range r.Findings {
			if f.Code.Title() == "" || f.Cell == "" || f.Message == "" {
				t.Fatalf("an empty finding: %+v", f)
			}
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
		scoring.Compare(table, book, rulebook.Default())
	})
}

// TestMoreNeverScoresLess: of an indicator of which more is better, and the
// other way round.
func TestMoreNeverScoresLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.IntRange(1, 5000).Draw(t, "target")
		less := rapid.IntRange(0, 10_000).Draw(t, "less")
		more := less + rapid.IntRange(0, 5000).Draw(t, "more")
		book := genBook(t)
		at := func(sign string, actual int) domain.Decimal {
			row := scoring.ScoreIndicator(indicator(fmt.Sprintf("数量|人数|%s%d人|%d人|10", sign, target, actual)), book)
			return *row.Computed
		}
		if at("≥", more).Less(at("≥", less)) {
			t.Fatalf("≥%d: %d scores less than %d", target, more, less)
		}
		if at("≤", less).Less(at("≤", more)) {
			t.Fatalf("≤%d: %d scores less than %d", target, less, more)
		}
	})
}
