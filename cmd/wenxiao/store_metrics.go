package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"wenxiao/api"
	"wenxiao/eventstore"
)

// A tally counts what the clients of store serve do. A subscription is a call of
// Read that lasts.
type tally struct {
	*api.Metrics // of the appends to the store, however many a call makes

	connections prometheus.Gauge
	running     *prometheus.GaugeVec
	ended       *prometheus.CounterVec
	known       map[string]bool // set before anything is served
}

func newTally() *tally {
	c := &tally{
		Metrics:     api.NewMetrics(),
		connections: prometheus.NewGauge(prometheus.GaugeOpts{Name: "wenxiao_store_connections", Help: "Clients connected."}),
		running:     prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "wenxiao_store_calls", Help: "Calls under way; subscriptions are calls of Read."}, []string{"method"}),
		ended:       prometheus.NewCounterVec(prometheus.CounterOpts{Name: "wenxiao_store_calls_total", Help: "Calls that ended, by gRPC's code."}, []string{"method", "code"}),
		known:       map[string]bool{},
	}
	c.Registry.MustRegister(c.connections, c.running, c.ended)
	return c
}

// watch reports how far store is, and learns the methods of server: no label is
// what a client made up.
func (c *tally) watch(store eventstore.Store, server *grpc.Server) {
	c.Registry.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: "wenxiao_store_position", Help: "Position of the last event; -1 where the store does not answer."},
		func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			if head, err := store.Head(ctx); err == nil {
				return float64(head)
			}
			return -1
		},
	))
	for service, info := range server.GetServiceInfo() {
		for _, method := range info.Methods {
			c.known["/"+service+"/"+method.Name] = true
		}
	}
}

type methodKey struct{}

// TagRPC implements [stats.Handler].
func (c *tally) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	method := info.FullMethodName
	if !c.known[method] {
		method = "other"
	}
	return context.WithValue(ctx, methodKey{}, method)
}

// HandleRPC implements [stats.Handler].
func (c *tally) HandleRPC(ctx context.Context, what stats.RPCStats) {
	method, _ := ctx.Value(methodKey{}).(string)
	switch what := what.(type) {
	case *stats.Begin:
		c.running.WithLabelValues(method).Inc()
	case *stats.End:
		c.running.WithLabelValues(method).Dec()
		c.ended.WithLabelValues(method, status.Code(what.Error).String()).Inc()
	}
}

// TagConn implements [stats.Handler].
func (c *tally) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn implements [stats.Handler].
func (c *tally) HandleConn(_ context.Context, what stats.ConnStats) {
	switch what.(type) {
	case *stats.ConnBegin:
		c.connections.Inc()
	case *stats.ConnEnd:
		c.connections.Dec()
	}
}
