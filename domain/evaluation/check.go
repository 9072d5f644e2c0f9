package evaluation

import (
	"fmt"

	"wenxiao/domain"
)

// Check records finance's check of a version. A version may be checked again,
// under another rulebook for instance; the last check counts.
type Check struct {
	Version  int             `json:"version"`
	Rulebook string          `json:"rulebook"`
	Printed  *domain.Decimal `json:"printed,omitempty"`
	Computed *domain.Decimal `json:"computed,omitempty"`
	Findings []Finding       `json:"findings,omitempty"`
	Opinion  string          `json:"opinion,omitempty"`

	By domain.Actor `json:"-"`
}

// Decide refuses a check by who filed, or under no rules.
func (c Check) Decide(s State) ([]Event, error) {
	if err := s.at(c.Version); err != nil {
		return nil, err
	}
	no := s.foreign(c.By)
	no.If(domain.Blank(c.Rulebook), domain.Refusal{
		Code: "evaluation.no-rulebook", Field: "/rulebook", Basis: "忻州办法 第三十八条",
		Reason: "复核依据的规则册未填",
	})
	return domain.Unless(no, Event(Checked{Version: c.Version, Rulebook: c.Rulebook, Printed: c.Printed, Computed: c.Computed, Findings: c.Findings, Opinion: c.Opinion}))
}

// Return sends a version back to the unit.
type Return struct {
	Version int    `json:"version"`
	Reason  string `json:"reason"`

	By domain.Actor `json:"-"`
}

// Decide refuses to send back without saying why.
func (c Return) Decide(s State) ([]Event, error) {
	if err := s.at(c.Version); err != nil {
		return nil, err
	}
	no := s.foreign(c.By)
	no.If(domain.Blank(c.Reason), domain.Refusal{
		Code: "evaluation.no-reason", Field: "/reason", Basis: "忻州办法 第三十八条",
		Reason: "退回理由未填",
	})
	return domain.Unless(no, Event(Returned{Version: c.Version, Reason: c.Reason}))
}

// Finalise fixes score and grade.
type Finalise struct {
	Version int            `json:"version"`
	Score   domain.Decimal `json:"score"`
	Grade   string         `json:"grade"`
	Reason  string         `json:"reason,omitempty"`

	By      domain.Actor `json:"-"`
	ByBands string       `json:"-"` // the grade the rulebook's bands give Score
}

// Decide refuses a result of a version not checked, a score other than the
// computed one without a reason, and a grade its score does not give.
func (c Finalise) Decide(s State) ([]Event, error) {
	if err := s.at(c.Version); err != nil {
		return nil, err
	}
	if s.Check == nil {
		return nil, domain.Refusal{
			Code: "evaluation.not-checked", Field: "/version", Basis: "忻州办法 第三十八条",
			Reason: fmt.Sprintf("第 %d 版尚未复核，不得定级", s.Version),
		}
	}
	const basis = "忻州办法 第三十七条"
	no := s.foreign(c.By)
	no.If(c.Score.Sign() < 0 || domain.Int(100).Less(c.Score), domain.Refusal{
		Code: "evaluation.score-out-of-range", Field: "/score", Basis: basis,
		Reason: fmt.Sprintf("得分 %s 不在 0 至 100 之间", c.Score),
	})
	no.If(c.Grade != c.ByBands, domain.Refusal{
		Code: "evaluation.grade-differs", Field: "/grade", Basis: basis,
		Reason: fmt.Sprintf("%s 分应为“%s”，不是“%s”", c.Score, c.ByBands, c.Grade),
	})
	computed := s.Check.Computed
	no.If((computed == nil || !computed.Equal(c.Score)) && domain.Blank(c.Reason), domain.Refusal{
		Code: "evaluation.score-not-computed", Field: "/reason", Basis: "忻州办法 第三十八条",
		Reason: fmt.Sprintf("得分 %s 与复算得分 %s 不同，须说明理由", c.Score, text(computed)),
	})
	return domain.Unless(no, Event(Finalised{Version: c.Version, Score: c.Score, Grade: c.Grade, Reason: c.Reason}))
}

// FeedBack tells the unit the result and what it must put right.
type FeedBack struct {
	Opinion      string   `json:"opinion"`
	Requirements []string `json:"requirements,omitempty"`
}

// Decide refuses feedback before there is a result, twice, or without a word.
func (c FeedBack) Decide(s State) ([]Event, error) {
	const basis = "忻州办法 第四十条第一项"
	switch {
	case s.Result == nil:
		return nil, domain.Refusal{Code: "evaluation.not-finalised", Reason: "评价结果尚未审定，不能反馈", Basis: basis}
	case s.Feedback != nil:
		return nil, domain.Refusal{Code: "evaluation.already-fed-back", Reason: "评价结果已反馈：" + s.Feedback.Opinion, Basis: basis}
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Opinion), domain.Refusal{Code: "evaluation.no-opinion", Reason: "反馈意见未填", Field: "/opinion", Basis: basis})
	for i, r := range c.Requirements {
		no.If(domain.Blank(r), domain.Refusal{
			Code: "evaluation.empty-requirement", Field: fmt.Sprintf("/requirements/%d", i), Basis: basis,
			Reason: fmt.Sprintf("第 %d 条整改要求是空的", i+1),
		})
	}
	return domain.Unless(no, Event(FedBack(c)))
}
