package web

import (
	"fmt"

	"wenxiao/domain"
	"wenxiao/projections"
)

// Card is the heading of the decision card.
func (p Replay) Card() string {
	if p.Entry.Decision {
		return "这个决定"
	}
	return "这件事"
}

// Since says how long after the step before, in the same matter, this one came.
func (p Replay) Since() string {
	for i := p.Index - 2; i >= 0; i-- {
		if before := p.Entries[i]; before.Stream == p.Entry.Stream {
			days := domain.DayOf(before.EffectiveAt).DaysUntil(domain.DayOf(p.Entry.EffectiveAt))
			return fmt.Sprintf("同一事项的上一步（%d　%s）之后 %d 天", i+1, before.Verb, days)
		}
	}
	return "同一事项的第一步"
}

// Known lists what the ledger held at this moment. Who had opened what is not
// recorded, and nothing is inferred.
func (p Replay) Known() (facts []string) {
	add := func(n int, format string, a ...any) {
		if n > 0 {
			facts = append(facts, fmt.Sprintf(format, a...))
		}
	}
	add(len(p.Goals), "目标申报表 %d 版", len(p.Goals))
	add(p.Account.Lines, "资金记录 %d 笔，已付 %s 万元", p.Account.Lines, p.Account.Paid.Wan())
	add(len(p.Lines.Snapshots), "双监控 %d 份", len(p.Lines.Snapshots))
	add(len(p.Lines.Warnings), "预警 %d 次", len(p.Lines.Warnings))
	add(len(p.Scores), "自评表 %d 版", len(p.Scores))
	add(len(p.Rectifications), "整改通知 %d 份", len(p.Rectifications))
	return facts
}

// Articles and Events part the basis of the decision: articles as they are,
// events as links to their moments.
func (p Replay) Articles() (articles []string) {
	for _, b := range p.Entry.Basis {
		if !eventID(b) && !namesFile(b) {
			articles = append(articles, b)
		}
	}
	if len(articles) == 0 && p.Entry.Article != "" {
		articles = append(articles, p.Entry.Article)
	}
	return articles
}

// Events are the events the decision rests on.
func (p Replay) Events() (links []StopLink) {
	for _, b := range p.Entry.Basis {
		if eventID(b) {
			links = append(links, p.Stop(b))
		}
	}
	return links
}

// Stop finds an event on the track by its id. One that is not there is named by
// its id and leads nowhere.
func (p Replay) Stop(event string) StopLink {
	for i, e := range p.Entries {
		if e.Event == event {
			return StopLink{i + 1, fmt.Sprintf("%d　%s　%s", i+1, domain.DayOf(e.EffectiveAt), e.Verb), p.At(e.Position)}
		}
	}
	return StopLink{Text: "事件 " + event}
}

// Simulations lead to the evaluation scored by another rulebook.
func (p Replay) Simulations() (links []StopLink) {
	if len(p.Scores) == 0 {
		return nil
	}
	last := p.Scores[len(p.Scores)-1]
	for _, r := range p.Rulebooks {
		links = append(links, StopLink{Text: r.Text, Address: fmt.Sprintf("/check?evaluation=%s&version=%d&b=%s", last.Evaluation, last.Version, r.Value)})
	}
	return links
}

// LateOf says by how much an event was entered late.
func (Replay) LateOf(e projections.Entry) Status {
	return Late.Saying("补录，晚 %d 天", e.LateDays)
}
