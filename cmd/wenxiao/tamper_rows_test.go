package main

import (
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/verify"
)

// noHistory are columns that say nothing of what was recorded.
var noHistory = map[string]string{
	"ledger_head.epoch": "the writer that has another is fenced off: see TestAChangedEpochFencesTheWriterOff",
	"ledger_head.one":   "its own constraint refuses any other value",
	"ledger_leader":     "who leads now, and nobody does when the servers have gone",
}

// TestEveryColumnOfTheLedger flips a bit of a value of every column of every
// table, in rows chosen by chance.
func TestEveryColumnOfTheLedger(t *testing.T) {
	for name, make := range victims() {
		t.Run(name, func(t *testing.T) {
			v := make(t)
			var all []ledgerTable
			v.with(t, func(db *sql.DB) error { all = v.tables(t, db); return nil })
			for _, table := range all {
				for _, column := range table.columns {
					if noHistory[table.name] != "" || noHistory[table.name+"."+column] != "" {
						continue
					}
					for range 2 {
						v.flipsColumn(t, table, column)
					}
				}
			}
		})
	}
}

func (v *victim) flipsColumn(t *testing.T, table ledgerTable, column string) {
	t.Helper()
	where := table.name + "." + column
	var row int64
	harm := v.harmed(func(db *sql.DB) error {
		var rows int64
		if err := db.QueryRow("select count(*) from " + table.name).Scan(&rows); err != nil {
			return err
		}
		at := fmt.Sprintf(" offset %d", v.chance.Int64N(rows))
		var key, value any
		if err := db.QueryRow("select "+table.key+", "+column+" from "+table.name+" order by "+table.key+" limit 1"+at).Scan(&key, &value); err != nil {
			return err
		}
		row, _ = key.(int64)
		return v.set(db, table, column, key, value)
	})
	places := []string{where}
	switch {
	case column == "width":
		places = []string{"ledger_head.width"}
	case table.name == "ledger_commands":
		places = []string{"索引 ledger_events_command"}
	case table.name == "ledger_spans":
		places = []string{"ledger_spans"}
	case column == "version":
		places = []string{"账本格式"}
	case table.name == "ledger_tree" && column == "one":
		places = []string{"ledger_tree"}
	case table.name == "ledger_head" && column == "position":
		places = []string{"账本"}
	case table.name == "ledger_tree", table.name == "ledger_head":
		places = []string{"账本自存的树"}
	case table.name == "ledger_events" && column == "position":
		places = []string{"ledger_events"}
	case table.name == "ledger_events" && column == "envelope":
		places = nil // or its column, or what it says is not what the columns say
	}
	v.suffers(t, where, func() error {
		err := harm()
		if table.name == "ledger_events" && column != "position" {
			places = append(places, fmt.Sprintf("账本位置 %d", row))
		}
		return err
	}, nil, places...)
}

// set flips bits until the database takes it: some would break a constraint. The
// position of a partition's row can only be one that is free.
func (v *victim) set(db *sql.DB, table ledgerTable, column string, key, value any) (err error) {
	if table.name == "ledger_events" && column == "position" && v.isPostgres() {
		_, err := db.Exec("update ledger_events set position = $1 where position = $2", late+1+v.chance.Int64N(partition), key)
		return err
	}
	mark := []any{"$1", "$2"}
	if _, isUUID := value.(string); isUUID && column == "id" {
		raw, _ := hex.DecodeString(strings.ReplaceAll(value.(string), "-", ""))
		value = raw
		mark[0] = "encode($1::bytea, 'hex')::uuid"
	}
	for range 20 {
		if _, err = db.Exec(fmt.Sprintf("update %s set %s = %s where %s = %s", table.name, column, mark[0], table.key, mark[1]), v.flip(value), key); err == nil {
			return nil
		}
	}
	return err
}

// TestAChangedEpochFencesTheWriterOff: what is recorded stays as it is, and the
// one who was writing hears of it.
func TestAChangedEpochFencesTheWriterOff(t *testing.T) {
	url := pgtest.URL(t)
	store, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	draft := eventstore.Draft{Type: "test.happened.v1", Data: []byte("{}")}
	if _, err := store.Append(t.Context(), "s", 0, draft); err != nil {
		t.Fatal(err)
	}
	v := &victim{place: place{url: url}}
	v.with(t, func(db *sql.DB) error { return execAll(db, "update ledger_head set epoch = epoch + 1") })
	if _, err := store.Append(t.Context(), "s", 1, draft); !errors.Is(err, eventstore.ErrFenced) {
		t.Errorf("appending goes on: %v", err)
	}
	if r, err := verify.Ledger(t.Context(), store, verify.Options{}); err != nil || r.Found > 0 || r.Size != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestRowsOfTheLedger deletes, adds, moves and swaps rows.
func TestRowsOfTheLedger(t *testing.T) {
	const columns = "position, stream, revision, id, type, recorded_at, command, envelope, data"
	swap := func(a, b int, columns ...string) []string {
		var sets []string
		for _, c := range columns {
			sets = append(sets, fmt.Sprintf("%s = (select o.%s from o where o.position = %d - ledger_events.position)", c, c, a+b))
		}
		return []string{"create temporary table o as select * from ledger_events", fmt.Sprintf("update ledger_events set %s where position in (%d, %d)", strings.Join(sets, ", "), a, b)}
	}
	for name, make := range victims() {
		t.Run(name, func(t *testing.T) {
			v := make(t)
			at := func(n int) string { return fmt.Sprintf("账本位置 %d", n) }
			index := "ledger_events_command"
			if v.isPostgres() {
				index = "ledger_events_65_id"
				v.mend = []string{"create unique index if not exists ledger_events_65_id on ledger_events_65 (id)", "drop table if exists room"}
			}
			for _, c := range []struct {
				what   string
				sql    []string
				places []string
			}{
				{"a record deleted", []string{"delete from ledger_events where position = 77"}, []string{at(77), "记录缺失"}},
				{"the first deleted", []string{"delete from ledger_events where position = 1"}, []string{at(1)}},
				{"many deleted", []string{"delete from ledger_events where position between 100 and 280"}, []string{"账本位置 100–280"}},
				{"the end cut off", []string{"delete from ledger_events where position > 290"}, []string{"账本位置 291–300"}},
				{"all deleted", []string{"delete from ledger_events"}, []string{"账本位置 1–300"}},
				{"data swapped", swap(50, 60, "data"), []string{at(50), at(60), "ledger_events.data"}},
				{"records swapped", swap(50, 60, "envelope", "data"), []string{at(50), at(60)}},
				{"one put in the place of another", []string{"update ledger_events set envelope = (select envelope from ledger_events where position = 50), data = (select data from ledger_events where position = 50) where position = 60"}, []string{at(60)}},
				{"a record added at the end", []string{"insert into ledger_events (" + columns + ") select 301, stream, 99, " + v.otherID() + ", type, recorded_at, null, envelope, data from ledger_events where position = 300"}, []string{at(301)}},
				{"a record added far behind", append(v.room(90000), "insert into ledger_events ("+columns+") select 90000, stream, 99, "+v.otherID()+", type, recorded_at, null, envelope, data from ledger_events where position = 300"), []string{"90000"}},
				{"a record before the first", append(v.room(-5), "insert into ledger_events ("+columns+") select -5, stream, 99, "+v.otherID()+", type, recorded_at, null, envelope, data from ledger_events where position = 300"), []string{"-5"}},
				{"records moved up", append(v.room(-300), "delete from ledger_events where position = 150", "update ledger_events set position = -position where position > 150", "update ledger_events set position = -position - 1 where position < 0"), []string{at(150)}},
				{"a name deleted", []string{"delete from ledger_streams where number = 7"}, []string{"ledger_streams", "7"}},
				{"a name added", []string{"insert into ledger_streams (number, name) values (9999, 'unit-x')"}, []string{"ledger_streams", "9999"}},
				{"names swapped", []string{"update ledger_streams set name = 'x' where number = 7", "update ledger_streams set name = (select name from ledger_streams where number = 8) || 'y' where number = 7"}, []string{"ledger_streams.name", "第 7 条流"}},
				{"an index dropped", []string{"drop index " + index}, []string{index}},
			} {
				t.Run(c.what, func(t *testing.T) { v.suffers(t, c.what, v.sql(c.sql...), nil, c.places...) })
			}
			trigger := []string{"create trigger t after insert on ledger_events begin delete from ledger_events where position = 1; end"}
			if v.isPostgres() {
				trigger = []string{"create function f() returns trigger language plpgsql as 'begin return null; end'", "create trigger t before insert on ledger_events for each row execute function f()"}
			}
			v.suffers(t, "a trigger", v.sql(trigger...), nil, "trigger t")
		})
	}
}

// room makes a partition for a position that the ledger has none for.
func (v *victim) room(position int) []string {
	if !v.isPostgres() {
		return nil
	}
	return []string{fmt.Sprintf("create table room partition of ledger_events for values from (%d) to (%d)", position, max(position+1, min(position+300, 1)))}
}

// TestPartitionsOfTheLedger takes partitions away, or what they are found by.
func TestPartitionsOfTheLedger(t *testing.T) {
	v := victims()["postgres"](t)
	for _, c := range []struct {
		what       string
		harm, mend []string
		places     []string
	}{
		{
			"a partition detached", []string{"alter table ledger_events detach partition ledger_events_65"},
			[]string{"alter table ledger_events attach partition ledger_events_65 for values from (65) to (129)"},
			[]string{"partition ledger_events_65 detached", "账本位置 65–128", "记录缺失"},
		},
		{
			"the last one", []string{"alter table ledger_events detach partition ledger_events_257"},
			[]string{"alter table ledger_events attach partition ledger_events_257 for values from (257) to (321)"},
			[]string{"partition ledger_events_257 detached", "账本位置 257–300"},
		},
		{"a command deleted", []string{"delete from ledger_commands where command = 'command-100'"}, nil, []string{"索引 ledger_events_command", "账本位置 "}},
		{"a command added", []string{"insert into ledger_commands values ('never-carried-out', 100)"}, nil, []string{"索引 ledger_events_command", "账本位置 100 "}},
		{"a command of another record", []string{"update ledger_commands set position = 9 where command = 'command-100'"}, nil, []string{"索引 ledger_events_command", "账本位置 9 "}},
		{"spans deleted", []string{"delete from ledger_spans where part = 129"}, nil, []string{"ledger_spans", "ledger_events_129"}},
		{"a span more", []string{"insert into ledger_spans values (7, 257, 5)"}, nil, []string{"ledger_spans：第 7 条流"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			v.mend = c.mend
			v.suffers(t, c.what, v.sql(c.harm...), nil, c.places...)
		})
	}
	if code, out := v.verify(); code != 0 {
		t.Errorf("after all was put back: %s", out)
	}
}

func (v *victim) otherID() string {
	if v.isPostgres() {
		return "gen_random_uuid()"
	}
	return "randomblob(16)"
}

// A forger who knows how the ledger is made changes a record and all that follows
// from it: columns, the tree, even the published files. What was signed does not
// follow; and if the forger has the key, what somebody keeps does not.
func TestForgers(t *testing.T) {
	for name, make := range victims() {
		t.Run(name, func(t *testing.T) {
			v := make(t)
			v.suffers(t, "rows and tree", func() error { return v.forge(t, 124) }, nil, "已公布的检查点", "最后签署的检查点", "历史被改写过", "账本位置 124 ")
			v.suffers(t, "rows, tree and tiles", func() error {
				if err := v.forge(t, 124); err != nil {
					return err
				}
				return os.RemoveAll(v.tiles().Dir + "/tile")
			}, nil, "历史被改写过")
			withKey := func() error {
				if err := v.forge(t, 124); err != nil {
					return err
				}
				if err := errors.Join(os.RemoveAll(v.tiles().Dir), os.Truncate(v.place.beside("seal")+"/signed", 0)); err != nil {
					return err
				}
				code, out := v.run("seal", "publish")
				if code == 0 {
					code, out = v.run("rebuild")
				}
				if code == 0 {
					if code, out = v.verify("--tables"); code == 0 {
						return nil
					}
				}
				return fmt.Errorf("the forgery is no good: %s", out)
			}
			v.suffers(t, "with the key, against a checkpoint that was kept", withKey, []string{"--against", v.kept}, "留存的检查点", "账本的历史与检查点不一致", "历史被改写过", "公开日志的历史与检查点不一致")
			if err := withKey(); err != nil {
				t.Fatal(err)
			}
			if code, out := v.run("verify", v.receipt, "--policy", v.policy); code != 1 || !strings.Contains(out, "历史被改写过") {
				t.Errorf("with the key, against a receipt of another record: %d %s", code, out)
			}
			v.restore(t)
		})
	}
}

// forge changes the data of a record, and everything the ledger's database
// derives from them.
func (v *victim) forge(t *testing.T, position eventstore.Position) error {
	ctx := t.Context()
	store, err := v.openReader(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	var tree eventstore.Tree
	var forged eventstore.Record
	for r, err := range store.ReadAll(ctx, 0) {
		if err != nil {
			return err
		}
		if r.Position == position {
			changed := bytesReplace(r.Data)
			of, err := eventstore.Seal(r.Stream, r.Revision, r.RecordedAt, eventstore.Draft{Type: r.Type, Data: changed})
			if err != nil {
				return err
			}
			r.DataHash, r.DataSM3, r.Data = of.DataHash, of.DataSM3, changed
			r.Envelope = r.Header.Encode(nil)
			forged = r
		}
		tree = tree.Add(r.Envelope)
	}
	if err := store.Close(); err != nil {
		return err
	}
	return v.harmed(func(db *sql.DB) error {
		root := tree.Root()
		grow := "update ledger_tree set edge = $1, root = $2"
		if v.isPostgres() {
			grow = "update ledger_head set tree_edge = $1, tree_root = $2"
		}
		_, err := db.Exec("update ledger_events set envelope = $1, data = $2 where position = $3", forged.Envelope, forged.Data, int64(position))
		if err == nil {
			_, err = db.Exec(grow, tree.EdgeBytes(), root[:])
		}
		return err
	})()
}

func bytesReplace(data []byte) []byte {
	return []byte(strings.ReplaceAll(string(data), "单位", "机构"))
}

// TestOlderCopies puts back what was copied earlier: part of it disagrees with
// the rest; all of it agrees with itself, and not with what somebody keeps.
func TestOlderCopies(t *testing.T) {
	for name, make := range victims() {
		t.Run(name, func(t *testing.T) {
			v := make(t)
			everything := func() error { v.copy(t, v.older, true); return nil }
			v.suffers(t, "everything, and a checkpoint was kept", everything, []string{"--against", v.kept, "--policy", v.policy}, fmt.Sprintf("账本只到 %d，留存的检查点 %s已到 %d", early, v.kept, late))
			if err := everything(); err != nil {
				t.Fatal(err)
			}
			if code, out := v.run("verify", v.receipt, "--policy", v.policy); code != 1 || !strings.Contains(out, fmt.Sprintf("账本只到 %d", early)) {
				t.Errorf("a receipt against the older copy: %d %s", code, out)
			}
			v.restore(t)
			v.suffers(t, "the ledger only", func() error {
				saved := v.place
				v.copy(t, v.older, true)
				for _, part := range []string{"seal", "log", "files"} {
					from := v.sound + strings.TrimPrefix(saved.beside(part), v.dir)
					if err := copyFiles(saved.beside(part), from); err != nil {
						return err
					}
				}
				return nil
			}, nil, fmt.Sprintf("账本只到 %d，已公布的检查点已到 %d", early, late), fmt.Sprintf("账本只到 %d，最后签署的检查点已到 %d", early, late))
		})
	}
}

// TestTheDoctorNamesWhatIsWrong, also where the tables could not follow.
func TestTheDoctorNamesWhatIsWrong(t *testing.T) {
	v := victims()["sqlite"](t)
	v.do(t, "doctor")
	if err := v.sql("update ledger_events set data = x'00' where position = 77", "delete from ledger_streams where number = 9")(); err != nil {
		t.Fatal(err)
	}
	if code, out := v.run("doctor"); code != 1 || !strings.Contains(out, "账本位置 77 ") || !strings.Contains(out, "第 9 条流") {
		t.Errorf("%d %s", code, out)
	}
}
