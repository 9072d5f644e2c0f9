package api

import (
	"context"

	"wenxiao/api/web"
	"wenxiao/domain/programme"
	"wenxiao/eventstore"
)

// programmeActs are the acts on the programme itself, whatever the year.
func (s *Server) programmeActs() []act {
	stream := func(at situation) string { return programme.Stream(at.row.Code) }
	running := func(at situation) bool { return at.row.Exited == "" }
	return []act{
		{
			path: "/programmes/{code}/{year}/assign-responsible", command: "programme.assign-responsible", button: "下一步：核对", grave: true, awaited: true, stream: stream,
			open: func(at situation) bool { return running(at) && at.row.Responsible == "" },
			fields: func(situation) []web.Field {
				return []web.Field{
					{Name: "person", Label: "责任人编号", Kind: "text", Must: true, Hint: "账户或人员编号"},
					{Name: "name", Label: "责任人", Kind: "text", Must: true},
					{Name: "post", Label: "岗位", Kind: "text", Must: true},
					{Name: "since", Label: "起始日", Kind: "day", Must: true},
				}
			},
			effect: func(situation) string {
				return "责任人对项目终身负责，以后的每次交接都另记一笔（忻州办法 第十四条第一项）。"
			},
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				cmd := programme.AssignResponsible{Person: f.text("person"), Name: f.text("name"), Post: f.text("post"), Unit: at.row.Unit, Since: f.day("since")}
				if f.bad() {
					return eventstore.Appended{}, nil
				}
				return s.assignResponsible(ctx, who, at.row.Code, seen, cmd)
			},
		},
		{
			path: "/programmes/{code}/{year}/hand-over", command: "programme.hand-over", button: "下一步：核对", grave: true, stream: stream,
			open: func(at situation) bool { return running(at) && at.row.Responsible != "" },
			facts: func(at situation) []web.Fact {
				return []web.Fact{{Label: "现任责任人", Text: at.row.ResponsibleName + "，" + string(at.row.ResponsibleSince) + " 起"}}
			},
			fields: func(situation) []web.Field {
				return []web.Field{
					{Name: "to", Label: "接任人编号", Kind: "text", Must: true, Hint: "账户或人员编号"},
					{Name: "toName", Label: "接任人", Kind: "text", Must: true},
					{Name: "post", Label: "岗位", Kind: "text", Must: true},
					{Name: "day", Label: "接任首日", Kind: "day", Must: true},
					{Name: "reason", Label: "事由", Kind: "text", Must: true, Hint: "调离、退休等"},
					{Name: "pending", Label: "未了事项", Kind: "long", Hint: "一行一件"},
				}
			},
			effect: func(at situation) string {
				return "接任首日之前的事仍由" + at.row.ResponsibleName + "负责，终身记在其名下（忻州办法 第十四条第一项）。"
			},
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				cmd := programme.HandOver{
					To: f.text("to"), ToName: f.text("toName"), Post: f.text("post"), Unit: at.row.Unit, Day: f.day("day"), Reason: f.text("reason"), Pending: f.lines("pending"),
				}
				if f.bad() {
					return eventstore.Appended{}, nil
				}
				return s.handOver(ctx, who, at.row.Code, seen, cmd)
			},
		},
		{
			path: "/programmes/{code}/{year}/mark-major", command: "programme.mark-major", button: "下一步：核对", grave: true, stream: stream,
			open: func(at situation) bool { return running(at) && !at.row.Major },
			fields: func(situation) []web.Field {
				return []web.Field{reasonField, {Name: "document", Label: "文号", Kind: "text", Must: true}}
			},
			effect: func(situation) string {
				return "列为重大项目后，责任人终身负责，不能取消（忻州办法 第十四条第二项）。"
			},
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				return s.markMajor(ctx, who, at.row.Code, seen, programme.MarkMajor{Reason: f.text("reason"), Document: f.text("document")})
			},
		},
	}
}
