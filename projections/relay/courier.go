package relay

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"wenxiao/eventstore"
	"wenxiao/eventstore/pubsub"
)

// A courier delivers to one target, and tells [Deliveries] how it goes.
type courier struct {
	Target
	relay    *Relay
	route    *route
	attended chan struct{} // closed when attend has ended

	mu        sync.Mutex
	downSince time.Time
	reason    string
	delivered int64 // since the last report
	open      int   // failures not made good
	reads     bool  // it is this process that delivers
	diverged  bool  // it would, but has delivered what the ledger does not hold
}

// handle delivers the event that a message carries, if the target wants it.
func (c *courier) handle(m *message.Message) error {
	record, err := pubsub.Record(m)
	if err != nil {
		return err
	}
	if !c.Wants(record) {
		return nil
	}
	return c.deliver(m.Context(), record)
}

func (c *courier) deliver(ctx context.Context, r eventstore.Record) error {
	m, err := newMessage(ctx, r)
	if err != nil {
		return err
	}
	begun := time.Now()
	err = closing(ctx, c.route.send(m))
	c.relay.Metrics.tried(c.Name, time.Since(begun), err)
	if c.note(err) {
		return c.relay.Deliveries.took(ctx, c.Name, r.Position)
	}
	return err
}

// note remembers how a delivery went. It returns true when one went well that
// may be a failure made good.
func (c *courier) note(err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		if !c.downSince.IsZero() {
			c.relay.Log.Info("target is back", "target", c.Name, "after", time.Since(c.downSince).Round(time.Second))
		}
		c.delivered++
		c.diverged = false
		c.downSince, c.reason = time.Time{}, ""
		return c.open > 0
	case answered(err): // it is there
		c.open++ // perhaps; the next round counts
		c.downSince, c.reason = time.Time{}, ""
		return false
	case errors.Is(err, context.Canceled): // we are going
		return false
	}
	if c.downSince.IsZero() {
		c.downSince = time.Now()
		c.relay.Log.Warn("target does not answer, its events wait", "target", c.Name, "err", err.Error()) // without its stack
	}
	c.reason = err.Error()
	return false
}

// trouble remembers what keeps the ledger from being read.
func (c *courier) trouble(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(err, pubsub.ErrDiverged) {
		c.diverged = true
		c.reason = "已送到的位置与账本不符，像是账本由较早的备份恢复；定下从哪个位置重送后继续"
		if c.downSince.IsZero() {
			c.downSince = time.Now()
		}
	}
}

// turn remembers whether it is this process that delivers: of several that could,
// only that one says how the target stands, and sends again what was ordered.
func (c *courier) turn(reads bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reads = reads; reads && !c.diverged {
		c.downSince, c.reason = time.Time{}, "" // of an earlier turn
	}
}

// speaks reports whether this process says how the target stands.
func (c *courier) speaks() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reads || c.diverged || c.delivered > 0
}

// attend reports, and sends again what somebody ordered, until ctx ends.
func (c *courier) attend(ctx context.Context) {
	defer close(c.attended)
	for {
		if err := c.round(ctx); err != nil && ctx.Err() == nil {
			c.relay.Log.Warn("report on target", "target", c.Name, "err", err)
		}
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), beat)
			defer cancel()
			if c.speaks() {
				_ = c.report(last) // only a count
			}
			return
		case <-time.After(beat / 4):
		}
	}
}

func (c *courier) round(ctx context.Context) error {
	if !c.speaks() {
		return nil
	}
	again, err := c.ordered(ctx)
	if err != nil {
		return err
	}
	for _, position := range again {
		if err := c.again(ctx, position); err != nil {
			return err
		}
	}
	return c.report(ctx)
}

// enter tells that the target is delivered to, before anything is: whoever finds
// an event delivered finds the target too, and a failure made good is known as one.
func (c *courier) enter(ctx context.Context) error {
	if _, err := c.ordered(ctx); err != nil {
		return err
	}
	return c.relay.Deliveries.enter(ctx, c.Target)
}

// ordered counts the failures not made good, and returns which are to be sent
// again.
func (c *courier) ordered(ctx context.Context) ([]eventstore.Position, error) {
	again, open, err := c.relay.Deliveries.ordered(ctx, c.Name)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = open
	return again, nil
}

func (c *courier) report(ctx context.Context) error {
	c.mu.Lock()
	since, reason, delivered := c.downSince, c.reason, c.delivered
	c.delivered = 0
	c.mu.Unlock()
	return c.relay.Deliveries.report(ctx, c.Target, since, reason, delivered)
}

// again delivers one event outside its turn. A target that is down gets it later.
func (c *courier) again(ctx context.Context, position eventstore.Position) error {
	for record, err := range c.relay.Store.ReadAll(ctx, position-1) {
		if err != nil {
			return err
		}
		err = c.deliver(ctx, record)
		if answered(err) {
			c.relay.Metrics.poison(c.Name)
			return c.relay.Deliveries.failed(ctx, c.Name, record, err.Error())
		}
		if err != nil {
			return err
		}
		return c.relay.Deliveries.took(ctx, c.Name, position)
	}
	return nil
}
