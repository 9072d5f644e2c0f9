package projections

import "wenxiao/domain"

// A Unit is one unit as it is now.
type Unit struct {
	Code         domain.UnitCode   `json:"code"`
	Name         string            `json:"name"`
	Kind         string            `json:"kind"` // unit.Kind
	Parent       domain.UnitCode   `json:"parent,omitempty"`
	CreditCode   domain.CreditCode `json:"creditCode,omitempty"`
	Region       string            `json:"region,omitempty"`
	Jurisdiction string            `json:"jurisdiction,omitempty"`
	Since        domain.Day        `json:"since,omitempty"`
	Ended        domain.Day        `json:"ended,omitempty"`     // merged or abolished
	Successor    domain.UnitCode   `json:"successor,omitempty"` // who took over
	EarlierNames []string          `json:"earlierNames,omitempty"`
	Posts        []Post            `json:"posts,omitempty"`
	Source       *domain.Source    `json:"source,omitempty"`
}

// A Post is a post of a unit and who holds it.
type Post struct {
	Code   string   `json:"code"`
	Title  string   `json:"title"`
	Duties []string `json:"duties,omitempty"`
	Person string   `json:"person,omitempty"` // empty: vacant
	Name   string   `json:"name,omitempty"`
}

// A Person is somebody the ledger names as a holder of a duty or as an actor.
type Person struct {
	Person    string          `json:"person"`
	Name      string          `json:"name"` // as last written
	Post      string          `json:"post,omitempty"`
	Unit      domain.UnitCode `json:"unit,omitempty"`
	UnitName  string          `json:"unitName,omitempty"`
	Acts      int             `json:"acts"` // events recorded as the actor
	FirstSeen domain.Day      `json:"firstSeen"`
	LastSeen  domain.Day      `json:"lastSeen"`
}
