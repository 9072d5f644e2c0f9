package domain_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	. "wenxiao/domain"
)

func TestParseDecimal(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "12": "12", "1.50": "1.50", "+5": "5", "-3.45": "-3.45", ".5": "0.5", "5.": "5", "00012": "12",
		"1e3": "1000", "1.50E1": "15.0", "15e-1": "1.5", "1e+0": "1",
		"9999999999999999999": "9999999999999999999",
	} {
		got, err := ParseDecimal(text)
		if err != nil || got.String() != want {
			t.Errorf("%q read as %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "-", ".", "1e", "1e20", "1e-20", "1e999999999999999999999", "1.2e-19", " 1", "1 ", "1_0", "１", "1,234", "0x10", "Inf", "NaN",
		"12345678901234567890",      // twenty digits
		"0.12345678901234567890123", // would be rounded
		"9999999999999999999.5",
	} {
		if got, err := ParseDecimal(text); err == nil {
			t.Errorf("%q read as %s, want an error", text, got)
		}
	}
}

func TestMustDecimalPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a constant that is no number passed")
		}
	}()
	MustDecimal("twelve")
}

func TestHalfUp(t *testing.T) {
	for _, tt := range []struct {
		value  string
		places int
		want   string
	}{
		{"2.675", 2, "2.68"},
		{"-2.675", 2, "-2.68"},
		{"2.674", 2, "2.67"},
		{"0.125", 2, "0.13"},
		{"1.5", 0, "2"},
		{"2.5", 0, "3"},
		{"-0.004", 2, "0.00"},
		{"7", 2, "7.00"},
	} {
		if got := MustDecimal(tt.value).HalfUp(tt.places); got.String() != tt.want {
			t.Errorf("%s to %d places is %s, want %s", tt.value, tt.places, got, tt.want)
		}
	}
}

// TestHalfUpBeyondRange proves that no input can make rounding panic.
func TestHalfUpBeyondRange(t *testing.T) {
	huge := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(40), nil))
	for _, tt := range []struct {
		value *big.Rat
		want  string
	}{
		{huge, "9999999999999999999"},
		{new(big.Rat).Neg(huge), "-9999999999999999999"},
		{big.NewRat(9e18, 1), "9000000000000000000"},
		{big.NewRat(12345678901234565, 100000), "123456789012.3457"},
	} {
		if got := HalfUp(tt.value, 4); got.Trim().String() != tt.want {
			t.Errorf("%s rounds to %s, want %s", tt.value.FloatString(5), got, tt.want)
		}
	}
	most := MustDecimal("9999999999999999999")
	if got := most.Add(most); !got.Equal(most) {
		t.Errorf("the sum beyond the range is %s", got)
	}
}

func TestDecimalArithmetic(t *testing.T) {
	a, b := MustDecimal("90"), MustDecimal("0.10")
	for name, pair := range map[string][2]string{
		"sum": {a.Add(b).String(), "90.1"}, "difference": {a.Sub(b).String(), "89.9"}, "abs": {b.Sub(a).Abs().String(), "89.9"},
		"neg": {b.Neg().String(), "-0.10"}, "trim": {b.Trim().String(), "0.1"}, "int": {Int(-7).String(), "-7"}, "zero": {Decimal{}.String(), "0"},
		"third": {FromRat(big.NewRat(1, 3)).String(), "0.333333333333"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %s, want %s", name, pair[0], pair[1])
		}
	}
	if !b.Less(a) || a.Less(a) || b.Sign() != 1 || !(Decimal{}).IsZero() || !MustDecimal("1.0").Equal(Int(1)) || b.Float() != 0.1 {
		t.Error("comparison is wrong")
	}
}

func TestDecimalJSON(t *testing.T) {
	var form struct {
		Score  *Decimal `json:"score"`
		Weight *Decimal `json:"weight"`
	}
	const text = `{"score":8.620,"weight":null}`
	if err := json.Unmarshal([]byte(text), &form); err != nil {
		t.Fatal(err)
	}
	if got, _ := json.Marshal(form); string(got) != text {
		t.Errorf("%s came back as %s", text, got)
	}
	for _, bad := range []string{`"5"`, `1e200`, `12345678901234567890`, `0.12345678901234567890123`, `[]`, `true`} {
		if err := json.Unmarshal([]byte(bad), new(Decimal)); err == nil {
			t.Errorf("%s was read as a decimal", bad)
		}
	}
}

// TestDecimalLaws checks addition and rounding against exact fractions.
func TestDecimalLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		figure := rapid.Custom(func(t *rapid.T) Decimal {
			whole, part := rapid.Int64Range(-1e9, 1e9).Draw(t, "whole"), rapid.Int64Range(0, 9999).Draw(t, "part")
			return FromRat(new(big.Rat).Add(big.NewRat(whole, 1), big.NewRat(part, 10000)))
		})
		a, b := figure.Draw(t, "a"), figure.Draw(t, "b")
		if got, want := a.Add(b).Rat(), new(big.Rat).Add(a.Rat(), b.Rat()); got.Cmp(want) != 0 {
			t.Errorf("%s + %s = %s", a, b, got)
		}
		if !a.Add(b).Sub(b).Equal(a) {
			t.Errorf("%s + %s − %s is not %s", a, b, b, a)
		}
		rounded := a.HalfUp(2)
		apart := new(big.Rat).Sub(a.Rat(), rounded.Rat())
		if apart.Abs(apart).Cmp(big.NewRat(1, 200)) > 0 {
			t.Errorf("%s rounds to %s", a, rounded)
		}
		if a.Sign() > 0 && apart.Cmp(big.NewRat(1, 200)) == 0 && rounded.Less(a) {
			t.Errorf("the half in %s went down to %s", a, rounded)
		}
	})
}

func FuzzParseDecimal(f *testing.F) {
	for _, seed := range []string{"1.50", "-0", "1e9", "9999999999999999999.9", strings.Repeat("0", 40) + "1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDecimal(s)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok || d.Rat().Cmp(want) != 0 {
			t.Errorf("%q read as %s", s, d)
		}
	})
}

// TestParseDecimalPlain holds plain decimals against what is read the long way.
func TestParseDecimalPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`-?[0-9]{0,20}(\.[0-9]{0,20})?`).Draw(t, "decimal")
		plain, err := ParseDecimal(s)
		long, wrong := ParseDecimal(s + "E0")
		if plain != long || (err == nil) != (wrong == nil) {
			t.Fatalf("%q read as %v, %v; the long way %v, %v", s, plain, err, long, wrong)
		}
	})
}
