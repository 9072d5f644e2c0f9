package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"

	"wenxiao/eventstore"
)

var _ eventstore.Indexed = (*Store)(nil)

// Precision is what recorded_at is kept to.
func (s *Store) Precision() time.Duration { return time.Nanosecond }

// eventColumns are the columns of ledger_events in the order of the rows, with
// the kinds of value they are for.
var eventColumns = []struct {
	name string
	kind kind
}{
	{"position", null}, // the key of the row
	{"stream", integer}, {"revision", integer}, {"id", blob}, {"type", text},
	{"recorded_at", integer}, {"command", text}, {"envelope", blob}, {"data", blob},
}

func (s *Store) ReadKept(ctx context.Context, after, upTo int64) iter.Seq2[eventstore.Kept, error] {
	return func(yield func(eventstore.Kept, error) bool) {
		stopped := false
		err := s.snapshot(ctx, func(p *pages) error {
			root, err := p.root("ledger_events", "ledger_events")
			if err != nil {
				return err
			}
			return p.table(root, after, upTo, func(key int64, payload []byte, fault *eventstore.Fault) bool {
				if fault != nil {
					stopped = !yield(eventstore.Kept{}, fault)
					return !stopped
				}
				stopped = !yield(keptOf(key, payload))
				return !stopped
			})
		})
		if err != nil && !stopped {
			yield(eventstore.Kept{}, err)
		}
	}
}

func keptOf(key int64, payload []byte) (eventstore.Kept, error) {
	var v [9]value
	if !record(payload, v[:]) {
		return eventstore.Kept{Position: key, Odd: []string{"*"}}, nil
	}
	k := eventstore.Kept{
		Position: key, Stream: v[1].n, Revision: v[2].n, Type: v[4].b, RecordedAt: time.Unix(0, v[5].n).UTC(),
		Command: v[6].b, Envelope: v[7].b, Data: v[8].b,
	}
	copy(k.ID[:], v[3].b)
	for i, c := range eventColumns {
		if v[i].kind != c.kind && (c.name != "command" || v[i].kind != null) || c.name == "id" && len(v[i].b) != len(k.ID) {
			k.Odd = append(k.Odd, c.name)
		}
	}
	return k, nil
}

func (s *Store) ReadNamed(ctx context.Context) iter.Seq2[eventstore.Named, error] {
	return func(yield func(eventstore.Named, error) bool) {
		stopped := false
		err := s.snapshot(ctx, func(p *pages) error {
			root, err := p.root("ledger_streams", "ledger_streams")
			if err != nil {
				return err
			}
			return p.table(root, least, most, func(key int64, payload []byte, fault *eventstore.Fault) bool {
				var v [2]value
				if fault == nil && !record(payload, v[:]) {
					fault = &eventstore.Fault{Place: "表 ledger_streams", Why: "有一行读不出"}
				}
				if fault != nil {
					stopped = !yield(eventstore.Named{Number: key}, fault)
				} else {
					stopped = !yield(eventstore.Named{Number: key, Name: string(v[1].b)}, nil)
				}
				return !stopped
			})
		})
		if err != nil && !stopped {
			yield(eventstore.Named{}, err)
		}
	}
}

// indexes are where each index lies and how many values its entries have, the
// key of the row being the last.
var indexes = map[eventstore.Index]struct {
	table, name string
	values      int
}{
	eventstore.ByStream:  {"ledger_events", "ledger_events_stream", 3},
	eventstore.ByID:      {"ledger_events", "ledger_events_id", 2},
	eventstore.ByCommand: {"ledger_events", "ledger_events_command", 2},
	eventstore.ByName:    {"ledger_streams", "sqlite_autoindex_ledger_streams_1", 2},
}

func (s *Store) ReadIndex(ctx context.Context, index eventstore.Index) iter.Seq2[eventstore.Indexing, error] {
	return func(yield func(eventstore.Indexing, error) bool) {
		of, stopped := indexes[index], false
		err := s.snapshot(ctx, func(p *pages) error {
			root, err := p.root(of.table, of.name)
			if err != nil {
				return err
			}
			page, err := p.fetch([]uint32{root})
			if err != nil {
				return err
			}
			r := indexReader{before: make([]value, of.values), now: make([]value, of.values), name: of.name, yield: yield}
			more, err := p.index(root, page[0], r.visit, 0)
			stopped = !more && err == nil
			return err
		})
		if err != nil && !stopped {
			yield(eventstore.Indexing{}, err)
		}
	}
}

// An indexReader checks the order of entries and hands them on.
type indexReader struct {
	name        string
	yield       func(eventstore.Indexing, error) bool
	before, now []value
	key         []byte
	begun       bool
}

func (r *indexReader) visit(_ int64, payload []byte, fault *eventstore.Fault) bool {
	if fault != nil {
		return r.yield(eventstore.Indexing{}, fault)
	}
	if !record(payload, r.now) || r.now[len(r.now)-1].kind != integer {
		return r.yield(eventstore.Indexing{}, &eventstore.Fault{Place: "索引 " + r.name, Why: "有一项读不出"})
	}
	key, row := r.now[:len(r.now)-1], r.now[len(r.now)-1].n
	if r.begun && !ordered(r.before[:len(key)], key) {
		if !r.yield(eventstore.Indexing{}, &eventstore.Fault{Place: "索引 " + r.name, Why: "次序不对"}) {
			return false
		}
	}
	r.key, r.begun = r.key[:0], true
	for _, v := range key {
		if v.kind == integer {
			r.key = eventstore.AppendKey(r.key, v.n)
		} else {
			r.key = append(r.key, v.b...)
		}
	}
	r.before, r.now = r.now, r.before
	return r.yield(eventstore.Indexing{Key: r.key, Row: row}, nil)
}

var layout = regexp.MustCompile(`--[^\n]*|\s+`)

// CheckSchema compares the file with the schema that this program makes.
func (s *Store) CheckSchema(ctx context.Context) ([]string, error) {
	fresh, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer fresh.Close()
	fresh.SetMaxOpenConns(1) // each would have a database of its own
	if _, err := fresh.ExecContext(ctx, schema); err != nil {
		return nil, err
	}
	want, err := definitions(ctx, fresh)
	if err != nil {
		return nil, err
	}
	have, err := definitions(ctx, s.reads)
	if err != nil {
		return nil, s.told(err)
	}
	var odd []string
	for name, text := range want {
		if have[name] != text {
			odd = append(odd, name)
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			odd = append(odd, name)
		}
	}
	slices.Sort(odd)
	for _, single := range []string{`select count(*) = 1 and min(one) = 1 from ledger_tree`, `select count(*) = 1 from ledger_format`} {
		var one bool
		if err := s.reads.QueryRowContext(ctx, single).Scan(&one); err != nil || !one {
			odd = append(odd, "table "+single[strings.LastIndex(single, " ")+1:])
		}
	}
	return odd, nil
}

func definitions(ctx context.Context, db *sql.DB) (_ map[string]string, err error) {
	rows, err := db.QueryContext(ctx, `select type || ' ' || name, coalesce(sql, '') from sqlite_schema
		where not (type = 'table' and name in ('sqlite_stat1', 'sqlite_stat4'))`) // made by ANALYZE
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	found := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		found[name] = strings.ToLower(layout.ReplaceAllString(text, ""))
	}
	return found, rows.Err()
}
