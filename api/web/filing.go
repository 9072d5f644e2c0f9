package web

// Filing is an official form to be filled: head fields, then a grid of rows. It
// is shown to be filled, then once more as paper to be checked and signed.
type Filing struct {
	Frame
	About    string
	Paper    string // of the form on paper
	Under    string
	Facts    []Fact  // of the head that cannot be changed here
	Heads    []Field // of the head that can
	Columns  []Column
	Files    *Field // what can be sent with the form; nil: nothing
	Rows     []FilingRow
	Sums     []WeightSum
	Returned *Said   // why the last version came back
	Points   []Point // objections to single rows of it
	Notes    []Said  // what the check finds before anyone signs

	Stage   string // fill or check
	Sheet   *Sheet // what is about to be signed
	Post    string
	Seen    string
	Command string
	Send    string // the verb of the last button
	Signing string
	Declare string
	Basis   string // of the declaration
	Errors  []Wrongly
	Moved   *Moved
	Back    string
	CanAdd  bool // rows may be added
}

func (Filing) template() string { return "filing" }

// Checking reports whether the form is filled and waits to be signed.
func (p Filing) Checking() bool { return p.Stage == "check" }

// Column is one column of the grid.
type Column struct {
	Text  string
	Class string // is-l1, is-l2, is-sign, is-value, is-unit, is-weight, is-standard or none
}

// FilingRow is one row: cells of the form's own print, then controls.
type FilingRow struct {
	Number int
	Print  []string
	Fields []Field
	Hidden []Field
}

// Point is one objection to a row of the version before.
type Point struct{ Row, Text string }

// WeightSum is what the weights of one group come to, against what is due.
type WeightSum struct {
	Group  string // as the first column names it; all for the whole
	Text   string
	Due    string
	Sum    string
	Status Status
}

// Carried lists every control there is, for carrying them over to the check page.
func (p Filing) Carried() (fields []Field) {
	fields = append(fields, p.Heads...)
	if p.Files != nil {
		fields = append(fields, *p.Files)
	}
	for _, row := range p.Rows {
		fields = append(append(fields, row.Fields...), row.Hidden...)
	}
	return fields
}

// Refuse puts a refusal at the control it is about.
func (p *Filing) Refuse(wrong Wrongly) {
	field := p.find(wrong.Field)
	if field == nil {
		wrong.Field = ""
	} else {
		field.Wrong = &wrong
	}
	p.Errors = append(p.Errors, wrong)
}

func (p *Filing) find(name string) *Field {
	if p.Files != nil && p.Files.Name == name {
		return p.Files
	}
	for i := range p.Heads {
		if p.Heads[i].Name == name {
			return &p.Heads[i]
		}
	}
	for i := range p.Rows {
		for j := range p.Rows[i].Fields {
			if p.Rows[i].Fields[j].Name == name {
				return &p.Rows[i].Fields[j]
			}
		}
	}
	return nil
}
