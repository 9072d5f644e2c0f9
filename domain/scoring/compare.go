package scoring

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
)

// A Comparison is one table under two rulebooks. A scores it by the weights it
// prints. Where B has other weights than A, it scores execution by its own, and
// gives a total only where its frame fits the form.
type Comparison struct {
	ID    string        `json:"id"`
	A     string        `json:"a"` // name@version
	B     string        `json:"b"`
	Rules []RuleEffect  `json:"rules"` // where the rulebooks part, and what that does to this table
	Rows  []Parting     `json:"rows"`  // where the scores part
	Total TotalsCompare `json:"total"`
}

// A RuleEffect is a difference of two rulebooks and its effect on the table.
type RuleEffect struct {
	rulebook.Difference
	Effect string `json:"effect"`
}

// A Parting is a row scored differently by two rulebooks.
type Parting struct {
	Cell     string          `json:"cell"`
	Name     string          `json:"name"`
	A        *domain.Decimal `json:"a"`
	B        *domain.Decimal `json:"b"`
	WorkingA string          `json:"workingA"`
	WorkingB string          `json:"workingB"`
	BasisA   string          `json:"basisA"`
	BasisB   string          `json:"basisB"`
}

// TotalsCompare is both totals. Reason says why there is no B.
type TotalsCompare struct {
	A      *domain.Decimal `json:"a"`
	B      *domain.Decimal `json:"b"`
	GradeA string          `json:"gradeA"`
	GradeB string          `json:"gradeB"`
	Reason string          `json:"reason,omitempty"`
}

// Compare scores a table under two rulebooks.
func Compare(t published.Table, a, b *rulebook.Rulebook) Comparison {
	x, y := examine(t, a), examine(t, b)
	y.execution, y.form = x.execution, x.execution.weight
	if !a.Weights.Execution.Value.Equal(b.Weights.Execution.Value) {
		y.execution = y.atOwnWeight(x.execution)
	}
	c := Comparison{ID: t.ID, A: a.Ref(), B: b.Ref(), Rows: partings(x, y), Rules: []RuleEffect{}}
	for _, d := range rulebook.Differences(a, b) {
		c.Rules = append(c.Rules, RuleEffect{d, effect(d, x, y, c.Rows)})
	}
	c.Total = totals(x, y)
	return c
}

// atOwnWeight scores execution by the rulebook's weight, where the form has an
// execution row.
func (e examination) atOwnWeight(x execution) execution {
	if x.weight == nil || x.computed == nil {
		return x
	}
	share := new(big.Rat)
	if x.weight.Sign() > 0 {
		share.Quo(x.computed, x.weight)
	}
	own := e.book.Weights.Execution.Value.Rat()
	if own.Cmp(x.weight) == 0 {
		return x
	}
	x.weight = own
	x.computed = new(big.Rat).Mul(own, share)
	x.working = fmt.Sprintf("%s × %s%% = %s", figure(own), rate(share), points(x.computed, e.book.Scoring.Places.Value))
	return x
}

func partings(x, y examination) []Parting {
	rows := []Parting{}
	add := func(p Parting) {
		if !equal(p.A, p.B) {
			rows = append(rows, p)
		}
	}
	places := x.book.Scoring.Places.Value
	add(Parting{
		Cell: "budget", Name: "预算执行率",
		A: points(x.execution.computed, places), B: points(y.execution.computed, places),
		WorkingA: x.execution.working, WorkingB: y.execution.working,
		BasisA: x.book.Weights.Execution.Source.String(), BasisB: y.book.Weights.Execution.Source.String(),
	})
	for i, j := range x.judged {
		k := y.judged[i]
		add(Parting{
			Cell: fmt.Sprintf("indicators/%d", i), Name: j.Level3,
			A: points(j.computed, places), B: points(k.computed, places),
			WorkingA: j.working, WorkingB: k.working, BasisA: j.basis, BasisB: k.basis,
		})
	}
	return rows
}

func equal(a, b *domain.Decimal) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// totals gives both totals, or says why B has none.
func totals(x, y examination) TotalsCompare {
	c := TotalsCompare{A: x.total().Computed, GradeA: x.grade()}
	if misfits := y.misfits(); len(misfits) > 0 && otherWeights(x.book, y.book) {
		c.Reason = y.book.Title + "的框架与本表不符：" + listed(misfits)
		if sum := y.total().Computed; sum != nil && domain.Int(100).Less(*sum) {
			c.Reason += fmt.Sprintf("；其下各行合计 %s，超过 100", sum)
		}
		return c
	}
	c.B, c.GradeB = y.total().Computed, y.grade()
	return c
}

func otherWeights(a, b *rulebook.Rulebook) bool {
	return slices.ContainsFunc(rulebook.Differences(a, b), func(d rulebook.Difference) bool { return strings.HasPrefix(d.Key, "weights.") })
}

// misfits lists where the form's weights are not the rulebook's. Of an
// incomplete table a group may weigh less than is due.
func (e examination) misfits() (misfits []string) {
	if e.unscored && e.table.Budget.Weight == nil {
		return nil
	}
	own, form := e.book.Weights.Execution.Value.Rat(), e.form
	switch {
	case form == nil:
		misfits = append(misfits, fmt.Sprintf("本表不设预算执行分值，该规则 %s 分", figure(own)))
	case form.Cmp(own) != 0:
		misfits = append(misfits, fmt.Sprintf("预算执行本表 %s 分，该规则 %s 分", figure(form), figure(own)))
	}
	if e.unscored {
		return misfits
	}
	for _, d := range e.book.Departures(e.weightedRows()) {
		if e.table.TableComplete || d.Due.Less(d.Sum) {
			misfits = append(misfits, d.Text)
		}
	}
	return misfits
}

func (e examination) weightedRows() (rows []rulebook.Weighted) {
	for _, r := range e.rows {
		if r.counted && r.Weight != nil {
			rows = append(rows, rulebook.Weighted{Level1: r.level1, Weight: *r.Weight})
		}
	}
	return rows
}

// effect says what one difference does to the table.
func effect(d rulebook.Difference, x, y examination, rows []Parting) string {
	switch {
	case d.Key == "weights.execution":
		return executionEffect(x, y)
	case d.Key == "weights.plain":
		return weightsEffect(y)
	case d.Key == "weights.with-cost":
		return costEffect(y)
	case d.Key == "bands":
		return bandsEffect(x, y)
	case d.Key == "grades":
		return fmt.Sprintf("等级 %s → %s", orNone(x.grade()), orNone(y.grade()))
	case strings.HasPrefix(d.Key, "scoring."):
		return rowsEffect(d, rows)
	}
	return "不影响本表得分"
}

func executionEffect(x, y examination) string {
	a, b := points(x.execution.computed, 2), points(y.execution.computed, 2)
	switch {
	case a == nil && b == nil:
		return "本表执行得分不能计算或不设，无影响"
	case equal(a, b):
		return "无影响"
	}
	return fmt.Sprintf("预算执行 %s → %s", orNil(a), orNil(b))
}

func weightsEffect(y examination) string {
	var texts []string
	for _, d := range y.book.Departures(y.weightedRows()) {
		if y.table.TableComplete || d.Due.Less(d.Sum) {
			texts = append(texts, d.Text)
		}
	}
	switch {
	case y.unscored:
		return "本表未印分值，无从比较"
	case len(texts) == 0:
		return "与本表分值不矛盾"
	}
	return "本表" + listed(texts)
}

func costEffect(y examination) string {
	for _, r := range y.rows {
		if g, ok := y.book.Group(r.level1); ok && g.Name == rulebook.Cost {
			return weightsEffect(y)
		}
	}
	return "本表未单列成本指标，无影响"
}

// bandsEffect names the qualitative rows whose printed score lies in another
// band.
func bandsEffect(x, y examination) string {
	var texts []string
	kept := 0
	for i, j := range x.judged {
		if !j.kept || j.Score == nil || j.Weight == nil {
			continue
		}
		kept++
		a, _ := x.book.Band(*j.Weight, *j.Score)
		b, _ := y.book.Band(*j.Weight, *j.Score)
		if a.Name != b.Name {
			texts = append(texts, fmt.Sprintf("第 %d 行 %s 分：%s → %s", i+1, j.Score, a.Name, b.Name))
		}
	}
	switch {
	case kept == 0:
		return "本表无定性行，无影响"
	case len(texts) == 0:
		return fmt.Sprintf("本表定性 %d 行，同档，无影响", kept)
	}
	return listed(texts)
}

// rowsEffect names the rows scored differently by the rule.
func rowsEffect(d rulebook.Difference, rows []Parting) string {
	var texts []string
	for _, p := range rows {
		if p.BasisA != p.BasisB && (p.BasisB == d.B.Source.String() || p.BasisA == d.A.Source.String()) {
			texts = append(texts, fmt.Sprintf("%s：%s → %s", p.Name, orNil(p.A), orNil(p.B)))
		}
	}
	if len(texts) == 0 {
		return "对本表得分无影响"
	}
	return listed(texts)
}

func orNone(grade string) string {
	if grade == "" {
		return "不评"
	}
	return grade
}

func orNil(d *domain.Decimal) string {
	if d == nil {
		return "—"
	}
	return d.String()
}
