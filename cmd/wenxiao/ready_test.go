package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
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
		var out bytes.Buffer
		if code := run(t.Context(), append([]string{"ready", "--addr", at}, more...), nil, &out, &out); code != want || !strings.Contains(out.String(), said) {
			t.Errorf("exits with %d, says %s", code, out.String())
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
