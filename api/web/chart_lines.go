package web

import (
	"fmt"
	"sort"
	"strings"
)

func (p *plot) drawWarned(d *drawing) {
	for _, w := range p.Warned {
		to := w.To
		if to == "" {
			to = p.until
		}
		left, right := p.x(w.From), max(p.x(to), p.x(w.From)+2)
		d.open("g")
		d.title(p.warnedHead(w) + " " + w.Text)
		d.rect("band-gap", left, plotTop, right-left, plotBottom-plotTop)
		d.line("mark-line", left, plotTop, left, plotBottom)
		d.line("mark-line", right, plotTop, right, plotBottom)
		d.close("g")
	}
}

func (p *plot) drawAxes(d *drawing) {
	for quarter := 0.0; quarter <= p.top+1e-9; quarter += 0.25 {
		d.line("grid", plotLeft, p.y(quarter), plotRight, p.y(quarter))
		d.text("", "end", plotLeft-8, p.y(quarter)+4, fmt.Sprintf("%.0f%%", quarter*100))
	}
	month := (plotRight - plotLeft) / 12
	for m := range 12 {
		d.text("", "middle", plotLeft+month*(float64(m)+0.5), plotBottom+18, fmt.Sprintf(p.say("%d 月", "%d"), m+1))
	}
	d.line("axis", plotLeft, plotBottom, plotRight, plotBottom)
}

func (p *plot) drawTime(d *drawing) {
	d.add("polyline", "class", "line-time", "points", polyline(p.timeLine()...))
}

func (p *plot) lines() [][]float64 {
	return [][]float64{p.timeLine(), p.paymentLine(), p.attainmentLine()}
}

func (p *plot) timeLine() []float64 {
	return []float64{plotLeft, p.y(0), p.x(p.until), p.y(p.Year.Elapsed(p.until).Float())}
}

// paymentLine is money as the steps it came in.
func (p *plot) paymentLine() []float64 {
	at, path := p.y(0), []float64{plotLeft, p.y(0)}
	for _, m := range p.Payments {
		x := p.x(m.Day)
		path = append(path, x, at)
		at = p.y(m.Share.Float())
		path = append(path, x, at)
	}
	return append(path, max(p.x(p.until), path[len(path)-2]), at)
}

func (p *plot) attainmentLine() []float64 {
	path := []float64{plotLeft, p.y(0)}
	for _, a := range p.Attainment {
		path = append(path, p.x(a.Day), p.y(a.Share.Float()))
	}
	return path
}

// drawPayments names an amount where there is room for the words.
func (p *plot) drawPayments(d *drawing) {
	d.add("polyline", "class", "line-execution", "points", polyline(p.paymentLine()...))
	free := 0.0
	for _, m := range p.Payments {
		x, y := p.x(m.Day), p.y(m.Share.Float())
		words := m.Amount.Wan() + p.say(" 万元", " wan yuan")
		d.open("rect", "class", "dot-execution", "x", x-4, "y", y-4, "width", 8, "height", 8)
		d.title(string(m.Day) + " " + p.say("支付 ", "paid ") + words + p.say("，累计 ", ", in all ") + percent(m.Share))
		d.close("rect")
		if wide := textWidth(words) * 12; x+8 > free && x+8+wide < plotRight {
			d.text("chart-halo", "start", x+8, y+16, words)
			free = x + 16 + wide
		}
	}
}

func (p *plot) drawAttainment(d *drawing) {
	if len(p.Attainment) == 0 {
		return
	}
	d.add("polyline", "class", "line-attainment", "points", polyline(p.attainmentLine()...))
	for _, a := range p.Attainment {
		d.open("circle", "class", "dot-attainment", "cx", p.x(a.Day), "cy", p.y(a.Share.Float()), "r", 3.5)
		d.title(string(a.Day) + " " + p.say("目标实现 ", "attainment ") + percent(a.Share))
		d.close("circle")
	}
}

// placeMarks gives each mark the first row under the axis where its words do not
// run into another's.
func (p *plot) placeMarks() {
	var ends []float64
	p.rows = make([]int, len(p.Marks))
	for i, m := range p.Marks {
		half := textWidth(p.markText(m)) * 6
		row := 0
		for row < len(ends) && ends[row] > p.x(m.Day)-half {
			row++
		}
		if row == len(ends) {
			ends = append(ends, 0)
		}
		p.rows[i], ends[row] = row, p.x(m.Day)+half+8
	}
	p.height = plotBottom + 26 + 16*float64(len(ends))
}

func (p *plot) markText(m ChartMark) string { return monthDay(m.Day) + " " + m.Text }

func (p *plot) drawMarks(d *drawing) {
	for i, m := range p.Marks {
		x, y := p.x(m.Day), plotBottom+36+16*float64(p.rows[i])
		half := textWidth(p.markText(m)) * 6
		d.line("mark-line", x, plotTop, x, y-12)
		d.text("", "middle", min(max(x, half), 880-half), y, p.markText(m))
	}
	for _, w := range p.Warned {
		p.drawWarnedWords(d, w)
	}
}

// drawWarnedWords says beside the start of a warned period what was wrong, at
// the first height where no line runs through the words.
func (p *plot) drawWarnedWords(d *drawing, w ChartSpan) {
	wide := 12 * max(textWidth(w.Text), textWidth(p.warnedHead(w)))
	x, left, anchor := p.x(w.From)+8, p.x(w.From)+8, "start"
	if x+wide > plotRight {
		x, left, anchor = x-16, x-16-wide, "end"
	}
	y := plotTop + 12
	for slot := y; slot < plotBottom-20; slot += 8 {
		if p.clear(left, left+wide, slot-14, slot+22) {
			y = slot
			break
		}
	}
	d.text("chart-strong chart-halo", anchor, x, y, p.warnedHead(w))
	d.text("chart-halo", anchor, x, y+16, w.Text)
}

// clear reports whether no line runs through the rectangle.
func (p *plot) clear(left, right, top, bottom float64) bool {
	for _, line := range p.lines() {
		for i := 0; i+3 < len(line); i += 2 {
			if runsThrough(line[i:i+4], left, right, top, bottom) {
				return false
			}
		}
	}
	return true
}

// runsThrough cuts a piece of line to the rectangle's width and looks at the rest.
func runsThrough(piece []float64, left, right, top, bottom float64) bool {
	x1, y1, x2, y2 := piece[0], piece[1], piece[2], piece[3]
	if x2 < left || x1 > right {
		return false
	}
	if x2 > x1 {
		slope := (y2 - y1) / (x2 - x1)
		y1, y2 = y1+slope*(max(left, x1)-x1), y2-slope*(x2-min(right, x2))
	}
	return max(y1, y2) >= top && min(y1, y2) <= bottom
}

// drawEndLabels names the three lines where they end, moved apart where they
// would lie on each other.
func (p *plot) drawEndLabels(d *drawing) {
	type label struct {
		class, words string
		y            float64
	}
	elapsed := p.Year.Elapsed(p.until)
	labels := []label{
		{"", "┄ " + p.say("时间 ", "time ") + percent(elapsed), p.y(elapsed.Float())},
		{"label-execution", "□ " + p.say("预算执行 ", "execution ") + percent(p.lastPaid()), p.y(p.lastPaid().Float())},
	}
	if a, ok := p.lastAttainment(); ok {
		labels = append(labels, label{"label-attainment", "● " + p.say("目标实现 ", "attainment ") + percent(a), p.y(a.Float())})
	} else {
		labels = append(labels, label{"label-attainment", "● " + p.say("目标未报", "no attainment"), p.y(0)})
	}
	sort.SliceStable(labels, func(i, j int) bool { return labels[i].y < labels[j].y })
	floor := plotBottom - 16*float64(len(labels)-1)
	last := plotTop - 16
	for _, l := range labels {
		last = max(last+16, min(l.y, floor))
		floor += 16
		d.text(l.class, "start", plotRight+8, last+4, l.words)
	}
}

func polyline(xy ...float64) string {
	pairs := make([]string, 0, len(xy)/2)
	for i := 0; i+1 < len(xy); i += 2 {
		pairs = append(pairs, svgValue(xy[i])+","+svgValue(xy[i+1]))
	}
	return strings.Join(pairs, " ")
}
