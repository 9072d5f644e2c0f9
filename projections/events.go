package projections

import (
	"fmt"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/execution"
	"wenxiao/domain/goal"
	"wenxiao/domain/monitoring"
	"wenxiao/domain/participant"
	"wenxiao/domain/programme"
	"wenxiao/domain/rectification"
	"wenxiao/domain/sealing"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
)

// stored is every form of event of every aggregate.
var stored = gather()

func gather() map[string]func([]byte) (any, error) {
	all := map[string]func([]byte) (any, error){}
	add(all, unit.Stored)
	add(all, programme.Stored)
	add(all, goal.Stored)
	add(all, execution.Stored)
	add(all, monitoring.Stored)
	add(all, evaluation.Stored)
	add(all, rectification.Stored)
	add(all, attachment.Stored)
	add(all, participant.Stored)
	add(all, sealing.Stored)
	return all
}

func add[E domain.Event](all map[string]func([]byte) (any, error), decoders domain.Decoders[E]) {
	for eventType, decode := range decoders {
		all[eventType] = func(data []byte) (any, error) { return decode(data) }
	}
}

// unreadable is a record no projection can read.
type unreadable struct {
	r   eventstore.Record
	err error
}

func (u unreadable) Error() string {
	return fmt.Sprintf("%s@%d at position %d: %v", u.r.Stream, u.r.Revision, u.r.Position, u.err)
}

func (u unreadable) Unwrap() error { return u.err }

// read decodes a record. A type or field it does not know is an error: tables
// that guess would be worse than tables that stop.
func read(r eventstore.Record) (Fact, error) {
	decode, ok := stored[r.Type]
	if !ok {
		return Fact{}, unreadable{r, fmt.Errorf("unknown event type %q", r.Type)}
	}
	event, err := decode(r.Data)
	if err != nil {
		return Fact{}, unreadable{r, err}
	}
	return Fact{Record: r, Event: event}, nil
}
