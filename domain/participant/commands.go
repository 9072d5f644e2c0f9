package participant

import (
	"fmt"
	"slices"

	"wenxiao/domain"
)

// Enter enters a person under an id that the ledger gives.
type Enter struct {
	Kind     Kind     `json:"kind"`
	Identity Identity `json:"identity"`

	Keeper domain.UnitCode `json:"-"`
	Kept   Kept            `json:"-"` // Identity, protected
}

// Decide refuses an identity that lacks what the kind needs or has more.
func (c Enter) Decide(s State) ([]Event, error) {
	if s.Status != NotEntered {
		return nil, domain.Refusal{Code: "participant.already-entered", Reason: "这个编号已经登记"}
	}
	no := c.Kind.Check(c.Identity)
	no.If(c.Keeper.Check() != nil, domain.Refusal{Code: "participant.no-keeper", Reason: "登记单位未填或有误", Basis: lawful + "第九条"})
	return domain.Unless(no, Event(Entered{Kind: c.Kind, Keeper: c.Keeper, Identity: c.Kept}))
}

// Update puts right or completes what is known of a person (更正、补充). What is
// left out stays as it was.
type Update struct {
	Identity Identity `json:"identity"`
	Reason   string   `json:"reason"`

	Known Identity `json:"-"` // as it was
	Kept  Kept     `json:"-"` // what of Identity differs from Known, protected
}

// Changed is what the update says anew.
func (c Update) Changed() (changed Identity) {
	was, to := c.Known.Parts(), changed.Parts()
	for n, p := range c.Identity.Parts() {
		if *p.Value != "" && *p.Value != *was[n].Value {
			*to[n].Value = *p.Value
		}
	}
	return changed
}

// Decide judges the identity that results. The same identity changes nothing; that
// it is the same is said only to who would else have changed it.
func (c Update) Decide(s State) ([]Event, error) {
	if err := s.known(); err != nil {
		return nil, err
	}
	after := c.Identity.Over(c.Known, func(text string) bool { return text != "" })
	no := s.Kind.Check(after)
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "participant.no-reason", Reason: "更正事由未填", Field: "/reason", Basis: lawful + "第四十六条"})
	no = append(no, brief(c.Reason, "")...)
	switch { // what is known is asked last
	case len(no) > 0:
	case after == c.Known:
		return nil, nil
	default:
		no = append(nameless(after, c.Reason, ""), nameless(c.Known, c.Reason, "")...)
	}
	return domain.Unless(no, Event(Updated{Identity: c.Kept, Reason: c.Reason}))
}

// RecordStatement writes down what a person said.
type RecordStatement struct {
	Programme    domain.ProgrammeCode `json:"programme"`
	Year         domain.FiscalYear    `json:"year"`
	Stage        Stage                `json:"stage"`
	Text         string               `json:"text"`
	Satisfaction *domain.Decimal      `json:"satisfaction,omitempty"`
	Day          domain.Day           `json:"day"`

	Today      domain.Day       `json:"-"`
	Registered domain.Fact      `json:"-"` // that there is such a programme
	Kept       domain.Protected `json:"-"` // Text, protected
}

// StatementField is what a statement's protected form is bound to, as a field of
// its person.
func StatementField(code domain.ProgrammeCode, year domain.FiscalYear) string {
	return fmt.Sprintf("statement/%s/%d", code, year)
}

// stages are what each kind may say.
var stages = map[Kind][]Stage{
	Expert:      {ExpertOpinion},
	Commenter:   {PublicComment},
	Beneficiary: {Interview, PublicComment},
}

// Stages are what a person of this kind may say.
func (k Kind) Stages() []Stage { return stages[k] }

// maxStatement is the most bytes of a statement.
const maxStatement = 64 << 10

// Decide refuses words that are none, of no programme, not yet said, or not for
// this kind of person to say; and a satisfaction outside 0 to 100.
func (c RecordStatement) Decide(s State) ([]Event, error) {
	if err := s.known(); err != nil {
		return nil, err
	}
	var no domain.Refusals
	no.CheckAt("/programme", c.Programme.Check())
	no.If(!c.Year.Valid(), domain.Refusal{Code: "participant.no-year", Reason: fmt.Sprintf("%d 不是可登记的预算年度", c.Year), Field: "/year"})
	no.If(c.Programme.Check() == nil && !c.Registered.Holds, domain.Refusal{Code: "participant.unknown-programme", Reason: fmt.Sprintf("项目 %s 尚未登记", c.Programme), Field: "/programme"})
	no.If(!slices.Contains(stages[s.Kind], c.Stage), domain.Refusal{
		Code: "participant.stage-of-others", Field: "/stage",
		Reason: kindNames[s.Kind] + "不在这一环节发表意见",
	})
	no.If(domain.Blank(c.Text), domain.Refusal{Code: "participant.no-text", Reason: "意见内容未填", Field: "/text"})
	no.If(len(c.Text) > maxStatement, domain.Refusal{Code: "participant.text-too-long", Reason: fmt.Sprintf("意见内容超过 %d KiB，整理后再记", maxStatement>>10), Field: "/text"})
	no.If(!c.Day.Valid() || c.Day > c.Today, domain.Refusal{Code: "participant.malformed-day", Reason: fmt.Sprintf("发表日期“%s”应为今天或以前的一天", c.Day), Field: "/day"})
	no.If(c.Satisfaction != nil && (c.Stage == ExpertOpinion || outside(*c.Satisfaction)), domain.Refusal{
		Code: "participant.malformed-satisfaction", Field: "/satisfaction",
		Reason: "满意度为 0—100 的分数，专家意见不记满意度",
	})
	return domain.Unless(no, Event(StatementRecorded{
		Programme: c.Programme, Year: c.Year, Stage: c.Stage, Text: c.Kept, Satisfaction: c.Satisfaction, Day: c.Day,
	}))
}

func outside(d domain.Decimal) bool {
	return d.Cmp(domain.Int(0)) < 0 || d.Cmp(domain.Int(100)) > 0
}

// Hold (保全) keeps a person's data while an audit or an inspection needs them.
type Hold struct {
	Document string `json:"document"`
	Reason   string `json:"reason"`

	Unit  domain.UnitCode `json:"-"` // that holds
	Known Identity        `json:"-"`
}

// Decide refuses a second hold by the same unit.
func (c Hold) Decide(s State) ([]Event, error) {
	if err := s.known(); err != nil {
		return nil, err
	}
	if s.HeldBy(c.Unit) {
		return nil, domain.Refusal{Code: "participant.already-held", Reason: "本单位已经保全，尚未解除"}
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Document), domain.Refusal{Code: "participant.no-document", Reason: "保全文书的文号未填", Field: "/document", Basis: lawful + "第四十七条第二款"})
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "participant.no-reason", Reason: "保全事由未填", Field: "/reason", Basis: lawful + "第四十七条第二款"})
	no = append(no, brief(c.Reason, c.Document)...)
	if len(no) == 0 {
		no = nameless(c.Known, c.Reason, c.Document)
	}
	return domain.Unless(no, Event(Held{Unit: c.Unit, Document: c.Document, Reason: c.Reason}))
}

// Release ends a hold.
type Release struct {
	Reason string `json:"reason"`

	Unit  domain.UnitCode `json:"-"`
	Known Identity        `json:"-"`
}

// Decide lets only the unit that holds release.
func (c Release) Decide(s State) ([]Event, error) {
	if err := s.known(); err != nil {
		return nil, err
	}
	if !s.HeldBy(c.Unit) {
		return nil, domain.Refusal{Code: "participant.not-held", Reason: "本单位没有保全，只能由保全的单位解除"}
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Reason), domain.Refusal{Code: "participant.no-reason", Reason: "解除事由未填", Field: "/reason"})
	no = append(no, brief(c.Reason, "")...)
	if len(no) == 0 {
		no = nameless(c.Known, c.Reason, "")
	}
	return domain.Unless(no, Event(Released{Unit: c.Unit, Reason: c.Reason}))
}
