package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"wenxiao/api/feeds"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/pubsub"
	"wenxiao/projections/relay"
	"wenxiao/projections/relay/natstest"
)

const feedSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// feeding is an office that takes in what the treasury's system sends, by hook
// and from a folder, as the treasury's account.
func feeding(t *testing.T) (*office, *feeds.Inbox) {
	t.Helper()
	return feedingOn(t, "sqlite:"+filepath.Join(t.TempDir(), "streams"))
}

func feedingOn(t *testing.T, address string) (*office, *feeds.Inbox) {
	t.Helper()
	t.Setenv("FEED_SECRET", feedSecret)
	var inbox *feeds.Inbox
	d := newOffice(t, demo, func(s *Server) {
		db, err := pubsub.OpenDB(t.Context(), address)
		must(t, err)
		t.Cleanup(func() { must(t, db.Close()) })
		letters, err := feeds.OpenLetters(t.Context(), db)
		must(t, err)
		s.Metrics = NewMetrics()
		inbox = s.NewInbox(letters, []feeds.Source{
			{Name: "treasury", From: feeds.Hook, Account: "treasury", Commands: []string{"execution.pay", "execution.allot"}, Secret: "env:FEED_SECRET"},
			{Name: "files", From: "file:" + t.TempDir(), Account: "treasury", Commands: []string{"execution.pay"}},
			{Name: "budget", From: "file:" + t.TempDir(), Account: "finance", Commands: []string{"execution.set-budget", "execution.allot"}},
			{Name: "unit", From: "file:" + t.TempDir(), Account: "unit", Commands: []string{"monitoring.take-snapshot"}},
		})
		s.Inbox = inbox
		s.Deliveries, err = relay.OpenDeliveries(t.Context(), db)
		must(t, err)
		s.Metrics.Watch(s)
	})
	return d, inbox
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// paying is a message from the treasury.
func paying(id, payment string, amount int) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":"%s","source":"treasury","type":"execution.pay","subject":"p1/2025","data":{"payment":"%s","amount":%d}}`, id, payment, amount)
}

// hook posts a signed message.
func (d *office) hook(source, body string, change ...func(http.Header)) reply {
	d.Helper()
	secret, err := relay.ReadSecret(feedSecret)
	must(d.T, err)
	m, _ := feeds.Parse([]byte(body))
	header := secret.Sign(m.ID, time.Now(), []byte(body))
	for _, f := range change {
		f(header)
	}
	flat := map[string]string{}
	for name := range header {
		flat[name] = header.Get(name)
	}
	return d.do(call{method: "POST", path: "/feeds/" + source, body: body, header: flat})
}

func (d *office) letters(state string) []feeds.Letter {
	d.Helper()
	list, _, err := d.server.Inbox.Letters.List(d.Context(), state, 100)
	must(d.T, err)
	return list
}

func TestWhatTheTreasurySendsIsEnteredOnce(t *testing.T) {
	d, _ := feeding(t)
	d.funded()
	before := d.head()
	for range 3 { // the sender did not hear us
		if r := d.hook("treasury", paying("m-1", "0202-002", 1000000)); r.Code != http.StatusNoContent {
			t.Fatalf("%d %s", r.Code, r.Body)
		}
	}
	if d.head() != before+1 || len(d.letters(feeds.Open)) != 0 {
		t.Fatalf("%d records, %d letters", d.head()-before, len(d.letters(feeds.Open)))
	}
	r, err := d.server.record(t.Context(), d.head())
	must(t, err)
	if r.Type != "execution.paid.v1" || r.Command != "feed/treasury/m-1" || r.Actor.Person != "p-treasury" || r.Actor.Capacity != "系统" || !strings.HasPrefix(r.Correlation, "feed/treasury/sha256:") {
		t.Errorf("%s", r.Envelope)
	}
	if n := testutil.ToFloat64(d.server.Metrics.feeds.WithLabelValues("treasury", "entered")); n != 3 {
		t.Errorf("%v messages counted", n)
	}
}

func TestAMessageMustBeSignedByItsSource(t *testing.T) {
	d, _ := feeding(t)
	d.funded()
	before := d.head()
	body := paying("m-1", "0202-002", 1000000)
	d.hook("treasury", body, func(h http.Header) { h.Set(relay.HeaderSignature, "v1,AAAA") }).problem(403, "feed.unsigned")
	d.hook("treasury", body, func(h http.Header) { h.Del(relay.HeaderSignature) }).problem(403, "feed.unsigned")
	d.hook("nobody", body).problem(404, "request.no-such-address")
	d.hook("files", body).problem(404, "request.no-such-address")
	secret, _ := relay.ReadSecret(feedSecret)
	other := secret.Sign("m-2", time.Now(), []byte(body))
	d.hook("treasury", body, func(h http.Header) {
		for name := range other {
			h.Set(name, other.Get(name))
		}
	}).problem(403, "feed.other-id")
	if d.head() != before || len(d.letters(feeds.Open)) != 0 {
		t.Error("something was kept of what nobody signed")
	}
}

// TestSignedMessagesOfABroker: one that waited in the broker for an hour is as
// good as when it was signed. A forged one says nothing about the message whose id
// it bears, and nobody can have it carried out.
func TestSignedMessagesOfABroker(t *testing.T) {
	d, inbox := feeding(t)
	d.funded()
	before := d.head()
	secret, err := relay.ReadSecret(feedSecret)
	must(t, err)
	bus := feeds.Source{Name: "bus", From: "nats://127.0.0.1:1/t", Account: "treasury", Commands: []string{"execution.pay"}, Secret: "env:FEED_SECRET"}
	inbox.Sources = append(inbox.Sources, bus)
	body := []byte(paying("m-1", "0202-002", 1000000))
	must(t, inbox.Receive(t.Context(), bus, body, secret.Sign("m-1", time.Now().Add(-time.Hour), body)))
	must(t, inbox.Receive(t.Context(), bus, body, secret.Sign("m-1", time.Now().Add(-time.Hour), body)))
	if d.head() != before+1 {
		t.Fatalf("%d records", d.head()-before)
	}

	twice := []byte(paying("m-2", "0202-002", 1)) // refused: the number is used
	if err := inbox.Receive(t.Context(), bus, twice, secret.Sign("m-2", time.Now(), twice)); !errors.As(err, new(feeds.Refused)) {
		t.Fatal(err)
	}
	forged := []byte(paying("m-2", "0202-003", 99))
	if err := inbox.Receive(t.Context(), bus, forged, http.Header{}); !errors.As(err, new(feeds.Refused)) {
		t.Fatal(err)
	}
	open := d.letters(feeds.Open)
	if len(open) != 2 || open[0].Code != "feed.unsigned" || open[0].Message == "m-2" || open[1].Body != string(twice) {
		t.Fatalf("letters %+v", open)
	}
	if err := inbox.Retry(t.Context(), open[0].ID, feeds.Person{ID: "p"}, forged); len(domain.Refused(err)) != 1 || d.head() != before+1 {
		t.Errorf("a forged message is carried out: %v", err)
	}
}

// TestALetterIsPutRightByTwoAtOnce: one correction is entered, and the other is
// told so and noted as what it was.
func TestALetterIsPutRightByTwoAtOnce(t *testing.T) {
	d, inbox := feeding(t)
	d.funded()
	before := d.head()
	d.hook("treasury", paying("m-1", "0202-001", 100)).problem(422, "execution.number-used")
	letter := d.letters(feeds.Open)[0]
	do, both := inbox.Do, new(sync.WaitGroup)
	both.Add(2)
	inbox.Do = func(ctx context.Context, s feeds.Source, body []byte, by feeds.Person) error {
		both.Done()
		both.Wait()
		return do(ctx, s, body, by)
	}
	answers := make(chan error, 2)
	for n := range 2 {
		go func() {
			answers <- inbox.Retry(t.Context(), letter.ID, feeds.Person{ID: fmt.Sprint("p-", n)}, []byte(paying("m-1", fmt.Sprint("0202-00", 2+n), 100)))
		}()
	}
	first, second := <-answers, <-answers
	if (first == nil) == (second == nil) || d.head() != before+1 {
		t.Errorf("answered %v and %v, %d records", first, second, d.head()-before)
	}
	told, err := inbox.Letters.One(t.Context(), letter.ID)
	must(t, err)
	entered := 0
	for _, act := range told.Acts {
		if act.Outcome == feeds.Entered {
			entered++
		}
	}
	if entered != 1 || told.State != feeds.Entered {
		t.Errorf("%d of the corrections are said to be entered: %+v", entered, told)
	}
}

func TestWhatTheLedgerRefusesIsKeptPutRightAndEntered(t *testing.T) {
	for kind, address := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "streams"), "postgres": pgtest.URL(t)} {
		t.Run(kind, func(t *testing.T) {
			d, _ := feedingOn(t, address)
			keptPutRightAndEntered(t, d)
		})
	}
}

func keptPutRightAndEntered(t *testing.T, d *office) {
	t.Helper()
	d.funded()
	before := d.head()
	wrong := paying("m-1", "0202-002", 100000000000)
	d.hook("treasury", wrong).problem(422, "execution.over-allotted")
	d.hook("treasury", wrong).problem(422, "execution.over-allotted") // the sender tries again
	open := d.letters(feeds.Open)
	if len(open) != 1 || open[0].Body != wrong || open[0].Field != "/amount" || open[0].Message != "m-1" || open[0].Basis == "" {
		t.Fatalf("%+v", open)
	}
	id := open[0].ID
	retry := func(as, body string) reply {
		return d.do(call{as: as, method: "POST", path: "/api/v1/dead-letters/" + id + "/retry", body: fmt.Sprintf(`{"body":%q}`, body)})
	}
	retry("treasury", wrong).problem(403, "permission.role")
	retry("finance", paying("m-9", "0202-002", 1000000)).problem(422, "feed.other-id")
	retry("finance", wrong).problem(422, "execution.over-allotted")
	right := paying("m-1", "0202-002", 1000000)
	if r := retry("finance", right); r.Code != http.StatusNoContent {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	if r, err := d.server.record(t.Context(), d.head()); err != nil || d.head() != before+1 || !strings.HasPrefix(r.Correlation, "feed/treasury/corrected-by/p-finance/") || r.Actor.Person != "p-treasury" {
		t.Errorf("%d %v %s", d.head()-before, err, r.Envelope)
	}
	l := into[feeds.Letter](d.get("auditor", "/api/v1/dead-letters/"+id))
	if l.State != feeds.Entered || l.Body != wrong || len(l.Acts) != 2 || l.Acts[0].Outcome != "refused execution.over-allotted" || l.Acts[1].Body != right || l.Acts[1].Person != "p-finance" || l.Acts[1].Outcome != "entered" {
		t.Errorf("%+v", l)
	}
	retry("finance", right).problem(422, "feed.settled")
	if r := d.hook("treasury", wrong); r.Code != http.StatusNoContent || d.head() != before+1 || len(d.letters(feeds.Open)) != 0 {
		t.Errorf("sent once more it was not known: %d %s", r.Code, r.Body)
	}
}

func TestALetterIsDismissedForAReason(t *testing.T) {
	d, _ := feeding(t)
	d.funded()
	d.hook("treasury", paying("m-1", "0202-001", 1)).problem(422, "execution.number-used")
	dismiss := func(as, reason string) reply {
		return d.do(call{as: as, method: "POST", path: "/api/v1/dead-letters/" + d.letters(feeds.Open)[0].ID + "/dismiss", body: fmt.Sprintf(`{"reason":%q}`, reason)})
	}
	dismiss("admin", "重复").problem(403, "permission.role")
	dismiss("finance", " ").problem(422, "feed.no-reason")
	if r := dismiss("finance", "与 0202-001 重复"); r.Code != http.StatusNoContent {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	l, err := d.server.Inbox.Letters.One(t.Context(), d.letters(feeds.Dismissed)[0].ID)
	if err != nil || len(l.Acts) != 1 || l.Acts[0].Reason != "与 0202-001 重复" || l.Acts[0].Name != "王某" {
		t.Errorf("%v %+v", err, l)
	}
}

// TestEveryKindOfRefusalBecomesALetter: whatever is wrong with a message, it is
// kept with a code, and nothing enters.
func TestEveryKindOfRefusalBecomesALetter(t *testing.T) {
	d, inbox := feeding(t)
	d.funded()
	before := d.head()
	message := func(change ...string) string {
		return strings.NewReplacer(change...).Replace(paying("m-1", "0202-002", 1000))
	}
	for _, tt := range []struct{ name, source, body, code, field string }{
		{"not JSON", "files", `{"id":`, "feed.malformed", ""},
		{"not text", "files", "\xff\xfe", "feed.not-text", ""},
		{"another format", "files", message(`"1.0"`, `"0.3"`), "feed.not-cloudevents", "/specversion"},
		{"no id", "files", message(`"m-1"`, `""`), "feed.malformed-id", "/id"},
		{"no programme", "files", message(`p1/2025`, `p1`), "feed.malformed-subject", "/subject"},
		{"an unknown programme", "files", message(`p1/`, `p9/`), "programme.not-registered", ""},
		{"not its command", "files", message(`execution.pay`, `execution.allot`), "feed.command-not-allowed", "/type"},
		{"no command", "files", message(`execution.pay`, `rm -rf`), "feed.command-not-allowed", "/type"},
		{"said twice", "files", message(`"amount":1000`, `"amount":1000,"amount":1`), "feed.malformed", "/amount"},
		{"a field too many", "files", message(`"amount"`, `"sum":1,"amount"`), "feed.malformed-data", "/data/sum"},
		{"half a fen", "files", message(`1000`, `0.5`), "feed.malformed-data", "/data/amount"},
		{"a figure for words", "unit", message(`execution.pay`, `monitoring.take-snapshot`, `{"payment":"0202-002","amount":1000}`, `{"readings":[{"row":"1"},{"row":"2","attainment":"三成"}]}`), "feed.malformed-data", "/data/readings/1/attainment"},
		{"what only a source attests", "files", message(`"amount"`, `"source":{},"amount"`), "feed.claims", "/data/source"},
		{"a time to come", "files", message(`"data"`, `"time":"2026-12-01T00:00:00Z","data"`), "request.effective-to-come", "/effectiveAt"},
		{"no time", "files", message(`"data"`, `"time":"yesterday","data"`), "feed.malformed-time", "/time"},
		{"not the account's to do", "treasury", message(`execution.pay`, `execution.allot`, `"payment":"0202-002"`, `"document":"一号"`), "permission.role", ""},
		{"another unit's", "unit", message(`execution.pay`, `monitoring.take-snapshot`, `{"payment":"0202-002","amount":1000}`, `{"day":"2025-12-31","period":"全年","unit":"102001","readings":[]}`), "request.unit-differs", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source, _ := inbox.Source(tt.source)
			source.Secret = ""
			body := strings.Replace(tt.body, `"m-1"`, `"`+strings.ReplaceAll(tt.name, " ", "-")+`"`, 1)
			err := inbox.Receive(t.Context(), source, []byte(body), nil)
			no := feeds.Refused{}
			if !errors.As(err, &no) || (no.Code != tt.code) || tt.field != "" && no.Field != tt.field || no.Reason == "" {
				t.Fatalf("%v %+v", err, no)
			}
			if l := d.letters(feeds.Open)[0]; l.Body != body || l.Code != no.Code {
				t.Errorf("%+v", l)
			}
		})
	}
	if d.head() != before {
		t.Error("something was entered all the same")
	}
}

func TestFilesOfManyForms(t *testing.T) {
	d, inbox := feeding(t)
	d.funded()
	before := d.head()
	for name, content := range map[string]string{
		"list.json":  "[" + paying("j-1", "1", 100) + ",\n " + paying("j-2", "2", 100) + "]",
		"lines.json": paying("l-1", "3", 100) + "\n" + paying("l-2", "4", 100) + "\n",
		"table.csv":  "\ufeff项目编码,年度,支付编号,支付金额（万元）,日期\np1,2025,5,0.01,2026-01-05\n,,,,\np1,2025,6,\"0.02\",\n",
	} {
		path := filepath.Join(t.TempDir(), name)
		must(t, os.WriteFile(path, []byte(content), 0o600))
		source, _ := inbox.Source("files")
		for range 2 { // the same file twice
			r, err := inbox.ReadFile(t.Context(), source, path)
			if err != nil || r.Entered != 2 || len(r.Refused) != 0 {
				t.Fatalf("%s: %+v %v", name, r, err)
			}
		}
	}
	if d.head() != before+6 {
		t.Errorf("%d records", d.head()-before)
	}
	path := filepath.Join(t.TempDir(), "bad.csv")
	must(t, os.WriteFile(path, []byte("项目编码,年度,支付编号,金额\np1,2025,8,100\n\np1,2025,7,一百元\n"), 0o600))
	source, _ := inbox.Source("files")
	r, err := inbox.ReadFile(t.Context(), source, path)
	if err != nil || r.Entered != 1 || len(r.Refused) != 1 {
		t.Fatalf("one bad row spoils others: %+v %v", r, err)
	}
	const says = "第 4 行：data/amount 应为金额：以分计的整数，1 元写作 100；表格里以元计，或以表头写明的万元计"
	if letter := d.letters(feeds.Open)[0]; !strings.HasPrefix(r.Refused[0].Reason, says) || letter.Reason != r.Refused[0].Reason {
		t.Errorf("not said where and what it should be: %+v, %s", r.Refused[0], letter.Reason)
	}
	must(t, os.WriteFile(path, []byte("["+paying("k-1", "9", 100)+","+paying("k-2", "9", 100)+"]"), 0o600))
	if r, err = inbox.ReadFile(t.Context(), source, path); err != nil || len(r.Refused) != 1 || !strings.HasPrefix(r.Refused[0].Reason, "第 2 条：") {
		t.Errorf("%+v %v", r, err)
	}
	must(t, os.WriteFile(path, []byte("列一,列二\n1,2\n"), 0o600))
	if r, err := inbox.ReadFile(t.Context(), source, path); err != nil || len(r.Refused) != 1 || r.Refused[0].Code != "feed.malformed-table" || r.Entered != 0 {
		t.Errorf("%+v %v", r, err)
	}
}

// TestACorrectedTableAllotsNothingTwice: rows without ids are known again by what
// they are about, whatever of them was corrected, and a corrected figure of what
// was entered is refused.
func TestACorrectedTableAllotsNothingTwice(t *testing.T) {
	d, inbox := feeding(t)
	d.funded()
	before := d.head()
	source, _ := inbox.Source("budget")
	source.Commands = []string{"execution.allot"}
	inbox.Sources = append(inbox.Sources[:2:2], source)
	path := filepath.Join(t.TempDir(), "allotments.csv")
	takes := func(rows string, entered uint64, codes ...string) {
		t.Helper()
		must(t, os.WriteFile(path, []byte("项目编码,年度,文号,金额,用途\n"+rows), 0o600))
		at := d.head()
		r, err := inbox.ReadFile(t.Context(), source, path)
		must(t, err)
		got := []string{}
		for _, no := range r.Refused {
			got = append(got, no.Code)
		}
		if uint64(d.head()-at) != entered || fmt.Sprint(got) != fmt.Sprint(codes) {
			t.Errorf("%q: %d entered, %+v", rows, d.head()-at, r.Refused)
		}
	}
	takes("p1,2025,一号,100,\np1,2025,二号,一百,\n", 1, "feed.malformed-data")
	takes("p1,2025,一号,100,\np1,2025,二号,100,\n", 1)
	takes("p1,2025,一号,100,\np1,2025,二号,100,\n\n", 0)
	takes("p1,2025,一号,900,\np1,2025,二号,100,\n", 0, "feed.entered-otherwise")
	takes("p1,2025,三号,100,\np1,2025,三号,100,\n", 0, "feed.no-identity")
	open := d.letters(feeds.Open)
	if len(open) != 2 || !open[0].Whole() || !strings.Contains(open[1].Reason, "同一项目、年度、文号的这一项已经入账") || d.head() != before+2 {
		t.Fatalf("%+v", open)
	}

	err := inbox.Retry(t.Context(), open[0].ID, feeds.Person{ID: "p"}, []byte(open[0].Body))
	if no := domain.Refused(err); len(no) != 1 || no[0].Code != "feed.whole-file" || no[0].Reason != feeds.WholeFile {
		t.Error(err)
	}
	err = inbox.Retry(t.Context(), open[1].ID, feeds.Person{ID: "p"}, []byte(strings.Replace(open[1].Body, `"一号"`, `"四号"`, 1)))
	if no := domain.Refused(err); len(no) != 1 || no[0].Code != "feed.other-row" || d.head() != before+2 {
		t.Errorf("%v, %d entered", err, d.head()-before)
	}
	page := d.reads("finance").open("/dead-letters/"+open[0].ID).shows(feeds.WholeFile, "不办的理由")
	if strings.Contains(page.page, "/retry") {
		t.Error("a whole file is offered to be tried again")
	}
	d.reads("finance").open("/dead-letters/" + open[1].ID).shows("/retry")
}

// A doubtful store loses the answer to an append now and then, as when the
// connection to the database breaks at the wrong moment.
type doubtful struct {
	eventstore.Store
	answers int
}

func (s *doubtful) Append(ctx context.Context, stream string, seen eventstore.Revision, drafts ...eventstore.Draft) (eventstore.Appended, error) {
	a, err := s.Store.Append(ctx, stream, seen, drafts...)
	if s.answers++; s.answers == 1 {
		return eventstore.Appended{}, eventstore.ErrOutcomeUnknown
	}
	return a, err
}

func TestWhatIsInDoubtIsAskedAgainAndEnteredOnce(t *testing.T) {
	d, inbox := feeding(t)
	d.funded()
	before := d.head()
	d.server.Store = &doubtful{Store: d.store}
	source, _ := inbox.Source("files")
	body := []byte(paying("m-1", "0202-002", 1000))
	err := inbox.Receive(t.Context(), source, body, nil)
	if err == nil || errors.As(err, new(feeds.Refused)) || len(d.letters(feeds.Open)) != 0 {
		t.Fatalf("a doubt is no refusal: %v", err)
	}
	must(t, inbox.Receive(t.Context(), source, body, nil))
	if d.head() != before+1 {
		t.Errorf("%d records", d.head()-before)
	}
}

// TestMessagesFromNATS come through a real server that is killed meanwhile: each
// is entered once, in order, and what is refused does not hold up the rest.
func TestMessagesFromNATS(t *testing.T) {
	d, inbox := feeding(t)
	d.funded()
	before := d.head()
	server := natstest.Start(t)
	inbox.Sources = []feeds.Source{{Name: "bus", From: server.URL() + "/treasury.payments", Account: "treasury", Commands: []string{"execution.pay"}}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); inbox.Run(ctx, d.server.Log) }()
	defer func() { cancel(); <-done }()
	send := func(from, to int) {
		conn, err := nats.Connect(server.URL())
		must(t, err)
		defer conn.Close()
		must(t, relay.ProvideStream(conn, "treasury.payments"))
		js, err := conn.JetStream()
		must(t, err)
		for n := from; n < to; n++ {
			body := paying(fmt.Sprint("n-", n), fmt.Sprint("p-", n), 100)
			if n%5 == 0 {
				body = paying(fmt.Sprint("n-", n), "0202-001", 100) // a number already used
			}
			_, err := js.Publish("treasury.payments", []byte(body))
			must(t, err)
		}
	}
	send(0, 20)
	for end := time.Now().Add(time.Minute); d.head() < before+5 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	server.Kill()
	server.Start()
	send(15, 40) // some a second time
	for end := time.Now().Add(60 * time.Second); (d.head() < before+32 || len(d.letters(feeds.Open)) < 8) && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	n := 0
	for r, err := range d.store.ReadAll(t.Context(), before) {
		must(t, err)
		if n++; n%5 == 0 {
			n++
		}
		if want := fmt.Sprint("feed/bus/n-", n); r.Command != want {
			t.Errorf("%s came where %s should", r.Command, want)
		}
	}
	if d.head() != before+32 || len(d.letters(feeds.Open)) != 8 {
		t.Errorf("%d entered, %d refused, of 40", d.head()-before, len(d.letters(feeds.Open)))
	}
}

func TestAFolderIsEmptiedAsFilesArrive(t *testing.T) {
	d, inbox := feeding(t)
	d.funded()
	before := d.head()
	source, _ := inbox.Source("files")
	folder := strings.TrimPrefix(source.From, "file:")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); inbox.Run(ctx, d.server.Log) }()
	must(t, os.WriteFile(filepath.Join(folder, "half.json.part"), []byte(`{`), 0o600))
	must(t, os.WriteFile(filepath.Join(folder, "writing.csv"), []byte("项目编码,年度,支付编号,金额\np1,2025,9,12"), 0o600)) // of 1200 yuan
	must(t, os.WriteFile(filepath.Join(folder, strings.Repeat("长", 80)+".json"), []byte(paying("f-1", "1", 100)), 0o600))
	large, err := os.Create(filepath.Join(folder, "large.csv"))
	must(t, err)
	must(t, large.Truncate(feeds.MaxFile+1))
	must(t, large.Close())
	for range 1200 { // a minute
		if moved, _ := filepath.Glob(filepath.Join(folder, "done", "*")); len(moved) == 2 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	cancel()
	<-done
	left, err := filepath.Glob(filepath.Join(folder, "*.*"))
	must(t, err)
	if d.head() != before+1 || len(left) != 2 {
		t.Errorf("%d records, and %q are left", d.head()-before, left)
	}
	if open := d.letters(feeds.Open); len(open) != 1 || open[0].Code != "feed.too-large" || !strings.HasPrefix(open[0].Reason, "large.csv：") {
		t.Errorf("letters %+v", open)
	}
}

func TestSourcesThatWouldNotWorkAreRefused(t *testing.T) {
	t.Setenv("FEED_SECRET", feedSecret)
	folder := t.TempDir()
	for config, want := range map[string]string{
		`{"sources":[{"name":"a","from":"hook","account":"t","commands":["execution.pay"],"secret":"env:FEED_SECRET"}]}`:      "",
		`{"sources":[{"name":"a","from":"file:` + folder + `","account":"t","commands":["execution.pay"]}]}`:                  "",
		`{"sources":[{"name":"a","from":"nats://127.0.0.1:4222/t.p","account":"t","commands":["monitoring.take-snapshot"]}]}`: "",
		`{"sources":[]}`: "feed.no-source",
		`[]`:             "feed.malformed-config",
		`{"sources":[{"name":"a","from":"hook","account":"t","commands":["execution.pay"]}]}`:                "relay.no-secret",
		`{"sources":[{"name":"a","from":"file:/nowhere","account":"t","commands":["execution.pay"]}]}`:       "feed.no-folder",
		`{"sources":[{"name":"a","from":"nats://h:1","account":"t","commands":["execution.pay"]}]}`:          "feed.malformed-address",
		`{"sources":[{"name":"a","from":"file:` + folder + `","commands":["execution.pay"]}]}`:               "feed.no-account",
		`{"sources":[{"name":"a","from":"file:` + folder + `","account":"t","commands":[]}]}`:                "feed.no-commands",
		`{"sources":[{"name":"a","from":"file:` + folder + `","account":"t","commands":["goal.approve"]}]}`:  "feed.unknown-command",
		`{"sources":[{"name":"A","from":"file:` + folder + `","account":"t","commands":["execution.pay"]}]}`: "feed.malformed-name",
	} {
		_, err := feeds.ReadConfig([]byte(config), FeedCommands())
		got := ""
		if all := domain.Refused(err); len(all) > 0 {
			got = all[0].Code
		}
		if got != want {
			t.Errorf("%s: %v, want %q", config, err, want)
		}
	}
}

func TestPagesOfWhatGoesAndComes(t *testing.T) {
	d, _ := feeding(t)
	d.funded()
	d.hook("treasury", paying("m-1", "0202-001", 1)).problem(422, "execution.number-used")
	id := d.letters(feeds.Open)[0].ID
	r := d.reads("finance")
	r.open("/deliveries").shows("没有配置推送目标")
	r.open("/dead-letters").shows("m-1", "支付编号 0202-001 已用于", "hook", "treasury")
	r.open("/dead-letters/"+id).shows("收到的原文", "更正后再办", "execution.number-used")
	r.send("/dead-letters/"+id+"/dismiss", url.Values{"reason": {""}}).shows("没有办成", "不办须写明理由")
	r.send("/dead-letters/"+id+"/retry", url.Values{"body": {paying("m-1", "0202-003", 100)}}).shows("已入账", "更正后再办", "王某")
	if auditor := d.reads("auditor").open("/dead-letters/" + id); strings.Contains(auditor.page, "<textarea") {
		t.Error("an auditor is offered to put it right")
	}
	r.send("/deliveries/nobody/from", url.Values{"position": {"1"}}).shows("没有名为 nobody 的推送目标")
	r.open("/deliveries?lang=en").shows("Deliveries", "No target is configured.")
}

// TestWhoSeesWhatOtherSystemsSent: the messages are whole, of every unit.
func TestWhoSeesWhatOtherSystemsSent(t *testing.T) {
	d, _ := feeding(t)
	d.funded()
	d.hook("treasury", paying("m-1", "0202-001", 1)).problem(422, "execution.number-used")
	id := d.letters(feeds.Open)[0].ID
	for as, sees := range map[string]bool{
		"unit": false, "department": false, "treasury": false, "congress": false,
		"finance": true, "auditor": true, "inspector": true, "admin": true,
	} {
		reader := d.reads(as)
		for _, path := range []string{"/deliveries", "/dead-letters", "/dead-letters/" + id, "/dead-letters/nobody"} {
			program, page := d.get(as, "/api/v1"+path), reader.open(path)
			if path == "/deliveries" && sees {
				page.shows("没有配置推送目标")
			}
			if (program.Code == http.StatusForbidden) == sees || (page.status == http.StatusForbidden) == sees {
				t.Errorf("%s %s: %d and %d", as, path, program.Code, page.status)
			}
			if !sees {
				page.shows("由财政部门、审计、纪检监察、系统管理办理")
			}
			if !sees && strings.Contains(program.Body.String()+page.page, "0202-001") {
				t.Errorf("%s is shown %s all the same", as, path)
			}
		}
		if home := reader.open("/").page; strings.Contains(home, `href="/dead-letters"`) != sees || strings.Contains(home, `href="/deliveries"`) != sees {
			t.Errorf("%s is shown the way there: %t", as, !sees)
		}
	}
	d.get("unit", "/api/v1/dead-letters").problem(403, "permission.role")
}

func TestMetricsAreForThisMachineOrWhoHasTheToken(t *testing.T) {
	d, _ := feeding(t)
	d.programme()
	r := d.do(call{method: "GET", path: "/metrics"})
	for _, want := range []string{"wenxiao_ledger_position 1", `wenxiao_projection_lag{projection=`, `wenxiao_http_request_seconds_count{method="POST",route="/api/v1/programmes/{code}/register",status="2xx"} 1`} {
		if r.Code != http.StatusOK || !strings.Contains(r.Body.String(), want) {
			t.Errorf("%d, without %s", r.Code, want)
		}
	}
	d.do(call{method: "GET", path: "/metrics", header: map[string]string{"X-Forwarded-For": "127.0.0.1"}}).problem(403, "metrics.elsewhere")
	d.server.Metrics.Token = "a long token"
	if r := d.do(call{method: "GET", path: "/metrics", header: map[string]string{"X-Forwarded-For": "10.0.0.1", "Authorization": "Bearer a long token"}}); r.Code != http.StatusOK {
		t.Errorf("with the token: %d", r.Code)
	}
	d.do(call{method: "GET", path: "/metrics", header: map[string]string{"X-Forwarded-For": "10.0.0.1", "Authorization": "Bearer another token"}}).problem(403, "metrics.elsewhere")
	d.server.Secure = true // behind a proxy that may say nothing of it
	d.do(call{method: "GET", path: "/metrics"}).problem(403, "metrics.elsewhere")
	if n := testutil.ToFloat64(d.server.Metrics.refusals.WithLabelValues("metrics.elsewhere")); n != 3 {
		t.Errorf("%v refusals counted", n)
	}
}

func TestReady(t *testing.T) {
	d := newOffice(t)
	if h := into[health](d.get("", "/readyz")); h.Status != "ok" {
		t.Fatalf("%+v", h)
	}
	must(t, d.server.Accounts.Close())
	if r := d.get("", "/readyz"); r.Code != http.StatusServiceUnavailable {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	if r := d.get("", "/healthz"); r.Code != http.StatusOK {
		t.Errorf("healthy all the same: %d", r.Code)
	}
}
