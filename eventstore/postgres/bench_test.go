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
