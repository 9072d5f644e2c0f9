package scoring

import (
	"regexp"
	"strings"
)

// readWords reads a cell without figures.
func (v *Value) readWords(s string) {
	switch {
	case denied.MatchString(s):
		v.Nature = YesNo
	case affirmed.MatchString(s):
		v.Nature, v.Yes = YesNo, true
	default:
		v.Nature = Words
	}
}

var (
	affirmed = regexp.MustCompile(`^(?:是|有|√|✓|☑|(?:已|均|都|全部|全面|按时|按期|按计划|如期|及时|圆满|顺利)*(?:完成|达成|达到|实现|达标|通过|合格|落实)了?)[。.;,!]?$`)
	denied   = regexp.MustCompile(`^(?:否|没有|不是|(?:未|没有?|尚未|还未|不)(?:按时|按期|全部|全面)?(?:完成|达成|达到|实现|达标|通过|合格|落实|实施|开展|执行|启动|建成))[。.;,!]?$`)
)

// A verdict is what words say about a target in words.
type verdict int

const (
	unclear verdict = iota
	met
	partly
	unmet
)

var (
	meets = regexp.MustCompile(`^(?:已|均|都|全部|全面|按时|按期|按计划|按要求|如期|及时|圆满|顺利|基本)*(?:完成|达成|达到|实现|达标|通过|合格|落实|执行|符合|满足)(?:了|预期|年度|年初|既定|绩效|工作|计划|目标|指标|任务|要求|值|率|设定|的|各项|全部)*$`)
	half  = regexp.MustCompile(`部分(?:完成|达成|达到|实现|达标|落实|通过|合格)|未全部|未完全|没有全部|大部分(?:完成|达成|实现)`)
	fails = regexp.MustCompile(`未完成|未达|未实现|未实施|未开展|未执行|未建成|未启动|未开工|未通过|未落实|不合格|不达标|没有完成|没有达到|尚未|还未|无法完成|建设中|在建|施工中|实施中|进行中|推进中|正在(?:建设|实施|推进|进行|办理|施工)|滞后|^否$|取消实施|暂缓实施|项目取消`)
	basic = regexp.MustCompile(`基本`)
)

// judge compares an actual in words with its target. Only plain words are
// judged; 有所提升 against 显著提升 stays unclear.
func judge(target, actual Value) verdict {
	t, a := plain(target.Text), plain(actual.Text)
	switch {
	case a == "":
		return unclear
	case t == a:
		return met
	case half.MatchString(a):
		return partly
	case fails.MatchString(a) && !fails.MatchString(t):
		return unmet
	case target.Nature == YesNo && actual.Nature == YesNo && target.Yes == actual.Yes:
		return met
	case meets.MatchString(a) && !basic.MatchString(a):
		return met
	case a == "是" && !strings.HasPrefix(t, "否"):
		return met
	}
	return unclear
}

var punctuation = regexp.MustCompile(`[\s,;:。、.!?()"'~·-]|^指标值?\d*`)

// plain is text without what carries no meaning, to tell a copy from an answer.
func plain(s string) string { return punctuation.ReplaceAllString(normal(s), "") }

var (
	hundredths = regexp.MustCompile(`百分之([` + numerals + `]+)(?:点([` + numerals + `]+))?`)
	tenths     = regexp.MustCompile(`([一二三四五六七八九])成([一二三四五六七八九半])?(以上|左右)?$`)
	lead       = regexp.MustCompile(`^(?:` + leads() + `|约|共计|共|完成|达到|举办|开展|组织|新建|建设|采购|发放|每年|每季度|每月|每周|全年|≥|≤|>|<|=)*`)
	run        = regexp.MustCompile(`^[` + numerals + `]+`)
)

func leads() string {
	var words []string
	for _, p := range prefixes {
		words = append(words, regexp.QuoteMeta(p.word))
	}
	return strings.Join(words, "|")
}

// worded turns a number in Chinese characters into digits where it is one:
// 百分之九十五, 九成, 三次, 不少于十二种. 一般 and 一致 stay words.
func worded(s string) string {
	s = hundredths.ReplaceAllStringFunc(s, func(m string) string {
		parts := hundredths.FindStringSubmatch(m)
		whole, ok := numeral(parts[1])
		if !ok {
			return m
		}
		text := whole.RatString()
		if parts[2] != "" {
			fraction, ok := numeral(parts[2])
			if !ok {
				return m
			}
			text += "." + fraction.RatString()
		}
		return text + "%"
	})
	if figures.MatchString(s) {
		return s
	}
	if m := tenths.FindStringSubmatch(s); m != nil {
		if n, ok := numeral(m[1] + strings.Replace(m[2], "半", "五", 1)); ok && m[2] != "" {
			return strings.TrimSuffix(s, m[0]) + n.RatString() + "%" + m[3]
		} else if ok {
			return strings.TrimSuffix(s, m[0]) + n.RatString() + "0%" + m[3]
		}
	}
	return countedInWords(s)
}

// countedInWords replaces a leading numeral that a measure word follows, and
// nothing else does: 一户一策, 一次通过 and 两个维护 stay words.
func countedInWords(s string) string {
	front := lead.FindString(s)
	word := run.FindString(s[len(front):])
	n, ok := numeral(word)
	if !ok {
		return s
	}
	rest := s[len(front)+len(word):]
	unit, after := unitOf(rest)
	var v Value
	if rest != "" && (unit == "" || ordinal[unit] || strings.HasPrefix(s, "十分") || leftover(v.takeSuffix(after)) > 0) {
		return s
	}
	return front + n.RatString() + rest
}

// ordinal units count grades, not things: 二级, 三类.
var ordinal = map[string]bool{"级": true, "类": true, "届": true, "度": true}
