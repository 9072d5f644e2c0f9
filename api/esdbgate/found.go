package esdbgate

import (
	"context"
	"errors"
	"fmt"

	"wenxiao/eventstore"
)

// The first record of an event store says that it is one, and in which form
// events are kept.
const (
	foundedStream = "$store"
	foundedType   = "$store-founded"
	foundedData   = `{"events":"event_store.client.streams.AppendReq.ProposedMessage"}`
)

// ErrLedger reports a store that holds something else than clients' events: it
// must not be written through a gate.
var ErrLedger = errors.New("the store holds a ledger")

// Holds reports what is in a store: nothing yet, or clients' events. If neither,
// it is a ledger.
func Holds(ctx context.Context, store eventstore.Store) (nothing, events bool, err error) {
	for r, err := range store.ReadAll(ctx, 0) {
		return false, err == nil && r.Type == foundedType, err
	}
	return true, false, nil
}

// Found makes an empty store an event store. One that is founded already stays
// as it is; one that holds a ledger is [ErrLedger].
func Found(ctx context.Context, store eventstore.Store) error {
	nothing, events, err := Holds(ctx, store)
	switch {
	case err != nil || events:
		return err
	case !nothing:
		return ErrLedger
	}
	first := jsonEvent(foundedType, nil, []byte(foundedData))
	_, err = store.Append(ctx, foundedStream, 0, first.draft(Caller{}.Actor))
	if errors.Is(err, eventstore.ErrConflict) { // another process was first
		return Found(ctx, store)
	}
	if err != nil {
		return fmt.Errorf("found the event store: %w", err)
	}
	return nil
}
