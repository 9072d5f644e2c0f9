package postgres

import (
	"errors"
	"slices"

	"wenxiao/eventstore"
)

// An errand is what is handed to the leader: an append, or records to adopt.
type errand struct {
	Stream string              `json:",omitempty"`
	Seen   eventstore.Revision `json:",omitempty"`
	Drafts []eventstore.Draft  `json:",omitempty"`

	After   eventstore.Position `json:",omitempty"`
	Adopted []adopted           `json:",omitempty"`
}

// adopted is what of a record counts.
type adopted struct {
	Position       eventstore.Position
	Envelope, Data []byte
}

func adopting(after eventstore.Position, records []eventstore.Record) errand {
	e := errand{After: after, Adopted: make([]adopted, len(records))}
	for i, r := range records {
		e.Adopted[i] = adopted{r.Position, r.Envelope, r.Data}
	}
	return e
}

func (e errand) records() []eventstore.Record {
	records := make([]eventstore.Record, len(e.Adopted))
	for i, a := range e.Adopted {
		records[i] = eventstore.Record{Position: a.Position, Envelope: a.Envelope, Data: a.Data}
	}
	return records
}

// repeatable reports whether the ledger recognises the errand when it comes again.
func (e errand) repeatable() bool { return len(e.Drafts) > 0 && e.Drafts[0].Command != "" }

// written is e as it can be written down: JSON has no room for the seconds of an
// offset from UTC.
func (e errand) written() errand {
	e.Drafts = slices.Clone(e.Drafts)
	for i := range e.Drafts {
		e.Drafts[i].EffectiveAt = e.Drafts[i].EffectiveAt.Round(0).UTC()
	}
	return e
}

// An outcome is what the leader says to an errand.
type outcome struct {
	eventstore.Appended
	Errors   []string             `json:",omitempty"` // which of errorNames it is
	Conflict *eventstore.Conflict `json:",omitempty"`
	Text     string               `json:",omitempty"`
}

// errorNames are the errors that are the same to whoever handed the errand in.
var errorNames = []struct {
	name string
	err  error
}{
	{"elsewhere", errElsewhere},
	{"outcome unknown", eventstore.ErrOutcomeUnknown},
	{"command reused", eventstore.ErrCommandReused},
	{"too large", eventstore.ErrTooLarge},
	{"malformed", eventstore.ErrMalformed},
	{"misplaced", eventstore.ErrMisplaced},
	{"damaged", eventstore.ErrDamaged},
	{"taken", eventstore.ErrTaken},
	{"unwritten", eventstore.ErrUnwritten},
}

func outcomeOf(a eventstore.Appended, err error) outcome {
	o := outcome{Appended: a}
	if err == nil {
		return o
	}
	o.Text = err.Error()
	if !errors.As(err, &o.Conflict) {
		o.Conflict = nil
	}
	for _, known := range errorNames {
		if errors.Is(err, known.err) {
			o.Errors = append(o.Errors, known.name)
		}
	}
	return o
}

// err is what the leader's error was.
func (o outcome) err() error {
	switch {
	case o.Conflict != nil:
		return o.Conflict
	case o.Text == "":
		return nil
	}
	e := handedBack{text: o.Text}
	for _, known := range errorNames {
		if slices.Contains(o.Errors, known.name) {
			e.is = append(e.is, known.err)
		}
	}
	return e
}

// handedBack is an error of the leader.
type handedBack struct {
	text string
	is   []error
}

func (e handedBack) Error() string { return e.text }

func (e handedBack) Unwrap() []error { return e.is }
