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
		return nil, domain.Refusal{Code: "goal.under-review", Reason: fmt.Sprintf("第 %d 版正在审核，退回后方可重新申报", s.Version), Basis: "忻州办法 第二十条"}
	}
	no := c.identity(s)
	if c.Source == nil {
		no = slices.Concat(no, c.again(s), c.money(), c.content(), c.weights())
		no.If(!c.Active.Holds, domain.Refusal{Code: "goal.programme-not-active", Reason: "项目未登记或已退出，不能申报目标：" + c.Active.Text, Field: "/programme"})
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
		Code: "goal.other-programme", Reason: fmt.Sprintf("此处是 %s 项目 %d 年的目标", s.Current.Programme, s.Current.Year), Field: "/programme",
	})
	no.If(c.Budget < 0, noBudget(c.Budget))
	no.If(c.Budget > domain.MaxMoney, domain.Refusal{Code: "goal.amount-too-large", Reason: "金额超过可记的一千万亿元", Field: "/budget"})
	rows := map[string]int{}
	for i, row := range c.Indicators {
		at := fmt.Sprintf("/indicators/%d", i)
		no.If(domain.Blank(row.Row), domain.Refusal{Code: "goal.no-row", Reason: fmt.Sprintf("第 %d 行指标没有行号", i+1), Field: at + "/row"})
		first, twice := rows[row.Row]
		no.If(twice, domain.Refusal{Code: "goal.duplicate-row", Reason: fmt.Sprintf("第 %d 行与第 %d 行的行号都是 %s", i+1, first+1, row.Row), Field: at + "/row"})
		rows[row.Row] = i
	}
	return no
}

// again refuses to file once more without a cause, or without a change.
func (c File) again(s State) (no domain.Refusals) {
	switch s.Status {
	case WithUnit:
		no.If(domain.Blank(c.Cause), domain.Refusal{Code: "goal.no-cause", Reason: fmt.Sprintf("第 %d 版退回后重新申报，须说明作了哪些修改", s.Version), Field: "/cause", Basis: "忻州办法 第二十条"})
		no.If(c.same(s.Current), domain.Refusal{Code: "goal.unchanged", Reason: fmt.Sprintf("与退回的第 %d 版相同，未作修改", s.Version), Basis: "忻州办法 第二十条"})
	case InForce:
		no.If(domain.Blank(c.Cause), domain.Refusal{Code: "goal.no-cause", Reason: fmt.Sprintf("第 %d 版已批复，一般不予调整；确需调整的须说明特殊原因", s.ApprovedVersion), Field: "/cause", Basis: "忻州办法 第二十四条"})
		no.If(c.same(s.Approved), domain.Refusal{Code: "goal.unchanged", Reason: fmt.Sprintf("与已批复的第 %d 版相同，未作调整", s.ApprovedVersion), Basis: "忻州办法 第二十四条"})
	}
	return no
}

func (c File) money() (no domain.Refusals) {
	var sum domain.Money
	for i, source := range c.Sources {
		no.If(source.Amount < 0 || source.Amount > domain.MaxMoney || domain.Blank(source.Name), domain.Refusal{
			Code: "goal.malformed-source", Reason: fmt.Sprintf("第 %d 项资金来源须有名称，金额不得为负或超出可记数", i+1), Field: fmt.Sprintf("/sources/%d", i), Basis: "忻州办法 第三条",
		})
		sum = min(sum+source.Amount, 2*domain.MaxMoney) // however many there are, the sum does not overflow
	}
	no.If(len(c.Sources) > 0 && len(no) == 0 && sum != c.Budget, domain.Refusal{
		Code: "goal.sources-differ", Reason: fmt.Sprintf("资金来源合计 %s 万元，与申报预算 %s 万元相差 %s 万元", sum.Wan(), c.Budget.Wan(), (sum - c.Budget).Wan()), Field: "/sources", Basis: "忻州办法 第三条",
	})
	no.If(c.Budget == 0, noBudget(c.Budget))
	return no
}

func (c File) content() (no domain.Refusals) {
	const basis = "忻州办法 第十九条"
	no.If(domain.Blank(c.Objective), domain.Refusal{Code: "goal.no-objective", Reason: "年度总体目标未填", Field: "/objective", Basis: basis})
	no.If(len(c.Indicators) == 0, domain.Refusal{Code: "goal.no-indicators", Reason: "绩效指标未填，应从产出、效益、满意度等方面设置", Field: "/indicators", Basis: basis})
	seen := map[[3]string]int{}
	for i, row := range c.Indicators {
		at := fmt.Sprintf("/indicators/%d", i)
		no.If(domain.Blank(row.Level1), domain.Refusal{Code: "goal.no-level", Reason: fmt.Sprintf("第 %d 行没有一级指标", i+1), Field: at + "/level1", Basis: basis})
		no.If(domain.Blank(row.Name), domain.Refusal{Code: "goal.no-indicator-name", Reason: fmt.Sprintf("第 %d 行没有三级指标名称", i+1), Field: at + "/name", Basis: basis})
		no.If(domain.Blank(row.Target), domain.Refusal{Code: "goal.no-target", Reason: fmt.Sprintf("第 %d 行“%s”没有年度指标值", i+1, row.Name), Field: at + "/target", Basis: basis})
		key := [3]string{row.Level1, row.Level2, row.Name}
		first, twice := seen[key]
		no.If(twice && !domain.Blank(row.Name), domain.Refusal{Code: "goal.duplicate-indicator", Reason: fmt.Sprintf("第 %d 行与第 %d 行都是“%s”", i+1, first+1, row.Name), Field: at + "/name", Basis: basis})
		seen[key] = i
	}
	return no
}

// weights refuses weights that do not add up to what the frame demands: 90 where
// the execution row takes the other 10, 80 where it takes 20, 100 where none does.
func (c File) weights() (no domain.Refusals) {
	const basis = "财预〔2020〕10号"
	if c.WeightSum.IsZero() || len(c.Indicators) == 0 {
		return nil
	}
	var sum domain.Decimal
	for i, row := range c.Indicators {
		if row.Weight == nil || row.Weight.Sign() <= 0 {
			no.If(true, domain.Refusal{Code: "goal.no-weight", Reason: fmt.Sprintf("第 %d 行“%s”没有分值", i+1, row.Name), Field: fmt.Sprintf("/indicators/%d/weight", i), Basis: basis})
			continue
		}
		sum = sum.Add(*row.Weight)
	}
	no.If(len(no) == 0 && !sum.Equal(c.WeightSum), domain.Refusal{
		Code: "goal.weights-not-100", Reason: fmt.Sprintf("指标分值合计 %s，应为 %s", sum, c.WeightSum), Field: "/indicators", Basis: basis,
	})
	return no
}

// same reports whether the form says nothing else than an earlier one.
func (c File) same(f Filed) bool {
	return c.Budget == f.Budget && c.Objective == f.Objective && slices.Equal(c.Sources, f.Sources) &&
		slices.EqualFunc(c.Indicators, f.Indicators, sameIndicator)
}

func sameIndicator(a, b domain.Indicator) bool {
	weights := a.Weight == b.Weight || a.Weight != nil && b.Weight != nil && a.Weight.Equal(*b.Weight)
	a.Weight, b.Weight = nil, nil
	return weights && a == b
}

func noBudget(m domain.Money) domain.Refusal {
	return domain.Refusal{Code: "goal.no-budget", Reason: fmt.Sprintf("申报预算 %s 万元，须大于零", m.Wan()), Field: "/budget", Basis: "忻州办法 第十九条"}
}
