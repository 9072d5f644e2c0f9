package projections

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/domain/execution"
	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
)

var questionnaire, photograph = strings.Repeat("9f", 32), strings.Repeat("0a", 32)

// hand hands a file in.
func (o *office) hand(digest, name string, who domain.Actor, code domain.ProgrammeCode, year domain.FiscalYear) bool {
	return give(o, attachment.Stored, attachment.Stream(digest), who, attachment.Deposit{
		Name: name, Unit: domain.UnitCode(who.Unit), Programme: code, Year: year, Digest: digest, SM3: digest, Size: 2048, MediaType: "application/pdf", By: who,
	})
}

// rest gives a command that rests on files.
func rest[S domain.State[S, E], E domain.Event](o *office, stored domain.Decoders[E], stream string, who domain.Actor, cmd domain.Command[S, E], digests ...string) {
	o.t.Helper()
	o.n++
	meta := eventstore.Meta{EffectiveAt: o.day.Time().Add(10 * time.Hour), Actor: who, Command: fmt.Sprintf("office-%d", o.n), Basis: []string{"南通办法 第十条"}}
	for _, d := range digests {
		meta.Basis = append(meta.Basis, attachment.Stream(d))
	}
	if _, err := eventstore.Execute(context.Background(), o.store, stored, stream, eventstore.AnyRevision, cmd, meta); err != nil {
		o.t.Fatal(err)
	}
}

// evidence is a ledger with two files, handed in three times, one act that rests
// on both and one on a file nobody handed in.
func evidence(t *testing.T) (*office, Views, *Runner) {
	store, db := memory.New(), openViews(t)
	t.Cleanup(func() { store.Close() })
	o := newOffice(t, store)
	o.open("p1", "p2")
	o.hand(questionnaire, "问卷.pdf", clerk, "p1", 2022)
	o.hand(photograph, "照片.jpg", clerk, "p1", 2022)
	must(o, execution.Stored, execution.Stream("p1", 2022), reviewer, execution.SetBudget{Programme: "p1", Year: 2022, Unit: "sports", Amount: 100, Document: "x", Goal: domain.Fact{Holds: true}, Approved: 100})
	rest(o, execution.Stored, execution.Stream("p1", 2022), reviewer, execution.Suspend{Reason: "核查"}, photograph, questionnaire)
	o.hand(questionnaire, "同一份问卷.pdf", reviewer, "p2", 0)
	rest(o, execution.Stored, execution.Stream("p1", 2022), reviewer, execution.Resume{Reason: "查清", By: reviewer}, strings.Repeat("ff", 32))
	r := quiet(db, store, 5)
	check(t, r.CatchUp(t.Context()))
	return o, Views{db}, r
}

func TestAttachmentsAndWhatRestsOnThem(t *testing.T) {
	o, v, r := evidence(t)
	a, err := v.Attachment(t.Context(), questionnaire)
	check(t, err)
	if a.Name != "同一份问卷.pdf" || a.Size != 2048 || len(a.Deposits) != 2 || a.Deposits[0].By.Name != "王某" || a.Deposits[0].UnitName != "示例市体育中心" || a.Deposits[1].Programme != "p2" || len(a.Units()) != 2 {
		t.Errorf("%+v", a)
	}
	uses, err := v.AttachmentUses(t.Context(), questionnaire)
	check(t, err)
	if len(uses) != 1 || uses[0].Type != "execution.suspended.v1" || uses[0].Programme != "p1" || uses[0].Year != 2022 || uses[0].Text != "暂缓拨款：核查" {
		t.Errorf("%+v", uses)
	}
	at := uses[0].Position
	for what, find := range map[string]func() (Attached, error){
		"stream":   func() (Attached, error) { return v.AttachedIn(t.Context(), execution.Stream("p1", 2022)) },
		"year":     func() (Attached, error) { return v.AttachedInYear(t.Context(), "p1", 2022) },
		"position": func() (Attached, error) { return v.AttachedAt(t.Context(), at, at+9) },
	} {
		found, err := find()
		check(t, err)
		if files := found[at]; len(found) != 1 || len(files) != 2 || files[0].Digest != photograph || files[1].Digest != questionnaire {
			t.Errorf("%s: %+v", what, found)
		}
	}
	if none, err := v.AttachedInYear(t.Context(), "p1", 2023); err != nil || len(none) > 0 {
		t.Errorf("%v, %v", none, err)
	}
	must(o, attachment.Stored, attachment.Stream(photograph), reviewer, attachment.Withdraw{Ground: attachment.ByLaw, Reason: "拍到路人", Article: "个人信息保护法 第四十七条", Document: "示例文", By: reviewer})
	check(t, r.CatchUp(t.Context()))
	a, err = v.Attachment(t.Context(), photograph)
	check(t, err)
	if a.Withdrawn == nil || a.Withdrawn.Reason != "拍到路人" || a.Withdrawn.By.Name != "张某" || a.Withdrawn.Ground != attachment.ByLaw {
		t.Errorf("%+v", a.Withdrawn)
	}
	if _, err := v.Attachment(t.Context(), strings.Repeat("ff", 32)); !errors.Is(err, ErrNotFound) {
		t.Errorf("a file nobody handed in: %v", err)
	}
}

func TestAttachmentsAreFound(t *testing.T) {
	_, v, _ := evidence(t)
	for what, c := range map[string]struct {
		f    AttachmentFilter
		want int
	}{
		"all": {AttachmentFilter{}, 2}, "name": {AttachmentFilter{Text: "问卷"}, 1}, "digest": {AttachmentFilter{Text: "9f9f9f"}, 1}, "programme": {AttachmentFilter{Programme: "p2"}, 1},
		"either": {AttachmentFilter{Programme: "p1"}, 2}, "unit": {AttachmentFilter{Unit: "finance"}, 1}, "part of a code": {AttachmentFilter{Unit: "fin"}, 0}, "wild": {AttachmentFilter{Unit: "%"}, 0},
	} {
		list, err := v.Attachments(t.Context(), c.f)
		check(t, err)
		if list.Total != c.want || len(list.Rows) != c.want {
			t.Errorf("%s: %d of %d, want %d", what, len(list.Rows), list.Total, c.want)
		}
	}
}

func TestDepositsInTheTrail(t *testing.T) {
	_, v, _ := evidence(t)
	list, err := v.Trail(t.Context(), TrailFilter{Stream: attachment.Stream(questionnaire), Ascending: true})
	check(t, err)
	if len(list.Entries) != 2 || list.Entries[0].Programme != "p1" || list.Entries[0].Year != 2022 || list.Entries[1].Programme != "p2" || list.Entries[1].Year != 0 {
		t.Fatalf("%+v", list.Entries)
	}
	if want := "王某 以 示例市体育中心财务科科长 身份 交存附件“问卷.pdf”，2.0 KiB，SHA-256 9f9f9f9f9f9f…"; list.Entries[0].Sentence != want {
		t.Errorf("got  %s\nwant %s", list.Entries[0].Sentence, want)
	}
	history, err := v.History(t.Context(), "p1", 2022, 0)
	check(t, err)
	found := 0
	for _, e := range history {
		if strings.HasPrefix(e.Type, "attachment.") {
			found++
		}
	}
	if found != 2 {
		t.Errorf("%d deposits in the course of p1", found)
	}
}

func TestSizes(t *testing.T) {
	for n, want := range map[int64]string{4: "4 字节", 2048: "2.0 KiB", 50 << 20: "50.0 MiB"} {
		if got := size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
