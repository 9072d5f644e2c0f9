package rulebook

import "wenxiao/domain"

// Scoring says how an indicator's attainment becomes points.
type Scoring struct {
	Execution   Rule[Method]         `json:"execution"` // CappedRatio
	Positive    Rule[Method]         `json:"positive"`  // Ratio or RatioWithPass
	Pass        Rule[domain.Decimal] `json:"pass"`      // share of the target below which RatioWithPass gives 0
	Reverse     Rule[Method]         `json:"reverse"`   // InverseRatio or LinearToZero
	Equal       Rule[Method]         `json:"equal"`     // AtLeast or Exact
	Zero        Rule[Method]         `json:"zero"`      // AllOrNothing
	YesNo       Rule[Method]         `json:"yesNo"`     // Direct or Banded
	Qualitative Rule[Method]         `json:"qualitative"`
	Late        Rule[Method]         `json:"late"`      // AllOrNothing or Open
	Printed     Rule[Method]         `json:"printed"`   // AsPrinted: a scoring rule printed with the row prevails
	Intervals   Rule[[]Interval]     `json:"intervals"` // for satisfaction; none where it is scored like any rate
	Over        Over                 `json:"over"`
	Deduction   Rule[Method]         `json:"deduction"` // WithReason
	Aggregate   Rule[Method]         `json:"aggregate"` // AttainmentFirst
	Places      Rule[int]            `json:"places"`    // digits after the point, half up
	Direction   Rule[Direction]      `json:"direction"`
}

// A Method is a way of turning attainment into points.
type Method string

const (
	CappedRatio     Method = "capped-ratio"     // weight × min(1, executed ÷ full-year budget)
	Ratio           Method = "ratio"            // full when reached, else weight × actual ÷ target
	RatioWithPass   Method = "ratio-with-pass"  // the same, and 0 below the pass threshold
	InverseRatio    Method = "inverse-ratio"    // full when kept to, else weight × target ÷ actual
	LinearToZero    Method = "linear-to-zero"   // full when kept to, else weight × (1 − excess ÷ target), 0 from twice the target
	AtLeast         Method = "at-least"         // = is scored like ≥ (for a cost like ≤)
	Exact           Method = "exact"            // = is full when equal, else the smaller ÷ the larger
	AllOrNothing    Method = "all-or-nothing"   // full or 0
	Direct          Method = "direct"           // yes is full, no is 0
	Banded          Method = "banded"           // judged within the bands; the printed score is kept
	Open            Method = "open"             // the rules give no way to compute it
	AsPrinted       Method = "as-printed"       // 每降低1%扣1分 and the like, as agreed with the goal
	WithReason      Method = "with-reason"      // less than computed only with a stated reason
	AttainmentFirst Method = "attainment-first" // absolute values summed, rates weighted by money, then scored
	ByDeviation     Method = "by-deviation"     // weight × (1 − excess over the threshold)
	Explained       Method = "explanation-only" // full, but an explanation is due
)

// An Interval gives a share of the weight from a rate on.
type Interval struct {
	From  domain.Decimal `json:"from"` // 90 means 90 %, included
	Share domain.Decimal `json:"share"`
}

// Over is what happens to results far above the target.
type Over struct {
	Threshold Rule[domain.Decimal] `json:"threshold"` // actual ÷ target beyond which an explanation is due
	Reduction Rule[Method]         `json:"reduction"` // Explained or ByDeviation
}

// Direction tells, from the wording, whether less is better where a form prints
// no sign.
type Direction struct {
	ReverseGroups []string `json:"reverseGroups"` // first or second level: 成本
	ReverseWords  []string `json:"reverseWords"`  // what a name ends in, before 率, 数, 次数 …: 事故, 投诉
	PositiveWords []string `json:"positiveWords"` // endings that make it positive all the same: 处置率
}
