package esdbgate

import (
	"context"
	"net"
	"strconv"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
)

func notLeader(leader Node) error {
	return &fault{codes.NotFound, "not-leader", "this node does not lead",
		[]string{"leader-endpoint-host", leader.Host, "leader-endpoint-port", strconv.Itoa(int(leader.Port))}}
}

type gossipService struct {
	gossip.UnimplementedGossipServer
	gate *Gate
}

// instances names a node for clients that compare answers.
var instances = uuid.MustParse("6f1c7a4e-0a3e-4f0e-9d57-6c1d5f0a7b1e")

func (s *gossipService) Read(ctx context.Context, _ *shared.Empty) (*gossip.ClusterInfo, error) {
	nodes := s.gate.options.Nodes
	if len(nodes) == 0 {
		nodes = []Node{reached(ctx)}
	}
	info := new(gossip.ClusterInfo)
	for _, n := range nodes {
		state := gossip.MemberInfo_Follower
		if n.Leader {
			state = gossip.MemberInfo_Leader
		}
		name := net.JoinHostPort(n.Host, strconv.Itoa(int(n.Port)))
		info.Members = append(info.Members, &gossip.MemberInfo{
			InstanceId: writeUUID(uuid.NewSHA1(instances, []byte(name)), false), TimeStamp: s.gate.options.Now().UnixNano() / 100,
			State: state, IsAlive: true, HttpEndPoint: &gossip.EndPoint{Address: n.Host, Port: n.Port},
		})
	}
	return info, nil
}

// reached is this node as the client knows it.
func reached(ctx context.Context) Node {
	n := Node{Host: "localhost", Port: 2113, Leader: true}
	for _, authority := range metadata.ValueFromIncomingContext(ctx, ":authority") {
		host, port, err := net.SplitHostPort(authority)
		if err != nil {
			host, port = authority, ""
		}
		n.Host = host
		if p, err := strconv.ParseUint(port, 10, 16); err == nil {
			n.Port = uint32(p)
		}
	}
	return n
}

type featuresService struct {
	serverfeatures.UnimplementedServerFeaturesServer
}

// version is that of the server whose protocol this is.
const version = "25.1.0"

// features lists the methods that are there, for clients that ask before they
// use one. They compare lower-case names.
var features = func() *serverfeatures.SupportedMethods {
	all := &serverfeatures.SupportedMethods{EventStoreServerVersion: version}
	for service, methods := range map[string]string{
		"event_store.client.streams.streams":                                  "read append batchappend delete tombstone",
		"event_store.client.persistent_subscriptions.persistentsubscriptions": "create update delete read getinfo replayparked list restartsubsystem",
		"event_store.client.gossip.gossip":                                    "read",
		"event_store.client.server_features.serverfeatures":                   "getsupportedmethods",
		"kurrentdb.protocol.v2.streams.streamsservice":                        "appendsession",
	} {
		for method := range strings.FieldsSeq(methods) {
			m := &serverfeatures.SupportedMethod{MethodName: method, ServiceName: service}
			switch {
			case strings.HasSuffix(service, "persistentsubscriptions"):
				m.Features = []string{"stream", "all"}
			case method == "read":
				m.Features = []string{"position", "events"}
			case method == "batchappend":
				m.Features = []string{"deadline_duration"}
			}
			all.Methods = append(all.Methods, m)
		}
	}
	return all
}()

func (*featuresService) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	return features, nil
}
