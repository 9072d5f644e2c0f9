package monitoring

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// WarningStatus says what came of a warning.
type WarningStatus string

const (
	Unanswered WarningStatus = "open"      // 未说明
	Explained  WarningStatus = "explained" // 已说明，未解除
	Cleared    WarningStatus = "cleared"   // 已解除
)

// Warning is a warning with what came of it.
type Warning struct {
	WarningRaised
	Status      WarningStatus
	Explanation string
	Files       []string
	ClearedFor  string
}

// State is the monitoring of one programme and year as it stands.
type State struct {
	Unit      domain.UnitCode
	Snapshots []SnapshotTaken // by day; a corrected one stands in the place of the first
	Warnings  []Warning       // in the order raised
	Risks     []RiskReported
}

// Latest returns the last snapshot.
func (s State) Latest() (SnapshotTaken, bool) {
	if len(s.Snapshots) == 0 {
		return SnapshotTaken{}, false
	}
	return s.Snapshots[len(s.Snapshots)-1], true
}

// Open returns the warnings not cleared.
func (s State) Open() (open []Warning) {
	for _, w := range s.Warnings {
		if w.Status != Cleared {
			open = append(open, w)
		}
	}
	return open
}

// Evolve returns the state after one more fact.
func (s State) Evolve(e Event) State {
	switch e := e.(type) {
	case SnapshotTaken:
		s.Unit, s.Snapshots = e.Unit, append(slices.Clip(s.Snapshots), e)
	case SnapshotCorrected:
		s.Snapshots = slices.Clone(s.Snapshots)
		if i := s.snapshot(e.Snapshot.Snapshot); i >= 0 {
			s.Snapshots[i] = e.Snapshot
		}
	case WarningRaised:
		s.Warnings = append(slices.Clip(s.Warnings), Warning{WarningRaised: e, Status: Unanswered})
	case WarningExplained:
		s.Warnings = s.answered(e.Warning, func(w *Warning) { w.Status, w.Explanation, w.Files = Explained, e.Reason, e.Files })
	case WarningCleared:
		s.Warnings = s.answered(e.Warning, func(w *Warning) { w.Status, w.ClearedFor = Cleared, e.Reason })
	case RiskReported:
		s.Risks = append(slices.Clip(s.Risks), e)
	default:
		panic(fmt.Sprintf("monitoring: no rule for %T", e))
	}
	return s
}

// answered leaves the warnings of an earlier state as they were.
func (s State) answered(number string, change func(*Warning)) []Warning {
	warnings := slices.Clone(s.Warnings)
	for i := range warnings {
		if warnings[i].Warning == number {
			change(&warnings[i])
		}
	}
	return warnings
}

// snapshot returns the place of the snapshot with number, or -1.
func (s State) snapshot(number string) int {
	return slices.IndexFunc(s.Snapshots, func(t SnapshotTaken) bool { return t.Snapshot == number })
}
