// Package intake enters published tables into the ledger. What a table attests
// becomes commands under its real name, each with the table as its source:
// units, programme, goal, approval, budget, execution, self-evaluation, and the
// arithmetic check of it. Nothing a table does not show is added: no reviews,
// no persons, no dates within the year.
package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/scoring"
	"wenxiao/eventstore"
)

// Registrar is who enters tables: a program, and it says so.
var Registrar = domain.Actor{Person: "system", Name: "系统导入", Unit: "system", Capacity: "系统"}

// An Intake enters tables into one ledger.
type Intake struct {
	Store eventstore.Store
	Today domain.Day
}

// An Entered says what became of one table.
type Entered struct {
	Table     string               `json:"table"` // id in the file
	Programme domain.ProgrammeCode `json:"programme"`
	Year      domain.FiscalYear    `json:"year"`
	Name      string               `json:"name"`
	Added     int                  `json:"added"`          // events; 0: all of it was there already
	Left      []string             `json:"left,omitempty"` // what the table does not show, so was not entered
	Findings  []scoring.Finding    `json:"findings,omitempty"`
}

// Enter enters t. Entering the same table again changes nothing. A refusal
// leaves the steps before it entered; the next run goes on from there.
func (in Intake) Enter(ctx context.Context, t published.Table) (Entered, error) {
	if !t.Year.Valid() {
		return Entered{}, domain.Refusal{Code: "table.no-year", Reason: fmt.Sprintf("表 %s 没有可用的年度，无法入账", t.ID), Field: "/year"}
	}
	e, err := in.open(ctx, t)
	if err != nil {
		return Entered{}, err
	}
	for _, step := range e.steps() {
		if err := step(); err != nil {
			return e.done, fmt.Errorf("table %s: %w", t.ID, err)
		}
	}
	return e.done, nil
}

// entry is one table under way into the ledger.
type entry struct {
	Intake
	ctx    context.Context
	table  published.Table
	source *domain.Source
	key    string // of the table's content: the root of all command ids
	place  place
	done   Entered
}

func (in Intake) open(ctx context.Context, t published.Table) (*entry, error) {
	content, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", t.ID, err)
	}
	sum := sha256.Sum256(content)
	e := &entry{
		Intake: in, ctx: ctx, table: withoutRemarks(t), key: hex.EncodeToString(sum[:16]), place: placeOf(t),
		source: &domain.Source{Title: t.Kind, Address: t.Source, Case: t.ID, SHA256: hex.EncodeToString(sum[:])},
	}
	e.done = Entered{Table: t.ID, Programme: e.place.programme, Year: t.Year, Name: e.table.Project}
	return e, nil
}

// leave notes what the table does not show.
func (e *entry) leave(what string) { e.done.Left = append(e.done.Left, what) }

// meta dates a step at day, by the table's own year: printed tables rarely say
// more. Command ids follow from the table's content, so that repeating is safe.
func (e *entry) meta(step string, day domain.Day) eventstore.Meta {
	return eventstore.Meta{
		EffectiveAt: noon(day), Actor: Registrar, Rulebook: e.place.book.Ref(),
		Command: "intake-" + e.key + "-" + step, Correlation: "intake-" + e.key,
	}
}

// noon keeps a day the same day in every zone a reader may sit in.
func noon(day domain.Day) time.Time { return day.Time().Add(12 * time.Hour) }

// execute carries out one step and counts what it added.
func execute[S domain.State[S, E], E domain.Event](
	e *entry, stored domain.Decoders[E], stream string, cmd domain.Command[S, E], meta eventstore.Meta,
) error {
	done, err := eventstore.Execute(e.ctx, e.Store, stored, stream, eventstore.AnyRevision, cmd, meta)
	if err == nil && !done.Repeated {
		e.done.Added += len(done.IDs)
	}
	return err
}

// short is a few characters of a name's digest, for codes the table lacks.
func short(names ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	return hex.EncodeToString(sum[:4])
}
