package eventstore

import (
	"context"
	"iter"
)

// Pages are counted in records and in bytes, so that what a reader holds is
// bounded whatever the records are like. The first is small: most streams are.
const (
	firstPage = 64
	fullPage  = 1024

	// PageBytes is where a back-end ends a page early.
	PageBytes = 4 << 20
)

// Pages yields what fetch returns for after, then for next, and so on until
// there is no more. Nothing is held open between two pages, so that a reader
// who is slow or never comes back costs the back-end nothing.
func Pages(ctx context.Context, after uint64, fetch func(ctx context.Context, after uint64, limit int) (page []Record, next uint64, more bool, err error)) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for after, limit, more := after, firstPage, true; more; limit = fullPage {
			var page []Record
			err := ctx.Err()
			if err == nil {
				page, after, more, err = fetch(ctx, after, limit)
			}
			if err != nil {
				yield(Record{}, err)
				return
			}
			for _, r := range page {
				if err := ctx.Err(); err != nil {
					yield(Record{}, err)
					return
				}
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}
