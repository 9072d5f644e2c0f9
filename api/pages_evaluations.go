package api

import (
	"context"
	"fmt"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/evaluation"
	"wenxiao/domain/rulebook"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// evaluationActs are finance's acts on a self-evaluation.
func (s *Server) evaluationActs() []act {
	stream := func(at situation) string { return selfStream(at.row.Code, at.row.Year) }
	is := func(statuses ...string) func(situation) bool {
		return func(at situation) bool {
			e := at.score()
			for _, status := range statuses {
				if e != nil && e.Status == status {
					return true
				}
			}
			return false
		}
	}
	return []act{
		{
			path: "/evaluations/{code}/{year}/check", command: "evaluation.check", button: "记入复核", awaited: true, stream: stream, facts: evaluationFacts, sheet: s.evaluationSheet,
			open: is(projections.EvaluationFiled, projections.EvaluationChecked),
			fields: func(at situation) []web.Field {
				return []web.Field{
					{Name: "rulebook", Label: "依据的规则", Kind: "choice", Must: true, Options: rulebookOptions(), Value: s.bookFor(at).Ref()},
					{Name: "opinion", Label: "复核意见", Kind: "long"},
				}
			},
			effect: func(situation) string {
				return "记入的得分和不符之处由系统按所选规则当场重算，不能手填；印刷值保持原样。"
			},
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				cmd := evaluation.Check{Version: at.evaluationVersion(), Rulebook: f.text("rulebook"), Opinion: f.text("opinion")}
				return s.checkEvaluation(ctx, who, at.row.Code, at.row.Year, seen, cmd)
			},
		},
		{
			path: "/evaluations/{code}/{year}/return", command: "evaluation.return", button: "退回", stream: stream, facts: evaluationFacts, sheet: s.evaluationSheet,
			open: is(projections.EvaluationFiled, projections.EvaluationChecked),
			fields: func(situation) []web.Field {
				return []web.Field{{Name: "reason", Label: "退回理由", Kind: "long", Must: true, Hint: "单位按它来改，会一直留在账上"}}
			},
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				cmd := evaluation.Return{Version: at.evaluationVersion(), Reason: f.text("reason")}
				return s.returnEvaluation(ctx, who, at.row.Code, at.row.Year, seen, cmd)
			},
		},
		{
			path: "/evaluations/{code}/{year}/finalise", command: "evaluation.finalise", button: "下一步：核对", grave: true, awaited: true, stream: stream, facts: evaluationFacts, sheet: s.evaluationSheet,
			open: is(projections.EvaluationChecked), fields: s.finaliseFields,
			effect: func(situation) string {
				return "审定后得分和等级作为安排下年预算、改进管理的依据。"
			},
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				cmd := evaluation.Finalise{Version: at.evaluationVersion(), Score: f.decimal("score"), Grade: f.text("grade"), Reason: f.text("reason")}
				if f.bad() {
					return eventstore.Appended{}, nil
				}
				return s.finaliseEvaluation(ctx, who, at.row.Code, at.row.Year, seen, cmd)
			},
		},
		{
			path: "/evaluations/{code}/{year}/feed-back", command: "evaluation.feed-back", button: "下一步：核对", grave: true, awaited: true, stream: stream, facts: evaluationFacts,
			open: is(projections.EvaluationFinalised),
			fields: func(situation) []web.Field {
				return []web.Field{
					{Name: "opinion", Label: "反馈意见", Kind: "long", Must: true},
					{Name: "requirements", Label: "整改要求", Kind: "long", Hint: "一行一条；要限期整改的，另发整改通知"},
				}
			},
			effect: func(at situation) string { return "反馈送达" + at.row.UnitName + "，单位据此整改。" },
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				cmd := evaluation.FeedBack{Opinion: f.text("opinion"), Requirements: f.lines("requirements")}
				return s.feedBack(ctx, who, at.row.Code, at.row.Year, seen, cmd)
			},
		},
	}
}

func (at situation) evaluationVersion() int {
	if e := at.score(); e != nil {
		return e.Version
	}
	return 0
}

func evaluationFacts(at situation) []web.Fact {
	e := at.score()
	if e == nil {
		return nil
	}
	facts := []web.Fact{{Label: "报送", Text: fmt.Sprintf("第 %d 版，%s 于 %s 报送", e.Version, e.FiledBy.Name, domain.DayOf(e.FiledAt))}}
	if e.Printed != nil {
		facts = append(facts, web.Fact{Label: "自评得分", Text: e.Printed.String() + " 分"})
	}
	if e.Computed != nil {
		facts = append(facts, web.Fact{Label: "重算得分", Text: fmt.Sprintf("%s 分（%s），%d 处不符", e.Computed, e.Rulebook, len(e.Findings))})
	}
	if e.Final != nil {
		facts = append(facts, web.Fact{Label: "审定得分", Text: e.Final.String() + " 分，" + e.Grade})
	}
	return facts
}

func (s *Server) finaliseFields(at situation) []web.Field {
	fields := []web.Field{
		{Name: "score", Label: "审定得分", Kind: "number", Must: true, Hint: "默认是重算得分"},
		{Name: "grade", Label: "等级", Kind: "choice", Must: true, Options: []web.Option{{Value: "优", Text: "优"}, {Value: "良", Text: "良"}, {Value: "中", Text: "中"}, {Value: "差", Text: "差"}}},
		{Name: "reason", Label: "与重算不同的理由", Kind: "long", Hint: "审定得分不是重算得分时填"},
	}
	if e := at.score(); e != nil && e.Computed != nil {
		fields[0].Value, fields[1].Value = e.Computed.String(), s.bookFor(at).Grade(*e.Computed)
	}
	return fields
}

// rulebookOptions are the rules one may check by.
func rulebookOptions() (options []web.Option) {
	for _, b := range rulebook.All() {
		options = append(options, web.Option{Value: b.Ref(), Text: b.Title})
	}
	return options
}

// bookFor returns the rules a self-evaluation is judged by: those of its last
// check, else those of the programme's jurisdiction now.
func (s *Server) bookFor(at situation) *rulebook.Rulebook {
	if e := at.score(); e != nil && e.Rulebook != "" {
		if book, ok := rulebook.Get(e.Rulebook); ok {
			return book
		}
	}
	return inForce(at.row.Jurisdiction, s.today())
}
