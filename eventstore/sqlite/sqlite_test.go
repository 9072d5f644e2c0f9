package sqlite_test

import (
	"path/filepath"
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/sqlite"
	"wenxiao/eventstore/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		path := filepath.Join(t.TempDir(), "账本 #1?.db") // odd names are names
		return func(t *testing.T, options ...eventstore.Option) eventstore.Store {
			s, err := sqlite.Open(path, options...)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	})
}
