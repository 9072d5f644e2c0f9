package projections

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"sync"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/programme"
	"wenxiao/domain/rectification"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
)

// directory knows what codes stood for at any position: the names of units and
// programmes, and what an evaluation or a rectification is about. Every other
// projection reads it through [Fact], so it is always at least as far as they
// are, and answers as of the fact's own position.
//
// All of it is in memory, about 150 bytes for each unit, programme, evaluation
// and notice.
type directory struct {
	mu    sync.RWMutex // some read what was, while it goes on
	known map[code][]naming
}

type code struct{ kind, code string }

type naming struct {
	Position eventstore.Position `json:"-"`
	Value    string              `json:"value"`
}

// Kinds of codes.
const (
	unitName      = "unit"
	unitKind      = "unit-kind"
	programmeName = "programme"
	subject       = "stream" // value: programme and year, with a blank between
	postTitle     = "post"   // code: unit and post, with a blank between
	personName    = "person"
)

var namesTable = &tableOf[naming]{
	Table:   Table{Name: "names_v1", Columns: "kind TEXT, code TEXT, position BIGINT", Key: "kind, code, position", grows: true},
	columns: func(args []any, k key, _ *naming) []any { return append(args, k[:]...) },
}

func newDirectory() *directory { return &directory{known: map[code][]naming{}} }

// Name, Tables and Apply make the directory a projection like the others.
func (*directory) Name() string    { return namesTable.Name }
func (*directory) Tables() []Table { return []Table{namesTable.Table} }

func (d *directory) Apply(p *Page, f Fact) error {
	switch e := f.Event.(type) {
	case unit.Registered:
		d.learn(p, f, unitName, string(e.Code), e.Name)
		d.learn(p, f, unitKind, string(e.Code), string(e.Kind))
	case unit.Renamed:
		d.learn(p, f, unitName, strings.TrimPrefix(f.Stream, "unit-"), e.Name)
	case unit.PostEstablished:
		d.learn(p, f, postTitle, strings.TrimPrefix(f.Stream, "unit-")+" "+e.Post, e.Title)
	case unit.PersonAppointed:
		d.learn(p, f, personName, e.Person, e.Name)
	case programme.ResponsibleAssigned:
		d.learn(p, f, personName, e.Person, e.Name)
	case programme.HandedOver:
		d.learn(p, f, personName, e.To, e.ToName)
	case programme.Registered:
		d.learn(p, f, programmeName, string(e.Code), e.Name)
		d.suggest(p, f, unitName, string(e.Unit), e.UnitName)
		d.suggest(p, f, unitName, string(e.Department), e.DepartmentName)
	case programme.Corrected:
		if e.Field == "name" {
			d.learn(p, f, programmeName, strings.TrimPrefix(f.Stream, "programme-"), e.Is)
		}
	case attachment.Deposited: // each deposit is about its own programme
		d.learn(p, f, subject, f.Stream, when(e.Programme != "", string(e.Programme)+" "+strconv.Itoa(int(e.Year))))
	case evaluation.SelfFiled:
		d.suggest(p, f, subject, f.Stream, string(e.Programme)+" "+strconv.Itoa(int(e.Year)))
	case rectification.NoticeIssued:
		d.learn(p, f, subject, f.Stream, string(e.Programme)+" "+strconv.Itoa(int(e.Year)))
		d.suggest(p, f, unitName, string(e.Unit), e.UnitName)
	}
	return nil
}

// learn notes a value from f on.
func (d *directory) learn(p *Page, f Fact, kind, of, value string) {
	id := code{kind, of}
	if d.at(kind, of, f.Position) == value {
		return
	}
	n := naming{f.Position, value}
	d.remember(id, n)
	namesTable.put(p, key{kind, of, int64(f.Position)}, &n)
}

// suggest learns a value where none is known.
func (d *directory) suggest(p *Page, f Fact, kind, of, value string) {
	if value != "" && d.at(kind, of, f.Position) == "" {
		d.learn(p, f, kind, of, value)
	}
}

func (d *directory) remember(id code, n naming) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known[id] = append(d.known[id], n)
}

// at returns what code stood for at position, "" when that was not known.
func (d *directory) at(kind, of string, position eventstore.Position) string {
	d.mu.RLock()
	list := d.known[code{kind, of}]
	d.mu.RUnlock()
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Position <= position {
			return list[i].Value
		}
	}
	return ""
}

// complete fills in what f is about and the names it needs.
func (d *directory) complete(f *Fact) {
	f.Programme, f.Year = d.subject(f.Record)
	f.ProgrammeName = d.at(programmeName, string(f.Programme), f.Position)
	f.UnitName = d.at(unitName, f.Actor.Unit, f.Position)
	f.names = d
	f.UnitKind = unit.Kind(d.at(unitKind, f.Actor.Unit, f.Position))
}

// subject returns the programme and year a record is about.
func (d *directory) subject(r eventstore.Record) (domain.ProgrammeCode, domain.FiscalYear) {
	return subjectOf(r.Stream, d.at(subject, r.Stream, r.Position))
}

// subjectOf reads the programme and year from the name of a stream, or from
// what the directory knows of it.
func subjectOf(stream, known string) (domain.ProgrammeCode, domain.FiscalYear) {
	category, rest, _ := strings.Cut(stream, "-")
	sep := "-"
	switch category {
	case "programme":
		return domain.ProgrammeCode(rest), 0
	case "evaluation", "rectification", "attachment":
		rest, sep = known, " "
	case "goal", "execution", "monitoring":
	default:
		return "", 0
	}
	i := strings.LastIndex(rest, sep)
	if i < 0 {
		return "", 0
	}
	year, _ := strconv.Atoi(rest[i+1:])
	return domain.ProgrammeCode(rest[:i]), domain.FiscalYear(year)
}

// load reads all names from the table.
func (d *directory) load(ctx context.Context, db *sql.DB, suffix string) error {
	d.mu.Lock()
	clear(d.known)
	d.mu.Unlock()
	query := "SELECT kind, code, position, doc FROM names_v1" + suffix + " ORDER BY position"
	return Views{db}.each(ctx, query, nil, func(scan func(...any) error) error {
		var id code
		var position int64
		var doc string
		if err := scan(&id.kind, &id.code, &position, &doc); err != nil {
			return err
		}
		var n naming
		err := namesTable.decode([]byte(doc), &n)
		n.Position = eventstore.Position(position)
		d.remember(id, n)
		return err
	})
}
