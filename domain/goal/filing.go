package goal

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// File files the goal form: the first time, again after it was returned, or as
// an adjustment of what was approved. Version and Adjusts follow from the state.
type File struct {
	Programme  domain.ProgrammeCode `json:"programme"`
	Year       domain.FiscalYear    `json:"year"`
	Unit       domain.UnitCode      `json:"unit"`
	Budget     domain.Money         `json:"budget"`
	Sources    []domain.FundSource  `json:"sources,omitempty"`
	Objective  string               `json:"objective"`
	Indicators []domain.Indicator   `json:"indicators"`
	Cause      string               `json:"cause,omitempty"` // needed from version 2 on
	Source     *domain.Source       `json:"source,omitempty"`

	By        domain.Actor   `json:"-"`
	Active    domain.Fact    `json:"-"` // the programme is registered and has not exited
	WeightSum domain.Decimal `json:"-"` // what the indicators' weights must add up to: 90; zero where the frame gives none
}

// Decide refuses a form that cannot be reviewed, monitored and evaluated. What
// a source attests is taken as it is printed; only the rows must tell apart.
func (c File) Decide(s State) ([]Event, error) {
	if s.Status == UnderReview || s.Status == WithOpinion {
		return nil, domain.Refusal{
			Code: "goal.under-review", Basis: "忻州办法 第二十条",
			Reason: fmt.Sprintf("第 %d 版正在审核，退回后方可重新申报", s.Version),
		}
	}
	no := c.identity(s)
	if c.Source == nil {
		no = slices.Concat(no, c.again(s), c.money(), c.content(), c.weights())
		no.If(!c.Active.Holds, domain.Refusal{
			Code: "goal.programme-not-active", Field: "/programme",
			Reason: "项目未登记或已退出，不能申报目标：" + c.Active.Text,
		})
	}
	return domain.Unless(no, Event(Filed{
		Version: s.Version + 1, Programme: c.Programme, Year: c.Year, Unit: c.Unit, Budget: c.Budget, Sources: c.Sources,
		Objective: c.Objective, Indicators: c.Indicators, Adjusts: s.ApprovedVersion, Cause: c.Cause, By: c.filer(), Source: c.Source,
	}))
}

// filer is nobody where a source attests the form: whoever copied it into the
// ledger did not file it.
func (c File) filer() string {
	if c.Source != nil {
		return ""
	}
	return c.By.Person
}

// identity refuses what no source excuses: another programme's form, rows that
// cannot be told apart, less than no money.
func (c File) identity(s State) (no domain.Refusals) {
	no.CheckAt("/programme", c.Programme.Check())
	no.If(!c.Year.Valid(), domain.Refusal{Code: "goal.no-year", Reason: fmt.Sprintf("%d 不是可登记的预算年度", c.Year), Field: "/year"})
	no.If(c.Unit.Check() != nil, domain.Refusal{Code: "goal.no-unit", Reason: "申报单位未填或有误", Field: "/unit", Basis: "忻州办法 第十九条"})
	no.If(s.Version > 0 && (c.Programme != s.Current.Programme || c.Year != s.Current.Year), domain.Refusal{
		Code: "goal.other-programme", Field: "/programme",
		Reason: fmt.Sprintf("此处是 %s 项目 %d 年的目标", s.Current.Programme, s.Current.Year),
	})
	no.If(c.Budget < 0, noBudget(c.Budget))
	no.If(c.Budget > domain.MaxMoney, domain.Refusal{Code: "goal.amount-too-large", Reason: "金额超过可记的一千万亿元", Field: "/budget"})
	rows := map[string]int{}
	for i, row := range c.Indicators {
		at := fmt.Sprintf("/indicators/%d", i)
		no.If(domain.Blank(row.Row), domain.Refusal{Code: "goal.no-row", Reason: fmt.Sprintf("第 %d 行指标没有行号", i+1), Field: at + "/row"})
		first, twice := rows[row.Row]
		no.If(twice, domain.Refusal{
			Code: "goal.duplicate-row", Field: at + "/row",
			Reason: fmt.Sprintf("第 %d 行与第 %d 行的行号都是 %s", i+1, first+1, row.Row),
		})
		rows[row.Row] = i
	}
	return no
}

// again refuses to file once more without a cause, or without a change.
func (c File) again(s State) (no domain.Refusals) {
	switch s.Status {
	case WithUnit:
		no.If(domain.Blank(c.Cause), domain.Refusal{
			Code: "goal.no-cause", Field: "/cause", Basis: "忻州办法 第二十条",
			Reason: fmt.Sprintf("第 %d 版退回后重新申报，须说明作了哪些修改", s.Version),
		})
		no.If(c.same(s.Current), domain.Refusal{
			Code: "goal.unchanged", Basis: "忻州办法 第二十条",
			Reason: fmt.Sprintf("与退回的第 %d 版相同，未作修改", s.Version),
		})
	case InForce:
		no.If(domain.Blank(c.Cause), domain.Refusal{
			Code: "goal.no-cause", Field: "/cause", Basis: "忻州办法 第二十四条",
			Reason: fmt.Sprintf("第 %d 版已批复，一般不予调整；确需调整的须说明特殊原因", s.ApprovedVersion),
		})
		no.If(c.same(s.Approved), domain.Refusal{
			Code: "goal.unchanged", Basis: "忻州办法 第二十四条",
			Reason: fmt.Sprintf("与已批复的第 %d 版相同，未作调整", s.ApprovedVersion),
		})
	}
	return no
}
