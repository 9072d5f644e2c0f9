package scoring

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"wenxiao/domain/rulebook"
)

// A judged row has been read and scored.
type judged struct {
	row
	target, actual Value
	reverse        bool
	quantity       bool     // scored by comparing numbers, dates or yes and no
	verdict        verdict  // whether the target was met
	ratio          *big.Rat // actual ÷ target, where more is better
	computed       *big.Rat // nil: cannot be computed
	kept           bool     // computed is the printed score, for want of a rule
	working, basis string
	reading        []string
	fault          string // why target and actual cannot be compared
}

// A scorer scores the rows of one table by one rulebook.
type scorer struct {
	book     *rulebook.Rulebook
	year     int  // of the table; 0 where unknown
	unscored bool // the form prints no weights
}

// judge reads a row and scores it by the rule for its nature.
func (s scorer) judge(r row) judged {
	j := judged{row: r, target: Read(r.target), actual: Read(r.actual)}
	if r.sums {
		j.nothing("合计行，不重复计分")
		return j
	}
	j.reread()
	switch {
	case r.weight != nil && r.weight.Sign() < 0:
		j.nothing("分值为负，不能计算")
	case j.actual.Nature == Blank:
		s.withoutActual(&j)
	case s.byPrintedRule(&j):
	case j.target.Nature == Blank:
		s.withoutTarget(&j)
	default:
		s.byNature(&j)
	}
	j.explain(s.unscored)
	return j
}

func (s scorer) byNature(j *judged) {
	switch j.target.Nature {
	case Number:
		s.number(j)
	case Range:
		s.interval(j)
	case Date:
		s.date(j)
	case YesNo:
		s.yesNo(j)
	case Absent:
		s.keep(j, "指标值印为“"+j.Target+"”")
	case Several:
		s.keep(j, "指标值不止一个数")
	default:
		s.keep(j, "定性指标")
	}
}

var executionRow = regexp.MustCompile(`(?:预算|资金|支出)(?:资金)?(?:执行|支出|到位|完成)(?:进度|比)?率`)

// reread puts right what the cells can only be understood as together.
func (j *judged) reread() {
	if j.target.Nature == Blank && executionRow.MatchString(j.Level3) && j.actual.Nature == Number {
		j.target = Read("100%")
		j.reading = append(j.reading, "指标值为空，执行率、到位率按 100%")
	}
	if text, ok := misread(j.target, j.actual); ok {
		j.target = Read(text)
		j.reading = append(j.reading, fmt.Sprintf("指标值“%s”疑为“≥”误识为 2，读作 %s", j.Target, text))
	}
	if said := normal(j.Actual); zero(j.target) && (j.actual.Nature == Absent || nothingHappened.MatchString(said) && !fails.MatchString(said)) {
		j.actual = Read("0")
		j.reading = append(j.reading, "完成值“"+j.Actual+"”读作 0")
	}
	if j.actual.Nature == Number && j.actual.Sign.inequality() {
		j.reading = append(j.reading, "完成值印为不等式，按 "+figure(j.actual.mantissa)+" 计")
	}
}

var nothingHappened = regexp.MustCompile(`^(?:无|没有|未|零|未有)(?:发生|出现|事故|投诉|案例|此类|相关)*[\p{Han}]{0,8}$|^零$`)

func zero(v Value) bool { return v.Nature == Number && v.Number.Sign() == 0 }

var twoForSign = regexp.MustCompile(`^2(\d{2,3}(?:\.\d+)?)%$`)

// misread finds a percentage whose ≥ a scanner took for a 2: 290% against an
// actual of at most 100%.
func misread(target, actual Value) (string, bool) {
	m := twoForSign.FindStringSubmatch(normal(target.Text))
	if m == nil || actual.Nature != Number || actual.mantissa.Cmp(hundred) > 0 {
		return "", false
	}
	if n, ok := exact(m[1]); !ok || n.Cmp(hundred) > 0 {
		return "", false
	}
	return "≥" + m[1] + "%", true
}

// nothing says that a row cannot be computed, and why.
func (j *judged) nothing(why string) { j.working = why }

// keep takes over the printed score of a row no rule can recompute.
func (s scorer) keep(j *judged, what string) {
	j.kept, j.basis = true, s.book.Scoring.Qualitative.Source.String()
	j.verdict = judge(j.target, j.actual)
	printed := j.score()
	if printed == nil || j.weight == nil {
		j.nothing(what + "，原表未印得分，不能计算")
		return
	}
	said := map[verdict]string{met: "，达成", partly: "，部分达成", unmet: "，未达成"}[j.verdict]
	j.computed = clamp(printed, j.weight)
	j.working = fmt.Sprintf("%s%s，核为原印 %s 分", what, said, figure(j.computed))
}

func clamp(score, weight *big.Rat) *big.Rat {
	switch {
	case score.Sign() < 0:
		return new(big.Rat)
	case score.Cmp(weight) > 0:
		return weight
	}
	return score
}

var decision = regexp.MustCompile(`决策|过程|管理|投入|立项`)

// withoutActual judges a row whose actual is blank. Rows on decision and
// process say in one cell what is judged; they have no actual to print.
func (s scorer) withoutActual(j *judged) {
	if decision.MatchString(j.level1) && (j.target.Nature == Words || j.target.Nature == Several) && j.Score != nil {
		s.keep(j, "决策、过程类指标")
		return
	}
	j.nothing("完成值为空，不能计算")
}

func (s scorer) withoutTarget(j *judged) {
	if j.actual.Nature == Words || j.actual.Nature == YesNo || j.actual.Nature == Several {
		s.keep(j, "指标值为空，定性指标")
		j.verdict = unclear
		return
	}
	j.nothing("指标值为空，不能计算")
}

// reached gives full marks.
func (j *judged) reached(how string) {
	j.quantity, j.verdict = true, met
	j.computed = j.weight
	j.working = how + "，满分"
}

// partial gives a share of the weight; formula shows the figures.
func (j *judged) partial(share *big.Rat, formula string, places int) {
	j.quantity, j.verdict = true, unmet
	if j.weight == nil {
		j.working = strings.TrimPrefix(formula, " × ")
		return
	}
	j.computed = clamp(new(big.Rat).Mul(j.weight, share), j.weight)
	j.working = fmt.Sprintf("%s%s = %s", figure(j.weight), formula, points(j.computed, places))
}

// none gives no points.
func (j *judged) none(why string) {
	j.quantity, j.verdict = true, unmet
	if j.weight != nil {
		j.computed = new(big.Rat)
	}
	j.working = why + "，不得分"
}

// incomparable says why target and actual cannot be compared.
func (j *judged) incomparable(why string) {
	j.fault = why
	j.nothing(why + "，不能计算")
}

// explain adds to the working how cells were read and weights assumed.
func (j *judged) explain(unscored bool) {
	if j.reverse {
		for _, r := range j.reading {
			if strings.HasPrefix(r, "未印符号") {
				j.working += "（" + r + "）"
			}
		}
	}
	switch {
	case j.weight == nil:
		j.working += "；未印分值，不计分"
	case j.assumed && unscored:
		j.working += fmt.Sprintf("；表未印分值，以原印得分 %s 为分值", figure(j.weight))
	case j.assumed:
		j.working += fmt.Sprintf("；本行未印分值，以原印得分 %s 为分值", figure(j.weight))
	}
}
