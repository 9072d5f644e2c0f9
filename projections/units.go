package projections

import (
	"context"
	"slices"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/programme"
	"wenxiao/domain/unit"
)

// units keeps the units with their posts.
type units struct{}

var unitsTable = &tableOf[Unit]{
	Table: Table{Name: "units_v1", Columns: "code TEXT, name TEXT, search TEXT, kind TEXT, parent TEXT", Key: "code"},
	columns: func(args []any, k key, u *Unit) []any {
		return append(args, k[0], u.Name, searchable(u.Name, append([]string{string(u.Code)}, u.EarlierNames...)...), u.Kind, string(u.Parent))
	},
}

func (units) Name() string    { return unitsTable.Name }
func (units) Tables() []Table { return []Table{unitsTable.Table} }

func (units) Apply(page *Page, f Fact) error {
	event, ok := f.Event.(unit.Event)
	if !ok {
		return nil
	}
	k := key{strings.TrimPrefix(f.Stream, "unit-")}
	u, err := unitsTable.take(page, k)
	if err != nil {
		return err
	}
	u.evolve(event)
	unitsTable.put(page, k, u)
	return nil
}

func (u *Unit) evolve(event unit.Event) {
	switch e := event.(type) {
	case unit.Registered:
		*u = Unit{Code: e.Code, Name: e.Name, Kind: string(e.Kind), Parent: e.Parent, CreditCode: e.CreditCode, Region: e.Region, Jurisdiction: e.Jurisdiction, Since: e.Since, Source: e.Source}
	case unit.Renamed:
		u.EarlierNames, u.Name = append(u.EarlierNames, u.Name), e.Name
	case unit.Merged:
		u.Ended, u.Successor = e.Since, e.Into
	case unit.Abolished:
		u.Ended, u.Successor = e.Since, e.Successor
	case unit.PostEstablished:
		u.post(e.Post, func(p *Post) { p.Title, p.Duties = e.Title, e.Duties })
	case unit.PersonAppointed:
		u.post(e.Post, func(p *Post) { p.Person, p.Name = e.Person, e.Name })
	case unit.PersonRelieved:
		u.post(e.Post, func(p *Post) {
			if p.Person == e.Person {
				p.Person, p.Name = "", ""
			}
		})
	}
}

func (u *Unit) post(code string, do func(*Post)) {
	i := slices.IndexFunc(u.Posts, func(p Post) bool { return p.Code == code })
	if i < 0 {
		i, u.Posts = len(u.Posts), append(u.Posts, Post{Code: code, Title: code})
	}
	do(&u.Posts[i])
}

// Units returns all units by code, ended ones too.
func (v Views) Units(ctx context.Context) ([]Unit, error) {
	return docs(ctx, v, unitsTable, "SELECT doc FROM units_v1 ORDER BY code")
}

// people keeps who the ledger names as a holder of a duty or as an actor.
type people struct{}

var peopleTable = &tableOf[Person]{
	Table: Table{Name: "people_v1", Columns: "person TEXT, search TEXT, unit TEXT", Key: "person"},
	columns: func(args []any, k key, p *Person) []any {
		return append(args, k[0], searchable(p.Name, p.Person, p.Post, p.UnitName), string(p.Unit))
	},
}

func (people) Name() string    { return peopleTable.Name }
func (people) Tables() []Table { return []Table{peopleTable.Table} }

func (ps people) Apply(page *Page, f Fact) error {
	err := ps.named(page, f, f.Actor.Person, f.Actor.Name, func(p *Person) {
		p.Acts++
		p.Post, p.Unit, p.UnitName = f.Actor.Post, domain.UnitCode(f.Actor.Unit), f.UnitName
	})
	if err != nil {
		return err
	}
	post := func(unit domain.UnitCode, title string) func(*Person) {
		return func(p *Person) { p.Post, p.Unit, p.UnitName = title, unit, f.name(unitName, string(unit)) }
	}
	switch e := f.Event.(type) {
	case unit.PersonAppointed:
		code := strings.TrimPrefix(f.Stream, "unit-")
		return ps.named(page, f, e.Person, e.Name, post(domain.UnitCode(code), f.post(code, e.Post)))
	case unit.AuthorityDelegated:
		return ps.named(page, f, e.To, e.Name, func(*Person) {})
	case programme.ResponsibleAssigned:
		return ps.named(page, f, e.Person, e.Name, post(e.Unit, e.Post))
	case programme.HandedOver:
		return ps.named(page, f, e.To, e.ToName, post(e.Unit, e.Post))
	}
	return nil
}

func (people) named(page *Page, f Fact, person, name string, do func(*Person)) error {
	if person == "" {
		return nil
	}
	p, err := peopleTable.take(page, key{person})
	if err != nil {
		return err
	}
	day := dayOf(f.EffectiveAt)
	if p.FirstSeen == "" || day < p.FirstSeen {
		p.FirstSeen = day
	}
	p.Person, p.Name, p.LastSeen = person, nameOr(name, p.Name), max(p.LastSeen, day)
	do(p)
	peopleTable.put(page, key{person}, p)
	return nil
}

// People returns the people whose name, id, post or unit has every word of
// text, by name.
func (v Views) People(ctx context.Context, text string) ([]Person, error) {
	w := newWhere()
	w.words(text, "search")
	return docs(ctx, v, peopleTable, "SELECT doc FROM people_v1"+w.sql()+" ORDER BY search, person", w.args...)
}
