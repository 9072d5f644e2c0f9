package api

import (
	"fmt"
	"strings"
	"testing"

	"wenxiao/eventstore"
)

// event returns the id of the last event of a type in a stream.
func (d *office) event(stream, kind string) (id string) {
	d.Helper()
	for r, err := range d.store.ReadStream(d.Context(), stream, eventstore.Revision(0)) {
		if err != nil {
			d.Fatal(err)
		}
		if r.Type == kind {
			id = r.ID
		}
	}
	if id == "" {
		d.Fatalf("no %s in %s", kind, stream)
	}
	return id
}

func TestMoneyFollowsAnApprovedGoalOnly(t *testing.T) {
	d := newOffice(t)
	d.funded()
	more := strings.Replace(goalBody, `"budget":250000000`, `"cause":"扩大规模","budget":300000000`, 1)
	adjust := `{"amount":300000000,"reason":"追加","document":"示财预〔2026〕8号"}`
	d.change("unit", "goals/p1/2025/file", 4, more).entered()
	d.change("finance", "executions/p1/2025/adjust-budget", 3, adjust).problem(422, "execution.goal-not-adjusted")
	d.change("finance", "goals/p1/2025/review", 5, strings.Replace(reviewBody, `"version":1`, `"version":2`, 1)).entered()
	d.change("finance", "executions/p1/2025/adjust-budget", 3, adjust).problem(422, "execution.goal-not-adjusted")
	d.change("finance", "goals/p1/2025/approve", 6, `{"version":2,"amount":300000000,"document":"示财预〔2026〕8号"}`).entered()
	d.change("finance", "executions/p1/2025/adjust-budget", 3, adjust).entered()
}

func TestAProgrammeThatHasLeftGetsNoMore(t *testing.T) {
	d := newOffice(t)
	d.programme()
	d.create("unit", "goals/p1/2025/file", goalBody).entered()
	d.change("finance", "goals/p1/2025/review", 1, reviewBody).entered()
	d.create("unit", "goals/p1/2026/file", goalBody).entered()
	d.change("finance", "goals/p1/2026/review", 1, reviewBody).entered()
	d.change("finance", "goals/p1/2026/approve", 2, `{"version":1,"amount":250000000,"document":"一号"}`).entered()
	d.change("finance", "programmes/p1/exit", 1, `{"day":"2026-02-01","reason":"低效清理"}`).entered()
	before := d.head()
	d.change("finance", "goals/p1/2025/approve", 2, `{"version":1,"amount":250000000,"document":"一号"}`).problem(422, "goal.programme-not-active")
	d.create("finance", "executions/p1/2026/set-budget", `{"amount":250000000,"document":"一号"}`).problem(422, "execution.programme-not-active")
	if d.head() != before {
		t.Error("something was written all the same")
	}
}

func TestACorrectionIsOfThePaymentItNames(t *testing.T) {
	d := newOffice(t)
	d.funded()
	const stream = "execution-p1-2025"
	d.change("treasury", "executions/p1/2025/pay", 3, `{"payment":"0202-002","amount":100}`).entered()
	correct := func(revision int, event string) reply {
		return d.change("treasury", "executions/p1/2025/correct-payment", revision, fmt.Sprintf(`{"corrects":%q,"payment":"0202-001","amount":%d,"reason":"退款"}`, event, revision))
	}
	correct(4, d.event(stream, "execution.budget-set.v1")).problem(422, "request.corrects-another")
	correct(4, d.event(stream, "execution.paid.v1")).problem(422, "request.corrects-another") // of 0202-002
	var first string
	for r := range d.store.ReadStream(t.Context(), stream, 2) {
		first = r.ID
		break
	}
	correct(4, first).entered()
	correct(5, d.event(stream, "execution.payment-corrected.v1")).entered()
}
