package projections

import (
	"context"
	"slices"
	"strings"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/monitoring"
	"wenxiao/eventstore"
)

// snapshots keeps every snapshot and every warning. Neither is ever taken back:
// a corrected snapshot stays beside the one that corrects it.
type snapshots struct{}

var snapshotsTable = &tableOf[Snapshot]{
	Table:   Table{Name: "snapshots_v1", Columns: "programme TEXT, year BIGINT, position BIGINT", Key: "programme, year, position", grows: true},
	columns: func(args []any, k key, _ *Snapshot) []any { return append(args, k[:]...) },
}

var warningsTable = &tableOf[Warning]{
	Table: Table{Name: "warnings_v1", Columns: "programme TEXT, year BIGINT, warning TEXT, status TEXT, raised TEXT, explained TEXT, grave BIGINT, working TEXT, position BIGINT", Key: "programme, year, warning", Indexes: []string{"status"}},
	columns: func(args []any, k key, w *Warning) []any {
		return append(args, k[0], k[1], k[2], w.Status, string(dayOf(w.RaisedAt)), string(dayOf(w.ExplainedAt)), flag(w.Grave), w.Working, int64(w.Position))
	},
}

func (snapshots) Name() string    { return snapshotsTable.Name }
func (snapshots) Tables() []Table { return []Table{snapshotsTable.Table, warningsTable.Table} }

func (ss snapshots) Apply(page *Page, f Fact) error {
	switch e := f.Event.(type) {
	case monitoring.SnapshotTaken:
		ss.taken(page, f, Snapshot{SnapshotTaken: e})
	case monitoring.SnapshotCorrected:
		ss.taken(page, f, Snapshot{SnapshotTaken: e.Snapshot, Corrects: e.Corrects, Reason: e.Reason})
	case monitoring.WarningRaised:
		warningsTable.put(page, warningKey(f, e.Warning), &Warning{
			Programme: f.Programme, Year: f.Year, WarningRaised: e, Status: WarningOpen, RaisedAt: f.EffectiveAt, Event: f.ID, Position: f.Position,
		})
	case monitoring.WarningExplained:
		return ss.change(page, f, e.Warning, func(w *Warning) {
			w.Status, w.Explanation, w.Files = WarningExplained, e.Reason, e.Files
			w.ExplainedBy, w.ExplainedAt, w.ExplainedPosition = f.Actor, f.EffectiveAt, f.Position
		})
	case monitoring.WarningCleared:
		return ss.change(page, f, e.Warning, func(w *Warning) {
			w.Status, w.ClearedReason, w.ClearedBy, w.ClearedAt, w.ClearedPosition = WarningCleared, e.Reason, f.Actor, f.EffectiveAt, f.Position
		})
	}
	return nil
}

func (snapshots) taken(page *Page, f Fact, s Snapshot) {
	s.By, s.At, s.Event, s.Position, s.Late = f.Actor, f.RecordedAt, f.ID, f.Position, f.Late()
	s.Contradiction = contradiction(s.SnapshotTaken, f.Rulebook)
	snapshotsTable.put(page, key{string(f.Programme), int64(f.Year), int64(f.Position)}, &s)
}

func warningKey(f Fact, warning string) key { return key{string(f.Programme), int64(f.Year), warning} }

func (snapshots) change(page *Page, f Fact, warning string, do func(*Warning)) error {
	w, err := warningsTable.get(page, warningKey(f, warning))
	if err != nil || w == nil {
		return err
	}
	do(w)
	warningsTable.put(page, warningKey(f, warning), w)
	return nil
}

// at returns the warning as the ledger knew it at position; false when it was
// not raised yet.
func (w Warning) at(position eventstore.Position) (Warning, bool) {
	if w.Position > position {
		return w, false
	}
	if w.ClearedPosition > position {
		w.ClearedReason, w.ClearedBy, w.ClearedAt, w.ClearedPosition = "", domain.Actor{}, time.Time{}, 0
	}
	if w.ExplainedPosition > position {
		w.Explanation, w.Files, w.ExplainedBy, w.ExplainedAt, w.ExplainedPosition = "", nil, domain.Actor{}, time.Time{}, 0
	}
	switch {
	case w.ClearedPosition != 0:
		w.Status = WarningCleared
	case w.ExplainedPosition != 0:
		w.Status = WarningExplained
	default:
		w.Status = WarningOpen
	}
	return w, true
}

// Snapshots returns both lines of a programme's year, with its warnings.
func (v Views) Snapshots(ctx context.Context, code domain.ProgrammeCode, year domain.FiscalYear) (Lines, error) {
	taken, err := docs(ctx, v, snapshotsTable, "SELECT doc FROM snapshots_v1 WHERE programme = $1 AND year = $2 ORDER BY position", string(code), int64(year))
	if err != nil {
		return Lines{}, err
	}
	raised, err := docs(ctx, v, warningsTable, "SELECT doc FROM warnings_v1 WHERE programme = $1 AND year = $2 ORDER BY position", string(code), int64(year))
	return newLines(taken, raised), err
}

// newLines puts snapshots in order of the days they show and marks those that
// were corrected.
func newLines(taken []Snapshot, raised []Warning) Lines {
	by := map[string]string{}
	for _, s := range taken {
		if s.Corrects != "" {
			by[s.Corrects] = s.Event
		}
	}
	for i := range taken {
		taken[i].Corrected = by[taken[i].Event]
	}
	slices.SortStableFunc(taken, func(a, b Snapshot) int { return strings.Compare(string(a.Day), string(b.Day)) })
	return Lines{Snapshots: taken, Warnings: raised}
}
