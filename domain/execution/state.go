package execution

import (
	"fmt"
	"maps"

	"wenxiao/domain"
)

// Status says whether money flows.
type Status string

const (
	NotOpen Status = ""          // 未下预算
	Open    Status = "open"      // 正常拨付
	Held    Status = "suspended" // 暂缓拨款
	Shut    Status = "stopped"   // 停止拨款
)

// State is the money of one programme and year as it stands.
type State struct {
	Status    Status
	Reason    string // why it is suspended or stopped
	Programme domain.ProgrammeCode
	Year      domain.FiscalYear
	Unit      domain.UnitCode
	Budget    domain.Money // 年初预算数
	FullYear  domain.Money // 全年预算数
	Allotted  domain.Money
	Paid      domain.Money // after corrections, before recoveries
	Recalled  domain.Money
	Recovered domain.Money
	Payments  map[string]Payment // by number
}

// Payment is one payment after its corrections.
type Payment struct {
	Amount    domain.Money
	Recovered domain.Money
	Attested  bool // by a published table or file, not asked of this ledger
}

// Unspent returns what was allotted and neither recalled nor paid; never less
// than nothing, although attested payments may exceed what was allotted.
func (s State) Unspent() domain.Money { return max(0, s.Allotted-s.Recalled-s.Paid) }

// Evolve returns the state after one more fact.
func (s State) Evolve(e Event) State {
	switch e := e.(type) {
	case BudgetSet:
		s.Status, s.Programme, s.Year, s.Unit = Open, e.Programme, e.Year, e.Unit
		s.Budget, s.FullYear = e.Amount, e.Amount
	case BudgetAdjusted:
		s.FullYear = e.Amount
	case Allotted:
		s.Allotted += e.Amount
	case Paid:
		s.Paid += e.Amount
		s.Payments = with(s.Payments, e.Payment, Payment{Amount: e.Amount, Attested: e.Source != nil})
	case PaymentCorrected:
		p := s.Payments[e.Payment]
		s.Paid += e.Amount - p.Amount
		p.Amount = e.Amount
		s.Payments = with(s.Payments, e.Payment, p)
	case Suspended:
		s.Status, s.Reason = Held, e.Reason
	case Resumed:
		s.Status, s.Reason = Open, ""
	case Stopped:
		s.Status, s.Reason = Shut, e.Reason
	case Recalled:
		s.Recalled += e.Amount
	case Recovered:
		p := s.Payments[e.Payment]
		p.Recovered += e.Amount
		s.Recovered += e.Amount
		s.Payments = with(s.Payments, e.Payment, p)
	default:
		panic(fmt.Sprintf("execution: no rule for %T", e))
	}
	return s
}

// with leaves the map of an earlier state as it was.
func with(payments map[string]Payment, number string, p Payment) map[string]Payment {
	payments = maps.Clone(payments)
	if payments == nil {
		payments = map[string]Payment{}
	}
	payments[number] = p
	return payments
}

// opened refuses what needs a budget.
func (s State) opened() error {
	if s.Status == NotOpen {
		return domain.Refusal{Code: "execution.no-budget", Reason: "本年度预算尚未下达，未列入预算的不得支出", Basis: "预算法 第十三条"}
	}
	return nil
}

// flowing refuses what needs money to flow, with the reason it does not.
func (s State) flowing() error {
	switch s.Status {
	case Held:
		return domain.Refusal{Code: "execution.suspended", Reason: "已暂缓拨款：" + s.Reason, Basis: "邯文〔2019〕13号 四（四）；南通办法 第十条第二项"}
	case Shut:
		return domain.Refusal{Code: "execution.stopped", Reason: "已停止拨款：" + s.Reason, Basis: "邯文〔2019〕13号 四（四）；南通办法 第十条第二项"}
	}
	return s.opened()
}
