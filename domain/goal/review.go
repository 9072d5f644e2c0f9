package goal

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// Review gives the opinion by the four criteria. Total, grade and whether the
// version passed follow from the scores: 90 and above 优, 80 良, 60 中, below 差;
// 优 and 良 pass, 中 is revised and filed again, 差 may not enter the next step
// (财预〔2015〕88号 绩效目标审核表).
type Review struct {
	Version      int       `json:"version"`
	Level        Level     `json:"level"`
	Completeness Criterion `json:"completeness"` // a Full of zero means the form's own
	Relevance    Criterion `json:"relevance"`
	Suitability  Criterion `json:"suitability"`
	Feasibility  Criterion `json:"feasibility"`
	Opinion      string    `json:"opinion"`

	By domain.Actor `json:"-"`
}

const reviewForm = "忻州办法 第二十条；财预〔2015〕88号"

// Decide refuses a review by who filed, a second one at the same desk, and
// scores beyond the form's full marks of 20, 30, 30 and 20.
func (c Review) Decide(s State) ([]Event, error) {
	if err := s.at(c.Version); err != nil {
		return nil, err
	}
	no := s.foreign(c.By, "忻州办法 第二十条")
	no = append(no, c.turn(s)...)
	no.If(domain.Blank(c.Opinion), domain.Refusal{Code: "goal.no-opinion", Reason: "总体意见未填", Field: "/opinion", Basis: reviewForm})
	var total domain.Decimal
	for _, mark := range []struct {
		field, name string
		full        int64
		given       *Criterion
	}{
		{"/completeness", "完整性", 20, &c.Completeness},
		{"/relevance", "相关性", 30, &c.Relevance},
		{"/suitability", "适当性", 30, &c.Suitability},
		{"/feasibility", "可行性", 20, &c.Feasibility},
	} {
		full, given := domain.Int(mark.full), mark.given
		no.If(!given.Full.IsZero() && !given.Full.Equal(full), domain.Refusal{
			Code: "goal.full-marks-differ", Field: mark.field + "/full", Basis: reviewForm,
			Reason: fmt.Sprintf("%s满分应为 %s，不是 %s", mark.name, full, given.Full),
		})
		no.If(given.Score.Sign() < 0 || full.Less(given.Score), domain.Refusal{
			Code: "goal.score-beyond-full", Field: mark.field + "/score", Basis: reviewForm,
			Reason: fmt.Sprintf("%s得 %s 分，应在 0 至 %s 分之间", mark.name, given.Score, full),
		})
		given.Full = full
		total = total.Add(given.Score)
	}
	grade, passed := gradeOf(total)
	return domain.Unless(no, Event(Reviewed{
		Version: c.Version, Level: c.Level, Completeness: c.Completeness, Relevance: c.Relevance, Suitability: c.Suitability,
		Feasibility: c.Feasibility, Total: total, Grade: grade, Opinion: c.Opinion, Passed: passed,
	}))
}

// turn refuses a review that is not this desk's: once each, the department
// before finance, nobody after a failed one.
func (c Review) turn(s State) (no domain.Refusals) {
	no.If(c.Level != DepartmentLevel && c.Level != FinanceLevel, domain.Refusal{
		Code: "goal.unknown-level", Field: "/level", Basis: "忻州办法 第二十条",
		Reason: fmt.Sprintf("“%s”不是审核环节", c.Level),
	})
	no.If(s.Failed(), domain.Refusal{
		Code: "goal.review-failed", Field: "/version", Basis: reviewForm,
		Reason: fmt.Sprintf("第 %d 版审核未通过，应退回单位修改", s.Version),
	})
	done := func(level Level) bool {
		return slices.ContainsFunc(s.Reviews, func(r Reviewed) bool { return r.Level == level })
	}
	no.If(!s.Failed() && (done(c.Level) || done(FinanceLevel)), domain.Refusal{
		Code: "goal.already-reviewed", Field: "/level", Basis: "忻州办法 第二十条",
		Reason: fmt.Sprintf("第 %d 版在本环节已审核", s.Version),
	})
	return no
}

func gradeOf(total domain.Decimal) (grade string, passed bool) {
	switch {
	case !total.Less(domain.Int(90)):
		return "优", true
	case !total.Less(domain.Int(80)):
		return "良", true
	case !total.Less(domain.Int(60)):
		return "中", false
	}
	return "差", false
}

// Return sends the version back to the unit.
type Return struct {
	Version int     `json:"version"`
	Level   Level   `json:"level"`
	Reason  string  `json:"reason"`
	Points  []Point `json:"points,omitempty"`

	By domain.Actor `json:"-"`
}

// Decide refuses to send back without saying why, or over rows the form has not.
func (c Return) Decide(s State) ([]Event, error) {
	if err := s.at(c.Version); err != nil {
		return nil, err
	}
	const basis = "忻州办法 第二十条"
	no := s.foreign(c.By, basis)
	no.If(c.Level != DepartmentLevel && c.Level != FinanceLevel, domain.Refusal{
		Code: "goal.unknown-level", Field: "/level", Basis: basis,
		Reason: fmt.Sprintf("“%s”不是审核环节", c.Level),
	})
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "goal.no-reason", Reason: "退回理由未填", Field: "/reason", Basis: basis})
	for i, p := range c.Points {
		at := fmt.Sprintf("/points/%d", i)
		known := slices.ContainsFunc(s.Current.Indicators, func(row domain.Indicator) bool { return row.Row == p.Row })
		no.If(p.Row != "" && !known, domain.Refusal{
			Code: "goal.unknown-row", Field: at + "/row",
			Reason: fmt.Sprintf("第 %d 版没有行号为 %s 的指标", s.Version, p.Row),
		})
		no.If(domain.Blank(p.Text), domain.Refusal{
			Code: "goal.no-point", Field: at + "/text", Basis: basis,
			Reason: fmt.Sprintf("第 %d 条意见未填", i+1),
		})
	}
	return domain.Unless(no, Event(Returned{Version: c.Version, Level: c.Level, Reason: c.Reason, Points: c.Points}))
}
