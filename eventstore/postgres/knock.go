package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"wenxiao/eventstore"
)

// untilAway is how long a door may stay shut before its leader counts as out of
// reach. One that is gone, or whose machine is, leads no more after some five.
const untilAway = 10 * time.Second

// errStranger reports that somebody else answers where the leader should.
var errStranger = errors.New("the certificate is not the leader's")

// errSilent reports that nobody answers a knock, though the door may be open.
var errSilent = errors.New("no answer to a knock")

// untilAnswered is how long an answer to a knock may take.
const untilAnswered = 5 * time.Second

// tryDoors knocks at the door of whoever leads until it opens: when this process
// joins, when another comes to lead, and after an errand could not be handed in.
func (m *member) tryDoors() {
	for ; m.ctx.Err() == nil; m.rest(beat) {
		if m.leading() != nil {
			continue
		}
		if d, err := m.door(m.ctx, time.Now().Add(-beat/2)); err == nil && d != nil && !d.opens() {
			d.knock(m.ctx)
		}
	}
}

// rest lets a while go by, less when this process leaves.
func (m *member) rest(d time.Duration) {
	select {
	case <-m.ctx.Done():
	case <-time.After(d):
	}
}

// away is why this process cannot hand errands to l.
func (m *member) away(ctx context.Context, l leader) string {
	d, err := m.door(ctx, time.Time{})
	if err != nil || d == nil || d.token != l.token {
		return ""
	}
	if err := d.away(); err != nil {
		return err.Why
	}
	return ""
}

// Reach returns when it is known whether appends can be handed to whoever leads:
// nil where they can be, where this process leads, and where nobody does;
// [eventstore.Unreachable] where they cannot.
func (s *Store) Reach(ctx context.Context) error {
	for d := (*door)(nil); ; {
		l, err := s.whoLeads(ctx)
		if err != nil || l.Epoch == 0 || s.member != nil && s.member.is(l) {
			return err
		}
		if d == nil || d.token != l.token {
			d = newDoor(l)
			defer d.client.CloseIdleConnections()
			if s.member != nil {
				d.patience = s.member.doors.patience
			}
		}
		if d.knock(ctx); d.opens() {
			return nil
		}
		if err := d.away(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(standAgain):
		}
	}
}

// knock asks whether the door opens. Every answer says that it does.
func (d *door) knock(ctx context.Context) {
	ctx, cancel := context.WithTimeoutCause(ctx, untilAnswered, errSilent)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+d.Address+handInPath, nil)
	if err != nil {
		d.tried(ctx, err)
		return
	}
	request.Header.Set("Authorization", "Bearer "+d.token)
	response, err := d.client.Do(request)
	if err == nil {
		_, _ = io.CopyN(io.Discard, response.Body, 4<<10)
		_ = response.Body.Close()
	}
	d.tried(ctx, err)
}

// tried notes how it went; not where the caller broke it off.
func (d *door) tried(ctx context.Context, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case err == nil:
		d.opened, d.shut, d.why = true, time.Time{}, nil
	case ctx.Err() == nil, errors.Is(context.Cause(ctx), errSilent):
		if d.shut.IsZero() {
			d.shut = time.Now()
		}
		d.opened, d.why = false, err
	}
}

func (d *door) opens() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.opened
}

// away says that the leader behind the door is out of reach; nil where it is not,
// or where it may just have died.
func (d *door) away() *eventstore.Unreachable {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut.IsZero() || time.Since(d.shut) < d.patience {
		return nil
	}
	return &eventstore.Unreachable{Leader: d.Leader, Why: unopened(d.why)}
}

// unopened says why a door did not open, in few words and without its address.
func unopened(err error) string {
	var name *net.DNSError
	var network net.Error
	switch {
	case errors.Is(err, errStranger):
		return "那里答话的不是它 (somebody else answers there)"
	case errors.As(err, &name):
		return "没有这个主机名 (no such host)"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "对方拒绝连接 (connection refused)"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "网络不通 (no route)"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF):
		return "连接一通就断 (broken off)"
	case errors.As(err, &network) && network.Timeout():
		return "没有应答 (no answer)"
	}
	return fmt.Sprintf("连接不成 (%v)", errors.Unwrap(err))
}
