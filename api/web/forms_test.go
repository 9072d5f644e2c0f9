package web

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"wenxiao/domain"
	"wenxiao/domain/goal"
	"wenxiao/domain/rectification"
	"wenxiao/projections"
)

func framed(title string) Frame {
	f := someFrame
	f.Title = title
	return f
}

func anAct() Act {
	return Act{
		Frame: framed("暂缓拨款"), About: "体育中心与委托运营方结算费用　|　体育事业管理中心　|　2022 年度", Post: "/execution/p/2022/suspend", Seen: "7", Command: "018f-1",
		Facts:  []Fact{{Label: "全年预算", Text: "25.00 万元"}, {Label: "预警", Text: "执行 24.80%，时间 58.08%", Status: &Warning}},
		Fields: []Field{{Name: "reason", Label: "理由", Kind: "long", Must: true, Hint: "单位、审计、纪检都看得到"}, {Name: "warning", Label: "针对的预警", Kind: "choice", Options: []Option{{"", "不针对某一预警"}, {"1", "第 1 号"}}}, {Name: "amount", Label: "金额", Kind: "money"}, {Name: "day", Label: "限期", Kind: "day"}, {Name: "sure", Label: "确认", Kind: "tick"}},
		Button: "下一步：核对", Effect: "签发后国库不再受理本项目的支付，直至恢复。", Signing: "以「绩效科科长，示例市财政局绩效管理科科长」身份办理。", Back: "/programmes/p/2022",
	}
}

func TestActIsAPlainFormThatCarriesWhatWasSeen(t *testing.T) {
	page := drawn(t, anAct())
	shows(t, page, `name="seen" value="7"`, `name="command" value="018f-1"`, `<label for="reason">`, `<textarea id="reason"`, "单位、审计、纪检都看得到", "第 1 号", "（可不填）")
	if strings.Contains(page, `name="do"`) {
		t.Error("a form to fill already confirms")
	}
}

func TestActShowsRefusalsAtTheirFields(t *testing.T) {
	a := anAct()
	a.Fields[0].Value = "款项<拖欠>"
	wrong := Wrongly{Field: "reason", Reason: "暂缓理由未填", Basis: "忻州办法 第二十六条；编码 execution.no-reason"}
	a.Fields[0].Wrong, a.Errors = &wrong, []Wrongly{wrong, {Reason: "本年度已停止拨款"}}
	page := drawn(t, a)
	shows(t, page, `<a href="#reason">暂缓理由未填</a>`, `aria-describedby="reason-error"`, `id="reason-error"`, "忻州办法 第二十六条", "本年度已停止拨款", "款项&lt;拖欠&gt;</textarea>")
}

func TestGraveActIsShownOnceMore(t *testing.T) {
	a := anAct()
	a.Stage, a.Fields[0].Value, a.Fields[1].Value = "check", "款项拖欠", "1"
	page := drawn(t, a)
	shows(t, page, "再次核对", "款项拖欠", "第 1 号", `<input type="hidden" name="reason" value="款项拖欠">`, `name="do" value="done">暂缓拨款<`, `name="do" value="fill"`)
	if strings.Contains(page, "下一步") {
		t.Error("what is done now is called a next step")
	}
}

func TestActSaysWhoWasFirst(t *testing.T) {
	a := anAct()
	a.Moved = &Moved{Now: "/programmes/p/2022", Acts: []MovedAct{{time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC), "国库科 支付岗", "支付 6.20 万元"}}}
	shows(t, drawn(t, a), "别人先办了", "支付 6.20 万元", "2026-01-02 11:04")
}

func aFiling() Filing {
	row := func(i, group, name, sign, target, unit, weight string) FilingRow {
		at := func(field string) string { return "indicators-" + i + "-" + field }
		number, _ := strconv.Atoi(i)
		return FilingRow{Number: number + 1, Hidden: []Field{{Name: at("row"), Value: i}}, Fields: []Field{
			{Name: at("level1"), Label: "第 1 行一级指标", Kind: "choice", Group: true, Value: group, Options: []Option{{"产出指标", "产出指标"}, {"效益指标", "效益指标"}, {"满意度指标", "满意度指标"}}},
			{Name: at("level2"), Label: "第 1 行二级指标", Kind: "choice", Options: []Option{{"数量指标", "数量指标"}}, Value: "数量指标"},
			{Name: at("name"), Label: "第 1 行三级指标", Kind: "text", Value: name},
			{Name: at("sign"), Label: "第 1 行性质", Kind: "choice", Value: sign, Options: []Option{{"≥", "≥"}, {"", "定性"}}},
			{Name: at("target"), Label: "第 1 行年度指标值", Kind: "text", Value: target},
			{Name: at("unit"), Label: "第 1 行单位", Kind: "text", Value: unit},
			{Name: at("weight"), Label: "第 1 行分值", Kind: "number", Weight: true, Value: weight},
			{Name: at("basis"), Label: "第 1 行依据", Kind: "choice", Options: []Option{{"计划标准", "计划标准"}}},
		}}
	}
	return Filing{
		Frame: framed("填报：绩效目标申报表"), About: "小型水库水标尺制作安装　|　县水利局　|　2024 年度", Paper: "项目支出绩效目标申报表", Under: "（2024 年度）　金额单位：万元",
		Facts: []Fact{{Label: "项目名称", Text: "小型水库水标尺制作安装"}},
		Heads: []Field{{Name: "budget", Label: "年度资金总额（万元）", Kind: "number", Value: "20.00"}, {Name: "objective", Label: "年度总体目标", Kind: "long", Value: "完成小型水库坡面水标尺制作安装不少于 266 米。"}},
		Columns: []Column{
			{"一级指标", "is-l1"}, {"二级指标", "is-l2"}, {"三级指标", ""}, {"性质", "is-sign"}, {"年度指标值", "is-value"}, {"单位", "is-unit"}, {"分值", "is-weight"}, {"值设定依据", "is-standard"},
		},
		Rows: []FilingRow{row("0", "产出指标", "安装坡面水标尺", "≥", "266", "米", "10"), row("1", "产出指标", "水标尺宽度", "≥", "50", "", "10"), row("2", "效益指标", "群众生产生活条件改善状况", "", "显著提升", "", "10")},
		Sums: []WeightSum{{"产出指标", "产出指标", "50", "70", Differs.Saying("多 20")}, {"效益指标", "效益指标", "30", "20", Differs.Saying("少 10")}, {Text: "预算执行率", Sum: "10"}, {"all", "指标合计", "90", "100", Differs.Saying("多 10")}},
		Post: "/goals/p/2024/file", Seen: "3", Command: "018f-2", Send: "报送绩效目标", Signing: "以「郑某」身份报送。", Declare: "我对所报内容的真实性负责。", Basis: "忻州办法 第十四条第一项", Back: "/programmes/p/2024", CanAdd: true,
		Returned: &Said{Status: Back, Text: "第 1 版被退回：口径重复"}, Points: []Point{{"2", "与第 1 行口径重复"}},
	}
}

func TestFilingPutsEachRefusalInItsCell(t *testing.T) {
	p := aFiling()
	p.Refuse(Wrongly{Field: "indicators-1-unit", Reason: "第 2 行“水标尺宽度”没有度量单位", Basis: "财预〔2021〕101号"})
	p.Refuse(Wrongly{Field: "indicators", Reason: "指标分值合计 100，应为 90", Basis: "财预〔2020〕10号"})
	page := drawn(t, p)
	shows(t, page, "处要改，改好才能报送", `<a href="#indicators-1-unit">`, `id="indicators-1-unit-error"`, "<strong>指标分值合计 100，应为 90</strong>",
		`data-weight-sum="产出指标" data-due="50"`, "多 20", "第 1 版被退回", `href="#row-2"`, `data-group`, `<label class="only-heard" for="indicators-0-target">`)
}

func TestFilingIsCheckedAsPaperAndSigned(t *testing.T) {
	p := aFiling()
	p.Stage = "check"
	sheet := GoalSheet(Bearer{Name: "水标尺"}, goal.Filed{Year: 2024, Budget: 20_000_000, Indicators: []domain.Indicator{{Row: "1", Level1: "产出指标", Name: "安装坡面水标尺", Target: "≥266米"}}})
	p.Sheet, p.Notes = &sheet, []Said{{Status: Attention, Text: "产出指标分值合计 70，应为 50（多 20）"}}
	page := drawn(t, p)
	shows(t, page, "≥266米", `name="declared"`, "忻州办法 第十四条第一项", `<input type="hidden" name="indicators-0-row" value="0">`, `<input type="hidden" name="objective"`, "产出指标分值合计 70")
	if strings.Contains(page, "<select") {
		t.Error("the check page can still be filled")
	}
}

func TestWorkbenchGroupsByDeadline(t *testing.T) {
	task := projections.Task{Kind: projections.TaskRectificationReport, Programme: "p", ProgrammeName: "特色种养补贴到户项目", Year: 2022, UnitName: "农业农村局", Fact: "整改方案应于 8 月 11 日报送，至今未报", Due: "2023-08-11", Days: -5, Basis: "忻州办法 第四十条第一项", ID: "r-1"}
	grave := projections.Task{Kind: projections.TaskWarningDecide, Programme: "q", ProgrammeName: "生猪养殖场建设项目", Year: 2022, UnitName: "供销社", Fact: "实物全部建成而支出仅 20.00%", Due: "2023-08-16", Grave: true}
	p := Start{Frame: framed("工作台"), Acts: func(projections.Task) Crumb { return Crumb{"去办", "/rectifications/r-1"} }}
	p.Nav, p.Today, p.Total = "/", "2023-08-16", 2
	p.Groups = []projections.TaskGroup{{Code: projections.GroupOverdue, Total: 1, Tasks: []projections.Task{task}}, {Code: projections.GroupToday, Until: "2023-08-16", Total: 3, Tasks: []projections.Task{grave}}}
	p.Counts = projections.OverviewCounts{Year: 2022, Programmes: 186, Budget: 41_207_360_000, WithFindings: 23, OverdueRectifications: 1}
	p.Waiting, p.News = []projections.Task{task}, []projections.Entry{{Text: "任命吴某为规划财务科科长", Late: true, EffectiveAt: time.Date(2023, 8, 7, 1, 0, 0, 0, time.UTC)}}
	shows(t, drawn(t, p), "待我办理 2 件", "2023 年 8 月 16 日　星期三", "其中逾期 1 件、今日到期 3 件", "逾期 5 天", "异常", "今天　8 月 16 日", "另有 2 件", "任命吴某", "41,207.36", "整改报送")
}

func TestWorkbenchWithNothingToDo(t *testing.T) {
	p := Start{Frame: framed("工作台")}
	p.Today = "2023-08-16"
	shows(t, drawn(t, p), "没有待办的事", "眼下没有要办的事。")
}

func TestSignInLendsOutTheDemonstrationsRoles(t *testing.T) {
	f := Frame{Title: "登录", Demo: true, Here: "/sign-in"}
	page := drawn(t, SignIn{Frame: f, Back: "/programmes", Wrong: &Said{Status: Alert, Text: "账户或密码不对"}, Roles: []DemoRole{
		{Username: "finance", Role: "财政部门", Post: "绩效管理科科长", Unit: "示例市财政局", May: "审核批复目标，暂缓恢复拨款，复核定级自评，发整改通知、销号"},
		{Username: "filer", Role: "预算单位", Name: "郑某", Post: "水库科科长", Unit: "示例市水利局", May: "填报目标和自评，报送监控，说明预警，报送整改"},
	}})
	shows(t, page, `name="as" value="finance"`, "绩效管理科科长", "账户或密码不对", `type="password"`, `name="back" value="/programmes"`)
	if strings.Contains(page, "审计轨迹") {
		t.Error("navigation for somebody who is not signed in")
	}
}

func aNotice() projections.Rectification {
	return projections.Rectification{
		ID: "p-26-2022-1", Programme: "p-26", ProgrammeName: "体育中心与委托运营方结算费用", Year: 2022, UnitName: "体育事业管理中心", Document: "示财绩〔2023〕7 号", Status: projections.RectificationWithUnit,
		IssuedAt: time.Date(2023, 7, 25, 1, 0, 0, 0, time.UTC), IssuedBy: domain.Actor{Post: "绩效管理科科长", Name: "张某"}, Due: "2023-08-11", Returns: 1, ResponsibleName: "赵某",
		Issues:   []rectification.Issue{{No: 1, Problem: "执行率印刷值有误", Requirement: "更正公开表", Finding: "rate-differs"}, {No: 2, Problem: "满意度无问卷", Requirement: "补齐"}, {No: 3, Problem: "第三", Requirement: "改"}},
		Measures: []rectification.Answer{{No: 1, Done: "重新公开"}}, Steps: []projections.Step{{Type: "rectification.notice-issued.v1", At: time.Date(2023, 7, 25, 1, 0, 0, 0, time.UTC), By: domain.Actor{Post: "科长", Name: "张某"}, Text: "发出整改通知", Position: 5}},
	}
}

func TestRectificationLedger(t *testing.T) {
	p := Rectifications{Frame: framed("整改台账"), Today: "2023-08-16", OverdueCount: 1, Years: []domain.FiscalYear{2022}}
	p.Here, p.Rows, p.Total, p.Counts = "/rectifications", []projections.Rectification{aNotice()}, 1, map[string]int{projections.RectificationWithUnit: 1}
	shows(t, drawn(t, p), "逾期 5 天", "示财绩〔2023〕7 号", "执行率印刷值有误；满意度无问卷 等 3 条", `href="/rectifications?status=overdue"`, "整改中 1")
}

func TestNoticeShowsIssuesPlanAndCourse(t *testing.T) {
	shows(t, drawn(t, Notice{Frame: framed("示财绩〔2023〕7 号"), Row: aNotice(), Today: "2023-08-16", Acts: []Crumb{{"报送整改报告", "/rectifications/p-26-2022-1/report"}}}),
		"重新公开", "rate-differs", "发出整改通知", "逾期 5 天", "/programmes/p-26/2022/replay?at=5", "报送整改报告")
}

func TestFilingDeskOffersWhatMayBeFiled(t *testing.T) {
	p := Filings{Frame: framed("填报"), May: func(row projections.Programme, _ string) bool { return row.Code != "theirs" }}
	p.Rows, p.Total = []projections.Programme{
		{Code: "new", Year: 2026, Name: "新项目"},
		{Code: "back", Year: 2026, Name: "退回的", GoalStatus: projections.GoalReturned, GoalVersion: 1},
		{Code: "running", Year: 2026, Name: "在办的", GoalStatus: projections.GoalApproved, GoalVersion: 2, SnapshotDay: "2026-07-31", Attainment: decimalOf("0.57"), OpenRectifications: 1, RectificationDue: "2026-12-01"},
		{Code: "theirs", Year: 2026, Name: "别人的"},
	}, 4
	page := drawn(t, p)
	shows(t, page, `href="/goals/new/2026/file"`, `href="/goals/back/2026/file"`, `href="/evaluations/running/2026/file"`, `href="/monitoring/running/2026/file"`, "57.00%")
	if strings.Contains(page, "/goals/theirs/") || strings.Contains(page, "/evaluations/new/") {
		t.Error("offers what may not be filed")
	}
}
