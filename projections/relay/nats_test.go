package relay

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"wenxiao/projections/relay/natstest"
)

// stored reads everything that JetStream keeps of a subject.
func stored(t *testing.T, server, subject string) (events []CloudEvent) {
	t.Helper()
	conn, err := nats.Connect(server)
	must(t, err)
	defer conn.Close()
	js, err := conn.JetStream()
	must(t, err)
	name, err := js.StreamNameBySubject(subject)
	must(t, err)
	info, err := js.StreamInfo(name, &nats.StreamInfoRequest{SubjectsFilter: subject})
	must(t, err)
	sub, err := js.SubscribeSync(subject, nats.OrderedConsumer())
	must(t, err)
	for range info.State.Subjects[subject] {
		m, err := sub.NextMsg(time.Minute)
		must(t, err)
		var e CloudEvent
		must(t, json.Unmarshal(m.Data, &e))
		if m.Header.Get(nats.MsgIdHdr) != e.ID || m.Header.Get(contentType) != ContentType {
			t.Errorf("headers %v for event %s", m.Header, e.ID)
		}
		events = append(events, e)
	}
	return events
}

// TestNATSKilledUnderLoad kills the server twice while events are recorded and
// delivered: nothing is lost, order is kept, and what came twice has one id.
func TestNATSKilledUnderLoad(t *testing.T) {
	d, b := newDepot(t), natstest.Start(t)
	target := Target{Name: "nats", To: b.URL() + "/wenxiao.events"}
	stop := d.relays(target)
	const events = 3000
	for n := 0; n < events; n += 100 {
		d.record(100)
		switch n {
		case 700, 1500:
			d.eventually("something delivered", func() bool { return d.standing("nats").Position > 200 })
			b.Kill()
		case 1000, 2200:
			b.Start()
		case 1900: // the relay itself is restarted while the server is down
			stop()
			stop = d.relays(target)
		}
		time.Sleep(5 * time.Millisecond)
	}
	d.eventually("all delivered", func() bool { return d.standing("nats").Lag() == 0 })
	stop()
	var distinct []string
	got := stored(t, b.URL(), "wenxiao.events")
	for i, e := range got {
		if i > 0 && got[i-1].Sequence == e.Sequence {
			if got[i-1].ID != e.ID {
				t.Fatalf("position %s has two ids", e.Sequence)
			}
			continue
		}
		distinct = append(distinct, e.ID)
	}
	if fmt.Sprint(distinct) != fmt.Sprint(d.ids) {
		t.Errorf("%d distinct events in order of %d", len(distinct), len(d.ids))
	}
	t.Logf("%d events, %d stored, %d twice", len(d.ids), len(got), len(got)-len(distinct))
	if s := d.standing("nats"); s.Failures != 0 {
		t.Errorf("%d were given up", s.Failures)
	}
}
