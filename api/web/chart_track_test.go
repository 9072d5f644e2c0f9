package web

import (
	"strings"
	"testing"
)

func TestTrackLinksEveryStop(t *testing.T) {
	track := Track{Now: 1, Stops: []Stop{
		{Lane: 0, Day: "2021-10-12", Word: "申报", Title: "王某申报", Address: "?at=3"},
		{Lane: 2, Day: "2021-11-03", Word: "退回", Title: "张某退回", Address: "?at=5", Decision: true},
		{Lane: 3, Day: "2022-05-30", Word: "支付", Title: "支付 6.20 万元", Address: "?at=9", Late: true},
	}}
	svg := track.SVG()
	wellFormed(t, svg)
	for _, want := range []string{`href="?at=3"`, `href="?at=5"`, `href="?at=9"`, "支付 ↺", `class="detent detent-now"`, "208 天没有记录"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("track lacks %q", want)
		}
	}
}

func TestTrackOfAnyLength(t *testing.T) {
	for _, n := range []int{0, 1, 2, 300} {
		track := Track{Now: n - 1, English: true}
		for range n {
			track.Stops = append(track.Stops, Stop{Lane: 9, Day: "2023-01-01", Word: "一个很长的事件名称", Address: "?at=1"})
		}
		svg := track.SVG()
		wellFormed(t, svg)
		if strings.Contains(string(svg), "NaN") {
			t.Errorf("%d stops: a coordinate is no number", n)
		}
		if got := strings.Count(string(svg), "<a "); got != n {
			t.Errorf("%d stops have %d links", n, got)
		}
	}
}
