package web

import (
	"encoding/xml"
	"errors"
	"html/template"
	"io"
	"strings"
	"testing"

	"wenxiao/domain"
)

// wellFormed fails unless the drawing is XML without styles or scripts.
func wellFormed(t *testing.T, drawing template.HTML) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(string(drawing)))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, drawing)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local == "script" || start.Name.Local == "style" {
			t.Errorf("drawing holds a %s", start.Name.Local)
		}
		for _, a := range start.Attr {
			if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
				t.Errorf("%s has attribute %s", start.Name.Local, a.Name.Local)
			}
		}
	}
}

func share(s string) domain.Decimal { return domain.MustDecimal(s) }

func sportsCentre() DualLines {
	return DualLines{
		Year: 2022,
		Attainment: []ChartPoint{
			{"2022-03-31", share("0.25")},
			{"2022-06-30", share("0.5")},
			{"2022-07-31", share("0.57")},
			{"2022-09-30", share("0.75")},
			{"2022-10-31", share("0.82")},
			{"2022-12-31", share("1")},
		},
		Payments: []ChartPayment{
			{"2022-05-30", share("0.248"), 62_000_00}, {"2022-10-21", share("0.572"), 81_000_00}, {"2022-12-20", share("0.8618"), 72_457_60},
		},
		Warned: []ChartSpan{{"2022-08-16", "2022-10-21", "执行落后时间 33.28 个百分点"}},
		Marks:  []ChartMark{{"2022-06-30", "责任人交接"}},
	}
}

func TestMonitoringChartSaysWhatItDraws(t *testing.T) {
	chart := MonitoringChart(sportsCentre())
	wellFormed(t, chart)
	for _, want := range []string{
		"<title>2022 年目标实现、预算执行与时间</title>", "目标实现 100.00%", "预算执行 86.18%", "时间 100.00%",
		"预警期 08-16 至 10-21", "06-30 责任人交接", "6.20 万元", `class="line-execution"`,
	} {
		if !strings.Contains(string(chart), want) {
			t.Errorf("chart lacks %q", want)
		}
	}
}

func TestMonitoringChartOfAwkwardYears(t *testing.T) {
	years := map[string]DualLines{
		"nothing at all":   {Year: 2023},
		"over the budget":  {Year: 2023, Until: "2023-07-31", Payments: []ChartPayment{{"2023-02-01", share("1.0259"), 338_30_00_00}}},
		"paid a year late": {Year: 2023, Payments: []ChartPayment{{"2024-02-01", share("0.3"), 1}}},
		"open warning":     {Year: 2023, Until: "2023-12-01", Warned: []ChartSpan{{"2023-11-30", "", "目标落后 <40> & 更多"}}},
		"three handovers in a week": {Year: 2023, Marks: []ChartMark{
			{"2023-12-28", "责任人交接"}, {"2023-12-29", "责任人交接"}, {"2023-12-31", "责任人交接"},
		}},
	}
	for name, year := range years {
		t.Run(name, func(t *testing.T) {
			chart := MonitoringChart(year)
			wellFormed(t, chart)
			if strings.Contains(string(chart), "NaN") || strings.Contains(string(chart), "Inf") {
				t.Error("a coordinate is no number")
			}
		})
	}
}

func TestMonitoringChartScalesBeyondTheBudget(t *testing.T) {
	over := DualLines{Year: 2023, Payments: []ChartPayment{{"2023-02-01", share("1.0259"), 1}}}
	if chart := string(MonitoringChart(over)); !strings.Contains(chart, ">125%</text>") {
		t.Error("the axis ends below the line")
	}
}

func TestBars(t *testing.T) {
	attainment := share("0.613")
	bars := Bars(BarPair{&attainment, share("1.0259"), share("0.5808"), false})
	wellFormed(t, bars)
	for _, want := range []string{`aria-label="目标 61.30%，执行 102.59%，时间 58.08%"`, `class="bar-execution" x="0" y="21" width="195.4"`} {
		if !strings.Contains(string(bars), want) {
			t.Errorf("bars lack %s", want)
		}
	}
	none := string(Bars(BarPair{nil, share("9"), share("0.5"), true}))
	if !strings.Contains(none, "not reported") || strings.Contains(none, `class="bar-attainment"`) {
		t.Error("what was not reported is drawn as a bar")
	}
	if !strings.Contains(none, `width="200"`) {
		t.Error("a bar leaves its ground")
	}
}
