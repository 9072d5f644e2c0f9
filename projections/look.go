package projections

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// A looker looks back: it applies facts to projections that hold their tables in
// memory, up to one position. So what it shows is what the tables said then.
type looker struct {
	Moment
	page      *Page
	directory *directory
	tables    []Projection
	at        eventstore.Position
}

// look goes through the records of the year of one programme; 0 is the last
// position. Records of units only tell their names.
func look(records []eventstore.Record, year domain.FiscalYear, at eventstore.Position, watch string) (*looker, error) {
	l := &looker{page: newPage(""), directory: newDirectory(), tables: []Projection{programmes{}, goals{}, snapshots{}, scores{}, rectifications{}}, at: at}
	l.Year, l.sheet, l.Entries = year, newSheet(), []Entry{}
	l.sheet.watch = watch
	if at == 0 {
		l.at = ^eventstore.Position(0)
	}
	for _, r := range records {
		f, err := read(r)
		if err != nil {
			return nil, err
		}
		if err := l.directory.Apply(l.page, f); err != nil {
			return nil, err
		}
		l.directory.complete(&f)
		if l.Code == "" {
			l.Code = f.Programme
		}
		if f.Programme == "" || f.Programme != l.Code || f.Year != 0 && f.Year != year {
			continue
		}
		if err := l.see(f); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// see takes one fact in: into the list of all, and into the tables and cells if
// it is not later than the moment.
func (l *looker) see(f Fact) error {
	e := newEntry(f)
	l.Entries = append(l.Entries, e)
	if f.Position > l.at {
		return nil
	}
	l.Position, l.Entry, l.Index = f.Position, e, len(l.Entries)
	for _, p := range l.tables {
		if err := p.Apply(l.page, f); err != nil {
			return err
		}
	}
	l.sheet.apply(f)
	return nil
}

// programme is the register's row at the moment: that of the year, or before the
// year began that of the programme as such.
func (l *looker) programme() Programme {
	for _, year := range []domain.FiscalYear{l.Year, 0} {
		if row, err := programmesTable.get(l.page, programmeKey(l.Code, year)); err == nil && row != nil {
			row.settle()
			row.Year = l.Year
			return *row
		}
	}
	return Programme{Code: l.Code, Year: l.Year}
}

// versions are the rows of a table in memory, in the order of their keys.
func versions[R any](p *Page, t *tableOf[R]) []R {
	list, kept := []R{}, p.rows(t).kept
	for _, k := range slices.SortedFunc(maps.Keys(kept), compareKeys) {
		list = append(list, *kept[k].value.(*R))
	}
	return list
}

func compareKeys(a, b key) int {
	for i := range a {
		if n, ok := a[i].(int64); ok {
			if c := cmp.Compare(n, b[i].(int64)); c != 0 {
				return c
			}
		} else if s, ok := a[i].(string); ok {
			if c := strings.Compare(s, b[i].(string)); c != 0 {
				return c
			}
		}
	}
	return 0
}

// name fills in the names of that moment, which tables leave to the query.
func (l *looker) name() {
	m, at := &l.Moment, l.Position
	unit := func(code domain.UnitCode) string { return l.directory.at(unitName, string(code), at) }
	m.Account.Programme, m.Account.ProgrammeName, m.Account.Year, m.Account.Unit, m.Account.Source = m.Code, m.Programme.Name, m.Year, m.Programme.Unit, m.Programme.Source
	for i := range m.Goals {
		m.Goals[i].ProgrammeName, m.Goals[i].UnitName = m.Programme.Name, unit(m.Goals[i].Unit)
	}
	for i := range m.Scores {
		m.Scores[i].ProgrammeName, m.Scores[i].UnitName = m.Programme.Name, unit(m.Scores[i].Unit)
	}
	for i := range m.Rectifications {
		m.Rectifications[i].ProgrammeName, m.Rectifications[i].Department = m.Programme.Name, m.Programme.Department
	}
}
