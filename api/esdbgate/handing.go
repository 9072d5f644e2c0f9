package esdbgate

import (
	"encoding/json"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/google/uuid"
)

// A message is an event on its way.
type message struct {
	resolved
	at       uint64 // revision or position; the revision after it among the parked, if it was
	replay   bool   // parked and now replayed
	attempts int32
	to       *subscriber
	until    time.Time // zero where there is no limit
	finished bool
}

func (m *message) id() uuid.UUID { return m.original().id }

// A handout is a message as it is at that moment.
type handout struct {
	resolved
	attempts int32
}

// share hands out what waits to whoever has room.
func (g *group) share() {
	for _, queue := range []*[]*message{&g.retries, &g.waiting} {
		kept := (*queue)[:0]
		for i, m := range *queue {
			s := g.choose(m)
			if s == nil && g.settings.Strategy != pinned && g.settings.Strategy != pinnedByCorrelation {
				kept = append(kept, (*queue)[i:]...)
				break
			}
			if s == nil || g.flying[m.id()] != nil { // the same id may stand in two streams
				kept = append(kept, m)
				continue
			}
			g.hand(m, s)
		}
		clear((*queue)[len(kept):])
		*queue = kept
	}
	g.room.Broadcast()
}

func (g *group) hand(m *message, s *subscriber) {
	m.to, m.until = s, time.Time{}
	if limit := g.settings.timeout(); limit > 0 {
		m.until = time.Now().Add(limit)
	}
	g.flying[m.id()] = m
	s.slots--
	s.total++
	s.out <- handout{m.resolved, m.attempts} // has room
}

// choose returns who gets a message, nil where nobody who may has room.
func (g *group) choose(m *message) *subscriber {
	n := len(g.subscribers)
	if n == 0 {
		return nil
	}
	switch g.settings.Strategy {
	case pinned, pinnedByCorrelation:
		if s := g.subscribers[g.bucket(m)%uint32(n)]; s.room() {
			return s
		}
		return nil
	case toSingle:
		g.turn = 0
	}
	for range n {
		s := g.subscribers[g.turn%n]
		g.turn = (g.turn + 1) % n
		if s.room() {
			return s
		}
	}
	return nil
}

// bucket keeps what belongs together with one subscriber.
func (g *group) bucket(m *message) uint32 {
	e := m.event
	if e == nil {
		e = m.link
	}
	key := e.stream
	if g.settings.Strategy == pinnedByCorrelation {
		var meta struct {
			Correlation string `json:"$correlationId"`
		}
		if json.Unmarshal(e.meta, &meta) == nil && meta.Correlation != "" {
			key = meta.Correlation
		}
	}
	hash := uint32(2166136261) // FNV-1a
	for _, c := range []byte(key) {
		hash = (hash ^ uint32(c)) * 16777619
	}
	return hash
}

// landed takes a message back from a subscriber, if it has it.
func (g *group) landed(s *subscriber, id uuid.UUID) *message {
	m := g.flying[id]
	if m == nil || m.to != s {
		return nil
	}
	delete(g.flying, id)
	s.slots++
	return m
}

func (g *group) ack(s *subscriber, ids []uuid.UUID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, id := range ids {
		if m := g.landed(s, id); m != nil {
			g.total++
			g.finish(m)
		}
	}
	g.share()
}

// finish marks a message as done, and moves what all is done up to.
func (g *group) finish(m *message) {
	if m.finished = true; m.replay {
		for len(g.replays) > 0 && g.replays[0].finished {
			g.replaysDone = g.replays[0].at
			g.replays = g.replays[1:]
		}
		if len(g.replays) == 0 {
			g.replaysDone = g.replayed
		}
		return
	}
	g.undone++
	for len(g.order) > 0 && g.order[0].finished {
		g.done = g.order[0].at + 1
		g.order[0] = nil
		g.order = g.order[1:]
	}
}

// retry hands a message out again, or parks it when that was done often enough.
func (g *group) retry(m *message, reason string) {
	if m.attempts++; m.attempts > g.settings.Retries {
		g.park(m, reason)
		return
	}
	g.retries = append(g.retries, m)
}

func (g *group) expire(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, m := range g.flying {
		if !m.until.IsZero() && now.After(m.until) {
			delete(g.flying, id)
			m.to.slots++
			g.retry(m, "not acknowledged in time")
		}
	}
	g.share()
}

func (g *group) nack(s *subscriber, ids []uuid.UUID, action persistent.ReadReq_Nack_Action, reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, id := range ids {
		m := g.landed(s, id)
		if m == nil {
			continue
		}
		switch action {
		case persistent.ReadReq_Nack_Park:
			g.park(m, reason)
		case persistent.ReadReq_Nack_Skip:
			g.finish(m)
		case persistent.ReadReq_Nack_Stop:
			g.retries = append(g.retries, m)
			s.leave()
		default:
			g.retry(m, reason)
		}
	}
	g.share()
}
