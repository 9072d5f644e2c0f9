package web

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"wenxiao/domain"
)

// DualLines is what [MonitoringChart] draws: attainment, money and time of one
// programme in one year. Shares are of the year's target or budget: 0.75.
type DualLines struct {
	Year       domain.FiscalYear
	Until      domain.Day     // the lines end here; "" is the last day of the year
	Attainment []ChartPoint   // in order of days; none: nothing was reported
	Payments   []ChartPayment // in order of days
	Warned     []ChartSpan    // while a warning was open
	Marks      []ChartMark    // handovers and the like
	English    bool
}

// ChartPoint is the attainment reported as of a day.
type ChartPoint struct {
	Day   domain.Day
	Share domain.Decimal
}

// ChartPayment is one payment and what share of the budget was paid with it.
type ChartPayment struct {
	Day    domain.Day
	Share  domain.Decimal
	Amount domain.Money
}

// ChartSpan is a stretch of days; To "" is still open.
type ChartSpan struct {
	From, To domain.Day
	Text     string // 执行落后时间 33.28 个百分点
}

// ChartMark is one day with a few words.
type ChartMark struct {
	Day  domain.Day
	Text string
}

// MonitoringChart draws both lines over the year with the line of time. Shapes
// differ as well as colours: attainment is a solid line with dots, money a
// stepped line with hollow squares, time dashes.
func MonitoringChart(c DualLines) template.HTML {
	p := newPlot(c)
	d := &drawing{}
	d.open("svg", "class", "chart", "viewBox", fmt.Sprintf("0 0 880 %g", p.height), "role", "img", "aria-label", p.title())
	d.title(p.title())
	d.wrap("desc", p.describe())
	p.drawWarned(d)
	p.drawAxes(d)
	p.drawTime(d)
	p.drawPayments(d)
	p.drawAttainment(d)
	p.drawMarks(d)
	p.drawEndLabels(d)
	d.close("svg")
	return d.markup()
}

// The plot lies between these edges of an 880 wide drawing; labels of the lines'
// ends stand right of it.
const (
	plotLeft, plotRight = 44.0, 744.0
	plotTop, plotBottom = 16.0, 212.0
)

type plot struct {
	DualLines
	until  domain.Day
	top    float64 // share at plotTop: 1, or more when a line goes beyond
	height float64
	rows   []int // of each mark below the axis
}

func newPlot(c DualLines) *plot {
	p := &plot{DualLines: c, until: c.Until, top: 1}
	if p.until == "" || p.until > c.Year.Last() {
		p.until = c.Year.Last()
	}
	for _, a := range c.Attainment {
		p.top = max(p.top, a.Share.Float())
	}
	for _, m := range c.Payments {
		p.top = max(p.top, m.Share.Float())
	}
	p.top = math.Ceil(p.top*4-1e-9) / 4
	p.placeMarks()
	return p
}

func (p *plot) x(d domain.Day) float64 {
	days := float64(p.Year.First().DaysUntil(p.Year.Last()) + 1)
	gone := float64(p.Year.First().DaysUntil(d) + 1)
	return plotLeft + (plotRight-plotLeft)*min(max(gone/days, 0), 1)
}

func (p *plot) y(share float64) float64 {
	return plotBottom - (plotBottom-plotTop)*max(share, 0)/p.top
}

func (p *plot) say(zh, en string) string {
	if p.English {
		return en
	}
	return zh
}

func (p *plot) title() string {
	return fmt.Sprintf(p.say("%d 年目标实现、预算执行与时间", "%d: attainment, execution and time"), int(p.Year))
}

// describe tells in words what the lines show at their ends.
func (p *plot) describe() string {
	parts := []string{p.say("截至 ", "as of ") + string(p.until), p.say("时间 ", "time ") + percent(p.Year.Elapsed(p.until))}
	if a, ok := p.lastAttainment(); ok {
		parts = append(parts, p.say("目标实现 ", "attainment ")+percent(a))
	} else {
		parts = append(parts, p.say("目标未报", "attainment not reported"))
	}
	parts = append(parts, p.say("预算执行 ", "execution ")+percent(p.lastPaid()))
	for _, w := range p.Warned {
		parts = append(parts, p.warnedHead(w)+" "+w.Text)
	}
	for _, m := range p.Marks {
		parts = append(parts, string(m.Day)+" "+m.Text)
	}
	return strings.Join(parts, p.say("，", ", "))
}

func (p *plot) lastAttainment() (domain.Decimal, bool) {
	if len(p.Attainment) == 0 {
		return domain.Decimal{}, false
	}
	return p.Attainment[len(p.Attainment)-1].Share, true
}

func (p *plot) lastPaid() domain.Decimal {
	if len(p.Payments) == 0 {
		return domain.Int(0)
	}
	return p.Payments[len(p.Payments)-1].Share
}

func (p *plot) warnedHead(w ChartSpan) string {
	if w.To == "" {
		return p.say("预警期 ", "warned from ") + monthDay(w.From) + p.say(" 起，未解除", ", still open")
	}
	return p.say("预警期 ", "warned ") + monthDay(w.From) + p.say(" 至 ", " to ") + monthDay(w.To)
}

func monthDay(d domain.Day) string {
	if len(d) != len("2006-01-02") {
		return string(d)
	}
	return string(d[5:])
}
