package postgres_test

import (
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/storetest"
)

func BenchmarkStore(b *testing.B) {
	storetest.Bench(b, func(b *testing.B) eventstore.Store { return open(b, pgtest.URL(b)) })
}

// BenchmarkFollower is what handing in to another process costs, beside BenchmarkStore.
func BenchmarkFollower(b *testing.B) {
	storetest.Bench(b, func(b *testing.B) eventstore.Store {
		url := pgtest.URL(b)
		leader := join(b, url, "leads")
		return &follower{Store: join(b, url, "follows"), leader: leader}
	})
}
