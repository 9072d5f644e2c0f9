package intake

import (
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/rulebook"
)

// place says where a table belongs in the ledger.
type place struct {
	programme                domain.ProgrammeCode
	department, unit         string // names as printed
	departmentCode, unitCode domain.UnitCode
	jurisdiction             string
	book                     *rulebook.Rulebook
}

// placeOf derives codes from names: published tables print none. The same
// names always give the same codes.
func placeOf(t published.Table) place {
	p := place{department: strings.TrimSpace(t.Department)}
	p.unit = p.department
	if department, unit, ok := strings.Cut(t.Department, "/"); ok {
		p.department, p.unit = strings.TrimSpace(department), strings.TrimSpace(unit)
	}
	p.departmentCode = domain.UnitCode("u-" + short(p.department))
	p.unitCode = p.departmentCode
	if p.unit != p.department {
		p.unitCode = domain.UnitCode("u-" + short(p.department, p.unit))
	}
	p.programme = domain.ProgrammeCode(caseCode(t.ID) + short(t.Project, t.Department))
	p.jurisdiction, p.book = rulesOf(t)
	return p
}

// caseCode makes the table's id the readable head of the programme's code.
func caseCode(id string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(id) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 || b.Len() > 16 {
		return "t-"
	}
	return b.String() + "-"
}

// regions are the places whose own rules the ledger holds.
var regions = []struct{ name, jurisdiction string }{
	{"邯郸", "handan"}, {"南通", "nantong"}, {"忻州", "xinzhou"}, {"湖北", "hubei"},
}

// rulesOf picks the rules in force at the end of the table's year: the place's
// own where the ledger holds them, else the national ones.
func rulesOf(t published.Table) (string, *rulebook.Rulebook) {
	for _, r := range regions {
		if strings.Contains(t.Department, r.name) {
			if book, ok := rulebook.InForce(r.jurisdiction, t.Year.Last()); ok {
				return r.jurisdiction, book
			}
		}
	}
	return "national", rulebook.Default()
}
