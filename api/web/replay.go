package web

import (
	"fmt"
	"strconv"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// Replay is a programme's year as the ledger knew it at one event: the form as it
// was, who decided and on what, and what any two moments have differently.
type Replay struct {
	Frame
	projections.Moment
	Show      string              // marked, only or side
	Kind      string              // form shown: projections.FormGoal or FormEvaluation
	Base      *projections.Moment // what the form's marks compare with; nil: the first version
	Changes   []projections.Change
	Cell      string       // key of the cell chosen
	CellName  string       // its label
	Origin    []OriginStep // every event that set it, oldest first
	Causes    []StopLink   // the event that led to this one
	Effects   []StopLink   // events that this one led to
	A, B      *projections.Moment
	Compared  []projections.Change // from A to B
	Same      int                  // cells that A and B have alike
	Bookmarks []eventstore.Position
	Rulebooks []Option // others to score by, as a simulation
}

func (Replay) template() string { return "replay" }

// OriginStep is one setting of the chosen cell.
type OriginStep struct {
	projections.Cell
	Entry  projections.Entry
	Reason string // as stated in the event
	Number int    // of the stop
}

// StopLink is an event of the track and its number there; 0 where it is on
// another programme's.
type StopLink struct {
	Number  int
	Text    string
	Address string
}

// Home is the programme's page.
func (p Replay) Home() string { return fmt.Sprintf("/programmes/%s/%d", p.Code, p.Year) }

// Path is the address of the replay without conditions.
func (p Replay) Path() string { return p.Home() + "/replay" }

// At is the address of this page at position.
func (p Replay) At(position eventstore.Position) string {
	return p.With("at", strconv.FormatUint(uint64(position), 10))
}

func (p Replay) IsB(at eventstore.Position) bool { return p.B != nil && p.B.Position == at }

func (p Replay) DayB() domain.Day { return MomentDay(p.B) }
