package api

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"wenxiao/eventstore"
	"wenxiao/projections/relay"
)

// watched has an office's standing collected.
func watched(t *testing.T, change ...func(*Server)) *office {
	t.Helper()
	return sealedOfficeThat(t, func(s *Server) {
		s.Metrics = NewMetrics()
		for _, f := range change {
			f(s)
		}
		s.Metrics.Watch(s)
	})
}

// scrape returns what the metrics say, line by line.
func (d *office) scrape() string {
	d.Helper()
	return d.do(call{method: "GET", path: "/metrics"}).Body.String()
}

// eventually waits until a scrape has a line; the seal is about a second behind.
func (d *office) eventually(line string) {
	d.Helper()
	for range 200 {
		if strings.Contains(d.scrape(), "\n"+line+"\n") {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	d.Errorf("the metrics never say %s:\n%s", line, d.scrape())
}

func TestMetricsSayHowTheSealStands(t *testing.T) {
	d := watched(t)
	d.eventually("wenxiao_seal_position 0")
	d.programme()
	for _, line := range []string{"wenxiao_seal_position 1", "wenxiao_seal_lag 0", "wenxiao_seal_quorum 1", "wenxiao_seal_fault 0", "wenxiao_leader 1"} {
		d.eventually(line)
	}
	signed := d.server.Sealer.Status().SignedAt
	if text := d.scrape(); !strings.Contains(text, "wenxiao_seal_signed_timestamp_seconds 1.") || signed.IsZero() {
		t.Errorf("signed at %s:\n%s", signed, text)
	}
}

// sharing is a ledger that several processes have open.
type sharing struct {
	eventstore.Store
	leader eventstore.Leader
	err    error
}

func (s *sharing) Lead(context.Context, func(context.Context) error) error { return errNotTried }

func (s *sharing) Leader(context.Context) (eventstore.Leader, error) { return s.leader, s.err }

var errNotTried = errors.New("not tried")

func TestMetricsSayWhoLeads(t *testing.T) {
	among := new(sharing)
	d := watched(t, func(s *Server) {
		among.Store = s.Store
		s.Store = s.Metrics.Measured(among)
	})
	says := func(want ...string) {
		t.Helper()
		text := d.scrape()
		for _, line := range want {
			if !strings.Contains(text, "\n"+line+"\n") {
				t.Errorf("without %s:\n%s", line, text)
			}
		}
	}
	says("wenxiao_leader 0", "wenxiao_leader_epoch 0")
	among.leader = eventstore.Leader{Name: "one", Epoch: 7, Here: true}
	says("wenxiao_leader 1", "wenxiao_leader_epoch 7")
	if err := eventstore.Lead(t.Context(), d.server.Store, func(context.Context) error { return nil }); !errors.Is(err, errNotTried) {
		t.Errorf("leads past the shared store: %v", err)
	}
	among.err = errors.New("the database is away")
	if text := d.scrape(); strings.Contains(text, "wenxiao_leader ") || !strings.Contains(text, "wenxiao_ledger_position 0") {
		t.Errorf("nobody knows who leads:\n%s", text)
	}
}

// unread is a store that notes whether records were read.
type unread struct {
	eventstore.Store
	heads, reads int
}

func (s *unread) Head(ctx context.Context) (eventstore.Position, error) {
	s.heads++
	return s.Store.Head(ctx)
}

func (s *unread) ReadAll(ctx context.Context, after eventstore.Position) iter.Seq2[eventstore.Record, error] {
	s.reads++
	return s.Store.ReadAll(ctx, after)
}

func TestScrapeReadsNoRecords(t *testing.T) {
	asked := new(unread)
	d, _ := feeding(t)
	d.programme()
	asked.Store, d.server.Store = d.server.Store, asked
	d.scrape()
	if asked.reads != 0 || asked.heads > 2 {
		t.Errorf("a scrape asked for the head %d times and read %d times", asked.heads, asked.reads)
	}
}

func TestMetricsFollowConventions(t *testing.T) {
	d, _ := feeding(t)
	d.programme()
	relay.NewMetrics(d.server.Metrics.Registry)
	d.server.Metrics.Batch(1, 1, time.Millisecond)
	d.hook("treasury", paying("m-1", "0202-001", 1))
	problems, err := testutil.GatherAndLint(d.server.Metrics.Registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	sealed := watched(t)
	if problems, err := testutil.GatherAndLint(sealed.server.Metrics.Registry); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}
