package postgres

import (
	"context"
	"errors"
	"iter"

	"wenxiao/eventstore"
)

// An Earlier is a ledger of an earlier format, open to see what is in it before
// it is brought to this one. Of a [Store] it has what those formats share: Head,
// and reading a stream.
type Earlier struct {
	*Store
}

// OpenEarlier opens the ledger in the database at url if it is of an earlier
// format, and changes nothing. It returns nil where there is none, or none yet.
func OpenEarlier(ctx context.Context, url string) (*Earlier, error) {
	s, err := connect(ctx, url)
	if err != nil {
		return nil, err
	}
	var version int
	err = s.reads.QueryRow(ctx, `select version from ledger_head`).Scan(&version)
	if err == nil && 0 < version && version < format {
		return &Earlier{s}, nil
	}
	if undefined(err) {
		err = nil
	}
	return nil, errors.Join(err, s.Close())
}

// Still reports whether the ledger is of an earlier format still: another process
// may have brought it to this one since it was opened.
func (e *Earlier) Still(ctx context.Context) (earlier bool, err error) {
	err = e.reads.QueryRow(ctx, `select version < $1 from ledger_head`, format).Scan(&earlier)
	return earlier, e.told(err)
}

// writes is the lock that a writer shares, among the server's.
const writes = `locktype = 'advisory' and granted and objsubid = 1 and mode = 'ShareLock'
		and database = (select oid from pg_database where datname = current_database())
		and ((classid::bigint << 32) | objid::bigint) = ` + writing

// Written reports whether a program that knows nothing of several processes has
// the ledger open for writing. One that brings it to this format just now is none.
// It only looks: two that ask at once do not take one another for a writer.
func (e *Earlier) Written(ctx context.Context) (written bool, err error) {
	err = e.reads.QueryRow(ctx, `select coalesce(bool_or(`+writes+`) and not bool_or(`+leads+`), false) from pg_locks`).Scan(&written)
	return written, e.told(err)
}

const readEarlier = `select position, revision, envelope, data from ledger_events
	where stream = (select number from ledger_streams where name = $3) and revision > $1 order by revision limit $2`

func (e *Earlier) ReadStream(ctx context.Context, stream string, after eventstore.Revision) iter.Seq2[eventstore.Record, error] {
	return eventstore.Pages(ctx, uint64(after), func(ctx context.Context, after uint64, limit int) (eventstore.Page, error) {
		return e.page(ctx, limit, readEarlier, int64(after), limit, stream)
	})
}
