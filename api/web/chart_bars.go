package web

import (
	"html/template"

	"wenxiao/domain"
)

// BarPair is what [Bars] draws in a cell of the monitoring board.
type BarPair struct {
	Attainment *domain.Decimal // nil: not reported
	Execution  domain.Decimal
	Elapsed    domain.Decimal
	English    bool
}

// Bars draws attainment as a solid bar over execution as a hollow one, with one
// black line for time and a grey one at 100%.
func Bars(b BarPair) template.HTML {
	const ground, full = 200.0, 190.5
	say := func(zh, en string) string {
		if b.English {
			return en
		}
		return zh
	}
	attainment := say("未报", "not reported")
	if b.Attainment != nil {
		attainment = percent(*b.Attainment)
	}
	words := []string{say("目标 ", "goal ") + attainment, say("执行 ", "money ") + percent(b.Execution)}

	d := &drawing{}
	d.open("svg", "class", "bars", "viewBox", "0 0 292 38", "role", "img",
		"aria-label", words[0]+say("，", ", ")+words[1]+say("，时间 ", ", time ")+percent(b.Elapsed))
	d.rect("bar-ground", 0, 3, ground, 13)
	if b.Attainment != nil {
		d.rect("bar-attainment", 0, 3, barLength(b.Attainment.Float(), full, ground), 13)
	}
	d.text("", "start", 206, 14, words[0])
	d.rect("bar-ground", 0, 21, ground, 13)
	d.rect("bar-execution", 0, 21, barLength(b.Execution.Float(), full, ground), 13)
	d.text("", "start", 206, 32, words[1])
	d.line("bar-full", full, 0, full, 38)
	d.line("bar-time", full*b.Elapsed.Float(), 0, full*b.Elapsed.Float(), 38)
	d.close("svg")
	return d.markup()
}

// barLength never leaves the ground: what is beyond 100% is told by the figure.
func barLength(share, full, ground float64) float64 {
	return min(max(share, 0)*full, ground)
}
