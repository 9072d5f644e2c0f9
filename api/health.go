package api

import (
	"encoding/json"
	"net/http"

	"wenxiao/eventstore"
)

// health says whether the ledger answers and how far its readers are. It tells
// nothing of what is in it.
type health struct {
	Status   string              `json:"status"` // ok, or what is wrong
	Position eventstore.Position `json:"position"`
}

func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	head, err := s.Store.Head(r.Context())
	answer, status := health{"ok", head}, http.StatusOK
	if err != nil {
		s.Log.ErrorContext(r.Context(), "health", "err", err)
		answer.Status, status = "ledger does not answer", http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		s.Log.DebugContext(r.Context(), "answer health", "err", err)
	}
}
