package eventstore

import (
	"context"
	"iter"
	"math"
)

// Pages are counted in records and in bytes, so that what a reader holds is
// bounded whatever the records are like: at most two pages. The first is small,
// because most streams are.
const (
	firstPage = 64
	fullPage  = 1024

	// PageBytes is where a back-end ends a page early.
	PageBytes = 4 << 20
)

// A Row is a record as a back-end keeps it, before [Open].
type Row struct {
	Position       Position
	Place          uint64 // by which its page is ordered: position or revision
	Envelope, Data []byte
}

// A Page is some rows in order of place. More says that others may follow.
type Page struct {
	Rows []Row
	More bool
}

// Pages yields the records of the page that fetch returns for after, of the
// next, and so on until there are no more. While one is used the next is already
// being read. No cursor or connection is held between two pages, so a reader who
// is slow or never comes back costs the back-end nothing.
func Pages(ctx context.Context, after uint64, fetch func(ctx context.Context, after uint64, limit int) (Page, error)) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(Record{}, err)
			return
		}
		page, err := fetch(ctx, min(after, math.MaxInt64), firstPage) // no database counts further
		for more := true; more; {
			var next func() (Page, error)
			for i, row := range page.Rows {
				// Not sooner than half-way: who wants only the first records is gone by then.
				if page.More && i == len(page.Rows)/2 {
					next = ahead(ctx, page.last(), fetch)
				}
				var record Record
				if err = ctx.Err(); err == nil {
					record, err = Open(row.Position, row.Envelope, row.Data)
				}
				if err != nil {
					break
				}
				if !yield(record, nil) {
					return
				}
			}
			if err != nil {
				yield(Record{}, err)
				return
			}
			if more = page.More && next != nil; more {
				page, err = next()
			}
		}
	}
}

// ahead starts reading the page after a place and returns how to get it. The
// goroutine ends with the page, wanted or not.
func ahead(ctx context.Context, after uint64, fetch func(context.Context, uint64, int) (Page, error)) func() (Page, error) {
	type result struct {
		page Page
		err  error
	}
	ready := make(chan result, 1)
	go func() {
		page, err := fetch(ctx, after, fullPage)
		ready <- result{page, err}
	}()
	return func() (Page, error) {
		r := <-ready
		return r.page, r.err
	}
}

func (p Page) last() uint64 { return p.Rows[len(p.Rows)-1].Place }
