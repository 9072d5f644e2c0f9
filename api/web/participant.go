package web

import (
	"strings"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// ParticipantShown is a private person as one reader may see them: numbers are
// masked, and Hidden says why there is no identity.
type ParticipantShown struct {
	ID         string                `json:"id"`
	Kind       participant.Kind      `json:"kind"`
	Keeper     domain.UnitCode       `json:"keeper"`
	KeeperName string                `json:"keeperName"`
	Status     string                `json:"status"` // known, held, erased
	Identity   *participant.Identity `json:"identity,omitempty"`
	Hidden     string                `json:"hidden,omitempty"`
	Statements []StatementShown      `json:"statements"`
	Holds      []HoldShown           `json:"holds,omitempty"`
	Erased     *projections.Erasure  `json:"erased,omitempty"`
	EnteredAt  time.Time             `json:"enteredAt"`
	EnteredBy  domain.Actor          `json:"enteredBy"`
	Steps      []projections.Step    `json:"steps"`
	Revision   eventstore.Revision   `json:"revision"`
	Position   eventstore.Position   `json:"position"`
}

// HoldShown is a hold with the name of the unit that holds.
type HoldShown struct {
	participant.Held
	UnitName string `json:"unitName"`
}

// StatementShown is what a private person said, as one reader may see it.
type StatementShown struct {
	Participant   string               `json:"participant"`
	Name          string               `json:"name,omitempty"`
	Kind          participant.Kind     `json:"kind"`
	Programme     domain.ProgrammeCode `json:"programme"`
	ProgrammeName string               `json:"programmeName"`
	Year          domain.FiscalYear    `json:"year"`
	Stage         participant.Stage    `json:"stage"`
	Text          string               `json:"text,omitempty"`
	Hidden        string               `json:"hidden,omitempty"`
	Satisfaction  *domain.Decimal      `json:"satisfaction,omitempty"`
	Day           domain.Day           `json:"day"`
	RecordedBy    domain.Actor         `json:"recordedBy"`
	Position      eventstore.Position  `json:"position"`
}

// ParticipantPage is one page of the register.
type ParticipantPage struct {
	Rows   []ParticipantShown `json:"rows"`
	Total  int                `json:"total"`
	Counts map[string]int     `json:"counts"`
}

// Masked leaves of numbers what is needed to tell them apart: on screen and in
// answers they are never whole.
func Masked(i participant.Identity) participant.Identity {
	i.IDNumber, i.Phone, i.BankAccount = mask(i.IDNumber, 3, 2), mask(i.Phone, 3, 2), mask(i.BankAccount, 0, 4)
	return i
}

func mask(text string, first, last int) string {
	if len(text) <= first+last {
		return strings.Repeat("*", len(text))
	}
	return text[:first] + strings.Repeat("*", len(text)-first-last) + text[len(text)-last:]
}

// Facts are what is known of the person, in the order of the form.
func (p ParticipantShown) Facts() (facts []Fact) {
	if p.Identity == nil {
		return nil
	}
	for _, part := range p.Identity.Parts() {
		if *part.Value != "" {
			facts = append(facts, Fact{Label: participant.FieldNames[part.Field], Text: *part.Value})
		}
	}
	return facts
}

// Name is the person's, or why it is not shown.
func (p ParticipantShown) Name() string {
	if p.Identity == nil {
		return p.Hidden
	}
	return p.Identity.Name
}

// Standing is how the person stands, in colour, shape and word.
func (p ParticipantShown) Standing() Status { return participantStatus(p.Status) }

func participantStatus(status string) Status {
	switch status {
	case projections.ParticipantErased:
		return Late.Saying("已删除")
	case projections.ParticipantHeld:
		return Held.Saying("保全中")
	}
	return OnTrack.Saying("在册")
}

// Participants is the register of private persons.
type Participants struct {
	Frame
	ParticipantPage
	Filter projections.ParticipantFilter
	Acts   []Crumb
}

func (Participants) template() string { return "participants" }

// ParticipantKinds are the kinds one may choose.
var ParticipantKinds = []Option{
	{string(participant.Expert), participant.Expert.Name()},
	{string(participant.Commenter), participant.Commenter.Name()},
	{string(participant.Beneficiary), participant.Beneficiary.Name()},
}

// Choices are the selects of the filter bar.
func (p Participants) Choices() []Choice {
	return []Choice{{"kind", "类别", string(p.Filter.Kind), all(ParticipantKinds)}}
}

// Chips count participants by status.
func (p Participants) Chips() (chips []Chip) {
	for _, status := range []string{projections.ParticipantKnown, projections.ParticipantHeld, projections.ParticipantErased} {
		chosen := p.Filter.Status == status
		to := status
		if chosen {
			to = ""
		}
		chips = append(chips, Chip{participantStatus(status), p.Counts[status], p.With("status", to), chosen})
	}
	return chips
}

// Pager leads through the register's pages.
func (p Participants) Pager() Pager { return p.pager(p.Filter.Paging, p.Total, len(p.Rows)) }

// Participant is one private person: what is known of them, what they said, what
// was done with their data.
type Participant struct {
	Frame
	Row  ParticipantShown
	Acts []Crumb
}

func (Participant) template() string { return "participant" }
