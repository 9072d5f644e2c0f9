package api

import (
	"context"
	"errors"
	"iter"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
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
	for range 1200 { // a minute
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

var (
	described = regexp.MustCompile(`fqName: "([^"]+)"`)
	alarmed   = regexp.MustCompile(`\b(?:wenxiao|process)_[a-z_]+`)
	parts     = regexp.MustCompile(`_(bucket|count|sum)$`)
)

// TestAlarmsAskForMetricsThereAre holds the rules in deploy and the guide to
// them against the names of everything that is measured.
func TestAlarmsAskForMetricsThereAre(t *testing.T) {
	d, _ := feeding(t)
	relay.NewMetrics(d.server.Metrics.Registry)
	there := map[string]bool{}
	descriptions := make(chan *prometheus.Desc)
	go func() { defer close(descriptions); d.server.Metrics.Registry.Describe(descriptions) }()
	for desc := range descriptions {
		there[described.FindStringSubmatch(desc.String())[1]] = true
	}
	for file, least := range map[string]int{"../deploy/alerts.yml": 20, "../docs/operate-alarms.md": 15} {
		text, err := os.ReadFile(file)
		must(t, err)
		asked := alarmed.FindAllString(string(text), -1)
		for _, name := range asked {
			if !there[name] && !there[parts.ReplaceAllString(name, "")] {
				t.Errorf("%s asks for %s, which nothing measures", file, name)
			}
		}
		if len(asked) < least {
			t.Errorf("%s asks for %d metrics", file, len(asked))
		}
	}
}

func TestAppendsAreCountedByOutcome(t *testing.T) {
	d, _ := feeding(t)
	store := d.server.Metrics.Measured(d.store)
	draft := eventstore.Draft{Type: "note.v1", Data: []byte(`{}`)}
	_, err := store.Append(t.Context(), "note-1", 0, draft)
	must(t, err)
	if _, err := store.Append(t.Context(), "note-1", 0, draft); !errors.Is(err, eventstore.ErrConflict) {
		t.Error(err)
	}
	if _, err := store.Append(t.Context(), "note-1", eventstore.AnyRevision); err == nil {
		t.Error("nothing was appended")
	}
	for outcome, want := range map[string]float64{"added": 1, "conflict": 1, "failed": 1, "repeated": 0} {
		if n := testutil.ToFloat64(d.server.Metrics.appends.WithLabelValues(outcome)); n != want {
			t.Errorf("%v appends %s, want %v", n, outcome, want)
		}
	}
}
