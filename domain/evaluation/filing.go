package evaluation

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"wenxiao/domain"
)

// FileSelf files the self-evaluation form. The version follows from the state.
type FileSelf struct {
	Programme  domain.ProgrammeCode `json:"programme"`
	Year       domain.FiscalYear    `json:"year"`
	Unit       domain.UnitCode      `json:"unit"`
	Form       string               `json:"form"`
	MoneyUnit  string               `json:"moneyUnit"`
	Frame      string               `json:"frame,omitempty"`
	Budget     Budget               `json:"budget"`
	Expected   string               `json:"expected,omitempty"`
	Achieved   string               `json:"achieved,omitempty"`
	Rows       []Row                `json:"rows"`
	Total      *domain.Decimal      `json:"total,omitempty"`
	Grade      string               `json:"grade,omitempty"`
	Incomplete bool                 `json:"incomplete,omitempty"`
	Cause      string               `json:"cause,omitempty"` // needed from version 2 on
	Extra      json.RawMessage      `json:"extra,omitempty"`
	Source     *domain.Source       `json:"source,omitempty"`

	By         domain.Actor              `json:"-"`
	Today      domain.Day                `json:"-"`
	Ended      domain.Fact               `json:"-"` // the programme ended within the year
	Indicators []domain.Indicator        `json:"-"` // of the approved goal; none: not known
	Attained   map[string]domain.Decimal `json:"-"` // actual ÷ target by row, where both are numbers
	Explain    domain.Decimal            `json:"-"` // attainment from which over-fulfilment must be explained: 1.30; zero: none
}

// Decide refuses a form filed too early, of other rows than the approved goal,
// or with points lost in silence. What a source attests is taken as printed,
// wrong sums and all; finding those is the check's work.
func (c FileSelf) Decide(s State) ([]Event, error) {
	switch {
	case s.Result != nil:
		return nil, s.finalised()
	case s.Status == Examined:
		return nil, domain.Refusal{Code: "evaluation.under-check", Reason: fmt.Sprintf("第 %d 版已复核，退回后方可重新报送", s.Version), Basis: "忻州办法 第三十八条"}
	}
	no := c.identity(s)
	if c.Source == nil {
		no = slices.Concat(no, c.timing(), c.again(s), c.money(), c.rows(), c.agreed())
	}
	return domain.Unless(no, Event(c.filed(s.Version+1)))
}

// filed names who filed, unless a source attests the form: whoever copied it
// into the ledger did not file it.
func (c FileSelf) filed(version int) SelfFiled {
	filer := c.By.Person
	if c.Source != nil {
		filer = ""
	}
	return SelfFiled{
		Version: version, Programme: c.Programme, Year: c.Year, Unit: c.Unit, Form: c.Form, MoneyUnit: c.MoneyUnit, Frame: c.Frame,
		Budget: c.Budget, Expected: c.Expected, Achieved: c.Achieved, Rows: c.Rows, Total: c.Total, Grade: c.Grade,
		Incomplete: c.Incomplete, Cause: c.Cause, Extra: c.Extra, By: filer, Source: c.Source,
	}
}

// identity refuses what no source excuses.
func (c FileSelf) identity(s State) (no domain.Refusals) {
	no.CheckAt("/programme", c.Programme.Check())
	no.If(!c.Year.Valid(), domain.Refusal{Code: "evaluation.no-year", Reason: fmt.Sprintf("%d 不是可登记的预算年度", c.Year), Field: "/year"})
	no.If(c.Unit.Check() != nil, domain.Refusal{Code: "evaluation.no-unit", Reason: "报送单位未填或有误", Field: "/unit"})
	no.If(s.Version > 0 && (c.Programme != s.Current.Programme || c.Year != s.Current.Year), domain.Refusal{
		Code: "evaluation.other-programme", Reason: fmt.Sprintf("此处是 %s 项目 %d 年的自评", s.Current.Programme, s.Current.Year), Field: "/programme",
	})
	_, err := domain.MoneyUnit(c.MoneyUnit)
	no.If(err != nil, domain.Refusal{Code: "evaluation.no-money-unit", Reason: fmt.Sprintf("金额单位“%s”不是元、万元或亿元", c.MoneyUnit), Field: "/moneyUnit"})
	no.If(len(c.Extra) > 0 && !json.Valid(c.Extra), domain.Refusal{Code: "evaluation.malformed-extra", Reason: "表外附记不是 JSON", Field: "/extra"})
	seen := map[string]int{}
	for i, row := range c.Rows {
		at := fmt.Sprintf("/rows/%d/row", i)
		first, twice := seen[row.Row]
		no.If(domain.Blank(row.Row), domain.Refusal{Code: "evaluation.no-row", Reason: fmt.Sprintf("第 %d 行指标没有行号", i+1), Field: at})
		no.If(twice, domain.Refusal{Code: "evaluation.duplicate-row", Reason: fmt.Sprintf("第 %d 行与第 %d 行的行号都是 %s", i+1, first+1, row.Row), Field: at})
		seen[row.Row] = i
	}
	return no
}

// timing refuses a self-evaluation while the money is still being spent.
func (c FileSelf) timing() (no domain.Refusals) {
	no.If(c.Year.Valid() && c.Today <= c.Year.Last() && !c.Ended.Holds, domain.Refusal{
		Code: "evaluation.year-not-over", Reason: fmt.Sprintf("%d 年度预算尚未执行完毕（今天 %s），项目也未结束", c.Year, c.Today), Field: "/year", Basis: "忻州办法 第三十二条",
	})
	return no
}

// again refuses another version without a cause, or without a change.
func (c FileSelf) again(s State) (no domain.Refusals) {
	if s.Version == 0 {
		return nil
	}
	const basis = "忻州办法 第三十八条、第四十四条第二项"
	no.If(domain.Blank(c.Cause), domain.Refusal{Code: "evaluation.no-cause", Reason: fmt.Sprintf("第 %d 版之后重新报送，须说明修改原因", s.Version), Field: "/cause", Basis: basis})
	next, last := c.filed(0), s.Current
	next.Cause, next.By, last.Cause, last.By, last.Version = "", "", "", "", 0
	no.If(reflect.DeepEqual(next, last), domain.Refusal{Code: "evaluation.unchanged", Reason: fmt.Sprintf("与第 %d 版相同，未作修改", s.Version), Basis: basis})
	return no
}

func (c FileSelf) money() (no domain.Refusals) {
	const basis = "财预〔2020〕10号"
	for _, cell := range []struct {
		field, name string
		amount      *domain.Money
	}{{"/budget/fullYear", "全年预算数", c.Budget.FullYear}, {"/budget/executed", "全年执行数", c.Budget.Executed}} {
		no.If(cell.amount == nil || *cell.amount < 0, domain.Refusal{Code: "evaluation.no-money", Reason: cell.name + "未填或为负", Field: cell.field, Basis: basis})
	}
	b := c.Budget
	no.If(b.Score != nil && b.Weight != nil && (b.Score.Sign() < 0 || b.Weight.Less(*b.Score)), domain.Refusal{
		Code: "evaluation.score-over-weight", Reason: fmt.Sprintf("预算执行率得 %s 分，应在 0 至 %s 分之间", text(b.Score), text(b.Weight)), Field: "/budget/score", Basis: basis,
	})
	return no
}

// rows refuses rows without values, and points lost or won beyond measure in
// silence: where the score is below the weight the reason cell is mandatory.
func (c FileSelf) rows() (no domain.Refusals) {
	const basis = "财预〔2020〕10号"
	no.If(len(c.Rows) == 0, domain.Refusal{Code: "evaluation.no-rows", Reason: "自评表没有指标", Field: "/rows", Basis: basis})
	for i, row := range c.Rows {
		at := fmt.Sprintf("/rows/%d", i)
		no.If(domain.Blank(row.Name), domain.Refusal{Code: "evaluation.no-indicator-name", Reason: fmt.Sprintf("第 %d 行没有指标名称", i+1), Field: at + "/name", Basis: basis})
		no.If(domain.Blank(row.Actual), domain.Refusal{Code: "evaluation.no-actual", Reason: fmt.Sprintf("第 %d 行“%s”没有实际完成值", i+1, row.Name), Field: at + "/actual", Basis: basis})
		if row.Score == nil {
			no.If(true, domain.Refusal{Code: "evaluation.no-score", Reason: fmt.Sprintf("第 %d 行“%s”没有得分", i+1, row.Name), Field: at + "/score", Basis: basis})
			continue
		}
		silent := domain.Blank(row.Reason)
		no.If(row.Score.Sign() < 0 || row.Weight != nil && row.Weight.Less(*row.Score), domain.Refusal{
			Code: "evaluation.score-over-weight", Reason: fmt.Sprintf("第 %d 行“%s”得 %s 分，应在 0 至 %s 分之间", i+1, row.Name, row.Score, text(row.Weight)), Field: at + "/score", Basis: basis,
		})
		no.If(silent && row.Weight != nil && row.Score.Less(*row.Weight), domain.Refusal{
			Code: "evaluation.deduction-without-reason", Reason: fmt.Sprintf("第 %d 行“%s”扣 %s 分，须填写偏差原因及改进措施", i+1, row.Name, lost(row)), Field: at + "/reason", Basis: basis,
		})
		attained, known := c.Attained[row.Row]
		no.If(silent && known && c.Explain.Sign() > 0 && !attained.Less(c.Explain), domain.Refusal{
			Code: "evaluation.over-fulfilment-unexplained", Reason: fmt.Sprintf("第 %d 行“%s”完成值为指标值的 %s 倍，达到 %s 倍须说明原因", i+1, row.Name, attained, c.Explain), Field: at + "/reason", Basis: basis,
		})
	}
	return no
}

// agreed refuses rows other than those of the approved goal.
func (c FileSelf) agreed() (no domain.Refusals) {
	if len(c.Indicators) == 0 {
		return nil
	}
	const basis = "忻州办法 第二十四条、第三十条"
	goal := map[string]domain.Indicator{}
	for _, indicator := range c.Indicators {
		goal[indicator.Row] = indicator
		filed := slices.ContainsFunc(c.Rows, func(r Row) bool { return r.Row == indicator.Row })
		no.If(!filed, domain.Refusal{Code: "evaluation.row-missing", Reason: fmt.Sprintf("缺少批复的指标“%s”（行号 %s）", indicator.Name, indicator.Row), Field: "/rows", Basis: basis})
	}
	for i, row := range c.Rows {
		at := fmt.Sprintf("/rows/%d", i)
		set, known := goal[row.Row]
		no.If(!known, domain.Refusal{Code: "evaluation.unknown-row", Reason: fmt.Sprintf("批复的目标没有行号为 %s 的指标", row.Row), Field: at + "/row", Basis: basis})
		no.If(known && (row.Name != set.Name || row.Target != set.Target), domain.Refusal{
			Code: "evaluation.target-changed", Reason: fmt.Sprintf("第 %d 行“%s %s”与批复的“%s %s”不一致", i+1, row.Name, row.Target, set.Name, set.Target), Field: at + "/target", Basis: basis,
		})
		no.If(known && set.Weight != nil && (row.Weight == nil || !row.Weight.Equal(*set.Weight)), domain.Refusal{
			Code: "evaluation.weight-changed", Reason: fmt.Sprintf("第 %d 行“%s”分值 %s，批复为 %s", i+1, row.Name, text(row.Weight), text(set.Weight)), Field: at + "/weight", Basis: basis,
		})
	}
	return no
}

// lost is weight − score, where the form prints both.
func lost(row Row) string {
	if row.Weight == nil || row.Score == nil {
		return "—"
	}
	return row.Weight.Sub(*row.Score).String()
}

func text(d *domain.Decimal) string {
	if d == nil {
		return "—"
	}
	return d.String()
}
