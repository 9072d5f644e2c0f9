package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"wenxiao/eventstore"
)

const (
	lookSoon  = 5 * time.Millisecond   // after somebody began to wait
	lookLater = 100 * time.Millisecond // while they wait
	lookIdle  = time.Second            // while nobody does

	// standstill is how long the marks may stand still behind the ledger before a
	// process that only watches them fills the tables itself: whoever leads may be
	// an earlier program, which knows tables of other names, or have lost its
	// database.
	standstill = 5 * time.Second
)

// A watched is what [Runner.Watch] has seen. Only it writes here.
type watched struct {
	good    time.Time           // when it could last be looked
	lowest  eventstore.Position // the lowest mark then
	since   time.Time           // when that mark was first seen, or was at the head
	helping chan error          // open while this process fills for the one that should
}

// Watch follows tables that another process fills, and a [Replica], until ctx
// ends; then it returns nil. [Runner.WaitFor] needs it in every process that does
// not itself call [Runner.Run], or that reads from a replica.
func (r *Runner) Watch(ctx context.Context) error {
	w := &watched{good: time.Now(), since: time.Now()}
	for pause := lookSoon; ; {
		if err := r.look(ctx, w); err == nil {
			w.good = time.Now()
		} else if ctx.Err() == nil && time.Since(w.good) > standstill {
			r.log.Warn("the tables cannot be watched", "error", err)
			w.good = time.Now()
		}
		if pause = min(2*pause, lookLater); !r.awaited() {
			pause = lookIdle
		}
		select {
		case <-ctx.Done():
			if w.helping != nil {
				<-w.helping
			}
			return nil
		case <-r.asked:
			pause = lookSoon
		case <-time.After(pause):
		}
	}
}

// look reads the marks and tells those who wait. The head comes first: marks
// below it may be behind, marks beyond it have only just moved.
func (r *Runner) look(ctx context.Context, w *watched) error {
	head, err := r.store.Head(ctx)
	if err != nil {
		return err
	}
	at, stopped, err := r.lowestMark(ctx, r.db)
	if err != nil {
		return err
	}
	var halted error
	if stopped != "" && at < head {
		halted = errors.New(stopped)
	}
	if at != w.lowest || at >= head {
		w.lowest, w.since = at, time.Now()
	}
	r.help(ctx, w)
	if r.replica != nil {
		copied, _, err := r.lowestMark(ctx, r.replica.copy)
		at = r.replica.choose(at, copied, r.shown(), err)
	}
	r.show(at, halted)
	return nil
}

// help fills the tables in the place of a process that should and does not. Two
// that fill the same do not harm one another: see [moveMark].
func (r *Runner) help(ctx context.Context, w *watched) {
	select {
	case err := <-w.helping: // never, while nil
		w.helping = nil
		if err != nil && ctx.Err() == nil {
			r.log.Warn("tables nobody fills cannot be filled here either", "error", err)
		}
	default:
	}
	if w.helping != nil || time.Since(w.since) < standstill {
		return
	}
	w.since = time.Now()
	ended := make(chan error, 1)
	w.helping = ended
	go func() { ended <- r.CatchUp(ctx) }()
}

// lowestMark is how far the tables in db are, and why they go no further. Marks
// that are not there yet are at 0.
func (r *Runner) lowestMark(ctx context.Context, db *sql.DB) (lowest eventstore.Position, stopped string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT name, position, stopped FROM projection_marks`)
	if err != nil {
		return 0, "", fmt.Errorf("marks: %w", err)
	}
	defer rows.Close()
	marks := map[string]eventstore.Position{}
	for rows.Next() {
		var name, why string
		var at int64
		if err := rows.Scan(&name, &at, &why); err != nil {
			return 0, "", err
		}
		marks[name] = eventstore.Position(at)
		if why != "" && r.has(name) {
			stopped = why
		}
	}
	lowest = marks[namesTable.Name]
	for _, p := range r.projections {
		lowest = min(lowest, marks[p.Name()])
	}
	return lowest, stopped, rows.Err()
}

func (r *Runner) has(name string) bool {
	for _, p := range r.projections {
		if p.Name() == name {
			return true
		}
	}
	return name == namesTable.Name
}
