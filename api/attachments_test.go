package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/projections"
)

func digestOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// hand sends one file as a program does.
func (d *office) hand(as, query, content string) reply {
	d.Helper()
	return d.do(call{as: as, method: "POST", path: "/api/v1/attachments?" + query, body: content, header: map[string]string{"Content-Type": "application/octet-stream"}})
}

// handIn hands a text in for p1.
func (d *office) handIn(as, name, content string) DepositAnswer {
	d.Helper()
	answer := d.hand(as, url.Values{"name": {name}, "programme": {"p1"}, "year": {"2025"}}.Encode(), content)
	if answer.Code != http.StatusOK {
		d.Fatalf("%d %s", answer.Code, answer.Body)
	}
	return into[DepositsAnswer](answer).Files[0]
}

// A part is one of a multipart body: a control, or a file with its name.
type part struct{ control, name, content string }

func multipartOf(parts ...part) (contentType, body string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"`, p.control))
		if p.control == filesControl {
			h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s"`, p.control, p.name))
			h.Set("Content-Type", "application/x-msdownload") // what a browser says counts for nothing
		}
		out, _ := w.CreatePart(h)
		_, _ = io.WriteString(out, p.content)
	}
	_ = w.Close()
	return w.FormDataContentType(), b.String()
}

func TestAFileIsHandedInAndReadBack(t *testing.T) {
	d := newOffice(t)
	d.programme()
	const content = "满意度问卷汇总\n"
	got := d.handIn("unit", "问卷（汇总）.txt", content)
	if got.Digest != digestOf(content) || got.Size != int64(len(content)) || got.MediaType != "text/plain" || len(got.SM3) != 64 || got.Revision != 1 || got.Stream != "attachment-"+got.Digest || len(got.EventIDs) != 1 {
		t.Fatalf("%+v", got)
	}
	answer := d.get("auditor", "/api/v1/attachments/"+got.Digest+"/content")
	h := answer.Header()
	if answer.Code != http.StatusOK || answer.Body.String() != content {
		t.Fatalf("%d %q", answer.Code, answer.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/plain", "Content-Disposition": "attachment; filename*=UTF-8''%E9%97%AE%E5%8D%B7%EF%BC%88%E6%B1%87%E6%80%BB%EF%BC%89.txt",
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": sandboxed, "Cross-Origin-Resource-Policy": "same-origin", "ETag": `"` + got.Digest + `"`,
		"Accept-Ranges": "bytes", "Cache-Control": "no-store",
	} {
		if h.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, h.Get(name), want)
		}
	}
	if !strings.HasPrefix(h.Get("Repr-Digest"), "sha-256=:") {
		t.Errorf("Repr-Digest %q", h.Get("Repr-Digest"))
	}
	path := "/api/v1/attachments/" + got.Digest + "/content"
	if r := d.do(call{as: "finance", method: "GET", path: path, header: map[string]string{"Range": "bytes=0-2"}}); r.Code != http.StatusPartialContent || r.Body.String() != content[:3] {
		t.Errorf("a range: %d %q", r.Code, r.Body)
	}
	if r := d.do(call{as: "finance", method: "GET", path: path, header: map[string]string{"If-None-Match": h.Get("ETag")}}); r.Code != http.StatusNotModified || r.Body.Len() > 0 {
		t.Errorf("not modified: %d", r.Code)
	}
	one := into[AttachmentAnswer](d.do(call{as: "congress", method: "GET", path: "/api/v1/attachments/" + got.Digest, header: map[string]string{"Ledger-Position": fmt.Sprint(got.Position)}}))
	if one.Name != "问卷（汇总）.txt" || one.Deposits[0].By.Name != "李某" || one.Deposits[0].Programme != "p1" || one.Deposits[0].Unit != "101001" || len(one.Uses) != 0 {
		t.Errorf("%+v", one)
	}
	if list := into[projections.List[projections.Attachment]](d.get("congress", "/api/v1/attachments?text="+url.QueryEscape("问卷"))); list.Total != 1 {
		t.Errorf("%+v", list)
	}
	d.get("finance", "/api/v1/attachments/"+digestOf("another")+"/content").problem(404, "record.not-found")
	d.get("finance", "/api/v1/attachments/etc/content").problem(404, "record.not-found")
}

func TestTheSameFileAgain(t *testing.T) {
	d := newOffice(t)
	d.programme()
	first := d.handIn("unit", "a.txt", "一份")
	again := d.handIn("unit", "a.txt", "一份")
	if again.Digest != first.Digest || again.Revision != 1 || len(again.EventIDs) != 0 {
		t.Errorf("%+v", again)
	}
	if other := d.handIn("finance", "b.txt", "一份"); other.Revision != 2 {
		t.Errorf("another's deposit: %+v", other)
	}
	key := func(content string) reply {
		return d.do(call{as: "unit", method: "POST", path: "/api/v1/attachments?name=k.txt", body: content, header: map[string]string{"Content-Type": "text/plain", "Idempotency-Key": "once"}})
	}
	one, two := into[DepositsAnswer](key("二份")).Files[0], into[DepositsAnswer](key("二份")).Files[0]
	if one.Repeated || !two.Repeated || one.EventIDs[0] != two.EventIDs[0] {
		t.Errorf("%+v\n%+v", one, two)
	}
	key("三份").problem(422, "command.reused")
}

func TestSeveralFilesAtOnce(t *testing.T) {
	d := newOffice(t)
	kind, body := multipartOf(part{filesControl, "一.txt", "一"}, part{"note", "", "x"}, part{filesControl, "", ""}, part{filesControl, `/tmp/../二.csv`, "甲,1\n"})
	answer := d.do(call{as: "department", method: "POST", path: "/api/v1/attachments?title=" + url.QueryEscape("佐证"), body: body, header: map[string]string{"Content-Type": kind}})
	got := into[DepositsAnswer](answer)
	if len(got.Files) != 2 || got.Files[0].Name != "一.txt" || got.Files[1].MediaType != "text/csv" {
		t.Fatalf("%d %s", answer.Code, answer.Body)
	}
	kind, body = multipartOf(part{"note", "", "x"})
	d.do(call{as: "unit", method: "POST", path: "/api/v1/attachments", body: body, header: map[string]string{"Content-Type": kind}}).problem(422, "attachment.none")
	kind, body = multipartOf(part{filesControl, "半截.txt", strings.Repeat("半截", 100)})
	d.do(call{as: "unit", method: "POST", path: "/api/v1/attachments", body: body[:len(body)-200], header: map[string]string{"Content-Type": kind}}).problem(400, "request.unreadable")
	var many []part
	for i := range attachment.MostPerAct + 1 {
		many = append(many, part{filesControl, fmt.Sprintf("%d.txt", i), fmt.Sprint(i)})
	}
	kind, body = multipartOf(many...)
	d.do(call{as: "unit", method: "POST", path: "/api/v1/attachments", body: body, header: map[string]string{"Content-Type": kind}}).problem(422, "attachment.too-many")
}

func TestWhatIsNotTakenLeavesNothing(t *testing.T) {
	d := newOffice(t, func(s *Server) { s.Files.Most = 1000 })
	for query, c := range map[string]struct {
		content string
		status  int
		code    string
	}{
		"name=a.exe":                    {"MZ", 422, "attachment.type-not-taken"},
		"name=a.pdf":                    {"MZ\x00", 422, "attachment.not-as-named"},
		"name=a.html":                   {"<html>", 422, "attachment.type-not-taken"},
		"name=a.txt":                    {"", 422, "attachment.empty"},
		"name=..%2Fa.txt":               {"x", 422, "attachment.malformed-name"},
		"":                              {"x", 422, "attachment.malformed-name"},
		"name=big.txt":                  {strings.Repeat("x", 1001), 422, "attachment.too-large"},
		"name=huge.txt":                 {strings.Repeat("x", mostAtOnce*1000+maxBody+1), 413, "request.too-large"},
		"name=a.txt&programme=nowhere":  {"x", 422, "programme.not-registered"},
		"name=a.txt&year=2025":          {"x", 422, "attachment.no-year"},
		"name=a.txt&year=" + "二〇二五":     {"x", 422, "request.malformed-number"},
		"name=a.csv&title=formula":      {"=cmd|' /C calc'!A0", 422, "attachment.active-content"},
		"name=a.txt&programme=" + "项目一": {"x", 422, "programme.not-registered"},
	} {
		d.hand("finance", query, c.content).problem(c.status, c.code)
	}
	if d.head() != 0 {
		t.Error("something was written")
	}
	orphans, err := d.server.Files.Orphans(d.server.verdict(t.Context()))
	if err != nil || len(orphans) > 1 { // no-year is only found out when the command is decided
		t.Errorf("left: %+v, %v", orphans, err)
	}
}

func TestWhoMayHandFilesIn(t *testing.T) {
	d := newOffice(t)
	d.programme()
	before := d.head()
	for _, account := range people {
		reach := handsIn[account.Role]
		inMatter := reach == All || reach == Own && account.Unit == "101001" || reach == Below && account.Unit == "101"
		for query, may := range map[string]bool{"name=a.txt&programme=p1": inMatter, "name=a.txt": reach > 0} {
			if answer := d.hand(account.Username, query, "由"+account.Username+query); (answer.Code == http.StatusOK) != may || !may && answer.Code != http.StatusForbidden {
				t.Errorf("%s as %s: %d %s", query, account.Username, answer.Code, answer.Body)
			}
		}
	}
	if d.head() == before {
		t.Error("nobody could")
	}
}

func TestWhoMayReadFiles(t *testing.T) {
	d := newOffice(t)
	d.programme()
	digest := d.handIn("unit", "a.txt", "一份").Digest
	for _, account := range people {
		want := map[string]int{"other-unit": 403, "other-department": 403, "admin": 403}[account.Username]
		if want == 0 {
			want = 200
		}
		if answer := d.get(account.Username, "/api/v1/attachments/"+digest+"/content"); answer.Code != want || (want == 403) == (answer.Body.String() == "一份") {
			t.Errorf("%s: %d %s", account.Username, answer.Code, answer.Body)
		}
	}
}

// noticed brings p1's year to a notice n1 that waits for the unit.
func (d *office) noticed() {
	d.Helper()
	d.programme()
	d.create("finance", "rectifications/n1/issue", `{"programme":"p1","year":2025,"unit":"101001","unitName":"","issues":[{"no":1,"problem":"总分多 1 分","requirement":"更正"}],"due":"2026-03-02","document":"示财绩〔2026〕3号"}`).entered()
}

// resting gives a command that rests on files.
func (d *office) resting(as, path, seen, body string, digests ...string) reply {
	d.Helper()
	return d.do(call{as: as, method: "POST", path: "/api/v1/" + path, body: body, header: map[string]string{"If-Match": seen, "Attachments": strings.Join(digests, ", ")}})
}

func TestAnActNamesTheFilesItRestsOn(t *testing.T) {
	d := newOffice(t)
	d.noticed()
	const report = `{"answers":[{"no":1,"done":"已更正"}]}`
	a, b := d.handIn("unit", "a.txt", "甲").Digest, d.handIn("unit", "b.txt", "乙").Digest
	theirs := into[DepositsAnswer](d.hand("other-unit", "name=c.txt", "丙")).Files[0].Digest
	many := make([]string, attachment.MostPerAct+1)
	for i := range many {
		many[i] = digestOf(fmt.Sprint(i))
	}
	for code, digests := range map[string][]string{
		"attachment.not-deposited": {digestOf("never")}, "attachment.malformed-digest": {"x"}, "attachment.too-many": many, "attachment.not-yours": {a, theirs},
	} {
		p := d.resting("unit", "rectifications/n1/report", `"1"`, report, digests...).problem(422, code)
		if p.Errors[0].Pointer != "/attachments" {
			t.Errorf("%+v", p.Errors)
		}
	}
	done := d.resting("unit", "rectifications/n1/report", `"1"`, report, b, a).entered()
	r, err := d.server.recordAt(t.Context(), done.Position)
	if err != nil || !slices.Equal(r.Basis, []string{attachment.Stream(b), attachment.Stream(a)}) || !bytes.Contains(r.Envelope, []byte(a)) {
		t.Fatalf("%v, %v", r.Basis, err)
	}
	one := into[AttachmentAnswer](d.do(call{as: "auditor", method: "GET", path: "/api/v1/attachments/" + a, header: map[string]string{"Ledger-Position": fmt.Sprint(done.Position)}}))
	if len(one.Uses) != 1 || one.Uses[0].Position != done.Position || one.Uses[0].Stream != "rectification-n1" {
		t.Errorf("%+v", one.Uses)
	}
	if err := os.Remove(placeOf(t, d.server.Files, a)); err != nil {
		t.Fatal(err)
	}
	d.resting("finance", "rectifications/n1/return", `"2"`, `{"reason":"补充"}`, a).problem(422, "attachment.missing")
}

// TestTheLargestBasisFits rests an act on as many files as there may be: their
// digests must fit into the envelope.
func TestTheLargestBasisFits(t *testing.T) {
	d := newOffice(t)
	d.noticed()
	var all []string
	for i := range attachment.MostPerAct {
		all = append(all, d.handIn("unit", fmt.Sprintf("%d.txt", i), fmt.Sprint(i)).Digest)
	}
	done := d.resting("unit", "rectifications/n1/report", `"1"`, `{"answers":[{"no":1,"done":"已更正"}]}`, all...).entered()
	if r, err := d.server.recordAt(t.Context(), done.Position); err != nil || len(r.Basis) != len(all) || len(r.Envelope) > eventstore.MaxEnvelope {
		t.Errorf("%d bytes, %v", len(r.Envelope), err)
	}
}

// placeOf is where a file lies.
func placeOf(t *testing.T, d *attachments.Directory, digest string) string {
	t.Helper()
	for e, err := range d.All() {
		if err != nil {
			t.Fatal(err)
		}
		if e.Digest == digest {
			return e.Path
		}
	}
	t.Fatalf("%s is not there", digest)
	return ""
}

func TestDamageIsToldAndNotHandedOut(t *testing.T) {
	d := newOffice(t)
	d.programme()
	digest := d.handIn("unit", "a.txt", "一份佐证").Digest
	at := placeOf(t, d.server.Files, digest)
	if err := os.WriteFile(at, []byte("一份伪证"), 0o600); err != nil {
		t.Fatal(err)
	}
	content := "/api/v1/attachments/" + digest + "/content"
	d.get("finance", content).problem(500, "attachment.damaged")
	if err := os.Remove(at); err != nil {
		t.Fatal(err)
	}
	d.get("finance", content).problem(500, "attachment.missing")
	d.handIn("unit", "a.txt", "一份佐证") // the same again mends it
	if answer := d.get("finance", content); answer.Code != http.StatusOK {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

func TestWithdrawal(t *testing.T) {
	d := newOffice(t)
	d.noticed()
	withdraw := func(as, digest, seen, body string) reply {
		return d.do(call{as: as, method: "POST", path: "/api/v1/attachments/" + digest + "/withdraw", body: body, header: map[string]string{"If-Match": seen}})
	}
	const mistake = `{"ground":"mistake","reason":"交错了"}`
	const byLaw = `{"ground":"by-law","reason":"附有身份证号","article":"个人信息保护法 第四十七条","document":"示财绩〔2026〕9号"}`
	wrong, cited := d.handIn("unit", "错.txt", "错"), d.handIn("unit", "佐证.txt", "佐证")
	d.resting("unit", "rectifications/n1/report", `"1"`, `{"answers":[{"no":1,"done":"已更正"}]}`, cited.Digest).entered()

	withdraw("unit", digestOf("never"), `"1"`, mistake).problem(404, "record.not-found")
	withdraw("other-unit", wrong.Digest, `"1"`, mistake).problem(403, "permission.unit")
	withdraw("auditor", wrong.Digest, `"1"`, mistake).problem(403, "permission.role")
	withdraw("unit", cited.Digest, `"1"`, mistake).problem(422, "attachment.cited")
	withdraw("unit", cited.Digest, `"1"`, byLaw).problem(422, "attachment.own-evidence")
	withdraw("finance", cited.Digest, `"2"`, byLaw).problem(412, "record.stale")
	withdraw("unit", wrong.Digest, `"1"`, mistake).entered()
	withdraw("finance", cited.Digest, `"1"`, byLaw).entered()
	for _, digest := range []string{wrong.Digest, cited.Digest} {
		if err := d.server.Files.Check(digest); !errors.Is(err, attachments.ErrMissing) {
			t.Errorf("the bytes stayed: %v", err)
		}
		d.get("finance", "/api/v1/attachments/"+digest+"/content").problem(410, "attachment.withdrawn")
		d.resting("finance", "rectifications/n1/return", `"2"`, `{"reason":"补充"}`, digest).problem(422, "attachment.withdrawn")
	}
	d.hand("unit", "name=x.txt&programme=p1", "佐证").problem(422, "attachment.withdrawn-by-law")
	if again := d.handIn("unit", "错.txt", "错"); again.Revision != 3 || d.server.Files.Check(again.Digest) != nil {
		t.Errorf("%+v", again)
	}
}

// TestAFileIsCitedOrTakenBack lets an act and a withdrawal race: one of them wins,
// and what an act rests on is there.
func TestAFileIsCitedOrTakenBack(t *testing.T) {
	d := newOffice(t)
	d.programme()
	d.create("finance", "units/101001/register", `{"name":"示例单位","kind":"budgetary","parent":"101"}`).entered()
	both := 0
	for n := range 12 {
		digest := d.handIn("unit", "a.txt", fmt.Sprint("佐证", n)).Digest
		var all sync.WaitGroup
		var act, back reply
		all.Go(func() {
			act = d.do(call{as: "finance", method: "POST", path: "/api/v1/units/u" + fmt.Sprint(n) + "/register", body: `{"name":"示例","kind":"budgetary","parent":"101"}`, header: map[string]string{"If-None-Match": "*", "Attachments": digest}})
		})
		all.Go(func() {
			back = d.do(call{as: "unit", method: "POST", path: "/api/v1/attachments/" + digest + "/withdraw", body: `{"ground":"mistake","reason":"交错了"}`, header: map[string]string{"If-Match": `"1"`}})
		})
		all.Wait()
		cited := act.Code < 300
		if cited == (back.Code < 300) {
			both++
		}
		if err := d.server.Files.Check(digest); cited != (err == nil) {
			t.Errorf("cited %v, and the bytes: %v", cited, err)
		}
	}
	if both > 0 {
		t.Errorf("%d times both or neither", both)
	}
}

// TestWhatAnActRestsOnOutlivesAMistake: a withdrawal that was written all the
// same, by another process, takes no bytes away.
func TestWhatAnActRestsOnOutlivesAMistake(t *testing.T) {
	d := newOffice(t)
	d.programme()
	digest := d.handIn("unit", "a.txt", "佐证").Digest
	d.do(call{as: "finance", method: "POST", path: "/api/v1/units/u1/register", body: `{"name":"示例","kind":"budgetary","parent":"101"}`, header: map[string]string{"If-None-Match": "*", "Attachments": digest}}).entered()
	late := attachment.Withdraw{Ground: attachment.Mistake, Reason: "交错了"}
	meta := eventstore.Meta{Actor: domain.Actor{Person: "p-unit", Unit: "101001"}, Command: "elsewhere", Correlation: "elsewhere"}
	if _, err := eventstore.Execute(t.Context(), d.store, attachment.Stored, attachment.Stream(digest), 1, late, meta); err != nil {
		t.Fatal(err)
	}
	d.server.clear(t.Context(), digest)
	if err := d.server.Files.Check(digest); err != nil {
		t.Error(err)
	}
}

func TestSweepingKeepsWhatTheLedgerKeeps(t *testing.T) {
	d := newOffice(t)
	kept := into[DepositsAnswer](d.hand("unit", "name=a.txt", "留")).Files[0].Digest
	taken, err := d.server.Files.Take(t.Context(), "b.txt", strings.NewReader("孤"))
	if err != nil {
		t.Fatal(err)
	}
	if err := taken.Keep(func() error { return errors.New("the ledger does not answer") }); err == nil {
		t.Fatal("kept")
	}
	swept, err := d.server.Files.Sweep(d.server.Now().AddDate(10, 0, 0), d.server.verdict(t.Context()))
	if err != nil || len(swept) != 1 || swept[0].Digest != taken.Digest || d.server.Files.Check(kept) != nil {
		t.Errorf("%+v, %v", swept, err)
	}
}

// sendFiles sends the form of the page with files, as a browser without script
// does.
func (r *reader) sendFiles(fill map[string]string, files ...part) *reader {
	r.Helper()
	address, fields := r.form()
	for name, value := range fill {
		fields.Set(name, value)
	}
	for _, box := range controls.FindAllStringSubmatch(r.page, -1) {
		if v := values.FindStringSubmatch(box[0]); box[1] == "attachments" && strings.Contains(box[0], " checked") && v != nil {
			fields.Add("attachments", html.UnescapeString(v[1]))
		}
	}
	fields.Del(filesControl)
	var parts []part
	for name, all := range fields {
		for _, value := range all {
			parts = append(parts, part{name, "", value})
		}
	}
	kind, body := multipartOf(append(parts, files...)...)
	request := httptest.NewRequestWithContext(r.Context(), "POST", "http://127.0.0.1:8080"+address, strings.NewReader(body))
	request.RemoteAddr = "127.0.0.1:40000"
	for name, value := range map[string]string{"Accept": "text/html", "Content-Type": kind, "Sec-Fetch-Site": "same-origin"} {
		request.Header.Set(name, value)
	}
	for name, value := range r.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	r.http.ServeHTTP(w, request)
	r.at, r.page, r.status = address, w.Body.String(), w.Code
	if w.Code == http.StatusSeeOther {
		return r.open(w.Header().Get("Location"))
	}
	return r
}

func TestFilesOnTheFormOfAnAct(t *testing.T) {
	d := newOffice(t, demo)
	d.noticed()
	r := d.reads("unit").open("/rectifications/n1/report").shows("整改佐证材料", `enctype="multipart/form-data"`, `accept=".pdf,.ofd`)
	r.sendFiles(nil, part{filesControl, "问卷.txt", "问卷汇总"}, part{filesControl, "木马.pdf", "MZ"}, part{filesControl, "", ""})
	if r.status != http.StatusUnprocessableEntity {
		t.Fatalf("%d\n%s", r.status, r.page)
	}
	r.shows("文件“木马.pdf”的名称说是 PDF，内容是程序（Windows）", `href="#attachments"`, "问卷.txt", "已交存")
	r.sendFiles(nil) // nothing typed: what is chosen stays
	if r.status != http.StatusUnprocessableEntity {
		t.Fatalf("%d", r.status)
	}
	r.shows("问卷.txt", "没有整改情况")
	before := d.head()
	r.sendFiles(map[string]string{"answers-0-done": "已更正"}, part{filesControl, "照片.txt", "又一份"})
	r.shows("再次核对", "问卷.txt、照片.txt")
	if d.head() != before+1 {
		t.Error("the second file was not handed in, or more was")
	}
	r.fills("do", "done")
	r.shows("已入账", "问卷.txt", "照片.txt", digestOf("问卷汇总")[:12], "李某")
	record, err := d.server.recordAt(t.Context(), d.head())
	if err != nil || record.Type != "rectification.work-reported.v1" || !slices.Equal(record.Basis, []string{attachment.Stream(digestOf("问卷汇总")), attachment.Stream(digestOf("又一份"))}) {
		t.Fatalf("%s rests on %v, %v", record.Type, record.Basis, err)
	}
	d.reads("auditor").open("/programmes/p1/2025").shows("问卷.txt")
	d.reads("auditor").open("/record").shows("问卷.txt", "附件“问卷.txt”，")
	page := d.reads("auditor").open("/attachments/"+digestOf("问卷汇总")).shows("一致", "报送整改报告", "/files/"+digestOf("问卷汇总"))
	if strings.Contains(page.page, "/withdraw") {
		t.Error("an auditor is offered to withdraw")
	}
	d.reads("other-unit").open("/files/" + digestOf("问卷汇总")).shows("不能看这一件")
}

// A file refused keeps the act from being done, also where the act itself is not
// shown once more.
func TestARefusedFileStopsTheAct(t *testing.T) {
	d := newOffice(t, demo)
	d.noticed()
	before := d.head()
	r := d.reads("unit").open("/rectifications/n1/progress").sendFiles(map[string]string{"progress": "过半"}, part{filesControl, "木马.txt", "MZ\x00"})
	if r.status != http.StatusUnprocessableEntity || d.head() != before {
		t.Errorf("%d, %d records more", r.status, d.head()-before)
	}
	r.shows("木马.txt", "过半")
}

func TestAFilingCarriesItsFiles(t *testing.T) {
	d := newOffice(t, demo)
	d.programme()
	r := d.reads("unit").open("/goals/p1/2026/file")
	if r.status == http.StatusNotFound {
		r.open("/goals/p1/2025/file")
	}
	r.shows("目标设定的依据材料")
	r.sendFiles(map[string]string{"objective": "全年培训"}, part{filesControl, "立项批复.txt", "同意立项"})
	r.shows("立项批复.txt", "已交存", "全年培训")
}

func TestWithdrawingOnThePage(t *testing.T) {
	d := newOffice(t, demo)
	d.programme()
	digest := d.handIn("unit", "错.txt", "错").Digest
	r := d.reads("unit").open("/attachments/"+digest).shows("撤下附件").open("/attachments/"+digest+"/withdraw").shows("误交", "不能恢复")
	if r.fills("reason", ""); r.status != http.StatusUnprocessableEntity {
		t.Errorf("%d", r.status)
	}
	r.shows("撤下附件的理由未填").fills("reason", "交错了").shows("再次核对", "交错了").fills("do", "done").shows("已入账", "误交撤下", "交错了")
	if page := d.reads("other-unit").open("/attachments/" + digest); strings.Contains(page.page, "/withdraw") || strings.Contains(page.page, "/files/") {
		t.Error("another unit is offered what it may not do")
	}
	d.reads("unit").open("/files/" + digest).shows("附件已撤下")
}

// The pages that take files are those whose requests may be large.
func TestUploadsAreWhereFilesAreTaken(t *testing.T) {
	d := newOffice(t)
	at := func(path string) string {
		return strings.NewReplacer("{code}", "p1", "{year}", "2025", "{id}", "n1").Replace(path)
	}
	seen := 0
	for _, a := range d.server.acts() {
		if uploads.MatchString(at(a.path)) != (a.files != "") {
			t.Errorf("%s takes files: %q", a.path, a.files)
		}
		seen++
	}
	for _, f := range d.server.filings() {
		if uploads.MatchString(at(f.path)) != (f.files != "") {
			t.Errorf("%s takes files: %q", f.path, f.files)
		}
		seen++
	}
	if seen < 20 {
		t.Errorf("only %d forms", seen)
	}
	d.do(call{as: "unit", method: "POST", path: "/api/v1/goals/p1/2025/file", body: strings.Repeat(" ", maxBody+1)}).problem(413, "request.too-large")
}
