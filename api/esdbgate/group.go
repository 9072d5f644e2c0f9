package esdbgate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	"wenxiao/domain"
)

// A group hands each event of its stream to one of its subscribers, again until
// one acknowledges it or it is parked. Events may be handed out more than once
// and, when retried, out of order.
type group struct {
	groups *groups
	key    groupKey

	mu          sync.Mutex
	settings    settings
	next        uint64     // revision or position to be read next
	order       []*message // read and not done, or done after one that is not; oldest first
	waiting     []*message // to be handed out
	retries     []*message // before those
	flying      map[uuid.UUID]*message
	subscribers []*subscriber
	turn        int
	room        *sync.Cond // some of waiting are gone, or all has ended
	reading     context.CancelFunc
	generation  int

	done, kept uint64 // place up to which all is done, and where the last checkpoint says so, plus one
	undone     int    // done since then
	keptAt     time.Time
	total      int64
	parked     int64
	replayed   uint64 // parked events before this revision were replayed
}

// A message is an event on its way.
type message struct {
	resolved
	at       uint64 // revision or position, 0 for one replayed from the parked
	replay   bool
	attempts int32
	to       *subscriber
	until    time.Time // zero where there is no limit
	finished bool
}

func (m *message) id() uuid.UUID { return m.original().id }

// A subscriber takes events of a group.
type subscriber struct {
	id      string
	name    string
	slots   int // how many more it takes
	out     chan handout
	dropped chan struct{}
	drop    sync.Once
	total   int64
}

// A handout is a message as it is at that moment.
type handout struct {
	resolved
	attempts int32
}

// room reports whether the subscriber takes one more. What was not acknowledged
// in time may still be on its way out.
func (s *subscriber) room() bool { return s.slots > 0 && len(s.out) < cap(s.out) }

func (s *subscriber) leave() { s.drop.Do(func() { close(s.dropped) }) }

func newGroup(gs *groups, s settings) *group {
	g := &group{groups: gs, key: groupKey{s.Stream, s.Group}, settings: s, flying: map[uuid.UUID]*message{}}
	g.room = sync.NewCond(&g.mu)
	g.restart(s.From)
	return g
}

// restart sets the group to a place. Nobody is subscribed yet.
func (g *group) restart(from uint64) {
	if g.settings.all() {
		from = max(from, 1)
	}
	g.next, g.done, g.kept = from, from, from
}

// recall finds the last checkpoint, and what is parked.
func (g *group) recall(ctx context.Context) error {
	h := g.groups.gate.history
	last, ok, err := lastOf(ctx, h, g.settings.stream("checkpoint"))
	if err != nil {
		return err
	}
	if ok {
		var c checkpoint
		if err := json.Unmarshal(last.data, &c); err != nil {
			return fmt.Errorf("checkpoint at %d: %w", last.position, err)
		}
		g.restart(c.Next)
		g.replayed = c.Replayed
	}
	v, err := h.view(ctx, g.settings.stream("parked"))
	if err != nil {
		return err
	}
	g.parked = max(0, v.last+1-int64(g.replayed))
	return nil
}

func lastOf(ctx context.Context, h *history, stream string) (event, bool, error) {
	v, err := h.view(ctx, stream)
	if err != nil || v.missing() {
		return event{}, false, err
	}
	for e, err := range h.streamBack(ctx, stream, uint64(v.last+1)) {
		return e, err == nil, err
	}
	return event{}, false, nil
}

// A checkpoint is how far a group is: everything before next is done with.
type checkpoint struct {
	Next     uint64 `json:"next"`
	Replayed uint64 `json:"replayed"`
}

func (g *group) keepPlace(ctx context.Context, next uint64) error {
	g.mu.Lock()
	data, err := json.Marshal(checkpoint{next, g.replayed})
	stream := g.settings.stream("checkpoint")
	g.mu.Unlock()
	if err != nil {
		return err
	}
	_, err = g.groups.write(ctx, domain.Actor{}, stream, jsonEvent("$SubscriptionCheckpoint", nil, data))
	return err
}

// subscribe adds a subscriber that takes so many events unacknowledged.
func (g *group) subscribe(name string, slots int) (*subscriber, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if most := g.settings.Subscribers; most > 0 && len(g.subscribers) >= int(most) {
		f := groupFault(codes.FailedPrecondition, "maximum-subscribers-reached", g.settings.Stream, g.settings.Group)
		return nil, f
	}
	s := &subscriber{
		id: uuid.NewString(), name: name, slots: slots,
		out: make(chan handout, slots), dropped: make(chan struct{}),
	}
	g.subscribers = append(g.subscribers, s)
	if g.reading == nil {
		ctx, end := context.WithCancel(g.groups.ctx)
		g.reading = end
		g.generation++
		go g.read(ctx, g.generation, g.settings)
		go g.watch(ctx)
	}
	g.share()
	return s, nil
}

// unsubscribe takes back what a subscriber did not finish.
func (g *group) unsubscribe(s *subscriber) {
	s.leave()
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.subscribers, s)
	if i < 0 {
		return
	}
	g.subscribers = slices.Delete(g.subscribers, i, i+1)
	g.takeBack(s)
	if len(g.subscribers) == 0 {
		g.pause()
	}
	g.share()
}

func (g *group) takeBack(s *subscriber) {
	for id, m := range g.flying {
		if m.to == s {
			delete(g.flying, id)
			g.retries = append(g.retries, m)
		}
	}
	slices.SortStableFunc(g.retries, func(a, b *message) int { return int(int64(a.at) - int64(b.at)) })
}

// pause ends the reading. What was read stays.
func (g *group) pause() {
	if g.reading != nil {
		g.reading()
		g.reading = nil
		g.room.Broadcast()
	}
}

// change lets all subscribers go and takes other settings.
func (g *group) change(s settings) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settings = s
	for _, sub := range g.subscribers {
		sub.leave()
		g.takeBack(sub)
	}
	g.subscribers = nil
	g.pause()
}

func (g *group) stop() { g.change(g.current()) }

func (g *group) current() settings {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.settings
}

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
			own := s.all() && (strings.HasPrefix(e.stream, "$persistentsubscription-") || e.stream == settingsStream)
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
		return
	}
	g.undone++
	for len(g.order) > 0 && g.order[0].finished {
		g.done = g.order[0].at + 1
		g.order[0] = nil
		g.order = g.order[1:]
	}
}

// park puts a message aside. It is done with once that is written.
func (g *group) park(m *message, reason string) {
	at := m.original()
	meta, _ := json.Marshal(map[string]string{"reason": reason, "added": g.groups.gate.options.Now().UTC().Format(time.RFC3339Nano)})
	link := jsonEvent(linkType, meta, fmt.Appendf(nil, "%d@%s", at.revision, at.stream))
	stream := g.settings.stream("parked")
	go func() {
		_, err := g.groups.write(g.groups.ctx, domain.Actor{}, stream, link)
		g.mu.Lock()
		defer g.mu.Unlock()
		if err != nil { // not lost: it is tried again
			g.groups.gate.log.Error("park", "stream", stream, "err", err)
			g.retries = append(g.retries, m)
		} else {
			g.parked++
			g.finish(m)
		}
		g.share()
	}()
}

// retry hands a message out again, or parks it when that was done often enough.
func (g *group) retry(m *message, reason string) {
	if m.attempts++; m.attempts > g.settings.Retries {
		g.park(m, reason)
		return
	}
	g.retries = append(g.retries, m)
}

// watch takes back what was not acknowledged in time, and keeps the place. It
// ends with the reading, and keeps the place a last time.
func (g *group) watch(ctx context.Context) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
			g.expire(time.Now())
			g.keep(g.groups.ctx, false)
		case <-ctx.Done():
			g.keep(context.WithoutCancel(ctx), true)
		}
	}
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

// keep writes a checkpoint when enough is done and enough time has passed.
func (g *group) keep(ctx context.Context, last bool) {
	g.mu.Lock()
	due := g.done > g.kept && (last || g.undone >= max(1, int(g.settings.Most)) ||
		g.undone >= max(1, int(g.settings.Least)) && time.Since(g.keptAt) >= g.settings.after())
	next, undone := g.done, g.undone
	g.mu.Unlock()
	if !due {
		return
	}
	if err := g.keepPlace(ctx, next); err != nil {
		if !errors.Is(err, context.Canceled) {
			g.groups.gate.log.Error("checkpoint", "group", g.key.group, "err", err)
		}
		return
	}
	g.mu.Lock()
	g.kept, g.undone, g.keptAt = next, g.undone-undone, time.Now()
	g.mu.Unlock()
}

// replay hands out parked events again, those parked first, at most so many.
func (g *group) replay(ctx context.Context, most int64) error {
	h := g.groups.gate.history
	g.mu.Lock()
	from, stream := g.replayed, g.settings.stream("parked")
	g.mu.Unlock()
	var found []*message
	next := from
	for e, err := range h.stream(ctx, stream, from) {
		if err != nil {
			return err
		}
		if most >= 0 && int64(len(found)) >= most {
			break
		}
		next = e.revision + 1
		r, err := h.resolve(ctx, e)
		if err != nil {
			return err
		}
		if r.event != nil { // what was deleted meanwhile is not replayed
			r.link = nil
			found = append(found, &message{resolved: r, replay: true})
		}
	}
	g.mu.Lock()
	g.replayed, g.parked = next, max(0, g.parked-int64(next-from))
	g.retries = append(g.retries, found...)
	place := g.kept
	g.share()
	g.mu.Unlock()
	return g.keepPlace(ctx, place)
}
