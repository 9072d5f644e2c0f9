package published

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"wenxiao/domain"
)

// A reader walks decoded JSON and gathers what it must refuse, each with the
// place it stands at.
type reader struct{ refusals []domain.Refusal }

// refuse notes what is wrong at a place. Twenty are enough for anyone.
func (r *reader) refuse(at, code, format string, args ...any) {
	if len(r.refusals) < 20 {
		r.refusals = append(r.refusals, domain.Refusal{Code: code, Reason: place(at) + fmt.Sprintf(format, args...), Field: at})
	}
}

func place(at string) string {
	if at == "" {
		return ""
	}
	return at + " "
}

func (r *reader) wrongType(at, want string, v any) {
	r.refuse(at, "table.wrong-type", "应为%s，却是%s", want, typeName(v))
}

func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return " null"
	case string:
		return fmt.Sprintf("文字“%s”", short(v))
	case json.Number:
		return "数 " + v.String()
	case bool:
		return fmt.Sprintf(" %t", v)
	case []any:
		return "列表"
	}
	return "对象"
}

func short(s string) string {
	if runes := []rune(s); len(runes) > 30 {
		return string(runes[:30]) + "…"
	}
	return s
}

func (r *reader) object(at string, v any) (map[string]any, bool) {
	o, ok := v.(map[string]any)
	if !ok {
		r.wrongType(at, "对象", v)
	}
	return o, ok
}

// optional is an object that may be absent.
func (r *reader) optional(at string, v any) (map[string]any, bool) {
	if v == nil {
		return nil, false
	}
	return r.object(at, v)
}

func (r *reader) list(at string, v any) []any {
	list, ok := v.([]any)
	if !ok && v != nil {
		r.wrongType(at, "列表", v)
	}
	return list
}

// text reads a cell that is kept as printed. Numbers are texts too.
func (r *reader) text(at string, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "是"
		}
		return "否"
	}
	r.wrongType(at, "文字", v)
	return ""
}

// texts reads a list of texts, or one.
func (r *reader) texts(at string, v any) (texts []string) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for i, item := range list {
		if text := r.text(fmt.Sprintf("%s/%d", at, i), item); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

func (r *reader) yes(at string, v any, missing bool) bool {
	switch v := v.(type) {
	case nil:
		return missing
	case bool:
		return v
	case string:
		if yes, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(v))); err == nil {
			return yes
		}
	}
	r.wrongType(at, " true 或 false", v)
	return missing
}

var yearDigits = regexp.MustCompile(`(?:19|20)\d\d`)

// year reads 2022, "2022" and "2022年度"; anything else is no year.
func (r *reader) year(at string, v any) domain.FiscalYear {
	n, _ := strconv.Atoi(yearDigits.FindString(narrow(r.text(at, v))))
	return domain.FiscalYear(n)
}

// number reads a weight or a score: 10, "10", "10分", "100.00%", "—".
func (r *reader) number(at string, v any) *domain.Decimal {
	text, ok := r.figure(at, v)
	if !ok {
		return nil
	}
	for _, unit := range []string{"分", "%"} {
		text = strings.TrimSuffix(text, unit)
	}
	return r.decimal(at, text, v)
}

var moneyUnits = []string{"亿元", "万元", "元", "亿", "万"}

// amount reads money in unit. One that names its own unit is turned into it.
func (r *reader) amount(at string, v any, unit string) *domain.Decimal {
	text, ok := r.figure(at, v)
	if !ok {
		return nil
	}
	own := ""
	for _, u := range moneyUnits {
		if rest, found := strings.CutSuffix(text, u); found {
			text, own = rest, u
			break
		}
	}
	d := r.decimal(at, text, v)
	if d == nil || own == "" {
		return d
	}
	return inUnit(*d, own, unit)
}

func inUnit(d domain.Decimal, from, to string) *domain.Decimal {
	a, err := domain.MoneyUnit(from)
	b, err2 := domain.MoneyUnit(to)
	if err != nil || err2 != nil || a == b {
		return &d
	}
	ratio := big.NewRat(int64(a), int64(b))
	converted := domain.FromRat(ratio.Mul(ratio, d.Rat()))
	return &converted
}

// figure returns the text of a cell that should hold a number, and whether
// there is one: dashes and the like stand for none.
func (r *reader) figure(at string, v any) (string, bool) {
	switch v.(type) {
	case nil:
		return "", false
	case string, json.Number:
	default:
		r.wrongType(at, "数", v)
		return "", false
	}
	text := narrow(r.text(at, v))
	switch strings.Trim(text, "-—–_/\\.·*") {
	case "", "无", "空", "N/A", "n/a", "NA", "null", "不适用", "不涉及":
		return "", false
	}
	return text, true
}

// most is the largest figure an official table can mean. It keeps every sum
// and product of this package's users within the digits of a Decimal.
var most = domain.MustDecimal("999999999999")

func (r *reader) decimal(at, text string, v any) *domain.Decimal {
	d, err := domain.ParseDecimal(text)
	_, isNumber := v.(json.Number)
	switch {
	case err != nil && isNumber:
		r.refuse(at, "table.number-too-large", "%s 超出表内可有的数", short(text))
		return nil
	case err != nil:
		r.refuse(at, "table.malformed-number", "应为数，却是%s", typeName(v))
		return nil
	case most.Less(d.Abs()):
		r.refuse(at, "table.number-too-large", "%s 超出表内可有的数", short(text))
		return nil
	}
	if d.Rat().Denom().BitLen() > 20 { // more than about six decimals: a spreadsheet's tail
		d = d.HalfUp(6).Trim()
	}
	return &d
}

// narrow turns full-width forms into ASCII and drops blanks and the commas
// between thousands.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ',' || r == '，' || r == '\u3000' || r == '\u00a0' || r == ' ' || r == '\t' || r == '\n' || r == '\r':
			return -1
		case r == '−' || r == '－':
			return '-'
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		}
		return r
	}, s)
}
