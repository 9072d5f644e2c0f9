package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"wenxiao/eventstore"
	"wenxiao/projections"
)

// Record is the audit trail: every event in one sentence, with the exact bytes
// the ledger keeps of it.
type Record struct {
	Frame
	Filter        projections.TrailFilter
	ByEffect      bool   // the days asked for are of the effective time, not the recorded
	From, To      string // the days as they stand in the address
	PersonName    string // of the filter's person
	ProgrammeName string
	Head          eventstore.Position
	People, Units []Option
	Rows          []RecordRow
	Files         projections.Attached
	Older         string // address of the page before; empty at the beginning
	Newest        string // address of the first page; empty on it
	Problem       string // why the conditions could not be read
	Evidence      string // address of the bundle of what is found; empty where it is not offered
}

func (Record) template() string { return "record" }

// Nouns are the kinds of events, by the word before the point of their type.
var Nouns = []Option{
	{"unit", "单位与任免"},
	{"programme", "项目"},
	{"goal", "目标"},
	{"execution", "资金"},
	{"monitoring", "监控"},
	{"evaluation", "评价"},
	{"rectification", "整改"},
	{"attachment", "附件"},
	{"participant", "参与人"},
	{"sealing", "封存"},
}

// Noun says what kind of event it is.
func Noun(eventType string) string {
	noun, _, _ := strings.Cut(eventType, ".")
	return Word(Nouns, noun)
}

// Download returns the address of everything that matches, as a file.
func (p Record) Download() string {
	all := p.Frame
	all.Here = p.With("before", "")
	return all.With("format", "csv")
}

// Kinds are the kinds of events to choose from.
func (Record) Kinds() []Option { return Nouns }

// Switches narrow the trail to late entries or corrections, and back.
func (p Record) Switches() []Chip {
	one := func(name string, on bool, word string) Chip {
		if on {
			return Chip{Status: Late.Saying("%s", word), Address: p.With(name, ""), Chosen: true}
		}
		return Chip{Status: Late.Saying("%s", word), Address: p.With(name, "1")}
	}
	return []Chip{one("late", p.Filter.LateOnly, "只看补录"), one("corrected", p.Filter.CorrectionsOnly, "只看更正")}
}

// Clear returns the trail without conditions.
func (Record) Clear() string { return "/record" }

// Conditions are what was asked for, in words.
func (p Record) Conditions() (words []string) {
	add := func(ok bool, text string) {
		if ok {
			words = append(words, text)
		}
	}
	f := p.Filter
	add(f.Text != "", "“"+f.Text+"”")
	add(p.From != "", "自 "+p.From)
	add(p.To != "", "至 "+p.To)
	add(f.Person != "", "人员 "+Word(p.People, f.Person))
	add(f.Unit != "", "单位 "+Word(p.Units, string(f.Unit)))
	add(f.Programme != "", "项目 "+string(f.Programme))
	add(f.Type != "", "类别 "+Noun(f.Type))
	add(f.Stream != "", "事项 "+f.Stream)
	add(f.LateOnly, "只看补录")
	add(f.CorrectionsOnly, "只看更正")
	add(f.At != 0, fmt.Sprintf("账本位置 %s 之时", count(f.At)))
	return words
}

// RecordRow is one event: its sentence in three parts, and its bytes.
type RecordRow struct {
	projections.Entry
	Who, Before, Verb, After string
	Bytes                    *RecordBytes
}

// NewRecordRow splits the entry's sentence around its verb. What r holds is
// shown byte for byte.
func NewRecordRow(e projections.Entry, r eventstore.Record) RecordRow {
	row := RecordRow{Entry: e, After: e.Sentence}
	if text := strings.Index(e.Sentence, e.Text); e.Text != "" && text >= 0 {
		row.Who, row.After = e.Sentence[:text], e.Sentence[text:]
	}
	row.Before, row.Verb, row.After = aroundVerb(row.After, e.Verb)
	if len(r.Envelope) > 0 {
		row.Bytes = newRecordBytes(r)
	}
	return row
}

// aroundVerb parts text around the verb, or around its first characters where
// the sentence puts other words between: 批复年初预算 for 批复预算.
func aroundVerb(text, verb string) (before, found, after string) {
	for v := []rune(verb); len(v) >= 2; v = v[:len(v)-1] {
		if before, after, ok := strings.Cut(text, string(v)); ok {
			return before, string(v), after
		}
	}
	return "", "", text
}

// Marks are what the reader must not overlook.
func (r RecordRow) Marks() (marks []Status) {
	if r.Late {
		marks = append(marks, Late.Saying("补录，晚 %d 天", r.LateDays))
	}
	if r.Corrects != "" {
		marks = append(marks, Corrected)
	}
	return marks
}

// Noun says what kind of event it is.
func (r RecordRow) Noun() string { return Noun(r.Type) }

// Moment is the address of the programme's year as it was after this event.
func (r RecordRow) Moment() string {
	if r.Programme == "" || r.Year == 0 {
		return ""
	}
	return fmt.Sprintf("/programmes/%s/%d/replay?at=%d", r.Programme, r.Year, r.Position)
}

// RecordBytes are the two byte strings of a record and whether the digest in the
// envelope is that of the data.
type RecordBytes struct {
	Envelope, Data         string
	EnvelopeSize, DataSize int
	Cut                    bool   // Data shows only its beginning
	Stated, Computed       string // SHA-256 of the data, in hex
}

// dataShown is how much of an event's data a page shows.
const dataShown = 32 << 10

func newRecordBytes(r eventstore.Record) *RecordBytes {
	sum := sha256.Sum256(r.Data)
	b := &RecordBytes{
		Envelope: string(r.Envelope), EnvelopeSize: len(r.Envelope), Data: string(r.Data), DataSize: len(r.Data),
		Stated: r.DataHash, Computed: hex.EncodeToString(sum[:]),
	}
	if len(b.Data) > dataShown {
		b.Cut, b.Data = true, b.Data[:dataShown]
		for !utf8.ValidString(b.Data) && len(b.Data) > dataShown-utf8.UTFMax {
			b.Data = b.Data[:len(b.Data)-1]
		}
	}
	return b
}

// Intact compares the digest in the envelope with the one computed now.
func (b RecordBytes) Intact() Status {
	if b.Stated == b.Computed {
		return Agrees
	}
	return Differs
}

// Proof says the same beside the sentence.
func (b RecordBytes) Proof() Status {
	if b.Stated == b.Computed {
		return Agrees.Saying("数据未改")
	}
	return Differs.Saying("数据与信封不符")
}

// PersonOptions names people with post and unit, for a select.
func PersonOptions(people []projections.Person) []Option {
	options := make([]Option, len(people))
	for i, p := range people {
		text := p.Name
		if p.Post != "" || p.UnitName != "" {
			text += "　" + strings.TrimSpace(p.UnitName+" "+p.Post)
		}
		options[i] = Option{p.Person, text}
	}
	return options
}

// UnitOptions names units, for a select.
func UnitOptions(units []projections.Unit) []Option {
	options := make([]Option, len(units))
	for i, u := range units {
		options[i] = Option{string(u.Code), u.Name}
	}
	return options
}
