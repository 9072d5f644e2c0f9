// Package evidence makes bundles (取证单) that hold without us, and checks them. A
// bundle is one zip: records byte for byte with their receipts, the files they
// rest on, the signed checkpoint, and an account for people. Whoever has it and
// a policy got elsewhere can check all of it, with this package or by hand.
//
// A bundle has two parts. What was taken from the ledger stands for itself, by
// digests and signatures. Everything else (the account, the metadata, the report
// on the four properties, the lists) is made from that part alone; checking
// makes it again and compares it byte for byte. So nothing in a bundle has to be
// believed but the selection itself: that there was nothing else to select no
// bundle can show.
package evidence

import (
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// Format is what bundles are written in now.
const Format = "wenxiao-evidence/1"

// Wording is the number of the words in which bundles are told: of the pages, the
// sentences of the trail, the report. Raise it whenever one of them changes, and
// only then: what another wording told cannot be made again, and fails.
const Wording = 1

// Files of a bundle. Records lie in records/<12 digits>/, files that acts rest
// on in attachments/.
const (
	selectionFile  = "selection.json"
	checkpointFile = "checkpoint"
	policyFile     = "policy"
	originReceipt  = "origin.tlog-proof" // of the ledger's first record: what ledger it is
	momentReceipt  = "moment.tlog-proof" // of the record at At: when that was

	accountPage = "说明.html"
	accountText = "说明.txt"
	reportPage  = "四性检测报告.html"
	reportData  = "四性检测报告.json"
	metadata    = "元数据.xml"
	byHand      = "verify-by-hand.txt"

	manifestTable  = "manifest.csv"
	manifestDigest = "manifest.sha256"

	recordFolder     = "records/"
	attachmentFolder = "attachments/"

	envelopeFile = "envelope.json"
	dataFile     = "data.json"
	receiptFile  = "receipt.tlog-proof"
)

// A Request says what a bundle is asked to hold, by whom and when. Exactly one of
// Programme, Person and Query is set.
type Request struct {
	Programme domain.ProgrammeCode     `json:"programme,omitempty"`
	Year      domain.FiscalYear        `json:"year,omitempty"` // of the programme; 0: all
	Person    string                   `json:"person,omitempty"`
	Query     *projections.TrailFilter `json:"query,omitempty"`
	At        eventstore.Position      `json:"at"` // the ledger as it was then; 0 asks for all that is signed
	By        Asker                    `json:"by"`
	On        time.Time                `json:"on"` // when it was asked for, to the second
	AsOf      domain.Day               `json:"asOf"`
	Personal  bool                     `json:"personal,omitempty"` // with what private persons' keys open
}

// An Asker is who asked.
type Asker struct {
	Username string `json:"username"`
	Name     string `json:"name,omitempty"`
	Post     string `json:"post,omitempty"`
	Unit     string `json:"unit,omitempty"`
}

// String names the asker for people.
func (a Asker) String() string {
	if a.Name == "" {
		return a.Username
	}
	return strings.TrimSpace(a.Unit + a.Post + " " + a.Name)
}

// Title says in Chinese what was asked for.
func (r Request) Title() string {
	switch {
	case r.Programme != "" && r.Year != 0:
		return fmt.Sprintf("项目 %s %d 年度", r.Programme, r.Year)
	case r.Programme != "":
		return fmt.Sprintf("项目 %s", r.Programme)
	case r.Person != "":
		return fmt.Sprintf("人员 %s", r.Person)
	}
	return "查询：" + conditions(r.Query)
}

// Name is a file name for the bundle.
func (r Request) Name() string {
	subject := r.Person
	switch {
	case r.Programme != "" && r.Year != 0:
		subject = fmt.Sprintf("%s-%d", r.Programme, r.Year)
	case r.Programme != "":
		subject = string(r.Programme)
	case r.Query != nil:
		subject = "查询"
	}
	return fmt.Sprintf("取证单-%s-%d.zip", cleaned(subject), r.At)
}

// conditions says a query in words.
func conditions(f *projections.TrailFilter) string {
	var all []string
	add := func(title, value string) {
		if value != "" {
			all = append(all, title+value)
		}
	}
	add("内容含 ", f.Text)
	add("经办 ", f.Person)
	add("单位 ", string(f.Unit))
	add("项目 ", string(f.Programme))
	if f.Year != 0 {
		add("年度 ", fmt.Sprint(int(f.Year)))
	}
	add("类别 ", f.Type)
	add("记录流 ", f.Stream)
	add("记账自 ", string(f.Recorded.From))
	add("记账至 ", string(f.Recorded.To))
	add("发生自 ", string(f.Effective.From))
	add("发生至 ", string(f.Effective.To))
	if f.LateOnly {
		all = append(all, "只取补录")
	}
	if f.CorrectionsOnly {
		all = append(all, "只取更正")
	}
	if len(all) == 0 {
		return "全部记录"
	}
	return strings.Join(all, "，")
}

// A Selection is what was chosen from the ledger: what a bundle must hold, no
// less and no more.
type Selection struct {
	Format  string `json:"format"`
	Program string `json:"program"` // that chose it, for people: nothing rests on it
	Wording int    `json:"wording"` // see the constant
	Request
	Moment   time.Time             `json:"moment"`             // when the record at At was entered
	Streams  []Stream              `json:"streams"`            // taken whole, from the first revision
	Records  []eventstore.Position `json:"records,omitempty"`  // taken one by one
	Withheld []Withheld            `json:"withheld,omitempty"` // files not handed out
	Revealed []Revealed            `json:"revealed,omitempty"` // when Personal was asked for
}

// A Stream is one taken whole.
type Stream struct {
	Name     string              `json:"name"`
	Revision eventstore.Revision `json:"revision"`          // the last, as of At
	Context  bool                `json:"context,omitempty"` // not asked for: it says who was who
}

// Withheld names a file that a record rests on and that is not handed out: it was
// withdrawn, which the record of it in the bundle shows, or who asks may not see
// it, which nothing shows.
type Withheld struct {
	Digest    string              `json:"digest"`
	Withdrawn eventstore.Position `json:"withdrawn,omitempty"` // of the record, also one after At
	Barred    bool                `json:"barred,omitempty"`
}

// program is the version of this program.
func program() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// folder is where a record lies in a bundle.
func folder(at eventstore.Position) string { return fmt.Sprintf("%s%012d/", recordFolder, at) }

var unclean = regexp.MustCompile(`[\x00-\x1f<>:"/\\|?*\x7f]+`)

// cleaned makes a text fit for a file name on every system.
func cleaned(name string) string {
	name = strings.Trim(unclean.ReplaceAllString(strings.ToValidUTF8(name, "_"), "_"), " .")
	if letters := []rune(name); len(letters) > 80 { // keep the ending
		name = string(letters[:60]) + "…" + string(letters[len(letters)-12:])
	}
	if name == "" {
		return "_"
	}
	return name
}

// attachmentPath is where a file lies in a bundle. Two files in one bundle that
// begin with the same twelve digits nobody has ever seen; made on purpose they
// would be one, and the check says which is missing.
func attachmentPath(digest, name string) string {
	return attachmentFolder + digest[:min(12, len(digest))] + "-" + cleaned(name)
}

func minute(t time.Time) string { return t.In(domain.Beijing).Format("2006-01-02 15:04") }
func moment(t time.Time) string { return t.In(domain.Beijing).Format(time.DateTime) }
