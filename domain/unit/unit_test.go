package unit_test

import (
	"reflect"
	"strings"
	"testing"

	"wenxiao/domain"
	. "wenxiao/domain/unit"
)

var (
	sports    = Registered{Code: "205", Name: "示例市体育局", Kind: Department, Parent: "1", Since: "2019-01-01"}
	head      = PostEstablished{Post: "head", Title: "局长", Duties: []string{"部门绩效第一责任人"}}
	appointed = PersonAppointed{Person: "p1", Name: "局长甲", Post: "head", Since: "2020-03-01"}
	relieved  = PersonRelieved{Person: "p1", Post: "head", Until: "2023-06-30", Reason: "调离"}
	standIn   = AuthorityDelegated{Post: "head", From: "p1", To: "p2", Name: "副局长乙", Scope: "绩效目标审签", Since: "2022-05-01", Until: "2022-05-31"}
	merged    = Merged{Into: "206", Since: "2024-01-01", Document: "示例编〔2023〕9号"}
	inOffice  = []Event{sports, head, appointed}
)

func TestDecide(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given []Event
		when  Command
		then  []Event
		codes string // of the refusals, in order
	}{
		{"a unit is registered", nil, Register(sports), []Event{sports}, ""},
		{"not twice", []Event{sports}, Register(sports), nil, "unit.already-registered"},
		{
			"all that is wrong is said at once", nil,
			Register{Code: "二〇五", CreditCode: "1", Name: " ", Kind: "club", Since: "2019"},
			nil,
			"unit.malformed-code unit.malformed-credit-code unit.no-name unit.unknown-kind unit.malformed-day",
		},
		{"nobody is their own parent", nil, Register{Code: "205", Name: "体育局", Kind: Department, Parent: "205"}, nil, "unit.own-parent"},

		{
			"a unit is renamed",
			[]Event{sports},
			Rename{Name: "示例市文体局", Since: "2021-01-01", Document: "示例编〔2020〕3号"},
			[]Event{Renamed{Name: "示例市文体局", Since: "2021-01-01", Document: "示例编〔2020〕3号"}},
			"",
		},
		{"the same name changes nothing", []Event{sports}, Rename{Name: sports.Name}, nil, ""},
		{"a name needs a day and a document", []Event{sports}, Rename{Name: " ", Since: "soon"}, nil, "unit.no-name unit.malformed-day unit.no-document"},
		{"a name does not begin before the last", []Event{sports}, Rename{Name: "文体局", Since: "2018-12-31", Document: "x"}, nil, "unit.renamed-before-named"},
		{"what is not registered cannot be renamed", nil, Rename{Name: "x"}, nil, "unit.not-registered"},

		{
			"a merger relieves whoever is in post", append(inOffice, PersonAppointed{Person: "p3", Name: "丙", Post: "head", Since: "2023-01-01"}, relieved), Merge(merged),
			[]Event{PersonRelieved{Person: "p3", Post: "head", Until: "2023-12-31", Reason: "单位并入 206"}, merged},
			"",
		},
		{"not into itself", []Event{sports}, Merge{Into: "205", Since: "2024-01-01", Document: "x"}, nil, "unit.own-successor"},
		{"a merger needs a successor, a day and a document", []Event{sports}, Merge{}, nil, "unit.malformed-day unit.no-document unit.no-successor"},
		{"a unit does not end before a tenure began", inOffice, Merge{Into: "206", Since: "2020-03-01", Document: "x"}, nil, "unit.ends-before-tenure"},
		{"nor before one ended", append(inOffice, relieved), Merge{Into: "206", Since: "2023-06-30", Document: "x"}, nil, "unit.ends-before-tenure"},
		{"but the day after", append(inOffice, relieved), Merge{Into: "206", Since: "2023-07-01", Document: "x"}, []Event{Merged{Into: "206", Since: "2023-07-01", Document: "x"}}, ""},
		{"a unit is abolished", []Event{sports}, Abolish{Since: "2024-01-01", Document: "x"}, []Event{Abolished{Since: "2024-01-01", Document: "x"}}, ""},
		{"not into its own hands", []Event{sports}, Abolish{Since: "2024-01-01", Successor: "205", Document: "x"}, nil, "unit.own-successor"},
		{"what was merged does nothing more", []Event{sports, merged}, Abolish{Since: "2024-02-01", Document: "x"}, nil, "unit.ended"},
		{"nor appoints anyone", []Event{sports, head, merged}, Appoint(appointed), nil, "unit.ended"},

		{"a post is established", []Event{sports}, EstablishPost(head), []Event{head}, ""},
		{"the same post changes nothing", []Event{sports, head}, EstablishPost(head), nil, ""},
		{"another post needs another code", []Event{sports, head}, EstablishPost{Post: "head", Title: "书记"}, nil, "unit.post-exists"},
		{"a post has a code and a title", []Event{sports}, EstablishPost{Post: "局长"}, nil, "unit.malformed-post unit.no-title"},
		{"no unit, no post", nil, EstablishPost(head), nil, "unit.not-registered"},

		{"a person is appointed", []Event{sports, head}, Appoint(appointed), []Event{appointed}, ""},
		{"a post may have two holders", inOffice, Appoint{Person: "p2", Name: "乙", Post: "head", Since: "2021-01-01"}, []Event{PersonAppointed{Person: "p2", Name: "乙", Post: "head", Since: "2021-01-01"}}, ""},
		{"nobody holds a post twice", inOffice, Appoint{Person: "p1", Name: "局长甲", Post: "head", Since: "2022-01-01"}, nil, "unit.already-in-post"},
		{"nor again before the first tenure ended", append(inOffice, relieved), Appoint{Person: "p1", Name: "局长甲", Post: "head", Since: "2023-06-30"}, nil, "unit.already-in-post"},
		{"but the day after", append(inOffice, relieved), Appoint{Person: "p1", Name: "局长甲", Post: "head", Since: "2023-07-01"}, []Event{PersonAppointed{Person: "p1", Name: "局长甲", Post: "head", Since: "2023-07-01"}}, ""},
		{"an appointment names person, post and day", []Event{sports}, Appoint{Post: "cook", Since: "x"}, nil, "unit.no-person unit.no-person-name unit.unknown-post unit.malformed-day"},
		{"not before there was a unit", []Event{sports, head}, Appoint{Person: "p1", Name: "甲", Post: "head", Since: "2018-12-31"}, nil, "unit.appointed-before-unit"},

		{"but no private person", []Event{sports, head}, Appoint{Person: "v-abcdefghij234567", Name: "甲", Post: "head", Since: "2021-01-01"}, nil, "person.private"},
		{"nor does one act for a holder", inOffice, Delegate{Post: "head", From: "p1", To: "v-abcdefghij234567", Name: "乙", Scope: "审签", Since: "2022-05-01", Until: "2022-05-31"}, nil, "person.private"},

		{"a person is relieved", inOffice, Relieve(relieved), []Event{relieved}, ""},
		{"who is not in post cannot be", append(inOffice, relieved), Relieve(relieved), nil, "unit.not-in-post"},
		{"relief has a day and a reason", inOffice, Relieve{Person: "p1", Post: "head"}, nil, "unit.malformed-day unit.no-reason"},
		{"nobody leaves before they came", inOffice, Relieve{Person: "p1", Post: "head", Until: "2020-02-29", Reason: "调离"}, nil, "unit.relieved-before-tenure"},

		{"a holder lets another act", inOffice, Delegate(standIn), []Event{standIn}, ""},
		{"who does not hold the post cannot", []Event{sports, head}, Delegate(standIn), nil, "unit.not-in-post"},
		{
			"not oneself, and not for everything for ever", inOffice,
			Delegate{Post: "head", From: "p1", To: "p1"},
			nil,
			"unit.own-delegate unit.no-person-name unit.no-scope unit.malformed-day unit.malformed-day",
		},
		{"somebody must act", inOffice, Delegate{Post: "head", From: "p1", Name: "乙", Scope: "审签", Since: "2022-05-01", Until: "2022-05-31"}, nil, "unit.no-person"},
		{
			"not before the tenure, and not backwards", inOffice,
			Delegate{Post: "head", From: "p1", To: "p2", Name: "乙", Scope: "审签", Since: "2020-02-01", Until: "2020-01-01"},
			nil,
			"unit.delegated-before-tenure unit.delegation-ends-early",
		},
		{"not two at a time", append(inOffice, standIn), Delegate{Post: "head", From: "p1", To: "p3", Name: "丙", Scope: "审签", Since: "2022-05-31", Until: "2022-06-30"}, nil, "unit.delegation-overlaps"},
		{
			"one after the other", append(inOffice, standIn),
			Delegate{Post: "head", From: "p1", To: "p3", Name: "丙", Scope: "审签", Since: "2022-06-01", Until: "2022-06-30"},
			[]Event{AuthorityDelegated{Post: "head", From: "p1", To: "p3", Name: "丙", Scope: "审签", Since: "2022-06-01", Until: "2022-06-30"}},
			"",
		},
		{"no unit, no appointment", nil, Appoint(appointed), nil, "unit.not-registered"},
		{"no unit, no relief", nil, Relieve(relieved), nil, "unit.not-registered"},
		{"no unit, no delegation", nil, Delegate(standIn), nil, "unit.not-registered"},
		{"no unit, no merger", nil, Merge(merged), nil, "unit.not-registered"},
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
	s := domain.Replay[State](append(inOffice, standIn, PersonRelieved{Person: "p1", Post: "head", Until: "2022-05-10", Reason: "退休"})...)
	if d := s.Delegations[0]; d.Until != "2022-05-10" {
		t.Errorf("a delegation outlived the one who gave it, until %s", d.Until)
	}
	if h := s.Holders("head", "2022-05-10"); len(h) != 1 || h[0].Name != "局长甲" {
		t.Errorf("on the last day the post was held by %v", h)
	}
	if h := s.Holders("head", "2022-05-11"); len(h) != 0 {
		t.Errorf("the day after by %v", h)
	}
	s = s.Evolve(merged)
	if s.Status != Ended || s.Successor != "206" || s.EndedOn != "2024-01-01" {
		t.Errorf("after the merger: %+v", s)
	}
}

func codes(err error) string {
	var list []string
	for _, no := range domain.Refused(err) {
		list = append(list, no.Code)
	}
	return strings.Join(list, " ")
}
