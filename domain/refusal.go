package domain

import (
	"errors"
	"fmt"
	"strings"
)

// A Refusal is a rule saying no. Any other error is a fault of ours, and its
// text is not for users.
type Refusal struct {
	Code   string `json:"code"`            // for programs, such as "goal.weights-not-100"
	Reason string `json:"reason"`          // for people, in Chinese, with the figures
	Field  string `json:"field,omitempty"` // JSON pointer into the command, such as "/rows/3/weight"
	Basis  string `json:"basis,omitempty"` // the article it rests on, such as 忻州办法 第十九条
}

func (r Refusal) Error() string { return r.Code + ": " + r.Reason }

// Refuse gathers the refusals of one command, so that a person sees all that is
// wrong with a form at once. It returns nil when there are none, and the one
// refusal itself when there is one.
func Refuse(refusals ...Refusal) error {
	switch len(refusals) {
	case 0:
		return nil
	case 1:
		return refusals[0]
	}
	return Refusals(refusals)
}

// Refusals is more than one rule saying no to the same command.
type Refusals []Refusal

func (r Refusals) Error() string {
	return fmt.Sprintf("%s (and %d more)", r[0].Error(), len(r)-1)
}

// Unwrap makes the first refusal the one that errors.As finds.
func (r Refusals) Unwrap() error { return r[0] }

// Refused returns every refusal in err, none where err is a fault of ours.
func Refused(err error) []Refusal {
	var all Refusals
	if errors.As(err, &all) {
		return all
	}
	var one Refusal
	if errors.As(err, &one) {
		return []Refusal{one}
	}
	return nil
}

// If adds no when its rule is broken.
func (r *Refusals) If(broken bool, no Refusal) {
	if broken {
		*r = append(*r, no)
	}
}

// Check adds the refusal that err is, if it is one.
func (r *Refusals) Check(err error) {
	if no := (Refusal{}); errors.As(err, &no) {
		*r = append(*r, no)
	}
}

// CheckAt is [Refusals.Check] for a value that stands in field of the command.
func (r *Refusals) CheckAt(field string, err error) {
	if no := (Refusal{}); errors.As(err, &no) {
		no.Field = field
		*r = append(*r, no)
	}
}

// Unless returns the events of a decision, or what was refused of it.
func Unless[E Event](refused Refusals, events ...E) ([]E, error) {
	if err := Refuse(refused...); err != nil {
		return nil, err
	}
	return events, nil
}

// Blank reports whether nothing was written: empty, or blanks of any width.
func Blank(s string) bool { return strings.TrimSpace(s) == "" }
