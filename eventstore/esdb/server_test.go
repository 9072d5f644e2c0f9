package esdb

import (
	"context"
	"errors"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"wenxiao/eventstore"
)

// TestCloseUnderACall closes a connection while something uses the client whose
// caller has left: the client is closed after it, and no call begins.
func TestCloseUnderACall(t *testing.T) {
	s := &server{address: "esdb://127.0.0.1:1?tls=false&maxDiscoverAttempts=1&discoveryInterval=1"} // nobody is there
	ctx, leave := context.WithCancel(t.Context())
	said := make(chan error, 1)
	err := s.call(ctx, func(_ context.Context, client *esdb.Client) error {
		leave()
		<-s.gone
		_, err := client.ReadStream(context.Background(), "s", esdb.ReadStreamOptions{}, 1)
		said <- err
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the caller was told %v", err)
	}
	s.close()
	if err := <-said; !gaveUp(err) {
		t.Errorf("the client, which nobody had closed, said %v", err)
	}
	if err := s.call(t.Context(), func(context.Context, *esdb.Client) error { return nil }); !errors.Is(err, eventstore.ErrClosed) {
		t.Errorf("after closing a call was told %v", err)
	}
}
