package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"wenxiao/domain/published"
	"wenxiao/domain/scoring"
)

// settled waits until the tables show everything written so far.
func (d *office) settled() *office {
	d.Helper()
	if err := d.server.settle(d.Context()); err != nil {
		d.Fatal(err)
	}
	return d
}

func TestRecordFindsTwoCharactersAndShowsBytes(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	r := d.settled().reads("auditor")
	r.open("/record").shows("账本共", "培训人数", "数据未改", "/programmes/p1/2025/replay?at=")
	r.open("/record?q=" + url.QueryEscape("支付")).shows("<strong>支付</strong>")
	if strings.Contains(r.page, "<strong>申报</strong>") {
		t.Error("a filter lets through what it should not")
	}
	r.open("/record?kind=goal&person=p-finance").shows("王某", "类别 目标")
	r.open("/record?from=2030-01-01").shows("没有符合条件的事件")
	r.open("/record?from=someday").shows("不是日期")
}

func TestRecordPagesByCursorNewestFirst(t *testing.T) {
	d := newOffice(t, demo)
	for i := range perTrail + 5 {
		d.create("unit", fmt.Sprintf("programmes/p%d/register", i), programmeBody).entered()
	}
	r := d.settled().reads("auditor")
	r.open("/record?q=" + url.QueryEscape("公共实训"))
	if n := strings.Count(r.page, `<li class="event"`); n != perTrail {
		t.Fatalf("%d events on the first page", n)
	}
	_, older, ok := strings.Cut(r.page, `<li><a href="/record?before=`)
	if !ok {
		t.Fatal("there is no way to older events")
	}
	address, _, _ := strings.Cut(older, `"`)
	r.open("/record?before=" + strings.ReplaceAll(address, "&amp;", "&"))
	if n := strings.Count(r.page, `<li class="event"`); n != 5 {
		t.Errorf("%d events on the second page", n)
	}
	r.shows("最新")
}

func TestRecordIsHandedOutWhole(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	r := d.settled().reads("auditor").open("/record?format=csv&kind=execution")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.page, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 || rows[0][0] != "账本位置" || !strings.Contains(rows[3][19], "支付") {
		t.Errorf("%d rows: %v", len(rows), rows)
	}
}

func TestMonitoringOffersActsToWhoDecidesOnly(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	r := d.settled().reads("finance").open("/monitoring")
	r.shows("公共实训基地运营", "未报", "任一条线落后时间", "处置", "双监控")
	r.open("/monitoring?act=p1.2025").shows("/executions/p1/2025/suspend", "没有预先选定的处置", "忻州办法 第二十六条")
	r = d.reads("auditor").open("/monitoring?act=p1.2025")
	if strings.Contains(r.page, "/executions/p1/2025/suspend") {
		t.Error("an auditor is offered what only finance may do")
	}
	r.open("/monitoring?status=alert").shows("没有符合条件的项目")
}

func TestReplayLooksBack(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	r := d.settled().reads("auditor").open("/programmes/p1/2025/replay")
	r.shows("这是最后一件", "支付", "当时的底数", "≥38508人")
	r.open("/programmes/p1/2025/replay?stop=2")
	if !strings.Contains(r.at, "?at=") {
		t.Fatalf("the slider leads to %s", r.at)
	}
	r.shows("回看", "回到现在", "项目支出绩效目标申报表", "此后才入账", "谁打开过哪份材料，账本没有记录")
	r.open(r.at+"&cell="+url.QueryEscape("goal/indicators/1/target")).shows("这一格的由来", "李某", "≥38508人", "is-picked")
	r.open("/programmes/p1/2025/replay?at=2026-02-02T23:00").shows("这是最后一件")
	r.open("/programmes/p1/2025/replay?at=2026-02-02").shows("这是最后一件")
	r.open("/programmes/p1/2025/replay?show=only").shows("仅看变化")
	r.open("/programmes/p1/2025/replay?show=side").shows("并排比较")
	if r.open("/programmes/p1/2025/replay?at=yesterday"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a moment that is none answers %d", r.status)
	}
	if r.open("/programmes/none/2025/replay"); r.status != http.StatusNotFound {
		t.Errorf("a programme there is not answers %d", r.status)
	}
}

func TestReplayMarksWhatAVersionChanged(t *testing.T) {
	d := newOffice(t, demo)
	d.programme()
	d.create("unit", "goals/p1/2025/file", goalBody).entered()
	d.change("finance", "goals/p1/2025/return", 1, `{"version":1,"reason":"满意度偏高"}`).entered()
	again := strings.Replace(goalBody, "≥95%", "≥90%", 1)
	d.change("unit", "goals/p1/2025/file", 2, strings.Replace(again, `"objective"`, `"cause":"场地改造","objective"`, 1)).entered()
	r := d.settled().reads("auditor").open("/programmes/p1/2025/replay")
	r.shows("<del>≥95%</del>", "is-changed", "对照", "不同 1 处")
	r.open("/programmes/p1/2025/replay?show=only").shows("<del>≥95%</del>", "场地改造")
	r.open("/programmes/p1/2025/replay?cell="+url.QueryEscape("goal/indicators/3/target")).shows("理由：场地改造", "<del>≥95%</del> → <strong>≥90%</strong>")
	r.open("/programmes/p1/2025/replay?at=2&from=2&to=4").shows("两个时刻对照", "≥90%")
}

func TestBookmarksStayInTheBrowser(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	r := d.settled().reads("auditor")
	before := d.head()
	r.send("/programmes/p1/2025/replay/bookmark", url.Values{"position": {"2"}}).shows("取消书签", "书签：")
	if d.head() != before {
		t.Error("a bookmark is written into the ledger")
	}
	r.send("/programmes/p1/2025/replay/bookmark", url.Values{"position": {"2"}})
	if strings.Contains(r.page, "取消书签") {
		t.Error("a bookmark cannot be taken away")
	}
}

func TestChainOfAProgrammeAndOfAPerson(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	r := d.settled().reads("inspector").open("/programmes/p1/2025/chain")
	r.shows("不作责任认定", "谁交给谁", "事项 × 岗位", "应同等看到的事实", "李某", `id="act-1"`, "/people/p-unit", "<svg")
	r.open("/programmes/p1/2025/chain?leads=1").shows("看全部")
	r.open("/programmes/p1/2025/chain?asOf=2030-12-31&at=2").shows("回看")
	r.open("/people?q=" + url.QueryEscape("李某")).shows("/people/p-unit")
	r.open("/people/p-unit").shows("李某", "不作责任认定", "申报")
	if r.open("/people/nobody"); r.status != http.StatusNotFound {
		t.Errorf("nobody answers %d", r.status)
	}
}

func TestCheckASample(t *testing.T) {
	d := newOffice(t, demo)
	r := d.settled().reads("unit").open("/check")
	r.shows("C26", "校核自己的表", `type="file"`)
	r.open("/check?table=C02&b=hubei").shows("9.91", "不出总分", "A 与 B 不同之处", `href="#row-0"`, "公开来源")
	all := strings.Count(r.page, `<tr id="row-`)
	if r.open("/check?table=C02&only=1"); strings.Count(r.page, `<tr id="row-`) >= all {
		t.Error("what agrees is shown among what differs")
	}
	if r.open("/check?table=C99"); r.status != http.StatusNotFound {
		t.Errorf("a sample there is not answers %d", r.status)
	}
	r.open("/check?table=C26&format=json")
	var answer struct {
		Table published.Table
		A     scoring.Result
	}
	if err := json.Unmarshal([]byte(r.page), &answer); err != nil || answer.A.Total.Computed == nil || answer.A.Total.Computed.String() != "98.62" {
		t.Errorf("%v %+v", err, answer.A.Total)
	}
	r.open("/check?table=C01&format=csv")
	if _, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.page, "\ufeff"))).ReadAll(); err == nil || !strings.Contains(r.page, "校核结果") {
		rows := strings.Count(r.page, "\n")
		if rows < 27 {
			t.Errorf("only %d lines", rows)
		}
	}
}

func TestCheckOfEverySampleDraws(t *testing.T) {
	d := newOffice(t, demo)
	r := d.settled().reads("unit")
	for _, s := range published.Samples() {
		if r.open("/check?table=" + s.ID + "&b=hubei"); r.status != http.StatusOK {
			t.Errorf("%s answers %d", s.ID, r.status)
		}
	}
}

func TestCheckOnesOwnTable(t *testing.T) {
	d := newOffice(t, demo)
	r := d.settled().reads("unit")
	before := d.head()
	r.send("/check", url.Values{"text": {pastedRows}, "a": {"national-2020"}, "year": {"2022"}})
	r.shows("体育中心与委托运营方结算费用", "2022 年度", "第 9 行", "8.62", `name="table"`)
	if d.head() != before {
		t.Error("a table only to be checked is written into the ledger")
	}
	_, carried := r.form()
	r.send("/check", url.Values{"table": {carried.Get("table")}, "a": {"national-2020"}, "b": {"hubei"}, "format": {"json"}})
	if !strings.Contains(r.page, `"indicators"`) {
		t.Errorf("the table is not carried over: %.200s", r.page)
	}
	for body, place := range map[string]string{
		strings.Replace(pastedRows, "100%\t50\t50", "100%\t五十\t50", 1): "第 9 行第 6 栏（分值）",
		`{"indicators":[{"level3":"甲","weight":"许多"}]}`:                "/indicators/0/weight",
		"": "没有表",
	} {
		r.send("/check", url.Values{"text": {body}})
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("answers %d", r.status)
		}
		r.shows(place, "这张表读不出来")
	}
}

func TestCheckAnUploadedWorkbook(t *testing.T) {
	d := newOffice(t, demo)
	r := d.settled().reads("unit")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", "自评表.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(officialForm(t, 10)); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(t.Context(), "POST", "http://127.0.0.1:8080/check", &body)
	request.RemoteAddr = "127.0.0.1:40000"
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Accept", "text/html")
	for name, value := range r.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	d.http.ServeHTTP(w, request)
	r.page, r.status = w.Body.String(), w.Code
	r.shows("体育中心与委托运营方结算费用", "条款完成率", "第 12 行")
}

func TestLookingBackSpeaksBothLanguages(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	r := d.settled().reads("auditor")
	for address, words := range map[string]string{
		"/programmes/p1/2025/replay": "Two moments compared", "/programmes/p1/2025/chain": "Who handed on to whom", "/people": "Find a person",
		"/people/p-unit": "Posts held", "/record": "Verify it yourself", "/check": "Check your own table", "/check?table=C26&b=hubei": "Where A and B part", "/monitoring": "Both lines and time",
	} {
		r.cookies[languageCookie] = "en"
		if r.open(address).shows(words); r.status != http.StatusOK {
			t.Errorf("%s answers %d", address, r.status)
		}
		delete(r.cookies, languageCookie)
	}
}

// Every cell of the form leads to the event that filled it.
func TestEveryCellHasAnOrigin(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	r := d.settled().reads("auditor").open("/programmes/p1/2025/replay")
	links := regexp.MustCompile(`href="([^"]*[?&;]cell=[^"]*)"`).FindAllStringSubmatch(r.page, -1)
	if len(links) < 15 {
		t.Fatalf("only %d cells lead anywhere", len(links))
	}
	for _, link := range links {
		address, _, _ := strings.Cut(html.UnescapeString(link[1]), "#")
		if r.open(address); strings.Contains(r.page, "没有事件填过这一格") {
			t.Errorf("%s has no origin", link[1])
		}
	}
}
