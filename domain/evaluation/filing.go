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
		return nil, domain.Refusal{
			Code: "evaluation.under-check", Basis: "忻州办法 第三十八条",
			Reason: fmt.Sprintf("第 %d 版已复核，退回后方可重新报送", s.Version),
		}
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
		Code: "evaluation.other-programme", Field: "/programme",
		Reason: fmt.Sprintf("此处是 %s 项目 %d 年的自评", s.Current.Programme, s.Current.Year),
	})
	_, err := domain.MoneyUnit(c.MoneyUnit)
	no.If(err != nil, domain.Refusal{
		Code: "evaluation.no-money-unit", Field: "/moneyUnit",
		Reason: fmt.Sprintf("金额单位“%s”不是元、万元或亿元", c.MoneyUnit),
	})
	no.If(len(c.Extra) > 0 && !json.Valid(c.Extra), domain.Refusal{Code: "evaluation.malformed-extra", Reason: "表外附记不是 JSON", Field: "/extra"})
	seen := map[string]int{}
	for i, row := range c.Rows {
		at := fmt.Sprintf("/rows/%d/row", i)
		first, twice := seen[row.Row]
		no.If(domain.Blank(row.Row), domain.Refusal{Code: "evaluation.no-row", Reason: fmt.Sprintf("第 %d 行指标没有行号", i+1), Field: at})
		no.If(twice, domain.Refusal{
			Code: "evaluation.duplicate-row", Field: at,
			Reason: fmt.Sprintf("第 %d 行与第 %d 行的行号都是 %s", i+1, first+1, row.Row),
		})
		seen[row.Row] = i
	}
	return no
}

// timing refuses a self-evaluation while the money is still being spent.
func (c FileSelf) timing() (no domain.Refusals) {
	no.If(c.Year.Valid() && c.Today <= c.Year.Last() && !c.Ended.Holds, domain.Refusal{
		Code: "evaluation.year-not-over", Field: "/year", Basis: "忻州办法 第三十二条",
		Reason: fmt.Sprintf("%d 年度预算尚未执行完毕（今天 %s），项目也未结束", c.Year, c.Today),
	})
	return no
}

// again refuses another version without a cause, or without a change.
func (c FileSelf) again(s State) (no domain.Refusals) {
	if s.Version == 0 {
		return nil
	}
	const basis = "忻州办法 第三十八条、第四十四条第二项"
	no.If(domain.Blank(c.Cause), domain.Refusal{
		Code: "evaluation.no-cause", Field: "/cause", Basis: basis,
		Reason: fmt.Sprintf("第 %d 版之后重新报送，须说明修改原因", s.Version),
	})
	next, last := c.filed(0), s.Current
	next.Cause, next.By, last.Cause, last.By, last.Version = "", "", "", "", 0
	no.If(reflect.DeepEqual(next, last), domain.Refusal{
		Code: "evaluation.unchanged", Basis: basis,
		Reason: fmt.Sprintf("与第 %d 版相同，未作修改", s.Version),
	})
	return no
}
