// Package esdbgate serves a Store over EventStoreDB's gRPC protocol, so that any
// client of it can read the ledger. It has two faces: the ledger, read-only, and
// an event store of its own with the protocol's full meaning, kept on a Store
// like any other.
package esdbgate

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// Rights is what a caller may do.
type Rights int

const (
	Read   Rights = 1 << iota
	Append        // and make and use persistent subscriptions
	Delete        // streams, softly and for good; and change their metadata

	Everything = Read | Append | Delete
)

// A Caller is who is behind a request.
type Caller struct {
	Actor  domain.Actor
	Rights Rights
}

// ErrNobody reports credentials that are nobody's.
var ErrNobody = errors.New("no such user, or another password")

// Options is how a gate is set up. The zero value serves everybody who asks.
type Options struct {
	// Authenticate finds who a password belongs to; nil lets everybody in, whatever
	// they present. Wrong credentials are [ErrNobody].
	Authenticate func(ctx context.Context, user, password, address string) (Caller, error)

	// Recheck is how often it is asked again whether the caller of a subscription
	// may still be served: ten seconds if 0.
	Recheck time.Duration

	// Nodes is what gossip tells; empty means this one, as it was reached.
	Nodes []Node

	// Leader is set where another node writes: clients that want to are sent there.
	Leader *Node

	// MaxAppend is the most bytes one append may have: [DefaultMaxAppend] if 0.
	MaxAppend int

	Log *slog.Logger
	Now func() time.Time
}

// DefaultMaxAppend is what EventStoreDB takes unless told otherwise.
const DefaultMaxAppend = 1 << 20

// A Node is one that clients may turn to.
type Node struct {
	Host   string
	Port   uint32
	Leader bool
}

// A Gate serves one store.
type Gate struct {
	history *history
	writes  *writing // nil over a ledger, which is only read
	groups  *groups  // nil over a ledger
	options Options
	log     *slog.Logger
}

// OverLedger returns a gate through which the records of a ledger can be read,
// and nothing can be written: an event has the record's data, and as metadata
// its envelope.
func OverLedger(store eventstore.Store, options Options) *Gate {
	options = options.defaults()
	return &Gate{
		history: &history{store: store, open: openRecord, now: options.Now},
		options: options, log: options.Log,
	}
}

// OverEvents returns a gate through which store is used as an event store. The
// store must be one that [Found] founded.
func OverEvents(ctx context.Context, store eventstore.Store, options Options) (*Gate, error) {
	options = options.defaults()
	h := &history{store: store, open: openStored, kept: true, now: options.Now}
	g := &Gate{history: h, options: options, log: options.Log}
	g.writes = &writing{history: h, most: options.MaxAppend}
	g.groups = newGroups(g)
	if options.Leader != nil {
		return g, nil
	}
	if err := g.writes.finishSessions(ctx); err != nil {
		return nil, err
	}
	return g, g.groups.load(ctx)
}

func (o Options) defaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Recheck == 0 {
		o.Recheck = 10 * time.Second
	}
	if o.MaxAppend == 0 {
		o.MaxAppend = DefaultMaxAppend
	}
	return o
}

// Close ends what the gate does on its own. The store stays open.
func (g *Gate) Close() {
	if g.groups != nil {
		g.groups.close()
	}
}

// maxMessage bounds one message either way, as in the clients.
const maxMessage = 17 << 20

// maxCalls bounds what one connection may have under way: a message is in memory
// before it is known whose it is.
const maxCalls = 1 << 9

// Server returns a gRPC server for the gate. Clients ping every ten seconds,
// with no call under way too.
func (g *Gate) Server(options ...grpc.ServerOption) *grpc.Server {
	s := grpc.NewServer(append([]grpc.ServerOption{
		grpc.UnaryInterceptor(g.unary), grpc.StreamInterceptor(g.stream),
		grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage), grpc.MaxConcurrentStreams(maxCalls),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 30 * time.Second, Timeout: 20 * time.Second}),
	}, options...)...)
	streams.RegisterStreamsServer(s, &streamsService{gate: g})
	persistent.RegisterPersistentSubscriptionsServer(s, &persistentService{gate: g})
	gossip.RegisterGossipServer(s, &gossipService{gate: g})
	serverfeatures.RegisterServerFeaturesServer(s, &featuresService{})
	s.RegisterService(&sessionService, &sessions{gate: g})
	return s
}

type callerKey struct{}

func callerOf(ctx context.Context) Caller {
	caller, _ := ctx.Value(callerKey{}).(Caller)
	return caller
}

// open are the methods that a client calls before it presents anything.
var open = map[string]bool{
	"/event_store.client.gossip.Gossip/Read":                                 true,
	"/event_store.client.server_features.ServerFeatures/GetSupportedMethods": true,
}

// admit finds out who calls, and refuses who may not read.
func (g *Gate) admit(ctx context.Context, method string) (context.Context, error) {
	caller := Caller{Rights: Everything}
	if g.options.Authenticate != nil && !open[method] {
		var err error
		if caller, err = g.authenticate(ctx); err != nil {
			return ctx, err
		}
		if caller.Rights&Read == 0 {
			return ctx, accessDenied("this account may not read here")
		}
	}
	return context.WithValue(ctx, callerKey{}, caller), nil
}

// remain ends a call that lasts when its caller may no longer be served: the
// account was closed, or has another password or role. It returns when ctx ends.
func (g *Gate) remain(ctx context.Context, end context.CancelCauseFunc) {
	every := time.NewTicker(g.options.Recheck)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		caller, err := g.authenticate(ctx)
		switch {
		case err == nil && caller.Rights != callerOf(ctx).Rights:
			end(accessDenied("what this account may do has changed"))
		case status.Code(err) == codes.Unauthenticated:
			end(err)
		}
	}
}

func (g *Gate) authenticate(ctx context.Context) (Caller, error) {
	user, password, ok := basic(ctx)
	if !ok {
		return Caller{}, status.Error(codes.Unauthenticated, "this server asks for a user and a password")
	}
	caller, err := g.options.Authenticate(ctx, user, password, address(ctx))
	if errors.Is(err, ErrNobody) {
		return Caller{}, status.Error(codes.Unauthenticated, err.Error())
	}
	return caller, err
}

func basic(ctx context.Context) (user, password string, ok bool) {
	for _, header := range metadata.ValueFromIncomingContext(ctx, "authorization") {
		scheme, encoded, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "basic") {
			continue
		}
		decoded, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			continue
		}
		return cutTwo(string(decoded))
	}
	return "", "", false
}

func cutTwo(credentials string) (user, password string, ok bool) {
	user, password, ok = strings.Cut(credentials, ":")
	return user, password, ok
}

func address(ctx context.Context) string {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return ""
	}
	host, _, err := net.SplitHostPort(p.Addr.String())
	if err != nil {
		return p.Addr.String()
	}
	return host
}

// may refuses a write over a ledger, on a node that does not lead, and to a
// caller without the right.
func (g *Gate) may(ctx context.Context, right Rights) error {
	if ctx.Err() != nil {
		return context.Cause(ctx) // as remain says
	}
	switch leader := g.options.Leader; {
	case g.writes == nil:
		return accessDenied("this is the ledger, read-only: it is written through wenxiao itself")
	case leader != nil:
		return notLeader(*leader)
	case callerOf(ctx).Rights&right != right:
		return accessDenied("this account may not do that")
	}
	return nil
}

// reserved reports a stream that the gate itself writes and relies on: what
// others wrote there could keep it from opening the store again.
func reserved(stream string) bool {
	switch stream {
	case foundedStream, sessionsStream, settingsStream:
		return true
	}
	return strings.HasPrefix(stream, groupStreams)
}

// mayWrite refuses a write to a stream: metadata can hide what was written, so
// changing them takes the right to delete, as does all else whose name begins
// with $.
func (g *Gate) mayWrite(ctx context.Context, stream string, right Rights) error {
	if strings.HasPrefix(stream, "$") {
		right |= Delete
	}
	if err := g.may(ctx, right); err != nil {
		return err
	}
	if reserved(strings.TrimPrefix(stream, metadataOf)) {
		return accessDenied("this server writes the stream itself")
	}
	return nil
}
