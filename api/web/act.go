package web

import (
	"slices"
	"strings"
)

// Act is the page on which a person does one thing to a record: a plain form, and
// for grave acts the same form once more to be checked before it counts.
type Act struct {
	Frame
	About   string  // the programme, unit and year it is about
	Facts   []Fact  // what to know before acting
	Sheet   *Sheet  // the form it is about, when it is about one
	Fields  []Field // what to fill
	Stage   string  // fill or check
	Post    string  // where the form goes
	Seen    string  // revision of the record the person looks at
	Command string  // idempotency key: sending twice does it once
	Button  string  // the verb of the form to fill; the check page is signed with the title
	Effect  string  // what happens when it is pressed
	Signing string  // 以“…”身份
	Declare string  // what the signer declares, on the check page of a filing
	Errors  []Wrongly
	Moved   *Moved
	Back    string
}

func (Act) template() string { return "act" }

// Uploads reports whether files can be sent with the form.
func (a Act) Uploads() bool {
	return slices.ContainsFunc(a.Fields, func(f Field) bool { return f.Kind == "files" })
}

// Checking reports whether everything is filled and waits to be confirmed.
func (a Act) Checking() bool { return a.Stage == "check" }

// Refuse puts a refusal at the field it is about.
func (a *Act) Refuse(wrong Wrongly) {
	i := slices.IndexFunc(a.Fields, func(f Field) bool { return f.Name == wrong.Field })
	if i < 0 {
		wrong.Field = ""
	} else {
		a.Fields[i].Wrong = &wrong
	}
	a.Errors = append(a.Errors, wrong)
}

// Fact is a label and what stands behind it.
type Fact struct {
	Label, Text string
	Status      *Status
}

// Wrongly is a refusal, and the field it is about when there is one.
type Wrongly struct {
	Field  string // id of the control
	Reason string
	Basis  string
}

// Field is one control of an act.
type Field struct {
	Name    string // of the control; also its id
	Label   string
	Hint    string
	Kind    string // text, long, number, day, choice, tick, money, files
	Value   string
	Options []Option
	Must    bool
	Group   bool // names the group that the row's weight counts in
	Weight  bool // is a weight, summed as one types
	Wrong   *Wrongly
	Chosen  []ChosenFile // of a field of files: those handed in already
}

// Option is one choice of a field.
type Option struct{ Value, Text string }

// Shown is what was filled, in words.
func (f Field) Shown() string {
	if f.Kind == "files" {
		return dash(fileNames(f.Chosen))
	}
	for _, o := range f.Options {
		if o.Value == f.Value {
			return o.Text
		}
	}
	if f.Kind == "tick" {
		if f.Value == "" {
			return "否"
		}
		return "是"
	}
	return dash(strings.TrimSpace(f.Value))
}
