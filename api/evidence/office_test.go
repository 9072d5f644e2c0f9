package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/domain/execution"
	"wenxiao/domain/goal"
	"wenxiao/domain/participant"
	"wenxiao/domain/programme"
	"wenxiao/domain/rectification"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/eventstore/memory"
	"wenxiao/eventstore/seal"
	"wenxiao/eventstore/vault"
	"wenxiao/projections"
)

// An office is a small ledger with all that stands beside it.
type office struct {
	*testing.T
	store  *memory.Store
	runner *projections.Runner
	views  projections.Views
	files  *attachments.Directory
	keys   *vault.Vault
	seal   *seal.Sealer
	now    time.Time
	n      int
	at     map[string]eventstore.Revision
	story  bool // what is put is the demonstration's
}

var (
	clerk   = domain.Actor{Person: "p-unit", Name: "王某", Post: "财务科科长", Unit: "101001", Capacity: "本人履职"}
	finance = domain.Actor{Person: "p-finance", Name: "张某", Post: "绩效科科员", Unit: "301", Capacity: "本人履职"}
)

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{T: t, now: time.Date(2025, 1, 6, 9, 0, 0, 0, domain.Beijing), at: map[string]eventstore.Revision{}}
	o.store = memory.New(eventstore.WithClock(func() time.Time { return o.now }))
	t.Cleanup(func() { _ = o.store.Close() })
	dir := t.TempDir()
	db, err := projections.OpenDB(t.Context(), "sqlite:"+filepath.Join(dir, "views"))
	o.must(err)
	t.Cleanup(func() { _ = db.Close() })
	o.views, o.runner = projections.Views{DB: db}, projections.NewRunner(db, o.store, quiet(), projections.All()...)
	o.files, err = attachments.Open(filepath.Join(dir, "files"))
	o.must(err)
	o.keys, err = vault.Open(t.Context(), filepath.Join(dir, "keys"))
	o.must(err)
	t.Cleanup(func() { _ = o.keys.Close() })
	signer, err := seal.OpenSigner(filepath.Join(dir, "seal"), "shili.example/ledger")
	o.must(err)
	t.Cleanup(func() { _ = signer.Close() })
	policy, err := seal.DefaultPolicy(signer.Verifiers()...)
	o.must(err)
	o.seal, err = seal.NewSealer(o.store, seal.Tiles{Dir: filepath.Join(dir, "log")}, signer, policy, quiet())
	o.must(err)
	return o
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// put enters an event, an hour after the one before.
func (o *office) put(stream string, event domain.Event, by domain.Actor, basis ...string) {
	o.Helper()
	data, err := json.Marshal(event)
	o.must(err)
	o.now, o.n = o.now.Add(time.Hour), o.n+1
	meta := eventstore.Meta{Actor: by, Command: fmt.Sprint("c", o.n), Correlation: "test", Basis: basis}
	if o.story {
		meta.Command, meta.Correlation = fmt.Sprint("story-", o.n), "story"
	}
	done, err := o.store.Append(context.Background(), stream, o.at[stream], eventstore.Draft{Type: event.EventType(), Data: data, Meta: meta})
	o.must(err)
	o.at[stream] = done.Revision
}

// deposit keeps a file and says so; it returns how a basis names it.
func (o *office) deposit(name, content string) string {
	o.Helper()
	taken, err := o.files.Take(o.Context(), name, bytes.NewReader([]byte(content)))
	o.must(err)
	defer taken.Discard()
	o.must(taken.Keep(func() error {
		o.put(attachment.Stream(taken.Digest), attachment.Deposited{
			Digest: taken.Digest, SM3: taken.SM3, Size: taken.Size, MediaType: taken.MediaType, Name: name, Unit: "101001", Programme: "p1", Year: 2025, By: clerk.Person,
		}, clerk)
		return nil
	}))
	return attachment.Stream(taken.Digest)
}

// said enters a participant who says something of the programme.
func (o *office) said(id string, about domain.ProgrammeCode) {
	o.Helper()
	protect := func(field, text string) domain.Protected {
		p, err := o.keys.Protect(o.Context(), id, field, text)
		o.must(err)
		return p
	}
	var identity participant.Kept
	identity.Name = protect("name", "钱某某")
	o.put(participant.Stream(id), participant.Entered{Kind: participant.Expert, Keeper: "301", Identity: identity}, finance)
	o.put(participant.Stream(id), participant.StatementRecorded{Programme: about, Year: 2025, Stage: participant.ExpertOpinion, Text: protect(participant.StatementField(about, 2025), "场地闲置"), Day: "2025-03-01"}, finance)
	o.put(participant.Stream(id), participant.StatementRecorded{Programme: "p2", Year: 2025, Stage: participant.ExpertOpinion, Text: protect(participant.StatementField("p2", 2025), "另一个项目"), Day: "2025-03-02"}, finance)
}

// full is a ledger with one programme that has everything, and one beside it.
func full(t *testing.T) *office {
	o := newOffice(t)
	o.put(unit.Stream("301"), unitOfFinance, finance)
	o.enact()
	return o
}

var unitOfFinance = unit.Registered{Code: "301", Name: "示例市财政局", Kind: unit.Finance}

// enact enters what a full ledger has, after finance itself.
func (o *office) enact() {
	o.Helper()
	o.put(unit.Stream("101001"), unit.Registered{Code: "101001", Name: "示例市培训中心", Kind: unit.Budgetary, Parent: "101"}, finance)
	o.put(unit.Stream("101001"), unit.PostEstablished{Post: "cw", Title: "财务科科长"}, clerk)
	o.put(unit.Stream("101001"), unit.PersonAppointed{Person: clerk.Person, Name: clerk.Name, Post: "cw", Since: "2025-01-01"}, clerk)
	for _, code := range []domain.ProgrammeCode{"p1", "p2"} {
		o.put(programme.Stream(code), programme.Registered{
			Code: code, Name: "公共实训基地运营" + string(code), Kind: programme.Project, Unit: "101001", UnitName: "示例市培训中心", Department: "101", DepartmentName: "示例市人社局",
			FundBook: programme.GeneralBudget, From: 2025, Jurisdiction: "xinzhou",
		}, clerk)
	}
	plan := o.deposit("实施方案.txt", "实训基地全年运营方案。\n")
	o.put(goal.Stream("p1", 2025), goal.Filed{Version: 1, Programme: "p1", Year: 2025, Unit: "101001", Budget: 250000000, Objective: "全年培训 38508 人", Indicators: []domain.Indicator{}}, clerk, plan)
	o.put(goal.Stream("p1", 2025), goal.Reviewed{Version: 1, Level: goal.FinanceLevel, Grade: "良", Opinion: "目标明确", Passed: true}, finance)
	o.put(goal.Stream("p1", 2025), goal.Approved{Version: 1, Amount: 250000000, Document: "示财预〔2025〕1号"}, finance)
	o.put(goal.Stream("p2", 2025), goal.Filed{Version: 1, Programme: "p2", Year: 2025, Unit: "101001", Budget: 1, Objective: "别的项目", Indicators: []domain.Indicator{}}, clerk)
	o.put(execution.Stream("p1", 2025), execution.BudgetSet{Programme: "p1", Year: 2025, Unit: "101001", Amount: 250000000, Document: "示财预〔2025〕1号"}, finance)
	o.said("v-1", "p1")
	o.put(rectification.Stream("r1"), rectification.NoticeIssued{Programme: "p1", Year: 2025, Unit: "101001", UnitName: "示例市培训中心", Issuer: "301", Due: "2025-06-30", Document: "示财绩〔2025〕3号"}, finance)
	o.sealed()
}

// sealed brings tables and checkpoint up to the ledger.
func (o *office) sealed() {
	o.Helper()
	o.must(o.runner.CatchUp(o.Context()))
	_, err := o.seal.Seal(o.Context())
	o.must(err)
}

func (o *office) source() Source {
	c, _ := o.seal.Latest()
	return Source{Store: o.store, Views: o.views, Tiles: o.seal.Tiles(), Checkpoint: c, Policy: o.seal.Policy(), Files: o.files}
}

// asked is a request for p1 on a day when monitoring is not due yet.
func asked() Request {
	return Request{Programme: "p1", By: Asker{Username: "auditor", Name: "秦某", Post: "审计员", Unit: "示例市审计局"}, On: time.Date(2025, 5, 1, 10, 0, 0, 0, domain.Beijing)}
}

func (o *office) bundle(r Request) []byte {
	o.Helper()
	var b bytes.Buffer
	_, err := Make(o.Context(), o.source(), r, &b, nil)
	o.must(err)
	return b.Bytes()
}

func (o *office) check(b []byte) Report {
	o.Helper()
	report, err := Check(o.Context(), bytes.NewReader(b), int64(len(b)), o.seal.Policy(), nil)
	o.must(err)
	return report
}

// faults are those of a report, by check and place.
func faults(r Report) (all []string) {
	for _, c := range r.Checks {
		for _, f := range c.Faults {
			all = append(all, c.ID+" "+f.Place+" "+f.What)
		}
	}
	return all
}

// take reads one file of a bundle.
func (o *office) take(b []byte, path string) string {
	o.Helper()
	z, err := open(bytes.NewReader(b), int64(len(b)))
	o.must(err)
	e := z.entries[path]
	if e == nil {
		o.Fatalf("no %s in the bundle", path)
	}
	text, err := io.ReadAll(e.reader())
	o.must(err)
	return string(text)
}

// altered is a store whose record 8 has other data than it had.
type altered struct{ eventstore.Store }

func (a altered) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) {
		for r, err := range a.Store.ReadAll(ctx, after) {
			if r.Position == 8 {
				r.Data = bytes.Replace(r.Data, []byte("38508"), []byte("88508"), 1)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}
