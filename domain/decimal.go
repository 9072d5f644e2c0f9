package domain

import (
	"bytes"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/govalues/decimal"
)

// Decimal is an exact decimal of at most 19 digits: a score, a weight, a rate,
// a printed figure. It compares with ==  only when the scales are equal; use
// [Decimal.Cmp]. In JSON it is a bare number with the digits as written.
type Decimal struct{ d decimal.Decimal }

// ParseDecimal reads a number as JSON and Go write it, in plain ASCII, exactly or
// not at all. What officials print is read by package scoring, not here.
func ParseDecimal(s string) (Decimal, error) {
	if d, ok := parsePlain(s); ok {
		return d, nil
	}
	d, err := decimal.Parse(s)
	if err != nil || d.Scale() != scaleOf(s) {
		return Decimal{}, fmt.Errorf("%q is not a decimal number of at most 19 digits", s)
	}
	return Decimal{d}, nil
}

// parsePlain reads what most decimals are: up to 18 digits, and a point between
// two of them at most. Forms are full of them.
func parsePlain(s string) (Decimal, bool) {
	if len(s) == 0 || len(s) > 19 || s[0] == '.' || s[len(s)-1] == '.' {
		return Decimal{}, false
	}
	coefficient, scale, point := int64(0), 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.' && !point:
			point = true
		case c < '0' || '9' < c || i == 18 && !point:
			return Decimal{}, false
		default:
			coefficient = 10*coefficient + int64(c-'0')
			if point {
				scale++
			}
		}
	}
	d, err := decimal.New(coefficient, scale)
	return Decimal{d}, err == nil
}

// scaleOf counts the digits after the point that s asks for. Where that is not
// what came out, digits were rounded off.
func scaleOf(s string) int {
	mantissa, exponent := s, 0
	if e := strings.IndexAny(s, "eE"); e >= 0 {
		mantissa = s[:e]
		exponent, _ = strconv.Atoi(s[e+1:])
	}
	_, fraction, _ := strings.Cut(mantissa, ".")
	return max(0, len(fraction)-exponent)
}

// MustDecimal is [ParseDecimal] for constants in code and tests. It panics on
// anything else.
func MustDecimal(s string) Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// Int returns n as a decimal.
func Int(n int64) Decimal { return Decimal{decimal.MustNew(n, 0)} }

func (a Decimal) String() string         { return a.d.String() }
func (a Decimal) Append(b []byte) []byte { b, _ = a.d.AppendText(b); return b } // it has no error
func (a Decimal) Cmp(b Decimal) int      { return a.d.Cmp(b.d) }
func (a Decimal) Equal(b Decimal) bool   { return a.d.Cmp(b.d) == 0 }
func (a Decimal) Less(b Decimal) bool    { return a.d.Cmp(b.d) < 0 }
func (a Decimal) Sign() int              { return a.d.Sign() }
func (a Decimal) IsZero() bool           { return a.d.IsZero() }
func (a Decimal) Abs() Decimal           { return Decimal{a.d.Abs()} }
func (a Decimal) Neg() Decimal           { return Decimal{a.d.Neg()} }
func (a Decimal) Trim() Decimal          { return Decimal{a.d.Trim(0)} }
func (a Decimal) Rat() *big.Rat          { r, _ := new(big.Rat).SetString(a.d.String()); return r }
func (a Decimal) Float() float64         { f, _ := a.d.Float64(); return f } // for drawing only
func (a Decimal) Add(b Decimal) Decimal  { return FromRat(new(big.Rat).Add(a.Rat(), b.Rat())) }
func (a Decimal) Sub(b Decimal) Decimal  { return FromRat(new(big.Rat).Sub(a.Rat(), b.Rat())) }

// HalfUp rounds to places digits after the point, a half away from zero, as
// 四舍五入 does.
func (a Decimal) HalfUp(places int) Decimal { return HalfUp(a.Rat(), places) }

// HalfUp rounds an exact fraction to places digits after the point, a half away
// from zero. All scores and rates are computed as fractions and rounded once,
// here. Where the whole part leaves less room in 19 digits the places are fewer;
// beyond 19 digits the answer is the largest Decimal there is, which no honest
// figure reaches.
func HalfUp(r *big.Rat, places int) Decimal {
	for ; places >= 0; places-- {
		if d, err := ParseDecimal(r.FloatString(places)); err == nil {
			return d
		}
	}
	if r.Sign() < 0 {
		return largest.Neg()
	}
	return largest
}

var largest = MustDecimal("9999999999999999999")

// FromRat returns r with up to 12 digits after the point, trailing zeros cut.
// Sums and differences of printed figures are exact in it.
func FromRat(r *big.Rat) Decimal { return HalfUp(r, 12).Trim() }

func (a Decimal) MarshalJSON() ([]byte, error) { return []byte(a.d.String()), nil }

func (a *Decimal) UnmarshalJSON(data []byte) (err error) {
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	*a, err = ParseDecimal(string(data))
	return err
}
