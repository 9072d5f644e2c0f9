package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
	"wenxiao/eventstore"
	"wenxiao/projections"
	"wenxiao/projections/relay"
)

func TestAnswersAreAsNewAsAsked(t *testing.T) {
	d := newOffice(t)
	d.programme()
	d.create("unit", "goals/p1/2025/file", goalBody).entered()
	answer := d.do(call{as: "auditor", method: "GET", path: "/api/v1/goals?after=2"})
	if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), "公共实训基地运营") {
		t.Fatalf("%d %s", answer.Code, answer.Body)
	}
	one := d.get("auditor", "/api/v1/goals/p1/2025")
	if one.Header().Get("ETag") != `"1"` || !strings.Contains(one.Body.String(), "38508") {
		t.Fatalf("%v %s", one.Header(), one.Body)
	}
	d.get("auditor", "/api/v1/goals?after=99").problem(422, "request.position-to-come")
	d.get("auditor", "/api/v1/goals/p9/2025").problem(404, "record.not-found")
}

func TestARecordIsHandedOutByteForByte(t *testing.T) {
	d := newOffice(t)
	d.funded()
	for r, err := range d.store.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{r.ID, strings.TrimPrefix(etag(eventstore.Revision(r.Position)), "")} {
			got := into[Record](d.get("auditor", "/api/v1/records/"+strings.Trim(name, `"`)))
			if got.Envelope != string(r.Envelope) || got.Data != string(r.Data) || got.ID != r.ID || got.Position != r.Position {
				t.Fatalf("%s: %+v", name, got)
			}
		}
	}
	for _, none := range []string{"0", "99", "01a0b3c4-0000-7000-8000-000000000000", "ffffffff-ffff-7fff-bfff-ffffffffffff"} {
		d.get("auditor", "/api/v1/records/"+none).problem(404, "record.not-found")
	}
	d.get("auditor", "/api/v1/records/latest").problem(422, "request.malformed-record")
}

func TestTheFeedIsReadToItsEndAndFollowed(t *testing.T) {
	d := newOffice(t)
	d.funded()
	next, seen := "/api/v1/events?limit=3", 0
	for range 10 {
		answer := d.get("inspector", next)
		batch := into[[]relay.CloudEvent](answer)
		if answer.Header().Get("Content-Type") != "application/cloudevents-batch+json" {
			t.Fatalf("%v", answer.Header())
		}
		for _, e := range batch {
			seen++
			if e.SpecVersion != "1.0" || e.ID == "" || e.Source == "" || e.Type == "" || e.Sequence == "" || len(e.Data) == 0 {
				t.Fatalf("%+v", e)
			}
		}
		link, _, _ := strings.Cut(strings.TrimPrefix(answer.Header().Get("Link"), "<"), ">")
		if len(batch) == 0 && link != next {
			t.Fatalf("the end leads elsewhere: %s", link)
		}
		next = link
	}
	if eventstore.Position(seen) != d.head() {
		t.Errorf("%d of %d", seen, d.head())
	}
}

func TestEveryQuestionIsAnswered(t *testing.T) {
	d := sealedOffice(t)
	d.funded()
	d.create("finance", "units/101001/register", `{"name":"示例市培训中心","kind":"budgetary","parent":"101"}`).entered()
	d.create("unit", "monitoring/p1/2025/report-risk", `{"risk":"场地停用","seen":"2026-01-30","plan":"另租"}`).entered()
	d.create("finance", "rectifications/n1/issue", `{"programme":"p1","year":2025,"issues":[{"no":1,"problem":"一","requirement":"二"}],"due":"2026-03-02","document":"三"}`).entered()
	somebody := d.somebody("unit")
	digest := d.handIn("unit", "佐证.txt", "一份佐证").Digest
	last := d.head()
	spec := into[document](d.get("", "/openapi.json"))
	for path, methods := range spec.Paths {
		if _, ok := methods["get"]; !ok || strings.HasPrefix(path, "/api/v1/evaluations/{") || path == "/api/v1/dead-letters/{letter}" { // there are none
			continue
		}
		address := strings.NewReplacer("{digest}", digest, "/participants/{id}", "/participants/"+somebody, "/records/{id}", "/records/1", "/people/{id}", "/people/p-unit", "/units/{code}", "/units/101001").Replace(path)
		address = filled.Replace(address) + map[string]string{"/diff": "?from=1", "/cell": "?key=goal/indicators/1/target", "/evidence": "?of=programme&code=p1"}[path[strings.LastIndex(path, "/"):]]
		as := "congress"
		if path == "/api/v1/dead-letters" || path == "/api/v1/deliveries" {
			as = "auditor"
		}
		answer := d.do(call{as: as, method: "GET", path: address})
		if answer.Code != http.StatusOK || answer.Body.Len() < 3 {
			t.Errorf("%s: %d %.200s", address, answer.Code, answer.Body)
		}
	}
	d.get("congress", "/api/v1/evaluations/p1/2025").problem(404, "record.not-found")
	if d.head() != last {
		t.Error("reading wrote something")
	}
}

func TestLookingBack(t *testing.T) {
	d := newOffice(t)
	d.programme()
	d.create("unit", "goals/p1/2025/file", goalBody).entered()
	d.clock.turnTo("2026-02-10")
	d.change("department", "goals/p1/2025/return", 1, `{"version":1,"reason":"满意度指标过于笼统"}`).entered()
	d.change("unit", "goals/p1/2025/file", 2, strings.Replace(`{"cause":"按退回意见修改",`+goalBody[1:], "≥95%", "≥96%", 1)).entered()
	must(t, d.server.settle(t.Context())) // a day waits for no table, unlike a position
	for at, want := range map[string]string{"2": "≥95%", "2026-02-02": "≥95%", "2026-02-10T08:59:59+08:00": "≥95%", "": "≥96%", "4": "≥96%", "2026-02-10": "≥96%"} {
		answer := d.get("auditor", "/api/v1/programmes/p1/2025/replay?"+url.Values{"at": {at}}.Encode())
		m := into[projections.Moment](answer)
		if m.Goal == nil || m.Goal.Rows[2].Cell("target").Value != want {
			t.Errorf("at %q: %d %.300s", at, answer.Code, answer.Body)
		}
	}
	changes := into[[]projections.Change](d.get("auditor", "/api/v1/programmes/p1/2025/diff?from=2"))
	if !slices.ContainsFunc(changes, func(c projections.Change) bool {
		return c.Key == "goal/indicators/3/target" && c.From == "≥95%" && c.To == "≥96%"
	}) {
		t.Errorf("%+v", changes)
	}
	cells := into[[]projections.Cell](d.get("auditor", "/api/v1/programmes/p1/2025/cell?key=goal/indicators/3/target"))
	if len(cells) != 2 || cells[0].Value != "≥95%" || cells[1].Was != "≥95%" {
		t.Errorf("%+v", cells)
	}
	for at, code := range map[string]string{"99": "request.position-to-come", "then": "request.malformed-moment", "2020-01-01": "request.before-the-ledger"} {
		d.get("auditor", "/api/v1/programmes/p1/2025/replay?at="+at).problem(422, code)
	}
	d.get("auditor", "/api/v1/programmes/p1/2025/cell?key=goal/nothing").problem(404, "record.not-found")
	d.get("auditor", "/api/v1/programmes/p1/2025/chain?asOf=soon").problem(422, "request.malformed-day")
}

func TestTheTrailIsReadPageByPage(t *testing.T) {
	d := newOffice(t)
	d.funded()
	var seen []eventstore.Position
	next := ""
	for range 10 {
		page := into[projections.Trail](d.do(call{as: "auditor", method: "GET", path: "/api/v1/trail?limit=3" + next, header: map[string]string{"Ledger-Position": "8"}}))
		for _, e := range page.Entries {
			seen = append(seen, e.Position)
		}
		if !page.More {
			break
		}
		next = "&cursor=" + strings.Trim(etag(eventstore.Revision(page.Next)), `"`)
	}
	if !slices.Equal(seen, []eventstore.Position{8, 7, 6, 5, 4, 3, 2, 1}) {
		t.Errorf("%v", seen)
	}
}

func TestATableIsScoredUnderTwoRulebooks(t *testing.T) {
	d := newOffice(t)
	samples := d.get("unit", "/api/v1/samples")
	score := func(query, body string) reply {
		return d.do(call{as: "unit", method: "POST", path: "/api/v1/score" + query, body: body})
	}
	all := into[Scored](score("", samples.Body.String()))
	i := slices.IndexFunc(all.Results, func(r scoring.Result) bool { return r.ID == "C26" })
	if len(all.Results) != 24 || i < 0 || all.Results[i].Total.Computed.String() != "98.62" || all.Rulebook != rulebook.Default().Ref() {
		t.Fatalf("%d tables, C26 at %d", len(all.Results), i)
	}
	two := into[Scored](score("?rulebook=xinzhou&against=hubei", samples.Body.String()))
	if len(two.Results) != 24 || len(two.Against) != 24 || !strings.HasPrefix(two.Rulebook, "xinzhou@") || !strings.HasPrefix(two.Other, "hubei@") {
		t.Fatalf("%s %s", two.Rulebook, two.Other)
	}
	score("?rulebook=wishful", samples.Body.String()).problem(422, "rulebook.unknown")
	score("", `{"cases":[{"id":`).problem(422, "table.malformed-json")
	if p := score("", `[{"id":"X","indicators":[{"weight":"许多"}]}]`); p.Code != 422 || !strings.Contains(p.Body.String(), "/0/indicators/0/weight") {
		t.Errorf("%d %s", p.Code, p.Body)
	}
	if d.head() != 0 {
		t.Error("scoring wrote something")
	}
}
