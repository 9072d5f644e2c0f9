package api

import (
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wenxiao/api/web"
	"wenxiao/domain/participant"
	"wenxiao/eventstore"
	"wenxiao/eventstore/vault"
)

const (
	beneficiaryBody = `{"kind":"beneficiary","identity":{"name":"机密受益人","phone":"13800138000"}}`
	expertBody      = `{"kind":"expert","identity":{"name":"机密专家","idNumber":"990101198001010022","phone":"13900139000","organisation":"机密大学","title":"机密教授","expertise":"机密领域","bankAccount":"6200112233445566"}}`
	interviewBody   = `{"programme":"p1","year":2025,"stage":"interview","text":"机密意见：培训没有办成","satisfaction":61.5,"day":"2026-01-20"}`
	opinionBody     = `{"programme":"p1","year":2025,"stage":"expert-opinion","text":"机密评语：目标偏低","day":"2026-01-21"}`
	erasureBody     = `{"ground":3,"reason":"本人书面申请","askedBy":"person","decider":"p-chief"}`
)

// secrets are what may be found nowhere once its person is erased, and in the
// open nowhere but on pages for those allowed.
var secrets = []string{
	"机密受益人", "13800138000", "机密意见", "机密专家", "990101198001010022", "13900139000", "机密大学", "机密教授", "机密领域", "6200112233445566", "机密评语",
}

// somebody is a beneficiary entered by an account; their id.
func (d *office) somebody(as string) string {
	d.Helper()
	return idOf(d.create(as, "participants/enter", beneficiaryBody).entered())
}

func (d *office) expert() string {
	d.Helper()
	return idOf(d.create("finance", "participants/enter", expertBody).entered())
}

func idOf(e Entered) string { return strings.TrimPrefix(e.Stream, "participant-") }

// chief gives finance somebody to decide.
func (d *office) chief() {
	d.Helper()
	d.create("finance", "units/301/register", `{"name":"示例市财政局","kind":"finance","parent":"100"}`).entered()
	d.change("finance", "units/301/establish-post", 1, `{"post":"head","title":"局长"}`).entered()
	d.change("finance", "units/301/appoint", 2, `{"person":"p-chief","name":"蒋某","post":"head","since":"2020-01-01"}`).entered()
}

// departments has the register of units know who is over whom.
func (d *office) departments() {
	d.Helper()
	for code, parent := range map[string]string{"101001": "101", "102001": "102"} {
		d.create("finance", "units/"+code+"/register", `{"name":"示例单位`+code+`","kind":"budgetary","parent":"`+parent+`"}`).entered()
	}
}

func TestWhoKnowsAPrivatePerson(t *testing.T) {
	d := newOffice(t)
	d.departments()
	d.programme()
	id := d.somebody("unit")
	d.change("unit", "participants/"+id+"/record-statement", 1, interviewBody).entered()
	for as, knows := range map[string]bool{
		"unit": true, "other-unit": false, "department": true, "other-department": false, "finance": true,
		"treasury": false, "auditor": true, "inspector": true, "congress": false, "admin": false,
	} {
		one := into[web.ParticipantShown](d.get(as, "/api/v1/participants/"+id+"?after="+fmt.Sprint(d.head())))
		said := into[[]web.StatementShown](d.get(as, "/api/v1/programmes/p1/2025/statements"))
		list := into[web.ParticipantPage](d.get(as, "/api/v1/participants?kind=beneficiary"))
		if len(said) != 1 || list.Total != 1 || len(list.Rows) != 1 {
			t.Fatalf("%s: %+v %+v", as, said, list)
		}
		if !knows {
			if one.Identity != nil || list.Rows[0].Identity != nil || one.Hidden != hiddenByRole || said[0].Text != "" || said[0].Name != "" || said[0].Hidden != hiddenByRole {
				t.Errorf("%s knows %+v %+v", as, one, said)
			}
			continue
		}
		if one.Identity == nil || one.Identity.Name != "机密受益人" || one.Identity.Phone != "138******00" || list.Rows[0].Identity == nil || one.Statements[0].Text != "机密意见：培训没有办成" ||
			said[0].Text != "机密意见：培训没有办成" || said[0].Name != "机密受益人" || said[0].Satisfaction.String() != "61.5" {
			t.Errorf("%s does not know %+v %+v", as, one, said)
		}
	}
}

func TestWhoEntersWhom(t *testing.T) {
	d := newOffice(t)
	before := d.head()
	d.create("unit", "participants/enter", expertBody).problem(403, "permission.kind")
	d.create("auditor", "participants/enter", beneficiaryBody).problem(403, "permission.role")
	d.create("unit", "participants/enter", `{"kind":"beneficiary","identity":{"name":"机密"}}`).problem(422, "participant.field-missing")
	d.change("unit", "participants/v-nobody/update", 1, `{"identity":{"phone":"13800138001"},"reason":"变更"}`).problem(403, "permission.unit")
	d.change("finance", "participants/v-nobody/update", 1, `{"identity":{"phone":"13800138001"},"reason":"变更"}`).problem(422, "participant.not-entered")
	d.change("auditor", "participants/v-nobody/hold", 1, `{"document":"一","reason":"二"}`).problem(422, "participant.not-entered")
	if d.head() != before {
		t.Error("something was written all the same")
	}
	if n, err := d.server.Vault.Count(t.Context()); n != 0 || err != nil {
		t.Errorf("%d keys of nobody, %v", n, err)
	}
	d.create("unit", "programmes/p1/register", programmeBody).entered()
	other := idOf(d.create("other-unit", "participants/enter", beneficiaryBody).entered())
	d.change("other-unit", "participants/"+other+"/record-statement", 1, interviewBody).problem(403, "permission.unit")
	d.expert()
	d.create("department", "participants/enter", expertBody).entered()
	if n, err := d.server.Vault.Count(t.Context()); n != 3 || err != nil {
		t.Errorf("%d keys of three, %v", n, err)
	}
}

// TestACommandOnAPersonIsDoneOnce repeats each command, and uses its number for
// another.
func TestACommandOnAPersonIsDoneOnce(t *testing.T) {
	d := newOffice(t)
	d.programme()
	d.chief()
	once := func(path string, header map[string]string, body, other string) Entered {
		t.Helper()
		ask := func(body string) reply {
			return d.do(call{as: "finance", method: "POST", path: "/api/v1/participants/" + path, body: body, header: header})
		}
		first := ask(body).entered()
		again := ask(body).entered()
		if first.Repeated || !again.Repeated || again.Stream != first.Stream || again.Position != first.Position || d.head() != first.Position {
			t.Errorf("%s: %+v, then %+v", path, first, again)
		}
		if other != "" {
			ask(other).problem(422, "command.reused")
		}
		return first
	}
	if other := strings.Replace(expertBody, "990101198001010022", "990101198001010049", 1); other == expertBody {
		t.Fatal("the same body")
	}
	id := idOf(once("enter", map[string]string{"If-None-Match": "*", "Idempotency-Key": "n-1"}, expertBody, strings.Replace(expertBody, "990101198001010022", "990101198001010049", 1)))
	at := func(revision int, key string) map[string]string {
		return map[string]string{"If-Match": fmt.Sprintf("%q", fmt.Sprint(revision)), "Idempotency-Key": key}
	}
	once(id+"/record-statement", at(1, "n-2"), opinionBody, strings.Replace(opinionBody, "偏低", "偏高", 1))
	once(id+"/update", at(2, "n-3"), `{"identity":{"phone":"13900139001"},"reason":"电话变更"}`, "")
	once(id+"/erase", at(3, "n-4"), erasureBody, "")
	if gone, err := d.server.Vault.Destroyed(t.Context(), id); !gone || err != nil {
		t.Error(gone, err)
	}
	d.do(call{as: "finance", method: "POST", path: "/api/v1/participants/enter", body: expertBody, header: map[string]string{"If-None-Match": "*", "Idempotency-Key": "n-1"}}).problem(422, "participant.key-destroyed")
	d.change("finance", "participants/"+id+"/record-statement", 4, opinionBody).problem(422, "participant.erased")
}

// TestNobodyCanTryOutWhoseNumberItIs: the same request, under the same number,
// has another digest in another ledger, so no table of digests can be made.
func TestNobodyCanTryOutWhoseNumberItIs(t *testing.T) {
	correlation := func() string {
		d := newOffice(t)
		d.do(call{as: "finance", method: "POST", path: "/api/v1/participants/enter", body: expertBody, header: map[string]string{"If-None-Match": "*", "Idempotency-Key": "n-1", "X-Request-ID": "r-1"}}).entered()
		for r := range d.store.ReadAll(t.Context(), 0) {
			return r.Stream + " " + r.Correlation
		}
		return ""
	}
	a, b := correlation(), correlation()
	streamA, digestA, _ := strings.Cut(a, " ")
	streamB, digestB, _ := strings.Cut(b, " ")
	if streamA == streamB || digestA == digestB || !strings.HasPrefix(digestA, "r-1/sha256:") {
		t.Errorf("%s\n%s", a, b)
	}
}

func TestWhatStaysForGoodDoesNotNameThePerson(t *testing.T) {
	d := newOffice(t)
	d.chief()
	id := d.expert()
	for _, header := range []map[string]string{
		{"If-None-Match": "*", "Idempotency-Key": "expert-990101198001010022"},
		{"If-None-Match": "*", "X-Request-ID": "13900139000"},
	} {
		d.do(call{as: "finance", method: "POST", path: "/api/v1/participants/enter", body: expertBody, header: header}).problem(422, "participant.key-names-person")
	}
	d.change("finance", "participants/"+id+"/erase", 1, strings.Replace(erasureBody, "本人", "机密专家", 1)).problem(422, "participant.names-person")
	d.change("auditor", "participants/"+id+"/hold", 1, `{"document":"一","reason":"核查 13900139000"}`).problem(422, "participant.names-person")
	d.change("finance", "participants/"+id+"/update", 1, `{"identity":{"name":"机密专家二"},"reason":"改名机密专家二"}`).problem(422, "participant.names-person")
	file := strings.Repeat("0", 64)
	for path, body := range map[string]string{"enter": expertBody, id + "/record-statement": opinionBody, id + "/erase": erasureBody} {
		condition := map[string]string{"If-None-Match": "*", "Attachments": file}
		if path != "enter" {
			condition = map[string]string{"If-Match": `"1"`, "Attachments": file}
		}
		d.do(call{as: "finance", method: "POST", path: "/api/v1/participants/" + path, body: body, header: condition}).problem(422, "participant.attached")
	}
	for r := range d.store.ReadAll(t.Context(), 0) {
		for _, secret := range secrets {
			if strings.Contains(string(r.Envelope)+string(r.Data), secret) {
				t.Errorf("%s holds %s", r.Type, secret)
			}
		}
	}
}

func TestAnOfficialIsNotErased(t *testing.T) {
	d := newOffice(t)
	d.chief()
	d.programme()
	d.create("finance", "programmes/p9/register", strings.Replace(programmeBody, "{", `{"code":"p9",`, 1)).entered()
	before := d.head()
	for _, official := range []string{"p-unit", "p-finance", "p-chief"} { // who acted, who acts, who only holds a post
		p := d.change("finance", "participants/"+official+"/erase", 1, erasureBody).problem(422, "participant.official")
		if !strings.Contains(p.Basis, "中发〔2018〕34号") || !strings.Contains(p.Reason, "终身") {
			t.Errorf("%+v", p)
		}
	}
	d.change("department", "participants/p-unit/erase", 1, erasureBody).problem(403, "permission.role")
	if d.head() != before {
		t.Error("something was written")
	}
	// Who is an expert, too, is forgotten as an expert only.
	id := idOf(d.create("finance", "participants/enter", strings.Replace(expertBody, "机密专家", "李某某", 1)).entered())
	d.change("finance", "participants/"+id+"/erase", 1, erasureBody).entered()
	if chain := d.get("inspector", "/api/v1/people/p-unit/chain").Body.String(); !strings.Contains(chain, "李某") {
		t.Errorf("the official went with the expert: %s", chain)
	}
}

func TestHeldDataAreNotErased(t *testing.T) {
	d := newOffice(t)
	d.chief()
	id := d.expert()
	path := "participants/" + id
	d.change("finance", path+"/hold", 1, `{"document":"一","reason":"二"}`).problem(403, "permission.role")
	d.change("auditor", path+"/hold", 1, `{"document":"示例审〔2026〕1号","reason":"专项审计"}`).entered()
	d.change("inspector", path+"/hold", 2, `{"document":"示例纪〔2026〕1号","reason":"核查线索"}`).entered()
	p := d.change("finance", path+"/erase", 3, erasureBody).problem(422, "participant.held")
	if !strings.Contains(p.Reason, "示例审〔2026〕1号") || !strings.Contains(p.Reason, "示例纪〔2026〕1号") {
		t.Error(p.Reason)
	}
	d.change("auditor", path+"/release", 3, `{"reason":"审计结束"}`).entered()
	d.change("finance", path+"/erase", 4, erasureBody).problem(422, "participant.held")
	d.change("inspector", path+"/release", 4, `{"reason":"核查结束"}`).entered()
	for body, code := range map[string]string{
		strings.Replace(erasureBody, "p-chief", "p-finance", 1): "participant.own-decision",
		strings.Replace(erasureBody, "p-chief", "p-auditor", 1): "participant.decider-not-in-post",
	} {
		d.change("finance", path+"/erase", 5, body).problem(422, code)
	}
	if gone, err := d.server.Vault.Destroyed(t.Context(), id); gone || err != nil {
		t.Fatal("a key is destroyed that no event says to be", err)
	}
	d.change("finance", path+"/erase", 5, erasureBody).entered()
	for r := range d.store.ReadStream(t.Context(), "participant-"+id, eventstore.Revision(5)) {
		if text := string(r.Data); !strings.Contains(text, "第四十七条第一款第三项") || !strings.Contains(text, "蒋某") || !strings.Contains(text, "身份资料 7 项") {
			t.Error(text)
		}
	}
}

// TestPrivatePersonsOnPages goes all the way by forms.
func TestPrivatePersonsOnPages(t *testing.T) {
	d := newOffice(t, demo)
	d.programme()
	d.chief()
	d.create("finance", "units/401/register", `{"name":"示例市审计局","kind":"supervisor","parent":"100"}`).entered()
	r := d.reads("finance")
	for kind, may := range map[string][]string{"expert": {"bankAccount"}, "commenter": {"phone", "organisation"}, "beneficiary": {"idNumber", "bankAccount"}} {
		r.open("/participants/new?kind=" + kind)
		if n := strings.Count(r.page, "（可不填）"); n != len(may) {
			t.Errorf("%s: %d fields may be left", kind, n)
		}
		for _, field := range may {
			r.shows(`<label for="identity-` + field + `">` + participant.FieldNames[field] + ` <span class="soft">（可不填）`)
		}
	}
	r.open("/participants").shows("没有符合条件的参与人", "登记专家", "登记意见人", "登记受益人")
	r.open("/participants/new?kind=expert").fills("identity-name", "机密专家", "identity-idNumber", "990101198001010023").
		shows("公民身份号码应为 18 位", "电话未填", "990101198001010023")
	r.fills("identity-idNumber", "990101198001010022", "identity-phone", "13900139000", "identity-organisation", "机密大学", "identity-title", "机密教授", "identity-expertise", "机密领域").
		shows("机密专家", "990*************22", "139******00", "已入账", "记录意见", "删除个人信息")
	person, _, _ := strings.Cut(r.at, "?")
	r.open(person+"/record-statement").fills("programme", "p1", "year", "2025", "day", "2026-01-21", "text", "机密评语：目标偏低").shows("机密评语：目标偏低", "已入账")
	r.open("/programmes/p1/2025").shows("专家与公众意见", "机密评语：目标偏低", "机密专家")
	r.open(person+"/update").fills("identity-phone", "13900139001", "reason", "电话变更").shows("139******01", "电话变更")
	r.open("/participants?kind=expert&status=known").shows("机密专家", "在册")
	d.reads("congress").open(person).shows("无权查看").open("/programmes/p1/2025").shows("无权查看")
	a := d.reads("auditor")
	a.open(person).shows("保全参与人资料").open(person+"/hold").fills("document", "示例审〔2026〕1号", "reason", "专项审计").shows("保全中", "专项审计", "解除保全", `<th scope="row">示例市审计局</th>`)
	if r.open(person); strings.Contains(r.page, person+"/erase") {
		t.Error("erasing is offered while held")
	}
	if r.open(person+"/erase").shows("资料已被保全", "示例市审计局（示例审〔2026〕1号）"); r.status != 422 || strings.Contains(r.page, "<textarea") {
		t.Errorf("%d, a form that nobody can send", r.status)
	}
	if a.open(person + "/hold").shows("本单位已经保全"); r.status != 422 {
		t.Errorf("%d", r.status)
	}
	if r.open(person + "/hold"); r.status != 403 || strings.Contains(r.page, "<textarea") {
		t.Errorf("%d, a form for who may not send it", r.status)
	}
	a.open(person+"/release").fills("reason", "审计结束").shows("在册")
	r.open(person+"/erase").fills("decider", "p-chief", "reason", "本人书面申请").shows("再次核对", "销毁本人密钥", "蒋某（局长）")
	if gone, err := d.server.Vault.Destroyed(t.Context(), strings.TrimPrefix(person, "/participants/")); gone || err != nil {
		t.Fatal("erased at first look", err)
	}
	r.fills("do", "done").shows("已删除", "已按个人信息保护法删除（事件", "第四十七条第一款第一项", "蒋某")
	r.open("/programmes/p1/2025").shows("已按个人信息保护法删除（事件")
	for _, act := range []string{"update", "erase", "record-statement"} {
		if r.open(person + "/" + act).shows("已经删除"); r.status != 422 || strings.Contains(r.page, "<textarea") {
			t.Errorf("%s: %d, a form that nobody can send", act, r.status)
		}
	}
	u := d.reads("unit")
	u.open("/participants").shows("登记受益人")
	if strings.Contains(u.page, "登记专家") {
		t.Error("a unit is offered what it may not do")
	}
	if u.send("/participants/new?kind=expert", url.Values{"seen": {"0"}, "command": {"c"}, "kind": {"expert"}, "identity-name": {"某"}}); u.status != 403 {
		t.Errorf("%d", u.status)
	}
	r.open("/participants?lang=en")
	for _, address := range []string{"/participants", person, "/participants/new?kind=expert"} {
		if r.open(address); r.status != 200 || !strings.Contains(r.page, "Participants") {
			t.Errorf("%s: %d", address, r.status)
		}
	}
}

// TestAPersonGetsNoSecondKey works beside a vault that has not the keys, as after
// moving to another machine without them.
func TestAPersonGetsNoSecondKey(t *testing.T) {
	d := newOffice(t)
	d.chief()
	d.programme()
	id := d.expert()
	elsewhere, err := vault.Open(t.Context(), filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close()
	d.server.Vault = elsewhere
	d.change("finance", "participants/"+id+"/record-statement", 1, opinionBody).problem(422, "participant.key-missing")
	if n, err := elsewhere.Count(t.Context()); n != 0 || err != nil {
		t.Errorf("%d keys, %v", n, err)
	}
	if one := into[web.ParticipantShown](d.get("finance", "/api/v1/participants/"+id)); one.Hidden != hiddenMissing || one.Identity != nil {
		t.Errorf("%+v", one)
	}
	d.change("finance", "participants/"+id+"/erase", 1, erasureBody).entered()
	if gone, err := elsewhere.Destroyed(t.Context(), id); !gone || err != nil {
		t.Error("a person erased here could get a key here", err)
	}
}

// TestAStalePersonIsNotErased: somebody else was first.
func TestAStalePersonIsNotErased(t *testing.T) {
	d := newOffice(t)
	d.chief()
	id := d.expert()
	d.change("finance", "participants/"+id+"/update", 1, `{"identity":{"phone":"13900139001"},"reason":"电话变更"}`).entered()
	p := d.change("finance", "participants/"+id+"/erase", 1, erasureBody).problem(412, "record.stale")
	if len(p.Changed) != 1 || !strings.Contains(p.Changed[0].Sentence, "更正参与人") {
		t.Errorf("%+v", p.Changed)
	}
	if gone, err := d.server.Vault.Destroyed(t.Context(), id); gone || err != nil {
		t.Error("the key went without an event", err)
	}
	if !slices.Contains(secrets, into[web.ParticipantShown](d.get("finance", "/api/v1/participants/"+id)).Identity.Name) {
		t.Error("nobody is known any more")
	}
}

// TestMaskedNumbersCannotBeAskedFor: what refuses to name a person must not tell
// their number to who asks often enough.
func TestMaskedNumbersCannotBeAskedFor(t *testing.T) {
	var lines lockedBuffer
	d := newOffice(t, func(s *Server) { s.Log = slog.New(slog.NewJSONHandler(&lines, nil)) })
	d.chief()
	id := d.expert()
	path, before := "participants/"+id, d.head()
	hold := func(revision int, key, document, reason string) reply {
		header := map[string]string{"If-Match": fmt.Sprintf("%q", fmt.Sprint(revision)), "Idempotency-Key": key}
		body := fmt.Sprintf(`{"document":%q,"reason":%q}`, document, reason)
		return d.do(call{as: "inspector", method: "POST", path: "/api/v1/" + path + "/hold", body: body, header: header})
	}
	const there, elsewhere = "核查 13900139000", "核查 13900139001"
	for n, reason := range []string{there, elsewhere} { // right or wrong, the answer is one and the same
		key := fmt.Sprint("free-", n)
		hold(1, key, "", reason).problem(422, "participant.no-document")
		hold(7, key, "一", reason).problem(412, "record.stale")
		hold(1, key, "一", reason+strings.Repeat("，13900139002", 50)).problem(422, "participant.words-too-many")
		hold(1, "key-"+reason[len("核查 "):], "", "二").problem(422, "participant.no-document")
		d.change("finance", path+"/update", 1, `{"identity":{"phone":"`+reason[len("核查 "):]+`"},"reason":""}`).problem(422, "participant.no-reason")
		d.change("finance", path+"/update", 7, `{"identity":{"phone":"`+reason[len("核查 "):]+`"},"reason":"核对"}`).problem(412, "record.stale")
		d.change("finance", path+"/erase", 1, strings.Replace(strings.Replace(erasureBody, "本人", reason, 1), "p-chief", "", 1)).problem(422, "participant.no-decider")
	}
	for range namedAtOnce {
		hold(1, "", "一", there).problem(422, "participant.names-person")
	}
	for _, reason := range []string{there, elsewhere} {
		if p := hold(1, "", "一", reason).problem(429, "participant.too-many-namings"); p.Wait == 0 || !strings.Contains(p.Reason, "分钟") {
			t.Errorf("%+v", p)
		}
	}
	if d.head() != before {
		t.Error("something was written")
	}
	d.change("auditor", path+"/hold", 1, `{"document":"一","reason":"核查"}`).entered() // nobody else has to wait
	if n := strings.Count(lines.String(), "a text names a private person"); n != namedAtOnce || !strings.Contains(lines.String(), `"username":"inspector","stream":"participant-`+id) {
		t.Errorf("%d lines: %s", n, lines.String())
	}
	if strings.Contains(lines.String(), "13900139000") {
		t.Error("the log holds the number")
	}
}

// TestNobodyKeepsAPersonFromBeingForgotten by naming them in a duty.
func TestNobodyKeepsAPersonFromBeingForgotten(t *testing.T) {
	d := newOffice(t)
	d.chief()
	d.programme()
	d.create("finance", "units/101001/register", `{"name":"示例单位","kind":"budgetary","parent":"101"}`).entered()
	d.change("unit", "units/101001/establish-post", 1, `{"post":"clerk","title":"经办"}`).entered()
	id := d.somebody("unit")
	d.change("unit", "units/101001/appoint", 2, `{"person":"`+id+`","name":"某","post":"clerk","since":"2026-01-01"}`).problem(422, "person.private")
	d.change("unit", "programmes/p1/assign-responsible", 1, `{"person":"`+id+`","name":"某","post":"经办","unit":"101001","since":"2026-01-01"}`).problem(422, "person.private")
	d.change("finance", "participants/"+id+"/erase", 1, erasureBody).entered()
}
