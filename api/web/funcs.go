package web

import (
	"fmt"
	"html/template"
	"reflect"
	"strings"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/eventstore/attachments/inspect"
)

// unknown is shown for what is not known. It is never 0.
const unknown = "—"

// funcs are the words templates may use. Figures come out as official tables
// print them.
func funcs(translate func(string) string) template.FuncMap {
	return template.FuncMap{
		"t":                translate,
		"asset":            asset,
		"wan":              wan,
		"exact":            exact,
		"percent":          percent,
		"points":           points,
		"score":            score,
		"count":            count,
		"day":              day,
		"moment":           moment,
		"instant":          instant,
		"dash":             dash,
		"fundBook":         fundBook,
		"kind":             kindOf,
		"steps":            steps,
		"stageWord":        stageWord,
		"programmeStatus":  programmeStatus,
		"goalStatus":       goalStatus,
		"evaluationStatus": evaluationStatus,
		"paymentStatus":    paymentStatus,
		"warningStatus":    warningStatus,
		"rectification":    rectificationStatus,
		"deadline":         Deadline,
		"taskKind":         taskKind,
		"taskStatus":       taskStatus,
		"minus":            func(n int) int { return -n },
		"answer":           Answer,
		"courseStatus":     courseStatus,
		"doer":             doer,
		"accept":           inspect.Accept,
		"fileSize":         fileSize,
		"short":            short,
		"shownScore":       shownScore,
		"lineKind":         lineKind,
		"stepStatus":       stepStatus,
		"asker":            func(by participant.AskedBy) string { return participant.Askers[by] },
		"date":             func(at time.Time) string { return beijing(at, time.DateOnly) },
		"datetime":         func(at time.Time) string { return at.In(domain.Beijing).Format(time.RFC3339) },
		"sheetCell":        cellOn,
		"add":              func(a, b int) int { return a + b },
		"say":              func(s Status, word string) Status { return s.Saying("%s", word) },
		"status":           func(kind, icon, word string) Status { return Status{kind, icon, word} },
	}
}

// wan prints money in 万元 with two decimals; a nil pointer is unknown.
func wan(m any) string { return money(m, domain.Money.Wan) }

// exact prints money in 元 with 分.
func exact(m any) string { return money(m, domain.Money.Exact) }

func money(m any, print func(domain.Money) string) string {
	switch m := m.(type) {
	case domain.Money:
		return print(m)
	case *domain.Money:
		if m != nil {
			return print(*m)
		}
	}
	return unknown
}

// decimal returns the decimal in v, if there is one.
func decimal(v any) (domain.Decimal, bool) {
	switch v := v.(type) {
	case domain.Decimal:
		return v, true
	case *domain.Decimal:
		if v != nil {
			return *v, true
		}
	}
	return domain.Decimal{}, false
}

// percent prints a share: 0.8618 is 86.18%.
func percent(v any) string {
	d, ok := decimal(v)
	if !ok {
		return unknown
	}
	return hundredfold(d) + "%"
}

// points prints a difference of shares: 0.3328 is 33.28 个百分点.
func points(v any) string {
	d, ok := decimal(v)
	if !ok {
		return unknown
	}
	return hundredfold(d) + " 个百分点"
}

func hundredfold(d domain.Decimal) string {
	r := d.Rat()
	r.Mul(r, domain.Int(100).Rat())
	return strings.Replace(domain.HalfUp(r, 2).String(), "-", "−", 1)
}

// score prints a score as it is stored: 8.62, 10.
func score(v any) string {
	d, ok := decimal(v)
	if !ok {
		return unknown
	}
	return d.String()
}

// count prints a whole number with thousands commas.
func count(n any) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func day(d domain.Day) string { return dash(string(d)) }

// moment prints an instant to the minute, in Beijing.
func moment(t time.Time) string { return beijing(t, "2006-01-02 15:04") }

// instant prints an instant to the second, in Beijing.
func instant(t time.Time) string { return beijing(t, time.DateTime) }

func beijing(t time.Time, layout string) string {
	if t.IsZero() {
		return unknown
	}
	return t.In(domain.Beijing).Format(layout)
}

// dash shows what there is of s, which is a string or of a string's kind.
func dash(s any) string {
	if v := reflect.ValueOf(s); v.Kind() == reflect.String && strings.TrimSpace(v.String()) != "" {
		return v.String()
	}
	return unknown
}
