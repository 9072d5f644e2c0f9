package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"wenxiao/eventstore"
)

// health says whether the ledger answers and how far its readers are. It tells
// nothing of what is in it.
type health struct {
	Status   string              `json:"status"`   // ok, or what is wrong
	Position eventstore.Position `json:"position"` // of the ledger
	Behind   eventstore.Position `json:"behind"`   // records not yet in the tables for reading

	// Proof is ok, or what is wrong with it, for an alarm; absent where the ledger
	// is not sealed. It never makes the service ill: filing goes on without it.
	Proof    string              `json:"proof,omitempty"`
	Unsealed eventstore.Position `json:"unsealed,omitempty"` // records that no checkpoint covers yet
}

func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	answer, status := s.health(r.Context()), http.StatusOK
	if answer.Status != "ok" {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		s.Log.DebugContext(r.Context(), "answer health", "err", err)
	}
}

func (s *Server) health(ctx context.Context) health {
	head, err := s.Store.Head(ctx)
	if err != nil {
		s.Log.ErrorContext(ctx, "health", "err", err)
		return health{Status: "the ledger does not answer"}
	}
	marks, err := s.Runner.Marks(ctx)
	if err != nil {
		s.Log.ErrorContext(ctx, "health", "err", err)
		return health{Status: "the tables for reading do not answer", Position: head}
	}
	h := health{Status: "ok", Position: head}
	s.proofHealth(&h)
	for _, m := range marks {
		if m.Position < head {
			h.Behind = max(h.Behind, head-m.Position)
		}
		if m.Stopped != "" {
			h.Status = "a table for reading has stopped: " + m.Name
		}
	}
	return h
}

func (s *Server) proofHealth(h *health) {
	if s.Sealer == nil {
		return
	}
	status := s.Sealer.Status()
	h.Proof, h.Unsealed = "ok", max(h.Position, status.Checkpoint)-status.Checkpoint
	switch {
	case status.Fault != "":
		h.Proof = status.Fault
	case len(status.Refused) > 0:
		h.Proof = "witnesses refuse: " + strings.Join(status.Refused, ", ")
	case !status.Quorum:
		h.Proof = "witnesses are missing"
	}
}
