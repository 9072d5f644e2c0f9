package sqlite_test

import (
	"path/filepath"
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/sqlite"
	"wenxiao/eventstore/storetest"
)

func BenchmarkDisk(b *testing.B) { storetest.BenchFsync(b, b.TempDir()) }

func BenchmarkStore(b *testing.B) {
	storetest.Bench(b, func(b *testing.B) eventstore.Store {
		s, err := sqlite.Open(filepath.Join(b.TempDir(), "ledger.db"))
		if err != nil {
			b.Fatal(err)
		}
		return s
	})
}
