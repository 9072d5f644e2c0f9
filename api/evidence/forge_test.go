package evidence

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/domain/participant"
	"wenxiao/domain/rectification"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// forge makes a bundle with our own program from a selection that was altered:
// everything in it fits everything else.
func (o *office) forge(r Request, change func(*Selection)) []byte {
	o.Helper()
	src := o.source()
	s, positions, err := choose(o.Context(), src, r)
	o.must(err)
	change(&s)
	var b bytes.Buffer
	m := &making{ctx: o.Context(), src: src, positions: positions, pack: newPacker(&b, s.On), x: newExamination(s, src.Checkpoint.Note, []byte(src.Policy.String()))}
	_, err = m.all()
	o.must(err)
	return b.Bytes()
}

func (o *office) finds(b []byte, want string) {
	o.Helper()
	found := faults(o.check(b))
	if !slices.ContainsFunc(found, func(s string) bool { return strings.HasPrefix(s, want) }) {
		o.Errorf("want %s, found %q", want, found)
	}
}

func TestForgedByOurOwnProgram(t *testing.T) {
	o := full(t)
	o.put(rectification.Stream("r2"), rectification.NoticeIssued{Programme: "p1", Year: 2025, Unit: "101001", UnitName: "示例市培训中心", Issuer: "301", Due: "2025-02-01", Document: "d"}, finance)
	o.sealed()
	later := asked()
	later.On = later.On.AddDate(2, 0, 0)
	o.finds(o.forge(later, func(*Selection) {}), isWholeProcess+" p1 2025 年度 缺“监控报送”")
	plan := attachmentPath(planDigest(o), "实施方案.txt")
	digest := planDigest(o)
	opinion := Revealed{Position: 14, Person: "v-1", What: "专家意见", Text: "项目成效显著，建议结题"}
	for name, forged := range map[string]struct {
		change func(*Selection)
		want   string
	}{
		"asked as of a day when nothing was due": {func(s *Selection) { s.AsOf = "2025-01-01" }, isAsked + " " + selectionFile + " 期限算到 2025-01-01"},
		"the ledger was then another day":        {func(s *Selection) { s.Moment, s.AsOf = s.Moment.AddDate(0, 0, -4), "2025-01-02" }, isAsked + " " + selectionFile + " 说账本位置 17"},
		"the ledger was then in later days":      {func(s *Selection) { s.Moment = s.Moment.AddDate(0, 1, 0) }, isAsked + " " + selectionFile + " 说账本位置 17"},
		"asked before it was recorded":           {func(s *Selection) { s.On = s.Moment.Add(-time.Hour).Truncate(time.Second) }, isAsked + " " + selectionFile + " 取证时间"},
		"records after the moment":               {func(s *Selection) { s.At = 12 }, isInOrder + " " + at(13, envelopeFile)},
		"a file that nobody withdrew":            {func(s *Selection) { s.Withheld = []Withheld{{Digest: digest, Withdrawn: 99}} }, hasFiles + " " + plan + " 说是已于账本位置 99 撤下"},
		"a file withdrawn by another record":     {func(s *Selection) { s.Withheld = []Withheld{{Digest: digest, Withdrawn: 7}} }, hasFiles + " " + plan + " 说是已于账本位置 7 撤下"},
		"a file left out without a word":         {func(s *Selection) { s.Withheld = []Withheld{{Digest: digest}} }, hasFiles + " " + selectionFile},
		"a file left out twice": {func(s *Selection) {
			s.Withheld = []Withheld{{Digest: digest, Barred: true}, {Digest: digest, Withdrawn: 7}}
		}, hasFiles + " " + selectionFile},
		"a file withdrawn twice": {func(s *Selection) {
			s.Withheld = []Withheld{{Digest: digest, Barred: true}, {Digest: digest, Barred: true}}
		}, hasFiles + " " + selectionFile},
		"a file that nothing rests on":    {func(s *Selection) { s.Withheld = []Withheld{{Digest: strings.Repeat("a", 64), Barred: true}} }, hasFiles + " " + selectionFile},
		"words that nobody asked to open": {func(s *Selection) { s.Revealed = []Revealed{opinion} }, isAsked + " " + selectionFile + " 没有要求"},
		"words of a record without any": {func(s *Selection) {
			s.Personal, s.Revealed = true, []Revealed{{Position: 9, Person: "v-1", What: "专家意见", Text: "x"}}
		}, isAsked + " " + selectionFile + " 读出的“专家意见”（v-1，账本位置 9）"},
		"words of a record not in the bundle": {func(s *Selection) {
			s.Personal, s.Revealed = true, []Revealed{{Position: 15, Person: "v-1", What: "专家意见", Text: "x"}}
		}, isAsked + " " + selectionFile + " 读出的"},
		"words of somebody else": {func(s *Selection) {
			s.Personal, s.Revealed = true, []Revealed{{Position: 14, Person: "v-2", What: "专家意见", Text: "x"}}
		}, isAsked + " " + selectionFile + " 读出的"},
		"words of another kind": {func(s *Selection) {
			s.Personal, s.Revealed = true, []Revealed{{Position: 14, Person: "v-1", What: "证件号码", Text: "x"}}
		}, isAsked + " " + selectionFile + " 读出的"},
		"the same words twice": {func(s *Selection) { s.Personal, s.Revealed = true, []Revealed{opinion, opinion} }, isAsked + " " + selectionFile + " 读出的"},
	} {
		t.Run(name, func(t *testing.T) {
			o := *o
			o.T = t
			o.finds(o.forge(later, forged.change), forged.want)
		})
	}
	words := o.forge(asked(), func(s *Selection) { s.Personal, s.Revealed = true, []Revealed{opinion} })
	if found := faults(o.check(words)); slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, isAsked) }) {
		t.Errorf("found %q", found)
	}
	if account := o.take(words, accountText); !strings.Contains(account, "项目成效显著，建议结题  〔由取证人所写，未经证明〕") {
		t.Error("nobody can tell who wrote what was revealed; the account says so nowhere")
	}
}

func TestNoOtherWordsWhateverMadeThem(t *testing.T) {
	o := full(t)
	for name, by := range map[string]struct {
		change func(*Selection)
		want   string
	}{
		"another program": {func(s *Selection) { s.Program = "v1.0.1" }, ""},
		"another wording": {func(s *Selection) { s.Wording = Wording + 1 }, isRetold + " " + selectionFile},
		"no wording":      {func(s *Selection) { s.Wording = 0 }, isRetold + " " + selectionFile},
	} {
		b := o.forge(asked(), by.change)
		if by.want == "" {
			if found := faults(o.check(b)); len(found) > 0 {
				t.Errorf("%s: found %q", name, found)
			}
		} else {
			o.finds(b, by.want)
		}
		for _, path := range derivedFiles {
			f := o.apart(b)
			f.contents[path] = []byte("<script>alert(1)</script>王某 无责任，四性全部通过")
			want := by.want
			if want == "" {
				want = isRetold + " " + path + " 与由记录重做的不同"
			}
			o.finds(f.packed(true), want)
		}
	}
}

func TestAFaultElsewhereHidesNoOtherWords(t *testing.T) {
	o := full(t)
	f := o.apart(o.bundle(asked()))
	f.names = slices.DeleteFunc(f.names, func(n string) bool { return strings.HasPrefix(n, attachmentFolder) })
	f.contents[accountText] = []byte("王某 无责任")
	o.finds(f.packed(true), isRetold+" "+accountText)
	f.contents[at(9, envelopeFile)] = []byte("{")
	o.finds(f.packed(true), isRetold+" "+accountText+" 不能重做，未经核对")
}

func TestOneWayToWriteASelection(t *testing.T) {
	o := full(t)
	b := o.bundle(asked())
	for name, change := range map[string]func([]byte) []byte{
		"another value behind": func(s []byte) []byte { return append(s, `{"withheld":[]}`...) },
		"spaces":               func(s []byte) []byte { return append(s, '\n') },
		"a member twice":       func(s []byte) []byte { return bytes.Replace(s, []byte("{"), []byte(`{"at":1,`), 1) },
		"another case":         func(s []byte) []byte { return bytes.Replace(s, []byte(`"asOf"`), []byte(`"ASOF"`), 1) },
	} {
		f := o.apart(b)
		f.contents[selectionFile] = change(bytes.Clone(f.contents[selectionFile]))
		forged := f.packed(true)
		_, err := Check(t.Context(), bytes.NewReader(forged), int64(len(forged)), o.seal.Policy(), nil)
		if err == nil || !strings.Contains(err.Error(), selectionFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := asked()
	r.By.Name = "秦\xff某" // a command line has any bytes
	if found := faults(o.check(o.bundle(r))); len(found) > 0 {
		t.Errorf("found %q", found)
	}
}

func TestAnchors(t *testing.T) {
	o := full(t)
	b := o.bundle(asked())
	for _, path := range []string{originReceipt, momentReceipt} {
		f := o.apart(b)
		f.contents[path] = f.contents[at(9, receiptFile)]
		o.finds(f.packed(true), isProven+" "+path+" 回执是第 9 位的")
		f.contents[path] = []byte("x")
		o.finds(f.packed(true), isProven+" "+path+" 读不出回执")
		f.names = slices.DeleteFunc(f.names, func(n string) bool { return n == path })
		o.finds(f.packed(true), isAllThere+" "+path)
	}
	early := asked()
	early.On = o.now.Add(-time.Minute)
	_, err := Make(t.Context(), o.source(), early, new(bytes.Buffer), nil)
	if refusals := domain.Refused(err); len(refusals) != 1 || refusals[0].Code != "evidence.before-moment" {
		t.Errorf("asked before it was recorded: %v", err)
	}
}

func TestWithdrawalIsProven(t *testing.T) {
	o := full(t)
	digest := planDigest(o)
	withdraw := func() {
		o.put(attachment.Stream(digest), attachment.Withdrawn{Ground: attachment.ByLaw, Reason: "含个人住址", Article: "个人信息保护法 第四十七条"}, finance)
	}
	withdraw() // at 17
	o.must(o.runner.CatchUp(t.Context()))
	_, err := Make(t.Context(), o.source(), asked(), new(bytes.Buffer), nil)
	if refusals := domain.Refused(err); len(refusals) != 1 || refusals[0].Code != "evidence.not-sealed" {
		t.Errorf("withdrawn after what is signed: %v", err)
	}
	o.sealed()
	r := asked()
	r.At = 12
	b := o.bundle(r)
	if found := faults(o.check(b)); len(found) > 0 {
		t.Errorf("found %q", found)
	}
	if account := o.take(b, accountText); !strings.Contains(account, "不在包内：已于账本位置 17 撤下：含个人住址") || strings.Contains(account, "2025-01-07 02:00\n") {
		t.Errorf("the account says:\n%s", account)
	}
	f := o.apart(b)
	f.names = slices.DeleteFunc(f.names, func(n string) bool { return strings.HasPrefix(n, folder(17)) })
	o.finds(f.packed(true), hasFiles+" "+attachmentPath(digest, "实施方案.txt")+" 说是已于账本位置 17 撤下")
	again := o.deposit("实施方案.txt", "实训基地全年运营方案。\n")
	o.sealed()
	if again != attachment.Stream(digest) {
		t.Fatal(again)
	}
	if found := faults(o.check(o.bundle(asked()))); len(found) > 0 {
		t.Errorf("handed in again: found %q", found)
	}
	o.finds(o.forge(asked(), func(s *Selection) { s.Withheld = []Withheld{{Digest: digest, Withdrawn: 17}} }), hasFiles+" "+attachmentPath(digest, "实施方案.txt"))
}

func TestFileThatWhoAsksMayNotSee(t *testing.T) {
	o := full(t)
	src := o.source()
	src.MayRead = func(_ context.Context, digest string) (bool, error) { return digest != planDigest(o), nil }
	var b bytes.Buffer
	_, err := Make(t.Context(), src, asked(), &b, nil)
	o.must(err)
	if bytes.Contains(b.Bytes(), []byte("实训基地全年运营方案")) {
		t.Error("the file is in the bundle")
	}
	report := o.check(b.Bytes())
	if found := faults(report); len(found) > 0 {
		t.Errorf("found %q", found)
	}
	i := slices.IndexFunc(report.Checks, func(c Item) bool { return c.ID == hasFiles })
	if c := report.Checks[i]; c.Outcome != NotApplicable || len(c.Noted) != 1 || !strings.Contains(c.Evidence, "没有核对") || !strings.Contains(c.Evidence, "撤下而不出包 0 个") {
		t.Errorf("%+v", c)
	}
	for _, path := range []string{accountPage, accountText, reportPage} {
		if !strings.Contains(o.take(b.Bytes(), path), "取证人无权查看") {
			t.Errorf("%s does not say that a file was left out", path)
		}
	}
}

// Handing in is an act too: a bundle may have the record of it without the rest
// of the file's stream.
func TestFileKeptBackFromItsDepositorsBundle(t *testing.T) {
	o := full(t)
	r := asked()
	r.Programme, r.Person = "", clerk.Person
	src := o.source()
	made := func() []byte {
		var b bytes.Buffer
		_, err := Make(t.Context(), src, r, &b, nil)
		o.must(err)
		if found := faults(o.check(b.Bytes())); len(found) > 0 {
			t.Errorf("found %q", found)
		}
		return b.Bytes()
	}
	const content = "实训基地全年运营方案"
	if !bytes.Contains(made(), []byte(content)) {
		t.Fatal("the file is not in the bundle: this test shows nothing")
	}
	src.MayRead = func(context.Context, string) (bool, error) { return false, nil }
	r.Person, r.Query = "", &projections.TrailFilter{Type: "attachment.deposited.v1"}
	if b := made(); bytes.Contains(b, []byte(content)) || !strings.Contains(o.take(b, accountText), barred) {
		t.Error("a file that who asks may not see is in the bundle, or nobody says that it is not")
	}
	o.put(attachment.Stream(planDigest(o)), attachment.Withdrawn{Ground: attachment.ByLaw, Reason: "含个人住址", Article: "个人信息保护法 第四十七条"}, finance)
	o.sealed()
	src = o.source()
	for _, at := range []eventstore.Position{0, 12} {
		r.At = at
		if b := made(); bytes.Contains(b, []byte(content)) || !strings.Contains(o.take(b, accountText), "不在包内：已于账本位置 17 撤下") {
			t.Errorf("as of %d: a file withdrawn is in the bundle, or nobody says that it is not", at)
		}
	}
}

func TestBundleOfAParticipant(t *testing.T) {
	o := full(t)
	r := asked()
	r.Programme, r.Person = "", "v-1"
	b := o.bundle(r)
	report := o.check(b)
	if found := faults(report); len(found) > 0 {
		t.Errorf("found %q", found)
	}
	for n := 13; n <= 15; n++ {
		o.take(b, at(n, dataFile))
	}
	if account := o.take(b, accountText); !strings.Contains(account, "公共实训基地运营p2") || strings.Contains(account, "钱某某") || bytes.Contains(b, []byte("场地闲置")) {
		t.Errorf("the account says:\n%s", account)
	}
}

func TestErasedWhileTheKeyCameBack(t *testing.T) {
	o := full(t)
	o.put(participant.Stream("v-1"), participant.Erased{Ground: 3, Article: "个人信息保护法 第四十七条第一款第三项", Reason: "本人书面申请", AskedBy: "person", Decider: finance.Person, DeciderName: finance.Name}, finance)
	o.sealed()
	src, r := o.source(), asked()
	src.Keys, r.Personal, r.At = o.keys, true, 16 // before the erasure, with a key that should be gone
	var b bytes.Buffer
	_, err := Make(t.Context(), src, r, &b, nil)
	o.must(err)
	if account := o.take(b.Bytes(), accountText); strings.Contains(account, "钱某某") || !strings.Contains(account, "姓名  已删除，不能再读") {
		t.Errorf("the account says:\n%s", account)
	}
}

func TestDemonstrationSaysSo(t *testing.T) {
	o := newOffice(t)
	o.story = true
	o.put("unit-301", unitOfFinance, finance)
	o.story = false
	o.enact()
	b := o.bundle(asked())
	if report := o.check(b); !report.Demo || len(faults(report)) > 0 {
		t.Errorf("demo %v, found %q", report.Demo, faults(report))
	}
	for _, path := range []string{accountPage, accountText, reportPage} {
		if !strings.Contains(o.take(b, path), "本单取自演示账本") {
			t.Errorf("%s does not say that it is a demonstration", path)
		}
	}
	if Demonstration(eventstore.Header{Correlation: "r-1", Command: "story-x"}) || Demonstration(eventstore.Header{Correlation: "story", Command: "x"}) {
		t.Error("a mark of the demonstration is both or none")
	}
	working := full(t)
	if report := working.check(working.bundle(asked())); report.Demo || strings.Contains(working.take(working.bundle(asked()), accountText), "演示") {
		t.Error("a ledger at work is no demonstration")
	}
}
