package projections

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

var errSoon = errors.ErrUnsupported

// Table describes one table.
type Table struct{ Name string }

// Page is the unit of work of a projection.
type Page struct{}

// All returns every projection.
func All() []Projection { return nil }

// OpenDB opens the database of the tables: "sqlite:PATH" or "postgres://…".
func OpenDB(ctx context.Context, url string) (*sql.DB, error) { return nil, errSoon }

// A Runner keeps the tables up to the ledger.
type Runner struct{}

// NewRunner returns a runner that fills projections' tables in db from store.
func NewRunner(db *sql.DB, store eventstore.Store, log *slog.Logger, projections ...Projection) *Runner {
	return &Runner{}
}

// Run catches up and then follows the ledger until ctx ends.
func (*Runner) Run(ctx context.Context) error { return errSoon }

// CatchUp applies everything up to the head as it is now.
func (*Runner) CatchUp(ctx context.Context) error { return errSoon }

// WaitFor returns once every projection is at position.
func (*Runner) WaitFor(ctx context.Context, position eventstore.Position) error { return errSoon }

// Rebuild fills every table anew and swaps.
func (*Runner) Rebuild(ctx context.Context, progress func(done, head eventstore.Position)) error {
	return errSoon
}

// Marks says how far each projection is.
func (*Runner) Marks(ctx context.Context) ([]Mark, error) { return nil, errSoon }

func (Views) Programmes(ctx context.Context, f ProgrammeFilter) (ProgrammeList, error) {
	return ProgrammeList{}, errSoon
}
func (Views) Programme(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) (Programme, error) {
	return Programme{}, errSoon
}
func (Views) ProgrammeYears(ctx context.Context, code domain.ProgrammeCode) ([]domain.FiscalYear, error) {
	return nil, errSoon
}
func (Views) Goals(ctx context.Context, f GoalFilter) (List[Goal], error) {
	return List[Goal]{}, errSoon
}
func (Views) Account(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) (Ledger, error) {
	return Ledger{}, errSoon
}
func (Views) MonitoringBoard(ctx context.Context, f MonitoringFilter) (MonitoringBoard, error) {
	return MonitoringBoard{}, errSoon
}
func (Views) Snapshots(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) (Lines, error) {
	return Lines{}, errSoon
}
func (Views) Scores(ctx context.Context, f ScoreFilter) (List[Score], error) {
	return List[Score]{}, errSoon
}
func (Views) Rectifications(ctx context.Context, f RectificationFilter) (RectificationList, error) {
	return RectificationList{}, errSoon
}
func (Views) Rectification(ctx context.Context, id string) (Rectification, error) {
	return Rectification{}, errSoon
}
func (Views) Chain(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear, asOf domain.Day, at eventstore.Position) (Chain, error) {
	return Chain{}, errSoon
}
func (Views) PersonChain(ctx context.Context, person string, at eventstore.Position) (Chain, error) {
	return Chain{}, errSoon
}
func (Views) Trail(ctx context.Context, f TrailFilter) (Trail, error) { return Trail{}, errSoon }
func (Views) ProgrammeStreams(ctx context.Context, code domain.ProgrammeCode) ([]string, error) {
	return nil, errSoon
}

// YearStreams are the streams behind one programme's year: what replay reads.
func (Views) YearStreams(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) ([]string, error) {
	return nil, errSoon
}
func (Views) PositionAt(ctx context.Context, t time.Time) (eventstore.Position, error) {
	return 0, errSoon
}
func (Views) Units(ctx context.Context) ([]Unit, error)                 { return nil, errSoon }
func (Views) People(ctx context.Context, text string) ([]Person, error) { return nil, errSoon }
func (Views) Overview(ctx context.Context, today domain.Day, unit domain.UnitCode) (Overview, error) {
	return Overview{}, errSoon
}

// ReadHistory returns the records of streams merged by position.
func ReadHistory(ctx context.Context, store eventstore.Store, streams []string) ([]eventstore.Record, error) {
	return nil, errSoon
}

// MomentAt returns the programme's year as records tell it up to position at;
// 0 is the last. Years other than year are left out.
func MomentAt(records []eventstore.Record, year domain.FiscalYear, at eventstore.Position) (Moment, error) {
	return Moment{}, errSoon
}

// Diff lists the cells that differ from a to b, in form order.
func Diff(a, b Moment) []Change { return nil }

// History lists every setting of the cell with key, oldest first.
func History(records []eventstore.Record, year domain.FiscalYear, key string) ([]Cell, error) {
	return nil, errSoon
}
