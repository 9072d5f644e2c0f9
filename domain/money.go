package domain

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Money is an amount of yuan in 分 (1 元 = 100 分). In JSON it is that integer.
type Money int64

// Units of money as officials print them, in 分.
const (
	Yuan    Money = 100
	WanYuan Money = 10_000 * Yuan
	YiYuan  Money = 10_000 * WanYuan
)

// MaxMoney (一千万亿元) is the most a budget, or the payments of a year, may
// come to: far beyond any budget, and far below where sums would overflow.
const MaxMoney = 10_000_000 * YiYuan

// MoneyUnit returns the unit an official form names in its head: 元, 万元 or 亿元.
func MoneyUnit(name string) (Money, error) {
	switch strings.TrimSpace(name) {
	case "元":
		return Yuan, nil
	case "万元", "万":
		return WanYuan, nil
	case "亿元", "亿":
		return YiYuan, nil
	}
	return 0, Refusal{Code: "money.unknown-unit", Reason: fmt.Sprintf("金额单位“%s”不是元、万元或亿元", name)}
}

// ParseMoney reads an amount as officials write it: "25", "1,234.56", "６.８４",
// "25.00万元", "−3.45 万元". An amount without a unit of its own is in unit. It
// refuses fractions of a 分 and amounts beyond ±92 千万亿元.
func ParseMoney(s string, unit Money) (Money, error) {
	text := narrow(s)
	for _, u := range []struct {
		suffix string
		unit   Money
	}{{"亿元", YiYuan}, {"万元", WanYuan}, {"元", Yuan}, {"亿", YiYuan}, {"万", WanYuan}} {
		if rest, ok := strings.CutSuffix(text, u.suffix); ok {
			text, unit = rest, u.unit
			break
		}
	}
	d, err := ParseDecimal(text)
	if err != nil || strings.ContainsAny(text, "eE") { // nobody writes money with an exponent
		return 0, Refusal{Code: "money.malformed", Reason: fmt.Sprintf("“%s”不是金额", s)}
	}
	return MoneyFrom(d, unit)
}

// MoneyFrom returns amount × unit, or a [Refusal] where that is no whole 分.
func MoneyFrom(amount Decimal, unit Money) (Money, error) {
	fen := new(big.Rat).Mul(amount.Rat(), new(big.Rat).SetInt64(int64(unit)))
	switch {
	case !fen.IsInt():
		return 0, Refusal{Code: "money.below-a-fen", Reason: fmt.Sprintf("%s 不足一分的部分无法记账", amount)}
	case !fen.Num().IsInt64():
		return 0, Refusal{Code: "money.too-large", Reason: fmt.Sprintf("%s 超出可记金额", amount)}
	}
	return Money(fen.Num().Int64()), nil
}

// narrow turns full-width digits and signs into ASCII and drops blanks and
// thousands commas.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ',' || r == '，' || r == ' ' || r == '\u00a0' || r == '\u3000' || r == '\t':
			return -1
		case r == '−' || r == '－':
			return '-'
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		}
		return r
	}, s)
}

// In returns m as an exact decimal count of unit.
func (m Money) In(unit Money) Decimal {
	return FromRat(big.NewRat(int64(m), int64(unit)))
}

// Format returns m in unit with two decimals (half-up) and thousands commas, as
// tables print it: 1,234.57. Minus is −.
func (m Money) Format(unit Money) string {
	whole, fraction := m.digits(unit)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if m < 0 && strings.Trim(whole+fraction, "0,") != "" {
		whole = "−" + whole
	}
	return whole + "." + fraction
}

// digits are the whole part and two decimals of m in unit, half-up, without sign.
// Tables are full of them, so the units there are take whole numbers only.
func (m Money) digits(unit Money) (whole, fraction string) {
	if unit <= 0 || unit%100 != 0 {
		whole, fraction, _ = strings.Cut(HalfUp(big.NewRat(int64(m), int64(unit)), 2).Abs().String(), ".")
		return whole, fraction
	}
	fen, step := uint64(m), uint64(unit)/100
	if m < 0 {
		fen = -fen
	}
	hundredths := (fen + step/2) / step
	return strconv.FormatUint(hundredths/100, 10), strconv.FormatUint(100+hundredths%100, 10)[1:]
}

// Wan is Format in 万元, the unit of official budget tables.
func (m Money) Wan() string { return m.Format(WanYuan) }

// Exact returns m in 元 with 分, such as 215,457.60, for workings.
func (m Money) Exact() string { return m.Format(Yuan) }
