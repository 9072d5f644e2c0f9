package projections

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"sync"
	"time"

	"wenxiao/domain"
)

// scaled returns d in units of 10^-places, half up. Filling a table compares
// and sorts hundreds of thousands of shares: whole numbers take a fiftieth of
// the time of fractions. ok is false beyond ±9×10^18 units.
func scaled(d domain.Decimal, places int) (n int64, ok bool) {
	text := d.String()
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if len(fraction) > places {
		return scaled(d.HalfUp(places), places)
	}
	if len(whole)+places > 18 {
		return 0, false
	}
	for _, digit := range whole + fraction {
		n = 10*n + int64(digit-'0')
	}
	for range places - len(fraction) {
		n *= 10
	}
	if text[0] == '-' {
		n = -n
	}
	return n, true
}

// points is a share in millionths: 0.58 is 580,000. Shares beyond counting are
// as far as they can be.
func points(d domain.Decimal) int64 {
	n, ok := scaled(d, 6)
	if !ok {
		return int64(d.Sign()) * math.MaxInt32
	}
	return n
}

// sortable turns a decimal into ten-thousandths for SQL to sort by; nil, which
// sorts last, where there is none.
func sortable(d *domain.Decimal) any {
	if d == nil {
		return nil
	}
	if n, ok := scaled(*d, 4); ok {
		return n
	}
	return nil
}

// percent writes a share as officials print it: 0.248 is 24.80%.
func percent(d domain.Decimal) string {
	n, ok := scaled(d, 4)
	if !ok {
		return d.String()
	}
	sign := ""
	if n < 0 {
		sign, n = "−", -n
	}
	return fmt.Sprintf("%s%d.%02d%%", sign, n/100, n%100)
}

// rate is paid ÷ budget to four digits, half up; nil while the budget is zero.
func rate(paid, budget domain.Money) *domain.Decimal {
	if budget == 0 {
		return nil
	}
	d := domain.HalfUp(big.NewRat(int64(paid), int64(budget)), 4)
	return &d
}

// score writes a score as stored, — where there is none.
func score(d *domain.Decimal) string {
	if d == nil {
		return "—"
	}
	return d.String()
}

// flag is a boolean as both databases store it.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// dayOf is domain.DayOf. Filling a table asks for the days of an event half a
// dozen times, and events share their days.
func dayOf(t time.Time) domain.Day {
	number := dayNumber(t)
	if number < 1 || number > 50_000 { // before 1970, or after 2106
		return domain.DayOf(t)
	}
	if d, ok := days.Load(number); ok {
		return d.(domain.Day)
	}
	d := domain.DayOf(t)
	days.Store(number, d)
	return d
}

// daysBetween counts the days in Beijing from a to b, which is not earlier.
func daysBetween(a, b time.Time) int {
	if number := dayNumber(a); number > 0 {
		return int(dayNumber(b) - number)
	}
	return domain.DayOf(a).DaysUntil(domain.DayOf(b))
}

// dayNumber is the number of the day in Beijing since 1970, below 1 for earlier
// ones.
func dayNumber(t time.Time) int64 { return (t.Unix() + 8*60*60) / (24 * 60 * 60) }

var days sync.Map // dayNumber → domain.Day
