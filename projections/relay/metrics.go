package relay

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"wenxiao/eventstore"
)

// Metrics counts what a relay does in this process.
type Metrics struct {
	seconds  *prometheus.HistogramVec
	failed   *prometheus.CounterVec
	poisoned *prometheus.CounterVec
}

// NewMetrics returns metrics that to collects.
func NewMetrics(to prometheus.Registerer) *Metrics {
	m := &Metrics{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "wenxiao_relay_delivery_seconds", Help: "Time until a target confirmed an event.", Buckets: prometheus.ExponentialBuckets(0.0005, 4, 9),
		}, []string{"target"}),
		failed:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "wenxiao_relay_attempts_failed_total", Help: "Attempts that a target did not confirm."}, []string{"target"}),
		poisoned: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "wenxiao_relay_poisoned_total", Help: "Events kept because a target would not have them."}, []string{"target"}),
	}
	to.MustRegister(m.seconds, m.failed, m.poisoned)
	return m
}

func (m *Metrics) tried(target string, took time.Duration, err error) {
	switch {
	case m == nil:
	case err != nil:
		m.failed.WithLabelValues(target).Inc()
	default:
		m.seconds.WithLabelValues(target).Observe(took.Seconds())
	}
}

func (m *Metrics) poison(target string) {
	if m != nil {
		m.poisoned.WithLabelValues(target).Inc()
	}
}

// Lags collects how far each target is behind the ledger, whichever process
// delivers.
type Lags struct {
	Deliveries *Deliveries
	Store      eventstore.Store
}

var (
	lag      = prometheus.NewDesc("wenxiao_relay_lag", "Records a target has not been offered yet.", []string{"target"}, nil)
	running  = prometheus.NewDesc("wenxiao_relay_running", "Whether a process delivers to the target.", []string{"target"}, nil)
	down     = prometheus.NewDesc("wenxiao_relay_down_seconds", "How long the target has not answered.", []string{"target"}, nil)
	failures = prometheus.NewDesc("wenxiao_relay_failures", "Events a target would not have, not sent again yet.", []string{"target"}, nil)
)

// Describe is [prometheus.Collector].
func (Lags) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{lag, running, down, failures} {
		to <- d
	}
}

// Collect is [prometheus.Collector].
func (l Lags) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	head, err := l.Store.Head(ctx)
	var targets []Standing
	if err == nil {
		targets, err = l.Deliveries.Targets(ctx, head)
	}
	if err != nil {
		to <- prometheus.NewInvalidMetric(lag, err)
		return
	}
	gauge := func(d *prometheus.Desc, value float64, target string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, target)
	}
	for _, t := range targets {
		gauge(lag, float64(t.Lag()), t.Name)
		gauge(failures, float64(t.Failures), t.Name)
		up, since := 0.0, 0.0
		if t.Running {
			up = 1
		}
		if !t.DownSince.IsZero() {
			since = time.Since(t.DownSince).Seconds()
		}
		gauge(running, up, t.Name)
		gauge(down, since, t.Name)
	}
}
