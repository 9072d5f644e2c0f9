package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"wenxiao/eventstore"
	"wenxiao/projections"
)

// health says whether the ledger answers and how far its readers are. It tells
// nothing of what is in it.
type health struct {
	Status   string              `json:"status"`           // ok, or what is wrong
	Reason   string              `json:"reason,omitempty"` // the same with the figures, in Chinese, where requests should not be sent here
	Position eventstore.Position `json:"position"`         // of the ledger
	Behind   eventstore.Position `json:"behind"`           // records not yet in the tables for reading

	// Proof is ok, or what is wrong with it, for an alarm; absent where the ledger
	// is not sealed. It never makes the service ill: filing goes on without it.
	Proof    string              `json:"proof,omitempty"`
	Unsealed eventstore.Position `json:"unsealed,omitempty"` // records that no checkpoint covers yet

	Lead  *lead  `json:"lead,omitempty"`  // absent where one process has the ledger to itself
	Reads string `json:"reads,omitempty"` // replica or primary; absent where there is no replica
}

// lead says which of several processes commits. Where they hand their appends is
// nobody else's business.
type lead struct {
	Name  string    `json:"name"` // empty between two terms: then nothing is recorded
	Here  bool      `json:"here"`
	Epoch int64     `json:"epoch,omitempty"`
	Since time.Time `json:"since,omitzero"`
	Away  string    `json:"away,omitempty"` // why acts cannot be handed to it from here; absent where they can
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
	if h.Lead, err = s.lead(ctx); err != nil {
		s.Log.ErrorContext(ctx, "health", "err", err)
		h.Status = "who leads the ledger cannot be told"
	}
	for _, m := range marks {
		if m.Position < head {
			h.Behind = max(h.Behind, head-m.Position)
		}
		if m.Stopped != "" {
			h.Status = "a table for reading has stopped: " + m.Name
		}
	}
	s.readsHealth(&h)
	return h
}

// lead is who leads, nil where nobody else could.
func (s *Server) lead(ctx context.Context) (*lead, error) {
	if s.Members == nil {
		return nil, nil
	}
	now, err := s.Members.Leader(ctx)
	return &lead{Name: now.Name, Here: now.Here, Epoch: now.Epoch, Since: now.Since, Away: now.Away}, err
}

// readsHealth says where queries go. While they go to the replica, what is behind
// is the replica.
func (s *Server) readsHealth(h *health) {
	replica, ok := s.Views.DB.(*projections.Replica)
	if !ok {
		return
	}
	if h.Reads = "primary"; !replica.Aside() {
		h.Reads = "replica"
		h.Behind = max(h.Behind, h.Position-min(h.Position, replica.At()))
	}
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
