package scoring_test

import (
	"testing"

	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
)

// BenchmarkScore recomputes every published table that is shipped.
func BenchmarkScore(b *testing.B) {
	tables, book := published.Samples(), rulebook.Default()
	b.ReportAllocs()
	for b.Loop() {
		for _, t := range tables {
			scoring.Score(t, book)
		}
	}
}
