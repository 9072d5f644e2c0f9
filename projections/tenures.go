package projections

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/programme"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
)

// tenures keeps who held which duty from when to when: for each unit and each
// programme one row with all tenures that ever were. None is ever removed.
type tenures struct{}

// A roll is all tenures of one unit or of one programme.
type roll struct {
	Posts   []Post   `json:"posts,omitempty"`
	Tenures []Tenure `json:"tenures,omitempty"`
}

var rollsTable = &tableOf[roll]{
	Table:   Table{Name: "tenures_v1", Columns: "stream TEXT", Key: "stream"},
	columns: func(args []any, k key, _ *roll) []any { return append(args, k[:1]...) },
}

// holdersTable finds the rolls a person is in.
var holdersTable = &tableOf[struct{}]{
	Table:   Table{Name: "tenure_persons_v1", Columns: "person TEXT, stream TEXT", Key: "person, stream"},
	columns: func(args []any, k key, _ *struct{}) []any { return append(args, k[:2]...) },
}

func (tenures) Name() string    { return rollsTable.Name }
func (tenures) Tables() []Table { return []Table{rollsTable.Table, holdersTable.Table} }

func (tenures) Apply(page *Page, f Fact) error {
	switch f.Event.(type) {
	case unit.PostEstablished, unit.PersonAppointed, unit.PersonRelieved, unit.AuthorityDelegated, programme.ResponsibleAssigned, programme.HandedOver:
	default:
		return nil
	}
	k := key{f.Stream}
	r, err := rollsTable.take(page, k)
	if err != nil {
		return err
	}
	r.evolve(f)
	rollsTable.put(page, k, r)
	if t := r.Tenures; len(t) > 0 && t[len(t)-1].Position == f.Position {
		holdersTable.put(page, key{t[len(t)-1].Person, f.Stream}, &struct{}{})
	}
	return nil
}

func (r *roll) evolve(f Fact) {
	code := domain.UnitCode(strings.TrimPrefix(f.Stream, "unit-"))
	switch e := f.Event.(type) {
	case unit.PostEstablished:
		r.Posts = append(r.Posts, Post{Code: e.Post, Title: e.Title, Duties: e.Duties})
	case unit.PersonAppointed:
		r.begin(f, Tenure{Person: e.Person, Name: e.Name, Post: e.Post, Unit: code, Capacity: CapacityPost, Since: e.Since})
	case unit.PersonRelieved:
		r.end(f, e.Until, e.Reason, func(t Tenure) bool {
			return t.Person == e.Person && t.Post == e.Post && t.Capacity == CapacityPost
		})
	case unit.AuthorityDelegated:
		r.begin(f, Tenure{Person: e.To, Name: e.Name, Post: e.Post, Unit: code, Capacity: CapacityDelegate, For: e.From, Since: e.Since, Until: e.Until, Reason: e.Scope})
	case programme.ResponsibleAssigned:
		r.begin(f, responsible(f, e.Person, e.Name, e.Post, e.Unit, e.Since))
	case programme.HandedOver:
		r.end(f, e.Day.AddDays(-1), e.Reason, func(t Tenure) bool { return t.Person == e.From })
		t := responsible(f, e.To, e.ToName, e.Post, e.Unit, e.Day)
		t.HandedOver, t.Countersigned, t.Pending = true, e.Countersigned, e.Pending
		r.begin(f, t)
	}
}

func responsible(f Fact, person, name, post string, u domain.UnitCode, since domain.Day) Tenure {
	return Tenure{Person: person, Name: name, Post: post, PostTitle: post, Unit: u, Capacity: CapacityResponsible, Programme: f.Programme, Since: since}
}

func (r *roll) begin(f Fact, t Tenure) {
	if i := slices.IndexFunc(r.Posts, func(p Post) bool { return p.Code == t.Post }); i >= 0 {
		t.PostTitle, t.Duties = r.Posts[i].Title, r.Posts[i].Duties
	}
	t.PostTitle = nameOr(t.PostTitle, t.Post)
	t.Event, t.Position, t.RecordedOn = f.ID, f.Position, dayOf(f.RecordedAt)
	if t.Since < t.RecordedOn {
		t.Late, t.LateDays = true, t.Since.DaysUntil(t.RecordedOn)
	}
	t.Text = deedOf(f).text
	r.Tenures = append(r.Tenures, t)
}

// end ends the last open tenure that is meant.
func (r *roll) end(f Fact, until domain.Day, reason string, meant func(Tenure) bool) {
	for i := len(r.Tenures) - 1; i >= 0; i-- {
		if t := &r.Tenures[i]; t.EndPosition == 0 && meant(*t) {
			t.Until, t.Reason, t.EndEvent, t.EndPosition = until, reason, f.ID, f.Position
			return
		}
	}
}

// knownAt returns the tenures as the ledger knew them at position.
func knownAt(tenures []Tenure, position eventstore.Position) []Tenure {
	var known []Tenure
	for _, t := range tenures {
		if t.Position > position {
			continue
		}
		if t.EndPosition > position {
			t.Until, t.Reason, t.EndEvent, t.EndPosition = "", "", "", 0
		}
		known = append(known, t)
	}
	return known
}

// Tenures returns the tenures of a unit or a programme, by the name of its
// stream, in the order they were recorded.
func (v Views) Tenures(ctx context.Context, streams ...string) ([]Tenure, error) {
	list := []Tenure{}
	for _, stream := range streams {
		rolls, err := docs(ctx, v, rollsTable, "SELECT doc FROM tenures_v1 WHERE stream = $1", stream)
		if err != nil {
			return nil, fmt.Errorf("tenures of %s: %w", stream, err)
		}
		for _, r := range rolls {
			list = append(list, r.Tenures...)
		}
	}
	return list, v.nameTenures(ctx, list)
}

// nameTenures fills in the present names of units and programmes.
func (v Views) nameTenures(ctx context.Context, list []Tenure) error {
	if len(list) == 0 {
		return nil
	}
	units, programmes := map[string]string{}, map[string]string{}
	for _, t := range list {
		units[string(t.Unit)], programmes[string(t.Programme)] = "", ""
	}
	if err := v.lookUp(ctx, "SELECT name FROM units_v1 WHERE code = $1", units); err != nil {
		return err
	}
	if err := v.lookUp(ctx, "SELECT name FROM programmes_v1 WHERE code = $1 AND year = 0", programmes); err != nil {
		return err
	}
	for i := range list {
		list[i].UnitName, list[i].ProgrammeName = units[string(list[i].Unit)], programmes[string(list[i].Programme)]
	}
	return nil
}

// lookUp fills the values of known by a query on its keys.
func (v Views) lookUp(ctx context.Context, query string, known map[string]string) error {
	for k := range known {
		err := v.each(ctx, query, []any{k}, func(scan func(...any) error) error {
			var value string
			err := scan(&value)
			known[k] = value
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// personStreams returns the units and programmes in which a person ever held a
// duty.
func (v Views) personStreams(ctx context.Context, person string) ([]string, error) {
	return v.streams(ctx, "SELECT stream FROM tenure_persons_v1 WHERE person = $1 ORDER BY stream", person)
}
