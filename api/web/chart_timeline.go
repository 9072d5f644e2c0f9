package web

import (
	"fmt"
	"html/template"
	"math"

	"wenxiao/domain"
)

// Timeline is a person's duties over the years, and what they did on which day.
type Timeline struct {
	Spans   []TimelineSpan
	Marks   []TimelineMark
	Until   domain.Day // a span without end is drawn until here
	English bool
}

// TimelineSpan is one duty; To "" is still held.
type TimelineSpan struct {
	From, To domain.Day
	Text     string
	Late     bool // entered after it began
}

// TimelineMark is one act.
type TimelineMark struct {
	Day     domain.Day
	Text    string
	Address string
	Late    bool
}

const (
	timelineWidth, timelineSide = 1232.0, 8.0
	spanHeight                  = 40.0
	timelineTop                 = 26.0
)

// SVG draws one bar per duty with its words over it, and the acts in a row below.
func (t Timeline) SVG() template.HTML {
	first, last := t.years()
	height := timelineTop + spanHeight*float64(len(t.Spans)) + 34
	d := &drawing{}
	label := fmt.Sprintf("任职 %d 段、经办 %d 处", len(t.Spans), len(t.Marks))
	if t.English {
		label = fmt.Sprintf("%d duties, %d acts", len(t.Spans), len(t.Marks))
	}
	d.open("svg", "class", "chart graph timeline-chart", "viewBox", fmt.Sprintf("0 0 %g %g", timelineWidth, height), "role", "group", "aria-label", label)
	x := func(day domain.Day) float64 {
		span := float64(first.First().DaysUntil(last.Last()) + 1)
		return timelineSide + (timelineWidth-2*timelineSide)*min(max(float64(first.First().DaysUntil(day))/span, 0), 1)
	}
	for year := first; year <= last; year++ {
		d.line("grid", x(year.First()), timelineTop-6, x(year.First()), height-4)
		if (year-first)%t.every(last-first) == 0 {
			d.text("", "start", x(year.First())+4, 14, fmt.Sprint(int(year)))
		}
	}
	for i, s := range t.Spans {
		t.drawSpan(d, s, x, timelineTop+spanHeight*float64(i))
	}
	y := height - 18
	d.line("axis", timelineSide, y, timelineWidth-timelineSide, y)
	for _, m := range t.Marks {
		d.open("a", "href", m.Address)
		d.title(m.Text)
		if m.Late {
			d.add("path", "class", "act act-late", "d", fmt.Sprintf("M%s %sl6 6 -6 6 -6 -6z", svgValue(x(m.Day)), svgValue(y-6)))
		} else {
			d.add("circle", "class", "act", "cx", x(m.Day), "cy", y, "r", 5)
		}
		d.close("a")
	}
	d.close("svg")
	return d.markup()
}

// every thins out the names of many years.
func (t Timeline) every(years domain.FiscalYear) domain.FiscalYear {
	return domain.FiscalYear(math.Ceil(float64(years+1) / 24))
}

func (t Timeline) drawSpan(d *drawing, s TimelineSpan, x func(domain.Day) float64, y float64) {
	end, class := s.To, "tenure"
	if end == "" {
		end, class = t.Until, "tenure tenure-open"
	}
	left, right := x(s.From), max(x(end), x(s.From)+3)
	words := fmt.Sprintf("%s　%s—%s", s.Text, s.From, s.To)
	if s.To == "" && t.English {
		words = fmt.Sprintf("%s　since %s", s.Text, s.From)
	} else if s.To == "" {
		words = fmt.Sprintf("%s　%s 起", s.Text, s.From)
	}
	if s.Late {
		words += " ↺"
	}
	d.open("g")
	d.title(words)
	d.rect(class, left, y+18, right-left, 12)
	d.close("g")
	anchor, at := "start", left
	if left+textWidth(words)*12 > timelineWidth {
		anchor, at = "end", max(right, textWidth(words)*12)
	}
	d.text("chart-halo", anchor, min(at, timelineWidth), y+13, words)
}

// years is the range drawn: from the first duty or act to Until, at least one year.
func (t Timeline) years() (first, last domain.FiscalYear) {
	see := func(day domain.Day) {
		if !day.Valid() {
			return
		}
		if y := day.Year(); first == 0 || y < first {
			first = y
		}
		last = max(last, day.Year())
	}
	for _, s := range t.Spans {
		see(s.From)
		see(s.To)
	}
	for _, m := range t.Marks {
		see(m.Day)
	}
	see(t.Until)
	if first == 0 {
		return 2020, 2020
	}
	return first, last
}
