package projections

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
)

func smallCity(t testing.TB) *memory.Store {
	store := memory.New()
	t.Cleanup(func() { store.Close() })
	c := newCity(t, store, 3)
	c.found(3, 2)
	c.year(3, 2, 2022, 3)
	return store
}

// count is the number of rows of a table.
func count(t testing.TB, v Views, table string) (n int) {
	t.Helper()
	if err := v.DB.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRowsAndMarksStayInStepWhenBrokenOff(t *testing.T) {
	store, db := smallCity(t), openViews(t)
	head, _ := store.Head(t.Context())
	for pages := 1; ; pages++ {
		r := quiet(db, store, 16)
		check(t, r.open(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		seen := 0
		err := r.live.catchUp(ctx, head, func(eventstore.Position) {
			if seen++; seen == pages {
				cancel()
			}
		})
		cancel()
		marks, merr := r.Marks(t.Context())
		check(t, merr)
		for _, m := range marks {
			if rows := count(t, Views{db}, "trail_v1"); eventstore.Position(rows) != m.Position {
				t.Fatalf("%s is at %d, but the trail has %d rows", m.Name, m.Position, rows)
			}
		}
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	broken := dump(t, db)
	whole := openViews(t)
	check(t, quiet(whole, store, 4096).CatchUp(t.Context()))
	if a := dump(t, whole); a != broken {
		t.Errorf("broken off and in one go differ:\n%s", differ(broken, a))
	}
}

func TestUnknownRecordStopsAllAndSaysWhich(t *testing.T) {
	store, db := smallCity(t), openViews(t)
	head, _ := store.Head(t.Context())
	appendRaw(t, store, "unit-x", "unit.dissolved.v9", `{}`)
	appendRaw(t, store, "unit-y", "unit.renamed.v1", `{"name":"x","since":"2022-01-01","document":"d"}`)
	r := quiet(db, store, 16)
	err := r.CatchUp(t.Context())
	if err == nil || !strings.Contains(err.Error(), `unit-x@1`) || !strings.Contains(err.Error(), `unknown event type "unit.dissolved.v9"`) {
		t.Fatalf("got %v", err)
	}
	marks, err := r.Marks(t.Context())
	check(t, err)
	for _, m := range marks {
		if m.Position != head || m.Head != head+2 || !strings.Contains(m.Stopped, "unit.dissolved.v9") {
			t.Errorf("mark %+v, want stopped at %d", m, head)
		}
	}
	if err := r.Run(t.Context()); err == nil {
		t.Error("Run went on")
	}
	if err := r.WaitFor(t.Context(), head+1); err == nil {
		t.Error("WaitFor waited for a record nobody can read")
	}
}

func TestUnknownFieldStops(t *testing.T) {
	store, db := smallCity(t), openViews(t)
	appendRaw(t, store, "unit-x", "unit.renamed.v1", `{"name":"x","since":"2022-01-01","document":"d","colour":"red"}`)
	err := quiet(db, store, 4096).CatchUp(t.Context())
	if err == nil || !strings.Contains(err.Error(), "colour") {
		t.Errorf("got %v", err)
	}
}

func appendRaw(t testing.TB, store eventstore.Store, stream, eventType, data string) {
	t.Helper()
	_, err := store.Append(context.Background(), stream, 0, eventstore.Draft{Type: eventType, Data: []byte(data), Meta: eventstore.Meta{Actor: reviewer, Command: "raw-" + stream}})
	if err != nil {
		t.Fatal(err)
	}
}

// later is a projection as a new version of the program would bring it.
type later struct{}

var laterTable = &tableOf[Person]{Table: Table{Name: "people_v2", Columns: "person TEXT, search TEXT, unit TEXT", Key: "person"}, columns: peopleTable.columns}

func (later) Name() string    { return laterTable.Name }
func (later) Tables() []Table { return []Table{laterTable.Table} }
func (later) Apply(page *Page, f Fact) error {
	p, err := laterTable.take(page, key{f.Actor.Person})
	if err != nil {
		return err
	}
	p.Person, p.Acts, p.UnitName = f.Actor.Person, p.Acts+1, f.UnitName
	laterTable.put(page, key{f.Actor.Person}, p)
	return nil
}

func TestNewVersionFillsBesideWhileOthersGoOn(t *testing.T) {
	store, db := smallCity(t), openViews(t)
	check(t, quiet(db, store, 4096).CatchUp(t.Context()))
	head, _ := store.Head(t.Context())
	appendRaw(t, store, "unit-z", "unit.registered.v1", `{"code":"z","name":"z","kind":"budgetary"}`)

	r := NewRunner(db, store, slog.New(slog.DiscardHandler), append(All(), later{})...)
	r.pageSize = 8
	check(t, r.open(t.Context()))
	others, behind := eventstore.Position(0), eventstore.Position(0)
	check(t, r.live.catchUp(t.Context(), head+1, func(eventstore.Position) {
		if behind == 0 && r.live.highest() > head {
			others, behind = r.live.highest(), r.live.lowest()
		}
	}))
	if others != head+1 || behind >= head {
		t.Errorf("the others were at %d when the new one was at %d of %d", others, behind, head+1)
	}
	v := Views{db}
	a, err := docs(t.Context(), v, peopleTable, "SELECT doc FROM people_v1 WHERE person = 'p001'")
	check(t, err)
	b, err := docs(t.Context(), v, laterTable, "SELECT doc FROM people_v2 WHERE person = 'p001'")
	check(t, err)
	if len(b) != 1 || b[0].Acts != a[0].Acts || b[0].UnitName == "" {
		t.Errorf("beside: %+v, live: %+v", b, a)
	}
}

func TestRebuildNeverShowsAnEmptyTable(t *testing.T) {
	store, db := smallCity(t), openViews(t)
	r := quiet(db, store, 16)
	check(t, r.CatchUp(t.Context()))
	want := count(t, Views{db}, "programmes_v1")
	done := make(chan error)
	go func() {
		done <- quiet(db, store, 16).Rebuild(context.Background(), func(eventstore.Position, eventstore.Position) {})
	}()
	for looks := 0; ; looks++ {
		if n := count(t, Views{db}, "programmes_v1"); n != want {
			t.Fatalf("a reader saw %d rows of %d", n, want)
		}
		select {
		case err := <-done:
			check(t, err)
			if looks == 0 {
				t.Error("nobody looked")
			}
			if _, err := db.Exec("SELECT 1 FROM programmes_v1_fresh"); err == nil {
				t.Error("the fresh table is left over")
			}
			return
		default:
		}
	}
}

func TestReaderSeesItsOwnWrite(t *testing.T) {
	store, db := memory.New(), openViews(t)
	defer store.Close()
	r := quiet(db, store, 16)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	v := Views{db}
	for i, code := range []domain.UnitCode{"a", "b", "c"} {
		o := newOffice(t, store)
		o.n = i * 10
		must(o, unit.Stored, unit.Stream(code), reviewer, unit.Register{Code: code, Name: "示例市" + string(code) + "局", Kind: unit.Budgetary})
		head, _ := store.Head(ctx)
		check(t, r.WaitFor(ctx, head))
		list, err := v.Units(ctx)
		check(t, err)
		if len(list) != i+1 {
			t.Fatalf("after %d registrations the reader sees %d units", i+1, len(list))
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	waiting, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if err := r.WaitFor(waiting, 99); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for what is not there: %v", err)
	}
}

// broken is a projection whose table cannot be written.
type broken struct{ later }

func (broken) Apply(*Page, Fact) error { return errors.New("no room") }

func TestWhoWaitsIsToldWhenFillingFails(t *testing.T) {
	store, db := memory.New(), openViews(t)
	defer store.Close()
	o := newOffice(t, store)
	must(o, unit.Stored, unit.Stream("a"), reviewer, unit.Register{Code: "a", Name: "示例市局", Kind: unit.Budgetary})
	r := NewRunner(db, store, slog.New(slog.DiscardHandler), units{}, broken{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() { _ = r.Run(ctx) }()
	if err := r.WaitFor(ctx, 1); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("got %v", err)
	}
	if n := count(t, Views{db}, "units_v1"); n != 0 {
		t.Errorf("%d rows of a page that failed", n)
	}
}
