package projections

import (
	"slices"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/eventstore"
)

// An Attachment is one file as it stands. Name is the one last given.
type Attachment struct {
	Digest    string      `json:"digest"` // SHA-256 of its bytes, in hex
	SM3       string      `json:"sm3"`
	Size      int64       `json:"size"` // bytes
	MediaType string      `json:"mediaType"`
	Name      string      `json:"name"`
	Title     string      `json:"title,omitempty"`
	Deposits  []Deposit   `json:"deposits"` // in order, never empty
	Withdrawn *Withdrawal `json:"withdrawn,omitempty"`
}

// A Deposit is one time the file was handed in.
type Deposit struct {
	Name          string               `json:"name"`
	Title         string               `json:"title,omitempty"`
	Unit          domain.UnitCode      `json:"unit"` // whose matter it is
	UnitName      string               `json:"unitName,omitempty"`
	Programme     domain.ProgrammeCode `json:"programme,omitempty"`
	ProgrammeName string               `json:"programmeName,omitempty"`
	Year          domain.FiscalYear    `json:"year,omitempty"`
	By            domain.Actor         `json:"by"`
	At            time.Time            `json:"at"`
	Position      eventstore.Position  `json:"position"`
	Event         string               `json:"event"`
}

// A Withdrawal says by whom and why nothing may rest on the file any more.
type Withdrawal struct {
	Ground   attachment.Ground   `json:"ground"`
	Reason   string              `json:"reason"`
	Article  string              `json:"article,omitempty"`
	Document string              `json:"document,omitempty"`
	By       domain.Actor        `json:"by"`
	At       time.Time           `json:"at"`
	Position eventstore.Position `json:"position"`
}

// A Use is one act that rests on a file.
type Use struct {
	Digest    string               `json:"digest"`
	Position  eventstore.Position  `json:"position"` // of the act's event
	Event     string               `json:"event"`
	Type      string               `json:"type"`
	Stream    string               `json:"stream"`
	Programme domain.ProgrammeCode `json:"programme,omitempty"`
	Year      domain.FiscalYear    `json:"year,omitempty"`
	By        domain.Actor         `json:"by"`
	At        time.Time            `json:"at"`
	Text      string               `json:"text"`
}

// AttachmentFilter narrows the list of files. Empty fields do not narrow.
type AttachmentFilter struct {
	Text      string               `json:"text,omitempty"`
	Unit      domain.UnitCode      `json:"unit,omitempty"` // in whose matter it was handed in
	Programme domain.ProgrammeCode `json:"programme,omitempty"`
	Paging
}

// Attached are the files that acts rest on, by the positions of the acts' events,
// in the order the acts name them.
type Attached map[eventstore.Position][]Attachment

// Last is the latest time the file was handed in.
func (a Attachment) Last() Deposit { return a.Deposits[len(a.Deposits)-1] }

// Units are those in whose matters the file was handed in.
func (a Attachment) Units() (units []domain.UnitCode) {
	for _, d := range a.Deposits {
		if !slices.Contains(units, d.Unit) {
			units = append(units, d.Unit)
		}
	}
	return units
}
