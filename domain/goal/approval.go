package goal

import (
	"fmt"

	"wenxiao/domain"
)

// Approve makes the version binding, together with the budget: who approves the
// budget approves the goal (忻州办法 第二十二条).
type Approve struct {
	Version  int            `json:"version"`
	Amount   domain.Money   `json:"amount"`
	Document string         `json:"document"`
	Reason   string         `json:"reason,omitempty"` // where the amount is not the one filed
	Source   *domain.Source `json:"source,omitempty"`

	By     domain.Actor `json:"-"`
	Exited domain.Fact  `json:"-"` // the programme has left the register
}

// Decide refuses to approve what finance has not reviewed and passed in this
// very version. An approval a source attests needs no review: the source does
// not show it.
func (c Approve) Decide(s State) ([]Event, error) {
	if err := s.at(c.Version); err != nil {
		return nil, err
	}
	var no domain.Refusals
	no.If(c.Amount < 0, noAmount(c.Amount))
	no.If(c.Amount > domain.MaxMoney, domain.Refusal{Code: "goal.amount-too-large", Reason: "金额超过可记的一千万亿元", Field: "/amount"})
	if c.Source == nil {
		no = append(no, c.steps(s)...)
	}
	return domain.Unless(no, Event(Approved{Version: c.Version, Amount: c.Amount, Document: c.Document, Reason: c.Reason, Source: c.Source}))
}

func (c Approve) steps(s State) domain.Refusals {
	no := s.foreign(c.By, "忻州办法 第二十二条")
	no.If(c.Exited.Holds, domain.Refusal{
		Code: "goal.programme-not-active", Field: "/version", Basis: "邯文〔2019〕13号 四（一）；南通办法 第七条",
		Reason: "项目已退出，不能批复目标：" + c.Exited.Text,
	})
	_, passed := s.Passed(FinanceLevel)
	no.If(!passed, domain.Refusal{
		Code: "goal.not-reviewed", Field: "/version", Basis: "忻州办法 第二十条、第二十二条；邯文〔2019〕13号 四（三）",
		Reason: fmt.Sprintf("第 %d 版未经财政部门审核通过，不得批复", s.Version),
	})
	no.If(c.Amount == 0, noAmount(c.Amount))
	no.If(c.Amount != s.Current.Budget && domain.Blank(c.Reason), domain.Refusal{
		Code: "goal.amount-differs", Field: "/amount", Basis: "忻州办法 第二十二条",
		Reason: fmt.Sprintf("批复 %s 万元与申报预算 %s 万元不一致，须说明理由", c.Amount.Wan(), s.Current.Budget.Wan()),
	})
	no.If(domain.Blank(c.Document), domain.Refusal{
		Code: "goal.no-document", Field: "/document", Basis: "忻州办法 第二十二条",
		Reason: "批复文号未填",
	})
	return no
}

func noAmount(m domain.Money) domain.Refusal {
	return domain.Refusal{
		Code: "goal.no-amount", Field: "/amount", Basis: "忻州办法 第二十二条",
		Reason: fmt.Sprintf("批复预算 %s 万元，须大于零", m.Wan()),
	}
}
