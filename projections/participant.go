package projections

import (
	"time"

	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/eventstore"
)

// A Participant is a private person as the tables have them: what identifies
// them only as their key protects it, and not even that once they are erased.
type Participant struct {
	ID         string              `json:"id"`
	Kind       participant.Kind    `json:"kind"`
	Keeper     domain.UnitCode     `json:"keeper"` // unit that entered them
	KeeperName string              `json:"keeperName"`
	Identity   participant.Kept    `json:"identity,omitzero"`
	Statements []Statement         `json:"statements,omitempty"` // in the order recorded
	Holds      []participant.Held  `json:"holds,omitempty"`      // those not released
	Erased     *Erasure            `json:"erased,omitempty"`
	EnteredAt  time.Time           `json:"enteredAt"`
	EnteredBy  domain.Actor        `json:"enteredBy"`
	Steps      []Step              `json:"steps"`
	Revision   eventstore.Revision `json:"revision"`
	Position   eventstore.Position `json:"position"`
}

// A Statement is what a participant said of a programme's year.
type Statement struct {
	Participant   string               `json:"participant"`
	Kind          participant.Kind     `json:"kind"`
	Keeper        domain.UnitCode      `json:"keeper"`
	Programme     domain.ProgrammeCode `json:"programme"`
	ProgrammeName string               `json:"programmeName"` // as of the day it was recorded
	Year          domain.FiscalYear    `json:"year"`
	Stage         participant.Stage    `json:"stage"`
	Text          domain.Protected     `json:"text,omitzero"`
	Satisfaction  *domain.Decimal      `json:"satisfaction,omitempty"`
	Day           domain.Day           `json:"day"`
	RecordedBy    domain.Actor         `json:"recordedBy"`
	Erased        string               `json:"erased,omitempty"` // id of the event that erased the person
	Position      eventstore.Position  `json:"position"`
}

// An Erasure is why a participant can no longer be read.
type Erasure struct {
	Event string `json:"event"` // id
	participant.Erased
	At time.Time `json:"at"`
}

// ParticipantFilter narrows the register of participants. Empty fields do not
// narrow. There is no search by name: no table has one.
type ParticipantFilter struct {
	Kind   participant.Kind `json:"kind,omitempty"`
	Keeper domain.UnitCode  `json:"keeper,omitempty"`
	Status string           `json:"status,omitempty"` // Participant…
	Paging
}

// Status of a participant.
const (
	ParticipantKnown  = "known"  // 在册
	ParticipantHeld   = "held"   // 保全中
	ParticipantErased = "erased" // 已删除
)

// Status is one word for how the participant stands.
func (p Participant) Status() string {
	switch {
	case p.Erased != nil:
		return ParticipantErased
	case len(p.Holds) > 0:
		return ParticipantHeld
	}
	return ParticipantKnown
}

// ParticipantList is one page of the register. Counts are by status over all
// that match but for the status asked for.
type ParticipantList struct {
	List[Participant]
	Counts map[string]int `json:"counts"`
}
