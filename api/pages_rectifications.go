package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/rectification"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// rectificationActs are the acts on notices: issued for a programme's year, then
// answered and closed under their own id.
func (s *Server) rectificationActs() []act {
	stream := func(at situation) string {
		if at.notice == nil {
			return rectification.Stream(nextNotice(at))
		}
		return rectification.Stream(at.notice.ID)
	}
	is := func(status string) func(situation) bool {
		return func(at situation) bool { return at.notice != nil && at.notice.Status == status }
	}
	on := func(path, command, button string, grave bool, status string, fields func(situation) []web.Field,
		do func(context.Context, Who, string, eventstore.Revision, situation, *form) (eventstore.Appended, error),
	) act {
		return act{
			path: "/rectifications/{id}/" + path, command: "rectification." + command, button: button, grave: grave, open: is(status), stream: stream,
			facts: noticeFacts, fields: fields,
			do: func(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
				return do(ctx, who, at.notice.ID, seen, at, f)
			},
		}
	}
	acts := []act{
		{
			path: "/programmes/{code}/{year}/notice", command: "rectification.issue", button: "下一步：核对", grave: true, stream: stream,
			open: func(at situation) bool { return at.score() != nil || len(at.lines.Warnings) > 0 }, fields: s.noticeFields, do: s.doIssue,
			effect: func(at situation) string {
				return fmt.Sprintf("签发后送达%s，限期内须报送整改报告；逾期会一直显示。", at.row.UnitName)
			},
		},
		on("plan", "plan", "报送方案", false, projections.RectificationWithUnit, planFields, s.doPlan),
		on("progress", "progress", "报送进展", false, projections.RectificationWithUnit,
			func(situation) []web.Field {
				return []web.Field{{Name: "progress", Label: "进展", Kind: "long", Must: true}}
			},
			func(ctx context.Context, who Who, id string, seen eventstore.Revision, _ situation, f *form) (eventstore.Appended, error) {
				return s.reportProgress(ctx, who, id, seen, rectification.ReportProgress{Progress: f.text("progress")})
			}),
		on("report", "report", "下一步：核对", true, projections.RectificationWithUnit,
			func(at situation) []web.Field { return answerFields(at, "answers", "办结情况", "", true) },
			func(ctx context.Context, who Who, id string, seen eventstore.Revision, at situation, f *form) (eventstore.Appended, error) {
				return s.reportWork(ctx, who, id, seen, rectification.ReportWork{Answers: answers(at, "answers", "done", f)})
			}),
		on("return", "return", "退回补充", false, projections.RectificationUnderReview,
			func(situation) []web.Field {
				return []web.Field{reasonField, {Name: "due", Label: "新的期限", Kind: "day", Hint: "不填则期限不变"}}
			},
			func(ctx context.Context, who Who, id string, seen eventstore.Revision, _ situation, f *form) (eventstore.Appended, error) {
				cmd := rectification.ReturnWork{Reason: f.text("reason"), Due: f.day("due")}
				if f.bad() {
					return eventstore.Appended{}, nil
				}
				return s.returnWork(ctx, who, id, seen, cmd)
			}),
		on("close", "close", "下一步：核对", true, projections.RectificationUnderReview,
			func(situation) []web.Field {
				return []web.Field{{Name: "opinion", Label: "审核意见", Kind: "long", Must: true}}
			},
			func(ctx context.Context, who Who, id string, seen eventstore.Revision, _ situation, f *form) (eventstore.Appended, error) {
				return s.closeNotice(ctx, who, id, seen, rectification.CloseNotice{Opinion: f.text("opinion")})
			}),
	}
	for i := range acts {
		switch acts[i].command {
		case "rectification.plan", "rectification.progress", "rectification.report":
			acts[i].files = "整改佐证材料"
		}
	}
	acts[len(acts)-1].effect = func(situation) string { return "销号后本通知办结，不能再退回。" }
	return acts
}

func noticeFacts(at situation) []web.Fact {
	if at.notice == nil {
		return nil
	}
	n := at.notice
	facts := []web.Fact{
		{Label: "整改通知", Text: fmt.Sprintf("%s，%s 发出", orElse(n.Document, n.ID), domain.DayOf(n.IssuedAt))},
		{Label: "限期", Text: string(n.Due)},
	}
	for _, issue := range n.Issues {
		facts = append(facts, web.Fact{Label: fmt.Sprintf("问题 %d", issue.No), Text: issue.Problem + "；要求：" + issue.Requirement})
		if said := web.Answer(*n, issue.No); said != "" {
			facts = append(facts, web.Fact{Label: "单位所报", Text: said})
		}
	}
	return facts
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// nextNotice is the id of the programme's next notice of the year.
func nextNotice(at situation) string {
	return fmt.Sprintf("%s-%d-%d", at.row.Code, at.row.Year, len(at.rectifications)+1)
}

// spareIssues is how many issues one may add beyond what the check found.
const spareIssues = 3

func (s *Server) noticeFields(at situation) []web.Field {
	due := s.today().AddDays(s.bookFor(at).Parameters.RectificationDays.Value)
	fields := []web.Field{
		{Name: "document", Label: "文号", Kind: "text", Must: true},
		{Name: "due", Label: "限期", Kind: "day", Must: true, Value: string(due), Hint: "最后一天；默认按规则本的天数"},
	}
	found := 0
	if e := at.score(); e != nil {
		found = len(e.Findings)
	}
	for i := range min(found, 20) + spareIssues {
		n := strconv.Itoa(i)
		problem := web.Field{Name: "issues-" + n + "-problem", Label: fmt.Sprintf("问题 %d", i+1), Kind: "brief", Must: i == 0}
		if i < found {
			problem.Value = at.score().Findings[i].Message
		}
		fields = append(fields, problem, web.Field{Name: "issues-" + n + "-requirement", Label: fmt.Sprintf("要求 %d", i+1), Kind: "text", Must: i == 0})
	}
	return fields
}

func (s *Server) doIssue(ctx context.Context, who Who, at situation, seen eventstore.Revision, f *form) (eventstore.Appended, error) {
	cmd := rectification.IssueNotice{Programme: at.row.Code, Year: at.row.Year, Unit: at.row.Unit, Due: f.day("due"), Document: f.text("document")}
	for i := 0; f.Has(fmt.Sprintf("issues-%d-problem", i)); i++ {
		issue := rectification.Issue{Problem: f.text(fmt.Sprintf("issues-%d-problem", i)), Requirement: f.text(fmt.Sprintf("issues-%d-requirement", i))}
		if issue.Problem == "" && issue.Requirement == "" {
			continue
		}
		if e := at.score(); e != nil && i < len(e.Findings) && issue.Problem == strings.TrimSpace(e.Findings[i].Message) {
			issue.Finding = e.Findings[i].Code
		}
		issue.No = len(cmd.Issues) + 1
		cmd.Issues = append(cmd.Issues, issue)
	}
	if f.bad() {
		return eventstore.Appended{}, nil
	}
	return s.issueNotice(ctx, who, nextNotice(at), seen, cmd)
}

// answerFields has one field per issue of the notice.
func answerFields(at situation, name, label, value string, must bool) (fields []web.Field) {
	for i, issue := range at.notice.Issues {
		fields = append(fields, web.Field{
			Name: fmt.Sprintf("%s-%d-done", name, i), Label: fmt.Sprintf("%s：%s", label, issue.Problem), Hint: "要求：" + issue.Requirement, Kind: "long", Value: value, Must: must,
		})
	}
	return fields
}

func answers(at situation, name, last string, f *form) (list []rectification.Answer) {
	for i, issue := range at.notice.Issues {
		if said := f.text(fmt.Sprintf("%s-%d-%s", name, i, last)); said != "" {
			list = append(list, rectification.Answer{No: issue.No, Done: said})
		}
	}
	return list
}

func planFields(at situation) []web.Field {
	return append(answerFields(at, "measures", "措施", "", true),
		web.Field{Name: "name", Label: "整改责任人", Kind: "text", Must: true, Value: at.row.ResponsibleName},
		web.Field{Name: "by", Label: "完成日期", Kind: "day", Must: true, Value: string(at.notice.Due)})
}

func (s *Server) doPlan(ctx context.Context, who Who, id string, seen eventstore.Revision, at situation, f *form) (eventstore.Appended, error) {
	cmd := rectification.FilePlan{Measures: answers(at, "measures", "done", f), Name: f.text("name"), DoneBy: f.day("by")}
	if cmd.Name == at.row.ResponsibleName {
		cmd.Responsible = at.row.Responsible
	} else if cmd.Name == who.Name {
		cmd.Responsible = who.Person
	}
	if f.bad() {
		return eventstore.Appended{}, nil
	}
	return s.filePlan(ctx, who, id, seen, cmd)
}

// rectificationsPage is the ledger of notices, overdue first.
func (s *Server) rectificationsPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := web.Rectifications{Frame: s.frame(r, "整改台账", "/rectifications"), Today: s.today()}
	page.Wide = true
	page.Filter = projections.RectificationFilter{
		Text: strings.TrimSpace(q.Get("q")), Unit: domain.UnitCode(q.Get("unit")), Programme: domain.ProgrammeCode(q.Get("programme")),
		Year: yearIn(q.Get("year")), Status: q.Get("status"),
	}
	page.Filter.Page, _ = strconv.Atoi(q.Get("page"))
	if page.Filter.Status == "overdue" {
		page.Filter.Status, page.Filter.OverdueOn, page.Overdue = "", s.today(), true
	}
	var err error
	if page.RectificationList, err = s.Views.Rectifications(r.Context(), page.Filter); err != nil {
		return err
	}
	late, err := s.Views.Rectifications(r.Context(), projections.RectificationFilter{Year: page.Filter.Year, Unit: page.Filter.Unit, Programme: page.Filter.Programme, Text: page.Filter.Text, OverdueOn: s.today()})
	if err != nil {
		return err
	}
	page.OverdueCount = late.Total
	if page.Units, err = s.unitOptions(r); err != nil {
		return err
	}
	page.Years = s.years()
	return s.draw(w, page)
}

// rectificationPage is one notice with its issues, its course and what may be
// done on it.
func (s *Server) rectificationPage(w http.ResponseWriter, r *http.Request) error {
	at, err := s.addressedSituation(r)
	if err != nil {
		return err
	}
	who, _ := s.who(r)
	title := orElse(at.notice.Document, "整改通知 "+at.notice.ID)
	page := web.Notice{
		Frame: s.frame(r, title, "/rectifications", web.Crumb{Text: "整改台账", Address: "/rectifications"}), Row: *at.notice, Today: s.today(),
	}
	_, page.Acts = s.offers(who, at)
	if page.Files, err = s.Views.AttachedIn(r.Context(), rectification.Stream(at.notice.ID)); err != nil {
		return err
	}
	return s.draw(w, page)
}
