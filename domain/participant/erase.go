package participant

import (
	"fmt"
	"strings"

	"wenxiao/domain"
)

// Ground is on which item of 个人信息保护法 第四十七条第一款 data are erased: 1 to 5.
type Ground int

const (
	PurposeMet Ground = iota + 1
	PeriodOver
	ConsentWithdrawn
	Unlawful
	OtherLaw
)

// Grounds are the items in the words of the law.
var Grounds = map[Ground]string{
	PurposeMet:       "第一项：处理目的已实现、无法实现或者为实现处理目的不再必要",
	PeriodOver:       "第二项：停止提供产品或者服务，或者保存期限已届满",
	ConsentWithdrawn: "第三项：个人撤回同意",
	Unlawful:         "第四项：违反法律、行政法规或者违反约定处理个人信息",
	OtherLaw:         "第五项：法律、行政法规规定的其他情形",
}

// AskedBy is who asked for the erasure. It is a word and no name.
type AskedBy string

const (
	Person   AskedBy = "person"   // 本人
	Relative AskedBy = "relative" // 近亲属 (个人信息保护法 第四十九条)
	Guardian AskedBy = "guardian" // 监护人 (第三十一条)
	Keeper   AskedBy = "keeper"   // 处理者主动
)

// Askers are they in words.
var Askers = map[AskedBy]string{Person: "本人", Relative: "近亲属", Guardian: "监护人", Keeper: "处理者主动删除"}

// Erase has the person's key destroyed: nothing that is known of them can be
// read again, by anybody. Who enters it and who decides it are two people.
type Erase struct {
	Ground   Ground  `json:"ground"`
	Reason   string  `json:"reason"`
	AskedBy  AskedBy `json:"askedBy"`
	Decider  string  `json:"decider"` // id of the person responsible
	Document string  `json:"document,omitempty"`

	By          domain.Actor `json:"-"`
	DeciderName string       `json:"-"`
	InPost      domain.Fact  `json:"-"` // that the decider holds a post in the unit of who enters it
	Official    bool         `json:"-"` // the id is one of an official: it has held posts or acted
	Known       Identity     `json:"-"`

	UnitName func(domain.UnitCode) string `json:"-"` // of units that hold; nil: their codes are said
}

// Decide refuses to erase an official, for whose duty there is accountability
// for life, and data that are held.
func (c Erase) Decide(s State) ([]Event, error) {
	if c.Official {
		return nil, domain.Refusal{
			Code: "participant.official", Basis: "中发〔2018〕34号；忻州办法 第十四条",
			Reason: "这是公务人员的编号，账本中有其任职或经办记录。履职信息是绩效责任终身追究的依据，不得删除",
		}
	}
	if err := s.known(); err != nil {
		return nil, err
	}
	if len(s.Holds) > 0 {
		return nil, s.stillHeld(c.UnitName)
	}
	var no domain.Refusals
	no.If(Grounds[c.Ground] == "", domain.Refusal{Code: "participant.no-ground", Reason: "须写明依据第四十七条第一款的哪一项：1 至 5", Field: "/ground", Basis: lawful + "第四十七条第一款"})
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "participant.no-reason", Reason: "删除事由未填", Field: "/reason", Basis: lawful + "第四十七条"})
	no.If(Askers[c.AskedBy] == "", domain.Refusal{Code: "participant.nobody-asked", Reason: "须写明谁提出：本人、近亲属、监护人或处理者", Field: "/askedBy", Basis: lawful + "第四十七条、第四十九条"})
	no.If(c.Ground == ConsentWithdrawn && c.AskedBy == Keeper, domain.Refusal{Code: "participant.consent-not-theirs", Reason: "撤回同意只能由个人一方提出", Field: "/askedBy", Basis: lawful + "第十五条"})
	no.If(domain.Blank(c.Decider), domain.Refusal{Code: "participant.no-decider", Reason: "决定人未填", Field: "/decider"})
	no.If(c.Decider != "" && c.Decider == c.By.Person, domain.Refusal{Code: "participant.own-decision", Reason: "经办人不能同时是决定人", Field: "/decider"})
	no.If(c.Decider != "" && c.Decider != c.By.Person && !c.InPost.Holds, domain.Refusal{Code: "participant.decider-not-in-post", Reason: "决定人当前未在本单位任职", Field: "/decider"})
	no = append(no, brief(c.Reason, c.Document)...)
	if len(no) == 0 {
		no = nameless(c.Known, c.Reason, c.Document)
	}
	return domain.Unless(no, Event(Erased{
		Ground: c.Ground, Article: lawful + "第四十七条第一款" + Grounds[c.Ground], Scope: s.scope(), Reason: c.Reason,
		AskedBy: c.AskedBy, Decider: c.Decider, DeciderName: c.DeciderName, Document: c.Document,
	}))
}

func (s State) stillHeld(name func(domain.UnitCode) string) domain.Refusal {
	var by []string
	for _, h := range s.Holds {
		unit := string(h.Unit)
		if name != nil {
			unit = name(h.Unit)
		}
		by = append(by, fmt.Sprintf("%s（%s）", unit, h.Document))
	}
	return domain.Refusal{
		Code: "participant.held", Basis: lawful + "第四十七条第二款",
		Reason: "资料已被保全，解除之前不能删除：" + strings.Join(by, "、"),
	}
}

// scope says what an erasure makes unreadable.
func (s State) scope() string {
	return fmt.Sprintf("身份资料 %d 项、意见 %d 条的全部内容；编号、环节、日期和满意度分数保留", s.Fields, s.Statements)
}
