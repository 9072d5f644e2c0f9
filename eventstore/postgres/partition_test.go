package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/storetest"
)

// divided is a new ledger with partitions of width records.
func divided(t testing.TB, width int64) (url string) {
	t.Helper()
	url = pgtest.URL(t)
	if err := postgres.Create(t.Context(), url, width); err != nil {
		t.Fatal(err)
	}
	return url
}

// many are the laws with thousands of records.
var many = []string{"large_append", "adopted_ledger", "broken_off", "misses_nothing", "not_adopted", "cancelled_read", "any_run_of_calls"}

// TestStoreOfPartitions: all that holds of a store holds across the borders of
// partitions.
func TestStoreOfPartitions(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		width := int64(3)
		for _, name := range many {
			if strings.Contains(t.Name(), name) {
				width = 300
			}
		}
		url := divided(t, width)
		return func(t *testing.T, options ...eventstore.Option) eventstore.Store { return open(t, url, options...) }
	})
}

// TestKilledAtBorders kills the client where partitions are made all the time.
func TestKilledAtBorders(t *testing.T) {
	storetest.Crash(t, 3,
		func() string { return divided(t, 10) },
		func(url string) (eventstore.Store, error) { return postgres.Open(context.Background(), url) },
		func(string) {},
	)
}

// fill appends n records to three streams, every other one with a command.
func fill(t *testing.T, s *postgres.Store, n int) {
	t.Helper()
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := int(head); i < int(head)+n; i++ {
		command := ""
		if i%2 == 0 {
			command = fmt.Sprint("c-", i)
		}
		if _, err := s.Append(t.Context(), fmt.Sprint("s-", i%3), eventstore.Revision(i/3), draft(command)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPartitionsAreMadeAhead(t *testing.T) {
	url := divided(t, 10)
	s := open(t, url)
	for _, c := range []struct{ records, partitions int }{{0, 2}, {10, 2}, {1, 3}, {9, 3}, {1, 4}} {
		fill(t, s, c.records)
		if n := number(t, url, `select count(*) from pg_inherits where inhparent = 'ledger_events'::regclass`); n != c.partitions {
			t.Errorf("%d partitions, want %d", n, c.partitions)
		}
	}
	if n := number(t, url, `select count(*) from ledger_events_11`); n != 10 {
		t.Errorf("%d records in the second partition", n)
	}
}

// TestADumpHoldsNobodyUp: whoever reads the table, for hours, as pg_dump does,
// holds up no append and no partition.
func TestADumpHoldsNobodyUp(t *testing.T) {
	url := divided(t, 5)
	s := open(t, url)
	fill(t, s, 4)
	dump := connect(t, url)
	run(t, dump, `begin`, `lock table ledger_events, ledger_events_1, ledger_events_6 in access share mode`, `select count(*) from ledger_events`)
	fill(t, s, 20)
	run(t, dump, `commit`)
}

// TestAPartitionThatCannotBeMade: as long as there is room appends go on; then
// nothing of them is in, and once it can be made they do again.
func TestAPartitionThatCannotBeMade(t *testing.T) {
	url := divided(t, 5)
	s := open(t, url)
	admin := connect(t, url)
	run(t, admin, `create table ledger_events_11 ()`)
	fill(t, s, 10)
	if _, err := s.Append(t.Context(), "s-1", 3, draft("late")); !errors.Is(err, eventstore.ErrUnwritten) || !strings.Contains(err.Error(), "ledger_events_11") {
		t.Fatalf("without room: %v", err)
	}
	run(t, admin, `drop table ledger_events_11`)
	fill(t, s, 10)
	if n := len(read(t, s)); n != 20 {
		t.Errorf("%d records", n)
	}
}

// TestOldCommandsStayTaken: the database itself refuses a command that was
// carried out in another partition.
func TestOldCommandsStayTaken(t *testing.T) {
	url := divided(t, 5)
	s := open(t, url)
	first, err := s.Append(t.Context(), "first", 0, draft("old"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if _, err := s.Append(t.Context(), "s", eventstore.Revision(i), draft("")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := open(t, url).Append(t.Context(), "first", 0, draft("old"))
	if err != nil || !again.Repeated || again.IDs[0] != first.IDs[0] {
		t.Errorf("repeated after four partitions: %+v, %v", again, err)
	}
	if _, err := connect(t, url).Exec(t.Context(), `insert into ledger_commands values ('old', 99)`); err == nil {
		t.Error("the database took the command twice")
	}
}

// TestFormat2 opens a ledger as the version before this one left it, on several
// widths and on none.
func TestFormat2(t *testing.T) {
	for _, c := range []struct {
		records int
		width   int64
		until   int
	}{{0, 10, 11}, {7, 10, 11}, {10, 10, 21}, {95, 10, 101}, {30, 1000, 1001}} {
		t.Run(fmt.Sprint(c.records), func(t *testing.T) {
			url := former(t, c.records)
			if s, err := postgres.OpenReadOnly(t.Context(), url); err == nil || !strings.Contains(err.Error(), "wenxiao serve") {
				_ = s.Close()
				t.Errorf("read-only before the upgrade: %v", err)
			}
			if err := postgres.Create(t.Context(), url, c.width); err != nil {
				t.Fatal(err)
			}
			s := open(t, url)
			if n := number(t, url, `select min(split_part(relname, '_', 3)::int) from pg_inherits join pg_class on oid = inhrelid where inhparent = 'ledger_events'::regclass and relname <> 'ledger_events_1'`); n != c.until {
				t.Errorf("the second partition begins at %d, want %d", n, c.until)
			}
			fill(t, s, 30)
			records := read(t, s)
			if len(records) != c.records+30 {
				t.Errorf("%d records", len(records))
			}
			if c.records > 0 {
				a, err := s.Append(t.Context(), "s-0", 0, draft("c-0"))
				if err != nil || !a.Repeated || a.IDs[0] != records[0].ID {
					t.Errorf("a command from before: %+v, %v", a, err)
				}
			}
			sound(t, s)
		})
	}
}

// sound fails if anything of the schema or of an index is odd.
func sound(t *testing.T, s *postgres.Store) {
	t.Helper()
	if odd := faults(t, s); len(odd) > 0 {
		t.Errorf("odd: %v", odd)
	}
}

func faults(t *testing.T, s *postgres.Store) []string {
	t.Helper()
	odd, err := s.CheckSchema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range []eventstore.Index{eventstore.ByStream, eventstore.ByID, eventstore.ByCommand, eventstore.ByName} {
		for _, err := range s.ReadIndex(t.Context(), index) {
			if fault := new(eventstore.Fault); errors.As(err, &fault) {
				odd = append(odd, fault.Error())
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	return odd
}

// former makes a ledger of format 2 with real records.
func former(t *testing.T, records int) (url string) {
	t.Helper()
	url = pgtest.URL(t)
	s := open(t, url)
	fill(t, s, records)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	pgtest.Former(t, url)
	return url
}

// TestOddPartitions: what is wrong with a partition is named.
func TestOddPartitions(t *testing.T) {
	for _, c := range []struct {
		what string
		sql  []string
		said string
	}{
		{"detached", []string{`alter table ledger_events detach partition ledger_events_6`}, "partition ledger_events_6 detached"},
		{"a gap where it was", []string{`alter table ledger_events detach partition ledger_events_6`}, "partition ledger_events_6 missing: the next is ledger_events_11"},
		{"dropped", []string{`drop table ledger_events_1`}, "partition ledger_events_1 missing"},
		{"none ahead", []string{`drop table ledger_events_26`}, "partition ledger_events_26 missing: there is none ahead"},
		{"a default", []string{`create table rest partition of ledger_events default`}, "partition rest is not one of the ledger's"},
		{"renamed", []string{`alter table ledger_events_6 rename to ledger_events_7`}, "partition ledger_events_7 is not one of the ledger's"},
		{"of another width", []string{`drop table ledger_events_26`, `create table ledger_events_26 (like ledger_events, primary key (position))`, `alter table ledger_events attach partition ledger_events_26 for values from (26) to (30)`}, "partition ledger_events_26 is 4 wide"},
		{"the width said otherwise", []string{`update ledger_head set width = 6`}, "ledger_head.width is 6"},
		{"unlogged", []string{`alter table ledger_events_6 set unlogged`}, "table ledger_events_6 unlogged"},
		{"without an index", []string{`drop index ledger_events_6_stream`}, "index ledger_events_6_stream on ledger_events_6 unique"},
		{"with a trigger", []string{`create function f() returns trigger language plpgsql as 'begin return null; end'`, `create trigger t before insert on ledger_events_6 for each row execute function f()`}, "trigger t on ledger_events_6"},
		{"a row in the wrong place", []string{
			`alter table ledger_events detach partition ledger_events_6`,
			`update ledger_events_6 set position = 3 where position = 8`,
			`alter table ledger_events_6 add constraint within check (position >= 6 and position < 11) not valid`,
			`update pg_constraint set convalidated = true where conname = 'within' and conrelid = 'ledger_events_6'::regclass`,
			`alter table ledger_events attach partition ledger_events_6 for values from (6) to (11)`,
		}, "partition ledger_events_6 holds positions 3 to 10"},
		{"an id in two partitions", []string{`update ledger_events_11 set id = (select id from ledger_events_1 where position = 2) where position = 12`}, "索引 ledger_events_id"},
		{"a revision in two partitions", []string{`update ledger_events_11 set (stream, revision) = (select stream, revision from ledger_events_1 where position = 2) where position = 12`}, "索引 ledger_events_stream"},
		{"a span of a partition that is not there", []string{`insert into ledger_spans values (1, 7, 2)`}, "第 1 条流记着分区 ledger_events_7"},
		{"a span too early", []string{`update ledger_spans set revision = revision - 1 where stream = 2 and part = 6`}, "第 2 条流在 ledger_events_6 的首个版次是 2，表中记为 1"},
		{"a span missing", []string{`delete from ledger_spans where stream = 2 and part = 6`}, "第 2 条流在 ledger_events_6 的首个版次是 2，表中记为 0"},
	} {
		t.Run(c.what, func(t *testing.T) {
			url := divided(t, 5)
			s := open(t, url)
			for i := range 6 {
				if _, err := s.Append(t.Context(), fmt.Sprint("s-", i%3), eventstore.Revision(i/3*4), draft(fmt.Sprint("c-", i)), draft(fmt.Sprint("c-", i)), draft(fmt.Sprint("c-", i)), draft(fmt.Sprint("c-", i))); err != nil {
					t.Fatal(err)
				}
			}
			sound(t, s)
			execute(t, url, c.sql...)
			for _, odd := range faults(t, s) {
				if strings.Contains(odd, c.said) {
					return
				}
			}
			t.Errorf("said: %q", faults(t, s))
		})
	}
}

func number(t *testing.T, url, query string) (n int) {
	t.Helper()
	if err := connect(t, url).QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func run(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}
