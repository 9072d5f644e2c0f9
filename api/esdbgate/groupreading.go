package esdbgate

import (
	"context"
	"iter"
	"strings"
	"time"
)

// ahead is how many events are read and wait.
const ahead = 500

// read reads on while somebody is subscribed.
func (g *group) read(ctx context.Context, generation int, s settings) {
	pause := 10 * time.Millisecond
	for ctx.Err() == nil {
		err := g.readOn(ctx, generation, s)
		if ctx.Err() != nil {
			return
		}
		if isDeleted(err) {
			g.stop() // there will be no more
			return
		}
		g.groups.gate.log.Error("persistent subscription", "stream", s.Stream, "group", s.Group, "err", err)
		select {
		case <-time.After(pause):
			pause = min(2*pause, 5*time.Second)
		case <-ctx.Done():
		}
	}
}

func (g *group) readOn(ctx context.Context, generation int, s settings) error {
	h := g.groups.gate.history
	f, err := s.filter()
	if err != nil {
		return err
	}
	for {
		head, err := h.store.Head(ctx)
		if err != nil {
			return err
		}
		events, err := g.source(ctx, h, s)
		if err != nil {
			return err
		}
		for e, err := range events {
			if err != nil {
				return err
			}
			at := e.revision
			if s.all() {
				at = e.position
			}
			m := &message{resolved: resolved{event: &e}, at: at}
			if s.Links {
				if m.resolved, err = h.resolve(ctx, e); err != nil {
					return err
				}
			}
			own := s.all() && (strings.HasPrefix(e.stream, groupStreams) || e.stream == settingsStream)
			if !g.offer(ctx, generation, m, !own && f.match(e)) {
				return ctx.Err()
			}
		}
		if err := h.store.Wait(ctx, head); err != nil {
			return err
		}
	}
}

func (g *group) source(ctx context.Context, h *history, s settings) (iter.Seq2[event, error], error) {
	g.mu.Lock()
	next := g.next
	g.mu.Unlock()
	if s.all() {
		return h.all(ctx, next-1), nil
	}
	v, err := h.view(ctx, s.Stream)
	if err != nil {
		return nil, err
	}
	return chosen(h.stream(ctx, s.Stream, max(next, v.first)), v.shows), nil
}

// offer takes the next event; one that is not wanted is done with at once. It
// waits for room, and returns false when the reading has ended.
func (g *group) offer(ctx context.Context, generation int, m *message, wanted bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.waiting) >= ahead && ctx.Err() == nil {
		g.room.Wait()
	}
	if ctx.Err() != nil || generation != g.generation {
		return false
	}
	g.next = m.at + 1
	g.order = append(g.order, m)
	if wanted {
		g.waiting = append(g.waiting, m)
		g.share()
	} else {
		g.finish(m)
	}
	return true
}
