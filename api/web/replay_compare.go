package web

import (
	"slices"
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// IsA and IsB tell the moments compared.
func (p Replay) IsA(at eventstore.Position) bool { return p.A != nil && p.A.Position == at }

// ChangeRow is one change between two moments with who made it.
type ChangeRow struct {
	projections.Change
	Address string
}

// ComparedRows are the changes from A to B of what there was at A.
func (p Replay) ComparedRows() []ChangeRow {
	return p.changeRows(slices.DeleteFunc(slices.Clone(p.Compared), filled))
}

// FilledRows are the cells empty at A and filled by B.
func (p Replay) FilledRows() []ChangeRow {
	return p.changeRows(slices.DeleteFunc(slices.Clone(p.Compared), func(c projections.Change) bool { return !filled(c) }))
}

func filled(c projections.Change) bool { return c.From == "" }

// ChangedRows are the changes the form's marks stand for.
func (p Replay) ChangedRows() []ChangeRow { return p.changeRows(p.Changes) }

func (p Replay) changeRows(changes []projections.Change) []ChangeRow {
	rows := make([]ChangeRow, len(changes))
	for i, c := range changes {
		rows[i] = ChangeRow{c, p.At(c.Position)}
	}
	return rows
}

// Day is when the change happened.
func (c ChangeRow) Day() domain.Day { return domain.DayOf(c.At.Effective) }

// Marks are what must not be overlooked about the change.
func (c ChangeRow) Marks() (marks []Status) {
	if c.Late {
		marks = append(marks, Late.Saying("%s 补录", domain.DayOf(c.At.Recorded)))
	}
	if c.Corrects != "" {
		marks = append(marks, Corrected)
	}
	return marks
}

// MomentDay is the day a moment's event happened.
func MomentDay(m *projections.Moment) domain.Day {
	if m == nil || m.Entry.EffectiveAt.Equal(time.Time{}) {
		return ""
	}
	return domain.DayOf(m.Entry.EffectiveAt)
}

// DayA and DayB head the columns of the comparison.
func (p Replay) DayA() domain.Day { return MomentDay(p.A) }

// DayNow is the day of this moment's event.
func (p Replay) DayNow() domain.Day { return MomentDay(&p.Moment) }

// BaseDay is the day of the moment the marks compare with.
func (p Replay) BaseDay() domain.Day { return MomentDay(p.Base) }
