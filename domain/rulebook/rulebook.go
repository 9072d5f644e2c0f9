// Package rulebook holds the rules of jurisdictions as data, each value with the
// article it comes from. Where a regulation gives no number the value is a
// default and says where that was taken from; a finance bureau may sign another.
package rulebook

import (
	"fmt"

	"wenxiao/domain"
)

// A Rulebook is one jurisdiction's rules from a day on. The shipped ones are
// shared: read them, copy the struct to change a rule.
type Rulebook struct {
	Name         string           `json:"name"`         // national-2020, handan, …
	Version      int              `json:"version"`      // of our reading, from 1
	Jurisdiction string           `json:"jurisdiction"` // national, handan, …
	Title        string           `json:"title"`        // in Chinese, with the document's number
	Document     string           `json:"document"`     // as cited: 财预〔2020〕10号
	From         Rule[domain.Day] `json:"from"`         // in force from

	Framework Rule[[]Group]  `json:"framework"`
	Weights   Weights        `json:"weights"`
	Scoring   Scoring        `json:"scoring"`
	Bands     Rule[[]Band]   `json:"bands"`  // for qualitative indicators, best first
	Grades    Rule[[]Grade]  `json:"grades"` // of a total, best first
	ExAnte    Rule[[]string] `json:"exAnte"` // dimensions of an ex-ante evaluation
	Criteria  Rule[[]string] `json:"criteria"`

	Deadlines []Rule[Deadline] `json:"deadlines"`
	Gates     []Rule[Gate]     `json:"gates"`
	Linkages  []Rule[Linkage]  `json:"linkages"`

	Parameters Parameters `json:"parameters"`
}

// Parameters are numbers the regulations leave to those who run them.
type Parameters struct {
	RectificationDays Rule[int]            `json:"rectificationDays"` // from notice to report
	HandoverDays      Rule[int]            `json:"handoverDays"`      // to record a handover of responsibility
	Major             Rule[domain.Money]   `json:"major"`             // a project of this much is major
	Behind            Rule[domain.Decimal] `json:"behind"`            // either line this many percentage points behind time: warn
	FarBehind         Rule[domain.Decimal] `json:"farBehind"`         // the same: alert
	Apart             Rule[domain.Decimal] `json:"apart"`             // attainment and execution this many points apart: contradiction
}

// Ref is name@version, as the envelope of an event names it.
func (r *Rulebook) Ref() string { return fmt.Sprintf("%s@%d", r.Name, r.Version) }

var all = []*Rulebook{national2020(), national2021(), handan(), league(), nantong(), xinzhou(), hubei()}

// All returns the shipped rulebooks, the national ones first.
func All() []*Rulebook { return append([]*Rulebook(nil), all...) }

// Default is the rulebook a printed table is checked by when none is named:
// the national measures, whose form all local forms descend from.
func Default() *Rulebook { return all[0] }

// Get finds a rulebook by name or by name@version.
func Get(name string) (*Rulebook, bool) {
	for _, r := range all {
		if name == r.Name || name == r.Ref() {
			return r, true
		}
	}
	return nil, false
}

// InForce returns the rulebook of a jurisdiction in force on a day: the latest
// of those that had begun.
func InForce(jurisdiction string, day domain.Day) (*Rulebook, bool) {
	var latest *Rulebook
	for _, r := range all {
		if r.Jurisdiction == jurisdiction && r.From.Value <= day && (latest == nil || latest.From.Value <= r.From.Value) {
			latest = r
		}
	}
	return latest, latest != nil
}
