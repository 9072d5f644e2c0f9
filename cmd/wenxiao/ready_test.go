package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestReady(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(r.URL.Path))
	}))
	at := strings.TrimPrefix(server.URL, "http://")
	asks := func(want int, said string, more ...string) {
		t.Helper()
		for end := time.Now().Add(time.Minute); ; { // it waits only so long, and a machine may have much else to do
			var out bytes.Buffer
			code := run(t.Context(), append([]string{"ready", "--addr", at}, more...), nil, &out, &out)
			if code == want && strings.Contains(out.String(), said) {
				return
			}
			if !strings.Contains(out.String(), "ready.no-answer") || time.Now().After(end) {
				t.Fatalf("exits with %d, says %s", code, out.String())
			}
		}
	}
	asks(0, "/readyz")
	asks(0, "/healthz", "--alive")
	at = at[strings.LastIndex(at, ":"):] // as serve --addr has it
	asks(0, "/readyz")
	status = http.StatusServiceUnavailable
	asks(exitInput, "503")
	server.Close()
	asks(exitInput, "ready.no-answer")
}
