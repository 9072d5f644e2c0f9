// Package relay sends committed events to other systems: NATS JetStream, AMQP,
// Kafka and signed webhooks, as CloudEvents.
//
// The ledger itself is the outbox: each target has a mark of its own, moved when
// the target has confirmed an event. So every event arrives at least once, in
// the ledger's order, and a second time only under the same id. While a target
// is down its events wait. An event that it answers it will not have is kept
// with the reason, and the next goes on.
package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"wenxiao/eventstore"
	"wenxiao/eventstore/pubsub"
)

// A Relay delivers to some targets. The fields are set before Run and not
// changed after.
type Relay struct {
	Store      eventstore.Store
	Deliveries *Deliveries
	Targets    []Target
	Log        *slog.Logger
	Metrics    *Metrics // nil: none
	Retry      Retry    // zero: [Patience]
}

// Retry says how often a message is sent that the target fails to take, and at
// what intervals, each twice the one before.
type Retry struct {
	Attempts          int
	Shortest, Longest time.Duration
}

// Patience is the usual [Retry]: a minute and a half for one event.
var Patience = Retry{Attempts: 10, Shortest: 200 * time.Millisecond, Longest: 30 * time.Second}

const poisonTopic = "failures"

// Run delivers until ctx ends; then it returns nil.
func (r *Relay) Run(ctx context.Context) error {
	if err := r.run(ctx); ctx.Err() == nil {
		return err
	}
	return nil
}

func (r *Relay) run(ctx context.Context) error {
	if r.Retry == (Retry{}) {
		r.Retry = Patience
	}
	log := WatermillLog(r.Log)
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: 10 * time.Second}, log)
	if err != nil {
		return err
	}
	if err := r.middleware(router); err != nil {
		return err
	}
	var couriers []*courier
	defer func() {
		for _, c := range couriers {
			if err := c.route.Close(); err != nil {
				r.Log.Warn("close target", "target", c.Name, "err", err)
			}
		}
	}()
	for _, t := range r.Targets {
		c, err := r.courier(ctx, t, log)
		if err != nil {
			return err
		}
		couriers = append(couriers, c)
		member := pubsub.NewMember(r.Store, r.Deliveries.Groups, t.Group())
		member.Log, member.NackDelay, member.Trouble, member.Turn = r.Log, r.Retry.Shortest, c.trouble, c.turn
		router.AddConsumerHandler(t.Name, pubsub.All, member, c.handle)
		go c.attend(ctx)
	}
	if err := router.Run(ctx); err != nil {
		return err
	}
	for _, c := range couriers {
		<-c.attended
	}
	return nil
}

// middleware puts the poison queue outside and the retries inside: what they did
// not help is kept.
func (r *Relay) middleware(router *message.Router) error {
	poison, err := middleware.PoisonQueueWithFilter(poisoned{r}, poisonTopic, func(err error) bool {
		return answered(err) || errors.As(err, new(middleware.RecoveredPanicError))
	})
	if err != nil {
		return err
	}
	retry := middleware.Retry{
		MaxRetries: r.Retry.Attempts - 1, InitialInterval: r.Retry.Shortest, MaxInterval: r.Retry.Longest, Multiplier: 2, RandomizationFactor: 0.2,
		ShouldRetry: func(p middleware.RetryParams) bool { return !errors.As(p.Err, new(Rejected)) },
	}
	router.AddMiddleware(poison, retry.Middleware, middleware.Recoverer)
	return nil
}

func (r *Relay) courier(ctx context.Context, t Target, log watermill.LoggerAdapter) (*courier, error) {
	open, err := t.opener()
	if err != nil {
		return nil, err
	}
	if err := r.Deliveries.Groups.Begin(ctx, t.Group(), pubsub.All, uint64(t.After)); err != nil {
		return nil, err
	}
	r.Log.Info("relay", "target", t.Name, "to", t.Address(), "scope", t.Scope())
	c := &courier{Target: t, relay: r, route: &route{topic: t.topic(), open: open, log: log}, attended: make(chan struct{})}
	return c, c.enter(ctx)
}

// poisoned is the poison queue: a table.
type poisoned struct{ *Relay }

func (p poisoned) Publish(_ string, messages ...*message.Message) error {
	for _, m := range messages {
		record, err := pubsub.Record(m)
		if err != nil {
			return err
		}
		target, reason := m.Metadata.Get(middleware.PoisonedHandlerKey), m.Metadata.Get(middleware.ReasonForPoisonedKey)
		if err := p.Deliveries.failed(m.Context(), target, record, reason); err != nil {
			return err
		}
		p.Metrics.poison(target)
		p.Log.Warn("a target would not take an event", "target", target, "position", record.Position, "event", record.ID, "reason", reason)
	}
	return nil
}

func (poisoned) Close() error { return nil }

// newMessage makes the message of a record that targets get.
func newMessage(ctx context.Context, r eventstore.Record) (*message.Message, error) {
	body, err := json.Marshal(NewCloudEvent(r))
	if err != nil {
		return nil, Rejected{fmt.Sprintf("位置 %d 的内容不是 JSON：%v", r.Position, err)}
	}
	m := message.NewMessage(r.ID, body)
	m.Metadata.Set(contentType, ContentType)
	m.Metadata.Set(streamKey, r.Stream)
	m.SetContext(ctx)
	return m, nil
}

// WatermillLog tells Watermill's everyday news to who looks for bugs only.
func WatermillLog(log *slog.Logger) watermill.LoggerAdapter {
	return watermill.NewSlogLoggerWithLevelMapping(log, map[slog.Level]slog.Level{slog.LevelInfo: slog.LevelDebug, slog.LevelError: slog.LevelDebug})
}
