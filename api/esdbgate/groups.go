package esdbgate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/codes"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// The stream of the settings of all groups: created, changed, deleted.
const (
	settingsStream = "$persistentSubscriptionConfig"
	groupCreated   = "$group-created"
	groupUpdated   = "$group-updated"
	groupDeleted   = "$group-deleted"
)

type groupKey struct{ stream, group string }

// Groups are the persistent subscriptions of a store. What they are and how far
// they are is kept in streams of the store itself.
type groups struct {
	gate *Gate
	ctx  context.Context // ends with the gate
	end  context.CancelFunc

	mu  sync.Mutex
	all map[groupKey]*group

	closed  atomic.Bool    // before the groups are stopped, each under its lock
	running sync.WaitGroup // what reads and watches for groups
}

func newGroups(g *Gate) *groups {
	ctx, end := context.WithCancel(context.Background())
	return &groups{gate: g, ctx: ctx, end: end, all: map[groupKey]*group{}}
}

// close lets all subscribers go, and keeps the place of every group. Who comes
// later, from a call that outlasts its server, is sent away: nobody would wait for
// what began then.
func (gs *groups) close() {
	gs.closed.Store(true)
	for _, g := range gs.list("") {
		g.stop()
	}
	gs.running.Wait()
	gs.end()
}

// load brings back the groups of a store, each where its last checkpoint was.
func (gs *groups) load(ctx context.Context) error {
	for e, err := range gs.gate.history.stream(ctx, settingsStream, 0) {
		if err != nil {
			return err
		}
		var s settings
		if err := json.Unmarshal(e.data, &s); err != nil {
			return fmt.Errorf("%w: settings at %d: %w", eventstore.ErrDamaged, e.position, err)
		}
		key := groupKey{s.Stream, s.Group}
		switch known := gs.all[key]; {
		case e.kind == groupDeleted:
			delete(gs.all, key)
		case known != nil:
			known.settings = s
		default:
			gs.all[key] = newGroup(gs, s)
		}
	}
	for _, g := range gs.all {
		if err := g.recall(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (gs *groups) find(stream, name string) (*group, error) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	if g, ok := gs.all[groupKey{stream, name}]; ok {
		return g, nil
	}
	return nil, groupFault(codes.NotFound, "persistent-subscription-does-not-exist", stream, name)
}

// list returns the groups of a stream, or all, by name.
func (gs *groups) list(stream string) (found []*group) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	for key, g := range gs.all {
		if stream == "" || key.stream == stream {
			found = append(found, g)
		}
	}
	slices.SortFunc(found, func(a, b *group) int {
		return cmp.Or(strings.Compare(a.key.stream, b.key.stream), strings.Compare(a.key.group, b.key.group))
	})
	return found
}

// create makes a group that begins where from says the stream is now.
func (gs *groups) create(ctx context.Context, by domain.Actor, s settings, from start) error {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	key := groupKey{s.Stream, s.Group}
	if gs.all[key] != nil {
		return groupFault(codes.AlreadyExists, "persistent-subscription-exists", s.Stream, s.Group)
	}
	s.From, s.FromEnd = from.at, from.end
	if from.end {
		var err error
		if s.From, err = gs.next(ctx, s.Stream); err != nil {
			return err
		}
	}
	g := newGroup(gs, s)
	if err := g.recall(ctx); err != nil { // one deleted may have left a checkpoint
		return err
	}
	g.restart(s.From)
	if err := gs.record(ctx, by, groupCreated, s); err != nil {
		return err
	}
	if err := g.keepPlace(ctx, g.next); err != nil {
		return err
	}
	gs.all[key] = g
	return nil
}

// next is where the next event of a stream, or of all, will stand.
func (gs *groups) next(ctx context.Context, stream string) (uint64, error) {
	if stream == allStreams {
		head, err := gs.gate.history.store.Head(ctx)
		return uint64(head) + 1, err
	}
	v, err := gs.gate.history.view(ctx, stream)
	return uint64(v.last + 1), err
}

// update changes all but where a group began. Its subscribers are let go, to
// come back under the new settings.
func (gs *groups) update(ctx context.Context, by domain.Actor, s settings) error {
	g, err := gs.find(s.Stream, s.Group)
	if err != nil {
		return err
	}
	old := g.current()
	s.From, s.FromEnd, s.ByType, s.Prefixes, s.Regex = old.From, old.FromEnd, old.ByType, old.Prefixes, old.Regex
	if err := gs.record(ctx, by, groupUpdated, s); err != nil {
		return err
	}
	g.change(s)
	return nil
}

func (gs *groups) delete(ctx context.Context, by domain.Actor, stream, name string) error {
	g, err := gs.find(stream, name)
	if err != nil {
		return err
	}
	if err := gs.record(ctx, by, groupDeleted, settings{Stream: stream, Group: name}); err != nil {
		return err
	}
	gs.mu.Lock()
	delete(gs.all, groupKey{stream, name})
	gs.mu.Unlock()
	g.mu.Lock()
	g.deleted = true
	g.mu.Unlock()
	g.stop()
	g.running.Wait() // it keeps its place a last time: after that another of its name may begin
	return nil
}

func (gs *groups) record(ctx context.Context, by domain.Actor, kind string, s settings) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = gs.write(ctx, by, settingsStream, jsonEvent(kind, nil, data))
	return err
}

func (gs *groups) write(ctx context.Context, by domain.Actor, stream string, p proposed) (outcome, error) {
	next, err := gs.gate.writes.append(stream, by, anything, []proposed{p})
	if err != nil {
		return outcome{}, err
	}
	return next.wait(ctx)
}

// restartAll lets all subscribers go.
func (gs *groups) restartAll() {
	for _, g := range gs.list("") {
		g.change(g.current())
	}
}
