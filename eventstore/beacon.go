package eventstore

import (
	"context"
	"sync"
	"time"
)

// A Beacon tells those who wait how far the ledger reaches. The zero value is
// not ready; use [NewBeacon].
type Beacon struct {
	mu     sync.Mutex
	head   Position
	moved  chan struct{} // closed and replaced when head moves
	closed bool
	asked  time.Time // when Poll last asked for the head
}

// NewBeacon returns a beacon that announces nothing yet.
func NewBeacon() *Beacon { return &Beacon{moved: make(chan struct{})} }

// Announce wakes all who wait for head or less. An earlier head than one
// already announced changes nothing.
func (b *Beacon) Announce(head Position) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || head <= b.head {
		return
	}
	b.head = head
	close(b.moved)
	b.moved = make(chan struct{})
}

// Wait returns once a head beyond after is announced, with the context's error,
// or with [ErrClosed] after Close.
func (b *Beacon) Wait(ctx context.Context, after Position) error {
	for {
		head, moved, err := b.look()
		switch {
		case err != nil:
			return err
		case head > after:
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Poll is Wait for a ledger that other processes write too: while nothing is
// announced it asks head, at most once every interval for all who wait.
func (b *Beacon) Poll(ctx context.Context, after Position, every time.Duration, head func(context.Context) (Position, error)) error {
	for {
		at, moved, err := b.look()
		switch {
		case err != nil:
			return err
		case at > after:
			return nil
		case b.due(every):
			if at, err = head(ctx); err != nil {
				return err
			}
			b.Announce(at)
			continue
		}
		select {
		case <-moved:
		case <-time.After(every):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// due reports, to one of all who ask, that an interval has gone by.
func (b *Beacon) due(every time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if now.Sub(b.asked) < every {
		return false
	}
	b.asked = now
	return true
}

// Close wakes all who wait.
func (b *Beacon) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.closed = true
		close(b.moved)
	}
}

func (b *Beacon) look() (Position, <-chan struct{}, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, nil, ErrClosed
	}
	return b.head, b.moved, nil
}
