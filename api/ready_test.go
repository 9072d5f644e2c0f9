package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"wenxiao/eventstore"
)

// TestReadyWhileTheTablesFollow: the answer says how far they are behind, does not
// change to and fro, and sees those that stand still.
func TestReadyWhileTheTablesFollow(t *testing.T) {
	p, begun := new(pace), time.Now()
	for i, s := range []struct {
		seconds          int
		at, behind, most eventstore.Position
		far              bool
		still            int
	}{
		{0, 0, 0, 10, false, 0},    // an empty ledger
		{3600, 0, 0, 10, false, 0}, // nobody asked for long
		{7200, 0, 5, 10, false, 0}, // just recorded
		{7202, 5, 10, 10, false, 0},
		{7203, 5, 11, 10, true, 1},
		{7204, 8, 8, 10, true, 0}, // nearer, not near
		{7205, 9, 6, 10, true, 0},
		{7206, 12, 5, 10, false, 0},
		{7207, 12, 9, 10, false, 1}, // not far again at once
		{7300, 12, 9, 10, false, 94},
		{7301, 13, 9, 10, false, 0},
		{7400, 22, 0, 10, false, 0},
		{9999, 22, 0, 10, false, 0}, // nobody files at night
	} {
		far, still := p.note(s.at, s.behind, s.most, begun.Add(time.Duration(s.seconds)*time.Second))
		if far != s.far || still != time.Duration(s.still)*time.Second {
			t.Errorf("%d: far %t, still for %s; want %+v", i, far, still, s)
		}
	}
}

// further is a store with more records than the tables have read.
type further struct {
	eventstore.Store
	by eventstore.Position
}

func (s further) Head(ctx context.Context) (eventstore.Position, error) {
	head, err := s.Store.Head(ctx)
	return head + s.by, err
}

func TestNotReadyWhileTheTablesAreFarBehind(t *testing.T) {
	d := newOffice(t, func(s *Server) { s.MostBehind = 1 })
	d.programme()
	must(t, d.server.Runner.WaitFor(t.Context(), 1))
	if h := into[health](d.get("", "/readyz")); h.Status != "ok" || h.Reason != "" {
		t.Fatalf("%+v", h)
	}
	d.server.pace.far = true // it was, and is near now
	if h := into[health](d.get("", "/readyz")); h.Status != "ok" {
		t.Fatalf("%+v", h)
	}
	d.server.pace.at, d.server.pace.since = 1, time.Now().Add(-time.Hour) // nothing is behind: it stands still by right
	if h := into[health](d.get("", "/readyz")); h.Status != "ok" {
		t.Fatalf("%+v", h)
	}
	d.server.Store = further{d.store, 2}
	r := d.get("", "/readyz")
	if h := into[health](r); r.Code != http.StatusServiceUnavailable || h.Behind != 2 || !strings.Contains(h.Reason, "落后 2 件") {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
}

// TestNotReadyWhereTheLeaderIsOutOfReach: acts handed in there would be refused.
func TestNotReadyWhereTheLeaderIsOutOfReach(t *testing.T) {
	among := &sharing{leader: eventstore.Leader{Name: "甲", Address: "10.0.0.5:7070", Epoch: 3, Away: "对方拒绝连接"}}
	d := watched(t, func(s *Server) {
		among.Store = s.Store
		s.Store, s.Members = s.Metrics.Measured(among), among
	})
	r := d.get("", "/readyz")
	if h := into[health](r); r.Code != http.StatusServiceUnavailable || !strings.Contains(h.Reason, "甲：对方拒绝连接") || strings.Contains(r.Body.String(), "7070") {
		t.Errorf("%d %s", r.Code, r.Body)
	}
	if r := d.get("", "/healthz"); r.Code != http.StatusOK {
		t.Errorf("healthy all the same: %d", r.Code)
	}
	d.eventually("wenxiao_leader_unreachable 1")
	among.leader.Away = ""
	if r := d.get("", "/readyz"); r.Code != http.StatusOK {
		t.Errorf("%d %s", r.Code, r.Body)
	}
	d.eventually("wenxiao_leader_unreachable 0")
}
