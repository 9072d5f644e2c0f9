package web

import (
	"strings"

	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
)

// Check recomputes one table under one rulebook, or beside it under another. It
// states arithmetic on what was printed and nothing about whoever printed it.
// Nothing of it is kept.
type Check struct {
	Frame
	Samples   []Option
	Sample    string // id of the sample chosen; empty: one's own table
	Ledger    string // evaluation it was taken from, when it is one of the ledger's
	Table     *published.Table
	Places    []string // where each indicator stands in what was handed in: 第 7 行
	Others    int      // further tables in the file, not checked
	Rulebooks []*rulebook.Rulebook
	A         *rulebook.Rulebook
	B         *rulebook.Rulebook // nil: no comparison
	ResultA   scoring.Result
	Beside    scoring.Comparison // with B
	Only      bool               // only what differs
	Own       string             // what was pasted
	Carried   string             // the table as a case of the file format, for the next request
	Errors    []Wrongly
	Open      bool // show the form for one's own table
}

func (Check) template() string { return "check" }

// Books are the rulebooks to choose from.
func (p Check) Books() (options []Option) {
	for _, r := range p.Rulebooks {
		place, _, _ := strings.Cut(r.Title, "：")
		options = append(options, Option{r.Name, place + "　" + r.Document})
	}
	return options
}

// NameA and NameB are the names of the rulebooks chosen.
func (p Check) NameA() string { return bookName(p.A) }

func (p Check) NameB() string { return bookName(p.B) }

func bookName(r *rulebook.Rulebook) string {
	if r == nil {
		return ""
	}
	return r.Name
}

// Unfit says why B gives this table no total; empty where it does.
func (p Check) Unfit() string { return p.Beside.Total.Reason }

// TotalLight compares the printed total with the computed one.
func (p Check) TotalLight() Status {
	t := p.ResultA.Total
	if t.Printed == nil {
		return NotTested.Saying("未印总分")
	}
	return difference(t.Printed, t.Computed)
}

// Conclusion says in a word what came of it.
func (p Check) Conclusion() Status {
	if n := len(p.ResultA.Findings); n > 0 {
		return Differs.Saying("%d 处待说明", n)
	}
	return Agrees.Saying("没有发现不符")
}

// Parted are the items on which the rulebooks part that bear on a table's score,
// and what each does to this one.
func (p Check) Parted() (rules []scoring.RuleEffect) {
	for _, r := range p.Beside.Rules {
		switch area, _, _ := strings.Cut(r.Key, "."); area {
		case "framework", "weights", "scoring", "bands", "grades":
			rules = append(rules, r)
		}
	}
	return rules
}

// Method is how the choice of rulebooks is sent: a table of one's own is carried
// in the body.
func (p Check) Method() string {
	if p.Table != nil && p.Carries() == "own" {
		return "post"
	}
	return "get"
}

// Carries is the fields that bring this table into the next request.
func (p Check) Carries() string {
	switch {
	case p.Sample != "":
		return "table"
	case p.Ledger != "":
		return "evaluation"
	}
	return "own"
}
