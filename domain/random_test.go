package domain_test

import (
	"strconv"

	"pgregory.net/rapid"

	. "wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/domain/participant"
	"wenxiao/domain/programme"
	"wenxiao/domain/rectification"
	"wenxiao/domain/unit"
)

var aggregates = map[string]aggregate{
	"unit":          of[unit.State, unit.Event]{"unit", unit.Stored, randomUnit, brokenUnit},
	"programme":     of[programme.State, programme.Event]{"programme", programme.Stored, randomProgramme, brokenProgramme},
	"goal":          goals,
	"execution":     executions,
	"monitoring":    monitorings,
	"evaluation":    evaluations,
	"attachment":    of[attachment.State, attachment.Event]{"attachment", attachment.Stored, randomAttachment, brokenAttachment},
	"participant":   of[participant.State, participant.Event]{"participant", participant.Stored, randomParticipant, brokenParticipant},
	"rectification": of[rectification.State, rectification.Event]{"rectification", rectification.Stored, randomRectification, brokenRectification},
}

// mostly draws the good value four times in five, so that histories get long.
func mostly[T any](t *rapid.T, label string, good T, odd ...T) T {
	if rapid.IntRange(1, 5).Draw(t, label+"?") > 1 {
		return good
	}
	return oneOf(t, label, odd...)
}

func anyDay(t *rapid.T, label string) Day {
	good := oneOf[Day](t, label, "2022-01-31", "2022-03-31", "2022-05-31", "2022-07-31", "2022-09-30", "2022-10-31", "2022-12-31")
	return mostly(t, label, good, "", "2022-02-30", "2021-12-31", "2023-01-10", "2023-06-30")
}

func anyPerson(t *rapid.T, label string) string { return oneOf(t, label, "p1", "p2", "p3") }

func anyText(t *rapid.T, label string) string {
	return mostly(t, label, "按计划办理", "另行说明", "")
}

// desk is mostly finance, site mostly the unit itself.
func desk(t *rapid.T) Actor {
	return mostly(t, "desk", Actor{Person: "p3", Name: "某", Unit: "1"}, actors...)
}

func site(t *rapid.T) Actor {
	return mostly(t, "site", Actor{Person: "p1", Name: "某", Unit: "205001"}, actors...)
}

var actors = []Actor{{Person: "p1", Name: "某", Unit: "1"}, {Person: "p3", Name: "某", Unit: "205001"}, {Person: "p2", Name: "某", Unit: "205", OnBehalfOf: "205001"}, {}}

func anySource(t *rapid.T) *Source {
	return mostly(t, "source", nil, &Source{Title: "公开表", Case: "C17"})
}

func anyFact(t *rapid.T) Fact {
	return Fact{Event: "018f", Holds: mostly(t, "fact", true, false)}
}

func anyMoney(t *rapid.T, label string) Money {
	good := oneOf(t, label, 1, WanYuan, 2*WanYuan, 5*WanYuan, 10*WanYuan)
	return mostly(t, label, good, 0, -1, 100*WanYuan, MaxMoney, 1<<62)
}

func anyWeight(t *rapid.T, label string) *Decimal {
	return mostly(t, label, decimalOf("40"), nil, decimalOf("50"), decimalOf("0"), decimalOf("9999999999999999999"), decimalOf("-1"))
}

func decimalOf(s string) *Decimal { d := MustDecimal(s); return &d }

// anyIndicators are mostly two good rows.
func anyIndicators(t *rapid.T) []Indicator {
	if mostly(t, "odd rows", false, true) {
		return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Indicator {
			return Indicator{Row: oneOf(t, "row", "1", "2", "3", ""), Level1: anyText(t, "level1"), Name: anyText(t, "name"), Target: anyText(t, "target"), Weight: anyWeight(t, "weight")}
		}), 0, 3).Draw(t, "rows")
	}
	return []Indicator{
		{Row: "1", Level1: "产出指标", Name: "开放天数", Target: "≥300天", Weight: decimalOf("50")},
		{Row: "2", Level1: "效益指标", Name: "接待人次", Target: "≥20万人次", Weight: decimalOf("40")},
	}
}

func randomUnit(t *rapid.T, s unit.State) unit.Command {
	post := mostly(t, "post", oneOf(t, "post", "head", "clerk"), "局长")
	register := unit.Register{Code: mostly[UnitCode](t, "code", "205", "二〇五"), Name: anyText(t, "name"), Kind: mostly(t, "kind", unit.Department, "club"), Since: "2022-01-01"}
	if s.Status == unit.Unregistered {
		return register
	}
	return oneOf[unit.Command](t, "command",
		register,
		unit.Rename{Name: anyText(t, "name"), Since: anyDay(t, "since"), Document: anyText(t, "document")},
		unit.EstablishPost{Post: post, Title: anyText(t, "title")},
		unit.EstablishPost{Post: post, Title: "岗位"},
		unit.Appoint{Person: anyPerson(t, "person"), Name: "某", Post: post, Since: anyDay(t, "since")},
		unit.Appoint{Person: anyPerson(t, "person"), Name: "某", Post: post, Since: anyDay(t, "since")},
		unit.Relieve{Person: anyPerson(t, "person"), Post: post, Until: anyDay(t, "until"), Reason: anyText(t, "reason")},
		unit.Delegate{Post: post, From: anyPerson(t, "from"), To: anyPerson(t, "to"), Name: "某", Scope: anyText(t, "scope"), Since: anyDay(t, "since"), Until: anyDay(t, "until")},
		unit.Relieve{Person: anyPerson(t, "person"), Post: post, Until: anyDay(t, "until"), Reason: "调离"},
		unit.Merge{Into: oneOf[UnitCode](t, "into", "205", "206", ""), Since: oneOf[Day](t, "end", "2022-12-31", "", "2022-01-01"), Document: anyText(t, "document")},
		unit.Abolish{Since: oneOf[Day](t, "end", "2022-12-31", "", "2022-01-01"), Document: oneOf(t, "document", "", "", "示例文")},
	)
}

// brokenUnit: nobody holds a post twice at a time, and no tenure outlives the unit.
func brokenUnit(s unit.State, _ []unit.Event) string {
	for i, a := range s.Tenures {
		if s.Status == unit.Ended && (a.Until == "" || a.Until >= s.EndedOn) {
			return broken("%s is in post until %q though the unit ended on %s", a.Person, a.Until, s.EndedOn)
		}
		for _, b := range s.Tenures[:i] {
			if a.Person == b.Person && a.Post == b.Post && (b.Until == "" || a.Since <= b.Until) {
				return broken("%s holds %s twice on %s", a.Person, a.Post, a.Since)
			}
		}
	}
	return ""
}

func randomProgramme(t *rapid.T, s programme.State) programme.Command {
	today := mostly[Day](t, "today", "2023-06-30", "2022-06-30")
	register := programme.Register{
		Code: "stadium", Name: anyText(t, "name"), Kind: programme.Project, Unit: "205001", UnitName: "中心", Department: "205", DepartmentName: "局",
		FundBook: mostly(t, "fund book", programme.GeneralBudget, programme.UnstatedFundBook), From: 2022, To: mostly[FiscalYear](t, "to", 0, 2023, 2021), Jurisdiction: "xinzhou", Source: anySource(t),
	}
	if s.Status == programme.Unregistered {
		return register
	}
	return oneOf[programme.Command](t, "command",
		register,
		programme.AssignResponsible{Person: anyPerson(t, "person"), Name: "某", Post: "主任", Unit: "205001", Since: anyDay(t, "since"), Today: today},
		programme.HandOver{To: anyPerson(t, "to"), ToName: "某", Post: "主任", Unit: "205001", Day: anyDay(t, "day"), Reason: anyText(t, "reason"), Countersigned: oneOf(t, "countersigned", "", "p1", "p9"), Today: today},
		programme.HandOver{To: anyPerson(t, "to"), ToName: "某", Post: "主任", Unit: "205001", Day: anyDay(t, "day"), Reason: "调离", Today: today},
		programme.MarkMajor{Reason: anyText(t, "reason"), Document: anyText(t, "document")},
		programme.Correct{Corrects: "018f", Field: oneOf(t, "field", "name", "attribute", "fundBook", "unit"), Is: oneOf(t, "is", "", "新名", "state-capital"), Reason: anyText(t, "reason")},
		programme.Exit{Day: mostly[Day](t, "day", "", "2023-06-30"), Reason: anyText(t, "reason"), Today: today},
	)
}

// brokenProgramme: there is exactly one responsible person from the first on,
// each takes over from the one before and later, and nothing follows an exit.
func brokenProgramme(s programme.State, history []programme.Event) string {
	person, since := "", Day("")
	for i, e := range history {
		switch e := e.(type) {
		case programme.ResponsibleAssigned:
			if person != "" {
				return broken("%s and %s are responsible", person, e.Person)
			}
			person, since = e.Person, e.Since
		case programme.HandedOver:
			if e.From != person || e.Day <= since || e.To == e.From {
				return broken("%s took over from %s on %s, but %s is responsible since %s", e.To, e.From, e.Day, person, since)
			}
			person, since = e.To, e.Day
		case programme.Exited:
			if i != len(history)-1 {
				return broken("%T came after the exit", history[len(history)-1])
			}
		}
	}
	if s.Responsible.Person != person || s.Responsible.Since != since {
		return broken("the state says %s, the history %s", s.Responsible.Person, person)
	}
	return ""
}

func randomRectification(t *rapid.T, s rectification.State) rectification.Command {
	const today = Day("2022-06-01")
	answers := make([]rectification.Answer, mostly(t, "answers", 2, 0, 1))
	for i := range answers {
		answers[i] = rectification.Answer{No: i + 1, Done: "已办 " + strconv.Itoa(i)}
	}
	issue := rectification.IssueNotice{
		Programme: "stadium", Year: 2022, Unit: "205001", UnitName: "中心", Issuer: mostly[UnitCode](t, "issuer", "1", "205001"), Due: mostly[Day](t, "due", "2022-07-31", "2022-06-01"), Document: "示例文", Today: today,
		Issues: []rectification.Issue{{No: 1, Problem: "问题", Requirement: "要求"}, {No: 2, Problem: "问题", Requirement: anyText(t, "requirement")}},
	}
	if s.Status == rectification.NotIssued {
		return issue
	}
	return oneOf[rectification.Command](t, "command",
		issue,
		rectification.FilePlan{Measures: answers, Responsible: anyPerson(t, "responsible"), Name: "某", DoneBy: anyDay(t, "by"), By: site(t)},
		rectification.ReportProgress{Progress: anyText(t, "progress"), By: site(t)},
		rectification.ReportWork{Answers: answers, By: site(t)},
		rectification.ReportWork{Answers: answers, By: site(t)},
		rectification.ReturnWork{Reason: anyText(t, "reason"), Due: anyDay(t, "due"), By: desk(t), Today: today},
		rectification.CloseNotice{Opinion: anyText(t, "opinion"), By: mostly(t, "closer", site(t), desk(t))},
	)
}

// brokenRectification: a notice is closed once, last, after a report that
// answers everything, and never by the unit it was issued to.
func brokenRectification(s rectification.State, history []rectification.Event) string {
	for i, e := range history {
		if e, ok := e.(rectification.NoticeClosed); ok {
			report, reported := history[i-1].(rectification.WorkReported)
			if i != len(history)-1 || !reported || len(report.Answers) != len(s.Issues) || e.Closer == s.Unit {
				return broken("closed by %s after %T", e.Closer, history[i-1])
			}
		}
	}
	return ""
}
