package goal_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"wenxiao/domain"
	. "wenxiao/domain/goal"
)

var (
	clerk    = domain.Actor{Person: "p1", Name: "经办甲", Unit: "205001"}
	sports   = domain.Actor{Person: "p2", Name: "审核乙", Unit: "205"}
	finance  = domain.Actor{Person: "p3", Name: "绩效科丙", Unit: "1"}
	active   = domain.Fact{Event: "018f", Holds: true}
	printed  = &domain.Source{Title: "项目支出绩效目标表"}
	document = "示例财预〔2022〕15号"
)

func weight(n int64) *domain.Decimal { d := domain.Int(n); return &d }

func indicators() []domain.Indicator {
	return []domain.Indicator{
		{Row: "1", Level1: "产出指标", Level2: "数量指标", Name: "开放天数", Target: "≥300天", Weight: weight(50)},
		{Row: "2", Level1: "效益指标", Level2: "社会效益", Name: "接待人次", Target: "≥20万人次", Weight: weight(30)},
		{Row: "3", Level1: "满意度指标", Level2: "服务对象满意度", Name: "群众满意度", Target: "95%以上", Weight: weight(10)},
	}
}

// file returns a good form with changes.
func file(changes ...func(*File)) File {
	c := File{
		Programme: "stadium", Year: 2022, Unit: "205001", Budget: 25 * domain.WanYuan, Objective: "场馆全年开放",
		Sources:    []domain.FundSource{{Name: "当年财政拨款", Amount: 20 * domain.WanYuan}, {Name: "其他资金", Amount: 5 * domain.WanYuan}},
		Indicators: indicators(), By: clerk, Active: active, WeightSum: domain.Int(90),
	}
	for _, change := range changes {
		change(&c)
	}
	return c
}

// filed returns what file becomes as a version.
func filed(version, adjusts int, changes ...func(*File)) Filed {
	c := file(changes...)
	if c.Source != nil {
		c.By.Person = "" // who copied it did not file it
	}
	return Filed{
		Version: version, Programme: c.Programme, Year: c.Year, Unit: c.Unit, Budget: c.Budget, Sources: c.Sources,
		Objective: c.Objective, Indicators: c.Indicators, Adjusts: adjusts, Cause: c.Cause, By: c.By.Person, Source: c.Source,
	}
}

func sourced(c *File) { c.Source = printed }
func cause(c *File)   { c.Cause = "按意见修改" }
func longer(c *File)  { c.Objective = "场馆全年开放，设备完好" }

func review(scores [4]int64, changes ...func(*Review)) Review {
	mark := func(i int) Criterion { return Criterion{Score: domain.Int(scores[i])} }
	c := Review{Version: 1, Level: FinanceLevel, Completeness: mark(0), Relevance: mark(1), Suitability: mark(2), Feasibility: mark(3), Opinion: "同意", By: finance}
	for _, change := range changes {
		change(&c)
	}
	return c
}

func reviewed(scores [4]int64, grade string, passed bool, changes ...func(*Review)) Reviewed {
	full, total := []int64{20, 30, 30, 20}, int64(0)
	mark := func(i int) Criterion {
		total += scores[i]
		return Criterion{Score: domain.Int(scores[i]), Full: domain.Int(full[i])}
	}
	c := review(scores, changes...)
	r := Reviewed{Version: c.Version, Level: c.Level, Completeness: mark(0), Relevance: mark(1), Suitability: mark(2), Feasibility: mark(3), Opinion: c.Opinion, Grade: grade, Passed: passed}
	r.Total = domain.Int(total)
	return r
}

func atDepartment(c *Review) { c.Level, c.By = DepartmentLevel, sports }

var (
	excellent = [4]int64{19, 28, 28, 18} // 93
	good      = [4]int64{16, 24, 24, 16} // 80
	fair      = [4]int64{15, 24, 24, 16} // 79
	poor      = [4]int64{10, 15, 20, 14} // 59
	returned  = Returned{Version: 1, Level: FinanceLevel, Reason: "效益指标未量化", Points: []Point{{Row: "2", Text: "改为可计量的指标值"}}}
	approved  = Approved{Version: 1, Amount: 25 * domain.WanYuan, Document: document}
	onDesk    = []Event{filed(1, 0)}
	passed    = []Event{filed(1, 0), reviewed(excellent, "优", true)}
	sentBack  = []Event{filed(1, 0), returned}
	inForce   = []Event{filed(1, 0), reviewed(excellent, "优", true), approved}
)

func TestDecide(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given []Event
		when  Command
		then  []Event
		codes string
	}{
		{"a goal is filed", nil, file(), []Event{filed(1, 0)}, ""},
		{
			"all that is wrong with a form is said at once", nil,
			File{WeightSum: domain.Int(90)},
			nil,
			"programme.malformed-code goal.no-year goal.no-unit goal.no-budget goal.no-objective goal.no-indicators goal.programme-not-active",
		},
		{"for a programme that runs", nil, file(func(c *File) { c.Active = domain.Fact{Text: "已于 2021-12-31 退出"} }), nil, "goal.programme-not-active"},
		{"for more than no money", nil, file(func(c *File) { c.Budget, c.Sources = -1, nil }), nil, "goal.no-budget"},
		{"for less than all money", nil, file(func(c *File) { c.Budget, c.Sources = domain.MaxMoney+1, nil }), nil, "goal.amount-too-large"},
		{"the sources make up the budget", nil, file(func(c *File) { c.Sources = c.Sources[:1] }), nil, "goal.sources-differ"},
		{"a source has a name and money", nil, file(func(c *File) { c.Sources[0] = domain.FundSource{Amount: -1} }), nil, "goal.malformed-source"},
		{"sources cannot overflow into the budget", nil, file(func(c *File) {
			c.Sources = slices.Repeat([]domain.FundSource{{Name: "其他", Amount: domain.MaxMoney}}, 200)
		}), nil, "goal.sources-differ"},
		{"without sources the budget stands alone", nil, file(func(c *File) { c.Sources = nil }), []Event{filed(1, 0, func(c *File) { c.Sources = nil })}, ""},
		{
			"a row has a name, a level, a target and a weight", nil, file(func(c *File) { c.Indicators[1] = domain.Indicator{Row: "2"} }), nil,
			"goal.no-level goal.no-indicator-name goal.no-target goal.no-weight",
		},
		{"rows tell apart", nil, file(func(c *File) { c.Indicators[1].Row = "1"; c.Indicators[2].Row = "" }), nil, "goal.duplicate-row goal.no-row"},
		{"an indicator is set once", nil, file(func(c *File) {
			c.Indicators[1] = c.Indicators[0]
			c.Indicators[1].Row, c.Indicators[1].Weight = "2", weight(30)
		}), nil, "goal.duplicate-indicator"},
		{"weights add up", nil, file(func(c *File) { c.Indicators[2].Weight = weight(20) }), nil, "goal.weights-not-100"},
		{
			"to what the frame demands", nil, file(func(c *File) { c.WeightSum = domain.Int(100); c.Indicators[2].Weight = weight(20) }),
			[]Event{filed(1, 0, func(c *File) { c.Indicators[2].Weight = weight(20) })},
			"",
		},
		{"no weight is negative", nil, file(func(c *File) { c.Indicators[2].Weight = weight(-10) }), nil, "goal.no-weight"},
		{
			"a frame without weights asks for none", nil, file(func(c *File) { c.WeightSum, c.Indicators[0].Weight = domain.Decimal{}, nil }),
			[]Event{filed(1, 0, func(c *File) { c.Indicators[0].Weight = nil })},
			"",
		},
		{
			"a printed form is taken as it is", nil, file(sourced, func(c *File) {
				c.Active, c.Budget, c.Objective, c.Sources, c.Indicators = domain.Fact{}, 0, "", nil, []domain.Indicator{{Row: "1"}, {Row: "2"}}
			}),
			[]Event{filed(1, 0, sourced, func(c *File) {
				c.Budget, c.Objective, c.Sources, c.Indicators = 0, "", nil, []domain.Indicator{{Row: "1"}, {Row: "2"}}
			})},
			"",
		},
		{"only its rows must tell apart", nil, file(sourced, func(c *File) { c.Indicators = []domain.Indicator{{Row: "1"}, {Row: "1"}} }), nil, "goal.duplicate-row"},
		{"nothing is filed over what is on the desks", onDesk, file(longer, cause), nil, "goal.under-review"},
		{"nor over what has its opinion", passed, file(longer, cause), nil, "goal.under-review"},
		{"after a return it is filed again, with the cause", sentBack, file(longer, cause), []Event{filed(2, 0, longer, cause)}, ""},
		{"not without", sentBack, file(longer), nil, "goal.no-cause"},
		{"and not the same again", sentBack, file(cause), nil, "goal.unchanged"},
		{
			"a changed weight is a change", sentBack, file(cause, func(c *File) { c.Indicators[0].Weight, c.Indicators[1].Weight = weight(40), weight(40) }),
			[]Event{filed(2, 0, cause, func(c *File) { c.Indicators[0].Weight, c.Indicators[1].Weight = weight(40), weight(40) })},
			"",
		},
		{"another programme's form has no place here", sentBack, file(longer, cause, func(c *File) { c.Programme = "pool" }), nil, "goal.other-programme"},
		{"what is approved is adjusted through the same steps", inForce, file(longer, cause), []Event{filed(2, 1, longer, cause)}, ""},
		{"not without special cause", inForce, file(longer), nil, "goal.no-cause"},
		{"and not for nothing", inForce, file(cause), nil, "goal.unchanged"},
		{
			"an adjustment sent back still adjusts the approved version", append(inForce, filed(2, 1, longer, cause), Returned{Version: 2}), file(cause, func(c *File) { c.Objective = "三" }),
			[]Event{filed(3, 1, cause, func(c *File) { c.Objective = "三" })},
			"",
		},

		{"finance reviews", onDesk, review(excellent), []Event{reviewed(excellent, "优", true)}, ""},
		{"eighty is good", onDesk, review(good), []Event{reviewed(good, "良", true)}, ""},
		{"seventy-nine does not pass", onDesk, review(fair), []Event{reviewed(fair, "中", false)}, ""},
		{"fifty-nine even less", onDesk, review(poor), []Event{reviewed(poor, "差", false)}, ""},
		{"the department reviews before finance", onDesk, review(excellent, atDepartment), []Event{reviewed(excellent, "优", true, atDepartment)}, ""},
		{"then finance", []Event{filed(1, 0), reviewed(excellent, "优", true, atDepartment)}, review(excellent), []Event{reviewed(excellent, "优", true)}, ""},
		{"not after", passed, review(excellent, atDepartment), nil, "goal.already-reviewed"},
		{"a desk reviews once", passed, review(excellent), nil, "goal.already-reviewed"},
		{"what failed goes back and nowhere else", []Event{filed(1, 0), reviewed(fair, "中", false)}, review(excellent), nil, "goal.review-failed"},
		{"no unit reviews its own goals", onDesk, review(excellent, func(c *Review) { c.By.Unit = "205001" }), nil, "goal.own-unit"},
		{"nobody what they filed", onDesk, review(excellent, func(c *Review) { c.By = domain.Actor{Person: "p1", Unit: "1"} }), nil, "goal.own-filing"},
		{"there are two desks", onDesk, review(excellent, func(c *Review) { c.Level = "court" }), nil, "goal.unknown-level"},
		{"an opinion is words", onDesk, review(excellent, func(c *Review) { c.Opinion = "　" }), nil, "goal.no-opinion"},
		{"scores stay within full marks", onDesk, review([4]int64{21, -1, 30, 20}), nil, "goal.score-beyond-full goal.score-beyond-full"},
		{"full marks are the form's", onDesk, review(excellent, func(c *Review) { c.Relevance.Full = domain.Int(25) }), nil, "goal.full-marks-differ"},
		{"which may be stated", onDesk, review(excellent, func(c *Review) { c.Relevance.Full = domain.Int(30) }), []Event{reviewed(excellent, "优", true)}, ""},
		{"nothing to review", nil, review(excellent), nil, "goal.not-filed"},
		{"an old version is not reviewed", append(sentBack, filed(2, 0, longer, cause)), review(excellent), nil, "goal.not-current-version"},
		{"what is with the unit is not reviewed", sentBack, review(excellent), nil, "goal.returned"},
		{"what is approved is not reviewed again", inForce, review(excellent), nil, "goal.already-approved"},

		{"a form is returned", onDesk, Return{Version: 1, Level: FinanceLevel, Reason: "效益指标未量化", Points: []Point{{Row: "2", Text: "改为可计量的指标值"}}, By: finance}, []Event{returned}, ""},
		{"a failed one as well", []Event{filed(1, 0), reviewed(poor, "差", false)}, Return{Version: 1, Level: FinanceLevel, Reason: "重编", By: finance}, []Event{Returned{Version: 1, Level: FinanceLevel, Reason: "重编"}}, ""},
		{"saying why and where", onDesk, Return{Version: 1, Points: []Point{{Row: "9"}}, By: finance}, nil, "goal.unknown-level goal.no-reason goal.unknown-row goal.no-point"},
		{"not by the unit itself", onDesk, Return{Version: 1, Level: DepartmentLevel, Reason: "x", By: clerk}, nil, "goal.own-unit goal.own-filing"},
		{"nothing to return", nil, Return{}, nil, "goal.not-filed"},

		{"what finance passed is approved with the budget", passed, Approve{Version: 1, Amount: 25 * domain.WanYuan, Document: document, By: finance}, []Event{approved}, ""},
		{"not what it did not see", onDesk, Approve{Version: 1, Amount: 25 * domain.WanYuan, Document: document, By: finance}, nil, "goal.not-reviewed"},
		{"the department's opinion is not finance's", []Event{filed(1, 0), reviewed(excellent, "优", true, atDepartment)}, Approve{Version: 1, Amount: 25 * domain.WanYuan, Document: document, By: finance}, nil, "goal.not-reviewed"},
		{"nor what it failed", []Event{filed(1, 0), reviewed(poor, "差", false)}, Approve{Version: 1, Amount: 25 * domain.WanYuan, Document: document, By: finance}, nil, "goal.not-reviewed"},
		{"a review of the version before does not count", []Event{filed(1, 0), reviewed(excellent, "优", true), returned, filed(2, 0, longer, cause)}, Approve{Version: 2, Amount: 25 * domain.WanYuan, Document: document, By: finance}, nil, "goal.not-reviewed"},
		{"another amount needs a reason", passed, Approve{Version: 1, Amount: 24 * domain.WanYuan, Document: document, By: finance}, nil, "goal.amount-differs"},
		{"and has one", passed, Approve{Version: 1, Amount: 24 * domain.WanYuan, Document: document, Reason: "压减一般性支出", By: finance}, []Event{Approved{Version: 1, Amount: 24 * domain.WanYuan, Document: document, Reason: "压减一般性支出"}}, ""},
		{"an approval has amount and document", passed, Approve{Version: 1, Reason: "x", By: finance}, nil, "goal.no-amount goal.no-document"},
		{"not by who filed", passed, Approve{Version: 1, Amount: 25 * domain.WanYuan, Document: document, By: clerk}, nil, "goal.own-unit goal.own-filing"},
		{"not beyond all money, which no budget could follow", passed, Approve{Version: 1, Amount: domain.MaxMoney + 1, Document: document, Reason: "x", By: finance}, nil, "goal.amount-too-large"},
		{"nor for a programme that has left", passed, Approve{Version: 1, Amount: 25 * domain.WanYuan, Document: document, By: finance, Exited: domain.Fact{Holds: true, Text: "已于 2022-06-30 退出"}}, nil, "goal.programme-not-active"},
		{"not twice", inForce, Approve{Version: 1, Amount: 25 * domain.WanYuan, Document: document, By: finance}, nil, "goal.already-approved"},
		{"a source may attest an approval nobody saw reviewed", []Event{filed(1, 0, sourced)}, Approve{Version: 1, Source: printed}, []Event{Approved{Version: 1, Source: printed}}, ""},
		{"of no less than no money", []Event{filed(1, 0, sourced)}, Approve{Version: 1, Amount: -1, Source: printed}, nil, "goal.no-amount"},
		{"once", []Event{filed(1, 0, sourced), Approved{Version: 1, Source: printed}}, Approve{Version: 1, Source: printed}, nil, "goal.already-approved"},
		{"nothing to approve", nil, Approve{}, nil, "goal.not-filed"},
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

// TestApprovedStays: while an adjustment is under way the approved form counts.
func TestApprovedStays(t *testing.T) {
	s := domain.Replay[State](append(inForce, filed(2, 1, longer, cause))...)
	if s.Status != UnderReview || s.Version != 2 || s.ApprovedVersion != 1 || s.Approved.Objective != "场馆全年开放" || s.Amount != 25*domain.WanYuan {
		t.Errorf("%+v", s)
	}
	s = s.Evolve(reviewed(excellent, "优", true, func(c *Review) { c.Version = 2 })).Evolve(Approved{Version: 2, Amount: 1, Document: "调整"})
	if s.ApprovedVersion != 2 || s.Approved.Objective != "场馆全年开放，设备完好" || s.Document != "调整" {
		t.Errorf("%+v", s)
	}
}

func TestRefusalShowsFigures(t *testing.T) {
	_, err := file(func(c *File) { c.Indicators[2].Weight = weight(5) }).Decide(State{})
	no := domain.Refused(err)[0]
	if no.Reason != "指标分值合计 85，应为 90" || no.Field != "/indicators" || no.Basis == "" {
		t.Errorf("%+v", no)
	}
}

func codes(err error) string {
	var list []string
	for _, no := range domain.Refused(err) {
		list = append(list, no.Code)
	}
	return strings.Join(list, " ")
}
