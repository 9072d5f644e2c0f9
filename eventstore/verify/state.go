package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
)

// ErrOtherLedger reports a state that is not of this ledger.
var ErrOtherLedger = errors.New("上次核到一半的不是这本账，或账本变短了 (the state is of another ledger)")

// A State is all that a verification needs to go on from where it stopped. It
// saves work and is no evidence: whoever can write the file can make a run skip
// what it already read. A run from the start needs none.
type State struct {
	Report
	Key     Key
	Done    eventstore.Position // read so far
	Leaf    tlog.Hash           // of the last of them
	Tree    eventstore.Tree     // over them
	Broken  eventstore.Position // the first that is missing; from there on Tree does not grow
	Streams []Stream            // by number, from 1
	At      time.Time           // of the last record
	Command uint64              // of the last record, summed; 0 for none
	Sums    Sums
	Heads   []Head // compared so far
}

// Continues reports whether a run with these options may go on from the state:
// what they ask for was done for the records already read.
func (s *State) Continues(o Options) bool {
	if s.SM3 != o.SM3 {
		return false
	}
	return !slices.ContainsFunc(o.Heads, func(h Head) bool {
		return h.Size <= s.Done && !slices.ContainsFunc(s.Heads, func(seen Head) bool { return h.Size == seen.Size && h.Root == seen.Root })
	})
}

// Stream is how far a stream has come.
type Stream struct {
	Name     uint64 // summed
	Revision eventstore.Revision
}

// Sums are those of the index columns of all rows.
type Sums struct{ Stream, ID, Command uint64 }

func (s *Sums) add(o Sums) {
	s.Stream, s.ID, s.Command = s.Stream+o.Stream, s.ID+o.ID, s.Command+o.Command
}

// stateFormat changes with what a State means: an earlier one is not gone on from.
const stateFormat = "1 "

// Encode returns the state as a file keeps it: a digest and what it is of. A
// state of a store that numbers no streams cannot go on; it is not to be kept.
func (s *State) Encode(ledger string) ([]byte, error) {
	var b bytes.Buffer
	encoder := gob.NewEncoder(&b)
	if err := errors.Join(encoder.Encode(stateFormat+ledger), encoder.Encode(s)); err != nil {
		return nil, err
	}
	digest := sha256.Sum256(b.Bytes())
	return append(digest[:], b.Bytes()...), nil
}

// DecodeState reads what Encode made for the same ledger.
func DecodeState(file []byte, ledger string) (*State, error) {
	if len(file) < sha256.Size {
		return nil, fmt.Errorf("%w: 文件太短", eventstore.ErrDamaged)
	}
	body := file[sha256.Size:]
	if digest := sha256.Sum256(body); !bytes.Equal(digest[:], file[:sha256.Size]) {
		return nil, fmt.Errorf("%w: 与其摘要不符", eventstore.ErrDamaged)
	}
	decoder := gob.NewDecoder(bytes.NewReader(body))
	var of string
	s := new(State)
	if err := errors.Join(decoder.Decode(&of), decoder.Decode(s)); err != nil {
		return nil, fmt.Errorf("%w: %w", eventstore.ErrDamaged, err)
	}
	if of != stateFormat+ledger {
		return nil, ErrOtherLedger
	}
	return s, nil
}

// save hands the state on.
func (w *walk) save() error {
	w.saved = time.Now()
	if w.Save == nil || w.indexed == nil {
		return nil
	}
	return w.Save(&w.State)
}
