// Package projections turns the ledger into tables for reading. Every table can
// be thrown away and filled again from the ledger, so tables have versions in
// their names, not migrations.
//
// Writing: a [Runner] reads pages of records, decodes each record once, and
// hands it to every [Projection]; rows and mark of a page are one transaction.
// Reading: [Views]. Looking back without tables: [MomentAt].
package projections

import (
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
)

// A Projection keeps one read model.
type Projection interface {
	// Name is the name of its mark and of its main table, version included.
	// Changing what a table holds means changing the name; the new table then
	// fills from the start of the ledger beside the old one.
	Name() string

	// Tables are the tables it writes, the main one first.
	Tables() []Table

	// Apply notes on page what one fact means. It is called once per record, in
	// ledger order; facts of no interest are ignored. It reads its own tables
	// only.
	Apply(page *Page, f Fact) error
}

// A Fact is a record with its event read.
type Fact struct {
	eventstore.Record
	Event any // an event of one of the domain's aggregates, such as goal.Filed

	Programme domain.ProgrammeCode // what it is about; empty for events of units
	Year      domain.FiscalYear    // 0 where it concerns the programme as a whole

	// As of this record, empty where the ledger did not know:
	ProgrammeName string
	UnitName      string    // of the actor's unit
	UnitKind      unit.Kind // of the actor's unit

	names *directory
}

// name returns what a code stood for at the fact, the code itself where the
// ledger did not know.
func (f Fact) name(kind, of string) string {
	if f.names == nil {
		return of
	}
	return nameOr(f.names.at(kind, of, f.Position), of)
}

// post returns the title of a post of a unit, its code where none was set.
func (f Fact) post(unit, code string) string {
	return strings.TrimPrefix(f.name(postTitle, unit+" "+code), unit+" ")
}

// A Mark says how far a projection has read.
type Mark struct {
	Name     string              `json:"name"`
	Position eventstore.Position `json:"position"`          // the last record applied
	Event    string              `json:"event,omitempty"`   // its id: the ledger must have it there
	Head     eventstore.Position `json:"head"`              // of the ledger
	Stopped  string              `json:"stopped,omitempty"` // why it reads no further; empty while it does
}

// A List is one page of rows and how many there are in all.
type List[T any] struct {
	Rows  []T `json:"rows"`
	Total int `json:"total"`
}
