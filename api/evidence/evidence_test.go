package evidence

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/domain/goal"
	"wenxiao/domain/participant"
	"wenxiao/eventstore/seal"
	"wenxiao/projections"
)

func TestBundleOfAProgrammeHolds(t *testing.T) {
	o := full(t)
	b := o.bundle(asked())
	report := o.check(b)
	if found := faults(report); len(found) > 0 {
		t.Fatalf("found %q", found)
	}
	for _, property := range Properties {
		if got := report.Outcome(property); got != Passed {
			t.Errorf("%s: %s", property, got)
		}
	}
	account := o.take(b, accountPage)
	for _, want := range []string{"公共实训基地运营p1", "王某 以 示例市培训中心财务科科长 身份 申报目标第 1 版", "实施方案.txt", "示例市审计局审计员 秦某", "任命王某为财务科科长，自 2025-01-01 起 <span class=\"small soft\">（示例市培训中心）</span>", "附件：实施方案.txt", "个人信息有 2 处"} {
		if !strings.Contains(account, want) {
			t.Errorf("the account does not say %q", want)
		}
	}
	for _, not := range []string{"别的项目", "另一个项目", "钱某某", "<script", "http://", "https://"} {
		if strings.Contains(account, not) {
			t.Errorf("the account has %q", not)
		}
	}
}

func TestSameStateSameBytes(t *testing.T) {
	o := full(t)
	if !bytes.Equal(o.bundle(asked()), o.bundle(asked())) {
		t.Error("asked for twice, the bundles differ")
	}
	at := asked()
	at.At = 11
	before := o.bundle(at)
	o.put(goal.Stream("p1", 2025), goal.Returned{Version: 1, Reason: "重复"}, finance)
	o.must(o.runner.CatchUp(t.Context()))
	if !bytes.Equal(before, o.bundle(at)) {
		t.Error("the ledger as it was then is not what it was")
	}
	if found := faults(o.check(before)); len(found) > 0 {
		t.Errorf("found %q", found)
	}
}

func TestBundleAsOfThenKnowsNothingLater(t *testing.T) {
	o := full(t)
	r := asked()
	r.At = 9
	account := o.take(o.bundle(r), accountText)
	if strings.Contains(account, "批复") || !strings.Contains(account, "申报目标第 1 版") {
		t.Errorf("as of %d the account says:\n%s", r.At, account)
	}
}

func TestBundleOfAPerson(t *testing.T) {
	o := full(t)
	r := asked()
	r.Programme, r.Person = "", finance.Person
	b := o.bundle(r)
	if found := faults(o.check(b)); len(found) > 0 {
		t.Errorf("found %q", found)
	}
	account := o.take(b, accountText)
	if !strings.Contains(account, "批复目标第 1 版") || strings.Contains(account, "申报目标第 1 版，预算 2,500") {
		t.Errorf("the account of %s says:\n%s", finance.Person, account)
	}
}

func TestBundleOfAQuery(t *testing.T) {
	o := full(t)
	r := asked()
	r.Programme, r.Query = "", &projections.TrailFilter{Text: "审核目标"}
	b := o.bundle(r)
	report := o.check(b)
	if found := faults(report); len(found) > 0 {
		t.Errorf("found %q", found)
	}
	if !strings.Contains(o.take(b, accountText), "查询：内容含 审核目标") {
		t.Error("the account does not say what was asked")
	}
}

func TestYearOfAProgramme(t *testing.T) {
	o := full(t)
	o.put(goal.Stream("p1", 2026), goal.Filed{Version: 1, Programme: "p1", Year: 2026, Unit: "101001", Budget: 1, Objective: "次年", Indicators: []domain.Indicator{}}, clerk)
	o.sealed()
	r := asked()
	r.Year = 2025
	if text := o.take(o.bundle(r), selectionFile); strings.Contains(text, "goal-p1-2026") || !strings.Contains(text, "goal-p1-2025") {
		t.Errorf("selected for 2025: %s", text)
	}
}

func TestDutiesNeglectedAreNamedWithTheirArticle(t *testing.T) {
	o := full(t)
	r := asked()
	r.On = time.Date(2026, 7, 1, 9, 0, 0, 0, domain.Beijing) // monitoring, self-evaluation and rectification are overdue
	report := o.check(o.bundle(r))
	found := strings.Join(faults(report), "\n")
	for _, want := range []string{"缺“监控报送”（忻州办法 第二十七条）", "缺“绩效自评”（忻州办法 第三十条）", "缺“整改报告”（忻州办法 第四十条第一项）"} {
		if !strings.Contains(found, want) {
			t.Errorf("not found: %s\nfound:\n%s", want, found)
		}
	}
	if report.Outcome("完整性") != Failed || report.Outcome("真实性") != Passed {
		t.Error("a gap in the process is one of completeness, and of nothing else")
	}
}

func TestErasedParticipant(t *testing.T) {
	o := full(t)
	before := o.bundle(asked())
	o.put(participant.Stream("v-1"), participant.Erased{Ground: 3, Article: "个人信息保护法 第四十七条第一款第三项", Reason: "本人书面申请", AskedBy: "person", Decider: finance.Person, DeciderName: finance.Name}, finance)
	_, err := o.keys.Destroy(t.Context(), "v-1")
	o.must(err)
	o.sealed()
	b := o.bundle(asked())
	if found := faults(o.check(b)); len(found) > 0 {
		t.Errorf("found %q", found)
	}
	if !strings.Contains(o.take(b, accountText), "删除参与人 v-1 的个人信息") {
		t.Error("the account does not say that the person was erased")
	}
	for name, text := range map[string][]byte{"before": before, "after": b} {
		if bytes.Contains(text, []byte("钱某某")) || bytes.Contains(text, []byte("场地闲置")) || bytes.Contains(text, []byte(`"programme":"p2","year":2025,"stage"`)) {
			t.Errorf("the bundle %s has what is the person's own", name)
		}
	}
}

func TestWithdrawnFileIsNotHandedOutOfThePast(t *testing.T) {
	o := full(t)
	o.put(attachment.Stream(planDigest(o)), attachment.Withdrawn{Ground: attachment.ByLaw, Reason: "含个人住址", Article: "个人信息保护法 第四十七条"}, finance)
	o.sealed()
	r := asked()
	r.At = 12
	b := o.bundle(r)
	if bytes.Contains(b, []byte("实训基地全年运营方案")) {
		t.Error("the file is in the bundle")
	}
	report := o.check(b)
	if found := faults(report); len(found) > 0 {
		t.Errorf("found %q", found)
	}
	if !strings.Contains(o.take(b, accountText), "不在包内：已于账本位置") {
		t.Error("the account does not say why the file is not there")
	}
}

func planDigest(o *office) string {
	o.Helper()
	list, err := o.views.Attachments(o.Context(), projections.AttachmentFilter{})
	o.must(err)
	return list.Rows[0].Digest
}

func TestMissingFileIsTold(t *testing.T) {
	o := full(t)
	src := o.source()
	src.Files = nil
	var b bytes.Buffer
	made, err := Make(t.Context(), src, asked(), &b, nil)
	o.must(err)
	want := "完整-4 " + attachmentPath(planDigest(o), "实施方案.txt") + " 缺这个附件"
	for name, report := range map[string]Report{"made": made.Report, "checked": o.check(b.Bytes())} {
		if found := faults(report); !slices.Contains(found, want) {
			t.Errorf("%s: found %q", name, found)
		}
	}
}

func TestStrangersKeyIsNotBelieved(t *testing.T) {
	o, other := full(t), full(t)
	b := o.bundle(asked())
	report, err := Check(t.Context(), bytes.NewReader(b), int64(len(b)), other.seal.Policy(), nil)
	o.must(err)
	if report.Outcome("真实性") != Failed {
		t.Error("a bundle signed by a key that is not believed is authentic")
	}
}

func TestQuorumThatIsMissing(t *testing.T) {
	o := full(t)
	b := o.bundle(asked())
	key := append([]byte{4}, make([]byte, ed25519.PublicKeySize)...) // of a witness that never signed
	id := sha256.Sum256(append([]byte("example.com/audit\n"), key...))
	log, _, _ := strings.Cut(o.seal.Policy().String(), "quorum")
	p, err := seal.ParsePolicy(fmt.Appendf(nil, "%switness audit example.com/audit+%x+%s\nquorum audit\n", log, id[:4], base64.StdEncoding.EncodeToString(key)))
	o.must(err)
	report, err := Check(t.Context(), bytes.NewReader(b), int64(len(b)), p, nil)
	o.must(err)
	if i := slices.IndexFunc(report.Checks, func(c Item) bool { return c.ID == isWitness }); report.Checks[i].Outcome != Failed {
		t.Errorf("%+v", report.Checks[i])
	}
}

func TestRefusals(t *testing.T) {
	o := full(t)
	ask := func(change func(*Request)) Request { r := asked(); change(&r); return r }
	for code, r := range map[string]Request{
		"programme.unknown":      ask(func(r *Request) { r.Programme = "nothing" }),
		"programme.unknown-year": ask(func(r *Request) { r.Year = 1999 }),
		"person.unknown":         ask(func(r *Request) { r.Programme, r.Person = "", "nobody" }),
		"evidence.nothing":       ask(func(r *Request) { r.Programme, r.Query = "", &projections.TrailFilter{Text: "没有这样的话"} }),
		"evidence.of-what":       ask(func(r *Request) { r.Programme = "" }),
		"evidence.not-sealed":    ask(func(r *Request) { r.At = 1000 }),
	} {
		_, err := Make(t.Context(), o.source(), r, new(bytes.Buffer), nil)
		var refusal domain.Refusal
		if !errors.As(err, &refusal) || refusal.Code != code {
			t.Errorf("%s: got %v", code, err)
		}
	}
	unsealed := o.source()
	unsealed.Checkpoint = seal.Checkpoint{}
	_, err := Make(t.Context(), unsealed, asked(), new(bytes.Buffer), nil)
	if refusal := (domain.Refusal{}); !errors.As(err, &refusal) || refusal.Code != "evidence.not-sealed" {
		t.Errorf("without a checkpoint: %v", err)
	}
}

func TestPersonalDataOnlyWhenAskedForAndWhileTheKeyIsThere(t *testing.T) {
	o := full(t)
	src, r := o.source(), asked()
	src.Keys, r.Personal = o.keys, true
	taken := func() string {
		var b bytes.Buffer
		_, err := Make(t.Context(), src, r, &b, nil)
		o.must(err)
		if found := faults(o.check(b.Bytes())); len(found) > 0 {
			t.Errorf("found %q", found)
		}
		return o.take(b.Bytes(), accountText)
	}
	if account := taken(); !strings.Contains(account, "姓名  钱某某") || !strings.Contains(account, "专家意见  场地闲置") || strings.Contains(account, "另一个项目") {
		t.Errorf("the account says:\n%s", account)
	}
	_, err := o.keys.Destroy(t.Context(), "v-1")
	o.must(err)
	if account := taken(); strings.Contains(account, "钱某某") || !strings.Contains(account, "姓名  已删除，不能再读") {
		t.Errorf("after the key is destroyed the account says:\n%s", account)
	}
}
