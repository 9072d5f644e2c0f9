package api

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"wenxiao/eventstore"
)

// Metrics counts what happens, for Prometheus. No label is ever what a user
// typed. A nil Metrics counts nothing.
type Metrics struct {
	Registry *prometheus.Registry
	Token    string // that who is not on this machine must bring; empty: nobody else may read

	requests *prometheus.HistogramVec
	refusals *prometheus.CounterVec
	feeds    *prometheus.CounterVec
	appends  *prometheus.CounterVec
	latency  prometheus.Histogram
	commits  prometheus.Histogram
	batches  prometheus.Histogram
	records  prometheus.Counter
}

// NewMetrics returns metrics of this process, with Go's own.
func NewMetrics() *Metrics {
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
	}
	seconds := prometheus.ExponentialBuckets(0.0001, 2.5, 12) // to two and a half seconds
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "wenxiao_http_request_seconds", Help: "Time to answer a request.", Buckets: prometheus.ExponentialBuckets(0.001, 3, 9),
		}, []string{"method", "route", "status"}),
		refusals: counters("wenxiao_refusals_total", "Requests and messages that a rule refused.", "code"),
		feeds:    counters("wenxiao_feed_messages_total", "Messages from other systems.", "source", "outcome"),
		appends:  counters("wenxiao_appends_total", "Appends to the ledger.", "outcome"),
		latency:  histogram("wenxiao_append_seconds", "Time until an append was durable.", seconds),
		commits:  histogram("wenxiao_commit_seconds", "Time to commit a batch of appends.", seconds),
		batches:  histogram("wenxiao_batch_appends", "Appends committed together.", prometheus.ExponentialBuckets(1, 2, 10)),
		records:  prometheus.NewCounter(prometheus.CounterOpts{Name: "wenxiao_records_total", Help: "Records added to the ledger by this process."}),
	}
	m.Registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.refusals, m.feeds, m.appends, m.latency, m.commits, m.batches, m.records,
	)
	return m
}

// Batch is told of each batch that the ledger's writer has committed: see
// [eventstore.WithBatches].
func (m *Metrics) Batch(appends, records int, took time.Duration) {
	m.batches.Observe(float64(appends))
	m.records.Add(float64(records))
	m.commits.Observe(took.Seconds())
}

// Measured returns the store with its appends counted and timed. One that several
// processes share stays [eventstore.Shared].
func (m *Metrics) Measured(store eventstore.Store) eventstore.Store {
	if shared, ok := store.(eventstore.Shared); ok {
		return measuredShared{measured{store, m}, shared}
	}
	return measured{store, m}
}

type measured struct {
	eventstore.Store
	metrics *Metrics
}

type measuredShared struct {
	measured
	shared eventstore.Shared
}

func (s measuredShared) Lead(ctx context.Context, do func(context.Context) error) error {
	return s.shared.Lead(ctx, do)
}

func (s measuredShared) Leader(ctx context.Context) (eventstore.Leader, error) {
	return s.shared.Leader(ctx)
}

func (s measured) Append(ctx context.Context, stream string, seen eventstore.Revision, drafts ...eventstore.Draft) (eventstore.Appended, error) {
	begun := time.Now()
	a, err := s.Store.Append(ctx, stream, seen, drafts...)
	outcome := "added"
	switch {
	case errors.Is(err, eventstore.ErrConflict), errors.Is(err, eventstore.ErrCommandReused): // somebody else was first: no fault
		outcome = "conflict"
	case err != nil:
		outcome = "failed"
	case a.Repeated:
		outcome = "repeated"
	default:
		s.metrics.latency.Observe(time.Since(begun).Seconds())
	}
	s.metrics.appends.WithLabelValues(outcome).Inc()
	return a, err
}

// refused counts a refusal by its code, which is ours.
func (m *Metrics) refused(p *Problem) {
	if m != nil && p.Status >= 400 && p.Status < 500 {
		m.refusals.WithLabelValues(p.Code).Inc()
	}
}

func (m *Metrics) fed(source, outcome string) {
	if m != nil {
		m.feeds.WithLabelValues(source, outcome).Inc()
	}
}

// timed measures each answer by the route that gave it.
func (s *Server) timed(next http.Handler) http.Handler {
	if s.Metrics == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route, err := mux.CurrentRoute(r).GetPathTemplate()
		if err != nil {
			route = "other"
		}
		begun, answer := time.Now(), &answered{ResponseWriter: w}
		defer func() {
			s.Metrics.requests.WithLabelValues(r.Method, route, strconv.Itoa(max(answer.status, 100)/100)+"xx").Observe(time.Since(begun).Seconds())
		}()
		next.ServeHTTP(answer, r)
	})
}

// metricsPage hands out the metrics to this machine, or to who has the token.
// Behind a proxy every caller may seem to be on this machine: then only the token
// counts.
func (s *Server) metricsPage(w http.ResponseWriter, r *http.Request) {
	if s.Metrics == nil {
		s.fail(w, r, errNoSuchPage)
		return
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	bears := s.Metrics.Token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(s.Metrics.Token)) == 1
	here := !s.Secure && loopback(s.address(r)) && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
	if !bears && !here {
		s.fail(w, r, Denied{Code: "metrics.elsewhere", Rule: "运行指标只在本机可看，或凭令牌（Authorization: Bearer）"})
		return
	}
	promhttp.HandlerFor(s.Metrics.Registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 10 * time.Second, // of a database that hangs, only so many wait
	}).ServeHTTP(w, r)
}
