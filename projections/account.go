package projections

import (
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// An Account is the money of one programme in one year.
type Account struct {
	Programme     domain.ProgrammeCode `json:"programme"`
	ProgrammeName string               `json:"programmeName"`
	Year          domain.FiscalYear    `json:"year"`
	Unit          domain.UnitCode      `json:"unit"`
	Budget        domain.Money         `json:"budget"`   // 年初预算数
	FullYear      domain.Money         `json:"fullYear"` // 全年预算数
	Allotted      domain.Money         `json:"allotted"`
	Paid          domain.Money         `json:"paid"`
	Recalled      domain.Money         `json:"recalled"`       // 收回
	Recovered     domain.Money         `json:"recovered"`      // 追回
	Rate          *domain.Decimal      `json:"rate,omitempty"` // paid ÷ full year, 0.8618
	Status        string               `json:"status"`         // Payments…
	StatusReason  string               `json:"statusReason,omitempty"`
	StatusSince   time.Time            `json:"statusSince,omitzero"`
	Lines         int                  `json:"lines"`
	Source        *domain.Source       `json:"source,omitempty"`
	Position      eventstore.Position  `json:"position"`
}

// An AccountLine is one entry of an account.
type AccountLine struct {
	Position  eventstore.Position `json:"position"`
	Event     string              `json:"event"`
	At        time.Time           `json:"at"`                 // when it happened
	Kind      string              `json:"kind"`               // budget-set, budget-adjusted, allotted, paid, payment-corrected, suspended, resumed, stopped, recalled, recovered
	Document  string              `json:"document,omitempty"` // 文号 or number of the payment
	Amount    domain.Money        `json:"amount"`             // as it changes the account: money taken back is negative
	PaidTotal domain.Money        `json:"paidTotal"`          // after this line
	Rate      *domain.Decimal     `json:"rate,omitempty"`     // after this line
	Text      string              `json:"text"`
	By        domain.Actor        `json:"by"`
	Corrects  string              `json:"corrects,omitempty"`    // id of the event this line puts right
	Corrected string              `json:"correctedBy,omitempty"` // id of the event that puts this line right
	Late      bool                `json:"late,omitempty"`
}

// Ledger is an account with its lines.
type Ledger struct {
	Account
	Entries []AccountLine `json:"entries"`
}
