package monitoring_test

import (
	"reflect"
	"strings"
	"testing"

	"wenxiao/domain"
	. "wenxiao/domain/monitoring"
)

const wan = domain.WanYuan

var (
	finance = domain.Actor{Person: "p3", Unit: "1"}
	printed = &domain.Source{Title: "项目支出绩效监控表"}
	limits  = Thresholds{Attainment: d("0.15"), Execution: d("0.15"), Contradiction: d("0.40"), Grave: d("0.30")}
)

func d(s string) domain.Decimal { return domain.MustDecimal(s) }

func share(s string) *domain.Decimal { v := d(s); return &v }

func indicators() []domain.Indicator {
	return []domain.Indicator{
		{Row: "1", Name: "开放天数", Target: "≥300天", Weight: share("50")},
		{Row: "2", Name: "接待人次", Target: "≥20万人次", Weight: share("30")},
		{Row: "3", Name: "设施完好", Target: "完好", Weight: share("10")},
	}
}

func readings(days, people string) []Reading {
	return []Reading{
		{Row: "1", Actual: "171天", Attainment: share(days), Likelihood: Certain},
		{Row: "2", Actual: "11.4万人次", Attainment: share(people), Likelihood: Possible},
		{Row: "3", Actual: "完好", Likelihood: Certain},
	}
}

// take is a snapshot at the end of July, when 58.08 % of 2023 has gone by:
// attainment 57 %, payments 60 %.
func take(changes ...func(*TakeSnapshot)) TakeSnapshot {
	c := TakeSnapshot{
		Programme: "stadium", Year: 2023, Unit: "205001", Day: "2023-07-31", Period: "1—7月", Trend: "按进度推进", Readings: readings("0.57", "0.57"),
		Today: "2023-08-16", Goal: domain.Fact{Event: "018f", Holds: true}, Indicators: indicators(), Budget: 100 * wan, Paid: 60 * wan, Thresholds: limits,
	}
	for _, change := range changes {
		change(&c)
	}
	return c
}

// taken is what take becomes.
func taken(number, attainment, execution string, changes ...func(*TakeSnapshot)) SnapshotTaken {
	c := take(changes...)
	return SnapshotTaken{
		Snapshot: number, Programme: c.Programme, Year: c.Year, Unit: c.Unit, Day: c.Day, Period: c.Period, Trend: c.Trend, Readings: c.Readings, Source: c.Source,
		Attainment: d(attainment), Elapsed: c.Year.Elapsed(c.Day), Budget: c.Budget, Paid: c.Paid, Execution: d(execution),
	}
}

func paid(wanYuan float64) func(*TakeSnapshot) {
	return func(c *TakeSnapshot) { c.Paid = domain.Money(wanYuan * float64(wan)) }
}

func inOctober(c *TakeSnapshot) { c.Day, c.Period, c.Today = "2023-10-31", "1—10月", "2023-11-10" }

func attained(days, people string) func(*TakeSnapshot) {
	return func(c *TakeSnapshot) { c.Readings = readings(days, people) }
}

func sourced(c *TakeSnapshot) {
	c.Source, c.Goal, c.Indicators, c.Readings, c.Period = printed, domain.Fact{}, nil, nil, ""
}

var (
	behind = WarningRaised{Warning: "1", Snapshot: "1", Line: ExecutionLine, Value: d("0.3000"), Expected: d("0.5808"), Threshold: d("0.15"), Working: "执行 30.00%，时间 58.08%，落后 28.08 个百分点"}
	july   = []Event{taken("1", "0.5700", "0.6000")}
	warned = []Event{taken("1", "0.5700", "0.3000", paid(30)), behind}
)

func TestDecide(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given []Event
		when  Command
		then  []Event
		codes string
	}{
		{"a snapshot is taken", nil, take(), july, ""},
		{"the next has the next number", july, take(inOctober, attained("0.8", "0.8"), paid(80)), []Event{taken("2", "0.8000", "0.8000", inOctober, attained("0.8", "0.8"), paid(80))}, ""},
		{"or its own", nil, take(func(c *TakeSnapshot) { c.Snapshot = "2" }), []Event{taken("2", "0.5700", "0.6000")}, ""},
		{"which the count then passes over", []Event{taken("2", "0.5700", "0.6000")}, take(inOctober, attained("0.8", "0.8"), paid(80)), []Event{taken("3", "0.8000", "0.8000", inOctober, attained("0.8", "0.8"), paid(80))}, ""},
		{"but no other's", july, take(inOctober, func(c *TakeSnapshot) { c.Snapshot = "1" }), nil, "monitoring.number-used"},
		{"snapshots follow one another", july, take(), nil, "monitoring.not-after-last"},
		{"within the year", nil, take(func(c *TakeSnapshot) { c.Day = "2022-07-31" }), nil, "monitoring.other-year"},
		{"of days gone by", nil, take(func(c *TakeSnapshot) { c.Day = "2023-08-17" }), nil, "monitoring.day-to-come"},
		{"on a day", nil, take(func(c *TakeSnapshot) { c.Day = "7月末" }), nil, "monitoring.malformed-day"},
		{"of an approved goal", nil, take(func(c *TakeSnapshot) { c.Goal = domain.Fact{Text: "已退回"} }), nil, "monitoring.goal-not-approved"},
		{"with budget and period", nil, take(func(c *TakeSnapshot) { c.Budget, c.Period = 0, "" }), nil, "monitoring.no-budget monitoring.no-period"},
		{"of somebody's programme", nil, take(func(c *TakeSnapshot) { c.Programme, c.Unit = "", "" }), nil, "programme.malformed-code monitoring.no-unit"},
		{"with every row of the goal", nil, take(func(c *TakeSnapshot) { c.Readings = c.Readings[:2] }), nil, "monitoring.row-missing"},
		{"and no other", nil, take(func(c *TakeSnapshot) { c.Readings[2].Row = "9" }), nil, "monitoring.row-missing monitoring.unknown-row"},
		{"each once", nil, take(func(c *TakeSnapshot) { c.Readings[2].Row = "2" }), nil, "monitoring.duplicate-row monitoring.row-missing"},
		{"filled in", nil, take(func(c *TakeSnapshot) {
			c.Readings[0] = Reading{Row: "1", Attainment: share("-0.1"), Likelihood: "perhaps"}
		}), nil, "monitoring.negative-attainment monitoring.no-actual monitoring.unknown-likelihood"},
		{"and explained where hopeless", nil, take(func(c *TakeSnapshot) { c.Readings[1].Likelihood = Impossible }), nil, "monitoring.deviation-without-reason"},
		{"with something that can be measured", nil, take(func(c *TakeSnapshot) { c.Readings[0].Attainment, c.Readings[1].Attainment = nil, nil }), nil, "monitoring.nothing-measured"},
		{"a printed table is taken as it is", nil, take(sourced, paid(87.57)), []Event{taken("1", "0", "0.8757", sourced, paid(87.57))}, ""},

		{"payments behind time raise a warning", nil, take(paid(30)), warned, ""},
		{"far behind, a grave one", nil, take(paid(24.8)), []Event{
			taken("1", "0.5700", "0.2480", paid(24.8)),
			WarningRaised{Warning: "1", Snapshot: "1", Line: ExecutionLine, Grave: true, Value: d("0.2480"), Expected: d("0.5808"), Threshold: d("0.15"), Working: "执行 24.80%，时间 58.08%，落后 33.28 个百分点"},
		}, ""},
		{"a hair inside the limit, none", nil, take(paid(43.09)), []Event{taken("1", "0.5700", "0.4309", paid(43.09))}, ""},
		{"at the limit, one", nil, take(paid(43.08)), []Event{
			taken("1", "0.5700", "0.4308", paid(43.08)),
			WarningRaised{Warning: "1", Snapshot: "1", Line: ExecutionLine, Value: d("0.4308"), Expected: d("0.5808"), Threshold: d("0.15"), Working: "执行 43.08%，时间 58.08%，落后 15.00 个百分点"},
		}, ""},
		{"where no limit is set, none", nil, take(paid(1), func(c *TakeSnapshot) { c.Thresholds = Thresholds{} }), []Event{taken("1", "0.5700", "0.0100", paid(1))}, ""},
		{"attainment behind time and far from payments raises both", nil, take(attained("0.2", "0.2"), paid(65)), []Event{
			taken("1", "0.2000", "0.6500", attained("0.2", "0.2"), paid(65)),
			WarningRaised{Warning: "1", Snapshot: "1", Line: AttainmentLine, Grave: true, Value: d("0.2000"), Expected: d("0.5808"), Threshold: d("0.15"), Working: "目标 20.00%，时间 58.08%，落后 38.08 个百分点"},
			WarningRaised{Warning: "2", Snapshot: "1", Line: ContradictionLine, Grave: true, Value: d("0.2000"), Expected: d("0.6500"), Threshold: d("0.40"), Working: "目标 20.00%，执行 65.00%，两线相差 45.00 个百分点"},
		}, ""},
		{"all done and hardly paid is a contradiction too", nil, take(attained("1", "1"), paid(55)), []Event{
			taken("1", "1.0000", "0.5500", attained("1", "1"), paid(55)),
			WarningRaised{Warning: "1", Snapshot: "1", Line: ContradictionLine, Grave: true, Value: d("1.0000"), Expected: d("0.5500"), Threshold: d("0.40"), Working: "目标 100.00%，执行 55.00%，两线相差 45.00 个百分点"},
		}, ""},
		{"more spent than there was is grave under any limits", nil, take(attained("1", "1"), paid(102.59)), []Event{
			taken("1", "1.0000", "1.0259", attained("1", "1"), paid(102.59)),
			WarningRaised{Warning: "1", Snapshot: "1", Line: ExecutionLine, Grave: true, Value: d("1.0259"), Expected: d("1"), Working: "执行 102.59%，支付 102.59 万元，超出全年预算 100.00 万元"},
		}, ""},
		{"one that still holds is not raised again", warned, take(inOctober, attained("0.8", "0.8"), paid(60)), []Event{taken("2", "0.8000", "0.6000", inOctober, attained("0.8", "0.8"), paid(60))}, ""},
		{"one that holds no more is cleared", warned, take(inOctober, attained("0.8", "0.8"), paid(80)), []Event{
			taken("2", "0.8000", "0.8000", inOctober, attained("0.8", "0.8"), paid(80)),
			WarningCleared{Warning: "1", Reason: "第 2 期监控（截至 2023-10-31）：目标 80.00%，执行 80.00%，时间 83.29%，已在界限之内"},
		}, ""},
		{"one that becomes grave makes way for a grave one", warned, take(inOctober, attained("0.8", "0.8"), paid(50)), []Event{
			taken("2", "0.8000", "0.5000", inOctober, attained("0.8", "0.8"), paid(50)),
			WarningCleared{Warning: "1", Reason: "第 2 期监控升级为异常：执行 50.00%，时间 83.29%，落后 33.29 个百分点"},
			WarningRaised{Warning: "2", Snapshot: "2", Line: ExecutionLine, Grave: true, Value: d("0.5000"), Expected: d("0.8329"), Threshold: d("0.15"), Working: "执行 50.00%，时间 83.29%，落后 33.29 个百分点"},
		}, ""},
		{"a new one gets a new number", append(warned, WarningCleared{Warning: "1"}), take(inOctober, attained("0.8", "0.8"), paid(60)), []Event{
			taken("2", "0.8000", "0.6000", inOctober, attained("0.8", "0.8"), paid(60)),
			WarningRaised{Warning: "2", Snapshot: "2", Line: ExecutionLine, Value: d("0.6000"), Expected: d("0.8329"), Threshold: d("0.15"), Working: "执行 60.00%，时间 83.29%，落后 23.29 个百分点"},
		}, ""},

		{
			"a snapshot is put right, and its warning with it", warned,
			CorrectSnapshot{Corrects: "018f", Snapshot: take(func(c *TakeSnapshot) { c.Snapshot = "1" }), Reason: "漏计一笔支付"},
			[]Event{
				SnapshotCorrected{Corrects: "018f", Snapshot: taken("1", "0.5700", "0.6000"), Reason: "漏计一笔支付"},
				WarningCleared{Warning: "1", Reason: "第 1 期监控（截至 2023-07-31）：目标 57.00%，执行 60.00%，时间 58.08%，已在界限之内"},
			},
			"",
		},
		{
			"an earlier one without touching what later ones judged", append(warned, taken("2", "0.8000", "0.6000", inOctober)),
			CorrectSnapshot{Corrects: "018f", Snapshot: take(func(c *TakeSnapshot) { c.Snapshot = "1" }), Reason: "漏计"},
			[]Event{SnapshotCorrected{Corrects: "018f", Snapshot: taken("1", "0.5700", "0.6000"), Reason: "漏计"}},
			"",
		},
		{
			"saying what and why, in its place", append(warned, taken("2", "0.8000", "0.6000", inOctober)),
			CorrectSnapshot{Snapshot: take(inOctober, func(c *TakeSnapshot) { c.Snapshot = "1" })},
			nil,
			"monitoring.corrects-nothing monitoring.no-reason monitoring.out-of-order",
		},
		{"within the same rules", warned, CorrectSnapshot{Corrects: "018f", Reason: "x", Snapshot: take(func(c *TakeSnapshot) { c.Snapshot, c.Day = "1", "2023-08-17" })}, nil, "monitoring.day-to-come"},
		{"only what was taken", nil, CorrectSnapshot{Snapshot: TakeSnapshot{Snapshot: "1"}}, nil, "monitoring.unknown-snapshot"},

		{"a warning is explained", warned, ExplainWarning{Warning: "1", Reason: "招标推迟", Files: []string{"9f86d0"}}, []Event{WarningExplained{Warning: "1", Reason: "招标推迟", Files: []string{"9f86d0"}}}, ""},
		{"and explained further", append(warned, WarningExplained{Warning: "1", Reason: "招标推迟"}), ExplainWarning{Warning: "1", Reason: "招标推迟，已于 8 月开标"}, []Event{WarningExplained{Warning: "1", Reason: "招标推迟，已于 8 月开标"}}, ""},
		{"the same words change nothing", append(warned, WarningExplained{Warning: "1", Reason: "招标推迟"}), ExplainWarning{Warning: "1", Reason: "招标推迟"}, nil, ""},
		{"there must be words", warned, ExplainWarning{Warning: "1"}, nil, "monitoring.no-reason"},
		{"and a warning", warned, ExplainWarning{Warning: "2", Reason: "x"}, nil, "monitoring.unknown-warning"},
		{"that is open", append(warned, WarningCleared{Warning: "1", Reason: "已纠正"}), ExplainWarning{Warning: "1", Reason: "x"}, nil, "monitoring.warning-cleared"},
		{"finance clears a warning", warned, ClearWarning{Warning: "1", Reason: "已开工", By: finance}, []Event{WarningCleared{Warning: "1", Reason: "已开工"}}, ""},
		{"not the unit, and not without reason", warned, ClearWarning{Warning: "1", By: domain.Actor{Unit: "205001"}}, nil, "monitoring.own-clearance monitoring.no-reason"},
		{"nor twice", append(warned, WarningCleared{Warning: "1"}), ClearWarning{Warning: "1", Reason: "x", By: finance}, nil, "monitoring.warning-cleared"},

		{"a risk is reported", nil, ReportRisk{Risk: "施工方停工", Seen: "2023-08-15", Plan: "约谈并更换", Today: "2023-08-16"}, []Event{RiskReported{Risk: "施工方停工", Seen: "2023-08-15", Plan: "约谈并更换"}}, ""},
		{"saying what, when and what next", nil, ReportRisk{Today: "2023-08-16"}, nil, "monitoring.no-risk monitoring.malformed-day monitoring.no-plan"},
		{"not before it is seen", nil, ReportRisk{Risk: "x", Seen: "2023-08-17", Plan: "x", Today: "2023-08-16"}, nil, "monitoring.day-to-come"},
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

func TestAttainment(t *testing.T) {
	for name, tt := range map[string]struct {
		readings []Reading
		rows     []domain.Indicator
		want     string
	}{
		"rows count by weight":                          {readings("1", "0"), indicators(), "0.6250"}, // 50 of 80
		"over-fulfilment hides nothing":                 {readings("25", "0"), indicators(), "0.6250"},
		"without weights rows count the same":           {readings("1", "0"), nil, "0.5000"},
		"nothing measured is nothing attained":          {nil, indicators(), "0"},
		"a row with no weight makes all weigh the same": {readings("1", "0"), append(indicators()[:1], domain.Indicator{Row: "2"}), "0.5000"},
	} {
		if got := Attainment(tt.readings, tt.rows); got.String() != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestState(t *testing.T) {
	s := domain.Replay[State](append(warned, WarningExplained{Warning: "1", Reason: "招标推迟", Files: []string{"9f86d0"}}, RiskReported{Risk: "停工"})...)
	if w := s.Open(); len(w) != 1 || w[0].Status != Explained || w[0].Explanation != "招标推迟" {
		t.Errorf("open: %+v", w)
	}
	s = s.Evolve(WarningCleared{Warning: "1", Reason: "已纠正"})
	if len(s.Open()) != 0 || s.Warnings[0].ClearedFor != "已纠正" || len(s.Risks) != 1 {
		t.Errorf("%+v", s)
	}
	s = s.Evolve(SnapshotCorrected{Snapshot: taken("1", "0.5700", "0.6000")})
	if last, ok := s.Latest(); !ok || !last.Execution.Equal(d("0.6")) || len(s.Snapshots) != 1 {
		t.Errorf("after the correction: %+v", s.Snapshots)
	}
}

func codes(err error) string {
	var list []string
	for _, no := range domain.Refused(err) {
		list = append(list, no.Code)
	}
	return strings.Join(list, " ")
}
