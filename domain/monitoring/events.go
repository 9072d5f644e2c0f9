// Package monitoring follows the dual monitoring (双监控) of one programme in one
// year: snapshots of attainment and money at one moment in one table, warnings
// and what came of them, urgent risks (忻州办法 第二十五条至第二十九条; 南通
// 第十条; 财预〔2019〕136号).
package monitoring

import (
	"strconv"

	"wenxiao/domain"
)

// Stream returns the stream of the programme's monitoring in year.
func Stream(code domain.ProgrammeCode, year domain.FiscalYear) string {
	return "monitoring-" + string(code) + "-" + strconv.Itoa(int(year))
}

// Event is one of the facts below.
type Event interface {
	domain.Event
	monitoring()
}

// Command is one of the requests in commands.go.
type Command = domain.Command[State, Event]

// Likelihood is the outlook of one indicator (财预〔2019〕136号 监控表).
type Likelihood string

const (
	Certain    Likelihood = "certain"    // 确定能
	Possible   Likelihood = "possible"   // 有可能
	Impossible Likelihood = "impossible" // 完全不可能
)

// Reading is one row of a snapshot.
type Reading struct {
	Row        string          `json:"row"`                  // of the approved goal
	Actual     string          `json:"actual"`               // as reported: 1,200人
	Attainment *domain.Decimal `json:"attainment,omitempty"` // share of the year's target, 0.75; none for plain words
	Likelihood Likelihood      `json:"likelihood"`
	Reason     string          `json:"reason,omitempty"` // deviation, by cause
}

type (
	// SnapshotTaken is one monitoring table: both lines at one day.
	SnapshotTaken struct {
		Snapshot   string               `json:"snapshot"` // number within the year: 1, 2, …
		Programme  domain.ProgrammeCode `json:"programme"`
		Year       domain.FiscalYear    `json:"year"`
		Unit       domain.UnitCode      `json:"unit"`
		Day        domain.Day           `json:"day"`        // what it shows is as of the end of this day
		Period     string               `json:"period"`     // 1—7月
		Attainment domain.Decimal       `json:"attainment"` // weighted over readings, 0 to 1 or more
		Elapsed    domain.Decimal       `json:"elapsed"`    // share of the year gone by
		Budget     domain.Money         `json:"budget"`
		Paid       domain.Money         `json:"paid"`
		Execution  domain.Decimal       `json:"execution"` // paid ÷ budget
		Trend      string               `json:"trend,omitempty"`
		Readings   []Reading            `json:"readings"`
		Source     *domain.Source       `json:"source,omitempty"`
	}

	// SnapshotCorrected replaces a snapshot by another; both stay readable.
	SnapshotCorrected struct {
		Corrects string        `json:"corrects"` // id of the event put right
		Snapshot SnapshotTaken `json:"snapshot"`
		Reason   string        `json:"reason"`
	}

	// WarningRaised says that a line fell behind by more than the rulebook allows.
	WarningRaised struct {
		Warning   string         `json:"warning"`  // number within the year
		Snapshot  string         `json:"snapshot"` // it was seen in
		Line      string         `json:"line"`     // attainment, execution, contradiction
		Grave     bool           `json:"grave,omitempty"`
		Value     domain.Decimal `json:"value"`
		Expected  domain.Decimal `json:"expected"`
		Threshold domain.Decimal `json:"threshold"` // share the line may be behind
		Working   string         `json:"working"`   // 执行 24.80%，时间 58.08%，落后 33.28 个百分点
	}

	// WarningExplained is the unit's reason.
	WarningExplained struct {
		Warning string   `json:"warning"`
		Reason  string   `json:"reason"`
		Files   []string `json:"files,omitempty"` // SHA-256 of each
	}

	// WarningCleared ends a warning.
	WarningCleared struct {
		Warning string `json:"warning"`
		Reason  string `json:"reason"`
	}

	// RiskReported tells finance at once of a major problem (南通 第十条第一款).
	RiskReported struct {
		Risk string     `json:"risk"`
		Seen domain.Day `json:"seen"` // when the unit saw it
		Plan string     `json:"plan"`
	}
)

func (SnapshotTaken) EventType() string     { return "monitoring.snapshot-taken.v1" }
func (SnapshotCorrected) EventType() string { return "monitoring.snapshot-corrected.v1" }
func (WarningRaised) EventType() string     { return "monitoring.warning-raised.v1" }
func (WarningExplained) EventType() string  { return "monitoring.warning-explained.v1" }
func (WarningCleared) EventType() string    { return "monitoring.warning-cleared.v1" }
func (RiskReported) EventType() string      { return "monitoring.risk-reported.v1" }

func (SnapshotTaken) monitoring()     {}
func (SnapshotCorrected) monitoring() {}
func (WarningRaised) monitoring()     {}
func (WarningExplained) monitoring()  {}
func (WarningCleared) monitoring()    {}
func (RiskReported) monitoring()      {}

// Stored is everything this package ever wrote.
var Stored = domain.Decoders[Event]{
	"monitoring.snapshot-taken.v1":     domain.As(func(e SnapshotTaken) Event { return e }),
	"monitoring.snapshot-corrected.v1": domain.As(func(e SnapshotCorrected) Event { return e }),
	"monitoring.warning-raised.v1":     domain.As(func(e WarningRaised) Event { return e }),
	"monitoring.warning-explained.v1":  domain.As(func(e WarningExplained) Event { return e }),
	"monitoring.warning-cleared.v1":    domain.As(func(e WarningCleared) Event { return e }),
	"monitoring.risk-reported.v1":      domain.As(func(e RiskReported) Event { return e }),
}
