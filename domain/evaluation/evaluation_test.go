package evaluation_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"wenxiao/domain"
	. "wenxiao/domain/evaluation"
)

const wan = domain.WanYuan

var (
	clerk   = domain.Actor{Person: "p1", Name: "经办甲", Unit: "205001"}
	finance = domain.Actor{Person: "p3", Name: "绩效科丙", Unit: "1"}
	printed = &domain.Source{Title: "项目支出绩效自评表", Case: "C26"}
)

func d(s string) *domain.Decimal { v := domain.MustDecimal(s); return &v }

func money(m domain.Money) *domain.Money { return &m }

func goals() []domain.Indicator {
	return []domain.Indicator{
		{Row: "1", Level1: "产出指标", Name: "开放天数", Target: "≥300天", Weight: d("60")},
		{Row: "2", Level1: "效益指标", Name: "接待人次", Target: "≥20万人次", Weight: d("30")},
	}
}

// file returns a good form with changes: 8.62 + 60 + 28.5.
func file(changes ...func(*FileSelf)) FileSelf {
	rows := goals()
	c := FileSelf{
		Programme: "stadium", Year: 2022, Unit: "205001", Form: "项目支出绩效自评表", MoneyUnit: "元",
		Budget: Budget{FullYear: money(25 * wan), Executed: money(21_545_760), Rate: "86.18%", Weight: d("10"), Score: d("8.62")},
		Rows: []Row{
			{Indicator: rows[0], Actual: "310天", Score: d("60")},
			{Indicator: rows[1], Actual: "19万人次", Score: d("28.5"), Reason: "汛期闭馆十日"},
		},
		Total: d("97.12"), Grade: "优",
		By: clerk, Today: "2023-01-10", Indicators: goals(), Attained: map[string]domain.Decimal{"1": *d("1.0333"), "2": *d("0.95")}, Explain: *d("1.3"),
	}
	for _, change := range changes {
		change(&c)
	}
	return c
}

// filed returns what file becomes as a version.
func filed(version int, changes ...func(*FileSelf)) SelfFiled {
	c := file(changes...)
	f := SelfFiled{
		Version: version, Programme: c.Programme, Year: c.Year, Unit: c.Unit, Form: c.Form, MoneyUnit: c.MoneyUnit, Frame: c.Frame,
		Budget: c.Budget, Expected: c.Expected, Achieved: c.Achieved, Rows: c.Rows, Total: c.Total, Grade: c.Grade,
		Incomplete: c.Incomplete, Cause: c.Cause, Extra: c.Extra, By: c.By.Person, Source: c.Source,
	}
	if c.Source != nil {
		f.By = "" // who copied it did not file it
	}
	return f
}

func cause(c *FileSelf)   { c.Cause = "按复核意见补充原因" }
func fuller(c *FileSelf)  { c.Achieved = "全年开放 310 天" }
func sourced(c *FileSelf) { c.Source = printed }

var (
	checked   = Checked{Version: 1, Rulebook: "xinzhou@1", Printed: d("97.12"), Computed: d("97.12")}
	returned  = Returned{Version: 1, Reason: "未附佐证材料"}
	finalised = Finalised{Version: 1, Score: *d("97.12"), Grade: "优"}
	fedBack   = FedBack{Opinion: "同意自评结果", Requirements: []string{"加快支出进度"}}

	onDesk   = []Event{filed(1)}
	examined = []Event{filed(1), checked}
	sentBack = []Event{filed(1), returned}
	final    = []Event{filed(1), checked, finalised}
)

func finalise(changes ...func(*Finalise)) Finalise {
	c := Finalise{Version: 1, Score: *d("97.12"), Grade: "优", By: finance, ByBands: "优"}
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
		{"a self-evaluation is filed", nil, file(), []Event{filed(1)}, ""},
		{
			"all that is wrong with a form is said at once", nil,
			FileSelf{Extra: json.RawMessage("{")},
			nil,
			"programme.malformed-code evaluation.no-year evaluation.no-unit evaluation.no-money-unit evaluation.malformed-extra evaluation.no-money evaluation.no-money evaluation.no-rows",
		},
		{"when the year is over", nil, file(func(c *FileSelf) { c.Today = "2022-12-31" }), nil, "evaluation.year-not-over"},
		{"or the programme", nil, file(func(c *FileSelf) { c.Today, c.Ended = "2022-12-31", domain.Fact{Event: "018f", Holds: true} }), []Event{filed(1)}, ""},
		{"execution scores within its weight", nil, file(func(c *FileSelf) { c.Budget.Score = d("10.01") }), nil, "evaluation.score-over-weight"},
		{"money is not negative", nil, file(func(c *FileSelf) { c.Budget.Executed = money(-1) }), nil, "evaluation.no-money"},
		{"rows are filled in", nil, file(func(c *FileSelf) {
			c.Indicators, c.Rows[0] = nil, Row{Indicator: domain.Indicator{Row: "1", Weight: d("60")}}
		}), nil, "evaluation.no-indicator-name evaluation.no-actual evaluation.no-score"},
		{"rows tell apart", nil, file(func(c *FileSelf) { c.Indicators = nil; c.Rows = append(c.Rows, c.Rows[0]); c.Rows[1].Row = " " }), nil, "evaluation.no-row evaluation.duplicate-row"},
		{"a score stays within its weight", nil, file(func(c *FileSelf) { c.Rows[0].Score = d("60.5") }), nil, "evaluation.score-over-weight"},
		{"and above nothing", nil, file(func(c *FileSelf) { c.Rows[1].Score = d("-1") }), nil, "evaluation.score-over-weight"},
		{"lost points are explained", nil, file(func(c *FileSelf) { c.Rows[1].Reason = "　" }), nil, "evaluation.deduction-without-reason"},
		{"results far beyond the target are explained", nil, file(func(c *FileSelf) { c.Attained["1"] = *d("1.3") }), nil, "evaluation.over-fulfilment-unexplained"},
		{"and once they are, filed", nil, file(func(c *FileSelf) { c.Attained["1"], c.Rows[0].Reason = *d("1.5"), "延长开放" }), []Event{filed(1, func(c *FileSelf) { c.Rows[0].Reason = "延长开放" })}, ""},
		{"where no limit is set, none is asked for", nil, file(func(c *FileSelf) { c.Attained["1"], c.Explain = *d("25"), domain.Decimal{} }), []Event{filed(1)}, ""},
		{
			"a form that prints no weights loses no points", nil, file(func(c *FileSelf) { c.Indicators, c.Rows[1].Weight, c.Rows[1].Reason = nil, nil, "" }),
			[]Event{filed(1, func(c *FileSelf) { c.Rows[1].Weight, c.Rows[1].Reason = nil, "" })},
			"",
		},
		{"the rows are those of the goal", nil, file(func(c *FileSelf) { c.Rows[1].Row = "3" }), nil, "evaluation.row-missing evaluation.unknown-row"},
		{"with its targets and weights", nil, file(func(c *FileSelf) {
			c.Rows[0].Target, c.Rows[0].Weight = "≥200天", d("61")
			c.Rows[0].Score = d("61")
		}), nil, "evaluation.target-changed evaluation.weight-changed"},
		{
			"a printed table is taken as it is", nil, file(sourced, func(c *FileSelf) {
				c.Today, c.Rows, c.Budget, c.Total = "", nil, Budget{Executed: money(1)}, d("46")
			}),
			[]Event{filed(1, sourced, func(c *FileSelf) { c.Rows, c.Budget, c.Total = nil, Budget{Executed: money(1)}, d("46") })},
			"",
		},
		{"only its rows must tell apart", nil, file(sourced, func(c *FileSelf) { c.Rows[1].Row = "1" }), nil, "evaluation.duplicate-row"},
		{"a version not yet checked may be replaced, with the cause", onDesk, file(cause, fuller), []Event{filed(2, cause, fuller)}, ""},
		{"a returned one must be", sentBack, file(cause, fuller), []Event{filed(2, cause, fuller)}, ""},
		{"not without the cause", sentBack, file(fuller), nil, "evaluation.no-cause"},
		{"and not by the same", sentBack, file(cause), nil, "evaluation.unchanged"},
		{"another year's form has no place here", sentBack, file(cause, fuller, func(c *FileSelf) { c.Year = 2021 }), nil, "evaluation.other-programme"},
		{"what is checked goes back first", examined, file(cause, fuller), nil, "evaluation.under-check"},
		{"what is final is not filed again", final, file(cause, fuller), nil, "evaluation.finalised"},

		{"finance checks a version", onDesk, Check{Version: 1, Rulebook: "xinzhou@1", Printed: d("97.12"), Computed: d("97.12"), By: finance}, []Event{checked}, ""},
		{"and again under other rules", examined, Check{Version: 1, Rulebook: "hubei@1", By: finance}, []Event{Checked{Version: 1, Rulebook: "hubei@1"}}, ""},
		{"under some rules, not one's own form", onDesk, Check{Version: 1, By: clerk}, nil, "evaluation.own-unit evaluation.own-filing evaluation.no-rulebook"},
		{"who copied a printed table may check it", []Event{filed(1, sourced)}, Check{Version: 1, Rulebook: "xinzhou@1", By: domain.Actor{Person: "p1", Unit: "1"}}, []Event{Checked{Version: 1, Rulebook: "xinzhou@1"}}, ""},
		{"who filed may not, whatever unit they are in now", onDesk, Check{Version: 1, Rulebook: "xinzhou@1", By: domain.Actor{Person: "p1", Unit: "1"}}, nil, "evaluation.own-filing"},
		{"not an old version", append(sentBack, filed(2, cause, fuller)), Check{Version: 1, Rulebook: "x", By: finance}, nil, "evaluation.not-current-version"},
		{"not what is with the unit", sentBack, Check{Version: 1, Rulebook: "x", By: finance}, nil, "evaluation.returned"},
		{"not what is final", final, Check{Version: 1, Rulebook: "x", By: finance}, nil, "evaluation.finalised"},
		{"nothing to check", nil, Check{Version: 1, Rulebook: "x", By: finance}, nil, "evaluation.not-filed"},

		{"a version is returned", onDesk, Return{Version: 1, Reason: "未附佐证材料", By: finance}, []Event{returned}, ""},
		{"a checked one as well", examined, Return{Version: 1, Reason: "未附佐证材料", By: finance}, []Event{returned}, ""},
		{"with a reason, by another unit", onDesk, Return{Version: 1, By: domain.Actor{Person: "p9", Unit: "205001"}}, nil, "evaluation.own-unit evaluation.no-reason"},
		{"nothing to return", nil, Return{}, nil, "evaluation.not-filed"},

		{"a checked version is finalised", examined, finalise(), []Event{finalised}, ""},
		{"an unchecked one is not", onDesk, finalise(), nil, "evaluation.not-checked"},
		{"a check of the version before does not count", []Event{filed(1), checked, returned, filed(2, cause, fuller)}, finalise(func(c *Finalise) { c.Version = 2 }), nil, "evaluation.not-checked"},
		{"another score than computed needs a reason", examined, finalise(func(c *Finalise) { c.Score = *d("95") }), nil, "evaluation.score-not-computed"},
		{"and has one", examined, finalise(func(c *Finalise) { c.Score, c.Reason = *d("95"), "佐证不足，扣 2.12 分" }), []Event{Finalised{Version: 1, Score: *d("95"), Grade: "优", Reason: "佐证不足，扣 2.12 分"}}, ""},
		{"so does any score of what could not be computed", []Event{filed(1), Checked{Version: 1, Rulebook: "x"}}, finalise(), nil, "evaluation.score-not-computed"},
		{"the same figure written otherwise is the same", examined, finalise(func(c *Finalise) { c.Score = *d("97.120") }), []Event{Finalised{Version: 1, Score: *d("97.120"), Grade: "优"}}, ""},
		{"the grade is the one its score gives", examined, finalise(func(c *Finalise) { c.Grade = "良" }), nil, "evaluation.grade-differs"},
		{"a score is out of a hundred", examined, finalise(func(c *Finalise) { c.Score, c.Reason = *d("100.01"), "x" }), nil, "evaluation.score-out-of-range"},
		{"not by who filed", examined, finalise(func(c *Finalise) { c.By = clerk }), nil, "evaluation.own-unit evaluation.own-filing"},
		{"not twice", final, finalise(), nil, "evaluation.finalised"},

		{"the result is fed back", final, FeedBack{Opinion: "同意自评结果", Requirements: []string{"加快支出进度"}}, []Event{fedBack}, ""},
		{"once there is one", examined, FeedBack{Opinion: "x"}, nil, "evaluation.not-finalised"},
		{"once", append(final, fedBack), FeedBack{Opinion: "x"}, nil, "evaluation.already-fed-back"},
		{"in words", final, FeedBack{Requirements: []string{" "}}, nil, "evaluation.no-opinion evaluation.empty-requirement"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.when.Decide(domain.Replay[State](tt.given...))
			if c := codes(err); c != tt.codes {
				t.Fatalf("refused with %q, want %q", c, tt.codes)
			}
			if !reflect.DeepEqual(got, tt.then) {
				t.Errorf("decided\n%+v, want\n%+v", got, tt.then)
			}
		})
	}
}

func TestState(t *testing.T) {
	s := domain.Replay[State](append(final, fedBack)...)
	if s.Status != Delivered || s.Version != 1 || s.Check == nil || s.Result.Grade != "优" || s.Feedback.Opinion != fedBack.Opinion {
		t.Errorf("%+v", s)
	}
	s = domain.Replay[State](append(sentBack, filed(2, cause, fuller))...)
	if s.Status != WithDesk || s.Check != nil || s.Returned != nil || s.Current.Achieved == "" {
		t.Errorf("a new version still carries what was said of the old: %+v", s)
	}
}

func codes(err error) string {
	var list []string
	for _, no := range domain.Refused(err) {
		list = append(list, no.Code)
	}
	return strings.Join(list, " ")
}
