package projections

import (
	"wenxiao/domain"
	"wenxiao/domain/rulebook"
)

// Days within which somebody must act where neither regulation nor rulebook
// gives a number. They order the work and name what is late; they refuse
// nothing.
const (
	reviewDays    = 14 // 目标审核: ten working days
	refileDays    = 7  // 退回后重报
	approveDays   = 30 // 审核通过后批复
	explainDays   = 7  // 预警说明: five working days
	decideDays    = 7  // 预警处置, after the explanation
	checkDays     = 30 // 自评复核
	finaliseDays  = 30 // 自评定级
	reexamineDays = 10 // 整改报告审核
)

// bookOf returns the rules of a jurisdiction in force on a day, the national
// ones where it has none of its own.
func bookOf(jurisdiction string, day domain.Day) *rulebook.Rulebook {
	if book, ok := rulebook.InForce(jurisdiction, day); ok {
		return book
	}
	return rulebook.Default()
}

// deadline returns the last day for a duty of a budget year, with the article;
// false where the rulebook sets none.
func deadline(book *rulebook.Rulebook, code string, year domain.FiscalYear) (domain.Day, string, bool) {
	rule, ok := book.Deadline(code)
	if !ok {
		if rule, ok = rulebook.Default().Deadline(code); !ok {
			return "", "", false
		}
	}
	return rule.Value.Of(year), rule.Source.String(), true
}

// books are the shipped rulebooks by name@version.
var books = func() map[string]*rulebook.Rulebook {
	all := map[string]*rulebook.Rulebook{}
	for _, book := range rulebook.All() {
		all[book.Ref()] = book
	}
	return all
}()

// bookNamed returns the rulebook an event was judged by. Lines of the board are
// judged by the one the snapshot was taken under.
func bookNamed(ref string) *rulebook.Rulebook {
	if book, ok := books[ref]; ok {
		return book
	}
	return rulebook.Default()
}
