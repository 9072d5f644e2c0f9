package relay

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill"
	wmamqp "github.com/ThreeDotsLabs/watermill-amqp/v3/pkg/amqp"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"
	amqp "github.com/rabbitmq/amqp091-go"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

const secretText = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

func TestTargetsThatWouldNotWorkAreRefused(t *testing.T) {
	t.Setenv("HOOK", secretText)
	t.Setenv("SHORT", "too short")
	for config, want := range map[string][]string{
		`{"targets":[{"name":"a","to":"nats://127.0.0.1:4222/wenxiao.events"},{"name":"b","to":"amqp://u:p@h:5672/v?queue=q"},
		  {"name":"c","to":"kafka://h1:9092,h2:9092/topic"},{"name":"d","to":"https://example.org/in","secret":"env:HOOK"},
		  {"name":"e","to":"http://127.0.0.1:9/in","secret":"env:HOOK","types":["goal.*","!goal.returned.v1"]}]}`: nil,
		`{"targets":[]}`:  {"relay.no-target"},
		`{"target":[]}`:   {"relay.malformed"},
		`{"targets":[1]}`: {"relay.malformed"},
		`{"targets":[{"name":"A b","to":"nats://h/s"}]}`:                                              {"relay.malformed-name"},
		`{"targets":[{"name":"a","to":"nats://h/s"},{"name":"a","to":"nats://h/s"}]}`:                 {"relay.same-name"},
		`{"targets":[{"name":"a","to":"ftp://h/s"}]}`:                                                 {"relay.malformed-address"},
		`{"targets":[{"name":"a","to":"here"}]}`:                                                      {"relay.malformed-address"},
		`{"targets":[{"name":"a","to":"nats://h:4222"}]}`:                                             {"relay.malformed-address"},
		`{"targets":[{"name":"a","to":"nats://h:4222/all.*"}]}`:                                       {"relay.malformed-address"},
		`{"targets":[{"name":"a","to":"amqp://h:5672/"}]}`:                                            {"relay.malformed-address"},
		`{"targets":[{"name":"a","to":"http://example.org/in","secret":"env:HOOK"}]}`:                 {"relay.malformed-address"},
		`{"targets":[{"name":"a","to":"https://u:p@example.org/in","secret":"env:HOOK"}]}`:            {"relay.malformed-address"},
		`{"targets":[{"name":"a","to":"https://example.org/in"}]}`:                                    {"relay.no-secret"},
		`{"targets":[{"name":"a","to":"https://example.org/in","secret":"plain"}]}`:                   {"relay.no-secret"},
		`{"targets":[{"name":"a","to":"https://example.org/in","secret":"env:SHORT"}]}`:               {"relay.no-secret"},
		`{"targets":[{"name":"a","to":"https://example.org/in","secret":"file:/nowhere"}]}`:           {"relay.no-secret"},
		`{"targets":[{"name":"a","to":"nats://h/s","types":["*.v1"]},{"name":"","to":"nats://h/s"}]}`: {"relay.malformed-pattern", "relay.malformed-name"},
	} {
		_, err := ReadConfig([]byte(config))
		var codes []string
		for _, no := range domain.Refused(err) {
			codes = append(codes, no.Code)
			if no.Code != "relay.malformed" && no.Field == "" {
				t.Errorf("%s is refused at no place", no.Code)
			}
		}
		if !slices.Equal(codes, want) {
			t.Errorf("%s\n%v: %q, want %q", config, err, codes, want)
		}
	}
}

// TestTokensAreNotShown: addresses that carry a token are neither shown nor in
// what is said of a failure.
func TestTokensAreNotShown(t *testing.T) {
	for address, want := range map[string]string{
		"https://example.org/in?access_token=TOKEN#TOKEN":    "https://example.org/in",
		"amqp://u:TOKEN@h:5672/v?queue=q&heartbeat=TOKEN":    "amqp://h:5672/v?queue=q",
		"nats://TOKEN@127.0.0.1:4222/wenxiao.events?x=TOKEN": "nats://127.0.0.1:4222/wenxiao.events",
	} {
		if got := (Target{To: address}).Address(); got != want {
			t.Errorf("%s is shown as %s", address, got)
		}
	}
	to := Target{To: "http://127.0.0.1:1/in?access_token=TOKEN"}
	open, err := to.opener()
	if err != nil {
		t.Fatal(err)
	}
	publisher, err := open(watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	m := message.NewMessage("1", nil)
	if err := publisher.Publish("", m); err == nil || strings.Contains(err.Error(), "TOKEN") {
		t.Errorf("the failure says %v", err)
	}
}

// TestATargetThatSaysNoIsThere: one that was down and comes back refusing is not
// shown as down any more.
func TestATargetThatSaysNoIsThere(t *testing.T) {
	c := courier{downSince: time.Now(), reason: "connection refused"}
	if c.note(Rejected{"404"}); !c.downSince.IsZero() || c.reason != "" {
		t.Errorf("down since %v: %s", c.downSince, c.reason)
	}
}

func TestATargetGetsWhatItsFilterNames(t *testing.T) {
	record := func(kind, stream string) eventstore.Record {
		return eventstore.Record{Header: eventstore.Header{Type: kind, Stream: stream}}
	}
	for _, tt := range []struct {
		target Target
		kind   string
		stream string
		want   bool
	}{
		{Target{}, "goal.filed.v1", "goal-a-2025", true},
		{Target{Types: []string{"goal.*"}}, "goal.filed.v1", "goal-a-2025", true},
		{Target{Types: []string{"goal.*"}}, "execution.paid.v1", "execution-a-2025", false},
		{Target{Types: []string{"goal.filed.v1"}}, "goal.filed.v10", "goal-a-2025", false},
		{Target{Types: []string{"!participant.*"}}, "participant.entered.v1", "participant-a", false},
		{Target{Types: []string{"!participant.*"}}, "goal.filed.v1", "goal-a-2025", true},
		{Target{Types: []string{"*", "!goal.filed.v1"}}, "goal.filed.v1", "goal-a-2025", false},
		{Target{Types: []string{"goal.*"}, Streams: []string{"goal-b-*"}}, "goal.filed.v1", "goal-a-2025", false},
		{Target{Types: []string{"goal.*"}, Streams: []string{"goal-a-*"}}, "goal.filed.v1", "goal-a-2025", true},
	} {
		if got := tt.target.Wants(record(tt.kind, tt.stream)); got != tt.want {
			t.Errorf("%+v wants %s of %s: %v", tt.target, tt.kind, tt.stream, got)
		}
	}
	if s := (Target{}).Scope(); s != "全部事件" {
		t.Errorf("a target without a filter says %q", s)
	}
	if a := (Target{To: "nats://u:word@h:1/s"}).Address(); a != "nats://h:1/s" {
		t.Errorf("the address shown is %s", a)
	}
}

func TestSignatures(t *testing.T) {
	secret, err := ReadSecret(secretText)
	if err != nil {
		t.Fatal(err)
	}
	// The example of the Standard Webhooks specification's own libraries.
	var known Secret
	known, err = base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"test": 2432232314}`)
	if got := known.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), body).Get(HeaderSignature); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("signed %s", got)
	}
	now := time.Now()
	good := secret.Sign("m-1", now, body)
	if id, err := secret.Verify(good, now.Add(time.Minute), body); id != "m-1" || err != nil {
		t.Errorf("%q %v", id, err)
	}
	rotated := good.Clone()
	rotated.Set(HeaderSignature, "v1,AAAA v2,AAAA "+good.Get(HeaderSignature))
	if _, err := secret.Verify(rotated, now, body); err != nil {
		t.Errorf("among several: %v", err)
	}
	change := func(name, value string) http.Header { h := good.Clone(); h.Set(name, value); return h }
	for name, tt := range map[string]struct {
		header http.Header
		at     time.Time
		body   string
		want   error
	}{
		"another body":       {good, now, `{"test": 1}`, ErrUnsigned},
		"another id":         {change(HeaderID, "m-2"), now, string(body), ErrUnsigned},
		"another time":       {change(HeaderTimestamp, "1614265330"), now, string(body), ErrUnsigned},
		"no signature":       {change(HeaderSignature, ""), now, string(body), ErrUnsigned},
		"another version":    {change(HeaderSignature, "v2"+good.Get(HeaderSignature)[2:]), now, string(body), ErrUnsigned},
		"nothing":            {http.Header{}, now, string(body), ErrUnsigned},
		"recorded yesterday": {good, now.Add(24 * time.Hour), string(body), ErrStale},
		"of tomorrow":        {good, now.Add(-24 * time.Hour), string(body), ErrStale},
	} {
		if _, err := secret.Verify(tt.header, tt.at, []byte(tt.body)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Secret("another secret of some length").Verify(good, now, body); !errors.Is(err, ErrUnsigned) {
		t.Errorf("another secret: %v", err)
	}
}

// TestWhatBrokersAreHanded needs no broker: it looks at what would be sent.
func TestWhatBrokersAreHanded(t *testing.T) {
	r := eventstore.Record{Header: eventstore.Header{ID: "e-1", Stream: "goal-a-2025", Type: "goal.filed.v1"}, Position: 7, Data: []byte(`{}`)}
	m, err := newMessage(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := amqpMarshaler.Marshal(m)
	if err != nil || sent.MessageId != "e-1" || sent.ContentType != ContentType || sent.DeliveryMode != amqp.Persistent ||
		sent.Headers[wmamqp.DefaultMessageUUIDHeaderKey] != "e-1" || string(sent.Body) != string(m.Payload) {
		t.Errorf("AMQP: %+v %v", sent, err)
	}
	produced, err := kafkaMarshaler.Marshal("topic", m)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := produced.Key.Encode()
	value, _ := produced.Value.Encode()
	headers := map[string]string{}
	for _, h := range produced.Headers {
		headers[string(h.Key)] = string(h.Value)
	}
	if string(key) != "goal-a-2025" || string(value) != string(m.Payload) || headers[contentType] != ContentType || headers[kafka.UUIDHeaderKey] != "e-1" {
		t.Errorf("Kafka: key %s, headers %v", key, headers)
	}
	if c := kafkaConfig(); c.Validate() != nil || c.Producer.RequiredAcks != sarama.WaitForAll || !c.Producer.Idempotent {
		t.Errorf("Kafka's settings: %v", c.Validate())
	}
	open := toKafka([]string{"127.0.0.1:1"})
	if _, err := open(watermill.NopLogger{}); err == nil || answered(err) {
		t.Errorf("a broker that is down: %v", err)
	}
}
