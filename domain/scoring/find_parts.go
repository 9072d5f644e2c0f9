package scoring

import (
	"math/big"
	"regexp"
	"slices"

	"wenxiao/domain"
	"wenxiao/domain/published"
)

// checkBudgetParts compares the sources of the money with their total. Of an
// incomplete table the sources may be too few, never too many.
func (e examination) checkBudgetParts(r *report) {
	columns := []struct {
		name string
		of   func(published.Money) *domain.Decimal
	}{
		{"begin", func(m published.Money) *domain.Decimal { return m.Begin }},
		{"full_year", func(m published.Money) *domain.Decimal { return m.FullYear }},
		{"executed", func(m published.Money) *domain.Decimal { return m.Executed }},
	}
	for _, c := range columns {
		total := rat(c.of(e.table.Budget.Money))
		sum := leftOver(e.table.Budget.SubRows, total, c.of)
		if sum != nil && total != nil && !same(sum, total) {
			sum = leftOver(withoutBreakdowns(e.table.Budget.SubRows, c.of), total, c.of)
		}
		if total == nil || sum == nil || same(sum, total) {
			continue
		}
		if sum.Cmp(total) > 0 || e.table.TableComplete {
			r.add(PartsDifferFromTotal, "budget/"+c.name, figure(total), figure(sum), "各资金来源之和为 "+figure(sum), "年度资金总额为各资金来源之和")
		}
	}
}

var (
	sumRow = regexp.MustCompile(`总额|合计|总计|小计`)
	nested = regexp.MustCompile(`^其中|^[\s　]|中央|省级|自治区|市级|县级|区级|上级|本级`)
)

// leftOver adds up the sources until they reach the total and begins again: a
// form may break the money down twice, by income and by use, or name the levels
// of government within a source. What the last breakdown comes to is returned,
// nil where it is complete or need not be.
func leftOver(rows []published.SubRow, total *big.Rat, of func(published.Money) *domain.Decimal) *big.Rat {
	var sum *big.Rat
	again := false
	for _, row := range rows {
		n := rat(of(row.Money))
		if n == nil || sumRow.MatchString(row.Name) || again && sum == nil && (n.Sign() == 0 || nested.MatchString(row.Name)) {
			continue
		}
		if sum = plus(sum, n); total != nil && sum.Sign() > 0 && same(sum, total) {
			sum, again = nil, true
		}
	}
	return sum
}

// withoutBreakdowns drops the levels of government that add up to the source
// they follow: 财政拨款 100, 其中：中央 60, 省级 40.
func withoutBreakdowns(rows []published.SubRow, of func(published.Money) *domain.Decimal) (sources []published.SubRow) {
	for i := 0; i < len(rows); i++ {
		sources = append(sources, rows[i])
		whole := rat(of(rows[i].Money))
		if !positive(whole) {
			continue
		}
		var sum *big.Rat
		for k := i + 1; k < len(rows) && nested.MatchString(rows[k].Name); k++ {
			if sum = plus(sum, rat(of(rows[k].Money))); sum != nil && same(sum, whole) {
				i = k
				break
			}
		}
	}
	return sources
}

var groupWeight = regexp.MustCompile(`\((\d+(?:\.\d+)?)分?\)$|(\d+(?:\.\d+)?)分$`)

// checkGroups compares the weight printed with a first-level group,
// 项目产出(30), with its rows.
func (e examination) checkGroups(r *report) {
	for start := 0; start < len(e.rows); {
		end := start + 1
		for end < len(e.rows) && e.rows[end].level1 == e.rows[start].level1 {
			end++
		}
		e.checkGroup(r, e.rows[start:end])
		start = end
	}
}

func (e examination) checkGroup(r *report, rows []row) {
	m := groupWeight.FindStringSubmatch(normal(rows[0].level1))
	if m == nil || e.unscored {
		return
	}
	due, ok := exact(m[1] + m[2])
	sum := weightOf(rows)
	if !ok || due.Sign() == 0 || near(sum, due) || sum.Cmp(due) < 0 && !e.table.TableComplete {
		return
	}
	r.add(PartsDifferFromTotal, cell(rows[0].index, "level1"), figure(due), figure(sum), quoted(rows[0].level1)+"各行分值合计 "+figure(sum), e.book.Weights.Plain.Source.String())
}

// checkParts compares 其中 rows with the row they are part of.
func (e examination) checkParts(r *report) {
	for i := range e.judged {
		var parts []judged
		for _, j := range e.judged {
			if j.parent == i {
				parts = append(parts, j)
			}
		}
		if len(parts) > 0 {
			e.checkFamily(r, e.judged[i], parts)
		}
	}
}

// checkFamily compares both columns. 其中 need not name all parts, and may count
// people more than once (妇女, 脱贫人口): then a sum is at fault only where the
// other column shows that each is there once. Too large a sum of things always is.
func (e examination) checkFamily(r *report, parent judged, parts []judged) {
	target := compareParts(parent.target, parts, func(j judged) Value { return j.target })
	actual := compareParts(parent.actual, parts, func(j judged) Value { return j.actual })
	for _, c := range []struct {
		column, printed string
		this, other     family
	}{{"target", parent.Target, target, actual}, {"actual", parent.Actual, actual, target}} {
		open := c.this.order < 0 || slices.Contains(people, thing(parent.target.Unit))
		if c.this.sum == nil || c.this.order == 0 || open && !(c.other.sum != nil && c.other.order == 0) {
			continue
		}
		r.add(PartsDifferFromTotal, cell(parent.index, c.column), quoted(c.printed), figure(c.this.sum), "其中各行之和为 "+figure(c.this.sum), "合计为其中各行之和")
	}
}

var people = []string{"人", "户", "家"}

// A family is the sum of the parts, and how it stands to their parent: -1 less,
// 0 equal, 1 more. The sum is nil where they cannot be added.
type family struct {
	sum   *big.Rat
	order int
}

// compareParts adds up numbers of one unit. Things counted in different units,
// 180只 and 12头, may add up but need not.
func compareParts(parent Value, parts []judged, of func(judged) Value) family {
	if parent.Nature != Number || measureOf(parent.Unit).dimension == percent {
		return family{}
	}
	sum, sameUnit := new(big.Rat), true
	for _, p := range parts {
		v := of(p)
		if v.Nature != Number || v.loose {
			return family{}
		}
		sameUnit = sameUnit && v.Unit == parent.Unit
		sum.Add(sum, v.Number)
	}
	order := sum.Cmp(parent.Number)
	if order != 0 && !sameUnit {
		return family{}
	}
	return family{sum, order}
}
