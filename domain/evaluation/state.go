package evaluation

import (
	"fmt"

	"wenxiao/domain"
)

// Status says whose turn it is.
type Status string

const (
	NotFiled  Status = ""
	WithDesk  Status = "filed"     // 已报送，待复核
	Examined  Status = "checked"   // 已复核
	WithUnit  Status = "returned"  // 已退回
	Final     Status = "finalised" // 已定级
	Delivered Status = "fed-back"  // 已反馈
)

// State is an evaluation as it stands.
type State struct {
	Status   Status
	Version  int       // of the form last filed
	Current  SelfFiled // that form
	Check    *Checked  // the last check of the current version
	Returned *Returned // of the current version, when it was sent back
	Result   *Finalised
	Feedback *FedBack
}

// Evolve returns the state after one more fact.
func (s State) Evolve(e Event) State {
	switch e := e.(type) {
	case SelfFiled:
		s.Status, s.Version, s.Current = WithDesk, e.Version, e
		s.Check, s.Returned = nil, nil
	case Checked:
		s.Status, s.Check = Examined, &e
	case Returned:
		s.Status, s.Returned = WithUnit, &e
	case Finalised:
		s.Status, s.Result = Final, &e
	case FedBack:
		s.Status, s.Feedback = Delivered, &e
	default:
		panic(fmt.Sprintf("evaluation: no rule for %T", e))
	}
	return s
}

// at refuses a desk that looks at another version than the current one, or at
// one that is not on the desks.
func (s State) at(version int) error {
	switch {
	case s.Status == NotFiled:
		return domain.Refusal{Code: "evaluation.not-filed", Reason: "绩效自评尚未报送", Basis: "忻州办法 第三十二条"}
	case s.Result != nil:
		return s.finalised()
	case version != s.Version:
		return domain.Refusal{
			Code: "evaluation.not-current-version", Field: "/version",
			Reason: fmt.Sprintf("当前为第 %d 版，不是第 %d 版", s.Version, version),
		}
	case s.Status == WithUnit:
		return domain.Refusal{
			Code: "evaluation.returned", Field: "/version",
			Reason: fmt.Sprintf("第 %d 版已退回（%s），待单位修改后重新报送", s.Version, s.Returned.Reason),
		}
	}
	return nil
}

func (s State) finalised() domain.Refusal {
	return domain.Refusal{
		Code: "evaluation.finalised", Basis: "忻州办法 第四十四条第二项",
		Reason: fmt.Sprintf("第 %d 版已定为 %s 分、%s，不再变动", s.Result.Version, s.Result.Score, s.Result.Grade),
	}
}

// foreign refuses to the unit and the person that filed what only others may do.
func (s State) foreign(by domain.Actor) (no domain.Refusals) {
	const basis = "忻州办法 第三十八条"
	no.If(by.Unit == string(s.Current.Unit), domain.Refusal{
		Code: "evaluation.own-unit", Basis: basis,
		Reason: fmt.Sprintf("报送单位 %s 不得复核、退回或审定本单位的自评", s.Current.Unit),
	})
	no.If(s.Current.By != "" && by.Person == s.Current.By, domain.Refusal{
		Code: "evaluation.own-filing", Basis: basis,
		Reason: fmt.Sprintf("%s 报送了第 %d 版，不得再办理其复核、退回或审定", by.Name, s.Version),
	})
	return no
}
