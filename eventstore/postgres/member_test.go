package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/storetest"
)

// TestJoinedLeader: a process that joined and leads is a store like any other.
func TestJoinedLeader(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		url := pgtest.URL(t)
		return func(t *testing.T, options ...eventstore.Option) eventstore.Store {
			return join(t, url, "leads", options...)
		}
	})
}

// TestFollower: so is one that hands its appends to another.
func TestFollower(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener { return following(pgtest.URL(t)) })
}

// following opens a follower, and before it the leader it hands its appends to.
func following(url string) storetest.Opener {
	return func(t *testing.T, options ...eventstore.Option) eventstore.Store {
		leader := join(t, url, "leads", options...)
		if l, err := leader.Leader(t.Context()); err != nil || !l.Here {
			t.Fatalf("who joins alone does not lead: %+v, %v", l, err)
		}
		f := &follower{Store: join(t, url, "follows"), leader: leader}
		if l, err := f.Leader(t.Context()); err != nil || l.Here || l.Name != "leads" {
			t.Fatalf("the second to join finds %+v, %v", l, err)
		}
		return f
	}
}

type follower struct {
	*postgres.Store
	leader *postgres.Store
}

func (f *follower) Close() error { return errors.Join(f.Store.Close(), f.leader.Close()) }

// TestHandover: when the leader leaves the next one leads, and what Lead has called
// here has ended before it is called there.
func TestHandover(t *testing.T) {
	url := pgtest.URL(t)
	first, second := join(t, url, "first"), join(t, url, "second")
	doing := make(chan string, 4)
	lead := func(s *postgres.Store, name string) <-chan error {
		done := make(chan error, 1)
		go func() {
			done <- eventstore.Lead(t.Context(), s, func(ctx context.Context) error {
				doing <- name + " begins"
				<-ctx.Done()
				doing <- name + " ends"
				return ctx.Err()
			})
		}()
		return done
	}
	ended := lead(first, "first")
	lead(second, "second")
	if said := <-doing; said != "first begins" {
		t.Fatal(said)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, eventstore.ErrClosed) {
		t.Errorf("lead: %v, want ErrClosed", err)
	}
	for _, want := range []string{"first ends", "second begins"} {
		if said := <-doing; said != want {
			t.Errorf("%s, want that %s", said, want)
		}
	}
	if l, err := second.Leader(t.Context()); err != nil || !l.Here || l.Name != "second" || l.Epoch != 2 {
		t.Errorf("%+v, %v", l, err)
	}
	if _, err := second.Append(t.Context(), "s", 0, draft("")); err != nil {
		t.Error(err)
	}
}

// TestLead: an error of what it calls ends it, no error waits for the next term.
func TestLead(t *testing.T) {
	url := pgtest.URL(t)
	s := join(t, url, "leads")
	broken := errors.New("broken")
	called := 0
	err := s.Lead(t.Context(), func(context.Context) error {
		if called++; called < 3 {
			execute(t, url, `select pg_terminate_backend(session) from ledger_leader`)
			return nil
		}
		return broken
	})
	if !errors.Is(err, broken) || called != 3 {
		t.Errorf("called %d times, then %v", called, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.Lead(ctx, func(context.Context) error { cancel(); return broken }); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	opened := open(t, pgtest.URL(t))
	if err := eventstore.Lead(t.Context(), opened, func(context.Context) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("who writes alone: %v", err)
	}
	reader, err := postgres.OpenReadOnly(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := reader.Lead(ctx, func(context.Context) error { return broken }); !errors.Is(err, context.Canceled) {
		t.Errorf("who only reads: %v", err)
	}
}

// TestTakenAway: whoever opens the ledger takes it from the leader, who takes it
// back to append.
func TestTakenAway(t *testing.T) {
	url := pgtest.URL(t)
	first, second := join(t, url, "first"), join(t, url, "second")
	for i := range 3 {
		opened := open(t, url)
		if _, err := opened.Append(t.Context(), "s", eventstore.Revision(3*i), draft("")); err != nil {
			t.Fatal(err)
		}
		for j, s := range []*postgres.Store{first, second} {
			if _, err := s.Append(t.Context(), "s", eventstore.Revision(3*i+j+1), draft("")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := opened.Append(t.Context(), "s", 0, draft("")); !errors.Is(err, eventstore.ErrFenced) {
			t.Errorf("who opened it: %v, want ErrFenced", err)
		}
	}
}

// TestAllAtOnce has processes join an empty database at the same time.
func TestAllAtOnce(t *testing.T) {
	url := pgtest.URL(t)
	const members = 4
	stores, errs := make([]*postgres.Store, members), make([]error, members)
	var joining sync.WaitGroup
	for i := range members {
		joining.Go(func() { stores[i], errs[i] = postgres.Join(context.Background(), url, postgres.Member{}) })
	}
	joining.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	here := 0
	for i, s := range stores {
		defer s.Close()
		if a, err := s.Append(t.Context(), "s", eventstore.Revision(i), draft("")); err != nil || a.Position != eventstore.Position(i+1) {
			t.Errorf("%+v, %v", a, err)
		}
		if l, err := s.Leader(t.Context()); err == nil && l.Here {
			here++
		}
	}
	if here != 1 {
		t.Errorf("%d lead", here)
	}
}

// outOfReach opens a leader that cannot be reached, and one that follows it and
// does not find out.
func outOfReach(t *testing.T) (leads, follows *postgres.Store) {
	t.Helper()
	url := pgtest.URL(t)
	leads, err := postgres.Join(t.Context(), url, postgres.Member{Advertise: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { leads.Close() })
	follows, err = postgres.Join(t.Context(), url, postgres.Member{Patience: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { follows.Close() })
	return leads, follows
}

// TestNobodyCanBeReached: an append that finds no leader in time says so, and adds
// nothing later.
func TestNobodyCanBeReached(t *testing.T) {
	far, s := outOfReach(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := s.Append(ctx, "s", 0, draft("c")); !errors.Is(err, eventstore.ErrNoLeader) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want ErrNoLeader and that it is too late", err)
	}
	waiting := make(chan error)
	go func() {
		_, err := s.Append(t.Context(), "s", 0, draft(""))
		waiting <- err
	}()
	time.Sleep(50 * time.Millisecond)
	if err := far.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; err != nil {
		t.Errorf("who waits until this process leads: %v", err)
	}
	if a, err := s.Append(t.Context(), "t", 0, draft("c")); err != nil || a.Repeated || a.Position != 2 {
		t.Errorf("%+v, %v; want the first use of its command", a, err)
	}
}

// TestClosedWhileNobodyLeads ends the appends that wait.
func TestClosedWhileNobodyLeads(t *testing.T) {
	_, s := outOfReach(t)
	waiting := make(chan error)
	go func() {
		_, err := s.Append(t.Context(), "s", 0, draft("c"))
		waiting <- err
	}()
	time.Sleep(20 * time.Millisecond)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; !errors.Is(err, eventstore.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// TestCannotJoin refuses at once what would never lead, or never be found.
func TestCannotJoin(t *testing.T) {
	damaged := pgtest.URL(t)
	s := open(t, damaged)
	if _, err := s.Append(t.Context(), "s", 0, draft("")); err != nil {
		t.Fatal(err)
	}
	execute(t, damaged, `update ledger_head set tree_size = 4`)
	for _, c := range []struct {
		url  string
		as   postgres.Member
		want error
	}{
		{damaged, postgres.Member{}, eventstore.ErrDamaged},
		{pgtest.URL(t), postgres.Member{Listen: ":0"}, nil},
		{pgtest.URL(t), postgres.Member{Listen: "192.0.2.1:1"}, nil},
		{pgtest.URL(t), postgres.Member{Advertise: "leader"}, nil},
		{"postgres://nobody@127.0.0.1:1/none", postgres.Member{}, nil},
	} {
		s, err := postgres.Join(t.Context(), c.url, c.as)
		if err == nil {
			s.Close()
		}
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func join(t testing.TB, url, name string, options ...eventstore.Option) *postgres.Store {
	t.Helper()
	s, err := postgres.Join(context.Background(), url, postgres.Member{Name: name}, options...)
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
