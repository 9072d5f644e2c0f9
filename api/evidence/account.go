package evidence

import (
	"bufio"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	textTemplate "text/template"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/domain/unit"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// A content is what was taken from the ledger, in whatever form it is held. It
// can be gone through more than once.
type content struct {
	*examination
	each func() iter.Seq2[eventstore.Record, error] // in order
}

// An account tells people what a bundle holds. It is made from the bundle's own
// records and nothing else.
type account struct {
	content
	Report Report
	Files  []AttachedFile
	err    error // met while going through the records
}

// An AttachedFile is a file that records rest on.
type AttachedFile struct {
	Name, Path, Digest string
	Size               int64
	Withheld           string // why it is not in the bundle
	Missing            bool
}

// A Line is one record in the account.
type Line struct {
	projections.Entry
	Marks []string // 补录, 更正
	About string   // unit, or programme and year, as far as the whole account is not about them
	Files []string // that it rests on, by name
	Basis string
}

func newAccount(c content, r Report) *account {
	a := &account{content: c, Report: r}
	for _, digest := range slices.Sorted(maps.Keys(c.deposits)) {
		d := c.deposits[digest]
		if !d.known {
			continue
		}
		a.Files = append(a.Files, AttachedFile{d.Name, d.path, digest, d.Size, d.why(), !d.found && d.held == nil})
	}
	return a
}

// lines yields the records in words: those asked for, or those that only say who
// was who.
func (a *account) lines(context bool) iter.Seq[Line] {
	beside := map[string]bool{}
	for _, stream := range a.Streams {
		beside[stream.Name] = stream.Context
	}
	return func(yield func(Line) bool) {
		tell := projections.NewTeller()
		for r, err := range a.each() {
			if err != nil {
				a.err = err
				return
			}
			e := told(tell, r)
			if beside[r.Stream] != context {
				continue
			}
			l := a.line(e)
			if code, ok := strings.CutPrefix(r.Stream, unit.Stream("")); ok {
				l.About = tell.Unit(domain.UnitCode(code))
			}
			if !yield(l) {
				return
			}
		}
	}
}

// told is the entry of a record, also of one whose data cannot be read: the
// report says why.
func told(tell *projections.Teller, r eventstore.Record) projections.Entry {
	e, err := tell.Tell(r)
	if err != nil {
		return projections.Entry{
			Position: r.Position, Event: r.ID, Type: r.Type, Stream: r.Stream, Revision: r.Revision, RecordedAt: r.RecordedAt, EffectiveAt: r.EffectiveAt,
			Actor: r.Actor, Sentence: "内容读不出", Text: "内容读不出",
		}
	}
	return e
}

// Course are the records that were asked for, Context those that go with them.
func (a *account) Course() iter.Seq[Line]  { return a.lines(false) }
func (a *account) Context() iter.Seq[Line] { return a.lines(true) }

func (a *account) line(e projections.Entry) Line {
	l := Line{Entry: e, Basis: e.Article}
	if e.Programme != "" && e.Programme != a.Programme {
		l.About = e.ProgrammeName
	}
	if e.Year != 0 && (a.Programme == "" || a.Year == 0) {
		l.About = strings.TrimSpace(fmt.Sprintf("%s %d 年度", l.About, e.Year))
	}
	if e.Late {
		l.Marks = append(l.Marks, fmt.Sprintf("补录，晚 %d 天", e.LateDays))
	}
	if e.Corrects != "" {
		l.Marks = append(l.Marks, "更正")
	}
	if e.Attested {
		l.Marks = append(l.Marks, "据公开材料录入")
	}
	for _, b := range e.Basis {
		if digest, ok := attachment.Digest(b); ok && a.deposits[digest] != nil && a.deposits[digest].known {
			l.Files = append(l.Files, a.deposits[digest].Name)
		}
		if !strings.HasPrefix(b, "attachment-") && strings.ContainsFunc(b, func(r rune) bool { return r > 0x2000 }) {
			if !strings.Contains(l.Basis, b) {
				l.Basis = strings.TrimPrefix(l.Basis+"；"+b, "；")
			}
		}
	}
	return l
}

// Span says in words from when to when the records are.
func (a *account) Span() string {
	return fmt.Sprintf("%s 至 %s", domain.DayOf(a.first), domain.DayOf(a.at))
}

// Protected is how many fields of private persons are in the records.
func (a *account) Protected() int { return a.protected }

// Size is how many bytes records and files have.
func (a *account) Size() int64 { return a.bytes }

var (
	//go:embed pages/account.html
	accountTemplate string

	//go:embed pages/account.txt
	textAccount string

	//go:embed pages/verify-by-hand.txt
	handCheck string

	accountDrawing = template.Must(template.New("account").Funcs(words).Parse(accountTemplate))
	accountWriting = textTemplate.Must(textTemplate.New("account").Funcs(textTemplate.FuncMap{"moment": moment, "minute": minute, "size": size, "join": strings.Join}).Parse(textAccount))
)

// A drawing is either of the two forms of the account.
type drawing interface{ Execute(io.Writer, any) error }

func (a *account) write(d drawing) func(io.Writer) error {
	return func(w io.Writer) error {
		out := bufio.NewWriter(w)
		if err := d.Execute(out, a); err != nil {
			return err
		}
		if a.err != nil {
			return a.err
		}
		return out.Flush()
	}
}
