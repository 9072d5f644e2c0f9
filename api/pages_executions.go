package api

import (
	"context"
	"fmt"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/execution"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// executionActs are the acts on the money of a programme's year.
func (s *Server) executionActs() []act {
	stream := func(at situation) string { return execution.Stream(at.row.Code, at.row.Year) }
	has := func(status string) func(situation) bool {
		return func(at situation) bool { return len(at.ledger.Entries) > 0 && at.ledger.Status == status }
	}
	running := func(at situation) bool {
		return len(at.ledger.Entries) > 0 && at.ledger.Status != projections.PaymentsStopped
	}
	return []act{
		{
			path: "/executions/{code}/{year}/set-budget", command: "execution.set-budget", button: "下达", stream: stream, facts: approvalFacts,
			open: func(at situation) bool { return at.approved() != nil && len(at.ledger.Entries) == 0 },
			fields: func(at situation) []web.Field {
				fields := []web.Field{{Name: "amount", Label: "年初预算数", Kind: "money", Must: true}, {Name: "document", Label: "文号", Kind: "text", Must: true}}
				if g := at.approved(); g != nil {
					fields[0].Value, fields[1].Value = g.Amount.In(domain.WanYuan).String(), g.Document
				}
				return fields
			},
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				cmd := execution.SetBudget{Amount: f.wan("amount"), Document: f.text("document")}
				if f.bad() {
					return eventstore.Appended{}, nil
				}
				return s.setBudget(ctx, who, at.row.Code, at.row.Year, seen, cmd)
			},
		},
		{
			path: "/executions/{code}/{year}/allot", command: "execution.allot", button: "下达", stream: stream, facts: moneyFacts, open: has(projections.PaymentsOpen),
			fields: func(situation) []web.Field {
				return []web.Field{{Name: "amount", Label: "金额", Kind: "money", Must: true}, {Name: "document", Label: "文号", Kind: "text", Must: true}, happened}
			},
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				cmd := execution.Allot{Amount: f.wan("amount"), Document: f.text("document")}
				if who = f.when(who); f.bad() {
					return eventstore.Appended{}, nil
				}
				return s.allot(ctx, who, at.row.Code, at.row.Year, seen, cmd)
			},
		},
		{
			path: "/executions/{code}/{year}/pay", command: "execution.pay", button: "支付", stream: stream, facts: moneyFacts, open: running,
			fields: func(situation) []web.Field {
				return []web.Field{
					{Name: "payment", Label: "支付凭证号", Kind: "text", Must: true, Hint: "本年内不重号，如 0530-017"},
					{Name: "amount", Label: "金额", Kind: "money", Must: true},
					{Name: "purpose", Label: "用途", Kind: "text"},
					happened,
				}
			},
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				cmd := execution.Pay{Payment: f.text("payment"), Amount: f.wan("amount"), Purpose: f.text("purpose")}
				if who = f.when(who); f.bad() {
					return eventstore.Appended{}, nil
				}
				return s.pay(ctx, who, at.row.Code, at.row.Year, seen, cmd)
			},
		},
		{
			path: "/executions/{code}/{year}/adjust-budget", command: "execution.adjust-budget", button: "下一步：核对", grave: true, stream: stream, facts: moneyFacts, open: running,
			fields: func(situation) []web.Field {
				return []web.Field{
					{Name: "amount", Label: "调整后全年预算数", Kind: "money", Must: true},
					{Name: "reason", Label: "理由", Kind: "long", Must: true},
					{Name: "document", Label: "文号", Kind: "text", Must: true},
				}
			},
			effect: func(situation) string {
				return "预算与目标同步调整：目标须已按这个金额批复（忻州办法 第十九条）。"
			},
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				cmd := execution.AdjustBudget{Amount: f.wan("amount"), Reason: f.text("reason"), Document: f.text("document")}
				if f.bad() {
					return eventstore.Appended{}, nil
				}
				return s.adjustBudget(ctx, who, at.row.Code, at.row.Year, seen, cmd)
			},
		},
		{
			path: "/executions/{code}/{year}/suspend", command: "execution.suspend", button: "下一步：核对", grave: true, stream: stream, facts: moneyFacts, open: has(projections.PaymentsOpen),
			fields: func(at situation) []web.Field {
				return []web.Field{reasonField, {Name: "warning", Label: "针对的预警", Kind: "choice", Options: warningOptions(at, "不针对某一预警")}}
			},
			effect: func(at situation) string {
				return fmt.Sprintf("签发后国库不再受理本项目的支付，直至恢复；未支付的 %s 万元暂不拨付。通知%s，不能撤回，只能另行恢复。", (at.row.FullYear - at.row.Paid).Wan(), at.row.UnitName)
			},
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				return s.suspend(ctx, who, at.row.Code, at.row.Year, seen, execution.Suspend{Reason: f.text("reason"), Warning: f.text("warning")})
			},
		},
		{
			path: "/executions/{code}/{year}/resume", command: "execution.resume", button: "下一步：核对", grave: true, stream: stream, facts: moneyFacts, open: has(projections.PaymentsSuspended),
			fields: func(situation) []web.Field { return []web.Field{reasonField} },
			effect: func(situation) string { return "签发后国库恢复受理本项目的支付。" },
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				return s.resume(ctx, who, at.row.Code, at.row.Year, seen, execution.Resume{Reason: f.text("reason")})
			},
		},
		{
			path: "/executions/{code}/{year}/stop", command: "execution.stop", button: "下一步：核对", grave: true, stream: stream, facts: moneyFacts, open: running,
			fields: func(situation) []web.Field { return []web.Field{reasonField} },
			effect: func(at situation) string {
				return fmt.Sprintf("签发后本年度不再支付，也不能恢复；未支付的 %s 万元可另行收回。", (at.row.FullYear - at.row.Paid).Wan())
			},
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				return s.stop(ctx, who, at.row.Code, at.row.Year, seen, execution.Stop{Reason: f.text("reason")})
			},
		},
		{
			path: "/executions/{code}/{year}/recall", command: "execution.recall", button: "下一步：核对", grave: true, stream: stream, facts: moneyFacts,
			open: func(at situation) bool { return at.ledger.Allotted > at.ledger.Paid+at.ledger.Recalled },
			fields: func(situation) []web.Field {
				return []web.Field{
					{Name: "amount", Label: "收回金额", Kind: "money", Must: true},
					reasonField,
					{Name: "working", Label: "算式", Kind: "text", Must: true, Hint: "金额怎么算出来的，如 (25.00−21.55)×100%"},
				}
			},
			effect: func(situation) string { return "收回的是没有支付出去的钱。" },
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				cmd := execution.Recall{Amount: f.wan("amount"), Reason: f.text("reason"), Working: f.text("working")}
				if f.bad() {
					return eventstore.Appended{}, nil
				}
				return s.recallUnspent(ctx, who, at.row.Code, at.row.Year, seen, cmd)
			},
		},
	}
}

var (
	reasonField = web.Field{Name: "reason", Label: "理由", Kind: "long", Must: true, Hint: "单位、审计、纪检都看得到"}
	happened    = web.Field{Name: "effectiveAt", Label: "发生日期", Kind: "day", Hint: "不填就是现在；早于今天的记为补录"}
)

// when reads the day on which the matter happened, for what is entered late.
func (f *form) when(who Who) Who {
	if d := f.day("effectiveAt"); d != "" {
		who.EffectiveAt = d.Time()
	}
	return who
}

func approvalFacts(at situation) []web.Fact {
	g := at.approved()
	if g == nil {
		return []web.Fact{{Label: "目标", Text: "尚未批复"}}
	}
	return []web.Fact{{Label: "目标", Text: fmt.Sprintf("第 %d 版已批复，%s 万元，%s", g.Version, g.Amount.Wan(), g.Document)}}
}

func moneyFacts(at situation) []web.Fact {
	facts := []web.Fact{
		{Label: "全年预算", Text: at.row.FullYear.Wan() + " 万元"},
		{Label: "已下达", Text: at.row.Allotted.Wan() + " 万元"},
		{Label: "已支付", Text: at.row.Paid.Wan() + " 万元"},
	}
	for _, w := range at.lines.Warnings {
		if w.Status != projections.WarningCleared {
			facts = append(facts, web.Fact{Label: "预警", Text: w.Working, Status: &web.Warning})
		}
	}
	return facts
}

// warningOptions are the warnings not cleared; none is what choosing none says.
func warningOptions(at situation, none string) (options []web.Option) {
	if none != "" {
		options = append(options, web.Option{Text: none})
	}
	for _, w := range at.lines.Warnings {
		if w.Status != projections.WarningCleared {
			options = append(options, web.Option{Value: w.Warning, Text: fmt.Sprintf("第 %s 号：%s", w.Warning, w.Working)})
		}
	}
	return options
}
