package domain

import (
	"fmt"
	"time"
)

// Day is a calendar day in Beijing, as 2006-01-02. The zero Day is "", unknown.
// Days compare as strings.
type Day string

// Beijing is the clock officials read. China has kept one zone without summer
// time since 1991.
var Beijing = time.FixedZone("UTC+8", 8*60*60)

// ParseDay reads 2006-01-02.
func ParseDay(s string) (Day, error) {
	if _, err := time.ParseInLocation(time.DateOnly, s, Beijing); err != nil {
		return "", Refusal{Code: "day.malformed", Reason: fmt.Sprintf("“%s”不是日期，应如 2026-03-31", s)}
	}
	return Day(s), nil
}

// DayOf returns the day in Beijing at t.
func DayOf(t time.Time) Day { return Day(t.In(Beijing).Format(time.DateOnly)) }

// Time returns the first moment of the day in Beijing, zero for no or a
// malformed day.
func (d Day) Time() time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), Beijing)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Valid reports whether d is a real day.
func (d Day) Valid() bool { return !d.Time().IsZero() }

// AddDays returns the day n days later, or "" for no day.
func (d Day) AddDays(n int) Day {
	if !d.Valid() {
		return ""
	}
	return DayOf(d.Time().AddDate(0, 0, n))
}

// DaysUntil counts the days from d to later; negative when later is before d,
// 0 when either is no day.
func (d Day) DaysUntil(later Day) int {
	if !d.Valid() || !later.Valid() {
		return 0
	}
	return int(later.Time().Sub(d.Time()).Hours() / 24)
}

// Year returns the budget year the day falls in, 0 for no day.
func (d Day) Year() FiscalYear {
	if !d.Valid() {
		return 0
	}
	return FiscalYear(d.Time().Year())
}

// FiscalYear is a budget year, which in China is the calendar year
// (预算法 第十八条).
type FiscalYear int

// Valid reports whether y is a year the ledger may hold.
func (y FiscalYear) Valid() bool { return y >= 1990 && y <= 2100 }

// First returns 1 January.
func (y FiscalYear) First() Day { return Day(fmt.Sprintf("%04d-01-01", int(y))) }

// Last returns 31 December.
func (y FiscalYear) Last() Day { return Day(fmt.Sprintf("%04d-12-31", int(y))) }

// Elapsed returns the share of the year gone by at the end of day, from 0 to 1,
// half-up to four places: the time line of dual monitoring. It is 0 for no day.
func (y FiscalYear) Elapsed(day Day) Decimal {
	if !day.Valid() {
		return Int(0)
	}
	total := y.First().DaysUntil(y.Last()) + 1
	gone := min(max(y.First().DaysUntil(day)+1, 0), total)
	return HalfUp(ratio(int64(gone), int64(total)), 4)
}
