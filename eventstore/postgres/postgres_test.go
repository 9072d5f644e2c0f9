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

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		url := pgtest.URL(t)
		return func(t *testing.T, options ...eventstore.Option) eventstore.Store { return open(t, url, options...) }
	})
}

func open(t testing.TB, url string, options ...eventstore.Option) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(context.Background(), url, options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var _ = errors.Is

func BenchmarkStore(b *testing.B) {
	storetest.Bench(b, func(b *testing.B) eventstore.Store { return open(b, pgtest.URL(b)) })
}
