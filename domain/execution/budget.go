package execution

import (
	"fmt"

	"wenxiao/domain"
)

// SetBudget opens the year with the approved budget.
type SetBudget struct {
	Programme domain.ProgrammeCode `json:"programme"`
	Year      domain.FiscalYear    `json:"year"`
	Unit      domain.UnitCode      `json:"unit"`
	Amount    domain.Money         `json:"amount"`
	Document  string               `json:"document"`
	Source    *domain.Source       `json:"source,omitempty"`

	Goal     domain.Fact  `json:"-"` // the year's goal is approved
	Approved domain.Money `json:"-"` // with this amount
	Exited   domain.Fact  `json:"-"` // the programme has left the register
}

// Decide refuses a budget without an approved goal, or another amount than was
// approved with it: goals and budget are approved together.
func (c SetBudget) Decide(s State) ([]Event, error) {
	if s.Status != NotOpen {
		return nil, domain.Refusal{
			Code: "execution.already-open", Field: "/amount",
			Reason: fmt.Sprintf("本年度预算 %s 万元已下达，变动须办理调整", s.Budget.Wan()),
		}
	}
	var no domain.Refusals
	no.CheckAt("/programme", c.Programme.Check())
	no.If(!c.Year.Valid(), domain.Refusal{Code: "execution.no-year", Reason: fmt.Sprintf("%d 不是可登记的预算年度", c.Year), Field: "/year"})
	no.If(c.Unit.Check() != nil, domain.Refusal{Code: "execution.no-unit", Reason: "预算单位未填或有误", Field: "/unit"})
	no.If(c.Amount < 0, noAmount("预算", c.Amount))
	no.If(c.Amount > domain.MaxMoney, tooMuch)
	if c.Source == nil {
		no = append(no, c.approved()...)
	}
	return domain.Unless(no, Event(BudgetSet{Programme: c.Programme, Year: c.Year, Unit: c.Unit, Amount: c.Amount, Document: c.Document, Source: c.Source}))
}

func (c SetBudget) approved() (no domain.Refusals) {
	no.If(c.Exited.Holds, exited(c.Exited))
	no.If(!c.Goal.Holds, domain.Refusal{
		Code: "execution.goal-not-approved", Basis: "邯文〔2019〕13号 四（三）；南通办法 第九条第三项",
		Reason: "绩效目标未批复，不得安排预算：" + c.Goal.Text,
	})
	no.If(c.Goal.Holds && c.Amount != c.Approved, domain.Refusal{
		Code: "execution.budget-not-as-approved", Field: "/amount", Basis: "忻州办法 第二十二条",
		Reason: fmt.Sprintf("预算 %s 万元与随目标批复的 %s 万元不一致", c.Amount.Wan(), c.Approved.Wan()),
	})
	no.If(c.Amount == 0, noAmount("预算", c.Amount))
	no.If(domain.Blank(c.Document), noDocument)
	return no
}

// AdjustBudget changes the full-year budget (全年预算数).
type AdjustBudget struct {
	Amount   domain.Money   `json:"amount"`
	Reason   string         `json:"reason"`
	Document string         `json:"document"`
	Source   *domain.Source `json:"source,omitempty"`

	Goal   domain.Fact `json:"-"` // the year's goal is approved with this amount
	Exited domain.Fact `json:"-"` // the programme has left the register
}

// Decide refuses a change without a goal approved for it, more for a programme
// that has left, and a cut below what is already allotted or paid. The same
// amount changes nothing.
func (c AdjustBudget) Decide(s State) ([]Event, error) {
	if err := s.opened(); err != nil || c.Amount == s.FullYear {
		return nil, err
	}
	var no domain.Refusals
	no.If(c.Amount < 0, noAmount("调整后预算", c.Amount))
	no.If(c.Amount > domain.MaxMoney, tooMuch)
	if c.Source == nil {
		no = append(no, c.steps(s)...)
	}
	return domain.Unless(no, Event(BudgetAdjusted{Was: s.FullYear, Amount: c.Amount, Reason: c.Reason, Document: c.Document, Source: c.Source}))
}

func (c AdjustBudget) steps(s State) (no domain.Refusals) {
	no.If(!c.Goal.Holds, domain.Refusal{
		Code: "execution.goal-not-adjusted", Field: "/amount", Basis: "忻州办法 第十九条、第四十五条第三项",
		Reason: "调整预算须先按审核流程调整并批复绩效目标：" + c.Goal.Text,
	})
	no.If(c.Exited.Holds && c.Amount > s.FullYear, exited(c.Exited))
	no.If(c.Amount >= 0 && c.Amount < s.Paid, domain.Refusal{
		Code: "execution.below-paid", Field: "/amount", Basis: "预算法 第十三条",
		Reason: fmt.Sprintf("调整后预算 %s 万元低于已支付的 %s 万元", c.Amount.Wan(), s.Paid.Wan()),
	})
	no.If(c.Amount >= s.Paid && c.Amount < s.Allotted-s.Recalled, domain.Refusal{
		Code: "execution.below-allotted", Field: "/amount", Basis: "忻州办法 第四十条第二项",
		Reason: fmt.Sprintf("调整后预算 %s 万元低于已下达的 %s 万元，应先收回差额", c.Amount.Wan(), (s.Allotted - s.Recalled).Wan()),
	})
	no.If(domain.Blank(c.Reason), noReason("调整"))
	no.If(domain.Blank(c.Document), noDocument)
	return no
}

// Allot issues money to the unit (下达指标).
type Allot struct {
	Amount   domain.Money `json:"amount"`
	Document string       `json:"document"`
}

// Decide refuses to allot more than the full-year budget, or while money is held.
func (c Allot) Decide(s State) ([]Event, error) {
	if err := s.flowing(); err != nil {
		return nil, err
	}
	var no domain.Refusals
	left := s.FullYear - (s.Allotted - s.Recalled)
	no.If(c.Amount <= 0, noAmount("下达", c.Amount))
	no.If(c.Amount > 0 && c.Amount > left, domain.Refusal{
		Code: "execution.over-budget", Field: "/amount", Basis: "预算法 第十三条",
		Reason: fmt.Sprintf("下达 %s 元，超过全年预算 %s 元中尚未下达的 %s 元", c.Amount.Exact(), s.FullYear.Exact(), left.Exact()),
	})
	no.If(domain.Blank(c.Document), noDocument)
	return domain.Unless(no, Event(Allotted(c)))
}

// Recall takes unspent money back (收回).
type Recall struct {
	Amount  domain.Money `json:"amount"`
	Reason  string       `json:"reason"`
	Working string       `json:"working"`
}

// Decide refuses to recall more than is unspent, or without the working of the
// figure. It may be done whether or not payments are held.
func (c Recall) Decide(s State) ([]Event, error) {
	if err := s.opened(); err != nil {
		return nil, err
	}
	const basis = "邯文〔2019〕13号 四（四）；忻州办法 第四十六条"
	var no domain.Refusals
	no.If(c.Amount <= 0, noAmount("收回", c.Amount))
	no.If(c.Amount > s.Unspent(), domain.Refusal{
		Code: "execution.over-unspent", Field: "/amount", Basis: basis,
		Reason: fmt.Sprintf("收回 %s 元，超过未支出的 %s 元", c.Amount.Exact(), s.Unspent().Exact()),
	})
	no.If(domain.Blank(c.Reason), noReason("收回"))
	no.If(domain.Blank(c.Working), domain.Refusal{Code: "execution.no-working", Reason: "收回金额的计算过程未填", Field: "/working", Basis: basis})
	return domain.Unless(no, Event(Recalled(c)))
}

func exited(fact domain.Fact) domain.Refusal {
	return domain.Refusal{
		Code: "execution.programme-not-active", Field: "/amount", Basis: "邯文〔2019〕13号 四（一）；南通办法 第七条",
		Reason: "项目已退出，不再安排预算：" + fact.Text,
	}
}

func noAmount(what string, m domain.Money) domain.Refusal {
	return domain.Refusal{Code: "execution.no-amount", Reason: fmt.Sprintf("%s金额 %s 元，须大于零", what, m.Exact()), Field: "/amount"}
}

func noReason(what string) domain.Refusal {
	return domain.Refusal{Code: "execution.no-reason", Reason: what + "原因未填", Field: "/reason"}
}

var tooMuch = domain.Refusal{Code: "execution.amount-too-large", Reason: "金额超过可记的一千万亿元", Field: "/amount"}

var noDocument = domain.Refusal{Code: "execution.no-document", Reason: "依据文号未填", Field: "/document"}
