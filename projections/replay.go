package projections

import (
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// Moments are the two clocks of an event.
type Moments struct {
	Recorded  time.Time `json:"recorded"`
	Effective time.Time `json:"effective"`
}

// A Moment is a programme's year as the ledger knew it at one position.
type Moment struct {
	Position eventstore.Position  `json:"position"` // of the event shown
	Index    int                  `json:"index"`    // of it among Entries, from 1; 0: before the first
	Count    int                  `json:"count"`    // of Entries
	Code     domain.ProgrammeCode `json:"code"`
	Year     domain.FiscalYear    `json:"year"`
	Entry    Entry                `json:"entry"`
	Entries  []Entry              `json:"entries"` // all events, also later ones: the stops of the slider

	Programme      Programme       `json:"programme"` // the register's row then
	Head           []Cell          `json:"head"`      // programme, responsible person, budget and payments
	Goal           *Form           `json:"goal,omitempty"`
	Evaluation     *Form           `json:"evaluation,omitempty"`
	Goals          []Goal          `json:"goals"`  // versions filed until then
	Scores         []Score         `json:"scores"` // versions filed until then
	Account        Ledger          `json:"account"`
	Lines          Lines           `json:"lines"` // snapshots and warnings until then
	Rectifications []Rectification `json:"rectifications"`
}
