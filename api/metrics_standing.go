package api

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"wenxiao/eventstore"
	"wenxiao/projections/relay"
)

// Watch has it collected, at each scrape, how the server stands: the ledger's
// head, what lags behind it, the seal, and who leads. A scrape asks the database
// for its head and its marks and reads no records.
func (m *Metrics) Watch(s *Server) {
	m.Registry.MustRegister(standing{s})
	if s.Deliveries != nil {
		m.Registry.MustRegister(relay.Lags{Deliveries: s.Deliveries, Store: s.Store})
	}
}

// standing collects how a server stands.
type standing struct{ server *Server }

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	headMetric     = gauge("wenxiao_ledger_position", "Position of the last record.")
	lagMetric      = gauge("wenxiao_projection_lag", "Records not yet in a table for reading.", "projection")
	stoppedMetric  = gauge("wenxiao_projection_stopped", "Whether a table for reading has stopped at a record.", "projection")
	sealedMetric   = gauge("wenxiao_seal_position", "Records that the latest checkpoint covers.")
	unsealedMetric = gauge("wenxiao_seal_lag", "Records that no checkpoint covers yet.")
	signedMetric   = gauge("wenxiao_seal_signed_timestamp_seconds", "When the latest checkpoint was signed.")
	quorumMetric   = gauge("wenxiao_seal_quorum", "Whether the latest checkpoint has the cosignatures that the policy asks for.")
	faultMetric    = gauge("wenxiao_seal_fault", "Whether something keeps the ledger from being sealed.")
	cosignedMetric = gauge("wenxiao_seal_witness_cosigned", "Whether a witness has cosigned the latest checkpoint.", "witness")
	refusedMetric  = gauge("wenxiao_seal_witness_refused", "Whether a witness has seen another history.", "witness")
	leadsMetric    = gauge("wenxiao_leader", "Whether this process leads the ledger; always where no other can.")
	awayMetric     = gauge("wenxiao_leader_unreachable", "Whether another process leads that this one cannot hand appends to.")
	epochMetric    = gauge("wenxiao_leader_epoch", "Number of the leader's term; 0 where none leads.")
)

// Describe is [prometheus.Collector].
func (standing) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		headMetric, lagMetric, stoppedMetric, sealedMetric, unsealedMetric, signedMetric, quorumMetric, faultMetric,
		cosignedMetric, refusedMetric, leadsMetric, awayMetric, epochMetric,
	} {
		to <- d
	}
}

// Collect is [prometheus.Collector].
func (c standing) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	tell := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	if err := c.tables(ctx, tell); err != nil {
		to <- prometheus.NewInvalidMetric(lagMetric, err)
	}
	if err := c.leader(ctx, tell); err != nil {
		to <- prometheus.NewInvalidMetric(leadsMetric, err)
	}
	c.seal(tell)
}

// A teller is told one value.
type teller func(d *prometheus.Desc, value float64, labels ...string)

func (c standing) tables(ctx context.Context, tell teller) error {
	marks, err := c.server.Runner.Marks(ctx)
	if err != nil {
		return err
	}
	for i, m := range marks {
		if i == 0 {
			tell(headMetric, float64(m.Head))
		}
		tell(lagMetric, float64(max(m.Head, m.Position)-m.Position), m.Name)
		tell(stoppedMetric, flag(m.Stopped != ""), m.Name)
	}
	return nil
}

func (c standing) leader(ctx context.Context, tell teller) error {
	shared, ok := c.server.Store.(eventstore.Shared)
	if !ok {
		tell(leadsMetric, 1)
		return nil
	}
	leader, err := shared.Leader(ctx)
	if err != nil {
		return err
	}
	tell(leadsMetric, flag(leader.Here))
	tell(awayMetric, flag(leader.Away != ""))
	tell(epochMetric, float64(leader.Epoch))
	return nil
}

func (c standing) seal(tell teller) {
	if c.server.Sealer == nil {
		return
	}
	s := c.server.Sealer.Status()
	tell(sealedMetric, float64(s.Checkpoint))
	tell(unsealedMetric, float64(max(s.Head, s.Checkpoint)-s.Checkpoint))
	tell(quorumMetric, flag(s.Quorum))
	tell(faultMetric, flag(s.Fault != ""))
	if !s.SignedAt.IsZero() {
		tell(signedMetric, float64(s.SignedAt.UnixMilli())/1000)
	}
	for _, w := range s.Witnesses {
		tell(cosignedMetric, flag(w.Cosigned), w.Name)
		tell(refusedMetric, flag(w.Refused), w.Name)
	}
}

func flag(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
