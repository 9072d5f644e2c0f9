package scoring

import (
	"regexp"
	"strings"
)

// normal turns what printers, typists and scanners make of a cell into one way
// of writing: ASCII digits and brackets, ≥ ≤ = > < for all their cousins, no
// blanks, no commas between thousands.
func normal(s string) string {
	s = strings.Map(narrow, s)
	s = signs.Replace(s)
	s = label.ReplaceAllString(s, "")
	if !strings.ContainsAny(s, "0123456789") { // most cells are words, and all that follows is about digits
		return s
	}
	for _, r := range repairs {
		if strings.ContainsAny(s, r.needs) {
			s = r.pattern.ReplaceAllString(s, r.with)
		}
	}
	if !strings.Contains(s, ",") {
		return s
	}
	return thousands.ReplaceAllStringFunc(s, func(n string) string { return strings.ReplaceAll(n, ",", "") })
}

func narrow(r rune) rune {
	switch r {
	case ' ', '\u00a0', '\u3000', '\t', '\n', '\r', '\u200b', '\ufeff', '★', '☆', '▲', '"', '“', '”':
		return -1
	case '−', '﹣', '‐', '‑', '‒':
		return '-'
	case '–', '—', '―', '～', '∼', '〜':
		return '~'
	case '．':
		return '.'
	case '*', '＊':
		return '×'
	case '，', '﹐':
		return ','
	case '；', '﹔':
		return ';'
	case '％', '﹪':
		return '%'
	case '【', '〔', '［', '（':
		return '('
	case '】', '〕', '］', '）':
		return ')'
	}
	if r >= '！' && r <= '～' {
		return r - '！' + '!'
	}
	return r
}

var signs = strings.NewReplacer(
	">=", "≥", "=>", "≥", "≧", "≥", "⩾", "≥", "≽", "≥", "⪰", "≥", "≮", "≥", "》=", "≥", "〉=", "≥", "≥=", "≥",
	"<=", "≤", "=<", "≤", "≦", "≤", "⩽", "≤", "≼", "≤", "⪯", "≤", "≯", "≤", "《=", "≤", "〈=", "≤", "≤=", "≤",
	"═", "=", "﹦", "=", "﹥", ">", "〉", ">", "﹤", "<", "〈", "<", "≫", ">", "≪", "<", "≌", "=", "≈", "约",
	"㎡", "平方米", "m²", "平方米", "平米", "平方米", "㎥", "立方米", "m³", "立方米", "㎞", "km", "㎏", "kg",
	"百分之百", "100%", "百分百", "100%", "百分比", "%", "万㎡", "万平方米",
)

// label is the number a form gives a row: 指标1:.
var label = regexp.MustCompile(`^指标(?:值)?\d{0,2}[:、]`)

// repairs put right what scanners make of digits, and words that are numbers. No
// pattern matches without one of the characters it needs: few cells have any, and
// looking for them is quick.
var repairs = []struct {
	needs   string
	pattern *regexp.Regexp
	with    string
}{
	{"》", regexp.MustCompile(`^》(\d)`), "≥$1"},
	{"《", regexp.MustCompile(`^《(\d)`), "≤$1"},
	{"N", regexp.MustCompile(`^N(\d+(?:\.\d+)?[%‰]?\p{Han}{0,3})$`), "≥$1"},
	{"W", regexp.MustCompile(`^W(\d+(?:\.\d+)?[%‰]?\p{Han}{0,3})$`), "≤$1"},
	{"≥≤=<>", regexp.MustCompile(`([≥≤=<>])[≥≤=<>]+`), "$1"},
	{"Oo〇", regexp.MustCompile(`(\d)[Oo〇]{2}`), "${1}00"},
	{"Oo", regexp.MustCompile(`(\d)[Oo]([\d%.])`), "${1}0$2"},
	{"lI|", regexp.MustCompile(`(^|[≥≤=<>])[lI|](\d)`), "${1}1$2"},
	{"。·", regexp.MustCompile(`(\d)[。·](\d+%)`), "$1.$2"},
	{"百", regexp.MustCompile(`百分之(\d+(?:\.\d+)?)`), "$1%"},
	{"千", regexp.MustCompile(`千分之(\d+(?:\.\d+)?)`), "$1‰"},
	{"mM", regexp.MustCompile(`(\d万?)[mM]2`), "${1}平方米"},
	{"mM", regexp.MustCompile(`(\d万?)[mM]3`), "${1}立方米"},
	{".", regexp.MustCompile(`(^|[≥≤=<>])\.(\d)`), "${1}0.$2"},
	{"%", regexp.MustCompile(`个%`), "个百分点"},
}

// thousands is digits in groups of three; more or fewer digits make a list.
var thousands = regexp.MustCompile(`\b\d{1,3}(?:,\d{3})+\b`)

// blankness is what forms fill an empty cell with.
const blankness = "-~_/\\.·`'"

var notApplicable = regexp.MustCompile(`^(?:无|暂无|无此项|不适用|不涉及|未涉及|不考核|不需要|N/?A|n/?a|nil)[。.;]?$`)
