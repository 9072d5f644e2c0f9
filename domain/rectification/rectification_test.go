package rectification_test

import (
	"reflect"
	"strings"
	"testing"

	"wenxiao/domain"
	. "wenxiao/domain/rectification"
)

const today = domain.Day("2023-03-01")

var (
	clerk   = domain.Actor{Person: "p1", Name: "经办甲", Unit: "205001"}
	bureau  = domain.Actor{Person: "p2", Unit: "205", OnBehalfOf: "205001"}
	finance = domain.Actor{Person: "p3", Name: "绩效科丙", Unit: "1"}

	issues = []Issue{
		{No: 1, Problem: "预算执行率 86.18%", Requirement: "说明原因并加快支出", Finding: "rate-differs"},
		{No: 2, Problem: "扣分未说明原因", Requirement: "补充偏差原因"},
	}
	answers  = []Answer{{No: 1, Done: "已支付尾款", Files: []string{"9f86d0"}}, {No: 2, Done: "已补充"}}
	issued   = NoticeIssued{Programme: "stadium", Year: 2022, Unit: "205001", UnitName: "示例市体育中心", Issuer: "1", Issues: issues, Due: "2023-03-31", Document: "示例财绩〔2023〕7号"}
	planned  = PlanFiled{Measures: answers, Responsible: "p1", Name: "经办甲", By: "2023-03-20"}
	reported = WorkReported{Answers: answers, By: "p1"}
	sentBack = WorkReturned{Reason: "佐证不全", Due: "2023-04-15"}
	closed   = NoticeClosed{Closer: "1", Opinion: "整改到位"}

	withUnit    = []Event{issued}
	underReview = []Event{issued, reported}
	done        = []Event{issued, reported, closed}
)

func issue(changes ...func(*IssueNotice)) IssueNotice {
	c := IssueNotice{Programme: "stadium", Year: 2022, Unit: "205001", UnitName: "示例市体育中心", Issuer: "1", Issues: issues, Due: "2023-03-31", Document: "示例财绩〔2023〕7号", Today: today}
	for _, change := range changes {
		change(&c)
	}
	return c
}

func TestDecide(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given []Event
		when  Command
		then  []Event
		codes string
	}{
		{"a notice is issued", nil, issue(), []Event{issued}, ""},
		{"not twice", withUnit, issue(), nil, "rectification.already-issued"},
		{
			"all that is wrong is said at once", nil,
			IssueNotice{},
			nil,
			"programme.malformed-code rectification.no-year rectification.no-unit rectification.no-issuer rectification.no-issues rectification.malformed-day rectification.no-document",
		},
		{"nobody is told by themselves", nil, issue(func(c *IssueNotice) { c.Issuer = "205001" }), nil, "rectification.own-notice"},
		{"issues are numbered and say what to do", nil, issue(func(c *IssueNotice) { c.Issues = []Issue{{No: 2}} }), nil, "rectification.misnumbered rectification.no-problem rectification.no-requirement"},
		{"there is time", nil, issue(func(c *IssueNotice) { c.Due = today }), nil, "rectification.due-not-ahead"},

		{"the unit plans", withUnit, FilePlan{Measures: answers, Responsible: "p1", Name: "经办甲", DoneBy: "2023-03-20", By: clerk}, []Event{planned}, ""},
		{"and may plan anew", append(withUnit, planned), FilePlan{Measures: answers, Responsible: "p1", Name: "经办甲", DoneBy: "2023-03-31", By: clerk}, []Event{PlanFiled{Measures: answers, Responsible: "p1", Name: "经办甲", By: "2023-03-31"}}, ""},
		{"for every issue, with a name and a day", withUnit, FilePlan{Measures: answers[:1], By: clerk}, nil, "rectification.issue-unanswered rectification.nobody-responsible rectification.malformed-day"},
		{"nobody private answers for it", withUnit, FilePlan{Measures: answers, Responsible: "v-abcdefghij234567", Name: "甲", DoneBy: "2023-03-20", By: clerk}, nil, "person.private"},
		{"within the time given", withUnit, FilePlan{Measures: answers, Responsible: "p1", Name: "经办甲", DoneBy: "2023-04-01", By: clerk}, nil, "rectification.plan-beyond-due"},
		{"nobody plans for others", withUnit, FilePlan{Measures: answers, Responsible: "p1", Name: "甲", DoneBy: "2023-03-20", By: finance}, nil, "rectification.not-addressed"},
		{"nothing to plan", nil, FilePlan{}, nil, "rectification.not-issued"},
		{"not while the report is read", underReview, FilePlan{}, nil, "rectification.not-with-unit"},

		{"the unit tells how far it is", withUnit, ReportProgress{Progress: "已完成一半", By: clerk}, []Event{ProgressReported{Progress: "已完成一半"}}, ""},
		{"or its department does for it", withUnit, ReportProgress{Progress: "已完成一半", By: bureau}, []Event{ProgressReported{Progress: "已完成一半"}}, ""},
		{"in words, and nobody else", withUnit, ReportProgress{By: finance}, nil, "rectification.not-addressed rectification.no-progress"},
		{"nothing to tell", nil, ReportProgress{}, nil, "rectification.not-issued"},

		{"work is reported without a plan", withUnit, ReportWork{Answers: answers, By: clerk}, []Event{reported}, ""},
		{"every issue is answered", withUnit, ReportWork{Answers: answers[:1], By: clerk}, nil, "rectification.issue-unanswered"},
		{
			"with words, once, and only issues there are", withUnit,
			ReportWork{Answers: []Answer{{No: 1, Done: "x"}, {No: 1}, {No: 2, Done: "x"}, {No: 3, Done: "x"}}, By: clerk},
			nil,
			"rectification.answered-twice rectification.empty-answer rectification.unknown-issue",
		},
		{"nobody reports for others", withUnit, ReportWork{Answers: answers, By: finance}, nil, "rectification.not-addressed"},
		{"not twice", underReview, ReportWork{Answers: answers, By: clerk}, nil, "rectification.not-with-unit"},
		{"again after a return", append(underReview, sentBack), ReportWork{Answers: answers, By: clerk}, []Event{reported}, ""},
		{"not after the end", done, ReportWork{Answers: answers, By: clerk}, nil, "rectification.closed"},

		{"a report is sent back, with more time", underReview, ReturnWork{Reason: "佐证不全", Due: "2023-04-15", By: finance, Today: today}, []Event{sentBack}, ""},
		{"or without", underReview, ReturnWork{Reason: "佐证不全", By: finance, Today: today}, []Event{WorkReturned{Reason: "佐证不全"}}, ""},
		{"saying why, to a day ahead", underReview, ReturnWork{Due: today, By: finance, Today: today}, nil, "rectification.no-reason rectification.due-not-ahead"},
		{"not by the unit or who reported", underReview, ReturnWork{Reason: "x", By: clerk, Today: today}, nil, "rectification.own-closure rectification.own-report"},
		{"nothing to send back", withUnit, ReturnWork{Reason: "x", By: finance}, nil, "rectification.not-under-review"},

		{"the issuer closes it", underReview, CloseNotice{Opinion: "整改到位", By: finance}, []Event{closed}, ""},
		{"no unit closes its own notice", underReview, CloseNotice{Opinion: "x", By: domain.Actor{Person: "p8", Unit: "205001"}}, nil, "rectification.own-closure"},
		{"nor who reported, wherever they are now", underReview, CloseNotice{Opinion: "x", By: domain.Actor{Person: "p1", Unit: "1"}}, nil, "rectification.own-report"},
		{"nor another bureau than the one that issued it", underReview, CloseNotice{Opinion: "x", By: domain.Actor{Person: "p7", Unit: "205"}}, nil, "rectification.not-issuer"},
		{"which alone sends a report back", underReview, ReturnWork{Reason: "x", By: domain.Actor{Person: "p7", Unit: "205"}, Today: today}, nil, "rectification.not-issuer"},
		{"there is an opinion", underReview, CloseNotice{By: finance}, nil, "rectification.no-opinion"},
		{"after a return it is the unit's turn", append(underReview, sentBack), CloseNotice{Opinion: "x", By: finance}, nil, "rectification.not-under-review"},
		{"not twice", done, CloseNotice{Opinion: "x", By: finance}, nil, "rectification.closed"},
		{"nothing to close", nil, CloseNotice{}, nil, "rectification.not-issued"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.when.Decide(domain.Replay[State](tt.given...))
			if c := codes(err); c != tt.codes {
				t.Fatalf("refused with %q, want %q", c, tt.codes)
			}
			if !reflect.DeepEqual(got, tt.then) {
				t.Errorf("decided %+v, want %+v", got, tt.then)
			}
		})
	}
}

func TestState(t *testing.T) {
	s := domain.Replay[State]([]Event{issued, planned, ProgressReported{Progress: "一半"}, reported, sentBack}...)
	if s.Status != WithUnit || s.Due != "2023-04-15" || s.Returns != 1 || s.ReturnedFor != "佐证不全" || s.Plan == nil || len(s.Progress) != 1 {
		t.Errorf("%+v", s)
	}
	if s.Overdue("2023-04-15") || !s.Overdue("2023-04-16") || s.Evolve(reported).Overdue("2024-01-01") {
		t.Error("overdue is the day after the last day, while the unit owes a report")
	}
	s = s.Evolve(reported).Evolve(WorkReturned{Reason: "再补"})
	if s.Due != "2023-04-15" || s.Returns != 2 {
		t.Errorf("a return without a day moved it: %+v", s)
	}
}

func codes(err error) string {
	var list []string
	for _, no := range domain.Refused(err) {
		list = append(list, no.Code)
	}
	return strings.Join(list, " ")
}
