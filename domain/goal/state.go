package goal

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// Status says how far the current version is.
type Status string

const (
	NotFiled    Status = ""
	UnderReview Status = "filed"    // 已申报，待审核
	WithOpinion Status = "reviewed" // 已审核
	WithUnit    Status = "returned" // 已退回
	InForce     Status = "approved" // 已批复
)

// State is the goals of one programme and year as they stand.
type State struct {
	Status   Status
	Version  int        // of the current form
	Current  Filed      // the form last filed
	Reviews  []Reviewed // of the current version
	Returned *Returned  // of the current version, when it was sent back

	ApprovedVersion int   // 0: none yet; stays in force while an adjustment is under way
	Approved        Filed // the form of that version
	Amount          domain.Money
	Document        string
}

// Evolve returns the state after one more fact.
func (s State) Evolve(e Event) State {
	switch e := e.(type) {
	case Filed:
		s.Status, s.Version, s.Current = UnderReview, e.Version, e
		s.Reviews, s.Returned = nil, nil
	case Returned:
		s.Status, s.Returned = WithUnit, &e
	case Reviewed:
		s.Status, s.Reviews = WithOpinion, append(slices.Clip(s.Reviews), e)
	case Approved:
		s.Status, s.ApprovedVersion, s.Approved = InForce, e.Version, s.Current
		s.Amount, s.Document = e.Amount, e.Document
	default:
		panic(fmt.Sprintf("goal: no rule for %T", e))
	}
	return s
}

// Failed reports whether a review found the current version 中 or 差, so that it
// can only go back to the unit.
func (s State) Failed() bool {
	return slices.ContainsFunc(s.Reviews, func(r Reviewed) bool { return !r.Passed })
}

// Passed returns the passed review of the current version at level, if any.
func (s State) Passed(level Level) (Reviewed, bool) {
	i := slices.IndexFunc(s.Reviews, func(r Reviewed) bool { return r.Level == level && r.Passed })
	if i < 0 {
		return Reviewed{}, false
	}
	return s.Reviews[i], true
}

// at refuses a desk that looks at another version than the current one, or at
// one that is not on the desks at all.
func (s State) at(version int) error {
	switch {
	case s.Status == NotFiled:
		return domain.Refusal{Code: "goal.not-filed", Reason: "绩效目标尚未申报"}
	case version != s.Version:
		return domain.Refusal{
			Code: "goal.not-current-version", Field: "/version",
			Reason: fmt.Sprintf("当前为第 %d 版，不是第 %d 版", s.Version, version),
		}
	case s.Status == WithUnit:
		return domain.Refusal{
			Code: "goal.returned", Field: "/version",
			Reason: fmt.Sprintf("第 %d 版已退回（%s），待单位修改后重新申报", s.Version, s.Returned.Reason),
		}
	case s.Status == InForce:
		return domain.Refusal{
			Code: "goal.already-approved", Field: "/version", Basis: "忻州办法 第二十四条",
			Reason: fmt.Sprintf("第 %d 版已批复（%s）", s.Version, s.Document),
		}
	}
	return nil
}

// foreign refuses to the unit and the person that filed what only others may do.
func (s State) foreign(by domain.Actor, basis string) (no domain.Refusals) {
	no.If(by.Unit == string(s.Current.Unit), domain.Refusal{
		Code: "goal.own-unit", Basis: basis,
		Reason: fmt.Sprintf("申报单位 %s 不得办理本单位目标的审核、退回或批复", s.Current.Unit),
	})
	no.If(s.Current.By != "" && by.Person == s.Current.By, domain.Refusal{
		Code: "goal.own-filing", Basis: basis,
		Reason: fmt.Sprintf("%s 申报了第 %d 版，不得再办理其审核、退回或批复", by.Name, s.Version),
	})
	return no
}
