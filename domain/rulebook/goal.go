package rulebook

import (
	"fmt"

	"wenxiao/domain"
)

// A Weighted is an indicator row as far as its weight goes.
type Weighted struct {
	Level1 string
	Weight domain.Decimal
}

// CheckGoal refuses indicator weights that do not sum to what is due when a
// goal is filed: 90 where execution has 10. Rows are numbered as given, and
// Field points at /rows.
func (r *Rulebook) CheckGoal(rows []Weighted) []domain.Refusal {
	var refusals []domain.Refusal
	for i, row := range rows {
		if row.Weight.Sign() < 0 {
			refusals = append(refusals, domain.Refusal{Code: "goal.negative-weight", Field: fmt.Sprintf("/rows/%d/weight", i),
				Reason: fmt.Sprintf("第 %d 行分值 %s 小于 0", i+1, row.Weight), Basis: r.Weights.Plain.Source.String()})
		}
	}
	sum, due := total(rows), r.GoalTotal()
	if !sum.Equal(due) {
		refusals = append(refusals, domain.Refusal{Code: "goal.weights-not-100", Field: "/rows",
			Reason: fmt.Sprintf("各指标分值合计 %s，应为 %s（%s）；预算执行率 %s 分在自评时计，合计 100", sum.Trim(), due, over(sum, due), r.Weights.Execution.Value),
			Basis:  r.Weights.Execution.Source.String()})
	}
	return refusals
}

// A Departure is a first-level group whose weights are not the default. It may
// stand where it is explained: 特殊情况可适当调整.
type Departure struct {
	Group    string
	Sum, Due domain.Decimal
	Text     string // 产出指标分值合计 70，应为 50（多 20）
	Basis    string
}

// Departures lists the first-level groups whose weights differ from those due.
func (r *Rulebook) Departures(rows []Weighted) (departures []Departure) {
	sums := make(map[string]domain.Decimal)
	for _, row := range rows {
		if g, ok := r.Group(row.Level1); ok {
			sums[g.Name] = sums[g.Name].Add(row.Weight)
		}
	}
	_, cost := sums[Cost]
	_, satisfaction := sums[Satisfaction]
	shares := r.Shares(cost, satisfaction)
	for _, s := range shares.Value {
		if sum := sums[s.Group]; !sum.Equal(s.Weight) {
			text := fmt.Sprintf("%s分值合计 %s，应为 %s（%s）", s.Group, sum.Trim(), s.Weight, over(sum, s.Weight))
			departures = append(departures, Departure{s.Group, sum.Trim(), s.Weight, text, shares.Source.String()})
		}
	}
	return departures
}

func total(rows []Weighted) (sum domain.Decimal) {
	for _, row := range rows {
		sum = sum.Add(row.Weight)
	}
	return sum
}

// over says by how much a sum misses what is due.
func over(sum, due domain.Decimal) string {
	if sum.Less(due) {
		return "少 " + due.Sub(sum).String()
	}
	return "多 " + sum.Sub(due).String()
}
