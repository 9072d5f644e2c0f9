package feeds

import (
	"net/url"
	"strings"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill"
	wmamqp "github.com/ThreeDotsLabs/watermill-amqp/v3/pkg/amqp"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	wmnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	amqp "github.com/rabbitmq/amqp091-go"

	"wenxiao/projections/relay"
)

// subscriber connects to a source and returns the topic to subscribe to. Each
// keeps its place at the broker under a name of ours, has one message in hand at
// a time, and gets one back that it does not acknowledge.
func (s Source) subscriber(log watermill.LoggerAdapter) (message.Subscriber, string, error) {
	u, err := url.Parse(s.From)
	if err != nil {
		return nil, "", err
	}
	topic := topicOf(u)
	var subscriber message.Subscriber
	switch u.Scheme {
	case "nats", "tls":
		subscriber, err = fromNATS(u, topic, "wenxiao-"+s.Name, log)
	case "amqp", "amqps":
		subscriber, err = fromAMQP(u, log)
	default:
		subscriber, err = fromKafka(u, "wenxiao-"+s.Name, log)
	}
	return subscriber, topic, err
}

func fromNATS(u *url.URL, topic, durable string, log watermill.LoggerAdapter) (message.Subscriber, error) {
	server := *u
	server.Path = ""
	conn, err := nats.Connect(server.String(), nats.Name("wenxiao feed"), nats.MaxReconnects(-1))
	if err != nil {
		return nil, err
	}
	if err := relay.ProvideStream(conn, topic); err != nil {
		conn.Close()
		return nil, err
	}
	return wmnats.NewSubscriberWithNatsConn(conn, wmnats.SubscriberSubscriptionConfig{
		Unmarshaler: tolerant{}, AckWaitTimeout: 30 * time.Second, CloseTimeout: 10 * time.Second,
		SubjectCalculator: wmnats.DefaultSubjectCalculator, NakDelay: wmnats.NewStaticDelay(time.Second),
		JetStream: wmnats.JetStreamConfig{
			DurablePrefix:    durable,
			SubscribeOptions: []nats.SubOpt{nats.DeliverAll(), nats.AckExplicit(), nats.MaxAckPending(1), nats.AckWait(10 * time.Second)},
		},
	}, log)
}

// tolerant takes whatever headers a sender has: they are looked at only for a
// signature.
type tolerant struct{}

func (tolerant) Unmarshal(m *nats.Msg) (*message.Message, error) {
	got := message.NewMessage(m.Header.Get(nats.MsgIdHdr), m.Data)
	for name, values := range m.Header {
		got.Metadata.Set(name, strings.Join(values, " "))
	}
	return got, nil
}

func fromAMQP(u *url.URL, log watermill.LoggerAdapter) (message.Subscriber, error) {
	server := *u
	server.RawQuery = ""
	config := wmamqp.NewDurableQueueConfig(server.String())
	config.Marshaler = tolerantAMQP{}
	return wmamqp.NewSubscriber(config, log)
}

type tolerantAMQP struct{ wmamqp.DefaultMarshaler }

func (tolerantAMQP) Unmarshal(d amqp.Delivery) (*message.Message, error) {
	got := message.NewMessage(d.MessageId, d.Body)
	for name, value := range d.Headers {
		if text, ok := value.(string); ok {
			got.Metadata.Set(name, text)
		}
	}
	return got, nil
}

func fromKafka(u *url.URL, group string, log watermill.LoggerAdapter) (message.Subscriber, error) {
	config := kafka.DefaultSaramaSubscriberConfig()
	config.ClientID, config.Version = "wenxiao", sarama.V2_1_0_0
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	return kafka.NewSubscriber(kafka.SubscriberConfig{
		Brokers: strings.Split(u.Host, ","), Unmarshaler: kafka.DefaultMarshaler{}, OverwriteSaramaConfig: config,
		ConsumerGroup: group, NackResendSleep: time.Second,
	}, log)
}
