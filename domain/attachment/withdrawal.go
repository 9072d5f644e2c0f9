package attachment

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// Withdraw takes a file back. Cited is the last act that rests on it, if any
// does.
type Withdraw struct {
	Ground   Ground `json:"ground"`
	Reason   string `json:"reason"`
	Article  string `json:"article,omitempty"`
	Document string `json:"document,omitempty"`

	Cited domain.Fact  `json:"-"`
	By    domain.Actor `json:"-"`
}

// lawOfErasure is what a ledger may have to delete by.
const lawOfErasure = "个人信息保护法 第四十七条"

// Decide refuses to take back by mistake what an act rests on or what others
// handed in too, and refuses every unit to remove what was handed in in its own
// matter once an act rests on it: nobody clears away the evidence against
// themselves.
func (c Withdraw) Decide(s State) ([]Event, error) {
	switch {
	case len(s.Deposits) == 0:
		return nil, domain.Refusal{Code: "attachment.not-deposited", Reason: "没有这个附件"}
	case s.Withdrawn != nil:
		return nil, domain.Refusal{Code: "attachment.already-withdrawn", Reason: fmt.Sprintf("附件已撤下：%s", s.Withdrawn.Reason)}
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "attachment.no-reason", Reason: "撤下附件的理由未填", Field: "/reason"})
	units := s.Units()
	switch c.Ground {
	case Mistake:
		no.If(c.Cited.Holds, domain.Refusal{
			Code: "attachment.cited", Field: "/ground",
			Reason: fmt.Sprintf("已有办理以它为依据（%s），不能按误交撤下；确需删除的，须依法并写明条款", c.Cited.Text),
		})
		no.If(len(units) > 1, domain.Refusal{
			Code: "attachment.of-several", Field: "/ground",
			Reason: fmt.Sprintf("%d 个单位都交存了同样的文件，不能由一个单位按误交撤下", len(units)),
		})
	case ByLaw:
		no.If(domain.Blank(c.Article), domain.Refusal{Code: "attachment.no-article", Reason: "依法撤下须写明法律条款", Field: "/article", Basis: lawOfErasure})
		no.If(domain.Blank(c.Document), domain.Refusal{Code: "attachment.no-document", Reason: "依法撤下须写明决定的文号", Field: "/document", Basis: lawOfErasure})
		no.If(c.Cited.Holds && slices.Contains(units, domain.UnitCode(c.By.Unit)), domain.Refusal{
			Code: "attachment.own-evidence", Basis: lawOfErasure,
			Reason: fmt.Sprintf("已有办理以它为依据（%s），应由交存单位以外的单位依法撤下", c.Cited.Text),
		})
	default:
		no = append(no, domain.Refusal{Code: "attachment.unknown-ground", Reason: fmt.Sprintf("撤下的缘由“%s”应为误交（mistake）或依法（by-law）", c.Ground), Field: "/ground"})
	}
	return domain.Unless(no, Event(Withdrawn{Ground: c.Ground, Reason: c.Reason, Article: c.Article, Document: c.Document}))
}
