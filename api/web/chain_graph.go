package web

import (
	"fmt"
	"strings"

	"wenxiao/projections"
)

// maxNodes is how many boxes a graph shows before people of one unit share one.
const maxNodes = 60

// chainStages are the columns of the graph: where an event stands on the way
// from the goal to what followed from the result.
var chainStages = []string{"立项与责任", "目标申报", "审核批复", "执行监控", "自评复核", "整改"}

func chainStage(eventType string) int {
	noun, _, _ := strings.Cut(eventType, ".")
	switch {
	case eventType == "goal.filed.v1":
		return 1
	case noun == "goal":
		return 2
	case noun == "execution", noun == "monitoring":
		return 3
	case noun == "evaluation":
		return 4
	case noun == "rectification":
		return 5
	}
	return 0
}

// nodeSet numbers the boxes in the order they are first met.
type nodeSet struct {
	index map[string]int
	keys  []string
}

func (s *nodeSet) at(key string) (n int, met bool) {
	if n, met = s.index[key]; !met {
		n = len(s.keys)
		s.index[key], s.keys = n, append(s.keys, key)
	}
	return n, met
}

// personKey and unitKey say which acts share a box: those of one person in one
// post of one unit at one stage, or of one unit at one stage.
func personKey(a projections.Act) string {
	return fmt.Sprint(chainStage(a.Type), "\x00", a.Actor.Person, "\x00", a.Actor.Post, "\x00", a.Actor.Unit)
}

func unitKey(a projections.Act) string {
	return fmt.Sprint(chainStage(a.Type), "\x00", a.Actor.Unit)
}

func nodesOf(acts []projections.Act, key func(projections.Act) string) nodeSet {
	set := nodeSet{index: map[string]int{}}
	for _, a := range acts {
		if a.Status != projections.ActNoTrace {
			set.at(key(a))
		}
	}
	return set
}

// chainGraph makes the picture of a chain. A line leads from who acted to who
// next acted in the same matter; at the end of a matter, to who first acted at
// the stage after. It shows the order of acts and claims no more.
func chainGraph(c projections.Chain, picked string) Graph {
	key := personKey
	set := nodesOf(c.Acts, key)
	if len(set.keys) > maxNodes {
		key = unitKey
		set = nodesOf(c.Acts, key)
	}
	g := Graph{Stages: chainStages, Nodes: make([]GraphNode, len(set.keys))}
	people := make([]map[string]bool, len(set.keys))
	for _, a := range c.Acts {
		if a.Status == projections.ActNoTrace {
			continue
		}
		n := set.index[key(a)]
		if people[n] == nil {
			people[n] = map[string]bool{}
			g.Nodes[n] = GraphNode{Stage: chainStage(a.Type), Name: dash(a.Actor.Name), Post: a.Actor.Post, Unit: a.UnitName, Address: actAddress(a)}
		}
		people[n][a.Actor.Person] = true
		g.Nodes[n].Picked = g.Nodes[n].Picked || picked != "" && a.Actor.Person == picked
	}
	for n := range people {
		if len(people[n]) > 1 {
			g.Nodes[n].Name, g.Nodes[n].Post = g.Nodes[n].Unit, fmt.Sprintf("%d 人经办", len(people[n]))
			g.Nodes[n].Unit = ""
		}
	}
	for i, a := range c.Acts {
		if a.Status == projections.ActNoTrace {
			g = withGap(g, c.Acts, i)
			continue
		}
		from := set.index[key(a)]
		to := from
		if next, ok := takenUpBy(c.Acts, i); ok {
			to = set.index[key(next)]
		}
		g.Acts = append(g.Acts, graphAct(a, from, to))
	}
	g = bundled(g)
	return withoutEmptyStages(g)
}

func actAddress(a projections.Act) string { return fmt.Sprintf("#act-%d", a.No) }

func graphAct(a projections.Act, from, to int) GraphAct {
	shape := "done"
	if a.Status == projections.ActLate {
		shape = "late"
	}
	kind := a.Responsibility
	if kind == projections.ThirdParty {
		kind = "third"
	}
	return GraphAct{From: from, To: to, Kind: kind, Shape: shape, Number: fmt.Sprint(a.No), Title: string(a.Day) + "　" + a.Sentence, Address: actAddress(a)}
}

// takenUpBy finds the next act in the same matter, else the first act after it
// at a later stage.
func takenUpBy(acts []projections.Act, i int) (projections.Act, bool) {
	for _, b := range acts[i+1:] {
		if b.Stream == acts[i].Stream && b.Status != projections.ActNoTrace {
			return b, true
		}
	}
	stage := chainStage(acts[i].Type)
	for _, b := range acts[i+1:] {
		if b.Status != projections.ActNoTrace && chainStage(b.Type) > stage {
			return b, true
		}
	}
	return projections.Act{}, false
}

// withGap draws a duty of which there is no trace as a box of its own, with a
// broken line from the unit whose duty it was, where that unit acted at all.
func withGap(g Graph, acts []projections.Act, i int) Graph {
	a := acts[i]
	gap := len(g.Nodes)
	due := "应办未见"
	if who := strings.TrimSpace(a.UnitName + " " + a.Actor.Post); who != "" {
		due = "应由" + who
	}
	g.Nodes = append(g.Nodes, GraphNode{Stage: gapStage(a), Name: "无人留痕", Post: a.Text, Unit: due, Address: actAddress(a), Gap: true})
	act := GraphAct{From: gap, To: gap, Kind: "missing", Shape: "missing", Number: fmt.Sprint(a.No), Title: a.Text, Address: actAddress(a)}
	for n, node := range g.Nodes[:gap] {
		if !node.Gap && node.Unit != "" && node.Unit == a.UnitName && node.Stage <= gapStage(a) {
			act.From = n
		}
	}
	g.Acts = append(g.Acts, act)
	return g
}

// gapStage places a duty without trace by its type, or by the stage it belongs to.
func gapStage(a projections.Act) int {
	if a.Type != "" {
		return chainStage(a.Type)
	}
	switch a.Stage {
	case projections.StageGoal:
		return 2
	case projections.StageExecution:
		return 3
	case projections.StageEvaluation:
		return 4
	case projections.StageResult:
		return 5
	}
	return 0
}

// bundled lets more than three acts between the same boxes, all in order, share
// one line; what is late or without trace keeps a line of its own.
func bundled(g Graph) Graph {
	type pair struct {
		from, to int
		kind     string
	}
	of := map[pair][]int{}
	for i, a := range g.Acts {
		if a.Shape == "done" && a.From != a.To {
			p := pair{a.From, a.To, a.Kind}
			of[p] = append(of[p], i)
		}
	}
	dropped := map[int]bool{}
	for _, acts := range of {
		if len(acts) <= 3 {
			continue
		}
		first := &g.Acts[acts[0]]
		titles := []string{first.Number + "　" + first.Title}
		for _, i := range acts[1:] {
			dropped[i] = true
			titles = append(titles, g.Acts[i].Number+"　"+g.Acts[i].Title)
		}
		first.Number, first.Shape, first.Title = fmt.Sprintf("%s 等 %d", first.Number, len(acts)), "many", strings.Join(titles, "\n")
	}
	kept := g.Acts[:0:0]
	for i, a := range g.Acts {
		if !dropped[i] {
			kept = append(kept, a)
		}
	}
	g.Acts = kept
	return g
}

// withoutEmptyStages drops the columns nobody acted in.
func withoutEmptyStages(g Graph) Graph {
	used := make([]bool, len(g.Stages))
	for _, n := range g.Nodes {
		used[n.Stage] = true
	}
	place, names := make([]int, len(g.Stages)), []string(nil)
	for i, name := range g.Stages {
		if place[i] = len(names); used[i] {
			names = append(names, name)
		}
	}
	g.Stages = names
	for i := range g.Nodes {
		g.Nodes[i].Stage = place[g.Nodes[i].Stage]
	}
	return g
}
