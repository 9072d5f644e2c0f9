package scoring

import (
	"math/big"
	"regexp"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/published"
)

// A row is an indicator with what it takes over from its table.
type row struct {
	published.Indicator
	index          int
	level1, level2 string   // of the row above where the cells are merged
	target, actual string   // as printed, or what the row above prints where they say 同上
	weight         *big.Rat // nil where it has none
	assumed        bool     // weight is the printed score
	parent         int      // index of the row this one is part of (其中), or -1
	counted        bool     // false for a sum, and a part whose weight is in its parent's
	sums           bool     // a 合计 row the form prints among the indicators
}

var sumName = regexp.MustCompile(`^(?:自评)?(?:合计|总计|小计|总分|总得分|得分合计|分值合计|合计得分)$`)

// isSum finds a row that adds up others: named so, with nothing to compare.
func isSum(ind published.Indicator) bool {
	if !blank(ind.Target) || !blank(ind.Actual) {
		return false
	}
	name := ind.Level3
	for _, level := range []string{ind.Level2, ind.Level1} {
		if blank(name) {
			name = level
		}
	}
	return sumName.MatchString(normal(name))
}

// rowsOf fills in merged cells and the weights of forms that print none.
func rowsOf(t published.Table) []row {
	rows := make([]row, len(t.Indicators))
	printed := printsWeights(t)
	for i, ind := range t.Indicators {
		r := row{Indicator: ind, index: i, level1: ind.Level1, level2: ind.Level2, target: ind.Target, actual: ind.Actual, parent: -1, sums: isSum(ind)}
		r.counted = !r.sums
		if i > 0 {
			r.follow(rows[i-1])
		}
		switch {
		case ind.Weight != nil:
			r.weight = ind.Weight.Rat()
		case ind.Score != nil:
			r.weight, r.assumed = ind.Score.Rat(), true
		}
		rows[i] = r
	}
	join(rows, printed)
	countExecutionOnce(t, rows)
	return rows
}

var ditto = regexp.MustCompile(`^(?:同上|〃|″|同上一行)[。.]?$`)

// follow takes over from the row above what merged cells and 同上 leave to it.
func (r *row) follow(above row) {
	if blank(r.Level1) {
		r.level1 = above.level1
		if blank(r.Level2) {
			r.level2 = above.level2
		}
	}
	if ditto.MatchString(normal(r.Target)) {
		r.target = above.target
	}
	if ditto.MatchString(normal(r.Actual)) {
		r.actual = above.actual
	}
}

// countExecutionOnce leaves out an execution rate among the indicators that
// repeats the row of money.
func countExecutionOnce(t published.Table, rows []row) {
	if t.Budget.Weight == nil {
		return
	}
	own := t.Budget.Weight.Rat()
	sum := new(big.Rat).Add(weightOf(rows), own)
	for i, r := range rows {
		if isExecution(r) && r.weight != nil && r.weight.Cmp(own) == 0 && new(big.Rat).Sub(sum, own).Cmp(hundred) == 0 {
			rows[i].counted = false
		}
	}
}

func printsWeights(t published.Table) bool {
	for _, ind := range t.Indicators {
		if ind.Weight != nil && !isSum(ind) {
			return true
		}
	}
	return false
}

func blank(s string) bool { return strings.Trim(normal(s), blankness) == "" }

var ofWhich = regexp.MustCompile(`^[(（①-⑳\d.、\s★]*其中`)

// join ties 其中 rows to the row above them. Parts whose weights add up to
// their parent's repeat it and do not count again.
func join(rows []row, weights bool) {
	for i := 0; i < len(rows); i++ {
		first := i + 1
		end := first
		for end < len(rows) && ofWhich.MatchString(rows[end].Level3) && !ofWhich.MatchString(rows[i].Level3) {
			rows[end].parent = i
			end++
		}
		if end > first && weights && repeats(rows[i], rows[first:end]) {
			for k := first; k < end; k++ {
				rows[k].counted = false
			}
		}
	}
}

func repeats(parent row, parts []row) bool {
	sum := new(big.Rat)
	for _, p := range parts {
		if p.Weight == nil {
			return false
		}
		sum.Add(sum, p.weight)
	}
	return parent.Weight != nil && sum.Cmp(parent.weight) == 0
}

// score returns the printed score, exact, or nil.
func (r row) score() *big.Rat { return rat(r.Score) }

func rat(d *domain.Decimal) *big.Rat {
	if d == nil {
		return nil
	}
	return d.Rat()
}

// points rounds an exact score as the rulebook's places say, half up, and cuts
// needless zeros.
func points(r *big.Rat, places int) *domain.Decimal {
	if r == nil {
		return nil
	}
	d := domain.HalfUp(r, places).Trim()
	return &d
}
