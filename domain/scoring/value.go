package scoring

import "math/big"

// A Nature is what kind of value a cell holds.
type Nature string

const (
	Blank   Nature = "空"    // nothing, or a dash
	Absent  Nature = "不适用"  // 无, 不适用, 不涉及
	Number  Nature = "定量"   // one comparable number
	Range   Nature = "区间"   // 90%-95%
	Date    Nature = "日期"   // 2021年12月31日, 9月前
	YesNo   Nature = "是否"   // 是, 已完成, 未通过
	Words   Nature = "定性"   // 显著提升
	Several Nature = "不止一值" // 完成1部宣传片,2套方案
)

// A Sign is the comparison a cell prints.
type Sign string

const (
	NoSign  Sign = ""
	AtLeast Sign = "≥"
	Above   Sign = ">"
	Equals  Sign = "="
	AtMost  Sign = "≤"
	Below   Sign = "<"
)

// inequality reports whether the sign leaves the value open to one side.
func (s Sign) inequality() bool { return s != NoSign && s != Equals }

// A Value is a printed cell, read. Numbers are exact.
type Value struct {
	Text   string // as printed
	Nature Nature
	Sign   Sign
	// Number is the value, or the lower end of a range, with multipliers such as
	// 万 in it: 30万人次 is 300000 of 人次. Nil unless Nature is Number or Range.
	Number *big.Rat
	Upper  *big.Rat // the upper end of a range
	Unit   string   // 人, %, 元, 次/年; "" where none is printed
	Day    Moment   // when Nature is Date
	Yes    bool     // when Nature is YesNo

	mantissa *big.Rat // Number without its multiplier
	scale    *big.Rat // the multiplier; nil where none is printed
	per      string   // 年, 月, … of a frequency
	loose    bool     // the number stands among words that may mean something else
	parts    []string // inequalities within Several
}
