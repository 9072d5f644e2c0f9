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
	More     int     `json:"more,omitempty"` // faults beyond those listed
}

// A Report is the four-property report (四性检测, after DA/T 70-2018) on a bundle.
type Report struct {
	Format    string              `json:"format"`
	Title     string              `json:"title"`
	Subject   string              `json:"subject"` // with the names that the records give
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

// An answer is what was looked at for a check, and why the check does not apply,
// empty where it does.
type answer struct{ evidence, not string }

// A question is one check before it has an outcome.
type question struct {
	id, asks string
	answer   func(*finding) answer
}

// A finding is an examination with what else the checks need to know.
type finding struct {
	*examination
	verified seal.Verified
	quorum   bool       // the policy needs witnesses
	receiver *reception // nil where the bundle is being made
}

// A reception is what only who receives a bundle can look at.
type reception struct {
	files  int    // in the manifest
	size   int64  // of the zip
	retold string // why what was made from the records was not made again; empty where it was
}

var questions = []question{
	{isLeaf, "每件的信封与回执所证的信封逐字节相同", (*finding).each},
	{isProven, "每件的旁证由信封推到检查点的根（RFC 6962）", func(f *finding) answer {
		return answer{evidence: fmt.Sprintf("%d 张回执，根 %s，树上共 %d 件", f.records, f.checkpoint.Root, f.checkpoint.Size)}
	}},
	{isSigned, "检查点由策略所认的账本签名", func(f *finding) answer {
		return answer{evidence: fmt.Sprintf("账本 %s，签名 %s", f.checkpoint.Origin, list(f.verified.SignedBy))}
	}},
	{isWitness, "检查点有策略所要求的见证人签名", func(f *finding) answer {
		if !f.quorum {
			return answer{evidence: "见证 " + list(f.verified.Cosigned), not: "策略不要求见证人"}
		}
		return answer{evidence: "见证 " + list(f.verified.Cosigned)}
	}},
	{isSHA256, "内容的 SHA-256 与信封所载相同", (*finding).each},
	{isSM3, "内容的 SM3（GB/T 32905）与信封所载相同", func(f *finding) answer {
		a := answer{evidence: fmt.Sprintf("%d 件载有 SM3，逐件重算", f.withSM3)}
		if f.withSM3 == 0 {
			a.not = "这些记录的信封早于 SM3"
		}
		return a
	}},
	{isInOrder, "记账时间随账本位置先后不倒退，没有取证时点以后的记录", func(f *finding) answer {
		return answer{evidence: fmt.Sprintf("末件在账本位置 %d，%s 记账", f.last, moment(f.at))}
	}},
	{isRetold, "说明、元数据和检测报告与记录所载一致", func(f *finding) answer {
		if f.receiver == nil {
			return answer{evidence: "由记录算出", not: "随本包一同做成，由收到者重做一遍再比"}
		}
		return answer{evidence: "由记录重做，逐字节比对", not: f.receiver.retold}
	}},
	{isContinuous, "整条取出的记录流版次自 1 起连续，无缺号", func(f *finding) answer {
		a := answer{evidence: fmt.Sprintf("%d 条记录流", len(f.Streams))}
		if len(f.Streams) == 0 {
			a.not = "没有整条取出的记录流"
		}
		return a
	}},
	{isAllThere, "所选的记录都在，没有多出的；每件有信封、内容、回执", func(f *finding) answer {
		return answer{evidence: fmt.Sprintf("%d 件，其中逐件选取 %d 件", f.records, len(f.Records))}
	}},
	{hasMetadata, "必备元数据齐全", func(f *finding) answer {
		return answer{evidence: fmt.Sprintf("%d 件，各查编号、记录流、类型、两个时间、经办人、命令、内容指纹", f.records)}
	}},
	{hasFiles, "所依据的附件都在，大小和两种指纹与交存时相同", func(f *finding) answer {
		a := answer{evidence: fmt.Sprintf("附件 %d 个，依法或因误交撤下而不出包 %d 个", len(f.deposits), len(f.Withheld))}
		if len(f.deposits) == 0 {
			a.not = "这些记录没有附件"
		}
		return a
	}},
	{isWholeProcess, "办理过程完整：目标、批复、监控、自评、反馈、整改，该办的都有记录", (*finding).course},
	{isReadable, "每件的信封和内容都能按其类型解读", (*finding).each},
	{isOpenable, "附件的格式在许可之列，与名称相符，能打开", (*finding).eachFile},
	{isUTF8, "文字为 UTF-8", (*finding).each},
	{isInClear, "没有加密（个人信息除外）", func(f *finding) answer {
		if f.protected == 0 {
			return answer{evidence: fmt.Sprintf("%d 件记录、%d 个附件都不加密", f.records, f.attached)}
		}
		return answer{evidence: fmt.Sprintf("个人信息 %d 处、涉及 %d 件，依个人信息保护法加密保存，不影响指纹和证明；其余不加密", f.protected, f.withProtected)}
	}},
	{isListed, "包内文件与清单逐件相符，没有增减改动", func(f *finding) answer {
		if f.receiver == nil {
			return answer{evidence: "清单随包做成，载每个文件的大小、SHA-256、SM3", not: "由收到者核对"}
		}
		return answer{evidence: fmt.Sprintf("清单 %d 个文件，逐件重算", f.receiver.files)}
	}},
	{isInert, "没有打开时会动作的内容", func(f *finding) answer {
		return answer{evidence: fmt.Sprintf("%d 件记录都是不能执行的 JSON 文字，附件 %d 个逐个打开", f.records, f.attached)}
	}},
	{isPackage, "压缩包的每一个字节都如出具时", func(f *finding) answer {
		if f.receiver == nil {
			return answer{evidence: "不压缩、次序和时间固定", not: "由收到者核对"}
		}
		return answer{evidence: fmt.Sprintf("按规则重装一遍，%d 字节逐字节比对", f.receiver.size)}
	}},
	{isUninfected, "病毒查杀和存储介质检查", func(*finding) answer {
		return answer{evidence: "附件收存时可接查毒程序", not: "不在本程序所能检查之内，由收存单位办理"}
	}},
}

func (f *finding) each() answer {
	return answer{evidence: fmt.Sprintf("%d 件，逐件比对", f.records)}
}

func (f *finding) eachFile() answer {
	a := answer{evidence: fmt.Sprintf("附件 %d 个，逐个打开", f.attached)}
	if f.attached == 0 {
		a.not = "没有附件"
	}
	return a
}

func (f *finding) course() answer {
	switch {
	case f.process == nil:
		return answer{evidence: f.Title(), not: "所取不是一个项目的全过程"}
	case f.process.attested:
		return answer{evidence: "项目取自公开表", not: "办理过程不在本账本"}
	}
	counts := map[State]int{}
	for _, step := range f.process.steps(f.AsOf) {
		counts[step.State]++
	}
	return answer{evidence: fmt.Sprintf("至 %s：已办 %d 步，缺 %d 步，未到期 %d 步", f.AsOf, counts[Done], counts[Missing], counts[NotDue])}
}

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
		Format: Format, Title: x.Title(), Subject: x.Subject(), At: x.At, Moment: x.Moment, By: x.By.String(), On: x.On, Records: x.records,
		Origin: x.checkpoint.Origin, Tree: x.checkpoint.Size, Root: x.checkpoint.Root.String(), SignedBy: f.verified.SignedBy, Witnesses: f.verified.Cosigned,
	}
	for _, q := range questions {
		a := q.answer(f)
		c := Item{ID: q.id, Property: q.id[:strings.Index(q.id, "-")] + "性", Asks: q.asks, Evidence: a.evidence, Outcome: Passed, Faults: x.faults[q.id], More: x.more[q.id]}
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
