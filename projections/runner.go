package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"wenxiao/eventstore"
)

// pageSize is how many records are applied in one transaction. At a kilobyte or
// two a record, two pages in flight stay below twenty megabytes.
const pageSize = 4096

// A Runner keeps the tables up to the ledger. It reads and decodes pages of
// records once for all projections, the next while this one is written; rows and
// marks of a page are one transaction, so a crash leaves them in step. A record that one cannot read stops all of them: tables
// that disagree about where the ledger ends would mislead.
type Runner struct {
	db          *sql.DB
	store       eventstore.Store
	log         *slog.Logger
	projections []Projection
	pageSize    int
	replica     *Replica      // where the tables are read; nil: where they are filled
	asked       chan struct{} // holds one when somebody began to wait

	filling sync.Mutex // held while the live tables are written or swapped
	live    *fill      // nil until first used

	mu      sync.Mutex
	filled  eventstore.Position // the lowest mark, as far as this process knows
	reached eventstore.Position // what readers see
	wanted  eventstore.Position // what somebody has waited for
	moved   chan struct{}       // closed when reached, failed or halted changes
	failed  error               // why Run gave up
	halted  error               // why the tables go no further, as their marks say
}

// NewRunner returns a runner that fills projections' tables in db from store.
func NewRunner(db *sql.DB, store eventstore.Store, log *slog.Logger, projections ...Projection) *Runner {
	return &Runner{
		db: db, store: store, log: log, projections: projections, pageSize: pageSize,
		moved: make(chan struct{}), asked: make(chan struct{}, 1),
	}
}

// ReadFrom has [Runner.WaitFor] wait for the replica where that is read. It is
// called before anything else; [Runner.Watch] must then run.
func (r *Runner) ReadFrom(replica *Replica) { r.replica = replica }

// All returns a new value of every projection of the ledger.
func All() []Projection {
	return []Projection{programmes{}, goals{}, snapshots{}, board{}, scores{}, rectifications{}, tenures{}, units{}, people{}, attachments{}, participants{}, trail{}}
}

// Run catches up and then follows the ledger until ctx ends; then it returns
// nil. It returns an error, after saying so in the log and on the marks, when a
// record cannot be read. Where the database fails it tries again, at longer and
// longer intervals.
func (r *Runner) Run(ctx context.Context) error {
	const shortest, longest = 100 * time.Millisecond, 10 * time.Second
	pause := shortest
	for {
		begun := time.Now()
		err := r.follow(ctx)
		if time.Since(begun) > longest {
			pause = shortest
		}
		switch {
		case ctx.Err() != nil:
			r.advance(0, nil) // another process may fill from here on
			return nil
		case errors.As(err, new(unreadable)), errors.Is(err, eventstore.ErrClosed):
			r.log.Error("projections stopped", "error", err)
			r.advance(0, err)
			return err
		}
		r.log.Warn("projections try again", "error", err, "in", pause)
		if pause > 4*shortest { // it was no hitch: those who wait should know
			r.advance(0, err)
		}
		select {
		case <-ctx.Done():
			r.advance(0, nil)
			return nil
		case <-time.After(pause):
			pause = min(2*pause, longest)
		}
	}
}

// follow keeps up with the ledger until something fails.
func (r *Runner) follow(ctx context.Context) error {
	for {
		if err := r.CatchUp(ctx); err != nil {
			return err
		}
		if err := r.store.Wait(ctx, r.position()); err != nil {
			return err
		}
	}
}

// CatchUp applies every record up to the head as it is when it is called.
func (r *Runner) CatchUp(ctx context.Context) error {
	head, err := r.store.Head(ctx)
	if err != nil {
		return err
	}
	r.filling.Lock()
	defer r.filling.Unlock()
	return r.fillLive(ctx, head)
}

// open makes the live tables where they are missing.
func (r *Runner) open(ctx context.Context) error {
	if r.live != nil {
		return nil
	}
	live := newFill(r.db, r.store, "", r.pageSize, r.projections)
	if err := live.open(ctx, true); err != nil {
		return fmt.Errorf("open the tables: %w", err)
	}
	r.live = live
	return nil
}

func (r *Runner) fillLive(ctx context.Context, head eventstore.Position) error {
	if err := r.open(ctx); err != nil {
		return err
	}
	err := errMoved
	for errors.Is(err, errMoved) && ctx.Err() == nil { // reloaded then: each time another process got on
		err = r.live.catchUp(ctx, head, func(eventstore.Position) { r.advance(r.live.lowest(), nil) })
	}
	if err == nil {
		r.advance(r.live.lowest(), nil)
	}
	return err
}

// position is the lowest mark known.
func (r *Runner) position() eventstore.Position {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.filled
}

// advance notes how far this process has filled the tables, or why it does not.
// Who reads from a replica is told when that is there, too.
func (r *Runner) advance(to eventstore.Position, failed error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.filled, r.failed = max(r.filled, to), failed
	if r.replica == nil {
		r.reached = max(r.reached, to)
	}
	r.tell()
}

// show notes what readers see, or why they will not see more.
func (r *Runner) show(to eventstore.Position, halted error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if to > r.reached || halted != nil || r.halted != nil {
		r.reached, r.halted = max(r.reached, to), halted
		r.tell()
	}
}

// tell wakes those who wait. The caller holds mu.
func (r *Runner) tell() {
	close(r.moved)
	r.moved = make(chan struct{})
}

// shown is what readers see.
func (r *Runner) shown() eventstore.Position {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reached
}

// awaited reports whether somebody waits for more than readers see.
func (r *Runner) awaited() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wanted > r.reached
}

// WaitFor returns once every projection has applied the record at position:
// after a command, a reader sees its own write. It needs [Runner.Run],
// [Runner.Watch], or somebody who calls CatchUp, and returns an error when the
// filling has stopped or fails again and again.
func (r *Runner) WaitFor(ctx context.Context, position eventstore.Position) error {
	for {
		r.mu.Lock()
		reached, moved, failed := r.reached, r.moved, errors.Join(r.failed, r.halted)
		r.wanted = max(r.wanted, position)
		r.mu.Unlock()
		switch {
		case reached >= position:
			return nil
		case failed != nil:
			return fmt.Errorf("the tables are at %d and stopped: %w", reached, failed)
		}
		select {
		case r.asked <- struct{}{}:
		default:
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		}
	}
}
