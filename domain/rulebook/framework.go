package rulebook

import (
	"regexp"
	"slices"
	"strings"

	"wenxiao/domain"
)

// A Group is a first-level indicator group with its second level.
type Group struct {
	Name   string   `json:"name"`           // 产出指标
	Also   []string `json:"also,omitempty"` // words that name the same group on other forms
	Second []string `json:"second"`         // 数量指标, …
}

// A Share is the weight of a first-level group.
type Share struct {
	Group  string         `json:"group"`
	Weight domain.Decimal `json:"weight"`
}

// Weights are the points out of 100. At self-evaluation execution and groups
// sum to 100; when the goal is filed there is no execution yet.
type Weights struct {
	Execution Rule[domain.Decimal] `json:"execution"`
	Plain     Rule[[]Share]        `json:"plain"`    // cost is a second level of output
	WithCost  Rule[[]Share]        `json:"withCost"` // cost is a group of its own; empty where it cannot be
	// Satisfaction names the group that takes the points of satisfaction where
	// no one is served who could be asked.
	Satisfaction Rule[string] `json:"satisfaction"`
}

// The first-level groups all frameworks share.
const (
	Output       = "产出指标"
	Benefit      = "效益指标"
	Satisfaction = "满意度指标"
	Cost         = "成本指标"
)

// decoration is what forms add to a group's name: 项目产出(30), 一级指标：…
var decoration = regexp.MustCompile(`[(（][^)）]*[)）]|指标|项目|一级|[\s:：0-9.分]`)

// Group returns the group a form's first-level cell names.
func (r *Rulebook) Group(level1 string) (Group, bool) {
	name := decoration.ReplaceAllString(level1, "")
	if name == "" {
		return Group{}, false
	}
	for _, g := range r.Framework.Value {
		words := append([]string{decoration.ReplaceAllString(g.Name, "")}, g.Also...)
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) }) {
			return g, true
		}
	}
	return Group{}, false
}

// Shares returns the weights due of a form that has, or has not, a cost group
// and a satisfaction group.
func (r *Rulebook) Shares(cost, satisfaction bool) Rule[[]Share] {
	shares := r.Weights.Plain
	if cost && len(r.Weights.WithCost.Value) > 0 {
		shares = r.Weights.WithCost
	}
	if satisfaction {
		return shares
	}
	return Rule[[]Share]{moved(shares.Value, Satisfaction, r.Weights.Satisfaction.Value), shares.Source}
}

// moved gives the points of one group to another.
func moved(shares []Share, from, to string) (out []Share) {
	var points domain.Decimal
	for _, s := range shares {
		if s.Group == from {
			points = s.Weight
			continue
		}
		out = append(out, s)
	}
	for i, s := range out {
		if s.Group == to {
			out[i].Weight = s.Weight.Add(points)
		}
	}
	return out
}

// GoalTotal is what the indicators of a goal sum to before there is execution.
func (r *Rulebook) GoalTotal() domain.Decimal {
	return domain.Int(100).Sub(r.Weights.Execution.Value)
}

func shares(output, benefit, satisfaction int64) []Share {
	return []Share{{Output, domain.Int(output)}, {Benefit, domain.Int(benefit)}, {Satisfaction, domain.Int(satisfaction)}}
}

func sharesWithCost(cost, output, benefit, satisfaction int64) []Share {
	return append([]Share{{Cost, domain.Int(cost)}}, shares(output, benefit, satisfaction)...)
}
