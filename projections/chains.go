package projections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// Chain returns who held which duty of a programme's year and who did what, as
// the ledger knew it at position at (0: the head), with tenures and deadlines
// as of asOf ("": the day of its last entry). A programme the ledger does not have is [ErrNotFound].
func (v Views) Chain(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear, asOf domain.Day, at eventstore.Position) (Chain, error) {
	d, err := v.dossier(ctx, code, year, asOf, at)
	if err != nil {
		return Chain{}, err
	}
	posts, err := v.postsOf(ctx, d)
	if err != nil {
		return Chain{}, err
	}
	c := d.chain()
	c.Tenures = append(c.Tenures, posts...)
	return c, nil
}

// dossier reads what the chain is worked out from.
func (v Views) dossier(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear, asOf domain.Day, at eventstore.Position) (*dossier, error) {
	p, err := v.Programme(ctx, code, year)
	if err != nil {
		return nil, err
	}
	if at == 0 {
		if at, err = v.Last(ctx); err != nil {
			return nil, err
		}
	}
	d := &dossier{Programme: p, asOf: asOf, at: at, book: bookOf(p.Jurisdiction, year.Last())}
	if d.entries, err = v.History(ctx, code, year, at); err != nil {
		return nil, err
	}
	if n := len(d.entries); asOf == "" && n > 0 {
		d.asOf = dayOf(d.entries[n-1].RecordedAt)
	}
	tenures, err := v.Tenures(ctx, "programme-"+string(code))
	if err != nil {
		return nil, err
	}
	d.tenures = knownAt(tenures, at)
	lines, err := v.Snapshots(ctx, code, year)
	if err != nil {
		return nil, err
	}
	for _, w := range lines.Warnings {
		if w, known := w.at(at); known {
			d.warnings = append(d.warnings, w)
		}
	}
	notices, err := v.Rectifications(ctx, RectificationFilter{Programme: code, Year: year, Paging: Paging{PerPage: MaxPerPage}})
	for _, r := range notices.Rows {
		if r, known := knownNotice(r, at); known {
			d.notices = append(d.notices, r)
		}
	}
	return d, err
}

// postsOf returns the tenures of posts under which the actors acted.
func (v Views) postsOf(ctx context.Context, d *dossier) ([]Tenure, error) {
	acted := map[string]bool{}
	var streams []string
	for _, e := range d.entries {
		acted[e.Actor.Person] = true
		if s := "unit-" + e.Actor.Unit; e.Actor.Unit != "" && !slices.Contains(streams, s) {
			streams = append(streams, s)
		}
	}
	tenures, err := v.Tenures(ctx, streams...)
	tenures = knownAt(tenures, d.at)
	return slices.DeleteFunc(tenures, func(t Tenure) bool { return !acted[t.Person] || t.Since > d.asOf }), err
}

// chain works out the chain from the dossier.
func (d *dossier) chain() Chain {
	c := Chain{
		Programme: d.Code, ProgrammeName: d.Name, Year: d.Year, AsOf: d.asOf, At: d.at,
		Tenures: slices.DeleteFunc(slices.Clone(d.tenures), func(t Tenure) bool { return t.Since > d.asOf }),
		Leads:   d.leads(), Facts: d.facts(), Duties: d.duties(),
	}
	for _, e := range d.entries {
		c.Acts = append(c.Acts, d.act(e))
	}
	for _, g := range d.gaps() {
		c.Acts = append(c.Acts, d.noTrace(g))
	}
	c.number()
	return c
}

func (d *dossier) act(e Entry) Act {
	a := Act{Entry: e, Day: dayOf(e.EffectiveAt), Responsibility: answers(e.Lane), Status: ActDone, LateText: d.lateness(e)}
	if e.Automatic {
		a.Actor = domain.Actor{Name: "系统", Capacity: "系统"}
	}
	switch {
	case a.LateText != "":
		a.Status = ActLate
	case e.objects():
		a.Status = ActObjection
	}
	return a
}

// objects reports whether the entry sends something back with a reason.
func (e Entry) objects() bool { return e.Verb == "退回" }

func (d *dossier) noTrace(g gap) Act {
	lanes := map[string]string{SeatDepartment: LaneDepartment, SeatFinance: LaneFinance, SeatTreasury: LaneTreasury, SeatAgency: LaneAgency}
	lane := nameOr(lanes[g.seat], LaneUnit)
	return Act{
		Entry: Entry{
			Programme: d.Code, ProgrammeName: d.Name, Year: d.Year, Stage: g.matter.stage, Lane: lane, Verb: g.matter.title, Article: g.matter.basis, UnitName: d.unitAt(g.seat),
			Text: g.matter.gap(), Sentence: seatWord(g.seat) + " " + g.matter.gap(),
		},
		Day: either(g.due == "", d.asOf, g.due), Responsibility: answers(lane), Status: ActNoTrace,
	}
}

func (d *dossier) unitAt(seat string) string {
	switch seat {
	case SeatResponsible, SeatUnit:
		return d.UnitName
	case SeatDepartment:
		return d.DepartmentName
	}
	return ""
}

// number puts the acts in order of the days they happened and counts them.
func (c *Chain) number() {
	slices.SortStableFunc(c.Acts, func(a, b Act) int {
		return cmp.Or(strings.Compare(string(a.Day), string(b.Day)), cmp.Compare(a.Position, b.Position))
	})
	for i := range c.Acts {
		c.Acts[i].No = i + 1
		switch c.Acts[i].Status {
		case ActLate:
			c.LateActs++
		case ActNoTrace:
			c.NoTrace++
		default:
			c.Done++
		}
	}
	if c.Acts == nil {
		c.Acts = []Act{}
	}
}

// PersonChain returns what one person held and did, across posts, programmes and
// years, as the ledger knew it at position at (0: the head). Leads and facts
// are those of the years of programmes the person was responsible for, as of
// the last day the ledger knew then. A person the ledger does not name is
// [ErrNotFound].
func (v Views) PersonChain(ctx context.Context, person string, at eventstore.Position) (Chain, error) {
	known, err := docs(ctx, v, peopleTable, "SELECT doc FROM people_v1 WHERE person = $1", person)
	if err != nil {
		return Chain{}, err
	}
	if len(known) == 0 {
		return Chain{}, fmt.Errorf("person %s: %w", person, ErrNotFound)
	}
	c := Chain{Person: person, Name: known[0].Name, At: at, Tenures: []Tenure{}, Leads: []Lead{}, Facts: []Lead{}, Duties: []Duty{}}
	if at == 0 {
		if c.At, err = v.Last(ctx); err != nil {
			return c, err
		}
	}
	if err := v.personTenures(ctx, &c); err != nil {
		return c, err
	}
	err = v.personActs(ctx, &c)
	return c, err
}

func (v Views) personTenures(ctx context.Context, c *Chain) error {
	streams, err := v.personStreams(ctx, c.Person)
	if err != nil {
		return err
	}
	all, err := v.Tenures(ctx, streams...)
	c.Tenures = slices.DeleteFunc(knownAt(all, c.At), func(t Tenure) bool { return t.Person != c.Person })
	slices.SortStableFunc(c.Tenures, func(a, b Tenure) int { return strings.Compare(string(a.Since), string(b.Since)) })
	return err
}

// personActs adds the acts, judged by the dossiers of the years they belong to.
func (v Views) personActs(ctx context.Context, c *Chain) error {
	trail, err := v.Trail(ctx, TrailFilter{Person: c.Person, At: c.At, Limit: MaxPerPage, Ascending: true})
	if err != nil {
		return err
	}
	for _, e := range trail.Entries {
		c.AsOf = max(c.AsOf, dayOf(e.RecordedAt))
	}
	own, err := v.ownDossiers(ctx, c)
	if err != nil {
		return err
	}
	for _, e := range trail.Entries {
		d := &dossier{}
		if known, ok := own[programmeYear{e.Programme, e.Year}]; ok {
			d = known
		}
		c.Acts = append(c.Acts, d.actOf(e))
		if e.objects() && own[programmeYear{e.Programme, e.Year}] == nil {
			c.Facts = append(c.Facts, factOf("objection.raised", "曾提出异议", e))
		}
	}
	c.number()
	return nil
}

// actOf is act for an entry whose dossier may be unknown: then nothing is said
// about lateness.
func (d *dossier) actOf(e Entry) Act {
	if d.book != nil {
		return d.act(e)
	}
	return Act{Entry: e, Day: dayOf(e.EffectiveAt), Responsibility: answers(e.Lane), Status: either(e.objects(), ActObjection, ActDone)}
}

type programmeYear struct {
	code domain.ProgrammeCode
	year domain.FiscalYear
}

// ownDossiers reads the years of the programmes the person was responsible for,
// and adds the leads and facts in which the person is named.
func (v Views) ownDossiers(ctx context.Context, c *Chain) (map[programmeYear]*dossier, error) {
	own := map[programmeYear]*dossier{}
	for _, t := range c.Tenures {
		if t.Capacity != CapacityResponsible {
			continue
		}
		years, err := v.ProgrammeYears(ctx, t.Programme)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		for _, year := range years {
			k := programmeYear{t.Programme, year}
			if own[k] != nil {
				continue
			}
			if own[k], err = v.dossier(ctx, t.Programme, year, max(c.AsOf, t.Since), c.At); err != nil {
				return nil, err
			}
			named := func(l Lead) bool { return !slices.Contains(l.Persons, c.Person) }
			c.Leads = append(c.Leads, slices.DeleteFunc(own[k].leads(), named)...)
			c.Facts = append(c.Facts, slices.DeleteFunc(own[k].facts(), named)...)
		}
	}
	return own, nil
}
