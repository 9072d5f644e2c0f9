//go:build amqp

package relay

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// TestARealAMQPBroker runs with -tags amqp against the broker that WENXIAO_AMQP
// names, such as amqp://127.0.0.1:5672/. It makes a queue of its own and removes
// it.
func TestARealAMQPBroker(t *testing.T) {
	server := os.Getenv("WENXIAO_AMQP")
	d := newDepot(t)
	queue := "wenxiao-test-" + time.Now().Format("150405.000")
	d.relays(Target{Name: "amqp", To: server + "?queue=" + queue})
	d.record(300)
	d.eventually("delivered", func() bool { return d.standing("amqp").Lag() == 0 })
	conn, err := amqp.Dial(server)
	must(t, err)
	defer conn.Close()
	channel, err := conn.Channel()
	must(t, err)
	defer func() { _, err := channel.QueueDelete(queue, false, false, false); must(t, err) }()
	for i := range d.ids {
		m, ok, err := channel.Get(queue, true)
		must(t, err)
		var e CloudEvent
		if !ok || json.Unmarshal(m.Body, &e) != nil || e.ID != d.ids[i] || m.MessageId != e.ID || m.ContentType != ContentType || m.DeliveryMode != amqp.Persistent {
			t.Fatalf("%d: %v %+v", i, ok, m)
		}
	}
}
