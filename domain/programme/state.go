package programme

import (
	"fmt"

	"wenxiao/domain"
)

// Status says whether the programme runs.
type Status string

const (
	Unregistered Status = ""
	Running      Status = "running" // 在库
	Ended        Status = "ended"   // 已退出
)

// State is a programme as it stands. The fields named as in [Registered] hold
// what the registration says after its corrections.
type State struct {
	Status         Status
	Code           domain.ProgrammeCode
	Name           string
	Kind           Kind
	Unit           domain.UnitCode
	UnitName       string
	Department     domain.UnitCode
	DepartmentName string
	FundBook       FundBook
	Parent         domain.ProgrammeCode
	Attribute      string
	From, To       domain.FiscalYear // To 0: no end set
	Major          bool
	Jurisdiction   string
	Source         *domain.Source
	Responsible    Tenure // in office; the zero Tenure before the first
	Handovers      int
	EndedOn        domain.Day
}

// Tenure is who answers for the programme since when.
type Tenure struct {
	Person, Name, Post string
	Unit               domain.UnitCode
	Since              domain.Day
}

// Covers reports whether year is within the programme's term.
func (s State) Covers(year domain.FiscalYear) bool {
	return s.Status == Running && s.From <= year && (s.To == 0 || year <= s.To)
}

// Evolve returns the state after one more fact.
func (s State) Evolve(e Event) State {
	switch e := e.(type) {
	case Registered:
		s.Status, s.Code, s.Name, s.Kind = Running, e.Code, e.Name, e.Kind
		s.Unit, s.UnitName, s.Department, s.DepartmentName = e.Unit, e.UnitName, e.Department, e.DepartmentName
		s.FundBook, s.Parent, s.Attribute = e.FundBook, e.Parent, e.Attribute
		s.From, s.To, s.Major, s.Jurisdiction, s.Source = e.From, e.To, e.Major, e.Jurisdiction, e.Source
	case ResponsibleAssigned:
		s.Responsible = Tenure(e)
	case HandedOver:
		s.Responsible = Tenure{Person: e.To, Name: e.ToName, Post: e.Post, Unit: e.Unit, Since: e.Day}
		s.Handovers++
	case MarkedMajor:
		s.Major = true
	case Corrected:
		s = s.corrected(e)
	case Exited:
		s.Status, s.EndedOn = Ended, e.Day
	default:
		panic(fmt.Sprintf("programme: no rule for %T", e))
	}
	return s
}

func (s State) corrected(e Corrected) State {
	switch e.Field {
	case "name":
		s.Name = e.Is
	case "attribute":
		s.Attribute = e.Is
	case "fundBook":
		s.FundBook = FundBook(e.Is)
	default:
		panic("programme: no rule for a corrected " + e.Field)
	}
	return s
}

// field returns what the registration says in a field that may be corrected.
func (s State) field(name string) (value string, ok bool) {
	switch name {
	case "name":
		return s.Name, true
	case "attribute":
		return s.Attribute, true
	case "fundBook":
		return string(s.FundBook), true
	}
	return "", false
}
