package rulebook

import (
	"fmt"
	"time"

	"wenxiao/domain"
)

// A Deadline is a day of the year by which something must have happened.
type Deadline struct {
	Code  string     `json:"code"` // self-evaluation, monitoring, …
	Duty  string     `json:"duty"` // in Chinese: what, by whom, to whom
	After int        `json:"after"`
	Month time.Month `json:"month"` // After years after the budget year
	Day   int        `json:"day"`
}

// Of returns the deadline for a budget year.
func (d Deadline) Of(year domain.FiscalYear) domain.Day {
	return domain.Day(fmt.Sprintf("%04d-%02d-%02d", int(year)+d.After, d.Month, d.Day))
}

func (d Deadline) String() string {
	when := map[int]string{0: "当年", 1: "次年"}[d.After]
	return fmt.Sprintf("%s %d 月 %d 日前：%s", when, d.Month, d.Day, d.Duty)
}

// Deadline finds a deadline by its code.
func (r *Rulebook) Deadline(code string) (Rule[Deadline], bool) {
	for _, d := range r.Deadlines {
		if d.Value.Code == code {
			return d, true
		}
	}
	return Rule[Deadline]{}, false
}

// A Gate is where the regulation says 不得安排预算: the next step is refused,
// not merely noted.
type Gate struct {
	Code   string `json:"code"`   // no-ex-ante, no-goal, goal-not-passed, not-in-library
	When   string `json:"when"`   // in Chinese
	Effect string `json:"effect"` // in Chinese
}

func (g Gate) String() string { return g.When + "：" + g.Effect }

// Gate finds a gate by its code.
func (r *Rulebook) Gate(code string) (Rule[Gate], bool) {
	for _, g := range r.Gates {
		if g.Value.Code == code {
			return g, true
		}
	}
	return Rule[Gate]{}, false
}

// A Linkage is what a result does to money or policy.
type Linkage struct {
	On     string `json:"on"`     // a grade (优, 良, 中, 差) or a condition in Chinese
	Effect string `json:"effect"` // in Chinese; without a number where the regulation gives none
}

func (l Linkage) String() string { return l.On + "：" + l.Effect }

// Linkage lists what follows from a grade or condition.
func (r *Rulebook) Linkage(on string) (rows []Rule[Linkage]) {
	for _, l := range r.Linkages {
		if l.Value.On == on {
			rows = append(rows, l)
		}
	}
	return rows
}
