package projections

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// Moments are the two clocks of an event.
type Moments struct {
	Recorded  time.Time `json:"recorded"`
	Effective time.Time `json:"effective"`
}

// A Moment is a programme's year as the ledger knew it at one position.
type Moment struct {
	Position eventstore.Position  `json:"position"` // of the event shown
	Index    int                  `json:"index"`    // of it among Entries, from 1; 0: before the first
	Count    int                  `json:"count"`    // of Entries
	Code     domain.ProgrammeCode `json:"code"`
	Year     domain.FiscalYear    `json:"year"`
	Entry    Entry                `json:"entry"`
	Entries  []Entry              `json:"entries"` // all events, also later ones: the stops of the slider

	Programme      Programme       `json:"programme"` // the register's row then
	Head           []Cell          `json:"head"`      // programme, responsible person, budget and payments
	Goal           *Form           `json:"goal,omitempty"`
	Evaluation     *Form           `json:"evaluation,omitempty"`
	Goals          []Goal          `json:"goals"`  // versions filed until then
	Scores         []Score         `json:"scores"` // versions filed until then
	Account        Ledger          `json:"account"`
	Lines          Lines           `json:"lines"` // snapshots and warnings until then
	Rectifications []Rectification `json:"rectifications"`

	sheet *sheet
}

// ReadHistory returns the records of streams, in the order of the ledger. The
// streams of one programme's year are [Views.YearStreams].
func ReadHistory(ctx context.Context, store eventstore.Store, streams []string) ([]eventstore.Record, error) {
	var records []eventstore.Record
	for _, stream := range streams {
		for r, err := range store.ReadStream(ctx, stream, 0) {
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", stream, err)
			}
			records = append(records, r)
		}
	}
	slices.SortFunc(records, func(a, b eventstore.Record) int { return cmp.Compare(a.Position, b.Position) })
	return records, nil
}

// MomentAt returns a programme's year as records told it up to position at; 0 is
// the last. A record that cannot be read is an error.
func MomentAt(records []eventstore.Record, year domain.FiscalYear, at eventstore.Position) (Moment, error) {
	l, err := look(records, year, at, "")
	if err != nil {
		return Moment{}, err
	}
	m := &l.Moment
	m.Count, m.Head = len(m.Entries), m.sheet.head()
	m.Programme = l.programme()
	m.Goals, m.Scores = versions(l.page, goalsTable), versions(l.page, scoresTable)
	m.Scores = slices.DeleteFunc(m.Scores, func(s Score) bool { return s.Form.Version == 0 })
	m.Rectifications = versions(l.page, rectificationsTable)
	m.Lines = newLines(versions(l.page, snapshotsTable), versions(l.page, warningsTable))
	m.Account = newLedger(m.Entries[:m.Index])
	l.name()
	m.Goal, m.Evaluation = m.sheet.form(FormGoal, "goal/indicators/"), m.sheet.form(FormEvaluation, "evaluation/rows/")
	m.head()
	return *m, nil
}

// head fills in what a form says of itself.
func (m *Moment) head() {
	if g := m.Goal; g != nil {
		last := m.Goals[len(m.Goals)-1]
		g.Version, g.Status, g.Title, g.MoneyUnit = last.Version, last.Status, "项目支出绩效目标申报表", "万元"
	}
	if e := m.Evaluation; e != nil {
		last := m.Scores[len(m.Scores)-1]
		e.Version, e.Status, e.Title, e.MoneyUnit = last.Version, last.Status, nameOr(last.Form.Form, "项目支出绩效自评表"), nameOr(last.Form.MoneyUnit, "万元")
	}
}

// Diff lists the cells that differ from a to b, in the order of the forms, each
// with the event that set it last by the later of the two.
func Diff(a, b Moment) []Change {
	changes := []Change{}
	later := either(a.Position > b.Position, a, b)
	if later.sheet == nil {
		return changes
	}
	by := map[eventstore.Position]Entry{}
	for _, e := range later.Entries {
		by[e.Position] = e
	}
	for _, key := range later.sheet.inOrder() {
		from, to := a.value(key), b.value(key)
		if from == to {
			continue
		}
		c := later.sheet.cells[key]
		e := by[c.SetBy]
		changes = append(changes, Change{
			Key: key, Label: c.Label, From: from, To: to, Position: c.SetBy, Event: c.Event, By: e.Actor,
			At: Moments{Recorded: e.RecordedAt, Effective: e.EffectiveAt}, Reason: e.Reason, Late: e.Late, Corrects: e.Corrects,
		})
	}
	return changes
}

func (m Moment) value(key string) string {
	if m.sheet == nil {
		return ""
	}
	return m.sheet.cells[key].Value
}

// inOrder lists the keys: what stands beside the forms, then form by form.
func (s *sheet) inOrder() []string {
	rank := func(key string) int {
		switch form, _, _ := strings.Cut(key, "/"); form {
		case FormGoal:
			return 1
		case FormEvaluation:
			return 2
		}
		return 0
	}
	keys := slices.Clone(s.order)
	slices.SortStableFunc(keys, func(a, b string) int { return rank(a) - rank(b) })
	return keys
}

// History lists every event that ever set the cell with key, oldest first, also
// those that left it as it was.
func History(records []eventstore.Record, year domain.FiscalYear, key string) ([]Cell, error) {
	l, err := look(records, year, 0, key)
	if err != nil {
		return nil, err
	}
	return either(l.sheet.sets == nil, []Cell{}, l.sheet.sets), nil
}
