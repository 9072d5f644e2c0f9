package api

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/goal"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// goalActs are the acts on a goal form.
func (s *Server) goalActs() []act {
	stream := func(at situation) string { return goal.Stream(at.row.Code, at.row.Year) }
	waits := func(at situation) bool {
		g := at.goal()
		return g != nil && (g.Status == projections.GoalFiled || g.Status == projections.GoalReviewed)
	}
	return []act{
		{
			path: "/goals/{code}/{year}/review", command: "goal.review", button: "下一步：核对", grave: true, awaited: true, open: waits,
			stream: stream, facts: goalFacts, sheet: goalSheet, fields: reviewFields, do: s.doReview,
			effect: func(situation) string {
				return "总分和等级由四项得分算出；评为“差”的不得进入下一步预算安排（财预〔2015〕88号）。"
			},
		},
		{
			path: "/goals/{code}/{year}/return", command: "goal.return", button: "退回", open: waits,
			stream: stream, facts: goalFacts, sheet: goalSheet, do: s.doReturnGoal,
			fields: func(situation) []web.Field {
				return []web.Field{
					{Name: "reason", Label: "退回理由", Kind: "long", Must: true, Hint: "单位按它来改，会一直留在账上"},
					{Name: "points", Label: "逐条意见", Kind: "long", Hint: "一行一条；针对某一行的，以行号开头，如“3：与第 2 行口径重复”"},
				}
			},
		},
		{
			path: "/goals/{code}/{year}/approve", command: "goal.approve", button: "下一步：核对", grave: true, awaited: true,
			open:   func(at situation) bool { g := at.goal(); return g != nil && g.Status == projections.GoalReviewed },
			stream: stream, facts: goalFacts, sheet: goalSheet, fields: approveFields, do: s.doApprove,
			effect: func(at situation) string {
				return fmt.Sprintf("批复后目标第 %d 版随预算生效，监控、自评都按它核对；改动须按程序调整。", at.goal().Version)
			},
		},
	}
}

func goalFacts(at situation) []web.Fact {
	g := at.goal()
	if g == nil {
		return nil
	}
	facts := []web.Fact{
		{Label: "申报", Text: fmt.Sprintf("第 %d 版，%s 于 %s 报送", g.Version, g.FiledBy.Name, domain.DayOf(g.FiledAt))},
		{Label: "申请预算", Text: g.Budget.Wan() + " 万元"},
	}
	if g.Cause != "" {
		facts = append(facts, web.Fact{Label: "为何再报", Text: g.Cause})
	}
	for _, review := range g.Reviews {
		facts = append(facts, web.Fact{Label: "已有审核", Text: fmt.Sprintf("%s 评 %s 分，%s：%s", who(review.By), review.Total, review.Grade, review.Opinion)})
	}
	return facts
}

func goalSheet(at situation) *web.Sheet {
	g := at.goal()
	if g == nil {
		return nil
	}
	sheet := web.GoalSheet(at.bearer(), filedGoal(*g))
	return &sheet
}

// filedGoal is a version as it was filed.
func filedGoal(g projections.Goal) goal.Filed {
	return goal.Filed{
		Version: g.Version, Programme: g.Programme, Year: g.Year, Unit: g.Unit, Budget: g.Budget, Sources: g.Sources, Objective: g.Objective,
		Indicators: g.Indicators, Adjusts: g.Adjusts, Cause: g.Cause, Source: g.Source,
	}
}

// criteria are the four of the 目标审核表 with their full marks (财预〔2015〕88号).
var criteria = []struct{ name, label, full string }{
	{"completeness", "完整性", "20"}, {"relevance", "相关性", "30"}, {"suitability", "适当性", "30"}, {"feasibility", "可行性", "20"},
}

func reviewFields(situation) (fields []web.Field) {
	for _, c := range criteria {
		fields = append(fields,
			web.Field{Name: c.name + "-score", Label: c.label + "得分", Kind: "number", Must: true, Hint: "满分 " + c.full},
			web.Field{Name: c.name + "-opinion", Label: c.label + "意见", Kind: "text"})
	}
	return append(fields, web.Field{Name: "opinion", Label: "总体意见", Kind: "long", Must: true})
}

func (s *Server) doReview(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
	mark := func(name string) goal.Criterion {
		return goal.Criterion{Score: f.decimal(name + "-score"), Opinion: f.text(name + "-opinion")}
	}
	cmd := goal.Review{
		Version: at.version(), Completeness: mark("completeness"), Relevance: mark("relevance"), Suitability: mark("suitability"),
		Feasibility: mark("feasibility"), Opinion: f.text("opinion"),
	}
	if f.bad() {
		return eventstore.Appended{}, nil
	}
	return s.reviewGoal(ctx, who, at.row.Code, at.row.Year, seen, cmd)
}

func (s *Server) doReturnGoal(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
	cmd := goal.Return{Version: at.version(), Reason: f.text("reason")}
	for _, line := range f.lines("points") {
		cmd.Points = append(cmd.Points, point(line))
	}
	return s.returnGoal(ctx, who, at.row.Code, at.row.Year, seen, cmd)
}

// point reads one objection: 3：与第 2 行口径重复 is about row 3.
func point(line string) goal.Point {
	row, text, ok := strings.Cut(strings.Replace(line, ":", "：", 1), "：")
	row = strings.Trim(row, "第行 \u3000")
	if !ok || row == "" || strings.ContainsFunc(row, func(r rune) bool { return !unicode.IsDigit(r) }) {
		return goal.Point{Text: line}
	}
	return goal.Point{Row: row, Text: strings.TrimSpace(text)}
}

func approveFields(at situation) []web.Field {
	fields := []web.Field{
		{Name: "amount", Label: "批复预算", Kind: "money", Must: true},
		{Name: "document", Label: "批复文号", Kind: "text", Must: true},
		{Name: "reason", Label: "与申请不同的理由", Kind: "long", Hint: "批复的金额不是申请的金额时填"},
	}
	if g := at.goal(); g != nil {
		fields[0].Value = g.Budget.In(domain.WanYuan).String()
	}
	return fields
}

func (s *Server) doApprove(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
	cmd := goal.Approve{Version: at.version(), Amount: f.wan("amount"), Document: f.text("document"), Reason: f.text("reason")}
	if f.bad() {
		return eventstore.Appended{}, nil
	}
	return s.approveGoal(ctx, who, at.row.Code, at.row.Year, seen, cmd)
}

// version is the last one of the goal form, 0 before the first.
func (at situation) version() int {
	if g := at.goal(); g != nil {
		return g.Version
	}
	return 0
}
