package evidence

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
)

// Outcome of a check.
type Outcome string

const (
	Passed        Outcome = "通过"
	Failed        Outcome = "不通过"
	NotApplicable Outcome = "不适用"
)

// An Item is one question of the report, what was looked at, and what came of it.
type Item struct {
	ID       string  `json:"id"`
	Property string  `json:"property"` // 真实性, 完整性, 可用性, 安全性
	Asks     string  `json:"asks"`
	Evidence string  `json:"evidence"`
	Outcome  Outcome `json:"outcome"`
	Faults   []Fault `json:"faults,omitempty"`
	More     int     `json:"more,omitempty"`  // faults beyond those listed
	Noted    []Fault `json:"noted,omitempty"` // what was not looked at, which is no fault
}

// A Report is the four-property report (四性检测, after DA/T 70-2018) on a bundle.
type Report struct {
	Format    string              `json:"format"`
	Title     string              `json:"title"`
	Subject   string              `json:"subject"`        // with the names that the records give
	Demo      bool                `json:"demo,omitempty"` // of a demonstration's ledger: invented, evidence of nothing
	At        eventstore.Position `json:"at"`
	Moment    time.Time           `json:"moment"`
	By        string              `json:"by"`
	On        time.Time           `json:"on"`
	Records   int                 `json:"records"`
	Origin    string              `json:"origin"` // name of the ledger's log
	Tree      eventstore.Position `json:"tree"`   // records under the checkpoint
	Root      string              `json:"root"`
	SignedBy  []string            `json:"signedBy"`
	Witnesses []string            `json:"witnesses"`
	Checks    []Item              `json:"checks"`
	Process   []Step              `json:"process,omitempty"`
}

// Properties in their order.
var Properties = []string{"真实性", "完整性", "可用性", "安全性"}

// Ids of the checks.
const (
	isLeaf    = "真实-1"
	isProven  = "真实-2"
	isSigned  = "真实-3"
	isWitness = "真实-4"
	isSHA256  = "真实-5"
	isSM3     = "真实-6"
	isInOrder = "真实-7"
	isRetold  = "真实-8"
	isAsked   = "真实-9"

	isContinuous   = "完整-1"
	isAllThere     = "完整-2"
	hasMetadata    = "完整-3"
	hasFiles       = "完整-4"
	isWholeProcess = "完整-5"

	isReadable = "可用-1"
	isOpenable = "可用-2"
	isUTF8     = "可用-3"
	isInClear  = "可用-4"

	isListed     = "安全-1"
	isInert      = "安全-2"
	isPackage    = "安全-3"
	isUninfected = "安全-4"
)

// list joins names, for people.
func list(names []string) string {
	if len(names) == 0 {
		return "无"
	}
	return strings.Join(names, "、")
}

// report draws up the report by a policy.
func (x *examination) report(p seal.Policy, receiver *reception) Report {
	f := &finding{examination: x, receiver: receiver}
	var failed []Fault
	var err error
	if f.verified, err = p.Check(x.note); err != nil {
		failed = append(failed, Fault{checkpointFile, inWords(err)})
	}
	f.quorum = needsWitness(p)
	r := Report{
		Format: Format, Title: x.Title(), Subject: x.Subject(), Demo: x.demo, At: x.At, Moment: x.Moment, By: x.By.String(), On: x.On, Records: x.records,
		Origin: x.checkpoint.Origin, Tree: x.checkpoint.Size, Root: x.checkpoint.Root.String(), SignedBy: f.verified.SignedBy, Witnesses: f.verified.Cosigned,
	}
	for _, q := range questions {
		a := q.answer(f)
		c := Item{ID: q.id, Property: q.id[:strings.Index(q.id, "-")] + "性", Asks: q.asks, Evidence: a.evidence, Outcome: Passed, Faults: x.faults[q.id], More: x.more[q.id]}
		if q.id == hasFiles {
			c.Noted = x.noted
		}
		switch {
		case q.id == isSigned:
			c.Faults = append(failed, c.Faults...)
		case q.id == isWitness && err == nil && !f.verified.Quorum:
			c.Faults = []Fault{{checkpointFile, "见证人签名不够策略要求的数"}}
		case q.id == isWitness && err != nil:
			a.not = "检查点本身没有核对通过"
		}
		switch {
		case len(c.Faults) > 0:
			c.Outcome = Failed
		case a.not != "":
			c.Outcome, c.Evidence = NotApplicable, a.not+"；"+a.evidence
		}
		r.Checks = append(r.Checks, c)
	}
	if x.process != nil && !x.process.attested {
		r.Process = x.process.steps(x.AsOf)
	}
	return r
}

// needsWitness reports whether a policy wants cosignatures: none is enough
// where it does not.
func needsWitness(p seal.Policy) bool { return !strings.Contains("\n"+p.String(), "\nquorum none\n") }

func inWords(err error) string {
	switch {
	case errors.Is(err, seal.ErrMalformed):
		return "检查点的格式不对：" + err.Error()
	case errors.Is(err, seal.ErrUntrusted):
		return "没有策略所认账本的有效签名：" + err.Error()
	}
	return err.Error()
}

// Of returns the checks of one property.
func (r Report) Of(property string) (checks []Item) {
	for _, c := range r.Checks {
		if c.Property == property {
			checks = append(checks, c)
		}
	}
	return checks
}

// Outcome of a property is the worst of its checks.
func (r Report) Outcome(property string) Outcome {
	worst := NotApplicable
	for _, c := range r.Of(property) {
		if c.Outcome == Failed {
			return Failed
		}
		if c.Outcome == Passed {
			worst = Passed
		}
	}
	return worst
}

// Failed is how many checks failed.
func (r Report) Failed() (n int) {
	for _, c := range r.Checks {
		if c.Outcome == Failed {
			n++
		}
	}
	return n
}

// Properties lists the four.
func (Report) Properties() []string { return Properties }

//go:embed pages/report.html
var reportTemplate string

//go:embed pages/style.css
var style string

var words = template.FuncMap{
	"style":  func() template.CSS { return template.CSS(style) }, // our own
	"moment": moment,
	"minute": minute,
	"size":   size,
}

var reportDrawing = template.Must(template.New("report").Funcs(words).Parse(reportTemplate))

func (r Report) page(w io.Writer) error { return reportDrawing.Execute(w, r) }

func (r Report) json() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(r)
	return b.Bytes(), err
}

func size(n int64) string {
	switch {
	case n < 10<<10:
		return fmt.Sprintf("%d 字节", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
