package pubsub

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

const groupsSchema = `CREATE TABLE IF NOT EXISTS consumer_groups (
	name TEXT NOT NULL, topic TEXT NOT NULL, done BIGINT NOT NULL, event TEXT NOT NULL, holder TEXT NOT NULL, held_until BIGINT NOT NULL,
	PRIMARY KEY (name, topic))`

// Groups keeps, for each consumer group and topic, the place of the last message
// acknowledged. Of all members of a group, in all processes on the database, one
// reads at a time: order would not hold otherwise. When it closes, or has not
// been heard of for [Lease], another takes over.
type Groups struct {
	db    *sql.DB
	clock string

	mu    sync.Mutex
	turns map[string]chan struct{} // who of this process may ask for a group and topic
}

const (
	// Lease is how long a member that has died keeps the others waiting.
	Lease = 5 * time.Second

	renewEvery = time.Second
	saveEvery  = 50 * time.Millisecond // at most this much is delivered again after a crash
	askEvery   = 250 * time.Millisecond
)

// OpenGroups makes the table of groups in db where it is missing.
func OpenGroups(ctx context.Context, db *sql.DB) (*Groups, error) {
	if _, err := db.ExecContext(ctx, groupsSchema); err != nil {
		return nil, fmt.Errorf("consumer groups: %w", err)
	}
	return &Groups{db: db, clock: millis(db), turns: map[string]chan struct{}{}}, nil
}

// Done returns the place of the last message that a group has acknowledged of a
// topic, 0 for none: a position of the ledger, or a revision where the topic is
// one stream.
func (g *Groups) Done(ctx context.Context, group, topic string) (uint64, error) {
	var done int64
	err := g.db.QueryRowContext(ctx, `SELECT done FROM consumer_groups WHERE name = $1 AND topic = $2`, group, topic).Scan(&done)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return uint64(done), err
}

// Seek has a group go on after another place: earlier ones are delivered again.
// A member that is reading notices within a second or two.
func (g *Groups) Seek(ctx context.Context, group, topic string, done uint64) error {
	_, err := g.db.ExecContext(ctx, `INSERT INTO consumer_groups (name, topic, done, event, holder, held_until) VALUES ($1, $2, $3, '', '', 0)
		ON CONFLICT (name, topic) DO UPDATE SET done = excluded.done, event = '', holder = '', held_until = 0`, group, topic, int64(done))
	return err
}

// Begin places a group that has read nothing yet after a place.
func (g *Groups) Begin(ctx context.Context, group, topic string, done uint64) error {
	_, err := g.db.ExecContext(ctx, `INSERT INTO consumer_groups (name, topic, done, event, holder, held_until) VALUES ($1, $2, $3, '', '', 0)
		ON CONFLICT (name, topic) DO NOTHING`, group, topic, int64(done))
	return err
}

// A mark is the place of a message, and the id of its event where that is known:
// a ledger put back from a backup has another one in the place.
type mark struct {
	place uint64
	event string
}

// A lease is one member's turn to read.
type lease struct {
	g                    *Groups
	group, topic, holder string
	from                 mark                 // where to go on
	done                 atomic.Pointer[mark] // the last acknowledged
	saved                mark                 // owned by keep, and by release after it
	lost                 context.CancelCauseFunc
	kept                 chan struct{} // closed when keep has ended
	turn                 chan struct{}
}

var errLost = errors.New("another member of the group reads now")

// take waits for the group's turn and returns it, with a context that ends when
// it is lost.
func (g *Groups) take(ctx context.Context, group, topic string) (*lease, context.Context, error) {
	turn := g.turnOf(group, topic)
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	l := &lease{g: g, group: group, topic: topic, holder: uuid.NewString(), kept: make(chan struct{}), turn: turn}
	if err := l.ask(ctx); err != nil {
		<-turn
		return nil, nil, err
	}
	l.done.Store(&l.from)
	l.saved = l.from
	held, lost := context.WithCancelCause(ctx)
	l.lost = lost
	go l.keep(held)
	return l, held, nil
}

func (g *Groups) turnOf(group, topic string) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := group + "\x00" + topic
	if g.turns[key] == nil {
		g.turns[key] = make(chan struct{}, 1)
	}
	return g.turns[key]
}

// ask asks until the turn is free.
func (l *lease) ask(ctx context.Context) error {
	if err := l.g.Begin(ctx, l.group, l.topic, 0); err != nil {
		return err
	}
	for {
		var done int64
		err := l.g.db.QueryRowContext(ctx, `UPDATE consumer_groups SET holder = $1, held_until = `+l.g.clock+` + $2
			WHERE name = $3 AND topic = $4 AND (holder = '' OR held_until < `+l.g.clock+`) RETURNING done, event`,
			l.holder, Lease.Milliseconds(), l.group, l.topic).Scan(&done, &l.from.event)
		switch {
		case err == nil:
			l.from.place = uint64(done)
			return nil
		case !errors.Is(err, sql.ErrNoRows):
			return err
		case !sleep(ctx, askEvery):
			return ctx.Err()
		}
	}
}

// keep saves what is done and renews the lease until ctx ends. When it cannot for
// as long as a lease lasts, somebody else may have it: the turn is over.
func (l *lease) keep(ctx context.Context) {
	defer close(l.kept)
	renewed := time.Now()
	for sleep(ctx, saveEvery) {
		if *l.done.Load() == l.saved && time.Since(renewed) < renewEvery {
			continue
		}
		begun := time.Now()
		switch err := l.save(ctx); {
		case err == nil:
			renewed = begun
		case errors.Is(err, errLost), time.Since(renewed) > Lease:
			l.lost(err)
			return
		}
	}
}

func (l *lease) save(ctx context.Context) error {
	done := *l.done.Load()
	result, err := l.g.db.ExecContext(ctx, `UPDATE consumer_groups SET done = $1, event = $2, held_until = `+l.g.clock+` + $3
		WHERE name = $4 AND topic = $5 AND holder = $6`, int64(done.place), done.event, Lease.Milliseconds(), l.group, l.topic, l.holder)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errLost, err)
	}
	l.saved = done
	return nil
}

// release saves what is done and lets the next member read.
func (l *lease) release() error {
	defer func() { <-l.turn }()
	l.lost(nil)
	<-l.kept
	ctx, cancel := context.WithTimeout(context.Background(), Lease)
	defer cancel()
	done := *l.done.Load()
	_, err := l.g.db.ExecContext(ctx, `UPDATE consumer_groups SET done = $1, event = $2, holder = '', held_until = 0
		WHERE name = $3 AND topic = $4 AND holder = $5`, int64(done.place), done.event, l.group, l.topic, l.holder)
	return err
}
