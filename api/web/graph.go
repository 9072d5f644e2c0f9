package web

import "html/template"

// Graph is a responsibility chain to be drawn: columns are stages, a node is a
// person in a post of a unit at one stage, an edge is an act that another took
// up. Nothing is drawn that is not in it.
type Graph struct {
	Stages  []string
	Nodes   []GraphNode
	Acts    []GraphAct
	English bool
}

// GraphNode is one box. A gap is a duty nobody left a trace of.
type GraphNode struct {
	Stage            int // index into Stages
	Name, Post, Unit string
	Address          string
	Gap, Picked      bool
}

// GraphAct is one numbered act by the node From, taken up by the node To; From
// and To are the same where nobody else took it up.
type GraphAct struct {
	From, To int
	Kind     string // direct, leading, supervising, third, missing
	Shape    string // done ○, late ◇, missing □
	Number   string
	Title    string
	Address  string
}

// SVG draws the graph. Lines run in the gutters between columns and in channels
// above and below all boxes, so that none crosses a box.
func (g Graph) SVG() template.HTML {
	l := newGraphLayout(g)
	return l.draw()
}

// Measures of the drawing, in its own units: pixels at the width of a desk screen.
const (
	graphWidth           = 1232.0
	graphHead            = 34.0 // stage names
	nodeHeight           = 62.0
	nodeGap              = 42.0 // between boxes of a column: room for a badge on a line
	portGap              = 22.0
	badgeReach           = 26.0 // of a badge at the side its line leaves
	arrowReach           = 12.0
	trackGap             = 7.0
	channelGap           = 9.0
	narrowNode, wideNode = 112.0, 190.0
)

// box is where a node is drawn.
type box struct{ x, y, w, h float64 }

func (b box) right() float64  { return b.x + b.w }
func (b box) bottom() float64 { return b.y + b.h }
func (b box) middle() float64 { return b.x + b.w/2 }

// route is how an act's line runs.
type route struct {
	act         int
	upright     bool    // straight between two neighbours of a column
	own         bool    // no line: the badge stands in the box
	around      int     // -1 above all boxes, +1 below, 0 in one gutter
	exit, entry float64 // y at the sides
	out, in     int     // gutters of the vertical parts
	outX, inX   float64 // x of the vertical parts
	channel     float64 // y of the part above or below
	backwards   bool    // enters at the right side
}

// gutter is the space left of a column.
type gutter struct{ left, right float64 }

type graphLayout struct {
	Graph
	columns [][]int // nodes of each stage, from above
	row     []int   // of each node in its column
	boxes   []box
	routes  []route
	gutters []gutter
	above   int // channels above and below
	below   int
	width   float64
	height  float64
}

func newGraphLayout(g Graph) *graphLayout {
	l := &graphLayout{Graph: g, columns: make([][]int, len(g.Stages)), row: make([]int, len(g.Nodes)), boxes: make([]box, len(g.Nodes))}
	for i, n := range g.Nodes {
		l.row[i] = len(l.columns[n.Stage])
		l.columns[n.Stage] = append(l.columns[n.Stage], i)
	}
	for i, a := range g.Acts {
		l.routes = append(l.routes, l.route(i, a))
	}
	l.placeColumns()
	l.placeBoxes()
	l.placePorts()
	l.placeTracks()
	return l
}

// route decides by which gutters and channel a line runs. Gutter c lies left of
// column c.
func (l *graphLayout) route(i int, a GraphAct) route {
	from, to := l.Nodes[a.From].Stage, l.Nodes[a.To].Stage
	r := route{act: i, out: from + 1, in: to}
	apart := l.row[a.From] - l.row[a.To]
	switch {
	case a.From == a.To:
		r.own = true
	case from == to && (apart == 1 || apart == -1):
		r.upright = true
	case from == to:
		r.in, r.backwards = from+1, true
	case to == from+1:
	case to > from:
		r.around = -1
		l.above++
	default:
		r.around = 1
		l.below++
	}
	return r
}

// placeColumns gives each gutter the width its lines need and the columns the rest.
func (l *graphLayout) placeColumns() {
	lines := make([]int, len(l.Stages)+1)
	for _, r := range l.routes {
		if r.own || r.upright {
			continue
		}
		lines[r.out]++
		if r.around != 0 {
			lines[r.in]++
		}
	}
	widths, total := make([]float64, len(lines)), 0.0
	for i, n := range lines {
		switch {
		case n > 0:
			widths[i] = badgeReach + arrowReach + trackGap*float64(n)
		case i > 0 && i < len(lines)-1:
			widths[i] = 24
		default:
			widths[i] = 6
		}
		total += widths[i]
	}
	columns := float64(max(len(l.Stages), 1))
	node := min(max((graphWidth-total)/columns, narrowNode), wideNode)
	if spare := graphWidth - total - node*columns; spare > 0 {
		for i := 1; i < len(widths)-1; i++ {
			widths[i] += spare / float64(max(len(widths)-2, 1))
		}
	}
	x := 0.0
	for i, w := range widths {
		l.gutters = append(l.gutters, gutter{x, x + w})
		x += w
		if i < len(l.Stages) {
			for _, n := range l.columns[i] {
				l.boxes[n].x, l.boxes[n].w = x, node
			}
			x += node
		}
	}
	l.width = max(x, graphWidth)
}

// placeBoxes stacks each column, a box as high as its badges need.
func (l *graphLayout) placeBoxes() {
	ports, own := make([]int, len(l.Nodes)), make([]int, len(l.Nodes))
	for _, r := range l.routes {
		switch from := l.Acts[r.act].From; {
		case r.own:
			own[from]++
		case !r.upright:
			ports[from]++
		}
	}
	top := graphHead + 10 + channelGap*float64(l.above)
	for _, column := range l.columns {
		y := top
		for _, n := range column {
			l.boxes[n].y = y
			l.boxes[n].h = max(nodeHeight+ownRows(own[n], l.boxes[n].w)*portGap, portGap*float64(ports[n])+4)
			y += l.boxes[n].h + nodeGap
		}
		l.height = max(l.height, y-nodeGap)
	}
	l.height += 14 + channelGap*float64(l.below)
}

// ownRows is how many rows n badges fill in a box of width w.
func ownRows(n int, w float64) float64 {
	perRow := ownPerRow(w)
	return float64((n + perRow - 1) / perRow)
}

func ownPerRow(w float64) int { return max(int((w-12)/portGap), 1) }
