package memory_test

import (
	"testing"

	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
	"wenxiao/eventstore/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Opener {
		ledger := new(memory.Ledger)
		return func(_ *testing.T, options ...eventstore.Option) eventstore.Store {
			return memory.Open(ledger, options...)
		}
	})
}

func TestTreeMovesWithTheRecords(t *testing.T) {
	ledger := new(memory.Ledger)
	storetest.Together(t, func(_ *testing.T, options ...eventstore.Option) eventstore.Store {
		return memory.Open(ledger, options...)
	})
}
