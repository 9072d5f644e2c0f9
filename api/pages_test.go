package api

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"wenxiao/api/web"
	"wenxiao/domain/rectification"
	"wenxiao/projections"
)

// A reader is somebody at a browser without script.
type reader struct {
	*office
	cookies map[string]string
	at      string // address of the page last shown
	page    string
	status  int
}

// reads signs in as one of the demonstration's accounts.
func (d *office) reads(as string) *reader {
	d.Helper()
	r := &reader{office: d, cookies: map[string]string{}}
	r.send("/sign-in", url.Values{"as": {as}, "back": {"/programmes"}})
	if r.status != http.StatusOK || !strings.HasPrefix(r.at, "/programmes") {
		d.Fatalf("sign-in leads to %s (%d)\n%s", r.at, r.status, r.page)
	}
	return r
}

func demo(s *Server) { s.Demo = true }

func (r *reader) open(address string) *reader {
	r.Helper()
	return r.ask("GET", address, nil)
}

func (r *reader) send(address string, fields url.Values) *reader {
	r.Helper()
	return r.ask("POST", address, fields)
}

// ask follows redirections, as a browser does.
func (r *reader) ask(method, address string, fields url.Values) *reader {
	r.Helper()
	if err := r.server.settle(r.Context()); err != nil { // what the test did through the API is to be seen
		r.Fatal(err)
	}
	for range 5 {
		request := httptest.NewRequestWithContext(r.Context(), method, "http://127.0.0.1:8080"+address, strings.NewReader(fields.Encode()))
		request.RemoteAddr = "127.0.0.1:40000"
		request.Header.Set("Accept", "text/html")
		if method == "POST" {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			request.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		for name, value := range r.cookies {
			request.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		r.http.ServeHTTP(w, request)
		for _, c := range w.Result().Cookies() {
			r.cookies[c.Name] = c.Value
		}
		r.at, r.page, r.status = address, w.Body.String(), w.Code
		if w.Code != http.StatusSeeOther {
			return r
		}
		method, address, fields = "GET", w.Header().Get("Location"), nil
	}
	r.Fatal("too many redirections")
	return r
}

func (r *reader) shows(texts ...string) *reader {
	r.Helper()
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(r.page), text) {
			r.Errorf("%s (%d) does not show %q", r.at, r.status, text)
		}
	}
	return r
}

var (
	controls = regexp.MustCompile(`<(?:input|select|textarea)[^>]*\bname="([^"]+)"[^>]*>`)
	values   = regexp.MustCompile(`\bvalue="([^"]*)"`)
	texts    = regexp.MustCompile(`(?s)<textarea[^>]*\bname="([^"]+)"[^>]*>(.*?)</textarea>`)
	selects  = regexp.MustCompile(`(?s)<select[^>]*\bname="([^"]+)"[^>]*>(.*?)</select>`)
	chosen   = regexp.MustCompile(`<option value="([^"]*)" selected`)
	options  = regexp.MustCompile(`<option value="([^"]*)"`)
	forms    = regexp.MustCompile(`(?s)<form method="post" action="([^"]+)"[^>]*>(.*?)</form>`)
)

// form reads the form of the page, as a browser would send it, with some
// controls filled anew.
func (r *reader) form(fill ...string) (string, url.Values) {
	r.Helper()
	for _, m := range forms.FindAllStringSubmatch(r.page, -1) {
		if m[1] == "/sign-out" {
			continue
		}
		fields := url.Values{}
		for _, c := range controls.FindAllStringSubmatch(m[2], -1) {
			if v := values.FindStringSubmatch(c[0]); v != nil && !strings.Contains(c[0], "checkbox") {
				fields.Set(c[1], html.UnescapeString(v[1]))
			}
		}
		for _, c := range texts.FindAllStringSubmatch(m[2], -1) {
			fields.Set(c[1], html.UnescapeString(c[2]))
		}
		for _, c := range selects.FindAllStringSubmatch(m[2], -1) {
			choice := chosen.FindStringSubmatch(c[2])
			if choice == nil {
				choice = options.FindStringSubmatch(c[2])
			}
			fields.Set(c[1], html.UnescapeString(choice[1]))
		}
		for i := 0; i < len(fill); i += 2 {
			fields.Set(fill[i], fill[i+1])
		}
		return m[1], fields
	}
	r.Fatalf("%s (%d) has no form\n%s", r.at, r.status, r.page)
	return "", nil
}

// fills fills the form of the page and sends it.
func (r *reader) fills(fill ...string) *reader {
	r.Helper()
	address, fields := r.form(fill...)
	return r.send(address, fields)
}

func TestWithoutSigningInThereIsOnlyTheSignInPage(t *testing.T) {
	d := newOffice(t, demo)
	r := &reader{office: d, cookies: map[string]string{}}
	for _, address := range []string{"/", "/programmes", "/programmes/p1/2025", "/goals", "/rectifications", "/goals/p1/2025/file"} {
		if r.open(address); !strings.HasPrefix(r.at, "/sign-in?back="+url.QueryEscape(address)) {
			t.Errorf("%s leads to %s", address, r.at)
		}
	}
	r.shows("财政部门", "审核批复目标", "绩效科科长")
	if r.send("/goals/p1/2025/file", url.Values{}); r.status != http.StatusUnauthorized {
		t.Errorf("a form from nobody: %d", r.status)
	}
	r.send("/sign-in", url.Values{"username": {"finance"}, "password": {"wrong"}})
	if r.status != http.StatusUnauthorized {
		t.Errorf("a wrong password: %d", r.status)
	}
	r.shows("没有登录")
	if r.send("/sign-in", url.Values{"as": {"finance"}, "back": {"//elsewhere.example/"}}); r.at != "/" {
		t.Errorf("sign-in leads to %s", r.at)
	}
}

func TestTheWorkbenchOffersOnlyWhatTheReaderMayDo(t *testing.T) {
	d := newOffice(t, demo)
	d.programme()
	d.create("unit", "goals/p1/2025/file", goalBody).entered()
	const review, look = `href="/goals/p1/2025/review"`, `href="/programmes/p1/2025">查看<`
	if p := d.reads("finance").open("/").page; !strings.Contains(p, review) || !strings.Contains(p, "待我办理 1 件") {
		t.Error("finance is not asked to review")
	}
	for _, as := range []string{"auditor", "inspector", "congress", "treasury"} {
		p := d.reads(as).open("/").page
		if strings.Contains(p, review) || strings.Contains(p, "待我办理") {
			t.Errorf("%s is asked to review", as)
		}
		if !strings.Contains(p, look) || !strings.Contains(p, "各方待办 1 件") {
			t.Errorf("%s does not see the others' work", as)
		}
	}
	d.change("finance", "goals/p1/2025/return", 1, `{"version":1,"reason":"口径重复"}`).entered()
	if p := d.reads("unit").open("/").page; !strings.Contains(p, `href="/goals/p1/2025/file">重报<`) {
		t.Error("the unit is not asked to file again")
	}
	if p := d.reads("department").open("/").page; !strings.Contains(p, look) {
		t.Error("the department is asked to file what only the unit files")
	}
}

// TestAnInventedLedgerSaysSoOnItsPages, served as any other: to whoever is signed
// in, on pages for anybody, where nothing is found, and on paper.
func TestAnInventedLedgerSaysSoOnItsPages(t *testing.T) {
	for _, invented := range []bool{true, false} {
		d := newOffice(t, demo)
		r := d.reads("auditor")
		d.server.Demo, d.server.Invented = false, invented
		for _, address := range []string{"/programmes", "/record", "/verify", "/nowhere"} {
			page := r.open(address).page
			if !strings.Contains(page, `<div class="print-foot">`) || strings.Contains(page, `<p class="demo-note">演示账本`) != invented || strings.Contains(page, "问效 · 演示账本 · ") != invented {
				t.Errorf("invented %v: %s, %d, says otherwise:\n%s", invented, address, r.status, page)
			}
		}
	}
}

func TestARoleCannotBeTakenOutsideTheDemonstration(t *testing.T) {
	d := newOffice(t)
	r := &reader{office: d, cookies: map[string]string{}}
	if r.send("/sign-in", url.Values{"as": {"finance"}}); r.status != http.StatusForbidden {
		t.Errorf("%d", r.status)
	}
	if r.open("/sign-in"); strings.Contains(r.page, `name="as"`) {
		t.Error("roles are offered")
	}
}

func TestEveryPageIsDrawnInBothLanguages(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	r := d.reads("finance")
	for _, language := range []string{"zh", "en"} {
		r.open("/?lang=" + language)
		if r.at != "/" {
			t.Errorf("the language stays in the address: %s", r.at)
		}
		for _, address := range []string{
			"/", "/programmes", "/programmes?open=chain", "/programmes/p1/2025", "/goals", "/rectifications", "/executions/p1/2025/suspend",
			"/programmes?q=%E6%B2%A1%E6%9C%89&year=2025", "/programmes?page=99", "/programmes?year=x&sort=nonsense",
		} {
			if r.open(address); r.status != http.StatusOK {
				t.Errorf("%s: %d", address, r.status)
			}
			if english := strings.Contains(r.page, "Responsibility chain"); english != (language == "en") {
				t.Errorf("%s is not in %s", address, language)
			}
		}
	}
}

func TestWhatThereIsNotHasAPageThatSaysSo(t *testing.T) {
	r := newOffice(t, demo).reads("finance")
	for _, address := range []string{"/nowhere", "/programmes/none/2025", "/programmes/none", "/programmes/p1/25", "/rectifications/none", "/goals/none/2025/file"} {
		if r.open(address); r.status != http.StatusNotFound {
			t.Errorf("%s: %d", address, r.status)
		}
		r.shows("没有这一项", "工作台")
	}
}

func TestRegisterFiltersSortsAndHandsOut(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	r := d.reads("auditor")
	r.open("/programmes?year=2025&q=ggsx").shows("全部 1 个合计", "48.00%", "120.00")
	r.open("/programmes?status=done").shows("没有符合条件的项目")

	r.open("/programmes.csv?year=2025").shows("\ufeff项目编码,项目,年度", "p1,")
	if strings.Count(strings.TrimSpace(r.page), "\n") != 1 {
		t.Errorf("not one row:\n%s", r.page)
	}
	r.open("/programmes.xlsx")
	book, err := excelize.OpenReader(bytes.NewReader([]byte(r.page)))
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := book.GetRows("项目登记册"); err != nil || len(rows) != 2 || rows[0][0] != "项目编码" || rows[1][10] != "120" {
		t.Errorf("%v %v", rows, err)
	}
}

func TestAFormulaInANameIsHarmlessInASpreadsheet(t *testing.T) {
	for in, want := range map[string]string{"=1+1": "'=1+1", "@x": "'@x", "-3.45": "-3.45", "-x": "'-x", "项目": "项目", "": ""} {
		if got := harmless(in); got != want {
			t.Errorf("%q becomes %q", in, got)
		}
	}
}

func TestProgrammePageShowsWhatWasPromisedDoneAndPaid(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	r := d.reads("finance").open("/programmes/p1/2025")
	r.shows("项目支出绩效目标申报表", "≥38508人", "支付", "0202-001", "48.00%", "可办的事", "暂缓拨款", "李某", "示财预〔2026〕1号", "class=\"chart\"")
	if strings.Contains(r.page, "填报") && strings.Contains(r.page, `href="/goals/p1/2025/file"`) {
		t.Error("finance is offered to file the unit's form")
	}
	r.open("/programmes/p1")
	if r.at != "/programmes/p1/2025" {
		t.Errorf("leads to %s", r.at)
	}
}

// Without script: open, fill, check, confirm, and see it in the ledger.
func TestAGraveActIsAskedTwiceAndDoneOnce(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	before := d.head()
	r := d.reads("finance").open("/executions/p1/2025/suspend").shows("单位、审计、纪检都看得到", "身份办理")

	r.fills("reason", "")
	if r.status != http.StatusUnprocessableEntity || d.head() != before {
		t.Fatalf("an empty reason: %d", r.status)
	}
	r.shows("没有办成", "南通办法 第十条第二项", "编码 execution.")

	r.fills("reason", "款项被挪用，先停付")
	if r.shows("再次核对", "款项被挪用，先停付", "国库不再受理"); r.status != http.StatusOK || d.head() != before {
		t.Fatalf("the check page wrote something: %d at %d", r.status, d.head())
	}
	address, fields := r.form("do", "done")
	r.send(address, fields)
	if d.head() != before+1 || !strings.HasPrefix(r.at, "/programmes/p1/2025?entered=") {
		t.Fatalf("%s (%d), head %d", r.at, r.status, d.head())
	}
	r.shows("已入账", "账本位置 "+fmt.Sprint(before+1), "款项被挪用", "恢复拨款")

	r.send(address, fields)
	if d.head() != before+1 {
		t.Error("a form sent twice counted twice")
	}
	other := d.reads("treasury").open(r.at)
	if strings.Contains(other.page, "已入账") {
		t.Error("what another entered is shown as one's own")
	}
}

func TestAStalePageSaysWhoWasFirstAndKeepsWhatWasTyped(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	r := d.reads("finance").open("/executions/p1/2025/adjust-budget")
	address, fields := r.form("amount", "260", "reason", "追加", "document", "示财预〔2026〕9号", "do", "done")
	d.change("treasury", "executions/p1/2025/pay", 3, `{"payment":"0202-002","amount":100}`).entered()
	r.send(address, fields)
	if r.status != http.StatusPreconditionFailed {
		t.Fatalf("%d", r.status)
	}
	r.shows("别人先办了", "郑某", "0202-002", `value="260"`, "示财预〔2026〕9号", `name="seen" value="4"`)
}

func TestWhatIsNotAllowedIsNotShown(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	for as, address := range map[string]string{
		"auditor": "/executions/p1/2025/suspend", "other-unit": "/goals/p1/2025/file", "unit": "/goals/p1/2025/approve", "admin": "/programmes/p1/2025/notice",
	} {
		r := d.reads(as)
		if r.open(address); r.status != http.StatusForbidden {
			t.Errorf("%s opens %s: %d", as, address, r.status)
		}
		r.shows("无权办理", "忻州办法")
	}
}

func TestAGoalIsFiledReturnedAndFiledAgain(t *testing.T) {
	d := newOffice(t, demo)
	d.programme()
	before := d.head()
	unit := d.reads("unit").open("/goals/p1/2025/file").shows("项目支出绩效目标申报表", "应为 50")

	unit.fills("budget", "20")
	if unit.status != http.StatusUnprocessableEntity {
		t.Fatalf("%d", unit.status)
	}
	unit.shows("处要改，改好才能报送", "年度总体目标未填")

	row := func(i int, group, name, target, unit, weight string) []string {
		at := func(field string) string { return fmt.Sprintf("indicators-%d-%s", i, field) }
		return []string{at("level1"), group, at("name"), name, at("sign"), "≥", at("target"), target, at("unit"), unit, at("weight"), weight}
	}
	filled := []string{"budget", "20", "sources-0", "20", "objective", "培训合格"}
	filled = append(filled, row(0, "产出指标", "培训人数", "1000", "人", "50")...)
	filled = append(filled, row(4, "效益指标", "就业率", "80", "%", "30")...) // rows between stay empty
	filled = append(filled, row(5, "满意度指标", "满意度", "95", "%", "5")...)
	unit.fills(filled...)
	if unit.status != http.StatusUnprocessableEntity {
		t.Fatalf("weights of 85: %d", unit.status)
	}
	unit.shows("指标分值合计 85，应为 90", "少 5", `value="培训人数"`)

	unit.fills("do", "add")
	if unit.status != http.StatusOK || !strings.Contains(unit.page, `name="indicators-11-name"`) {
		t.Errorf("no more rows: %d", unit.status)
	}
	unit.fills("indicators-5-weight", "10")
	if unit.shows("≥1000人", "我对所报内容", "忻州办法 第十四条第一项"); d.head() != before {
		t.Fatal("the check page wrote something")
	}
	unit.fills("do", "done")
	if unit.status != http.StatusUnprocessableEntity {
		t.Errorf("without the declaration: %d", unit.status)
	}
	unit.fills("do", "done", "declared", "yes").shows("已入账", "≥1000人")
	if d.head() != before+1 {
		t.Fatalf("%s (%d) head %d", unit.at, unit.status, d.head())
	}

	finance := d.reads("finance").open("/goals/p1/2025/return").shows("≥1000人")
	finance.fills("reason", "满意度指标口径不清", "points", "6：说明样本数\n总体尚可").shows("已入账")

	unit.open("/goals/p1/2025/file").shows("满意度指标口径不清", "说明样本数", `value="1000"`, "为何再报")
	unit.fills("indicators-2-target", "96", "cause", "").shows("须说明作了哪些修改")
	unit.fills("cause", "提高到 96%").fills("do", "done", "declared", "yes").shows("已入账", "≥96%", "第 2 版")
}

func TestARectificationRunsItsCourseOnPages(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	d.create("unit", "monitoring/p1/2025/take-snapshot", `{"day":"2025-12-31","period":"1—12月","readings":[
		{"row":"1","actual":"30000人","attainment":0.2,"likelihood":"possible","reason":"招生不足"},
		{"row":"2","actual":"81%","attainment":0.2,"likelihood":"certain"},{"row":"3","actual":"96%","attainment":0.2,"likelihood":"certain"}]}`).entered()

	unit := d.reads("unit").open("/monitoring/p1/2025/explain")
	unit.fills("reason", "招生推迟到二季度").shows("已入账", "招生推迟到二季度")

	finance := d.reads("finance").open("/programmes/p1/2025/notice")
	finance.fills("document", "示财绩〔2026〕3号", "due", "2026-03-02", "issues-0-problem", "完成率过低", "issues-0-requirement", "补齐").shows("再次核对")
	finance.fills("do", "done").shows("已入账", "示财绩〔2026〕3号", "完成率过低")

	id := "p1-2025-1"
	unit.open("/rectifications/"+id).shows("完成率过低", "报送整改方案")
	unit.open("/rectifications/"+id+"/plan").fills("measures-0-done", "补招", "name", "李某", "by", "2026-02-20").shows("已入账", "补招")
	unit.open("/rectifications/"+id+"/report").fills("answers-0-done", "已补招 200 人").fills("do", "done").shows("已入账", "待审核")
	finance.open("/rectifications/"+id+"/return").fills("reason", "没有名册").shows("已入账")
	unit.open("/rectifications/"+id+"/report").fills("answers-0-done", "已补招 200 人，附名册").fills("do", "done")
	finance.open("/rectifications/"+id+"/close").fills("opinion", "属实").fills("do", "done").shows("已入账", "已销号")

	d.clock.turnTo("2026-04-01")
	finance.open("/rectifications?year=2025").shows("已销号 1", "示财绩〔2026〕3号")
	finance.open("/rectifications?status=overdue").shows("没有符合条件的整改通知")
}

func TestASelfEvaluationIsFiledAgainstTheGoal(t *testing.T) {
	d := newOffice(t, demo)
	d.funded()
	unit := d.reads("unit").open("/evaluations/p1/2025/file").shows("≥38508人", "账上支付 120.00", `value="4.8"`)
	unit.fills("achieved", "完成培训", "rows-0-actual", "37442人", "rows-0-score", "50", "rows-1-actual", "81%", "rows-1-score", "30", "rows-2-actual", "96%", "rows-2-score", "10")
	unit.shows("系统校核（不属于本表）", "未达到指标而得满分", "94.8", "系统重算有")
	unit.fills("do", "done", "declared", "yes").shows("已入账", "待复核")

	finance := d.reads("finance").open("/evaluations/p1/2025/check").shows("未达到指标而得满分", "记入的得分和不符之处由系统")
	finance.fills("opinion", "培训人数未达到").shows("已入账", "full-score-unmet")
	finance.open("/evaluations/p1/2025/finalise").fills("reason", "按重算").fills("do", "done").shows("已入账", "审定得分")
}

func TestAProgrammeIsRegisteredAndHasSomebodyResponsible(t *testing.T) {
	d := newOffice(t, demo)
	unit := d.reads("unit").open("/programmes").shows("新登记")
	unit.open("/programmes/new").fills("code", "P 1", "name", "")
	if unit.status != http.StatusUnprocessableEntity {
		t.Fatalf("%d", unit.status)
	}
	unit.shows("项目编码“P 1”应为").fills("code", "p-new", "name", "公共实训基地二期", "from", "二〇二六").shows("不是年度")
	unit.fills("from", "2026").shows("再次核对", "公共实训基地二期").fills("do", "done").shows("已入账", "公共实训基地二期")
	if !strings.HasPrefix(unit.at, "/programmes/p-new/2026?entered=") {
		t.Fatal(unit.at)
	}
	unit.open("/programmes/new").fills("code", "p-new", "name", "同一个编码", "from", "2026")
	if unit.status != http.StatusPreconditionFailed {
		t.Errorf("a code used before: %d", unit.status)
	}
	unit.shows("已经存在")
	unit.open("/programmes/p-new/2026/assign-responsible").fills("person", "p-unit", "name", "李某", "post", "主任", "since", "2026-01-05").fills("do", "done").shows("已入账", "李某")

	if auditor := d.reads("auditor").open("/programmes/new"); auditor.status != http.StatusForbidden {
		t.Errorf("an auditor registers: %d", auditor.status)
	}
}

// Every word on an act's page has its English.
func TestEveryActHasEnglish(t *testing.T) {
	d := newOffice(t)
	at := situation{}
	for _, a := range d.server.acts() {
		if strings.Contains(a.path, "{id}") {
			at.notice = &aNoticeRow
		} else {
			at.notice = nil
		}
		words := []string{a.title(), a.button}
		for _, f := range a.fields(at) {
			if label, _, long := strings.Cut(f.Label, "："); !long && !regexp.MustCompile(` \d+$`).MatchString(label) {
				words = append(words, label)
			}
		}
		for _, word := range words {
			if !web.HasEnglish(word) {
				t.Errorf("%s: no English for %q", a.path, word)
			}
		}
	}
	for _, f := range d.server.filings() {
		page := web.Filing{}
		f.page(&page, situation{})
		words := []string{f.title, f.send}
		for _, h := range page.Heads {
			words = append(words, h.Label)
		}
		for _, c := range page.Columns {
			words = append(words, c.Text)
		}
		for _, word := range words {
			if !web.HasEnglish(word) {
				t.Errorf("%s: no English for %q", f.path, word)
			}
		}
	}
}

var aNoticeRow = projections.Rectification{ID: "n-1", Issues: []rectification.Issue{{No: 1, Problem: "问题", Requirement: "要求"}}}
