package programme_test

import (
	"reflect"
	"strings"
	"testing"

	"wenxiao/domain"
	. "wenxiao/domain/programme"
)

const today = domain.Day("2023-09-01")

var (
	printed    = &domain.Source{Title: "项目支出绩效自评表"}
	registered = Registered{
		Code: "stadium", Name: "体育中心运营结算", Kind: Project, Unit: "205001", UnitName: "示例市体育中心",
		Department: "205", DepartmentName: "示例市体育局", FundBook: GeneralBudget, From: 2022, Jurisdiction: "xinzhou",
	}
	first    = ResponsibleAssigned{Person: "p1", Name: "主任甲", Post: "主任", Unit: "205001", Since: "2022-01-10"}
	handed   = HandedOver{From: "p1", FromName: "主任甲", To: "p2", ToName: "主任乙", Post: "主任", Unit: "205001", Day: "2023-04-01", Reason: "调离", Pending: []string{"尾款结算"}, Countersigned: "p9"}
	exited   = Exited{Day: "2023-08-31", Reason: "到期退出"}
	running  = []Event{registered, first}
	corrects = Corrected{Corrects: "018f", Field: "name", Was: "体育中心运营结算", Is: "体育中心委托运营结算", Reason: "漏字"}
)

func register(change func(*Register)) Register {
	c := Register(registered)
	change(&c)
	return c
}

func handOver(change func(*HandOver)) HandOver {
	c := HandOver{To: "p2", ToName: "主任乙", Post: "主任", Unit: "205001", Day: "2023-04-01", Reason: "调离", Pending: []string{"尾款结算"}, Countersigned: "p9", Today: today}
	change(&c)
	return c
}

func TestDecide(t *testing.T) {
	unchanged := func(*HandOver) {}
	for _, tt := range []struct {
		name  string
		given []Event
		when  Command
		then  []Event
		codes string
	}{
		{"a programme is registered", nil, Register(registered), []Event{registered}, ""},
		{"not twice", running, Register(registered), nil, "programme.already-registered"},
		{
			"all that is wrong is said at once", nil,
			Register{},
			nil,
			"programme.malformed-code programme.no-name programme.unknown-kind programme.no-unit programme.no-department programme.unknown-fund-book programme.no-year programme.no-jurisdiction",
		},
		{
			"a fund book may be left open by a source", nil, register(func(c *Register) { c.FundBook, c.Source = UnstatedFundBook, printed }),
			[]Event{Registered(register(func(c *Register) { c.FundBook, c.Source = UnstatedFundBook, printed }))},
			"",
		},
		{"and by nobody else", nil, register(func(c *Register) { c.FundBook = UnstatedFundBook }), nil, "programme.unknown-fund-book"},
		{"nothing is its own parent", nil, register(func(c *Register) { c.Parent = c.Code }), nil, "programme.own-parent"},
		{"nothing ends before it starts", nil, register(func(c *Register) { c.To = 2021 }), nil, "programme.ends-before-start"},

		{"somebody answers for it", []Event{registered}, AssignResponsible{Person: "p1", Name: "主任甲", Post: "主任", Unit: "205001", Since: "2022-01-10", Today: today}, []Event{first}, ""},
		{"no private person", []Event{registered}, AssignResponsible{Person: "v-abcdefghij234567", Name: "主任甲", Post: "主任", Unit: "205001", Since: "2022-01-10", Today: today}, nil, "person.private"},
		{"nor by handing over", running, HandOver{To: "v-abcdefghij234567", ToName: "乙", Post: "主任", Unit: "205001", Day: "2023-04-01", Reason: "调离", Countersigned: "v-bbcdefghij234567", Today: today}, nil, "person.private person.private"},
		{"exactly one", running, AssignResponsible{Person: "p2", Name: "主任乙", Post: "主任", Unit: "205001", Since: "2022-01-10", Today: today}, nil, "programme.already-responsible"},
		{"who is fully named", []Event{registered}, AssignResponsible{}, nil, "programme.no-person programme.no-person-name programme.no-post programme.no-unit programme.malformed-day"},
		{"of the unit or its department", []Event{registered}, AssignResponsible{Person: "p1", Name: "甲", Post: "主任", Unit: "999", Since: "2022-01-10", Today: today}, nil, "programme.responsible-elsewhere"},
		{"since a day that can be", []Event{registered}, AssignResponsible{Person: "p1", Name: "甲", Post: "主任", Unit: "205001", Since: "0001-01-01", Today: today}, nil, "programme.malformed-day"},
		{"and in office by now", []Event{registered}, AssignResponsible{Person: "p1", Name: "甲", Post: "主任", Unit: "205001", Since: "2023-09-02", Today: today}, nil, "programme.day-to-come"},
		{"for a programme there is", nil, AssignResponsible{}, nil, "programme.not-registered"},

		{"the duty is handed over", running, handOver(unchanged), []Event{handed}, ""},
		{"by somebody who has it", []Event{registered}, handOver(unchanged), nil, "programme.nobody-responsible"},
		{"to somebody else", running, handOver(func(c *HandOver) { c.To = "p1" }), nil, "programme.same-person"},
		{"after the tenure began", running, handOver(func(c *HandOver) { c.Day = "2022-01-10" }), nil, "programme.handover-before-tenure"},
		{"not in time to come", running, handOver(func(c *HandOver) { c.Day = "2023-09-02" }), nil, "programme.day-to-come"},
		{"with day and reason", running, handOver(func(c *HandOver) { c.Day, c.Reason = "", "" }), nil, "programme.malformed-day programme.no-reason"},
		{"watched by a third", running, handOver(func(c *HandOver) { c.Countersigned = "p1" }), nil, "programme.countersigned-by-party"},
		{"not by the one who takes over", running, handOver(func(c *HandOver) { c.Countersigned = "p2" }), nil, "programme.countersigned-by-party"},
		{
			"the next one hands over from the second", append(running, handed), handOver(func(c *HandOver) {
				c.To, c.ToName, c.Day, c.Pending, c.Countersigned = "p3", "主任丙", "2023-08-01", nil, ""
			}),
			[]Event{HandedOver{From: "p2", FromName: "主任乙", To: "p3", ToName: "主任丙", Post: "主任", Unit: "205001", Day: "2023-08-01", Reason: "调离"}},
			"",
		},
		{"nothing is handed over without a programme", nil, handOver(unchanged), nil, "programme.not-registered"},

		{"a programme becomes major", running, MarkMajor{Reason: "市委督办", Document: "示例财〔2022〕1号"}, []Event{MarkedMajor{Reason: "市委督办", Document: "示例财〔2022〕1号"}}, ""},
		{"once", append(running, MarkedMajor{}), MarkMajor{Reason: "再次"}, nil, ""},
		{"with reason and document", running, MarkMajor{}, nil, "programme.no-reason programme.no-document"},
		{"if it is there", nil, MarkMajor{}, nil, "programme.not-registered"},

		{"a name is put right", running, Correct{Corrects: "018f", Field: "name", Is: "体育中心委托运营结算", Reason: "漏字"}, []Event{corrects}, ""},
		{"what is right stays", running, Correct{Corrects: "018f", Field: "attribute", Is: "", Reason: "同"}, nil, ""},
		{"a correction names what and why", running, Correct{Field: "name", Is: " "}, nil, "programme.corrects-nothing programme.no-reason programme.no-name"},
		{"a fund book is one of four", running, Correct{Corrects: "018f", Field: "fundBook", Is: "fifth", Reason: "误"}, nil, "programme.unknown-fund-book"},
		{"who answers is handed over, not corrected", running, Correct{Corrects: "018f", Field: "responsible", Is: "p2", Reason: "误"}, nil, "programme.not-correctable"},
		{"nothing to correct", nil, Correct{}, nil, "programme.not-registered"},

		{"a programme exits", running, Exit{Day: "2023-08-31", Reason: "到期退出", Today: today}, []Event{exited}, ""},
		{"not yet", running, Exit{Day: "2023-09-02", Reason: "到期退出", Today: today}, nil, "programme.day-to-come"},
		{"not before it started", running, Exit{Day: "2021-12-31", Reason: "到期退出", Today: today}, nil, "programme.exit-before-start"},
		{"not without day and reason", running, Exit{Today: today}, nil, "programme.malformed-day programme.no-reason"},
		{"nothing exits that never came", nil, Exit{}, nil, "programme.not-registered"},
		{"after that it takes nothing more: no person", append(running, exited), handOver(unchanged), nil, "programme.exited"},
		{"no mark", append(running, exited), MarkMajor{Reason: "x", Document: "x"}, nil, "programme.exited"},
		{"no correction", append(running, exited), Correct{Corrects: "018f", Field: "name", Is: "x", Reason: "x"}, nil, "programme.exited"},
		{"no second exit", append(running, exited), Exit{Day: "2023-08-31", Reason: "x", Today: today}, nil, "programme.exited"},
		{"no registration under its code", append(running, exited), Register(registered), nil, "programme.already-registered"},
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
	s := domain.Replay[State]([]Event{
		registered, first, handed, corrects,
		Corrected{Field: "attribute", Is: "延续"},
		Corrected{Field: "fundBook", Is: string(GovernmentFunds)},
		MarkedMajor{},
	}...)
	if s.Responsible != (Tenure{Person: "p2", Name: "主任乙", Post: "主任", Unit: "205001", Since: "2023-04-01"}) || s.Handovers != 1 {
		t.Errorf("responsible is %+v after %d handovers", s.Responsible, s.Handovers)
	}
	if s.Name != corrects.Is || s.Attribute != "延续" || s.FundBook != GovernmentFunds || !s.Major {
		t.Errorf("the registration says %+v", s)
	}
	if s.Covers(2021) || !s.Covers(2022) || !s.Covers(2050) || s.Evolve(exited).Covers(2022) {
		t.Error("the term is wrong")
	}
}

func codes(err error) string {
	var list []string
	for _, no := range domain.Refused(err) {
		list = append(list, no.Code)
	}
	return strings.Join(list, " ")
}
