package domain_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	. "wenxiao/domain"
)

func TestParseMoney(t *testing.T) {
	for text, want := range map[string]Money{
		"25": 25 * WanYuan, "25.00": 25 * WanYuan, "1,234.56": 123456 * 100 * Yuan, "６.８４": 68_400 * Yuan,
		"25.00万元": 25 * WanYuan, "−3.45 万元": -34_500 * Yuan, "－１，２３４．５": -1234_5 * 1000 * Yuan, "215457.60元": 21545760,
		"1亿": YiYuan, "1.5 亿元": 15_000 * WanYuan, "0.001": 10 * Yuan, "2万": 2 * WanYuan, "+5": 5 * WanYuan, "0": 0,
		"　7　": 7 * WanYuan,
	} {
		got, err := ParseMoney(text, WanYuan)
		if err != nil || got != want {
			t.Errorf("%q read as %d, %v; want %d", text, got, err, want)
		}
	}
	for text, code := range map[string]string{
		"": "money.malformed", "万元": "money.malformed", "—": "money.malformed", "1.2.3": "money.malformed", "1e3": "money.malformed",
		"两万": "money.malformed", "25%": "money.malformed", "0.0000001": "money.below-a-fen", "999999999999999": "money.too-large",
	} {
		if got, err := ParseMoney(text, WanYuan); refusal(err) != code {
			t.Errorf("%q read as %d, %v; want %s", text, got, err, code)
		}
	}
}

func TestMoneyUnit(t *testing.T) {
	for name, want := range map[string]Money{"元": Yuan, "万元": WanYuan, " 万元 ": WanYuan, "亿元": YiYuan, "万": WanYuan, "亿": YiYuan} {
		if got, err := MoneyUnit(name); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", name, got, err, want)
		}
	}
	if _, err := MoneyUnit("美元"); refusal(err) != "money.unknown-unit" {
		t.Errorf("美元: %v", err)
	}
}

func TestMoneyFormat(t *testing.T) {
	for _, tt := range []struct {
		amount Money
		unit   Money
		want   string
	}{
		{123456700, WanYuan, "123.46"},
		{123_456_789_00, Yuan, "123,456,789.00"},
		{21545760, Yuan, "215,457.60"},
		{0, WanYuan, "0.00"},
		{-25 * WanYuan, WanYuan, "−25.00"},
		{-1, WanYuan, "0.00"},
		{-50_00, WanYuan, "−0.01"},
		{50_00, WanYuan, "0.01"},
		{99_999_950_00, WanYuan, "10,000.00"},
		{math.MaxInt64, Yuan, "92,233,720,368,547,758.07"},
		{math.MinInt64, YiYuan, "−922,337,203.69"},
	} {
		if got := tt.amount.Format(tt.unit); got != tt.want {
			t.Errorf("%d in %d prints as %s, want %s", tt.amount, tt.unit, got, tt.want)
		}
	}
	if m := Money(21545760); m.Wan() != "21.55" || m.Exact() != "215,457.60" || m.In(WanYuan).String() != "21.54576" {
		t.Errorf("%s, %s, %s", m.Wan(), m.Exact(), m.In(WanYuan))
	}
}

// TestMoneyLaws: an amount printed in any unit reads back as the same amount,
// the exact count of a unit is exact, and what is printed is that rounded.
func TestMoneyLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Money(rapid.Int64Range(-int64(MaxMoney), int64(MaxMoney)).Draw(t, "fen"))
		if got, err := ParseMoney(m.Exact(), Yuan); err != nil || got != m {
			t.Errorf("%d printed as %s reads as %d, %v", m, m.Exact(), got, err)
		}
		unit := rapid.SampledFrom([]Money{Yuan, WanYuan, YiYuan}).Draw(t, "unit")
		if got, err := MoneyFrom(m.In(unit), unit); err != nil || got != m {
			t.Errorf("%d is %s of %d, and that is %d, %v", m, m.In(unit), unit, got, err)
		}
		printed := strings.NewReplacer(",", "", "−", "-").Replace(m.Format(unit))
		if got := MustDecimal(printed); !got.Equal(m.In(unit).HalfUp(2)) {
			t.Errorf("%d in %d prints as %s, want %s", m, unit, printed, m.In(unit).HalfUp(2))
		}
	})
}

func FuzzParseMoney(f *testing.F) {
	for _, seed := range []string{"25.00万元", "−3.45", "１，２３４", "1亿", "99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMoney(s, Yuan)
		if err != nil {
			if refusal(err) == "" {
				t.Errorf("%q: %v is no refusal", s, err)
			}
			return
		}
		if again, err := ParseMoney(m.Exact(), Yuan); err != nil || again != m {
			t.Errorf("%q read as %d, printed as %s, read again as %d, %v", s, m, m.Exact(), again, err)
		}
	})
}

// refusal returns the code of the refusal err is, or "".
func refusal(err error) string {
	var no Refusal
	errors.As(err, &no)
	return no.Code
}
