package relay

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill"
	wmamqp "github.com/ThreeDotsLabs/watermill-amqp/v3/pkg/amqp"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	wmnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	amqp "github.com/rabbitmq/amqp091-go"
)

// An opener connects to a target.
type opener func(watermill.LoggerAdapter) (message.Publisher, error)

// A route is a publisher with the topic of its target. It connects when there is
// something to send, and again after a failure to connect: a broker need not be
// up when we start.
type route struct {
	topic string
	open  opener
	log   watermill.LoggerAdapter

	mu        sync.Mutex
	publisher message.Publisher
}

func (r *route) send(m *message.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.publisher == nil {
		publisher, err := r.open(r.log)
		if err != nil {
			return err
		}
		r.publisher = publisher
	}
	return r.publisher.Publish(r.topic, m)
}

func (r *route) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.publisher == nil {
		return nil
	}
	return r.publisher.Close()
}

// contentType is the name of the header under which brokers carry it.
const contentType = "content-type"

// toNATS publishes to JetStream and waits for its word that a message is stored.
// A subject that no stream has gets one of its own.
func toNATS(u *url.URL, subject string) opener {
	server := *u
	server.Path = ""
	return func(log watermill.LoggerAdapter) (message.Publisher, error) {
		conn, err := nats.Connect(server.String(), nats.Name("wenxiao relay"), nats.MaxReconnects(-1),
			nats.ReconnectWait(250*time.Millisecond), nats.ReconnectBufSize(-1)) // nothing is sent behind our back later
		if err != nil {
			return nil, err
		}
		if err := ProvideStream(conn, subject); err != nil {
			conn.Close()
			return nil, err
		}
		publisher, err := wmnats.NewPublisherWithNatsConn(conn, wmnats.PublisherPublishConfig{
			Marshaler: &wmnats.NATSMarshaler{}, SubjectCalculator: wmnats.DefaultSubjectCalculator,
			JetStream: wmnats.JetStreamConfig{TrackMsgId: true},
		}, log)
		if err != nil {
			conn.Close()
			return nil, err
		}
		return natsPublisher{publisher}, nil
	}
}

// ProvideStream makes a JetStream stream for a subject that none has.
func ProvideStream(conn *nats.Conn, subject string) error {
	js, err := conn.JetStream()
	if err != nil {
		return err
	}
	_, err = js.StreamNameBySubject(subject)
	if errors.Is(err, nats.ErrNoMatchingStream) || errors.Is(err, nats.ErrStreamNotFound) {
		_, err = js.AddStream(&nats.StreamConfig{Name: strings.ReplaceAll(subject, ".", "-"), Subjects: []string{subject}, Duplicates: 10 * time.Minute})
	}
	return err
}

type natsPublisher struct{ message.Publisher }

func (p natsPublisher) Publish(topic string, messages ...*message.Message) error {
	err := p.Publisher.Publish(topic, messages...)
	switch {
	case errors.Is(err, nats.ErrMaxPayload):
		return Rejected{"NATS: " + err.Error()}
	case errors.Is(err, nats.ErrReconnectBufExceeded):
		return nats.ErrDisconnected // which is why
	}
	return err
}

// toAMQP publishes to a durable queue, declared if it is missing, and waits for
// the broker's confirmation.
func toAMQP(u *url.URL, queue string) opener {
	server := *u
	server.RawQuery = ""
	return func(log watermill.LoggerAdapter) (message.Publisher, error) {
		if err := declareQueue(server.String(), queue); err != nil {
			return nil, err
		}
		config := wmamqp.NewDurableQueueConfig(server.String())
		config.Publish.ConfirmDelivery = true
		config.Marshaler = amqpMarshaler
		return wmamqp.NewPublisher(config, log)
	}
}

var amqpMarshaler = wmamqp.DefaultMarshaler{PostprocessPublishing: func(p amqp.Publishing) amqp.Publishing {
	p.MessageId, _ = p.Headers[wmamqp.DefaultMessageUUIDHeaderKey].(string)
	p.ContentType, _ = p.Headers[contentType].(string)
	delete(p.Headers, contentType)
	return p
}}

// declareQueue makes the queue: what the default exchange cannot route it drops,
// and confirms all the same.
func declareQueue(server, queue string) error {
	conn, err := amqp.Dial(server)
	if err != nil {
		return err
	}
	defer conn.Close()
	channel, err := conn.Channel()
	if err != nil {
		return err
	}
	_, err = channel.QueueDeclare(queue, true, false, false, false, nil)
	return err
}

// streamKey is what messages of one stream have in common: Kafka keeps order
// within a partition only.
const streamKey = "ce-subject"

// toKafka waits until every replica in step has a message.
func toKafka(brokers []string) opener {
	return func(log watermill.LoggerAdapter) (message.Publisher, error) {
		publisher, err := kafka.NewPublisher(kafka.PublisherConfig{
			Brokers: brokers, OverwriteSaramaConfig: kafkaConfig(), Marshaler: kafkaMarshaler,
		}, log)
		if err != nil {
			return nil, err
		}
		return kafkaPublisher{publisher}, nil
	}
}

var kafkaMarshaler = kafka.NewWithPartitioningMarshaler(func(_ string, m *message.Message) (string, error) {
	return m.Metadata.Get(streamKey), nil
})

func kafkaConfig() *sarama.Config {
	c := kafka.DefaultSaramaSyncPublisherConfig()
	c.ClientID = "wenxiao"
	c.Version = sarama.V2_1_0_0
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Idempotent = true
	c.Net.MaxOpenRequests = 1 // or a retry might overtake
	c.Producer.Retry.Max = 3  // the router tries on
	c.Metadata.Retry.Max, c.Metadata.Retry.Backoff = 1, 250*time.Millisecond
	c.Producer.MaxMessageBytes = 10 << 20
	return c
}

type kafkaPublisher struct{ message.Publisher }

func (p kafkaPublisher) Publish(topic string, messages ...*message.Message) error {
	err := p.Publisher.Publish(topic, messages...)
	if errors.Is(err, sarama.ErrMessageSizeTooLarge) || errors.Is(err, sarama.ErrInvalidMessage) {
		return Rejected{"Kafka: " + err.Error()}
	}
	return err
}

// closing tells ctx's end from a target's failure.
func closing(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}
