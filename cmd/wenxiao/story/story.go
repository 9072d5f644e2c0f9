// Package story tells the demonstration: three budget years of an invented city,
// 示例市, through the commands everybody else uses. Its people are roles; its
// amounts and indicators follow published tables; its returns, warnings and
// rectifications are invented, which is why no real body appears in it.
package story

import (
	"context"
	"fmt"
	"slices"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
)

// A Told says what the story left in the ledger.
type Told struct {
	Years      [2]domain.FiscalYear // the year evaluated and the one being drawn up
	Programmes int
	Events     int
}

// Tell plays the story up to now. clock must be the store's own clock. A ledger
// that holds the story already is left as it is.
func Tell(ctx context.Context, store eventstore.Store, keys Keys, clock *Clock, now time.Time, progress func(done, all int)) (Told, error) {
	book, ok := rulebook.InForce("xinzhou", domain.DayOf(now))
	if !ok {
		return Told{}, fmt.Errorf("no rulebook in force on %s", domain.DayOf(now))
	}
	c := &city{
		ctx: ctx, store: store, keys: keys, book: book, now: now, last: map[string]string{},
		evaluated: domain.DayOf(now.AddDate(0, 0, -240)).Year() - 1,
	}
	told := Told{Years: [2]domain.FiscalYear{c.evaluated, c.evaluated + 2}, Programmes: len(plots())}
	_, at, err := eventstore.Load[unit.State](ctx, store, unit.Stored, unit.Stream(offices[0].code))
	if err != nil || at > 0 { // told before, perhaps on another day
		return told, err
	}
	c.found()
	for i, p := range plots() {
		c.plan(i, p)
	}
	c.hear()
	defer clock.set(time.Time{})
	told.Events, err = c.play(clock, progress)
	return told, err
}

// city is the story under way: what will happen, and what has.
type city struct {
	ctx       context.Context
	store     eventstore.Store
	keys      Keys
	book      *rulebook.Rulebook
	now       time.Time
	evaluated domain.FiscalYear
	steps     []step
	last      map[string]string // id of the last event of each stream
}

// A step is one command at one moment.
type step struct {
	at  time.Time // when it is recorded
	run func(n int) (eventstore.Appended, error)
}

// play runs the steps in order of time and leaves those after now untold.
func (c *city) play(clock *Clock, progress func(done, all int)) (events int, err error) {
	c.steps = slices.DeleteFunc(c.steps, func(s step) bool { return s.at.After(c.now) })
	slices.SortStableFunc(c.steps, func(a, b step) int { return a.at.Compare(b.at) })
	for i, s := range c.steps {
		clock.set(s.at)
		done, err := s.run(i)
		if err != nil {
			return events, fmt.Errorf("story, %s, step %d: %w", s.at.Format(time.DateTime), i, err)
		}
		if !done.Repeated {
			events += len(done.IDs)
		}
		progress(i+1, len(c.steps))
	}
	return events, nil
}

// when says when a step is recorded and when it happened; they differ for what
// is entered late.
type when struct{ recorded, effective time.Time }

// on is a moment of a working day, the same for both clocks.
func on(day domain.Day, hour, minute int) when {
	t := day.Time().Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	return when{t, t}
}

// late says that what happened at w was entered days later.
func (w when) late(days int) when {
	return when{w.recorded.AddDate(0, 0, days), w.effective}
}

// do plans one command. The command is made when its moment comes, so that it
// can name events recorded before it.
func do[S domain.State[S, E], E domain.Event](
	c *city, w when, who domain.Actor, stored domain.Decoders[E], stream string,
	command func() domain.Command[S, E], basis ...string,
) {
	c.steps = append(c.steps, step{w.recorded, func(n int) (eventstore.Appended, error) {
		meta := c.meta(w, who, stream, fmt.Sprintf("%04d", n), basis)
		done, err := eventstore.Execute(c.ctx, c.store, stored, stream, eventstore.AnyRevision, command(), meta)
		if err == nil && len(done.IDs) > 0 {
			c.last[stream] = done.IDs[len(done.IDs)-1]
		}
		return done, err
	}})
}

// meta says of a command who gave it and what it answers: the event before it.
func (c *city) meta(w when, who domain.Actor, stream, number string, basis []string) eventstore.Meta {
	return eventstore.Meta{
		EffectiveAt: w.effective, Actor: who, Rulebook: c.book.Ref(), Basis: basis,
		Command: fmt.Sprintf("story-%s-%d-%s", stream, w.recorded.Unix(), number), Correlation: "story", Causation: c.last[stream],
	}
}
