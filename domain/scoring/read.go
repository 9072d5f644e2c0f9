package scoring

import (
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Read reads a cell as officials print it: ≥266米, 不少于12种, 控制在200万元以内,
// 95%以上, 38508人, 百分之九十五, 2021年12月31日, 9月前, 是, 显著提升. It takes any
// text and never fails: what is no single number, date or yes is words, or
// several values.
func Read(text string) Value {
	v := Value{Text: text}
	if utf8.RuneCountInString(text) > 200 { // a report, not a value
		v.Nature = Words
		return v
	}
	s := normal(text)
	switch {
	case strings.Trim(s, blankness) == "":
		v.Nature = Blank
		return v
	case notApplicable.MatchString(s):
		v.Nature = Absent
		return v
	}
	s = withoutNotes(s)
	if monthly.MatchString(s) {
		v.Nature = Words
		return v
	}
	if day, ok := dated(s); ok {
		v.Nature, v.Day = Date, day
		return v
	}
	s = labels.ReplaceAllString(s, "")
	s = bareYear.ReplaceAllString(s, "")
	s = worded(s)
	switch found := figures.FindAllStringIndex(s, -1); len(found) {
	case 0:
		v.readWords(s)
	case 1:
		v.readNumber(s, found[0])
	case 2:
		v.readRange(s, found)
	default:
		v.readSeveral(s)
	}
	return v
}

var (
	figures  = regexp.MustCompile(`\d+(?:\.\d+)?`)
	notes    = regexp.MustCompile(`\([^()]*\)`)
	monthly  = regexp.MustCompile(`[每次下当]月(?:的)?\d{1,2}[日号]`) // a day of every month, not a number of days
	labels   = regexp.MustCompile(`PM2\.5|PM10|(?:CO|SO|NO)[2x]|H\dN\d|[2-6]G(?:网络|信号|基站)?|\dA级|GB/?T?\d+`)
	bareYear = regexp.MustCompile(`(?:(?:19|20)\d\d年?[-~至到])?(?:19|20)\d\d年度?(?:全年|内)?`)
)

// withoutNotes drops what stands in brackets beside a value: 90%(含), 95%(57/60).
func withoutNotes(s string) string {
	if bare := notes.ReplaceAllString(s, ""); strings.Trim(bare, blankness) != "" {
		return bare
	}
	return strings.Trim(s, "()")
}

// prefixes and suffixes are comparisons in words, longest first where one
// contains another.
var (
	prefixes = []struct {
		word string
		sign Sign
	}{
		{"不少于", AtLeast}, {"不得少于", AtLeast}, {"不低于", AtLeast}, {"不得低于", AtLeast}, {"不小于", AtLeast}, {"不应少于", AtLeast}, {"不应低于", AtLeast},
		{"大于等于", AtLeast}, {"大于或等于", AtLeast}, {"高于等于", AtLeast}, {"至少", AtLeast}, {"最低", AtLeast}, {"最少", AtLeast},
		{"不超过", AtMost}, {"不得超过", AtMost}, {"不应超过", AtMost}, {"未超过", AtMost}, {"未超", AtMost}, {"不超", AtMost}, {"不高于", AtMost}, {"不得高于", AtMost}, {"不大于", AtMost}, {"不得大于", AtMost}, {"不多于", AtMost},
		{"小于等于", AtMost}, {"小于或等于", AtMost}, {"低于等于", AtMost}, {"最多", AtMost}, {"最高", AtMost}, {"控制在", AtMost}, {"限额", AtMost}, {"上限", AtMost}, {"排名前", AtMost}, {"名列前", AtMost}, {"居前", AtMost}, {"列前", AtMost}, {"±", AtMost},
		{"大于", Above}, {"高于", Above}, {"多于", Above}, {"超过", Above},
		{"小于", Below}, {"低于", Below}, {"少于", Below}, {"不足", Below}, {"等于", Equals},
		{"≥", AtLeast}, {"≤", AtMost}, {">", Above}, {"<", Below}, {"=", Equals},
	}
	suffixes = []struct {
		word string
		sign Sign
	}{
		{"及以上", AtLeast}, {"或以上", AtLeast}, {"以上", AtLeast}, {"之上", AtLeast}, {"起", AtLeast},
		{"及以下", AtMost}, {"或以下", AtMost}, {"以下", AtMost}, {"之下", AtMost}, {"以内", AtMost}, {"之内", AtMost}, {"范围内", AtMost}, {"内", AtMost},
	}
)

// fillers are words before and after a number that do not change what it says.
var fillers = regexp.MustCompile(`实际|目前|超额|圆满|顺利|约|共计|共|合计|总计|累计|总共|分别|均|达到|达|实现|完成率|完成|已|全部|举办|开展|组织|实施|新建|建设|建成|新增|采购|购置|配备|发放|培训|资助|补助|保障|覆盖|设立|提供|增长|提高|提升|增加|下降|降低|减少|较上年|比上年|同比|上年|为|在|每年|年均|全年|年度|当年|月均|平均|人均|每人|每户|户均|亩均|每亩|标准|控制|指标值|目标值|不|到|了|左右|上下|余|多|以|及|的|含|,|;|。|:|、|\.`)

// readNumber reads the one number in s.
func (v *Value) readNumber(s string, at []int) {
	before, rest := s[:at[0]], s[at[1]:]
	mantissa, ok := exact(s[at[0]:at[1]])
	if !ok {
		v.Nature = Words
		return
	}
	before, mantissa = negated(before, mantissa)
	v.Nature, v.mantissa = Number, mantissa
	before = v.takeSign(before)
	after := v.takeUnit(rest)
	after = v.takeSuffix(after)
	v.takePeriod(&before)
	v.Number = new(big.Rat).Set(mantissa)
	if v.scale != nil {
		v.Number.Mul(v.Number, v.scale)
	}
	v.loose = leftover(before) > 0 || leftover(after) > 2
	if v.loose && strings.ContainsAny(before+after, ",;/") {
		v.readSeveral(s) // a clause of its own, and a number in another
	}
}

func leftover(s string) int { return utf8.RuneCountInString(fillers.ReplaceAllString(s, "")) }

// exact reads digits of a size an official table can mean.
func exact(s string) (*big.Rat, bool) {
	if len(s) > 24 {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// negated takes the minus off what stands before a number: -2%, ≥-2%, 增长-2%.
func negated(before string, n *big.Rat) (string, *big.Rat) {
	bare, minus := strings.CutSuffix(before, "-")
	if !minus {
		bare, minus = strings.CutSuffix(before, "负")
	}
	if minus {
		return bare, new(big.Rat).Neg(n)
	}
	return before, n
}

// takeSign takes the comparison out of what stands before the number.
func (v *Value) takeSign(before string) string {
	for _, p := range prefixes {
		if i := strings.LastIndex(before, p.word); i >= 0 {
			v.Sign = p.sign
			return before[:i] + before[i+len(p.word):]
		}
	}
	return before
}

// takeSuffix takes the comparison out of what stands after the unit.
func (v *Value) takeSuffix(after string) string {
	for _, p := range suffixes {
		if rest, ok := strings.CutPrefix(after, p.word); ok {
			if v.Sign == NoSign || v.Sign == Equals {
				v.Sign = p.sign
			}
			return rest
		}
	}
	return after
}

var multipliers = []struct {
	word string
	by   int64
}{{"千万", 1e7}, {"百万", 1e6}, {"十万", 1e5}, {"万", 1e4}, {"亿", 1e8}, {"千", 1000}, {"百", 100}}

// takeUnit takes multiplier and unit off what stands after the number.
func (v *Value) takeUnit(rest string) string {
	rest = strings.TrimLeft(rest, "余多来")
	unit, after := unitOf(rest)
	if unit == "" {
		for _, m := range multipliers {
			tail, ok := strings.CutPrefix(rest, m.word)
			if !ok {
				continue
			}
			name, left := unitOf(strings.TrimLeft(tail, "余多"))
			if m.by < 1e4 && name == "" {
				continue // 千 and 百 are words as well
			}
			v.scale, unit, after = big.NewRat(m.by, 1), name, left
			break
		}
	}
	if unit == "" && v.scale == nil {
		unit, after = unknownUnit(rest)
	}
	if per := compound.FindString(after); per != "" {
		v.per = period(per)
		unit, after = unit+per, after[len(per):]
	}
	v.Unit = unit
	return after
}

var (
	compound = regexp.MustCompile(`^(?:[/每·.]\p{Han}{1,4}|/[A-Za-z]{1,3}\b)(?:[/每·.]\p{Han}{1,4})*`)
	unknown  = regexp.MustCompile(`^[\p{Han}A-Za-z/°℃]{1,4}$`)
	periods  = map[string]int64{"年": 1, "季度": 4, "季": 4, "月": 12, "周": 52, "天": 365, "日": 365}
)

// unknownUnit takes a short word as the unit it must be.
func unknownUnit(rest string) (unit, after string) {
	for _, s := range suffixes {
		if head, ok := strings.CutSuffix(rest, s.word); ok && unknown.MatchString(head) {
			return head, s.word
		}
	}
	if unknown.MatchString(rest) && leftover(rest) > 0 {
		return rest, ""
	}
	return "", rest
}

// period is the period of a frequency such as 次/年.
func period(per string) string {
	name := strings.Trim(per, "/每·.")
	if periods[name] > 0 {
		return name
	}
	return ""
}

var each = regexp.MustCompile(`每(年|个?季度?|个?月|周|天|日)(?:度)?$`)

// takePeriod reads 每月1次 as 1 次/月.
func (v *Value) takePeriod(before *string) {
	if m := each.FindStringSubmatch(*before); m != nil && measureOf(v.Unit).dimension == counting {
		v.per = strings.TrimPrefix(m[1], "个")
		*before = strings.TrimSuffix(*before, m[0])
	}
}

var between = regexp.MustCompile(`^(.{0,12}?)(?:-|~|至|到)$`)

// readRange reads two numbers as the ends of a range, or as two values.
func (v *Value) readRange(s string, found [][]int) {
	m := between.FindStringSubmatch(s[found[0][1]:found[1][0]])
	low, ok := exact(s[found[0][0]:found[0][1]])
	if m == nil || !ok {
		v.readSeveral(s)
		return
	}
	var first Value
	if first.takeUnit(m[1]) != "" {
		v.readSeveral(s)
		return
	}
	v.readNumber(s[:found[0][0]]+s[found[1][0]:], []int{found[0][0], found[0][0] + found[1][1] - found[1][0]})
	if v.Nature != Number {
		return
	}
	v.Nature, v.Upper = Range, v.Number
	v.Number, v.mantissa = low, low
	if scale := first.orScale(v.scale); scale != nil {
		v.Number = new(big.Rat).Mul(low, scale)
	}
	if v.Number.Cmp(v.Upper) > 0 {
		v.readSeveral(s)
	}
}

func (v Value) orScale(other *big.Rat) *big.Rat {
	if v.scale != nil {
		return v.scale
	}
	return other
}

var inequalities = regexp.MustCompile(`[≥≤><](\d+(?:\.\d+)?)\p{Han}{0,2}|\d+(?:\.\d+)?%?以上`)

// readSeveral keeps the inequalities among several values.
func (v *Value) readSeveral(s string) {
	*v = Value{Text: v.Text, Nature: Several, parts: inequalities.FindAllString(s, -1)}
}
