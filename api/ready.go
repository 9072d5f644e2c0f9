package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"wenxiao/eventstore"
)

// DefaultBehind is how many records the tables may be behind while answers are
// still worth giving.
const DefaultBehind eventstore.Position = 10_000

// untilStill is how long tables that are behind may stand still.
const untilStill = time.Minute

// readyz says whether requests should be sent here: the ledger, the tables and
// the accounts answer, acts can be recorded, and the tables are not far behind. A
// process that is not ready may well be healthy.
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
		return h
	}
	most := s.MostBehind
	if most == 0 {
		most = DefaultBehind
	}
	far, still := s.pace.note(h.Position-h.Behind, h.Behind, most, time.Now())
	switch {
	case h.Lead != nil && h.Lead.Away != "":
		h.Status = "the leader cannot be reached"
		h.Reason = fmt.Sprintf("到不了主持记账的 %s：%s；为它设 --handover，写本机到得了的地址，见 docs/operate-cluster.md", h.Lead.Name, h.Lead.Away)
	case far:
		h.Status = "the tables for reading are catching up"
		h.Reason = fmt.Sprintf("查询表落后 %d 件，落后过 %d 件以上，追到 %d 件以内再答可用", h.Behind, most, most/2)
	case still > untilStill:
		h.Status = "the tables for reading stand still"
		h.Reason = fmt.Sprintf("查询表落后 %d 件，停在账本位置 %d 已 %d 秒", h.Behind, h.Position-h.Behind, int(still.Seconds()))
	}
	return h
}

// A pace is how the tables follow the ledger, as far as somebody asked.
type pace struct {
	mu    sync.Mutex
	far   bool
	at    eventstore.Position
	since time.Time // when they were first seen there, behind; zero while they are not
}

// note returns whether the tables are far behind, which begins above most and ends
// at half of it, so that the answer does not change with every record; and for how
// long they have been seen at the same place, zero where nothing is behind it.
func (p *pace) note(at, behind, most eventstore.Position, now time.Time) (far bool, still time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.far = behind > most || p.far && behind > most/2
	switch {
	case behind == 0:
		p.since = time.Time{}
		return p.far, 0
	case at != p.at || p.since.IsZero():
		p.at, p.since = at, now
	}
	return p.far, now.Sub(p.since)
}
