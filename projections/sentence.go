package projections

import (
	"unicode/utf8"

	"wenxiao/domain"
	"wenxiao/domain/unit"
)

// sentence says in plain Chinese who did it, as what, and what was done: 张某 以
// 市财政局绩效管理科科长 身份 退回目标第 1 版：两项指标口径重复.
func sentence(a domain.Actor, unit string, automatic bool, text string) string {
	switch {
	case automatic:
		return "系统 " + text
	case a.Capacity == "系统" || a.Name == "":
		return nameOr(a.Name, "系统") + " " + text
	}
	as, identity := "", ""
	if unit != "" || a.Post != "" {
		as, identity = " 以 ", " 身份"
	}
	return a.Name + as + unit + a.Post + identity + when(a.OnBehalfOf != "", " 代 ") + a.OnBehalfOf + " " + text
}

// lane is the desk of a fact: that of the actor's unit where the ledger knows
// its kind, else the one where such things are done.
func lane(f Fact, d deed) string {
	if d.system || f.Actor.Capacity == "系统" {
		return LaneTreasury
	}
	switch f.UnitKind {
	case unit.Finance, unit.Government, unit.Supervisor:
		return LaneFinance
	case unit.Treasury:
		return LaneTreasury
	case unit.Agency:
		return LaneAgency
	case unit.Department:
		if d.lane == LaneUnit || d.lane == LaneDepartment { // of its own programmes a department is the unit
			return d.lane
		}
		return LaneDepartment
	case unit.Budgetary, unit.OtherUser:
		return LaneUnit
	}
	return d.lane
}

func nameOr(name, other string) string {
	if name == "" {
		return other
	}
	return name
}

func when(condition bool, text string) string { return either(condition, text, "") }

func either[T any](condition bool, yes, no T) T {
	if condition {
		return yes
	}
	return no
}

// because puts a stated reason behind a colon, cut to a sentence's length.
func because(reason string) string { return when(reason != "", "："+clip(reason)) }

func under(document string) string { return when(document != "", "（"+document+"）") }

// clip keeps sentences readable and their index small; the event has it all.
func clip(s string) string {
	const most = 120
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

func fieldWord(field string) string {
	switch field {
	case "name":
		return "名称"
	case "attribute":
		return "项目属性"
	case "fundBook":
		return "预算本"
	}
	return field
}
