// Package domain holds the words and rules of budget performance management.
// It knows no database, no HTTP and no clock: what a rule needs to know comes
// in the command.
package domain

import (
	"fmt"
	"reflect"

	"github.com/go-json-experiment/json"
)

// An Event is a fact that has been written down. Facts are never changed; a
// mistake is put right by a later fact.
type Event interface {
	// EventType is the name the fact is stored under. It is written out by
	// hand, so renaming a Go type never renames history.
	EventType() string
}

// State is what a record amounts to after its events so far. The zero value is
// the record before its first event.
type State[S any, E Event] interface {
	Evolve(E) S
}

// A Command asks for one change. Decide is the rule: it returns the facts that
// follow from the state, or a [Refusal]. A command that would change nothing
// returns no facts and no error. Decide must not read clocks or databases.
type Command[S any, E Event] interface {
	Decide(S) ([]E, error)
}

// Replay returns the state that events lead to.
func Replay[S State[S, E], E Event](events ...E) (s S) {
	for _, e := range events {
		s = s.Evolve(e)
	}
	return s
}

// An Actor is who did something, and as what.
type Actor struct {
	Person     string `json:"person"`               // id of the person
	Name       string `json:"name"`                 // as written on the day
	Post       string `json:"post,omitempty"`       // the post held on the day, such as 绩效管理科科长
	Unit       string `json:"unit"`                 // code of the unit the post belongs to
	Capacity   string `json:"capacity,omitempty"`   // 本人履职, 代办, 受托第三方, 系统
	OnBehalfOf string `json:"onBehalfOf,omitempty"` // person or unit acted for, if any
}

// Decoders reads every form in which an aggregate's events were ever stored.
type Decoders[E Event] map[string]func([]byte) (E, error)

// Decode returns the event stored as data under eventType. Unknown types and
// unknown fields are errors: a ledger never guesses.
func (d Decoders[E]) Decode(eventType string, data []byte) (event E, err error) {
	decode, ok := d[eventType]
	if !ok {
		return event, fmt.Errorf("unknown event type %q", eventType)
	}
	if event, err = decode(data); err != nil {
		return event, fmt.Errorf("decode %s: %w", eventType, err)
	}
	return event, nil
}

// As returns a decoder that reads JSON of the form T and hands it to event.
func As[T any, E Event](event func(T) E) func([]byte) (E, error) {
	usual := layoutOf(reflect.TypeFor[T]())
	return func(data []byte) (none E, err error) {
		t := new(T)
		if !usual.read(data, reflect.ValueOf(t)) {
			t = new(T)
			if err := DecodeStrictly(data, t); err != nil {
				return none, err
			}
		}
		return event(*t), nil
	}
}

// DecodeStrictly reads exactly one JSON value into v. Unknown fields, fields
// named twice, text that is not UTF-8 and anything after the value are errors.
func DecodeStrictly(data []byte, v any) error {
	return json.Unmarshal(data, v, json.RejectUnknownMembers(true))
}
