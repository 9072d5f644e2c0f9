package api

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

func TestAYearFromGoalToClosure(t *testing.T) {
	d := newOffice(t)
	d.funded()
	d.change("unit", "programmes/p1/assign-responsible", 1, `{"person":"p-li","name":"李某","post":"主任","unit":"101001","since":"2026-01-05"}`).entered()
	d.create("unit", "monitoring/p1/2025/take-snapshot", `{"day":"2025-12-31","period":"1—12月","readings":[
		{"row":"1","actual":"30000人","attainment":0.779,"likelihood":"possible","reason":"招生不足"},
		{"row":"2","actual":"81%","attainment":1,"likelihood":"certain"},{"row":"3","actual":"96%","attainment":1,"likelihood":"certain"}]}`).entered()
	filed := d.create("unit", "evaluations/p1/2025/file", `{"form":"项目支出绩效自评表","moneyUnit":"万元",
		"budget":{"begin":250000000,"fullYear":250000000,"executed":120000000,"rate":"48%","weight":10,"score":4.8},
		"rows":[{"row":"1","level1":"产出指标","level2":"数量指标","name":"培训人数","target":"≥38508人","weight":50,"actual":"37442人","score":48.62,"reason":"招生不足"},
		{"row":"2","level1":"效益指标","level2":"社会效益指标","name":"就业率","target":"≥80%","weight":30,"actual":"81%","score":30},
		{"row":"3","level1":"满意度指标","level2":"服务对象满意度","name":"学员满意度","target":"≥95%","weight":10,"actual":"96%","score":10}],
		"total":94.42,"grade":"优"}`).entered()
	if filed.Stream != "evaluation-p1-2025-self" || filed.Revision != 1 || len(filed.EventIDs) != 1 {
		t.Fatalf("%+v", filed)
	}
	d.change("finance", "evaluations/p1/2025/check", 1, `{"version":1,"opinion":"总分不等于各行之和"}`).entered()

	e, err := d.server.evaluation(t.Context(), "p1", 2025)
	if err != nil {
		t.Fatal(err)
	}
	check := e.state.Check
	if check == nil || check.Computed == nil || check.Computed.String() != "93.42" || len(check.Findings) == 0 || check.Findings[0].Code != "total-differs" {
		t.Fatalf("48.62 + 30 + 10 + 4.8 is 93.42, not 94.42: %+v", check)
	}
	d.change("finance", "evaluations/p1/2025/finalise", 2, `{"version":1,"score":93.42,"grade":"优"}`).entered()
	d.change("finance", "evaluations/p1/2025/feed-back", 3, `{"opinion":"总分须更正"}`).entered()

	d.create("finance", "rectifications/n1/issue", `{"programme":"p1","year":2025,"unit":"101001","unitName":"","issues":[{"no":1,"problem":"总分多 1 分","requirement":"更正"}],"due":"2026-03-02","document":"示财绩〔2026〕3号"}`).entered()
	d.change("unit", "rectifications/n1/plan", 1, `{"measures":[{"no":1,"done":"重新加总"}],"responsible":"p-li","name":"李某","by":"2026-02-20"}`).entered()
	d.change("unit", "rectifications/n1/report", 2, `{"answers":[{"no":1,"done":"已更正"}]}`).entered()
	d.change("finance", "rectifications/n1/close", 3, `{"opinion":"属实"}`).entered()

	for r, err := range d.store.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Actor.Person == "" || r.Actor.Post == "" || r.Command == "" || !strings.Contains(r.Correlation, "/sha256:") {
			t.Errorf("%s was written by nobody in particular: %s", r.Type, r.Envelope)
		}
		if r.Type != "programme.registered.v1" && strings.HasPrefix(r.Type, "goal.") && r.Rulebook == "" {
			t.Errorf("%s names no rulebook", r.Type)
		}
	}
}

func TestADecisionNamesTheEventsItRestsOn(t *testing.T) {
	d := newOffice(t)
	d.funded()
	ids := map[string]string{}
	for r, err := range d.store.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		ids[r.Type] = r.ID
		want := map[string]string{"goal.filed.v1": "programme.registered.v1", "goal.approved.v1": "goal.reviewed.v1", "execution.budget-set.v1": "goal.approved.v1"}[r.Type]
		if want != "" && (len(r.Basis) != 1 || r.Basis[0] != ids[want]) {
			t.Errorf("%s rests on %v, not on %s", r.Type, r.Basis, want)
		}
	}
}

func TestAStaleRevisionIsToldWhatChanged(t *testing.T) {
	d := newOffice(t)
	d.programme()
	d.create("unit", "goals/p1/2025/file", goalBody).entered()
	d.change("department", "goals/p1/2025/return", 1, `{"version":1,"reason":"满意度指标过于笼统"}`).entered()
	before := d.head()
	answer := d.change("finance", "goals/p1/2025/review", 1, reviewBody)
	p := answer.problem(http.StatusPreconditionFailed, "record.stale")
	if p.Expected != 1 || p.Actual != 2 || len(p.Changed) != 1 {
		t.Fatalf("%+v", p)
	}
	c := p.Changed[0]
	if c.Revision != 2 || !strings.Contains(c.Who, "周某") || !strings.Contains(c.Sentence, "退回") || c.When.IsZero() || c.Type != "goal.returned.v1" {
		t.Errorf("%+v", c)
	}
	d.create("unit", "goals/p1/2025/file", goalBody).problem(http.StatusPreconditionFailed, "record.stale")
	d.change("unit", "goals/p1/2025/file", 9, goalBody).problem(http.StatusPreconditionFailed, "record.stale")
	if d.head() != before {
		t.Error("something was written all the same")
	}
}

func TestAChangeNamesTheRevisionItIsOf(t *testing.T) {
	d := newOffice(t)
	d.programme()
	before := d.head()
	for _, c := range []struct {
		header map[string]string
		status int
		code   string
	}{
		{nil, 428, "request.no-condition"},
		{map[string]string{"If-Match": "1"}, 422, "request.malformed-condition"},
		{map[string]string{"If-Match": `"0"`}, 422, "request.malformed-condition"},
		{map[string]string{"If-Match": `*`}, 422, "request.malformed-condition"},
		{map[string]string{"If-None-Match": `"1"`}, 422, "request.malformed-condition"},
		{map[string]string{"If-Match": `"1"`, "If-None-Match": "*"}, 422, "request.two-conditions"},
	} {
		d.do(call{as: "department", method: "POST", path: "/api/v1/programmes/p1/mark-major", body: `{"reason":"金额大","document":"一号"}`, header: c.header}).problem(c.status, c.code)
	}
	if d.head() != before {
		t.Error("something was written all the same")
	}
}

func TestARepeatedRequestIsCarriedOutOnce(t *testing.T) {
	d := newOffice(t)
	post := func(as, path, key, body string) reply {
		return d.do(call{as: as, method: "POST", path: "/api/v1/" + path, body: body, header: map[string]string{"If-None-Match": "*", "Idempotency-Key": key}})
	}
	first := post("unit", "programmes/p1/register", "once", programmeBody)
	second := post("unit", "programmes/p1/register", "once", programmeBody)
	a, b := first.entered(), second.entered()
	if a.Repeated || !b.Repeated || a.EventIDs[0] != b.EventIDs[0] || a.Position != b.Position || a.Command != "once" || d.head() != 1 {
		t.Fatalf("%+v\n%+v", a, b)
	}
	if second.Header().Get("ETag") != `"1"` || second.Header().Get("Ledger-Position") != "1" {
		t.Errorf("%v", second.Header())
	}
	for name, again := range map[string]reply{
		"another body":    post("unit", "programmes/p1/register", "once", strings.Replace(programmeBody, "运营", "停办", 1)),
		"another account": post("department", "programmes/p1/register", "once", programmeBody),
		"another stream":  post("unit", "programmes/p2/register", "once", programmeBody),
		"another moment": d.do(call{
			as: "unit", method: "POST", path: "/api/v1/programmes/p1/register", body: programmeBody,
			header: map[string]string{"If-None-Match": "*", "Idempotency-Key": "once", "Effective-At": "2026-01-01"},
		}),
	} {
		t.Run(name, func(*testing.T) { again.problem(422, "command.reused") })
	}
	if d.head() != 1 {
		t.Error("something was written all the same")
	}
	for _, key := range []string{strings.Repeat("k", 256), "有汉字", "two words"} {
		post("unit", "programmes/p3/register", key, programmeBody).problem(422, "request.malformed-key")
	}
}

func TestManyAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		key  func(int) string
		lost int // the answer to all but one
	}{
		"one request sent again and again": {func(int) string { return "same" }, http.StatusOK},
		"many requests for one place":      {func(i int) string { return fmt.Sprint(i) }, http.StatusPreconditionFailed},
	} {
		t.Run(name, func(t *testing.T) {
			d := newOffice(t)
			var (
				all   sync.WaitGroup
				first atomic.Int32
				lost  atomic.Int32
			)
			for i := range 20 {
				all.Go(func() {
					r := d.do(call{as: "unit", method: "POST", path: "/api/v1/programmes/p1/register", body: programmeBody, header: map[string]string{"If-None-Match": "*", "Idempotency-Key": c.key(i)}})
					switch {
					case r.Code == http.StatusOK && strings.Contains(r.Body.String(), `"repeated":false`):
						first.Add(1)
					case r.Code == c.lost:
						lost.Add(1)
					default:
						t.Errorf("%d %s", r.Code, r.Body)
					}
				})
			}
			all.Wait()
			if first.Load() != 1 || lost.Load() != 19 || d.head() != 1 {
				t.Errorf("%d first, %d others, %d records", first.Load(), lost.Load(), d.head())
			}
		})
	}
}

func TestAKeyIsFreeAfterARefusal(t *testing.T) {
	d := newOffice(t)
	post := func(body string) reply {
		return d.do(call{as: "unit", method: "POST", path: "/api/v1/programmes/p1/register", body: body, header: map[string]string{"If-None-Match": "*", "Idempotency-Key": "k"}})
	}
	post(strings.Replace(programmeBody, `"general"`, `"petty-cash"`, 1)).problem(422, "programme.unknown-fund-book")
	if post(programmeBody).entered().Repeated {
		t.Error("nothing had been carried out")
	}
}

func TestARefusalNamesFieldAndArticle(t *testing.T) {
	d := newOffice(t)
	d.programme()
	before := d.head()
	bad := strings.NewReplacer(`"weight":50`, `"weight":70`, `"objective":"全年培训 38508 人"`, `"objective":""`).Replace(goalBody)
	p := d.create("unit", "goals/p1/2025/file", bad).problem(422, "goal.no-objective")
	if p.Basis != "忻州办法 第十九条" || len(p.Errors) != 2 || p.Errors[0].Pointer != "/objective" || p.Errors[1].Code != "goal.weights-not-100" || !strings.Contains(p.Errors[1].Reason, "110") {
		t.Fatalf("%+v", p)
	}
	if d.head() != before {
		t.Error("something was written all the same")
	}
}

func TestWhatCannotBeReadIsRefusedAtItsPlace(t *testing.T) {
	d := newOffice(t)
	d.programme()
	before := d.head()
	for name, c := range map[string]struct {
		body, code, pointer string
		status              int
	}{
		"no JSON":        {`{"budget":`, "request.unreadable", "", 400},
		"said twice":     {`{"budget":1,` + goalBody[1:], "request.unreadable", "", 400},
		"another case":   {strings.Replace(goalBody, `"objective"`, `"Objective"`, 1), "request.malformed", "/objective", 422},
		"two values":     {goalBody + `{}`, "request.unreadable", "", 400},
		"no body":        {``, "request.unreadable", "", 400},
		"no UTF-8":       {strings.Replace(goalBody, `"row":"2"`, "\"row\":\"\xff\"", 1), "request.unreadable", "", 400},
		"a NUL":          {strings.Replace(goalBody, `"objective":"`, `"objective":"\u0000`, 1), "record.nul", "", 422},
		"unknown field":  {`{"budgets":1,` + goalBody[1:], "request.malformed", "/budgets", 422},
		"deep unknown":   {strings.Replace(goalBody, `"row":"2"`, `"row":"2","wieght":3`, 1), "request.malformed", "/indicators/1/wieght", 422},
		"wrong type":     {strings.Replace(goalBody, `"weight":30`, `"weight":"三十"`, 1), "request.malformed", "/indicators/1/weight", 422},
		"half a fen":     {strings.Replace(goalBody, `250000000`, `2500.5`, 1), "request.malformed", "/budget", 422},
		"too much money": {strings.Replace(goalBody, `250000000`, `1e300`, 1), "request.malformed", "/budget", 422},
		"far too much":   {strings.Replace(goalBody, `250000000`, `25000000000000000000`, 1), "request.malformed", "/budget", 422},
		"beyond numbers": {strings.Replace(goalBody, `"weight":30`, `"weight":1e400`, 1), "request.unreadable", "/indicators/1/weight", 400},
		"missing field":  {`{"budget":1,"objective":"x"}`, "request.malformed", "/indicators", 422},
		"an actor":       {`{"by":{"person":"p-boss"},` + goalBody[1:], "request.malformed", "/by", 422},
		"another actor":  {`{"actor":{"person":"p-boss"},` + goalBody[1:], "request.malformed", "/actor", 422},
		"a source":       {`{"source":{"title":"公开表"},` + goalBody[1:], "request.malformed", "/source", 422},
		"SOURCE":         {`{"SOURCE":{"title":"公开表"},` + goalBody[1:], "request.malformed", "/SOURCE", 422},
		"a far digit":    {strings.Replace(goalBody, `"weight":30`, `"weight":30.00000000000000000000000001`, 1), "request.malformed", "/indicators/1/weight", 422},
	} {
		t.Run(name, func(t *testing.T) {
			d := *d
			d.T = t
			p := d.create("unit", "goals/p1/2025/file", c.body).problem(c.status, c.code)
			if c.pointer != "" && (len(p.Errors) == 0 || p.Errors[0].Pointer != c.pointer) {
				t.Fatalf("%+v", p.Errors)
			}
			if strings.ContainsAny(p.Reason, "abcdefghijklmnopqrstuvwxyz") && strings.Contains(p.Reason, "expected") {
				t.Errorf("not said in Chinese: %s", p.Reason)
			}
		})
	}
	d.do(call{as: "unit", method: "POST", path: "/api/v1/goals/p1/2025/file", body: goalBody, header: map[string]string{"If-None-Match": "*", "Content-Type": "text/plain"}}).problem(415, "request.not-json")
	d.create("unit", "goals/p1/next/file", goalBody).problem(422, "request.malformed")
	d.create("unit", "goals/p1/2025/file?x=1", goalBody).problem(422, "request.malformed")
	if d.head() != before {
		t.Error("something was written all the same")
	}
}

func TestTooMuchIsRefusedWithTheLimit(t *testing.T) {
	d := newOffice(t)
	d.programme()
	big := strings.Replace(goalBody, "全年", strings.Repeat("全年", maxBody/6), 1)
	p := d.create("unit", "goals/p1/2025/file", big).problem(http.StatusRequestEntityTooLarge, "request.too-large")
	if !strings.Contains(p.Reason, "1 MiB") {
		t.Error(p.Reason)
	}
	// The same without saying beforehand how long it is.
	r := d.do(call{as: "unit", method: "POST", path: "/api/v1/goals/p1/2025/file", body: big, header: map[string]string{"If-None-Match": "*", "Content-Length": ""}})
	r.problem(http.StatusRequestEntityTooLarge, "request.too-large")
	d.do(call{as: "unit", method: "POST", path: "/api/v1/score", body: `[` + strings.Repeat(" ", maxUpload)}).problem(http.StatusRequestEntityTooLarge, "request.too-large")
	if d.head() != 1 {
		t.Error("something was written all the same")
	}
}

func TestWhatIsEnteredLateSaysSo(t *testing.T) {
	d := newOffice(t)
	post := func(path, at string) reply {
		return d.do(call{as: "unit", method: "POST", path: "/api/v1/programmes/" + path + "/register", body: programmeBody, header: map[string]string{"If-None-Match": "*", "Effective-At": at}})
	}
	post("p1", "2025-01-06").entered()
	r, err := d.server.record(t.Context(), 1)
	if err != nil || !r.Late() || domain.DayOf(r.EffectiveAt) != "2025-01-06" || domain.DayOf(r.RecordedAt) != "2026-02-02" {
		t.Fatalf("%+v %v", r.Header, err)
	}
	post("p2", "2026-02-02T09:00:01+08:00").problem(422, "request.effective-to-come")
	post("p2", "2026-02-03").problem(422, "request.effective-to-come")
	post("p2", "yesterday").problem(422, "request.malformed-time")
	post("p2", "0001-01-01T00:00:00Z").problem(422, "request.malformed-time")
	if d.head() != 1 {
		t.Error("something was written all the same")
	}
}

func TestAFormIsTheOneItsAddressNames(t *testing.T) {
	d := newOffice(t)
	d.programme()
	for field, value := range map[string]string{"programme": `"p9"`, "year": `2024`, "unit": `"102001"`} {
		body := fmt.Sprintf(`{%q:%s,`, field, value) + goalBody[1:]
		p := d.create("unit", "goals/p1/2025/file", body)
		if into[Problem](p).Errors[0].Pointer != "/"+field {
			t.Errorf("%s: %s", field, p.Body)
		}
	}
	d.create("unit", "goals/p1/2025/file", `{"programme":"p1","year":2025,"unit":"101001",`+goalBody[1:]).entered()
}

func TestNobodyReviewsAtAnotherDesk(t *testing.T) {
	d := newOffice(t)
	d.programme()
	d.create("unit", "goals/p1/2025/file", goalBody).entered()
	d.change("department", "goals/p1/2025/review", 1, `{"level":"finance",`+reviewBody[1:]).problem(403, "permission.level")
	d.change("department", "goals/p1/2025/review", 1, reviewBody).entered()
}

func TestACorrectionNamesWhatIsThere(t *testing.T) {
	d := newOffice(t)
	d.funded()
	d.change("treasury", "executions/p1/2025/correct-payment", 3, `{"corrects":"019a0000-0000-7000-8000-000000000000","payment":"0202-001","amount":1,"reason":"多付"}`).problem(422, "request.corrects-unknown")
	var paid eventstore.Record
	for r := range d.store.ReadStream(t.Context(), "execution-p1-2025", 2) {
		paid = r
	}
	d.change("treasury", "executions/p1/2025/correct-payment", 3, fmt.Sprintf(`{"corrects":%q,"payment":"0202-001","amount":119000000,"reason":"退款"}`, paid.ID)).entered()
	d.change("finance", "executions/p1/2025/suspend", 4, `{"reason":"进度过慢","warning":"7"}`).problem(422, "execution.unknown-warning")
}

func TestFindingsAreTheLedgersOwn(t *testing.T) {
	d := newOffice(t)
	d.funded()
	for _, claim := range []string{`"computed":100`, `"printed":100`, `"findings":[]`} {
		d.change("finance", "evaluations/p1/2025/check", 1, `{"version":1,`+claim+`}`).problem(422, "request.malformed")
	}
	d.change("finance", "evaluations/p1/2025/check", 1, `{"version":1,"rulebook":"wishful"}`).problem(422, "rulebook.unknown")
}

func FuzzConditionsAreReadOrRefused(f *testing.F) {
	for _, seed := range []string{`"1"`, `W/"1"`, `""`, `*`, `"18446744073709551615"`, "2026-03-31", "2026-03-31T09:00:00+08:00", "0001-01-01T00:00:00Z", "有"} {
		f.Add(seed, "", seed)
		f.Add("", seed, seed)
	}
	f.Fuzz(func(t *testing.T, match, none, at string) {
		revision, err := Conditions{IfMatch: match, IfNoneMatch: none}.revision()
		if err == nil && (revision == 0) != (none == "*") {
			t.Errorf("%q %q is revision %d", match, none, revision)
		}
		if moment, err := effective(at); err == nil && moment.IsZero() != (at == "") {
			t.Errorf("%q is %s", at, moment)
		}
	})
}
