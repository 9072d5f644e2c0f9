package programme

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// Register enters a programme into the ledger.
type Register struct {
	Code           domain.ProgrammeCode `json:"code"`
	Name           string               `json:"name"`
	Kind           Kind                 `json:"kind"`
	Unit           domain.UnitCode      `json:"unit"`
	UnitName       string               `json:"unitName"`
	Department     domain.UnitCode      `json:"department"`
	DepartmentName string               `json:"departmentName"`
	FundBook       FundBook             `json:"fundBook"`
	Parent         domain.ProgrammeCode `json:"parent,omitempty"`
	Attribute      string               `json:"attribute,omitempty"`
	From           domain.FiscalYear    `json:"from"`
	To             domain.FiscalYear    `json:"to,omitempty"`
	Major          bool                 `json:"major,omitempty"`
	Jurisdiction   string               `json:"jurisdiction"`
	Source         *domain.Source       `json:"source,omitempty"`
}

var (
	kinds     = []Kind{Project, Policy, Department, Basic, Government, Revenue}
	fundBooks = []FundBook{GeneralBudget, GovernmentFunds, StateCapital, SocialInsurance}
)

// Decide refuses a programme registered twice or in no fund book. Only a source
// may leave the fund book open.
func (c Register) Decide(s State) ([]Event, error) {
	if s.Status != Unregistered {
		return nil, domain.Refusal{
			Code: "programme.already-registered", Field: "/code",
			Reason: fmt.Sprintf("项目编码 %s 已由“%s”登记", s.Code, s.Name),
		}
	}
	var no domain.Refusals
	no.Check(c.Code.Check())
	no.If(domain.Blank(c.Name), noName)
	no.If(!slices.Contains(kinds, c.Kind), domain.Refusal{
		Code: "programme.unknown-kind", Field: "/kind", Basis: "忻州办法 第四条",
		Reason: fmt.Sprintf("支出类型“%s”不在目录内", c.Kind),
	})
	no.If(c.Unit.Check() != nil || domain.Blank(c.UnitName), domain.Refusal{
		Code: "programme.no-unit", Field: "/unit", Basis: "忻州办法 第五条",
		Reason: "实施单位的编码和名称须填写",
	})
	no.If(c.Department.Check() != nil || domain.Blank(c.DepartmentName), domain.Refusal{
		Code: "programme.no-department", Field: "/department", Basis: "忻州办法 第五条",
		Reason: "主管部门的编码和名称须填写",
	})
	no.If(!slices.Contains(fundBooks, c.FundBook) && (c.FundBook != UnstatedFundBook || c.Source == nil), unknownFundBook("/fundBook", string(c.FundBook)))
	no.If(c.Parent != "" && c.Parent == c.Code, domain.Refusal{
		Code: "programme.own-parent", Field: "/parent",
		Reason: fmt.Sprintf("项目 %s 不能以自己为上级", c.Code),
	})
	no.If(!c.From.Valid(), domain.Refusal{Code: "programme.no-year", Reason: fmt.Sprintf("起始年度 %d 不是可登记的预算年度", c.From), Field: "/from"})
	no.If(c.To != 0 && (c.To < c.From || !c.To.Valid()), domain.Refusal{
		Code: "programme.ends-before-start", Field: "/to",
		Reason: fmt.Sprintf("终止年度 %d 与起始年度 %d 不符", c.To, c.From),
	})
	no.If(domain.Blank(c.Jurisdiction), domain.Refusal{Code: "programme.no-jurisdiction", Reason: "适用的制度（规则册）未填", Field: "/jurisdiction"})
	return domain.Unless(no, Event(Registered(c)))
}

// MarkMajor makes duty for life attach (重大项目责任人终身责任追究).
type MarkMajor struct {
	Reason   string `json:"reason"`
	Document string `json:"document"`
}

// Decide refuses a mark without reason and document. A second mark changes nothing.
func (c MarkMajor) Decide(s State) ([]Event, error) {
	if err := s.running(); err != nil || s.Major {
		return nil, err
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Reason), domain.Refusal{
		Code: "programme.no-reason", Field: "/reason", Basis: "忻州办法 第十四条第二项",
		Reason: "列为重大项目的理由未填",
	})
	no.If(domain.Blank(c.Document), domain.Refusal{
		Code: "programme.no-document", Field: "/document", Basis: "忻州办法 第十四条第二项",
		Reason: "列为重大项目的文号未填",
	})
	return domain.Unless(no, Event(MarkedMajor(c)))
}

// Correct puts a field of the registration right; the first entry stays.
type Correct struct {
	Corrects string `json:"corrects"`
	Field    string `json:"field"`
	Is       string `json:"is"`
	Reason   string `json:"reason"`
}

// Decide refuses a correction of an unnamed event or of a field that carries
// responsibility. The same value changes nothing.
func (c Correct) Decide(s State) ([]Event, error) {
	if err := s.running(); err != nil {
		return nil, err
	}
	was, ok := s.field(c.Field)
	if !ok {
		return nil, domain.Refusal{
			Code: "programme.not-correctable", Field: "/field",
			Reason: fmt.Sprintf("“%s”不可更正，可更正的是名称、属性和所属预算", c.Field),
		}
	}
	if was == c.Is {
		return nil, nil
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Corrects), domain.Refusal{Code: "programme.corrects-nothing", Reason: "未指明被更正的记录", Field: "/corrects"})
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "programme.no-reason", Reason: "更正原因未填", Field: "/reason"})
	no.If(c.Field == "name" && domain.Blank(c.Is), noName)
	no.If(c.Field == "fundBook" && !slices.Contains(fundBooks, FundBook(c.Is)), unknownFundBook("/is", c.Is))
	return domain.Unless(no, Event(Corrected{Corrects: c.Corrects, Field: c.Field, Was: was, Is: c.Is, Reason: c.Reason}))
}

// Exit ends the programme. Who answered for it stays on record.
type Exit struct {
	Day    domain.Day `json:"day"`
	Reason string     `json:"reason"`

	Today domain.Day `json:"-"`
}

// Decide refuses an exit to come, before the term began, or without a reason.
func (c Exit) Decide(s State) ([]Event, error) {
	if err := s.running(); err != nil {
		return nil, err
	}
	var no domain.Refusals
	no.If(!c.Day.Valid(), notADay("/day", c.Day))
	no.If(c.Day.Valid() && c.Day > c.Today, notYet("/day", c.Day, c.Today))
	no.If(c.Day.Valid() && c.Day < s.From.First(), domain.Refusal{
		Code: "programme.exit-before-start", Field: "/day",
		Reason: fmt.Sprintf("退出日期 %s 早于项目起始年度 %d", c.Day, s.From),
	})
	no.If(domain.Blank(c.Reason), domain.Refusal{
		Code: "programme.no-reason", Field: "/reason", Basis: "邯文〔2019〕13号 四（一）；南通办法 第七条",
		Reason: "退出原因未填",
	})
	return domain.Unless(no, Event(Exited{Day: c.Day, Reason: c.Reason}))
}

// running refuses what needs a programme that has not exited.
func (s State) running() error {
	switch s.Status {
	case Unregistered:
		return domain.Refusal{Code: "programme.not-registered", Reason: "项目尚未登记"}
	case Ended:
		return domain.Refusal{
			Code: "programme.exited", Basis: "邯文〔2019〕13号 四（一）；南通办法 第七条",
			Reason: fmt.Sprintf("“%s”已于 %s 退出，不再受理", s.Name, s.EndedOn),
		}
	}
	return nil
}

var noName = domain.Refusal{Code: "programme.no-name", Reason: "项目名称未填", Field: "/name"}

func unknownFundBook(field, book string) domain.Refusal {
	return domain.Refusal{
		Code: "programme.unknown-fund-book", Field: field, Basis: "忻州办法 第三条",
		Reason: fmt.Sprintf("“%s”不是四本预算之一", book),
	}
}

func notADay(field string, d domain.Day) domain.Refusal {
	return domain.Refusal{Code: "programme.malformed-day", Reason: fmt.Sprintf("“%s”不是日期，应如 2026-03-31", d), Field: field}
}

func notYet(field string, d, today domain.Day) domain.Refusal {
	return domain.Refusal{Code: "programme.day-to-come", Reason: fmt.Sprintf("%s 尚未到来（今天 %s），到期后再登记", d, today), Field: field}
}
