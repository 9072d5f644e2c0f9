//go:build amqp

package api

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"wenxiao/api/feeds"
)

// TestMessagesFromAMQP runs with -tags amqp against the broker that WENXIAO_AMQP
// names, such as amqp://127.0.0.1:5672/. It makes a queue of its own and removes
// it.
func TestMessagesFromAMQP(t *testing.T) {
	d, inbox := feeding(t)
	d.funded()
	before := d.head()
	server := os.Getenv("WENXIAO_AMQP")
	queue := "wenxiao-test-" + time.Now().Format("150405.000")
	inbox.Sources = []feeds.Source{{Name: "bus", From: server + "?queue=" + queue, Account: "treasury", Commands: []string{"execution.pay"}}}
	conn, err := amqp.Dial(server)
	must(t, err)
	defer conn.Close()
	channel, err := conn.Channel()
	must(t, err)
	_, err = channel.QueueDeclare(queue, true, false, false, false, nil)
	must(t, err)
	defer func() { _, err := channel.QueueDelete(queue, false, false, false); must(t, err) }()
	for n := range 20 {
		must(t, channel.PublishWithContext(t.Context(), "", queue, false, false, amqp.Publishing{
			Headers: amqp.Table{"count": int32(n)}, Body: []byte(paying(fmt.Sprint("a-", n/2), fmt.Sprint("p-", n/2), 100)), // each twice
		}))
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); inbox.Run(ctx, d.server.Log) }()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if q, err := channel.QueueInspect(queue); err == nil && q.Messages == 0 && d.head() == before+10 {
			break
		}
	}
	cancel()
	<-done
	if d.head() != before+10 || len(d.letters(feeds.Open)) != 0 {
		t.Errorf("%d entered of 10, %d refused", d.head()-before, len(d.letters(feeds.Open)))
	}
}
