package scoring

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"wenxiao/domain"
)

// A Moment is a date as forms write it: year, month or day may be missing, then
// 0. It stands for its last day: 9月 is done when September is over.
type Moment struct{ Year, Month, Day int }

func (m Moment) String() string {
	text := ""
	if m.Year > 0 {
		text = fmt.Sprintf("%d年", m.Year)
	}
	if m.Month > 0 {
		text += fmt.Sprintf("%d月", m.Month)
	}
	if m.Day > 0 {
		text += fmt.Sprintf("%d日", m.Day)
	}
	return text
}

// on fills in a year where none is printed.
func (m Moment) on(year int) Moment {
	if m.Year == 0 {
		m.Year = year
	}
	return m
}

// after reports whether m is later than by, as finely as both are given. Where
// one gives no month the years decide.
func (m Moment) after(by Moment) bool {
	if m.Year != by.Year || m.Month == 0 || by.Month == 0 {
		return m.Year > by.Year
	}
	if m.Month != by.Month || m.Day == 0 || by.Day == 0 {
		return m.Month > by.Month
	}
	return m.Day > by.Day
}

// day is the last day m stands for.
func (m Moment) day() domain.Day {
	month, day := m.Month, m.Day
	if month == 0 {
		month = 12
	}
	if day == 0 {
		return domain.DayOf(time.Date(m.Year, time.Month(month)+1, 0, 0, 0, 0, 0, domain.Beijing))
	}
	return domain.Day(fmt.Sprintf("%04d-%02d-%02d", m.Year, month, day))
}

func (m Moment) valid() bool {
	return m.Month <= 12 && m.Day <= 31 && (m.Year > 0 || m.Month > 0)
}

// dates finds the ways to write a date, finest first. The letters say which
// parts the groups are.
var dates = []struct {
	parts   string
	pattern *regexp.Regexp
}{
	{"ymd", regexp.MustCompile(`((?:19|20)\d\d)年(\d{1,2})月(\d{1,2})[日号]?`)},
	{"ymd", regexp.MustCompile(`((?:19|20)\d\d)[./-](\d{1,2})[./-](\d{1,2})[日号]?`)},
	{"ymd", regexp.MustCompile(`^((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$`)},
	{"ym", regexp.MustCompile(`((?:19|20)\d\d)年?(?:\d{1,2}月?[-~至到])?(\d{1,2})月份?`)},
	{"ym", regexp.MustCompile(`^((?:19|20)\d\d)[/-](0?[1-9]|1[0-2])(?:前|底|止|之前|以前|完成)?$`)},
	{"ym", regexp.MustCompile(`^((?:19|20)\d\d)\.(0?[1-9]|1[0-2])(?:前|底|止|之前|以前|完成)$`)},
	{"md", regexp.MustCompile(`(\d{1,2})月(\d{1,2})[日号]`)},
	{"m", regexp.MustCompile(`(?:\d{1,2}月?[-~至到])?(\d{1,2})月份?`)},
	{"yq", regexp.MustCompile(`(?:((?:19|20)\d\d)年?)?第?([一二三四1234])季度`)},
	{"yh", regexp.MustCompile(`(?:((?:19|20)\d\d)年?)?([上下]半年)`)},
	{"y", regexp.MustCompile(`((?:19|20)\d\d)年度?`)},
	{"e", regexp.MustCompile(`(年底|年末|年内|年终)`)},
}

// affixes are the words around a date that add nothing to it.
var affixes = regexp.MustCompile(`^(?:前|底|末|初|内|之|以|于|在|按|期|时|全部|已|均|并|到位|支付|发放|竣工|验收|投入使用|使用|结束|完成|完工|建成|截至|截止|年度|上旬|中旬|下旬|当年|本年|全年|每|预计|计划|实际|[.,;()~-])*$`)

// dated reads s as one date. What is left of s after the date must hold no
// number, and next to a bare year no words of its own.
func dated(s string) (Moment, bool) {
	for _, form := range dates {
		found := form.pattern.FindAllStringSubmatchIndex(s, -1)
		if len(found) == 0 {
			continue
		}
		last := found[len(found)-1]
		rest := form.pattern.ReplaceAllString(s, "")
		m := moment(form.parts, groups(s, last))
		coarse := m.Month == 0 || strings.ContainsAny(form.parts, "qhe")
		switch {
		case !m.valid(), strings.ContainsAny(rest, "0123456789"), strings.HasPrefix(rest, "龄"):
			return Moment{}, false
		case len(found) > 1 && !affixes.MatchString(rest):
			return Moment{}, false // several dates for several things
		case coarse && !affixes.MatchString(rest):
			return Moment{}, false // words that happen to name a year
		}
		return ended(m, form.parts, rest), true
	}
	return Moment{}, false
}

func groups(s string, index []int) (groups []string) {
	for i := 2; i < len(index); i += 2 {
		if index[i] < 0 {
			groups = append(groups, "")
			continue
		}
		groups = append(groups, s[index[i]:index[i+1]])
	}
	return groups
}

func moment(parts string, groups []string) (m Moment) {
	for i, part := range parts {
		n, _ := strconv.Atoi(groups[min(i, len(groups)-1)])
		switch part {
		case 'y':
			m.Year = n
		case 'm':
			m.Month = n
		case 'd':
			m.Day = n
		case 'q':
			m.Month = 3 * (1 + strings.Index("一二三四", groups[i])/len("一"))
			if n > 0 {
				m.Month = 3 * n
			}
		case 'h':
			m.Month = map[string]int{"上半年": 6, "下半年": 12}[groups[i]]
		case 'e':
			m.Month = 12
		}
	}
	return m
}

// ended is the last month of a bare year that says 底 or 末.
func ended(m Moment, parts, rest string) Moment {
	if parts == "y" && strings.ContainsAny(rest, "底末") {
		m.Month = 12
	}
	return m
}
