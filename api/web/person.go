package web

import (
	"fmt"

	"wenxiao/domain"
	"wenxiao/projections"
)

// Person is one person across posts, programmes and years: duties held and acts
// done. Facts only.
type Person struct {
	Frame
	projections.Chain
	Today    domain.Day
	Evidence string // address of the bundle; empty where it is not offered
}

func (Person) template() string { return "person" }

// Timeline draws the duties as bars over the years with the acts as marks.
func (p Person) Timeline() Timeline {
	t := Timeline{Until: p.Today, English: p.English}
	if p.AsOf != "" {
		t.Until = p.AsOf
	}
	for _, tenure := range p.Tenures {
		words := TenureRow{tenure}.As() + "　" + tenure.UnitName + " " + tenure.PostTitle
		if tenure.ProgrammeName != "" {
			words = TenureRow{tenure}.As() + "　" + tenure.ProgrammeName
		}
		t.Spans = append(t.Spans, TimelineSpan{From: tenure.Since, To: tenure.Until, Text: words, Late: tenure.Late})
	}
	for _, a := range p.Acts {
		if a.Status != projections.ActNoTrace {
			t.Marks = append(t.Marks, TimelineMark{Day: a.Day, Text: fmt.Sprintf("%d　%s　%s", a.No, a.Day, a.Text), Address: actAddress(a), Late: a.Status == projections.ActLate})
		}
	}
	return t
}

// TenureRows are the duties in words.
func (p Person) TenureRows() []TenureRow { return tenureRows(p.Tenures) }

// LeadList and FactList are the two columns of equal size.
func (p Person) LeadList() []LeadRow { return leadRows(p.Chain, p.Leads) }
func (p Person) FactList() []LeadRow { return leadRows(p.Chain, p.Facts) }

// Listed is every act.
func (p Person) Listed() []ActRow { return Chain{Chain: p.Chain}.Listed() }

// People is the search list of everybody the ledger names.
type People struct {
	Frame
	Text string
	Rows []projections.Person
}

func (People) template() string { return "people" }
