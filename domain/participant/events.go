// Package participant keeps the private persons who take part in performance
// management: experts, commenters, beneficiaries (专家、意见人、受益人). They are no
// officials, and 个人信息保护法 gives them what officials in duty do not have: to
// be forgotten. Who such a person is, and what they said, stands in their own
// stream alone, and there only under their own key; every other stream has at
// most their id, which says nothing about them.
//
// Commands carry the plain text, to be judged, and its protected form, to be
// kept. The plain text never enters an event.
package participant

import "wenxiao/domain"

// Stream returns the stream of the participant with id.
func Stream(id string) string { return "participant-" + id }

// Event is one of the facts below.
type Event interface {
	domain.Event
	participant()
}

// Command is one of the requests beside this file.
type Command = domain.Command[State, Event]

// Kind is as what a person takes part.
type Kind string

const (
	Expert      Kind = "expert"      // 专家
	Commenter   Kind = "commenter"   // 意见人
	Beneficiary Kind = "beneficiary" // 受益人
)

// Stage is where in the process something was said, and as what.
type Stage string

const (
	ExpertOpinion Stage = "expert-opinion" // 专家意见
	PublicComment Stage = "public-comment" // 公众意见
	Interview     Stage = "interview"      // 受益人访谈
)

var stageNames = map[Stage]string{ExpertOpinion: "专家意见", PublicComment: "公众意见", Interview: "受益人访谈"}

// Name is the stage in words.
func (s Stage) Name() string { return stageNames[s] }

type (
	// Entered enters a person. Keeper is the unit that did and answers for the data.
	Entered struct {
		Kind     Kind            `json:"kind"`
		Keeper   domain.UnitCode `json:"keeper"`
		Identity Kept            `json:"identity"`
	}

	// Updated puts the fields it has in place of the earlier ones.
	Updated struct {
		Identity Kept   `json:"identity"`
		Reason   string `json:"reason"`
	}

	// StatementRecorded is what the person said of a programme's year.
	StatementRecorded struct {
		Programme    domain.ProgrammeCode `json:"programme"`
		Year         domain.FiscalYear    `json:"year"`
		Stage        Stage                `json:"stage"`
		Text         domain.Protected     `json:"text"`
		Satisfaction *domain.Decimal      `json:"satisfaction,omitempty"` // 0 to 100; of nobody, once the key is gone
		Day          domain.Day           `json:"day"`                    // when it was said
	}

	// Held (保全) keeps the data from being erased until the same unit releases it.
	Held struct {
		Unit     domain.UnitCode `json:"unit"`
		Document string          `json:"document"`
		Reason   string          `json:"reason"`
	}

	// Released ends the hold of a unit.
	Released struct {
		Unit   domain.UnitCode `json:"unit"`
		Reason string          `json:"reason"`
	}

	// Erased says that the person's key is to be destroyed, and why. The key goes
	// after the event: one that is still there when the event is found was
	// forgotten to be destroyed, and is destroyed then.
	Erased struct {
		Ground      Ground  `json:"ground"`
		Article     string  `json:"article"` // in words, as of the day
		Scope       string  `json:"scope"`   // what can no longer be read
		Reason      string  `json:"reason"`
		AskedBy     AskedBy `json:"askedBy"`
		Decider     string  `json:"decider"` // person responsible who decided
		DeciderName string  `json:"deciderName"`
		Document    string  `json:"document,omitempty"`
	}
)

func (Entered) EventType() string           { return "participant.entered.v1" }
func (Updated) EventType() string           { return "participant.updated.v1" }
func (StatementRecorded) EventType() string { return "participant.statement-recorded.v1" }
func (Held) EventType() string              { return "participant.held.v1" }
func (Released) EventType() string          { return "participant.released.v1" }
func (Erased) EventType() string            { return "participant.erased.v1" }

func (Entered) participant()           {}
func (Updated) participant()           {}
func (StatementRecorded) participant() {}
func (Held) participant()              {}
func (Released) participant()          {}
func (Erased) participant()            {}

// Stored is everything this package ever wrote.
var Stored = domain.Decoders[Event]{
	"participant.entered.v1":            domain.As(func(e Entered) Event { return e }),
	"participant.updated.v1":            domain.As(func(e Updated) Event { return e }),
	"participant.statement-recorded.v1": domain.As(func(e StatementRecorded) Event { return e }),
	"participant.held.v1":               domain.As(func(e Held) Event { return e }),
	"participant.released.v1":           domain.As(func(e Released) Event { return e }),
	"participant.erased.v1":             domain.As(func(e Erased) Event { return e }),
}
