package postgres_test

import (
	"context"
	"errors"
	"testing"

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
