package esdbgate_test

import (
	"context"
	"encoding/base64"
	"sync/atomic"
	"testing"
	"time"

	protocol "github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"wenxiao/api/esdbgate"
	"wenxiao/eventstore/memory"
)

// TestClosedAccount: a subscription ends when the account behind it is closed or
// loses rights, and does not go on for as long as the connection lasts.
func TestClosedAccount(t *testing.T) {
	for name, test := range map[string]struct {
		becomes esdbgate.Caller
		err     error
		code    codes.Code
	}{
		"closed":      {err: esdbgate.ErrNobody, code: codes.Unauthenticated},
		"other role":  {becomes: esdbgate.Caller{}, code: codes.PermissionDenied},
		"no database": {err: context.DeadlineExceeded, code: codes.Canceled}, // by the client: nothing is known, so it goes on
	} {
		t.Run(name, func(t *testing.T) {
			var changed atomic.Bool
			var rechecked atomic.Int64
			address, _ := serveEvents(t, memory.New(), esdbgate.Options{
				Recheck: 10 * time.Millisecond,
				Authenticate: func(context.Context, string, string, string) (esdbgate.Caller, error) {
					if changed.Load() {
						rechecked.Add(1)
						return test.becomes, test.err
					}
					return esdbgate.Caller{Rights: esdbgate.Read}, nil
				},
			})
			conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("u:p")))
			subscription, err := streams.NewStreamsClient(conn).Read(ctx, &streams.ReadReq{Options: &streams.ReadReq_Options{
				StreamOption: &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{AllOption: &streams.ReadReq_Options_AllOptions_End{End: &protocol.Empty{}}}},
				CountOption:  &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}},
			}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := subscription.Recv(); err != nil {
				t.Fatal(err)
			}
			changed.Store(true)
			if test.code == codes.Canceled {
				for rechecked.Load() < 5 && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				cancel()
			}
			for err == nil {
				_, err = subscription.Recv()
			}
			if status.Code(err) != test.code {
				t.Errorf("ended with %v, not %v", err, test.code)
			}
		})
	}
}
