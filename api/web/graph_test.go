package web

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

func drawnChain() Graph {
	node := func(stage int, name, post, unit string) GraphNode {
		return GraphNode{Stage: stage, Name: name, Post: post, Unit: unit, Address: "#act-1"}
	}
	g := Graph{
		Stages: []string{"目标申报", "部门审核", "财政审核批复", "执行监控", "自评复核", "整改"},
		Nodes: []GraphNode{
			node(0, "陈某", "项目负责人", "市体育中心"), node(0, "王某", "财务科科长", "市体育中心"),
			node(1, "刘某", "分管副局长", "市体育局"), node(1, "李某", "规划财务科科长", "市体育局"),
			node(2, "孙某", "教科文科科长", "市财政局"), node(2, "张某", "绩效管理科", "市财政局"),
			node(3, "赵某", "项目负责人", "市体育中心"), node(3, "周某", "支付科", "国库支付中心"),
			{Stage: 3, Name: "无人留痕", Post: "财政重点跟踪", Unit: "应由绩效管理科", Gap: true, Address: "#act-10"},
			node(4, "王某", "财务科科长", "市体育中心"), node(4, "甲事务所", "受托第三方", "合同 2023-06"),
			node(5, "赵某", "项目负责人", "市体育中心"), node(5, "张某", "绩效管理科", "市财政局"),
		},
	}
	act := func(from, to int, kind, shape string) {
		n := fmt.Sprint(len(g.Acts) + 1)
		g.Acts = append(g.Acts, GraphAct{From: from, To: to, Kind: kind, Shape: shape, Number: n, Title: "经办", Address: "#act-" + n})
	}
	act(0, 1, "direct", "done")
	act(1, 3, "direct", "done")
	act(3, 2, "leading", "done")
	act(2, 4, "leading", "done")
	act(5, 1, "supervising", "done")
	act(5, 4, "leading", "done")
	act(4, 6, "supervising", "done")
	act(5, 7, "supervising", "done")
	act(0, 6, "direct", "late")
	act(5, 8, "missing", "missing")
	act(6, 9, "direct", "done")
	act(10, 9, "third", "done")
	act(9, 11, "direct", "done")
	act(12, 11, "supervising", "done")
	act(12, 12, "supervising", "done")
	return g
}

func TestGraphDrawsEveryActOnce(t *testing.T) {
	g := drawnChain()
	svg := g.SVG()
	wellFormed(t, svg)
	for i, a := range g.Acts {
		if n := strings.Count(string(svg), fmt.Sprintf(`>%d</text>`, i+1)); n != 1 {
			t.Errorf("act %s is drawn %d times", a.Number, n)
		}
	}
	for _, class := range []string{"edge edge-leading", "edge edge-supervising", "edge edge-third", "edge edge-missing", "act act-late", "act act-missing", "node node-gap"} {
		if !strings.Contains(string(svg), class) {
			t.Errorf("nothing is drawn as %q", class)
		}
	}
	if dir := os.Getenv("WENXIAO_DRAWINGS"); dir != "" {
		if err := os.WriteFile(dir+"/graph.svg", []byte(svg), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGraphLinesCrossNoBox(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		g := randomGraph(dice)
		l := newGraphLayout(g)
		wellFormed(t, l.draw())
		for i, r := range l.routes {
			if r.own {
				continue
			}
			for n, b := range l.boxes {
				if crosses(l.corners(i), b) {
					t.Fatalf("act %d (%d→%d) runs through box %d of %+v", i, l.Acts[r.act].From, l.Acts[r.act].To, n, g)
				}
			}
		}
	}
}

func TestGraphBoxesDoNotOverlap(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		l := newGraphLayout(randomGraph(dice))
		for i, a := range l.boxes {
			if a.right() > l.width || a.bottom() > l.height || a.x < 0 {
				t.Fatalf("box %d leaves the drawing", i)
			}
			for j, b := range l.boxes[:i] {
				if a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom() {
					t.Fatalf("boxes %d and %d overlap", j, i)
				}
			}
		}
	}
}

func randomGraph(dice *rand.Rand) Graph {
	g := Graph{Stages: []string{"一", "二", "三", "四", "五", "六", "七"}[:1+dice.IntN(7)]}
	for i := range 1 + dice.IntN(30) {
		g.Nodes = append(g.Nodes, GraphNode{Stage: dice.IntN(len(g.Stages)), Name: fmt.Sprint("人", i), Post: "一个名称长达四十个汉字的岗位用来看看会不会超出方框的边界以及是否截断得当", Unit: "某 <单位> & \"其他\""})
	}
	for i := range dice.IntN(60) {
		g.Acts = append(g.Acts, GraphAct{
			From: dice.IntN(len(g.Nodes)), To: dice.IntN(len(g.Nodes)), Number: fmt.Sprint(i + 1),
			Kind: []string{"direct", "missing"}[dice.IntN(2)], Shape: []string{"done", "late"}[dice.IntN(2)], Address: "#act",
		})
	}
	return g
}

// crosses reports whether a line with right angles runs through the inside of b.
func crosses(p []float64, b box) bool {
	const edge = 0.5
	for i := 0; i+3 < len(p); i += 2 {
		left, right := min(p[i], p[i+2]), max(p[i], p[i+2])
		top, bottom := min(p[i+1], p[i+3]), max(p[i+1], p[i+3])
		if right > b.x+edge && left < b.right()-edge && bottom > b.y+edge && top < b.bottom()-edge {
			return true
		}
	}
	return false
}
