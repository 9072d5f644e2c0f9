package projections

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// Every form ever stored has its sentence, by its specimen.
func TestEveryEventHasASentence(t *testing.T) {
	for eventType := range stored {
		noun, _, _ := strings.Cut(eventType, ".")
		data, err := os.ReadFile(filepath.Join("..", "domain", noun, "testdata", strings.TrimPrefix(eventType, noun+".")+".json"))
		if err != nil {
			t.Errorf("%s has no specimen: %v", eventType, err)
			continue
		}
		at := time.Date(2022, 5, 30, 2, 0, 0, 0, time.UTC)
		f, err := read(eventstore.Record{Position: 1, Data: data, Header: eventstore.Header{Stream: noun + "-x-2022", Type: eventType, RecordedAt: at, EffectiveAt: at, Actor: reviewer}})
		if err != nil {
			t.Error(err)
			continue
		}
		e := newEntry(f)
		if e.Verb == "" || e.Text == "" || e.Lane == "" || e.Article == "" {
			t.Errorf("%s: verb %q, text %q, lane %q, article %q", eventType, e.Verb, e.Text, e.Lane, e.Article)
		}
		if strings.Contains(e.Text, "%!") {
			t.Errorf("%s: %s", eventType, e.Text)
		}
		for _, verdict := range []string{"违规", "认定", "有错"} {
			if strings.Contains(e.Sentence, verdict) {
				t.Errorf("%s passes a verdict: %s", eventType, e.Sentence)
			}
		}
	}
}

func TestSentencesOfAStory(t *testing.T) {
	s := tell(t)
	list, err := s.views.Trail(t.Context(), TrailFilter{Ascending: true})
	check(t, err)
	said := map[eventstore.Position]string{}
	for _, e := range list.Entries {
		said[e.Position] = e.Sentence
	}
	for position, want := range map[eventstore.Position]string{
		6:  "张某 以 示例市财政局绩效管理科科长 身份 任命张某为绩效管理科科长，自 2020-03-01 起",
		12: "张某 以 示例市财政局绩效管理科科长 身份 退回目标第 1 版：两项指标口径重复（意见 1 条）",
		13: "王某 以 示例市体育中心财务科科长 身份 重新申报目标第 2 版，预算 25.00 万元，指标 2 项：应退回意见",
		14: "张某 以 示例市财政局绩效管理科科长 身份 审核目标第 2 版，评定“良” 86 分，通过：同意报批",
		19: "周某 以 示例市国库支付中心支付科科员 身份 更正支付 0530-017：由 6.00 万元改为 6.20 万元：票面金额录错",
		20: "王某 以 示例市体育中心财务科科长 身份 项目责任人由陈某交接赵某（项目负责人），自 2022-07-01 起：岗位调整，移交未办事项 1 件，无部门签认",
		22: "系统 严重预警：目标 20.00%，时间 62.19%，落后 42.19 个百分点",
		28: "张某 以 示例市财政局绩效管理科科长 身份 复核自评第 1 版：印刷 98.62 分，重算 98.62 分，不符 1 处",
	} {
		if said[position] != want {
			t.Errorf("at %d\n got %s\nwant %s", position, said[position], want)
		}
	}
}

func TestWhoActedForWhomAndWhence(t *testing.T) {
	who := domain.Actor{Name: "李某", Post: "科员", Unit: "sports", OnBehalfOf: "王某"}
	if got := sentence(who, "示例市体育中心", false, "报送"); got != "李某 以 示例市体育中心科员 身份 代 王某 报送" {
		t.Error(got)
	}
	if got := sentence(domain.Actor{}, "", false, "预警"); got != "系统 预警" {
		t.Error(got)
	}
}

func TestFigures(t *testing.T) {
	for text, want := range map[string]string{"0.248": "24.80%", "0.58085": "58.09%", "1.02592": "102.59%", "-0.3": "−30.00%", "0": "0.00%"} {
		if got := percent(domain.MustDecimal(text)); got != want {
			t.Errorf("percent(%s) = %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]int64{"98.62": 986200, "10": 100000, "-0.00005": -1, "9": 90000} {
		d := domain.MustDecimal(text)
		if got := sortable(&d); got != want {
			t.Errorf("sortable(%s) = %v, want %d", text, got, want)
		}
	}
	if rate(5, 0) != nil {
		t.Error("a rate of no budget")
	}
	if got := rate(2154576, 2500000).String(); got != "0.8618" {
		t.Error(got)
	}
}

func TestDayOf(t *testing.T) {
	for _, s := range []string{"0001-01-01T00:00:00Z", "1969-12-31T15:59:59Z", "1969-12-31T16:00:00Z", "2022-05-30T15:59:59Z", "2022-05-30T16:00:00Z", "2200-01-01T00:00:00Z"} {
		at, err := time.Parse(time.RFC3339, s)
		check(t, err)
		if got, want := dayOf(at), domain.DayOf(at); got != want || dayOf(at) != want {
			t.Errorf("dayOf(%s) = %s, want %s", s, got, want)
		}
	}
}

func TestPackedEntryComesBack(t *testing.T) {
	amount := domain.Money(-5)
	at := time.Date(2022, 5, 30, 2, 0, 0, 7, time.UTC)
	e := Entry{
		Position: 9, Event: "id", Type: "execution.recalled.v1", Stream: "execution-p-2022", Revision: 3, Programme: "p", ProgrammeName: "名", Year: 2022, RecordedAt: at, EffectiveAt: at.Add(-24 * time.Hour),
		Actor: domain.Actor{Person: "a", Name: "张某", Post: "科长", Unit: "u", Capacity: "代办", OnBehalfOf: "李某"}, UnitName: "局", Verb: "收回", Text: "收回\n1 万元", Reason: "因\"", Decision: true,
		Late: true, LateDays: 1, Corrects: "x", Basis: []string{"忻州办法", ""}, Article: "y", Rulebook: "r@1", Stage: "execution", Lane: "finance", Attested: true, Amount: &amount, Document: "号",
	}
	e.Sentence = sentence(e.Actor, e.UnitName, false, e.Text)
	for _, want := range []Entry{e, {}, {Position: 1, Text: "x", Automatic: true, Sentence: "系统 x"}} {
		if want.RecordedAt.IsZero() {
			want.RecordedAt, want.EffectiveAt = time.Unix(0, 0).UTC(), time.Unix(0, 0).UTC()
			want.Sentence = sentence(want.Actor, "", want.Automatic, want.Text)
		}
		var got Entry
		check(t, got.readFrom(want.appendTo(nil)))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("\n got %+v\nwant %+v", got, want)
		}
	}
	e.Text = "a\x1fb"
	var got Entry
	if err := got.readFrom(e.appendTo(nil)); err != nil || got.Text != "a b" || got.Lane != "finance" {
		t.Errorf("a separator in the text: %q, %v", got.Text, err)
	}
	if err := new(Entry).readFrom([]byte("9\x1fid")); err == nil {
		t.Error("half an entry was read")
	}
}
