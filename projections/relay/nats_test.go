package relay

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// A broker is a real NATS server with JetStream on a directory of its own. It is
// killed as a machine would lose it, and started again on the same address.
type broker struct {
	*testing.T
	dir, port string
	process   *exec.Cmd
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, listener.Close())
	b := &broker{T: t, dir: t.TempDir(), port: strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)}
	b.start()
	t.Cleanup(b.kill)
	return b
}

func (b *broker) url() string { return "nats://127.0.0.1:" + b.port }

func (b *broker) start() {
	b.Helper()
	path, err := exec.LookPath("nats-server")
	if err != nil {
		b.Fatalf("no NATS server in PATH: `make test` installs one (Debian: apt-get install nats-server): %v", err)
	}
	b.process = exec.Command(path, "-js", "-sd", b.dir, "-a", "127.0.0.1", "-p", b.port)
	must(b.T, b.process.Start())
	for range 500 {
		if conn, err := nats.Connect(b.url()); err == nil {
			conn.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal("the NATS server does not answer")
}

func (b *broker) kill() {
	_ = b.process.Process.Kill()
	_ = b.process.Wait()
}

// stored reads everything that JetStream keeps of a subject.
func (b *broker) stored(subject string) (events []CloudEvent) {
	b.Helper()
	conn, err := nats.Connect(b.url())
	must(b.T, err)
	defer conn.Close()
	js, err := conn.JetStream()
	must(b.T, err)
	sub, err := js.SubscribeSync(subject, nats.OrderedConsumer())
	must(b.T, err)
	for {
		m, err := sub.NextMsg(500 * time.Millisecond)
		if err != nil {
			return events
		}
		var e CloudEvent
		must(b.T, json.Unmarshal(m.Data, &e))
		if m.Header.Get(nats.MsgIdHdr) != e.ID || m.Header.Get(contentType) != ContentType {
			b.Errorf("headers %v for event %s", m.Header, e.ID)
		}
		events = append(events, e)
	}
}

// TestNATSKilledUnderLoad kills the server twice while events are recorded and
// delivered: nothing is lost, order is kept, and what came twice has one id.
func TestNATSKilledUnderLoad(t *testing.T) {
	d, b := newDepot(t), newBroker(t)
	target := Target{Name: "nats", To: b.url() + "/wenxiao.events"}
	stop := d.relays(target)
	const events = 3000
	for n := 0; n < events; n += 100 {
		d.record(100)
		switch n {
		case 700, 1500:
			d.eventually("something delivered", func() bool { return d.standing("nats").Position > 200 })
			b.kill()
		case 1000, 2200:
			b.start()
		case 1900: // the relay itself is restarted while the server is down
			stop()
			stop = d.relays(target)
		}
		time.Sleep(5 * time.Millisecond)
	}
	d.eventually("all delivered", func() bool { return d.standing("nats").Lag() == 0 })
	stop()
	var distinct []string
	got := b.stored("wenxiao.events")
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
