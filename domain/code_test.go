package domain_test

import (
	"strings"
	"testing"

	. "wenxiao/domain"
)

func TestCodes(t *testing.T) {
	for _, good := range []string{"1", "101", "101001", "101001001", "finance", "stadium-2022", strings.Repeat("a", 48)} {
		if err := UnitCode(good).Check(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
		if err := ProgrammeCode(good).Check(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "-1", "1-", "A", "a b", "a/b", "../a", "体育局", "a\n", strings.Repeat("a", 49)} {
		if err := UnitCode(bad).Check(); refusal(err) != "unit.malformed-code" {
			t.Errorf("%q: %v", bad, err)
		}
		if err := ProgrammeCode(bad).Check(); refusal(err) != "programme.malformed-code" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// The first code is the example of GB 32100-2015; the others are its damage.
func TestCreditCode(t *testing.T) {
	const good = "91350100M000100Y43"
	if err := CreditCode(good).Check(); err != nil {
		t.Errorf("%s: %v", good, err)
	}
	for _, bad := range []CreditCode{
		"", "91350100M000100Y4", "91350100M000100Y44", "91350100M000100Y4I", "91350100I000100Y43", "91350100m000100y43",
		"19350100M000100Y43", "预算单位编码", // six characters are eighteen bytes
	} {
		if err := bad.Check(); refusal(err) != "unit.malformed-credit-code" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestCreditCodeCatchesSlips: every single wrong digit is found.
func TestCreditCodeCatchesSlips(t *testing.T) {
	const good, alphabet = "91350100M000100Y43", "0123456789ABCDEFGHJKLMNPQRTUWXY"
	for i := range good {
		for _, r := range alphabet {
			slip := good[:i] + string(r) + good[i+1:]
			if err := CreditCode(slip).Check(); (err == nil) != (slip == good) {
				t.Errorf("%s: %v", slip, err)
			}
		}
	}
}
