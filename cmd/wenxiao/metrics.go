package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"wenxiao/domain"
)

// serveMetrics answers on this machine only: /metrics, /healthz while the process
// runs, and /readyz where ready finds nothing wrong.
func serveMetrics(addr string, registry *prometheus.Registry, ready func(context.Context) error) (stop func(), err error) {
	listener, err := listen(addr)
	if err != nil {
		return nil, err
	}
	if at, ok := listener.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return nil, errors.Join(listener.Close(), domain.Refusal{Code: "serve.address", Field: "--metrics", Reason: "运行指标只在本机提供，如 127.0.0.1:9100"})
	}
	pages := http.NewServeMux()
	pages.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	pages.HandleFunc("/healthz", answers(func(context.Context) error { return nil }))
	pages.HandleFunc("/readyz", answers(ready))
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return func() { _ = server.Close() }, nil
}

// answers says ok, or 503 where check fails; not why, which may name what is not for
// whoever asks.
func answers(check func(context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
		defer cancel()
		if err := check(ctx); err != nil {
			http.Error(w, "不可用 (not ready)", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	}
}
