package web

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
	"wenxiao/domain/scoring"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// The pages that look back, drawn from fixed structs: full, empty and awkward.

const longName = "一个名称长达四十个汉字的项目用来看看表格会不会被撑破以及打印出来是否还能读得下去的样子"

func ledgerFrame(title, nav, here string) Frame {
	return Frame{
		Title: title, Nav: nav, Here: here, Who: Who{Person: "p-finance", Name: "张某", Post: "绩效管理科科长", Unit: "示例市财政局"},
		Mark: Mark{Position: 48213, AsOf: time.Date(2023, 8, 16, 2, 26, 7, 0, time.UTC)},
	}
}

func anEntry(position int, day domain.Day, eventType, lane, verb, text string, decision bool) projections.Entry {
	at := day.Time().Add(10 * time.Hour)
	return projections.Entry{
		Position: eventstore.Position(position), Event: fmt.Sprintf("0189e7c2-5d10-7b3e-9a41-%012d", position), Type: eventType,
		Stream: strings.Split(eventType, ".")[0] + "-tyzx-2022", Revision: 1, Programme: "tyzx", ProgrammeName: "体育中心结算", Year: 2022,
		RecordedAt: at, EffectiveAt: at, Actor: domain.Actor{Person: "p-" + lane, Name: "某" + lane, Post: "科长", Unit: "101"}, UnitName: "示例市" + lane,
		Sentence: "某" + lane + "以 示例市" + lane + " 科长 身份" + text, Verb: verb, Text: text, Decision: decision, Lane: lane, Article: "忻州办法 第二十条",
	}
}

func course() []projections.Entry {
	entries := []projections.Entry{
		anEntry(3, "2021-10-12", "goal.filed.v1", "unit", "申报", "申报目标第 1 版，30.00 万元", false),
		anEntry(5, "2021-11-03", "goal.returned.v1", "finance", "退回", "退回目标第 1 版：两项指标口径重复", true),
		anEntry(7, "2021-11-09", "goal.filed.v1", "unit", "申报", "申报目标第 2 版，25.00 万元", false),
		anEntry(9, "2021-11-15", "goal.reviewed.v1", "finance", "审核", "审核目标第 2 版：良 86 分，通过", true),
		anEntry(20, "2022-05-30", "execution.paid.v1", "treasury", "支付", "支付 6.20 万元", false),
	}
	entries[4].Late, entries[4].LateDays = true, 8
	entries[3].Basis = []string{entries[2].Event, "财预〔2015〕88号 目标审核表"}
	return entries
}

func filed(version int, target string) projections.Goal {
	weight := domain.Int(10)
	return projections.Goal{
		Programme: "tyzx", Year: 2022, Version: version, Status: projections.GoalFiled, Budget: 25 * domain.WanYuan, Objective: "按合同完成年度结算。",
		Indicators: []domain.Indicator{
			{Row: "1", Level1: "产出指标", Level2: "数量指标", Name: longName, Target: "=100%", Weight: &weight},
			{Row: "2", Level1: "满意度指标", Level2: "服务对象满意度指标", Name: "场馆开放满意度", Target: target},
		},
	}
}

func aMoment(index int) projections.Moment {
	entries := course()
	return projections.Moment{
		Position: entries[index-1].Position, Index: index, Count: len(entries), Code: "tyzx", Year: 2022, Entry: entries[index-1], Entries: entries,
		Programme: projections.Programme{Code: "tyzx", Year: 2022, Name: "体育中心结算", UnitName: "市体育中心", DepartmentName: "市体育局", ResponsibleName: "陈某"},
		Goals:     []projections.Goal{filed(1, "≥95%"), filed(2, "≥90%")},
		Head:      []projections.Cell{{Key: "responsible", Label: "项目负责人", Value: "陈某", SetBy: 1}, {Key: "budget/paid", Label: "已支付", Value: ""}},
		Goal: &projections.Form{Kind: projections.FormGoal, Version: 2, Rows: []projections.FormRow{{Row: "2", Cells: []projections.Cell{
			{Key: "goal/indicators/2/target", Label: "满意度“场馆开放满意度”指标值", Value: "≥90%", SetBy: 7, Was: "≥95%"},
		}}}},
	}
}

func aReplay() Replay {
	m, base := aMoment(4), aMoment(2)
	base.Goals = base.Goals[:1]
	change := projections.Change{
		Key: "goal/indicators/2/target", Label: "场馆开放满意度 指标值", From: "≥95%", To: "≥90%", Position: 7,
		By: domain.Actor{Person: "p-unit", Name: "王某"}, At: projections.Moments{Recorded: m.Entry.RecordedAt, Effective: m.Entry.EffectiveAt}, Reason: "场馆改造，预计下降",
	}
	return Replay{
		Frame: ledgerFrame("回放：体育中心结算 2022", "/programmes?open=replay", "/programmes/tyzx/2022/replay?at=9"), Moment: m, Kind: projections.FormGoal,
		Base: &base, Changes: []projections.Change{change}, A: &base, B: &m, Compared: []projections.Change{change}, Same: 11,
		Cell: "goal/indicators/2/target", CellName: "场馆开放满意度 指标值", Bookmarks: []eventstore.Position{5},
		Origin: []OriginStep{
			{Cell: projections.Cell{Value: "≥95%", SetBy: 3}, Entry: m.Entries[0], Number: 1},
			{Cell: projections.Cell{Value: "≥90%", Was: "≥95%", SetBy: 7}, Entry: m.Entries[2], Number: 3, Reason: "场馆改造，预计下降"},
		},
	}
}

func TestReplayShowsTheFormAsItWas(t *testing.T) {
	page := drawn(t, aReplay())
	shows(t, page,
		"<del>≥95%</del>", `<a class="origin"`, "财预〔2015〕88号 目标审核表", "3　2021-11-09　申报", "谁打开过哪份材料，账本没有记录",
		"理由：场馆改造，预计下降", "同一事项的上一步（3　申报）之后 6 天", `data-key="Shift&#43;ArrowLeft" href="/programmes/tyzx/2022/replay?at=5"`,
		`data-key="ArrowRight" href="/programmes/tyzx/2022/replay?at=20"`, "此后才入账 1 件", "其余 11 项", `name="stop" min="1" max="5" value="4"`, "196 天没有记录",
		`/people/p-finance`, "书签：",
	)
	if strings.Contains(page, "≥95%</a>") {
		t.Error("the value of before stands as if it were that of now")
	}
}

func TestReplayOfAwkwardMoments(t *testing.T) {
	first := aReplay()
	first.Moment, first.Base, first.Changes, first.A, first.B, first.Cell, first.Origin = aMoment(1), nil, nil, nil, nil, "", nil
	first.Goals, first.Goal = nil, nil
	shows(t, drawn(t, first), "这时还没有申报表", "同一事项的第一步", `aria-disabled="true">‹ 上一件`)

	side := aReplay()
	side.Show = "side"
	shows(t, drawn(t, side), "<del>≥95%</del>", "此刻　2021-11-15")
	side.Show = "only"
	shows(t, drawn(t, side), "场馆改造，预计下降")

	last := aReplay()
	last.Moment = aMoment(5)
	shows(t, drawn(t, last), "这是最后一件", "补录，晚 8 天")

	many := aReplay()
	var weight *domain.Decimal
	for i := range 25 {
		many.Goals[1].Indicators = append(many.Goals[1].Indicators, domain.Indicator{Row: fmt.Sprint(i + 3), Level1: "产出指标", Level2: "数量指标", Name: longName, Weight: weight})
	}
	shows(t, drawn(t, many), longName)
}

func aChain() projections.Chain {
	entries := course()
	acts := make([]projections.Act, 0, len(entries)+1)
	for i, e := range entries {
		a := projections.Act{No: i + 1, Entry: e, Day: domain.DayOf(e.EffectiveAt), Responsibility: projections.Direct, Status: projections.ActDone}
		if e.Lane == "finance" {
			a.Responsibility = projections.Supervising
		}
		acts = append(acts, a)
	}
	acts[4].Status, acts[4].LateText = projections.ActLate, "逾期 8 天"
	acts = append(acts, projections.Act{No: 6, Entry: projections.Entry{Stage: projections.StageExecution, Text: "财政重点跟踪", UnitName: "示例市finance"}, Status: projections.ActNoTrace, Responsibility: projections.Supervising})
	return projections.Chain{
		Programme: "tyzx", ProgrammeName: "体育中心结算", Year: 2022, AsOf: "2023-08-16", Acts: acts, Done: 4, LateActs: 1, NoTrace: 1,
		Tenures: []projections.Tenure{{Person: "p-unit", Name: "陈某", PostTitle: "项目负责人", UnitName: "市体育中心", Capacity: projections.CapacityResponsible, Since: "2021-01-01", Until: "2022-06-30", HandedOver: true, Late: true, LateDays: 8, Position: 1}},
		Leads:   []projections.Lead{{Code: "duty.no-trace", Title: "财政重点跟踪无人留痕", Text: "账本中无相应事件。", Basis: "忻州办法 第二十八条", Positions: []eventstore.Position{9}}},
		Facts:   []projections.Lead{{Code: "objection.raised", Title: "曾提出异议", Text: "2021-11-03 退回。", Positions: []eventstore.Position{5}}},
		Duties: []projections.Duty{{Matter: "goal.file", Title: "目标申报", Cells: []projections.DutyCell{
			{Seat: projections.SeatResponsible, Role: "办", State: projections.DutyDone, Names: []string{"陈某"}},
			{Seat: projections.SeatUnit, Role: "办", State: projections.DutyLate},
			{Seat: projections.SeatDepartment},
			{Seat: projections.SeatFinance, Role: "审", State: projections.DutyEmpty},
			{Seat: projections.SeatTreasury, Role: "知", State: projections.DutyNotYet},
			{Seat: projections.SeatAgency},
		}}},
	}
}

// verdicts are words a page of facts must not use of people.
var verdicts = regexp.MustCompile(`责任人有错|违规|违纪|失职|有责|应予追责`)

func TestChainListsFactsAndNoVerdict(t *testing.T) {
	page := drawn(t, Chain{Frame: ledgerFrame("责任链：体育中心结算", "/programmes?open=chain", "/programmes/tyzx/2022/chain"), Chain: aChain()})
	shows(t, page, "本页列出经办事实和线索，不作责任认定", "财政重点跟踪无人留痕", "曾提出异议", `class="is-gap"`, "act act-missing", "act act-late", `id="act-6"`,
		`href="#act-2"`, "补录，晚 8 天", "部门签认未留痕", "应由示例市finance")
	if found := verdicts.FindString(page); found != "" {
		t.Errorf("the page says %q", found)
	}
	if n := strings.Count(page, "认定"); n != 2 {
		t.Errorf("认定 stands %d times; it belongs to the notice alone", n)
	}
}

func TestChainShowsLeadsOnly(t *testing.T) {
	page := drawn(t, Chain{Frame: ledgerFrame("责任链", "", "/programmes/tyzx/2022/chain?leads=1"), Chain: aChain(), LeadsOnly: true})
	shows(t, page, "曾提出异议", `id="act-4"`, `id="act-6"`)
	if strings.Contains(page, `id="act-1"`) || strings.Contains(page, "<figure") {
		t.Error("more than leads is shown")
	}
}

func TestChainOfManyPeopleShowsUnits(t *testing.T) {
	chain := aChain()
	chain.Acts = nil
	for i := range 200 {
		e := anEntry(i+1, "2022-01-05", "goal.filed.v1", "unit", "申报", "申报", false)
		e.Actor.Person, e.Actor.Unit = fmt.Sprint("p", i), fmt.Sprint("u", i%7)
		chain.Acts = append(chain.Acts, projections.Act{No: i + 1, Entry: e, Status: projections.ActDone, Responsibility: projections.Direct})
	}
	p := Chain{Frame: ledgerFrame("责任链", "", "/"), Chain: chain}
	if n := len(p.Graph().Nodes); n != 7 || !p.Collapsed() {
		t.Errorf("%d boxes", n)
	}
	shows(t, drawn(t, p), "已按单位合并", "人经办")
}

func TestEmptyChain(t *testing.T) {
	shows(t, drawn(t, Chain{Frame: ledgerFrame("责任链", "", "/"), Chain: projections.Chain{Programme: "a", Year: 2022}}), "账本中还没有这个年度的经办记录", "账本中没有任职记录")
}

func TestPersonAcrossPosts(t *testing.T) {
	var page string
	t.Run("chain", func(t *testing.T) {
		page = drawn(t, Person{Frame: ledgerFrame("责任链：陈某", "", "/people/p-unit"), Chain: func() projections.Chain { c := aChain(); c.Person, c.Name = "p-unit", "陈某"; return c }(), Today: "2023-08-16"})
	})
	shows(t, page, "timeline-chart", `href="/programmes/tyzx/2022/chain"`, "项目责任人　", "陈某", "不作责任认定")
	shows(t, drawn(t, People{Frame: ledgerFrame("查人", "", "/people"), Rows: []projections.Person{{Person: "p-1", Name: "张某", Acts: 12000}}}), `href="/people/p-1"`, "12,000")
	shows(t, drawn(t, People{Frame: ledgerFrame("查人", "", "/people"), Text: "无此人"}), "没有这样的人")
}

func aRecord(t *testing.T, data string) eventstore.Record {
	t.Helper()
	r, err := eventstore.Seal("goal-tyzx-2022", 1, time.Now(), eventstore.Draft{Type: "goal.filed.v1", Data: []byte(data)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRecordShowsExactBytes(t *testing.T) {
	entries := course()
	whole := NewRecordRow(entries[0], aRecord(t, `{"objective":"<b>&"}`))
	torn := aRecord(t, `{}`)
	torn.Data = []byte(`{"forged":true}`)
	forged := NewRecordRow(entries[4], torn)
	page := drawn(t, Record{Frame: ledgerFrame("审计轨迹", "/record", "/record?q=结算"), Head: 48213, Rows: []RecordRow{whole, forged}, Older: "/record?before=3"})
	shows(t, page, `<strong>申报</strong>目标第 1 版`, "{&#34;objective&#34;:&#34;&lt;b&gt;&amp;&#34;}", whole.Bytes.Computed, "回到此刻", "补录，晚 8 天", `rel="next"`, "类别", "数据与信封不符", "数据未改")
	if whole.Bytes.Intact() != Agrees || forged.Bytes.Intact() != Differs {
		t.Error("the digest tells no forgery")
	}
}

func TestTheVerbIsBoldEvenWhereWordsStandBetween(t *testing.T) {
	for _, c := range [][5]string{
		{"批复年初预算 30.00 万元", "批复预算", "", "批复", "年初预算 30.00 万元"},
		{"严重预警：执行 24.80%", "预警", "严重", "预警", "：执行 24.80%"},
		{"没有这个词", "支付", "", "", "没有这个词"},
	} {
		before, verb, after := aroundVerb(c[0], c[1])
		if before != c[2] || verb != c[3] || after != c[4] {
			t.Errorf("%q parts into %q %q %q", c[0], before, verb, after)
		}
	}
}

func TestRecordWithoutEvents(t *testing.T) {
	page := Record{Frame: ledgerFrame("审计轨迹", "/record", "/record"), Filter: projections.TrailFilter{Text: "无此", LateOnly: true, Type: "goal"}, From: "2022-01-01"}
	shows(t, drawn(t, page), "没有符合条件的事件", "“无此”、自 2022-01-01、类别 目标、只看补录")
}

func TestLongDataIsCutAtACharacter(t *testing.T) {
	b := newRecordBytes(aRecord(t, strings.Repeat("字", dataShown)))
	if !b.Cut || strings.Contains(b.Data, "\ufffd") || len(b.Data) > dataShown || b.Intact() != Agrees {
		t.Errorf("%d bytes shown", len(b.Data))
	}
}

func aBoard() Monitoring {
	rows := []projections.Monitoring{
		{
			Programme: "a", ProgrammeName: longName, Year: 2023, UnitName: "供销社", Snapshot: "1", Day: "2023-07-31", Period: "1—7月", Attainment: share("1"), Execution: share("0.2"), Elapsed: share("0.5808"),
			Budget: 50 * domain.WanYuan, Paid: 10 * domain.WanYuan, Grave: true, OpenWarnings: 1, WarningStatus: projections.WarningOpen, Contradiction: projections.ContradictionUnpaid, Payment: projections.PaymentsSuspended,
		},
		{Programme: "b", ProgrammeName: "初中公用经费", Year: 2023, Budget: 64_8000_00, Paid: 37_7800_00, WarningStatus: projections.WarningNone},
		{Programme: "c", ProgrammeName: "零预算", Year: 2023, WarningStatus: projections.WarningNone},
	}
	board := projections.MonitoringBoard{Counts: map[string]int{"alert": 1, "missing": 2, "contradiction": 1}, Budget: 100, Paid: 54}
	board.Rows, board.Total = rows, 3
	return Monitoring{
		Frame: ledgerFrame("双监控", "/monitoring", "/monitoring"), MonitoringBoard: board, Today: "2023-08-16", Decides: true,
		Thresholds: []Threshold{{Warning, "任一条线落后时间 15 个百分点以上", "条文未定数"}},
	}
}

func TestMonitoringBoard(t *testing.T) {
	p := aBoard()
	p.Disposal = &Disposal{Row: NewMonitoringRow(p.Rows[0], p.Today, false), Acts: []Remedy{{Word: "暂缓拨款", Effect: "剩余 40.00 万元暂不拨付", Basis: "忻州办法 第二十六条", Address: "/execution/a/2023/suspend", Grave: true}}}
	var page string
	t.Run("chosen", func(t *testing.T) { page = drawn(t, p) })
	shows(t, page, `href="/execution/a/2023/suspend"`, "实物先成，款未付出", "任一条线落后时间 15 个百分点以上", "目标 未报", "54.00%", "暂缓", `class="is-chosen"`, "目标线未报")
	if strings.Contains(page, `checked`) {
		t.Error("something is chosen beforehand")
	}
	p.Decides, p.Disposal, p.Rows = false, nil, nil
	shows(t, drawn(t, p), "没有符合条件的项目")
}

func aCheck(t *testing.T, id string, b bool) Check {
	t.Helper()
	table, ok := published.Sample(id)
	if !ok {
		t.Fatalf("no sample %s", id)
	}
	books := rulebook.All()
	result := scoring.Result{Rulebook: books[0].Ref()}
	printed, computed := domain.MustDecimal("9"), domain.MustDecimal("9.91")
	result.Execution = scoring.Execution{Printed: &printed, Computed: &computed, Weight: table.Budget.Weight, Working: "10×65.07÷65.66＝9.91"}
	for i, row := range table.Indicators {
		r := scoring.Row{Level1: row.Level1, Level2: row.Level2, Name: row.Level3, Target: row.Target, Actual: row.Actual, Weight: row.Weight, Printed: row.Score, Computed: row.Score}
		if i == 0 && row.Score != nil {
			near := row.Score.Add(domain.MustDecimal("0.03"))
			r.Computed = &near
		}
		result.Rows = append(result.Rows, r)
	}
	result.Findings = []scoring.Finding{
		{Code: scoring.ExecutionScoreDiffers, Cell: "budget/score_printed", Message: "执行得分应为 9.91", Printed: "9", Computed: "9.91", Basis: "财预〔2020〕10号"},
		{Code: scoring.DeductionWithoutReason, Cell: "indicators/4/score", Message: "达到而扣分"},
	}
	c := Check{Frame: ledgerFrame("校核："+table.Project, "/check", "/check?table="+id), Samples: []Option{{id, id}}, Sample: id, Table: &table, Rulebooks: books, A: books[0], ResultA: result}
	if b {
		c.B = books[len(books)-1]
		c.Beside = scoring.Compare(table, c.A, c.B)
	}
	return c
}

func TestCheckShowsPrintedBesideRecomputed(t *testing.T) {
	p := aCheck(t, "C02", true)
	page := drawn(t, p)
	shows(t, page, "10×65.07÷65.66＝9.91", "−0.91", "取整 −0.03", `href="#row-0"`, `id="row-0"`, `href="#row-5"`, "不出总分", "该规则 20 分", "19.82", "同 A", "预算执行 9.91 → 19.82", "公开来源", "不对任何单位作评价")
	p.Only = true
	if got := len(p.Rows()); got >= p.All() || got == 0 {
		t.Errorf("%d of %d rows differ", got, p.All())
	}
}

func TestCheckOfAwkwardTables(t *testing.T) {
	for _, id := range []string{"C01", "C09", "C44"} {
		page := drawn(t, aCheck(t, id, false))
		if strings.Contains(page, "B 重算") {
			t.Errorf("%s: a column of B without B", id)
		}
	}
	own := aCheck(t, "C02", false)
	own.Sample, own.Carried, own.Places, own.Others = "", `{"id":"x"}`, []string{"第 7 行"}, 3
	shows(t, drawn(t, own), "文件里还有 3 张表", "第 7 行", `name="table" value="{&#34;id&#34;:&#34;x&#34;}"`, `method="post"`)
	bare := own
	bare.Table.Project, bare.Table.Department, bare.Table.Year, bare.Table.Source, bare.Table.TableComplete = "", "", 0, "", false
	shows(t, drawn(t, bare), "未印年度", "摘录不完整")
}

func TestCheckAsksForATable(t *testing.T) {
	p := Check{
		Frame: ledgerFrame("校核一张表", "/check", "/check"), Rulebooks: rulebook.All(), A: rulebook.Default(), Own: "甲\t<乙>",
		Errors: []Wrongly{{Field: "G12（分值）", Reason: "应为数，却是文字“五十”"}},
	}
	shows(t, drawn(t, p), `type="file"`, "甲\t&lt;乙&gt;", "G12（分值）", "应为数")
}

func TestDifferenceUpToFiveHundredthsIsRounding(t *testing.T) {
	d := func(s string) *domain.Decimal { v := domain.MustDecimal(s); return &v }
	for _, c := range []struct {
		printed, computed *domain.Decimal
		want              string
	}{
		{d("10"), d("10.00"), "一致"},
		{d("1.9"), d("1.95"), "取整 −0.05"},
		{d("1.9"), d("1.951"), "−0.05"},
		{d("3"), d("2.92"), "+0.08"},
		{d("1"), nil, "不核"},
		{nil, d("1"), "未印得分"},
		{nil, nil, "未印得分"},
	} {
		if got := difference(c.printed, c.computed); got.Word != c.want {
			t.Errorf("%v against %v: %s, not %s", c.printed, c.computed, got.Word, c.want)
		}
	}
}

// Every page must also be drawn in English, without a word of the frame's Chinese
// left untranslated in its headings.
func TestLedgerPagesInEnglish(t *testing.T) {
	english := func(f *Frame) { f.English = true }
	replay, record, board := aReplay(), Record{Frame: ledgerFrame("审计轨迹", "/record", "/record")}, aBoard()
	chain, check := Chain{Frame: ledgerFrame("责任链", "", "/"), Chain: aChain()}, aCheck(t, "C02", true)
	for _, f := range []*Frame{&replay.Frame, &record.Frame, &board.Frame, &chain.Frame, &check.Frame} {
		english(f)
	}
	for name, p := range map[string]Page{"replay": replay, "record": record, "board": board, "chain": chain, "check": check} {
		page := drawn(t, p)
		for _, heading := range regexp.MustCompile(`<h2[^>]*>([^<]*)`).FindAllStringSubmatch(page, -1) {
			if regexp.MustCompile(`\p{Han}`).MatchString(heading[1]) && name != "check" {
				t.Errorf("%s: heading %q is Chinese", name, heading[1])
			}
		}
	}
}
