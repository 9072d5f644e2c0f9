package web

import "fmt"

// Status is always colour, icon and word, so that it reads in black and white
// and aloud.
type Status struct {
	Kind string // colour: ok, warn, bad, wait, none, past
	Icon string // shape: ok, warn, bad, late, pause, wait, none, differs, clue, later, seal, seen
	Word string
}

// The vocabulary. A word stands for the same thing on every page.
var (
	OnTrack   = Status{"ok", "ok", "正常"}
	Agrees    = Status{"ok", "ok", "一致"}
	Done      = Status{"ok", "ok", "办结"}
	Passed    = Status{"ok", "ok", "通过"}
	Warning   = Status{"warn", "warn", "预警"}
	Attention = Status{"warn", "warn", "注意"}
	Back      = Status{"warn", "warn", "已退回"}
	Alert     = Status{"bad", "bad", "异常"}
	NoTrace   = Status{"bad", "bad", "未留痕"}
	Wrong     = Status{"bad", "bad", "有误"}
	Overdue   = Status{"bad", "late", "逾期"}
	Differs   = Status{"bad", "differs", "不符"}
	Held      = Status{"warn", "pause", "暂缓"}
	Stopped   = Status{"bad", "pause", "停止"}
	Waiting   = Status{"wait", "wait", "待办"}
	ToReview  = Status{"wait", "wait", "待审"}
	NotFiled  = Status{"wait", "wait", "未报"}
	WithUnit  = Status{"wait", "wait", "整改中"}
	Rounding  = Status{"none", "none", "取整"}
	NotTested = Status{"none", "none", "不核"}
	NotYet    = Status{"none", "none", "未到"}
	Late      = Status{"past", "later", "补录"}
	Corrected = Status{"past", "later", "更正"}
	LookBack  = Status{"past", "later", "回看"}
	Simulated = Status{"past", "later", "模拟"}
	Lead      = Status{"none", "clue", "线索"}
)

// Vocabulary lists the words above for the catalogue's test.
func Vocabulary() []Status {
	return []Status{
		OnTrack, Agrees, Done, Passed, Warning, Attention, Back, Alert, NoTrace, Wrong, Overdue, Differs, Held, Stopped,
		Waiting, ToReview, NotFiled, WithUnit, Rounding, NotTested, NotYet, Late, Corrected, LookBack, Simulated, Lead,
	}
}

// Saying returns s with other words.
func (s Status) Saying(format string, a ...any) Status {
	s.Word = fmt.Sprintf(format, a...)
	return s
}

// Deadline says how far off a last day is: 逾期 5 天, 今日到期, 剩 8 天. Within
// three days it warns.
func Deadline(daysLeft int) Status {
	switch {
	case daysLeft < 0:
		return Overdue.Saying("逾期 %d 天", -daysLeft)
	case daysLeft == 0:
		return Warning.Saying("今日到期")
	case daysLeft <= 3:
		return Warning.Saying("剩 %d 天", daysLeft)
	}
	return Waiting.Saying("剩 %d 天", daysLeft)
}
