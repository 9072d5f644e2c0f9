package api

import (
	"bytes"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"wenxiao/api/evidence"
	"wenxiao/eventstore"
)

// bundle is the answer to a request for evidence that must have been met.
func (d *office) bundle(as, query string) evidence.Report {
	d.Helper()
	answer := d.get(as, "/api/v1/evidence?"+query)
	if answer.Code != http.StatusOK || answer.Header().Get("Content-Type") != "application/zip" {
		d.Fatalf("%d %s %.300s", answer.Code, answer.Header(), answer.Body)
	}
	if name, err := url.PathUnescape(answer.Header().Get("Content-Disposition")); err != nil || !strings.Contains(name, "''取证单-") || !strings.HasSuffix(name, ".zip") {
		d.Errorf("saved as %q", name)
	}
	b := answer.Body.Bytes()
	report, err := evidence.Check(d.Context(), bytes.NewReader(b), int64(len(b)), d.server.Sealer.Policy(), nil)
	if err != nil {
		d.Fatal(err)
	}
	if report.Outcome("真实性") != evidence.Passed || report.Outcome("安全性") != evidence.Passed {
		d.Errorf("%s: %+v", query, report.Checks)
	}
	return report
}

func TestEvidenceIsHandedOut(t *testing.T) {
	d := sealedOffice(t)
	d.funded()
	d.handIn("unit", "佐证.txt", "一份佐证")
	of := d.bundle("auditor", "of=programme&code=p1&year=2025")
	if !strings.Contains(of.By, "审计") || of.Title != "项目 p1 2025 年度" {
		t.Errorf("%+v", of)
	}
	before := d.bundle("auditor", "of=programme&code=p1&at=2")
	if before.At != 2 || before.Records >= of.Records {
		t.Errorf("as of 2: %d records up to %d", before.Records, before.At)
	}
	d.bundle("inspector", "of=person&person=p-unit")
	d.bundle("congress", "of=query&q="+url.QueryEscape("批复")+"&kind=goal")
}

// What is recorded while a bundle waits for its checkpoint is no later than the
// moment of taking.
func TestABundleWhileOthersRecord(t *testing.T) {
	d := sealedOffice(t)
	d.funded()
	const stream = "execution-p1-2025"
	revision, paid := eventstore.Revision(0), ""
	for r := range d.store.ReadStream(t.Context(), stream, 0) {
		revision, paid = r.Revision, string(r.Data)
	}
	d.server.Now = func() time.Time { // whenever anybody looks at the clock, somebody pays a minute later
		now := d.clock.read()
		d.clock.set(now.Add(time.Minute))
		data := strings.Replace(paid, "0202-001", now.String(), 1)
		revision = sure(d.store.Append(t.Context(), stream, revision, eventstore.Draft{Type: "execution.paid.v1", Data: []byte(data)})).Revision
		return now
	}
	d.bundle("auditor", "of=programme&code=p1&year=2025")
}

func TestABundleHasOnlyFilesThatItsReaderMayRead(t *testing.T) {
	d := sealedOffice(t)
	d.programme()
	const content = "财政内部核查底稿"
	theirs := into[DepositsAnswer](d.hand("finance", "name="+url.QueryEscape("底稿.txt"), content)).Files[0].Digest
	d.do(call{
		as: "finance", method: "POST", path: "/api/v1/rectifications/n1/issue", header: map[string]string{"If-None-Match": "*", "Attachments": theirs},
		body: `{"programme":"p1","year":2025,"unit":"101001","unitName":"","issues":[{"no":1,"problem":"总分多 1 分","requirement":"更正"}],"due":"2099-03-02","document":"示财绩〔2026〕3号"}`,
	}).entered()
	d.get("unit", "/api/v1/attachments/"+theirs+"/content").problem(http.StatusForbidden, "attachment.not-yours")
	for as, may := range map[string]bool{"unit": false, "department": false, "finance": true, "auditor": true} {
		const asked = "of=programme&code=p1"
		noted := 0
		for _, c := range d.bundle(as, asked).Checks {
			noted += len(c.Noted)
		}
		if got := strings.Contains(d.get(as, "/api/v1/evidence?"+asked).Body.String(), content); got != may || (noted == 0) != may {
			t.Errorf("%s: the file is in the bundle: %v, said to be left out: %d", as, got, noted)
		}
	}
}

func TestWhoMayTakeEvidence(t *testing.T) {
	d := sealedOffice(t)
	d.funded()
	must(t, d.server.settle(t.Context())) // whose a programme is stands in a table
	const programme, other, query = "of=programme&code=p1", "of=person&person=p-treasury", "of=query&q=%E6%89%B9%E5%A4%8D"
	for as, may := range map[string][]string{
		"auditor":          {programme, other, query},
		"inspector":        {programme, other, query},
		"congress":         {programme, other, query},
		"finance":          {programme, other, query},
		"unit":             {programme, "of=person&person=p-unit", "of=query&unit=101001"},
		"department":       {programme},
		"treasury":         {"of=person&person=p-treasury"},
		"other-unit":       {},
		"other-department": {},
		"admin":            {},
	} {
		allowed := strings.Join(may, " ")
		for _, asked := range append([]string{programme, other, query, "of=query&unit=301"}, may...) {
			answer := d.get(as, "/api/v1/evidence?"+asked)
			switch {
			case strings.Contains(allowed, asked) || len(may) == 3 && strings.Contains(allowed, query) && asked == "of=query&unit=301":
				if answer.Code != http.StatusOK {
					t.Errorf("%s asks for %s: %d %s", as, asked, answer.Code, answer.Body)
				}
			default:
				answer.problem(http.StatusForbidden, "permission.evidence")
			}
		}
	}
	d.get("", "/api/v1/evidence?"+programme).problem(http.StatusUnauthorized, "sign-in.needed")
}

func TestEvidenceRefused(t *testing.T) {
	d := sealedOffice(t)
	d.funded()
	for asked, code := range map[string]string{
		"":                                       "evidence.of-what",
		"of=programme&code=nothing":              "programme.unknown",
		"of=programme&code=p1&year=1999":         "programme.unknown-year",
		"of=programme&code=p1&year=soon":         "request.malformed-year",
		"of=person&person=nobody":                "person.unknown",
		"of=query&from=yesterday":                "day.malformed",
		"of=query&q=%E6%B2%A1%E6%9C%89%E8%BF%99": "evidence.nothing",
	} {
		d.get("auditor", "/api/v1/evidence?"+asked).problem(http.StatusUnprocessableEntity, code)
	}
	d = newOffice(t)
	d.funded()
	d.get("auditor", "/api/v1/evidence?of=programme&code=p1").problem(http.StatusUnprocessableEntity, "seal.none")
}

func TestPagesOfferEvidenceToWhoMayTakeIt(t *testing.T) {
	d := sealedOffice(t)
	d.funded()
	for path, who := range map[string]map[string]bool{
		"/programmes/p1/2025":  {"auditor": true, "unit": true, "other-unit": false, "admin": false},
		"/people/p-unit":       {"inspector": true, "unit": true, "department": false},
		"/record":              {"congress": true, "unit": false},
		"/record?unit=101001":  {"unit": true},
		"/record?from=nothing": {"auditor": false},
	} {
		for as, offered := range who {
			page := d.browse(as, path).Body.String()
			_, rest, found := strings.Cut(page, `href="/evidence.zip?`)
			if found != offered {
				t.Errorf("%s on %s: offered %v", as, path, found)
			}
			if !offered || !found {
				continue
			}
			asked, _, _ := strings.Cut(rest, `"`)
			if answer := d.browse(as, "/evidence.zip?"+html.UnescapeString(asked)); answer.Code != http.StatusOK || answer.Header().Get("Content-Type") != "application/zip" {
				t.Errorf("%s follows the button on %s: %d %.200s", as, path, answer.Code, answer.Body)
			}
		}
	}
}
