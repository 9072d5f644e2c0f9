package projections

import (
	"strings"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// A Cell is one cell of an official form, or one figure beside it, and which
// event set it.
type Cell struct {
	Key     string              `json:"key"`   // goal/indicators/3/target
	Label   string              `json:"label"` // 数量指标“与委托运营方结算完成率”的指标值
	Value   string              `json:"value"` // as printed; money in 万元
	SetBy   eventstore.Position `json:"setBy"`
	Event   string              `json:"event"`
	Was     string              `json:"was,omitempty"` // value before SetBy
	Changed bool                `json:"changed"`       // SetBy is this very moment and the value was another
}

// Forms.
const (
	FormGoal       = "goal"       // 绩效目标申报表
	FormEvaluation = "evaluation" // 绩效自评表
)

// A Form is an official form as it stood: head cells, then one row per
// indicator, in form order.
type Form struct {
	Kind      string    `json:"kind"` // Form…
	Version   int       `json:"version"`
	Status    string    `json:"status"` // Goal… or Evaluation…
	Title     string    `json:"title"`
	MoneyUnit string    `json:"moneyUnit"`
	Head      []Cell    `json:"head"`
	Rows      []FormRow `json:"rows"`
}

// A FormRow is one indicator. Its cells end in /level1, /level2, /name,
// /target, /weight and, on the evaluation form, /actual, /score, /reason.
type FormRow struct {
	Row   string `json:"row"`
	New   bool   `json:"new,omitempty"`  // the version of this moment added it
	Gone  bool   `json:"gone,omitempty"` // the version of this moment dropped it
	Cells []Cell `json:"cells"`
}

// Cell returns the row's cell for field, such as "target".
func (r FormRow) Cell(field string) Cell {
	for _, c := range r.Cells {
		if strings.HasSuffix(c.Key, "/"+field) {
			return c
		}
	}
	return Cell{}
}

// Cell returns the head cell whose key ends in name, such as "objective".
func (f Form) Cell(name string) Cell {
	for _, c := range f.Head {
		if strings.HasSuffix(c.Key, "/"+name) {
			return c
		}
	}
	return Cell{}
}

// A Change is one cell that differs between two moments.
type Change struct {
	Key      string              `json:"key"`
	Label    string              `json:"label"`
	From     string              `json:"from"`
	To       string              `json:"to"`
	Position eventstore.Position `json:"position"` // of the event that set it last
	Event    string              `json:"event"`
	By       domain.Actor        `json:"by"`
	At       Moments             `json:"at"`
	Reason   string              `json:"reason,omitempty"` // as stated in that event
	Late     bool                `json:"late,omitempty"`
	Corrects string              `json:"corrects,omitempty"`
}
