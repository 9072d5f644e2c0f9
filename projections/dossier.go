package projections

import (
	"slices"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/rulebook"
	"wenxiao/eventstore"
)

// A dossier is everything the chain of one programme's year is worked out from,
// as the ledger knew it at one position. What follows from it is pure.
type dossier struct {
	Programme
	asOf     domain.Day
	at       eventstore.Position
	book     *rulebook.Rulebook
	entries  []Entry
	tenures  []Tenure // of the programme
	warnings []Warning
	notices  []Rectification
}

// attested reports whether the year was taken from a source. A source does not
// show the steps before it, so their absence says nothing.
func (d *dossier) attested() bool { return d.Source != nil }

// of returns the entries of the given types, in order.
func (d *dossier) of(types ...string) []Entry {
	var list []Entry
	for _, e := range d.entries {
		if slices.Contains(types, strings.TrimSuffix(e.Type, ".v1")) {
			list = append(list, e)
		}
	}
	return list
}

func (d *dossier) has(types ...string) bool { return len(d.of(types...)) > 0 }

// inOffice reports whether person was responsible for the programme on day.
func (d *dossier) inOffice(person string, day domain.Day) bool {
	return slices.ContainsFunc(d.tenures, func(t Tenure) bool {
		return t.Person == person && t.Since <= day && (t.Until == "" || day <= t.Until)
	})
}

// holder returns who was responsible on day, "" for nobody.
func (d *dossier) holder(day domain.Day) string {
	for _, t := range d.tenures {
		if d.inOffice(t.Person, day) && t.Since <= day && (t.Until == "" || day <= t.Until) {
			return t.Person
		}
	}
	return ""
}

// seat is the column of the matrix an entry belongs to.
func (d *dossier) seat(e Entry) string {
	switch e.Lane {
	case LaneDepartment:
		return SeatDepartment
	case LaneFinance:
		return SeatFinance
	case LaneTreasury:
		return SeatTreasury
	case LaneAgency:
		return SeatAgency
	}
	if d.inOffice(e.Actor.Person, dayOf(e.EffectiveAt)) {
		return SeatResponsible
	}
	return SeatUnit
}

// answers says how the actor of an entry answers for it.
func answers(lane string) string {
	switch lane {
	case LaneDepartment:
		return Leading
	case LaneFinance, LaneTreasury:
		return Supervising
	case LaneAgency:
		return ThirdParty
	}
	return Direct
}

// explainBy is the last day for the unit's reason.
func explainBy(w Warning) domain.Day { return dayOf(w.RaisedAt).AddDays(explainDays) }

// knownNotice returns the notice as the ledger knew it at position; false when
// it was not issued yet.
func knownNotice(r Rectification, position eventstore.Position) (Rectification, bool) {
	if len(r.Steps) == 0 || r.Steps[0].Position > position {
		return r, false
	}
	r.Steps = slices.DeleteFunc(slices.Clone(r.Steps), func(s Step) bool { return s.Position > position })
	last := r.Steps[len(r.Steps)-1]
	r.Due, r.Position, r.Status, r.Returns = last.Due, last.Position, RectificationWithUnit, 0
	for _, s := range r.Steps {
		switch strings.TrimSuffix(s.Type, ".v1") {
		case "rectification.work-reported":
			r.Status = RectificationUnderReview
		case "rectification.work-returned":
			r.Status, r.Returns = RectificationWithUnit, r.Returns+1
		case "rectification.notice-closed":
			r.Status = RectificationClosed
		}
	}
	return r, true
}

// firstReport returns the first report of work and the day it was due.
func firstReport(r Rectification) (report Step, due domain.Day, ok bool) {
	for i, s := range r.Steps {
		if strings.HasPrefix(s.Type, "rectification.work-reported") {
			return s, r.Steps[max(i-1, 0)].Due, true
		}
	}
	return Step{}, r.Due, false
}
