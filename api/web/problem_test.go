package web

import (
	"strings"
	"testing"
	"time"
)

var someFrame = Frame{
	Title: "没有办成", Nav: "/programmes", Crumbs: []Crumb{{"工作台", "/"}, {"项目登记册", "/programmes"}},
	Who:   Who{Person: "p-1", Name: "绩效科科长", Post: "绩效管理科科长", Unit: "示例市财政局"},
	Place: "示例市", Demo: true, Here: "/programmes?year=2022",
	Mark: Mark{Position: 48213, AsOf: time.Date(2026, 11, 21, 2, 26, 7, 0, time.UTC)},
}

func TestProblemSaysWhatHappenedWhyAndWhatNow(t *testing.T) {
	p := Problem{
		Frame: someFrame, Status: Warning.Saying("没有保存"), Reason: "打开之后，这份目标已被退回。",
		Moved: &Moved{
			Now: "/programmes/p/2022", Acts: []MovedAct{{time.Date(2026, 11, 21, 2, 32, 0, 0, time.UTC), "绩效科科长", "退回目标第 1 版"}},
			Kept: []Kept{{"意见", "同意<b>"}},
		},
	}
	shows(t, drawn(t, p), "没有保存", "2026-11-21 10:32", "退回目标第 1 版", "同意&lt;b&gt;", "账本位置 48,213", "截至 2026-11-21 10:26:07")
}

func TestEnglishIsASwitchAway(t *testing.T) {
	f := someFrame
	f.English = true
	page := drawn(t, Problem{Frame: f, Status: Alert})
	shows(t, page, `<html lang="en">`, "Responsibility chain", "alert", `href="/programmes?lang=zh&amp;year=2022"`)
	if strings.Contains(page, "责任链") {
		t.Error("Chinese navigation on an English page")
	}
}

func TestLookingBackSaysSo(t *testing.T) {
	f := someFrame
	f.Mark.Looking, f.Mark.Now = true, "/programmes/p/2022"
	shows(t, drawn(t, Problem{Frame: f}), "回看", "回到现在")
}
