package domain

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

func ratio(a, b int64) *big.Rat { return big.NewRat(a, b) }

// UnitCode names a unit in streams and addresses: a 预算单位编码 (3, 6 or 9
// digits by level of subordination, as the finance bureau assigns it) or any
// other short code of lower-case letters, digits and hyphens.
type UnitCode string

// ProgrammeCode names a programme in streams and addresses.
type ProgrammeCode string

// code forbids '-' at the ends and everything that would need escaping in a
// stream name, a path or a file name.
var code = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$`)

// Check refuses a malformed unit code.
func (c UnitCode) Check() error {
	if !code.MatchString(string(c)) {
		return Refusal{Code: "unit.malformed-code", Field: "/code", Reason: fmt.Sprintf("单位编码“%s”应为 1—48 位小写字母、数字或连字符", string(c))}
	}
	return nil
}

// Check refuses a malformed programme code.
func (c ProgrammeCode) Check() error {
	if !code.MatchString(string(c)) {
		return Refusal{Code: "programme.malformed-code", Field: "/code", Reason: fmt.Sprintf("项目编码“%s”应为 1—48 位小写字母、数字或连字符", string(c))}
	}
	return nil
}

// CreditCode is a 统一社会信用代码 (GB 32100-2015).
type CreditCode string

// Check refuses a code of the wrong length or alphabet, or whose check digit is
// wrong (GB 32100-2015, 5.5).
func (c CreditCode) Check() error {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	refuse := func(why string) error {
		return Refusal{Code: "unit.malformed-credit-code", Field: "/creditCode", Reason: fmt.Sprintf("统一社会信用代码“%s”%s", string(c), why), Basis: "GB 32100-2015"}
	}
	if len(c) != 18 {
		return refuse("不是 18 位")
	}
	sum, weight := 0, 1
	for i, r := range string(c) {
		v := strings.IndexRune(alphabet, r)
		if v < 0 {
			return refuse(fmt.Sprintf("第 %d 位不是允许的字符", i+1))
		}
		if i < 17 {
			sum += v * weight
			weight = weight * 3 % 31
		}
	}
	if want := alphabet[(31-sum%31)%31]; c[17] != want {
		return refuse(fmt.Sprintf("校验位应为 %c", want))
	}
	return nil
}
