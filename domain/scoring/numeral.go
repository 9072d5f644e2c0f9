package scoring

import (
	"math/big"
	"strings"
)

const numerals = "零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟"

var digits = map[rune]int64{
	'零': 0, '〇': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9,
	'壹': 1, '贰': 2, '叁': 3, '肆': 4, '伍': 5, '陆': 6, '柒': 7, '捌': 8, '玖': 9,
}

var powers = map[rune]int64{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000, '万': 10_000, '亿': 100_000_000}

// numeral reads 十二, 两百零五, 壹, 三万 and 二〇二二. It reads nothing without a
// digit or a leading 十, nor more than a few characters: 万 and 千 alone are
// parts of words.
func numeral(s string) (*big.Rat, bool) {
	runes := []rune(s)
	if len(runes) == 0 || len(runes) > 12 || !strings.ContainsRune("零〇一二两三四五六七八九十拾壹贰叁肆伍陆柒捌玖", runes[0]) {
		return nil, false
	}
	if len(runes) > 1 && strings.IndexFunc(s, isPower) < 0 {
		return positional(runes)
	}
	var total, section, digit int64
	for _, r := range runes {
		power, isPower := powers[r]
		switch {
		case !isPower:
			d, ok := digits[r]
			if !ok || digit > 0 { // 十四五 is a plan, not a number
				return nil, false
			}
			digit = d
		case power >= 10_000:
			total, section, digit = (total+section+digit)*power, 0, 0
		default:
			section, digit = section+max(digit, 1)*power, 0
		}
	}
	return big.NewRat(total+section+digit, 1), true
}

func isPower(r rune) bool { return powers[r] != 0 }

// positional reads digits in their places: 二〇二二.
func positional(runes []rune) (*big.Rat, bool) {
	var n int64
	for _, r := range runes {
		d, ok := digits[r]
		if !ok {
			return nil, false
		}
		n = n*10 + d
	}
	return big.NewRat(n, 1), true
}
