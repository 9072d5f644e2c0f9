package scoring

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"wenxiao/domain/rulebook"
)

// A stepRule is 每降低1%扣1分, as printed with a row and agreed with the goal.
type stepRule struct {
	verb  string
	size  Value    // of one step
	off   *big.Rat // points per step
	begun bool     // 不足1%按1%计: a step begun counts
	full  *big.Rat // 得10分; nil where none is printed
}

// A gradeRule is 良好10/一般8/差0.
type gradeRule []struct {
	word   string
	points *big.Rat
}

var (
	step  = regexp.MustCompile(`每(?:年|项|次)?(推迟|延迟|延期|逾期|超期|延误|晚|超出|超过|超|高出|高于|高|多出|多|增加|上升|降低|减少|下降|低于|低|少于|少|缺少|缺|差|未完成|发生|出现|有)?(?:于)?(?:目标值?|指标值?|计划)?(\d+(?:\.\d+)?)(个百分点|百分点|%|‰|\p{Han}{0,3}?)(?:的)?,?(?:则|就)?扣(?:减|除)?(\d+(?:\.\d+)?)分`)
	base  = regexp.MustCompile(`(?:得|计|为|满分)(\d+(?:\.\d+)?)分`)
	word  = regexp.MustCompile(`(优秀|优|良好|良|较好|好|较大|明显|显著|一般|合格|不合格|较差|差|较小|不明显|是|否|已?完成|未完成|达标|不达标|有|无|通过|未通过)(?:的)?(?:得|计)?(\d+(?:\.\d+)?)(?:分|[/,;、。]|$)`)
	zilch = regexp.MustCompile(`(优秀|优|良好|良|较好|好|一般|合格|不合格|较差|差|不明显|否|未完成|不达标|无|未通过)(?:的|则)?不得分`)
	begun = regexp.MustCompile(`不足[^,;。]{0,8}[按计]`)
)

// isRule reports whether a text is a scoring rule and not an explanation.
func isRule(text string) bool {
	s := normal(text)
	_, steps := readStep(s)
	return steps || len(readGrades(s)) > 1
}

func readStep(s string) (stepRule, bool) {
	m := step.FindStringSubmatch(numeralsInSteps(s))
	if m == nil {
		return stepRule{}, false
	}
	size := Read(m[2] + m[3])
	off, ok := exact(m[4])
	if size.Nature != Number || size.mantissa.Sign() <= 0 || !ok {
		return stepRule{}, false
	}
	r := stepRule{verb: m[1], size: size, off: off, begun: begun.MatchString(s)}
	if full := base.FindStringSubmatch(s); full != nil {
		r.full, _ = exact(full[1])
	}
	return r, true
}

var stepNumeral = regexp.MustCompile(`每(\p{Han}{0,4}?)([一二两三五十])(\p{Han}|%)`)

// numeralsInSteps reads 每少一个扣2分.
func numeralsInSteps(s string) string {
	return stepNumeral.ReplaceAllStringFunc(s, func(m string) string {
		parts := stepNumeral.FindStringSubmatch(m)
		n, ok := numeral(parts[2])
		if !ok {
			return m
		}
		return "每" + parts[1] + n.RatString() + parts[3]
	})
}

func readGrades(s string) (grades gradeRule) {
	for _, m := range word.FindAllStringSubmatch(s, -1) {
		if n, ok := exact(m[2]); ok {
			grades = append(grades, struct {
				word   string
				points *big.Rat
			}{m[1], n})
		}
	}
	for _, m := range zilch.FindAllStringSubmatch(s, -1) {
		grades = append(grades, struct {
			word   string
			points *big.Rat
		}{m[1], new(big.Rat)})
	}
	return grades
}

// byPrintedRule scores a row by the rule printed in its reason or target cell,
// and reports whether there is one that fits.
func (s scorer) byPrintedRule(j *judged) bool {
	if s.book.Scoring.Printed.Value != rulebook.AsPrinted || j.weight == nil {
		return false
	}
	for _, text := range []string{normal(j.Reason), normal(j.Target)} {
		if r, ok := readStep(text); ok && s.bySteps(j, r) {
			return true
		}
		if grades := readGrades(text); len(grades) > 1 && s.byGrade(j, grades) {
			return true
		}
	}
	return false
}

// bySteps takes off points for every full step the actual is short, over or
// late. The full mark printed with the rule is scaled to the row's weight.
func (s scorer) bySteps(j *judged, r stepRule) bool {
	gap, text, ok := s.gap(j, r)
	if !ok {
		return false
	}
	j.basis = s.book.Scoring.Printed.Source.String()
	steps := whole(new(big.Rat).Quo(gap, r.size.mantissa), r.begun)
	if steps.Sign() <= 0 {
		j.reached("按所印评分标准，达到")
		return true
	}
	full := r.full
	if full == nil || full.Sign() == 0 {
		full = j.weight
	}
	if full.Sign() == 0 {
		return false
	}
	left := new(big.Rat).Sub(full, new(big.Rat).Mul(steps, r.off))
	share := new(big.Rat).Quo(left, full)
	formula := fmt.Sprintf("按所印评分标准，%s，扣 %s 档 × %s 分：%s − %s × %s", text, figure(steps), figure(r.off), figure(full), figure(steps), figure(r.off))
	j.partial(share, "", s.book.Scoring.Places.Value)
	j.working = fmt.Sprintf("%s = %s", formula, points(j.computed, s.book.Scoring.Places.Value))
	return true
}

// whole counts steps: full ones, or begun ones.
func whole(steps *big.Rat, begun bool) *big.Rat {
	if steps.Sign() <= 0 {
		return new(big.Rat)
	}
	n := new(big.Int).Quo(steps.Num(), steps.Denom())
	if begun && !steps.IsInt() {
		n.Add(n, big.NewInt(1))
	}
	return new(big.Rat).SetInt(n)
}

// gap is how far the actual misses the target in the unit of a step.
func (s scorer) gap(j *judged, r stepRule) (gap *big.Rat, text string, ok bool) {
	if j.target.Nature == Date && j.actual.Nature == Date {
		return s.daysLate(j, r)
	}
	if j.target.Nature != Number || j.actual.Nature != Number {
		return nil, "", false
	}
	p, why := match(j.target, j.actual)
	if why != "" {
		return nil, "", false
	}
	switch {
	case strings.ContainsAny(r.verb, "低减降少缺差未"):
		gap, text = new(big.Rat).Sub(p.target, p.actual), "少 "
	case r.verb != "":
		gap, text = new(big.Rat).Sub(p.actual, p.target), "多 "
	default:
		return nil, "", false
	}
	if measureOf(r.size.Unit).dimension == percent && measureOf(j.target.Unit).dimension != percent {
		if p.target.Sign() <= 0 {
			return nil, "", false
		}
		gap.Mul(gap.Quo(gap, p.target), hundred)
		return gap, text + trimmed(gap.FloatString(2)) + "%", true
	}
	if r.size.scale != nil && j.target.scale == nil {
		gap.Quo(gap, r.size.scale)
	}
	return gap, text + figure(gap) + r.size.Unit, true
}

func (s scorer) daysLate(j *judged, r stepRule) (*big.Rat, string, bool) {
	due, done := s.dated(j)
	if measureOf(r.size.Unit).dimension != days || due.Year == 0 || done.Year == 0 {
		return nil, "", false
	}
	if !done.after(due) {
		return new(big.Rat), "", true
	}
	if !due.day().Valid() || !done.day().Valid() {
		return nil, "", false // 2月30日
	}
	late := due.day().DaysUntil(done.day())
	return big.NewRat(int64(late), 1), fmt.Sprintf("晚 %d 天", late), true
}

// byGrade gives the points printed for the word the actual is.
func (s scorer) byGrade(j *judged, grades gradeRule) bool {
	full := grades[0].points
	for _, g := range grades {
		if g.points.Cmp(full) > 0 {
			full = g.points
		}
	}
	actual := plain(j.Actual)
	for _, g := range grades {
		if actual != g.word || full.Sign() == 0 {
			continue
		}
		j.basis = s.book.Scoring.Printed.Source.String()
		j.partial(new(big.Rat).Quo(g.points, full), "", s.book.Scoring.Places.Value)
		j.working = fmt.Sprintf("按所印评分标准，“%s”得 %s 分", g.word, points(j.computed, s.book.Scoring.Places.Value))
		if g.points.Cmp(full) == 0 {
			j.verdict = met
		}
		return true
	}
	return false
}
