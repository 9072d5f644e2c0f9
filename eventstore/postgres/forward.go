package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"wenxiao/eventstore"
)

const (
	// untilLed is how long an append waits for somebody to lead.
	untilLed = 15 * time.Second

	// tryAgain is the pause before an append is tried at whoever leads then.
	tryAgain = 25 * time.Millisecond
)

// errElsewhere reports an errand that was certainly not done, because who was
// asked does not lead, cannot be reached, or has lost its database.
var errElsewhere = errors.New("not carried out here")

// carryOut has an errand done by whoever leads, and by the next one when that
// one goes. What may have been done already is only repeated if it says by its
// command that it is the same.
func (m *member) carryOut(ctx context.Context, e errand) (eventstore.Appended, error) {
	if !m.begin() {
		return eventstore.Appended{}, eventstore.ErrClosed
	}
	defer m.under.Done()
	var doubt error // of the attempt that may have been carried out
	for began, failed := time.Now(), (time.Time{}); ; failed = time.Now() {
		a, err := m.attempt(ctx, e, failed)
		switch {
		case err == nil:
			m.store.beacon.Announce(a.Position)
			return a, nil
		case errors.Is(err, eventstore.ErrOutcomeUnknown):
			doubt = inDoubt(ctx, err)
		case doubt != nil && !settled(err):
			return a, doubt
		case !errors.Is(err, errElsewhere):
			return a, err
		}
		if doubt != nil && (!e.repeatable() || ctx.Err() != nil) {
			return a, doubt
		}
		over := m.over(ctx, began, err)
		switch {
		case over == nil:
		case doubt != nil:
			return a, doubt
		default:
			return a, over
		}
	}
}

// inDoubt is what the caller is told of an attempt that may have been carried
// out. A context that ended is told of if it is the caller's.
func inDoubt(ctx context.Context, err error) error {
	doubt := fmt.Errorf("append: %w: %s", eventstore.ErrOutcomeUnknown, err.Error())
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", doubt, ctx.Err())
	}
	return doubt
}

func (m *member) adopt(ctx context.Context, after eventstore.Position, records []eventstore.Record) error {
	if len(records) == 0 {
		return fmt.Errorf("%w: no records", eventstore.ErrMalformed)
	}
	_, err := m.carryOut(ctx, adopting(after, records))
	return err
}

// settled reports whether err, of a repeated attempt, tells that no attempt
// before it was carried out: whoever leads looks for the command first. So does
// an attempt that was carried out nowhere leave the doubt to the next.
func settled(err error) bool {
	return errors.Is(err, errElsewhere) || errors.Is(err, eventstore.ErrConflict) || errors.Is(err, eventstore.ErrCommandReused)
}

// over pauses before the next attempt, or says why there is none. Nothing was
// added by those before.
func (m *member) over(ctx context.Context, began time.Time, err error) error {
	if away := new(eventstore.Unreachable); errors.As(err, &away) {
		return away
	}
	if time.Since(began) > untilLed {
		return fmt.Errorf("append: %w: %s%s", eventstore.ErrNoLeader, err.Error(), m.whyNot())
	}
	stopped := m.pause(ctx)
	if stopped == nil || errors.Is(stopped, eventstore.ErrClosed) {
		return stopped
	}
	return fmt.Errorf("append: %w: %w: %s", eventstore.ErrNoLeader, stopped, err.Error())
}

// pause lets a moment go by, or less when this process comes to lead.
func (m *member) pause(ctx context.Context) error {
	m.mu.Lock()
	turned := m.turned
	m.mu.Unlock()
	select {
	case <-turned:
	case <-time.After(tryAgain):
	case <-ctx.Done():
		return ctx.Err()
	case <-m.ctx.Done():
		return eventstore.ErrClosed
	}
	return nil
}

// whyNot is what keeps this process from leading.
func (m *member) whyNot() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.trouble == nil {
		return ""
	}
	return fmt.Sprintf(" (this process does not lead: %v)", m.trouble)
}

// attempt has the errand done once: here, or by who was found to lead after the
// attempt before failed.
func (m *member) attempt(ctx context.Context, e errand, failed time.Time) (eventstore.Appended, error) {
	if t := m.leading(); t != nil {
		return t.carryOut(ctx, e)
	}
	d, err := m.door(ctx, failed)
	if err == nil && d != nil && d.away() != nil { // it may lead no longer
		d, err = m.door(ctx, time.Now())
	}
	switch {
	case ctx.Err() != nil:
		return eventstore.Appended{}, fmt.Errorf("%w: %w", errElsewhere, ctx.Err())
	case err != nil:
		return eventstore.Appended{}, fmt.Errorf("%w: %w", errElsewhere, err)
	case d == nil:
		return eventstore.Appended{}, errElsewhere
	}
	if err := d.away(); err != nil {
		return eventstore.Appended{}, fmt.Errorf("%w: %w", errElsewhere, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(m.dropped, cancel)()
	go m.unlessReplaced(ctx, d, cancel)
	return d.handIn(ctx, e)
}

// unlessReplaced breaks off an errand that waits for a leader who no longer is:
// one whose machine is gone does not say so.
func (m *member) unlessReplaced(ctx context.Context, d *door, cancel context.CancelFunc) {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now, err := m.door(ctx, time.Now().Add(-beat/2))
		if m.leading() != nil || err == nil && now != nil && now != d {
			cancel()
		}
	}
}

// lost reports an error of the connection to the database, after which the same
// may succeed. What has an outcome that is not known is not asked here.
func lost(err error) bool {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return said.Code[:2] == "57" || said.Code[:2] == "08" || said.Code == "53300" // shut down, broken off, full
	}
	var connecting *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connecting) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
