package main

import (
	"context"
	"errors"
	"sync"
)

// A running is what goes on beside the requests: what this process does while it
// leads, and what it must know while another does.
type running struct {
	begun  chan struct{} // closed when the first term has begun
	ended  chan struct{} // closed when this process leads no more, nor stands for it
	err    error         // why, once ended is closed
	beside sync.WaitGroup
}

// start starts it; it goes on until ctx ends.
func (s *site) start(ctx context.Context) *running {
	r := &running{begun: make(chan struct{}), ended: make(chan struct{})}
	if s.shared != nil && !s.apart || s.replica != nil {
		r.beside.Go(func() { _ = s.runner.Watch(ctx) }) // nil: it ends with ctx
	}
	if s.apart {
		r.beside.Go(func() { _ = s.runner.Run(ctx) }) // who waits is told why it stops
	}
	go func() {
		defer close(r.ended)
		var once sync.Once
		if err := s.lead(ctx, func() { once.Do(func() { close(r.begun) }) }); !errors.Is(err, context.Canceled) {
			r.err = err
		}
	}()
	return r
}

// first returns when requests can be answered: this process leads, or follows
// another that does.
func (r *running) first(ctx context.Context, s *site) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	followed := make(chan error, 1)
	if s.shared != nil {
		go func() { followed <- s.followed(ctx) }()
	}
	select {
	case <-r.begun:
		return nil
	case err := <-followed:
		return err
	case <-r.ended:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wait waits for the end of all, after the context of start has ended.
func (r *running) wait() error {
	<-r.ended
	r.beside.Wait()
	return r.err
}
