package domain_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	. "wenxiao/domain"
)

func TestParseDay(t *testing.T) {
	if d, err := ParseDay("2024-02-29"); err != nil || d != "2024-02-29" || !d.Valid() {
		t.Errorf("2024-02-29: %s, %v", d, err)
	}
	for _, text := range []string{"", "2023-02-29", "2023-13-01", "2023-1-1", "2023/01/01", "2023年1月1日", "2023-01-01T00:00:00Z"} {
		if d, err := ParseDay(text); refusal(err) != "day.malformed" {
			t.Errorf("%q read as %s, %v", text, d, err)
		}
	}
}

func TestDayInBeijing(t *testing.T) {
	late := time.Date(2023, 12, 31, 16, 0, 0, 0, time.UTC) // midnight in Beijing
	if got := DayOf(late); got != "2024-01-01" {
		t.Errorf("got %s", got)
	}
	if got := DayOf(late.Add(-time.Second)); got != "2023-12-31" {
		t.Errorf("got %s", got)
	}
	if got := Day("2024-01-01").Time(); !got.Equal(late) {
		t.Errorf("the day begins at %s", got)
	}
}

func TestNoDay(t *testing.T) {
	for _, d := range []Day{"", "soon", "2023-02-30"} {
		if d.Valid() || !d.Time().IsZero() || d.AddDays(1) != "" || d.Year() != 0 || d.DaysUntil("2023-01-01") != 0 || Day("2023-01-01").DaysUntil(d) != 0 {
			t.Errorf("%q passes for a day", d)
		}
		if e := FiscalYear(2023).Elapsed(d); !e.IsZero() {
			t.Errorf("at %q %s of the year has gone by", d, e)
		}
	}
}

func TestElapsed(t *testing.T) {
	for day, want := range map[Day]string{
		"2023-07-31": "0.5808", "2022-12-31": "0.0000", "2023-01-01": "0.0027", "2023-12-31": "1.0000", "2024-06-01": "1.0000",
	} {
		if got := FiscalYear(2023).Elapsed(day); got.String() != want {
			t.Errorf("on %s %s of 2023 has gone by, want %s", day, got, want)
		}
	}
	if got := FiscalYear(2024).Elapsed("2024-07-31"); got.String() != "0.5820" {
		t.Errorf("a leap year: %s", got)
	}
}

func TestFiscalYear(t *testing.T) {
	y := FiscalYear(2023)
	if y.First() != "2023-01-01" || y.Last() != "2023-12-31" || Day("2023-05-06").Year() != y || !y.Valid() {
		t.Errorf("%s to %s", y.First(), y.Last())
	}
	for _, bad := range []FiscalYear{0, 23, 1989, 2101, -1} {
		if bad.Valid() {
			t.Errorf("%d passes for a budget year", bad)
		}
	}
}

func TestDayLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := DayOf(time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "second"), 0))
		n := rapid.IntRange(-5000, 5000).Draw(t, "days")
		later := d.AddDays(n)
		if d.DaysUntil(later) != n || later.AddDays(-n) != d || (d < later) != (n > 0) {
			t.Errorf("%s and %d days is %s", d, n, later)
		}
	})
}
