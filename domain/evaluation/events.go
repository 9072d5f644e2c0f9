// Package evaluation follows one evaluation. In this form of the ledger it is
// the self-evaluation (自评) of a programme's year: filed, checked by finance,
// returned, finalised, fed back (财预〔2020〕10号; 忻州办法 第三十条至第四十条).
// Every version filed is kept; none replaces another (忻州办法 第四十四条第二项).
package evaluation

import (
	"encoding/json"
	"strconv"

	"wenxiao/domain"
)

// SelfID returns the id of the programme's self-evaluation of year.
func SelfID(code domain.ProgrammeCode, year domain.FiscalYear) string {
	return string(code) + "-" + strconv.Itoa(int(year)) + "-self"
}

// Stream returns the stream of the evaluation with id.
func Stream(id string) string { return "evaluation-" + id }

// Event is one of the facts below.
type Event interface {
	domain.Event
	evaluation()
}

// Command is one of the requests in commands.go.
type Command = domain.Command[State, Event]

// Budget is the money row of the form, as printed.
type Budget struct {
	Begin    *domain.Money       `json:"begin,omitempty"`    // 年初预算数
	FullYear *domain.Money       `json:"fullYear,omitempty"` // 全年预算数
	Executed *domain.Money       `json:"executed,omitempty"` // 全年执行数
	Rate     string              `json:"rate,omitempty"`     // 执行率 as printed: 86.19%
	Weight   *domain.Decimal     `json:"weight,omitempty"`
	Score    *domain.Decimal     `json:"score,omitempty"`
	Parts    []BudgetPart        `json:"parts,omitempty"` // 其中: …
	Sources  []domain.FundSource `json:"sources,omitempty"`
}

// BudgetPart is one 其中 row of the money rows.
type BudgetPart struct {
	Name     string        `json:"name"`
	Begin    *domain.Money `json:"begin,omitempty"`
	FullYear *domain.Money `json:"fullYear,omitempty"`
	Executed *domain.Money `json:"executed,omitempty"`
}

// Row is one indicator of the form, as printed.
type Row struct {
	domain.Indicator
	Actual string          `json:"actual"`           // 实际完成值
	Score  *domain.Decimal `json:"score,omitempty"`  // 得分
	Reason string          `json:"reason,omitempty"` // 偏差原因分析及改进措施
}

// Finding is what a check found; package scoring says what each code means.
type Finding struct {
	Code    string `json:"code"`
	Cell    string `json:"cell"`
	Message string `json:"message"`
	Basis   string `json:"basis,omitempty"`
}

type (
	// SelfFiled is one version of the self-evaluation form.
	SelfFiled struct {
		Version    int                  `json:"version"` // 1, 2, …
		Programme  domain.ProgrammeCode `json:"programme"`
		Year       domain.FiscalYear    `json:"year"`
		Unit       domain.UnitCode      `json:"unit"`
		Form       string               `json:"form"`            // 项目支出绩效自评表
		MoneyUnit  string               `json:"moneyUnit"`       // as the form names it: 万元, 元
		Frame      string               `json:"frame,omitempty"` // the weights the form is built on: 10/50/30/10
		Budget     Budget               `json:"budget"`
		Expected   string               `json:"expected,omitempty"` // 预期目标
		Achieved   string               `json:"achieved,omitempty"` // 实际完成情况
		Rows       []Row                `json:"rows"`
		Total      *domain.Decimal      `json:"total,omitempty"` // as printed
		Grade      string               `json:"grade,omitempty"` // as printed
		Incomplete bool                 `json:"incomplete,omitempty"`
		Cause      string               `json:"cause,omitempty"` // why filed again
		Extra      json.RawMessage      `json:"extra,omitempty"` // what else the form prints, as the file had it
		By         string               `json:"by,omitempty"`    // person who filed, who may not check it
		Source     *domain.Source       `json:"source,omitempty"`
	}

	// Checked is finance's check of a version (忻州办法 第三十八条): the
	// recomputation under one rulebook and what it found.
	Checked struct {
		Version  int             `json:"version"`
		Rulebook string          `json:"rulebook"` // name@version
		Printed  *domain.Decimal `json:"printed,omitempty"`
		Computed *domain.Decimal `json:"computed,omitempty"`
		Findings []Finding       `json:"findings,omitempty"`
		Opinion  string          `json:"opinion,omitempty"`
	}

	// Returned sends a version back to the unit.
	Returned struct {
		Version int    `json:"version"`
		Reason  string `json:"reason"`
	}

	// Finalised fixes score and grade.
	Finalised struct {
		Version int            `json:"version"`
		Score   domain.Decimal `json:"score"`
		Grade   string         `json:"grade"`
		Reason  string         `json:"reason,omitempty"` // where the score is not the computed one
	}

	// FedBack tells the unit the result and what it must put right.
	FedBack struct {
		Opinion      string   `json:"opinion"`
		Requirements []string `json:"requirements,omitempty"`
	}
)

func (SelfFiled) EventType() string { return "evaluation.self-filed.v1" }
func (Checked) EventType() string   { return "evaluation.checked.v1" }
func (Returned) EventType() string  { return "evaluation.returned.v1" }
func (Finalised) EventType() string { return "evaluation.finalised.v1" }
func (FedBack) EventType() string   { return "evaluation.fed-back.v1" }

func (SelfFiled) evaluation() {}
func (Checked) evaluation()   {}
func (Returned) evaluation()  {}
func (Finalised) evaluation() {}
func (FedBack) evaluation()   {}

// Stored is everything this package ever wrote.
var Stored = domain.Decoders[Event]{
	"evaluation.self-filed.v1": domain.As(func(e SelfFiled) Event { return e }),
	"evaluation.checked.v1":    domain.As(func(e Checked) Event { return e }),
	"evaluation.returned.v1":   domain.As(func(e Returned) Event { return e }),
	"evaluation.finalised.v1":  domain.As(func(e Finalised) Event { return e }),
	"evaluation.fed-back.v1":   domain.As(func(e FedBack) Event { return e }),
}
