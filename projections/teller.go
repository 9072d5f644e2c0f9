package projections

import (
	"wenxiao/domain"
	"wenxiao/eventstore"
)

// A Teller puts records into words as the trail does, from the records it is
// given and nothing else: no table and no ledger stands behind it. What it says
// of a part of the ledger, anybody with that part can make it say again.
type Teller struct {
	names *directory
	page  *Page
	last  eventstore.Position
}

// NewTeller returns a teller that knows no names yet.
func NewTeller() *Teller { return &Teller{names: newDirectory(), page: newPage("")} }

// Tell returns the entry of the next record. Records come in the order of the
// ledger; a name is known once the record that gives it was told. A record that
// cannot be read is an error.
func (t *Teller) Tell(r eventstore.Record) (Entry, error) {
	f, err := read(r)
	if err != nil {
		return Entry{}, err
	}
	if err := t.names.Apply(t.page, f); err != nil {
		return Entry{}, err
	}
	t.page.end()
	t.names.complete(&f)
	t.last = r.Position
	return newEntry(f), nil
}

// Unit returns what a unit is called as of the record last told, its code where
// none gave its name.
func (t *Teller) Unit(code domain.UnitCode) string {
	return nameOr(t.names.at(unitName, string(code), t.last), string(code))
}
