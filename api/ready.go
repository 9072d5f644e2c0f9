package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"wenxiao/eventstore"
)

// mostBehind is how many records the tables may be behind while answers are
// still worth giving.
const mostBehind eventstore.Position = 10_000

// readyz says whether requests should be sent here: the ledger, the tables and
// the accounts answer, and the tables are not far behind. A process that is not
// ready may well be healthy.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	answer, status := s.ready(ctx), http.StatusOK
	if answer.Status != "ok" {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		s.Log.DebugContext(r.Context(), "answer readiness", "err", err)
	}
}

func (s *Server) ready(ctx context.Context) health {
	h := s.health(ctx)
	if h.Status != "ok" {
		return h
	}
	if err := s.Accounts.Ping(ctx); err != nil {
		s.Log.ErrorContext(ctx, "readiness", "err", err)
		h.Status = "the accounts do not answer"
	} else if h.Behind > mostBehind {
		h.Status = "the tables for reading are catching up"
	}
	return h
}
