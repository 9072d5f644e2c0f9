package esdbgate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	"wenxiao/domain"
	"wenxiao/eventstore"
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
	running     sync.WaitGroup // what reads and watches
	deleted     bool

	done, kept uint64 // place up to which all is done, and where the last checkpoint says so, plus one
	undone     int    // done since then
	keptAt     time.Time
	total      int64
	parked     int64

	replaying    sync.Mutex // held while parked events are looked up, and before mu
	replayed     uint64     // parked events before this revision were taken to be replayed
	replays      []*message // of those, the ones not done, oldest first
	replaysDone  uint64     // before this revision all were
	replaysSaved uint64     // as the last checkpoint says
}

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
		g.replayed, g.replaysDone, g.replaysSaved = c.Replayed, c.Replayed, c.Replayed
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

// A checkpoint is how far a group is: everything before next is done with, and
// every parked event before replayed that was replayed.
type checkpoint struct {
	Next     uint64 `json:"next"`
	Replayed uint64 `json:"replayed"`
}

func (g *group) keepPlace(ctx context.Context, next uint64) error {
	g.mu.Lock()
	replays := g.replaysDone
	data, err := json.Marshal(checkpoint{next, replays})
	stream := g.settings.stream("checkpoint")
	g.mu.Unlock()
	if err != nil {
		return err
	}
	if _, err = g.groups.write(ctx, domain.Actor{}, stream, jsonEvent("$SubscriptionCheckpoint", nil, data)); err != nil {
		return err
	}
	g.mu.Lock()
	g.replaysSaved = replays
	g.mu.Unlock()
	return nil
}

// subscribe adds a subscriber that takes so many events unacknowledged.
func (g *group) subscribe(name string, slots int) (*subscriber, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.deleted {
		return nil, groupFault(codes.NotFound, "persistent-subscription-does-not-exist", g.key.stream, g.key.group)
	}
	if g.groups.closed.Load() {
		return nil, eventstore.ErrClosed
	}
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
		generation, s := g.generation, g.settings
		g.run(func() { g.read(ctx, generation, s) })
		g.run(func() { g.watch(ctx) })
	}
	g.share()
	return s, nil
}

// run has do count as running, for the group and for all of them.
func (g *group) run(do func()) {
	g.groups.running.Add(1)
	g.running.Go(func() {
		defer g.groups.running.Done()
		do()
	})
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
		}
	}
	g.keep(g.groups.ctx, true)
}

// keep writes a checkpoint when enough is done and enough time has passed.
func (g *group) keep(ctx context.Context, last bool) {
	g.mu.Lock()
	due := g.replaysDone > g.replaysSaved || g.done > g.kept && (last || g.undone >= max(1, int(g.settings.Most)) ||
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
