package web

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

func (l *graphLayout) draw() template.HTML {
	d := &drawing{}
	title, about := "责任链图", fmt.Sprintf("%d 个环节、%d 个节点、%d 处经办；下方有等同的列表。", len(l.Stages), len(l.Nodes), len(l.Acts))
	if l.English {
		title, about = "Responsibility chain", fmt.Sprintf("%d stages, %d nodes, %d acts; the list below says the same.", len(l.Stages), len(l.Nodes), len(l.Acts))
	}
	d.open("svg", "class", "chart graph", "viewBox", fmt.Sprintf("0 0 %s %s", svgValue(l.width), svgValue(l.height)), "role", "group", "aria-label", title)
	d.title(title)
	d.wrap("desc", about)
	l.drawStages(d)
	for i := range l.routes {
		l.drawLine(d, i)
	}
	for i := range l.Nodes {
		l.drawNode(d, i)
	}
	l.drawBadges(d)
	d.close("svg")
	return d.markup()
}

func (l *graphLayout) drawStages(d *drawing) {
	for i, name := range l.Stages {
		if len(l.columns[i]) == 0 {
			continue
		}
		b := l.boxes[l.columns[i][0]]
		d.rect("stage", b.x-6, 4, b.w+12, l.height-8)
		d.text("chart-strong", "middle", b.middle(), 24, shorten(name, b.w/12))
	}
}

func (l *graphLayout) drawLine(d *drawing, i int) {
	r := l.routes[i]
	a := l.Acts[r.act]
	if r.own {
		return
	}
	line, head := "edge", "arrow"
	switch a.Kind {
	case "leading", "supervising", "third", "missing":
		line, head = line+" edge-"+a.Kind, head+" arrow-"+a.Kind
	}
	d.add("path", "class", line, "d", bent(l.corners(i)))
	d.add("path", "class", head, "d", arrowhead(l.corners(i)))
}

// corners are the points a line turns at, from box to box.
func (l *graphLayout) corners(i int) []float64 {
	r := l.routes[i]
	from, to := l.boxes[l.Acts[r.act].From], l.boxes[l.Acts[r.act].To]
	switch {
	case r.upright:
		x := l.uprightX(i)
		if from.y < to.y {
			return []float64{x, from.bottom(), x, to.y}
		}
		return []float64{x, from.y, x, to.bottom()}
	case r.backwards:
		return []float64{from.right(), r.exit, r.outX, r.exit, r.outX, r.entry, to.right(), r.entry}
	case r.around == 0 && math.Abs(r.exit-r.entry) < 1:
		return []float64{from.right(), r.exit, to.x, r.entry}
	case r.around == 0:
		return []float64{from.right(), r.exit, r.outX, r.exit, r.outX, r.entry, to.x, r.entry}
	}
	return []float64{from.right(), r.exit, r.outX, r.exit, r.outX, r.channel, r.inX, r.channel, r.inX, r.entry, to.x, r.entry}
}

// uprightX spreads the lines between two neighbours of a column.
func (l *graphLayout) uprightX(i int) float64 {
	a := l.Acts[l.routes[i].act]
	var k, n int
	for j, r := range l.routes {
		b := l.Acts[r.act]
		if !r.upright || min(a.From, a.To) != min(b.From, b.To) || max(a.From, a.To) != max(b.From, b.To) {
			continue
		}
		if j < i {
			k++
		}
		n++
	}
	b := l.boxes[a.From]
	return b.x + b.w*(float64(k)+0.5)/float64(n)
}

// bent is a path through points with rounded corners.
func bent(p []float64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%s %s", svgValue(p[0]), svgValue(p[1]))
	for i := 2; i+3 < len(p); i += 2 {
		x, y := p[i], p[i+1]
		before, after := toward(x, y, p[i-2], p[i-1]), toward(x, y, p[i+2], p[i+3])
		fmt.Fprintf(&b, "L%s %sQ%s %s %s %s", svgValue(before[0]), svgValue(before[1]), svgValue(x), svgValue(y), svgValue(after[0]), svgValue(after[1]))
	}
	fmt.Fprintf(&b, "L%s %s", svgValue(p[len(p)-2]), svgValue(p[len(p)-1]))
	return b.String()
}

// toward is the point up to five units from x, y on the way to x2, y2.
func toward(x, y, x2, y2 float64) [2]float64 {
	far := math.Hypot(x2-x, y2-y)
	if far == 0 {
		return [2]float64{x, y}
	}
	step := min(5, far/2)
	return [2]float64{x + (x2-x)*step/far, y + (y2-y)*step/far}
}

// arrowhead is a filled triangle at the last point, drawn rather than a marker so
// that it takes the colour of its line in every browser.
func arrowhead(p []float64) string {
	x, y := p[len(p)-2], p[len(p)-1]
	dx, dy := x-p[len(p)-4], y-p[len(p)-3]
	far := math.Hypot(dx, dy)
	if far == 0 {
		return ""
	}
	dx, dy = 8*dx/far, 8*dy/far
	return fmt.Sprintf("M%s %sL%s %sL%s %sZ", svgValue(x), svgValue(y),
		svgValue(x-dx-dy/2), svgValue(y-dy+dx/2), svgValue(x-dx+dy/2), svgValue(y-dy-dx/2))
}

func (l *graphLayout) drawNode(d *drawing, i int) {
	n, b := l.Nodes[i], l.boxes[i]
	class := "node"
	if n.Gap {
		class += " node-gap"
	}
	if n.Picked {
		class += " node-picked"
	}
	if n.Address != "" {
		d.open("a", "href", n.Address)
		defer d.close("a")
	}
	d.open("g")
	d.title(strings.Join([]string{n.Name, n.Post, n.Unit}, "　"))
	d.rect(class, b.x, b.y, b.w, b.h)
	room := (b.w - 14) / 12
	d.text("chart-strong", "start", b.x+8, b.y+19, shorten(n.Name, room))
	d.text("", "start", b.x+8, b.y+36, shorten(n.Post, room))
	d.text("", "start", b.x+8, b.y+53, shorten(n.Unit, room))
	d.close("g")
}

// drawBadges puts each act's number where its line leaves, on the line between
// neighbours, or in the box of an act that nobody took up.
func (l *graphLayout) drawBadges(d *drawing) {
	own := make([]int, len(l.Nodes))
	for i, r := range l.routes {
		a := l.Acts[r.act]
		from, to := l.boxes[a.From], l.boxes[a.To]
		x, y := from.right()+14, r.exit
		switch {
		case r.own:
			k, perRow := own[a.From], ownPerRow(from.w)
			x = from.x + 17 + portGap*float64(k%perRow)
			y = from.y + nodeHeight + 9 + portGap*float64(k/perRow)
			own[a.From]++
		case r.upright:
			x, y = l.uprightX(i), (min(from.bottom(), to.bottom())+max(from.y, to.y))/2
		}
		drawBadge(d, a, x, y)
	}
}

func drawBadge(d *drawing, a GraphAct, x, y float64) {
	d.open("a", "href", a.Address)
	d.title(a.Number + "　" + a.Title)
	switch a.Shape {
	case "late":
		d.add("path", "class", "act act-late", "d", fmt.Sprintf("M%s %sl12 12 -12 12 -12 -12z", svgValue(x), svgValue(y-12)))
	case "missing":
		d.rect("act act-missing", x-9, y-9, 18, 18)
	case "many":
		wide := textWidth(a.Number)*11 + 10
		d.add("rect", "class", "act", "x", x-11, "y", y-9.5, "width", wide, "height", 19, "rx", 9)
		x += wide/2 - 11
	default:
		d.add("circle", "class", "act", "cx", x, "cy", y, "r", 9.5)
	}
	d.text("act-number", "middle", x, y+4, a.Number)
	d.close("a")
}
