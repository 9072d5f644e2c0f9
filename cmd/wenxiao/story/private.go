package story

import (
	"context"
	"fmt"

	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/eventstore"
)

// Keys protects what the story says of private persons, and forgets them.
type Keys interface {
	Protect(ctx context.Context, person, field, text string) (domain.Protected, error)
	Pseudonym(command ...string) string
	Destroy(ctx context.Context, persons ...string) (int, error)
}

// A private is a private person of the story. Their names are 某, and their
// numbers are of a region there is not.
type private struct {
	participant.Identity
	kind    participant.Kind
	entered role // by whom
	id      string
}

// hear tells of the private persons of the year evaluated: two experts, of whom
// one is held for an audit, a beneficiary, and a commenter who withdraws consent.
func (c *city) hear() {
	year := &course{city: c, year: c.evaluated}
	venue, crops := domain.ProgrammeCode("401002-venue"), domain.ProgrammeCode("501003-crops")
	first := c.private(on(year.after(6, 2), 9, 20), "expert-1", private{kind: participant.Expert, entered: reviewer, Identity: participant.Identity{
		Name: "苏某", IDNumber: "990101198001010022", Phone: "13800000001", Organisation: "示例大学", Title: "教授", Expertise: "财政支出绩效", BankAccount: "6200000000000001",
	}})
	second := c.private(on(year.after(6, 2), 9, 40), "expert-2", private{kind: participant.Expert, entered: reviewer, Identity: participant.Identity{
		Name: "潘某", IDNumber: "990101198001010049", Phone: "13800000002", Organisation: "示例会计师事务所", Title: "注册会计师", Expertise: "政府采购",
	}})
	resident := c.private(on(year.after(6, 18), 15, 0), "commenter-1", private{kind: participant.Commenter, entered: sports.department, Identity: participant.Identity{
		Name: "葛某", Phone: "13800000003",
	}})
	farmer := c.private(on(year.after(6, 23), 10, 30), "beneficiary-1", private{kind: participant.Beneficiary, entered: farm.finance, Identity: participant.Identity{
		Name: "范某", Phone: "13800000004", BankAccount: "6200000000000004",
	}})
	c.says(on(year.after(6, 16), 16, 0), first, venue, participant.ExpertOpinion, "开放天数与上座率两项指标同源，建议合并；成本指标缺少同类场馆的比较。", "")
	c.says(on(year.after(6, 17), 10, 0), second, venue, participant.ExpertOpinion, "委托运营费用按合同结算，票据齐全；第三季度结算单晚于合同约定。", "")
	c.says(on(year.after(6, 19), 9, 0), resident, venue, participant.PublicComment, "周末羽毛球场地很难订到，希望延长晚间开放时间。", "72")
	c.says(on(year.after(6, 24), 9, 30), farmer, crops, participant.Interview, "补贴已打到卡上，比通知的时间晚了二十多天，种苗是自己先垫钱买的。", "86")
	c.onPerson(on(year.after(7, 28), 15, 20), auditor, second.id, participant.Hold{Document: fmt.Sprintf("示例审通〔%d〕11号", c.evaluated+1), Reason: "专项审计需要核对评审经过", Unit: auditor.unit})
	c.forgets(on(year.after(8, 12), 10, 10), resident.id)
}

// private has a person entered; their id follows from nothing but the story's
// own numbering and the vault.
func (c *city) private(w when, number string, p private) private {
	p.id = c.keys.Pseudonym("story", number)
	do(c, w, p.entered.actor(), participant.Stored, participant.Stream(p.id), func() participant.Command {
		enter := participant.Enter{Kind: p.kind, Identity: p.Identity, Keeper: p.entered.unit}
		to := enter.Kept.Parts()
		for n, part := range p.Parts() {
			if *part.Value != "" {
				*to[n].Value = c.protected(p.id, part.Field, *part.Value)
			}
		}
		return enter
	})
	return p
}

func (c *city) says(w when, p private, code domain.ProgrammeCode, stage participant.Stage, text, satisfaction string) {
	do(c, w, p.entered.actor(), participant.Stored, participant.Stream(p.id), func() participant.Command {
		say := participant.RecordStatement{
			Programme: code, Year: c.evaluated, Stage: stage, Text: text, Day: domain.DayOf(w.effective), Today: domain.DayOf(w.recorded),
			Registered: domain.Fact{Holds: true}, Kept: c.protected(p.id, participant.StatementField(code, c.evaluated), text),
		}
		if satisfaction != "" {
			score := domain.MustDecimal(satisfaction)
			say.Satisfaction = &score
		}
		return say
	})
}

func (c *city) onPerson(w when, who role, id string, cmd participant.Command) {
	do(c, w, who.actor(), participant.Stored, participant.Stream(id), func() participant.Command { return cmd })
}

// forgets erases a person: the event first, then the key.
func (c *city) forgets(w when, id string) {
	c.onPerson(w, reviewer, id, participant.Erase{
		Ground: participant.ConsentWithdrawn, Reason: "本人来信撤回同意", AskedBy: participant.Person, Document: fmt.Sprintf("示例财函〔%d〕23号", c.evaluated+1),
		Decider: budgeteer.person, DeciderName: budgeteer.name, InPost: domain.Fact{Holds: true}, By: reviewer.actor(),
	})
	c.steps = append(c.steps, step{w.recorded, func(int) (eventstore.Appended, error) {
		_, err := c.keys.Destroy(c.ctx, id)
		return eventstore.Appended{}, err
	}})
}

func (c *city) protected(person, field, text string) domain.Protected {
	p, err := c.keys.Protect(c.ctx, person, field, text)
	if err != nil {
		panic(err) // a key the story itself made a moment ago
	}
	return p
}
