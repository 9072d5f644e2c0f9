package projections

import (
	"context"
	"errors"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

var errSoon = errors.ErrUnsupported

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
