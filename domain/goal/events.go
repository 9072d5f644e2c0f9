// Package goal follows the performance goals and indicators of one programme in
// one year: filed with the budget request, reviewed by four criteria, returned,
// approved with the budget, adjusted through the same steps. Who asks for money
// sets, who allots it reviews, who approves the budget approves (忻州办法
// 第十九条至第二十四条; 财预〔2015〕88号).
package goal

import (
	"strconv"

	"wenxiao/domain"
)

// Stream returns the stream of the programme's goals of year.
func Stream(code domain.ProgrammeCode, year domain.FiscalYear) string {
	return "goal-" + string(code) + "-" + strconv.Itoa(int(year))
}

// Event is one of the facts below.
type Event interface {
	domain.Event
	goal()
}

// Command is one of the requests in commands.go.
type Command = domain.Command[State, Event]

// Level says at which desk a review was made.
type Level string

const (
	DepartmentLevel Level = "department" // 主管部门审核
	FinanceLevel    Level = "finance"    // 财政部门审核
)

// Criterion is the mark given for one of the four criteria (目标审核表).
type Criterion struct {
	Score   domain.Decimal `json:"score"`
	Full    domain.Decimal `json:"full"` // 20, 30, 30, 20 in 财预〔2015〕88号
	Opinion string         `json:"opinion,omitempty"`
}

type (
	// Filed is one version of the goal form, filed with the budget request.
	Filed struct {
		Version    int                  `json:"version"` // 1, 2, …
		Programme  domain.ProgrammeCode `json:"programme"`
		Year       domain.FiscalYear    `json:"year"`
		Unit       domain.UnitCode      `json:"unit"` // 申报单位
		Budget     domain.Money         `json:"budget"`
		Sources    []domain.FundSource  `json:"sources,omitempty"`
		Objective  string               `json:"objective"` // 年度总体目标
		Indicators []domain.Indicator   `json:"indicators"`
		Adjusts    int                  `json:"adjusts,omitempty"` // the approved version this one would replace
		Cause      string               `json:"cause,omitempty"`   // why, for a changed or adjusted form
		By         string               `json:"by,omitempty"`      // person who filed, who may not review it
		Source     *domain.Source       `json:"source,omitempty"`
	}

	// Returned sends a version back to the unit with what to change.
	Returned struct {
		Version int     `json:"version"`
		Level   Level   `json:"level"`
		Reason  string  `json:"reason"`
		Points  []Point `json:"points,omitempty"`
	}

	// Point is one objection to one row of the form.
	Point struct {
		Row  string `json:"row,omitempty"` // empty: the form as a whole
		Text string `json:"text"`
	}

	// Reviewed is the opinion by the four criteria.
	Reviewed struct {
		Version      int            `json:"version"`
		Level        Level          `json:"level"`
		Completeness Criterion      `json:"completeness"` // 完整性
		Relevance    Criterion      `json:"relevance"`    // 相关性
		Suitability  Criterion      `json:"suitability"`  // 适当性
		Feasibility  Criterion      `json:"feasibility"`  // 可行性
		Total        domain.Decimal `json:"total"`
		Grade        string         `json:"grade"` // 优 良 中 差
		Opinion      string         `json:"opinion"`
		Passed       bool           `json:"passed"` // 差 may not enter the next step
	}

	// Approved makes a version binding, together with the budget (同步批复).
	Approved struct {
		Version  int            `json:"version"`
		Amount   domain.Money   `json:"amount"`           // the budget approved
		Document string         `json:"document"`         // 批复文号
		Reason   string         `json:"reason,omitempty"` // where the amount is not the one filed
		Source   *domain.Source `json:"source,omitempty"`
	}
)

func (Filed) EventType() string    { return "goal.filed.v1" }
func (Returned) EventType() string { return "goal.returned.v1" }
func (Reviewed) EventType() string { return "goal.reviewed.v1" }
func (Approved) EventType() string { return "goal.approved.v1" }

func (Filed) goal()    {}
func (Returned) goal() {}
func (Reviewed) goal() {}
func (Approved) goal() {}

// Stored is everything this package ever wrote.
var Stored = domain.Decoders[Event]{
	"goal.filed.v1":    domain.As(func(e Filed) Event { return e }),
	"goal.returned.v1": domain.As(func(e Returned) Event { return e }),
	"goal.reviewed.v1": domain.As(func(e Reviewed) Event { return e }),
	"goal.approved.v1": domain.As(func(e Approved) Event { return e }),
}
