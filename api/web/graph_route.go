package web

import (
	"slices"
	"sort"
)

// placePorts spreads the lines along the sides of their boxes, in the order of
// where they lead.
func (l *graphLayout) placePorts() {
	leaving, entering := map[int][]int{}, map[[2]int][]int{}
	for i, r := range l.routes {
		if r.own || r.upright {
			continue
		}
		a := l.Acts[r.act]
		leaving[a.From] = append(leaving[a.From], i)
		side := 0
		if r.backwards {
			side = 1
		}
		entering[[2]int{a.To, side}] = append(entering[[2]int{a.To, side}], i)
	}
	for n, routes := range leaving {
		l.sortByHeight(routes, func(r route) int { return l.Acts[r.act].To })
		for k, i := range routes {
			l.routes[i].exit = spread(l.boxes[n], k, len(routes))
		}
	}
	for key, routes := range entering {
		l.sortByHeight(routes, func(r route) int { return l.Acts[r.act].From })
		for k, i := range routes {
			l.routes[i].entry = spread(l.boxes[key[0]], k, len(routes))
			if key[1] == 1 {
				l.routes[i].entry += 7 // clear of the lines that leave there
			}
		}
	}
}

func (l *graphLayout) sortByHeight(routes []int, other func(route) int) {
	slices.SortStableFunc(routes, func(a, b int) int {
		ra, rb := l.routes[a], l.routes[b]
		if ra.around != rb.around {
			return ra.around - rb.around
		}
		return int(l.boxes[other(ra)].y - l.boxes[other(rb)].y)
	})
}

// spread returns the height of the k-th of n ports.
func spread(b box, k, n int) float64 {
	return b.y + b.h*(float64(k)+0.5)/float64(n)
}

// placeTracks gives every vertical part its own x in its gutter and every part
// above or below its own y.
func (l *graphLayout) placeTracks() {
	type part struct {
		route int
		in    bool
		y, to float64
	}
	gutters := make([][]part, len(l.Stages)+1)
	lowest := l.height - 8 - channelGap*float64(l.below)
	above, below := 0, 0
	for i := range l.routes {
		r := &l.routes[i]
		switch {
		case r.own || r.upright:
			continue
		case r.around == 0:
			gutters[r.out] = append(gutters[r.out], part{i, false, r.exit, r.entry})
			continue
		case r.around < 0:
			r.channel = graphHead + 8 + channelGap*float64(above)
			above++
		default:
			r.channel = lowest + channelGap*float64(below)
			below++
		}
		gutters[r.out] = append(gutters[r.out], part{i, false, r.exit, r.channel})
		gutters[r.in] = append(gutters[r.in], part{i, true, r.channel, r.entry})
	}
	for g, parts := range gutters {
		sort.SliceStable(parts, func(i, j int) bool { return earlier(parts[i].y, parts[i].to, parts[j].y, parts[j].to) })
		left := l.gutters[g].left + badgeReach
		room := l.gutters[g].right - arrowReach - left
		for k, p := range parts {
			x := left + room*(float64(k)+0.5)/float64(len(parts))
			if p.in {
				l.routes[p.route].inX = x
			} else {
				l.routes[p.route].outX = x
			}
		}
	}
}

// earlier orders two vertical parts so that they cross as little as may be: of
// those going up the highest first, of those going down the lowest first.
func earlier(y1, to1, y2, to2 float64) bool {
	up1, up2 := to1 < y1, to2 < y2
	if up1 != up2 {
		return up1
	}
	if up1 {
		return y1 < y2
	}
	return y1 > y2
}
