package relay

import (
	"testing"

	"github.com/IBM/sarama"
)

// TestKafkaOnTheWire speaks to a stand-in for a broker, which knows the protocol
// and keeps what it was sent. It is not a broker: no real one was at hand.
func TestKafkaOnTheWire(t *testing.T) {
	b := sarama.NewMockBroker(t, 1)
	defer b.Close()
	b.SetHandlerByMap(map[string]sarama.MockResponse{
		"ApiVersionsRequest":    sarama.NewMockApiVersionsResponse(t),
		"MetadataRequest":       sarama.NewMockMetadataResponse(t).SetBroker(b.Addr(), b.BrokerID()).SetLeader("wenxiao", 0, b.BrokerID()),
		"InitProducerIDRequest": sarama.NewMockInitProducerIDResponse(t),
		"ProduceRequest":        sarama.NewMockProduceResponse(t).SetVersion(7),
	})
	d := newDepot(t)
	d.record(3)
	stop := d.relays(Target{Name: "kafka", To: "kafka://" + b.Addr() + "/wenxiao"})
	d.eventually("three events", func() bool { return d.standing("kafka").Delivered == 3 })
	stop()
	produced := 0
	for _, exchange := range b.History() {
		if p, ok := exchange.Request.(*sarama.ProduceRequest); ok {
			produced++
			if p.RequiredAcks != sarama.WaitForAll {
				t.Errorf("asked for %d acknowledgements", p.RequiredAcks)
			}
		}
	}
	if produced != 3 {
		t.Errorf("%d requests for 3 events, one in flight at a time", produced)
	}
	if s := d.standing("kafka"); s.Lag() != 0 || s.Failures != 0 {
		t.Errorf("%+v", s)
	}
}
