package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		url := pgtest.URL(t)
		return func(t *testing.T, options ...eventstore.Option) eventstore.Store { return open(t, url, options...) }
	})
}

// TestKilledProcess kills the client; what the server makes of a statement that
// is under way then is its own business, but it is one transaction.
func TestKilledProcess(t *testing.T) {
	storetest.Crash(t, 5,
		func() string { return pgtest.URL(t) },
		func(url string) (eventstore.Store, error) { return postgres.Open(context.Background(), url) },
		func(string) {},
	)
}

// TestWritten sees a writer for as long as it is there, and no reader.
func TestWritten(t *testing.T) {
	url := pgtest.URL(t)
	written := func(want bool) {
		t.Helper()
		if got, err := postgres.Written(t.Context(), url); err != nil || got != want {
			t.Errorf("%t, %v; want %t", got, err, want)
		}
	}
	written(false)
	s := open(t, url)
	written(true)
	if _, err := s.Append(t.Context(), "s", 0, draft("")); err != nil {
		t.Fatal(err)
	}
	written(true)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	reader, err := postgres.OpenReadOnly(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	written(false)
}

func open(t testing.TB, url string, options ...eventstore.Option) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(context.Background(), url, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func draft(command string) eventstore.Draft {
	return eventstore.Draft{Type: "test.happened.v1", Data: []byte("1"), Meta: eventstore.Meta{Command: command}}
}

// TestLaterWriterTakesOver opens a ledger twice: the first writer must not add
// anything any more, whatever it remembers, and can still read.
func TestLaterWriterTakesOver(t *testing.T) {
	url := pgtest.URL(t)
	first := open(t, url)
	if _, err := first.Append(t.Context(), "s", 0, draft("c-1")); err != nil {
		t.Fatal(err)
	}
	second := open(t, url)
	if a, err := second.Append(t.Context(), "s", 1, draft("c-2")); err != nil || a.Position != 2 {
		t.Fatalf("the second writer: %+v, %v", a, err)
	}
	for name, seen := range map[string]eventstore.Revision{"as it remembers": 1, "as it is": 2, "on another stream": 0} {
		if _, err := first.Append(t.Context(), map[bool]string{true: "t", false: "s"}[seen == 0], seen, draft("")); !errors.Is(err, eventstore.ErrFenced) {
			t.Errorf("the first writer, %s: %v, want ErrFenced", name, err)
		}
	}
	if err := first.Wait(t.Context(), 1); err != nil {
		t.Errorf("the first process waits for the second's record: %v", err)
	}
	if n := len(read(t, first)); n != 2 {
		t.Errorf("the first process reads %d records, want 2", n)
	}
	if a, err := second.Append(t.Context(), "s", 2, draft("c-3")); err != nil || a.Position != 3 {
		t.Errorf("the second writer was disturbed: %+v, %v", a, err)
	}
}

// TestTakingOverUnderLoad: every append the first writer was answered is there,
// once, whatever the moment.
func TestTakingOverUnderLoad(t *testing.T) {
	url := pgtest.URL(t)
	stores := []*postgres.Store{open(t, url)}
	var mu sync.Mutex
	answered := map[string]bool{}
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			store := 0
			for i := range 60 {
				command := fmt.Sprintf("c-%d-%d", w, i)
				for {
					mu.Lock()
					s := stores[store]
					mu.Unlock()
					a, err := s.Append(t.Context(), fmt.Sprint("s-", w), eventstore.Revision(i), draft(command))
					if err == nil {
						mu.Lock()
						answered[a.IDs[0]] = true
						mu.Unlock()
						break
					}
					if !errors.Is(err, eventstore.ErrFenced) {
						t.Error(err)
						return
					}
					mu.Lock()
					store = len(stores) - 1
					mu.Unlock()
				}
			}
		})
	}
	for range 3 {
		time.Sleep(15 * time.Millisecond)
		s := open(t, url)
		mu.Lock()
		stores = append(stores, s)
		mu.Unlock()
	}
	wg.Wait()
	records := read(t, stores[0])
	for i, r := range records {
		if r.Position != eventstore.Position(i+1) {
			t.Fatalf("position %d follows %d", r.Position, i)
		}
		delete(answered, r.ID)
	}
	if len(records) != 16*60 || len(answered) != 0 {
		t.Errorf("%d records, want %d; %d answered appends are missing", len(records), 16*60, len(answered))
	}
}

// TestLostConnections ends every connection under the store, over and over.
func TestLostConnections(t *testing.T) {
	url := pgtest.URL(t)
	s := open(t, url)
	admin, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := range 200 { // rarer and rarer, so that the slowest machine gets through
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(10+n) * time.Millisecond):
			}
			if _, err := admin.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and query like '%ledger_%'`); err != nil {
				t.Error(err)
				return
			}
		}
	})
	lost := 0
	for i := range 40 {
		for {
			a, err := s.Append(t.Context(), "s", eventstore.Revision(i), draft(fmt.Sprint("c-", i)))
			if err == nil {
				if a.Revision != eventstore.Revision(i+1) {
					t.Fatalf("command %d: %+v", i, a)
				}
				break
			}
			if lost++; errors.Is(err, eventstore.ErrConflict) || errors.Is(err, eventstore.ErrFenced) || lost > 10_000 {
				t.Fatalf("command %d, after %d lost connections: %v", i, lost, err)
			}
		}
	}
	close(stop)
	wg.Wait()
	if n := len(read(t, open(t, url))); n != 40 {
		t.Errorf("%d records, want 40", n)
	}
	t.Logf("%d appends failed on the way", lost)
}

func TestReadOnly(t *testing.T) {
	address := pgtest.URL(t)
	if s, err := postgres.OpenReadOnly(t.Context(), address); err == nil {
		t.Error("a ledger that is not there was opened")
		_ = s.Close()
	}
	w := open(t, address)
	if _, err := w.Append(t.Context(), "s", 0, draft("c-1")); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.OpenReadOnly(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	woken := make(chan error)
	go func() { woken <- s.Wait(t.Context(), 1) }()
	if _, err := w.Append(t.Context(), "s", 1, draft("c-2")); err != nil {
		t.Errorf("the writer was disturbed: %v", err)
	}
	if err := <-woken; err != nil {
		t.Error(err)
	}
	if n := len(read(t, s)); n != 2 {
		t.Errorf("%d records, want 2", n)
	}
	if _, err := s.Append(t.Context(), "s", 2, draft("c-3")); !errors.Is(err, postgres.ErrReadOnly) {
		t.Errorf("append: %v, want ErrReadOnly", err)
	}
}

func TestOtherDatabasesAreRefused(t *testing.T) {
	address := pgtest.URL(t)
	missing, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := missing.Query()
	query.Set("search_path", "no_such_schema")
	missing.RawQuery = query.Encode()
	later := pgtest.URL(t)
	execute(t, later, `create table ledger_head (one boolean primary key default true, version integer, epoch bigint, position bigint); insert into ledger_head values (true, 2, 0, 0)`)
	for _, u := range []string{missing.String(), later, "postgres://nobody@127.0.0.1:1/none", "::"} {
		if s, err := postgres.Open(t.Context(), u); err == nil {
			t.Errorf("%s was opened", u)
			_ = s.Close()
		}
	}
}

func read(t *testing.T, s *postgres.Store) (records []eventstore.Record) {
	t.Helper()
	for r, err := range s.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}
