package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emmansun/gmsm/sm3"
	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments/inspect"
	"wenxiao/eventstore/seal"
	"wenxiao/projections"
)

// A Fault is something that is not as it must be, and where.
type Fault struct {
	Place string `json:"place"` // file of the bundle
	What  string `json:"what"`
}

// mostFaults is how many faults of one check are told one by one.
const mostFaults = 100

// An examination looks at what was taken from the ledger, piece by piece as it is
// written or read. It holds a few words for each stream and file, and nothing of
// a record once it has passed.
type examination struct {
	Selection
	checkpoint seal.Checkpoint
	note       []byte // the checkpoint's bytes
	policy     []byte // as in the bundle

	faults  map[string][]Fault
	more    map[string]int // faults beyond mostFaults
	streams map[string]eventstore.Revision
	single  map[eventstore.Position]bool // to come one by one
	last    eventstore.Position
	first   time.Time // when the first record was entered
	at      time.Time // when the last was

	records, withSM3, protected, withProtected int
	bytes                                      int64
	deposits                                   map[string]*deposit
	attached                                   int
	process                                    *process
	tell                                       *projections.Teller
	called                                     string // the programme or person asked for, by the first record that names them
}

// A deposit is a file that should be in the bundle.
type deposit struct {
	subject
	path     string
	named    eventstore.Position // the first record that rests on it or hands it in
	known    bool                // handed in by a record of the bundle
	withheld string
	found    bool
}

func newExamination(s Selection, checkpoint, policy []byte) *examination {
	x := &examination{
		Selection: s, note: checkpoint, policy: policy, faults: map[string][]Fault{}, more: map[string]int{},
		streams: map[string]eventstore.Revision{}, single: map[eventstore.Position]bool{}, deposits: map[string]*deposit{},
		tell: projections.NewTeller(),
	}
	for _, stream := range s.Streams {
		x.streams[stream.Name] = 0
	}
	for _, p := range s.Records {
		x.single[p] = true
	}
	if s.Programme != "" {
		x.process = newProcess(s.Programme)
	}
	var err error
	if x.checkpoint, err = seal.ParseCheckpoint(checkpoint); err != nil {
		x.fault(isSigned, checkpointFile, "读不出检查点：%v", err)
	}
	return x
}

func (x *examination) fault(check, place, format string, args ...any) {
	if len(x.faults[check]) == mostFaults {
		x.more[check]++
		return
	}
	x.faults[check] = append(x.faults[check], Fault{place, fmt.Sprintf(format, args...)})
}

// sound reports whether nothing was found wrong with what was taken from the
// ledger, but for duties that were neglected.
func (x *examination) sound() bool {
	for check, found := range x.faults {
		if check != isWholeProcess && len(found) > 0 {
			return false
		}
	}
	return true
}

// mostOpened is how many bytes a file may have to be opened: that is done in
// memory.
const mostOpened = 1 << 30

// A piece is one record as a bundle has it; what is nil is not there.
type piece struct {
	at                      eventstore.Position
	envelope, data, receipt []byte
}

func (p piece) path(file string) string { return folder(p.at) + file }

// record looks at the next record.
func (x *examination) record(p piece) {
	x.records++
	x.bytes += int64(len(p.envelope) + len(p.data) + len(p.receipt))
	for _, part := range []struct {
		name    string
		content []byte
	}{{envelopeFile, p.envelope}, {dataFile, p.data}, {receiptFile, p.receipt}} {
		switch {
		case part.content == nil:
			x.fault(isAllThere, p.path(part.name), "缺这个文件")
		case !utf8.Valid(part.content):
			x.fault(isUTF8, p.path(part.name), "不是 UTF-8 文字")
		}
	}
	if p.receipt != nil {
		x.receipt(p)
	}
	r, err := eventstore.Open(p.at, p.envelope, p.data)
	if err != nil || len(p.envelope) == 0 {
		if p.envelope != nil {
			x.fault(isReadable, p.path(envelopeFile), "读不出信封：%v", err)
		}
		return
	}
	x.order(p, r)
	x.complete(p, r)
	if p.data != nil {
		x.data(p, r)
	}
}

// receipt checks that the receipt proves this envelope under this checkpoint.
func (x *examination) receipt(p piece) {
	place := p.path(receiptFile)
	receipt, err := seal.ParseReceipt(p.receipt)
	switch {
	case err != nil:
		x.fault(isProven, place, "读不出回执：%v", err)
		return
	case receipt.Position() != p.at:
		x.fault(isProven, place, "回执是第 %d 位的", receipt.Position())
		return
	case !bytes.Equal(receipt.Checkpoint.Note, x.note):
		x.fault(isProven, place, "回执里的检查点与 %s 不同", checkpointFile)
		return
	}
	if p.envelope != nil && !bytes.Equal(receipt.Envelope, p.envelope) {
		x.fault(isLeaf, p.path(envelopeFile), "与回执所证的信封不同")
	}
	head := receipt.Checkpoint.Head
	if receipt.Position() > head.Size || tlog.CheckRecord(receipt.Proof, int64(head.Size), head.Root, receipt.Index, tlog.RecordHash(receipt.Envelope)) != nil {
		x.fault(isProven, place, "旁证不能由信封推到检查点的根")
	}
}

// order checks the place of a record among the others.
func (x *examination) order(p piece, r eventstore.Record) {
	place := p.path(envelopeFile)
	if r.RecordedAt.Before(x.at) {
		x.fault(isInOrder, place, "记账时间 %s 早于前一件的 %s", moment(r.RecordedAt), moment(x.at))
	}
	if p.at > x.At {
		x.fault(isInOrder, place, "在取证时点 %d 之后", x.At)
	}
	if x.first.IsZero() {
		x.first = r.RecordedAt
	}
	x.last, x.at = p.at, r.RecordedAt
	before, whole := x.streams[r.Stream]
	switch {
	case x.single[p.at]:
		delete(x.single, p.at)
	case !whole:
		x.fault(isAllThere, place, "不在所选之列（%s）", r.Stream)
	case r.Revision != before+1:
		x.fault(isContinuous, place, "%s 版次 %d 之前是 %d，中间有缺", r.Stream, r.Revision, before)
		fallthrough
	default:
		x.streams[r.Stream] = r.Revision
	}
}

// complete checks that nothing the envelope must say is missing.
func (x *examination) complete(p piece, r eventstore.Record) {
	var missing []string
	for _, item := range []struct{ name, value string }{
		{"事件编号", r.ID}, {"记录流", r.Stream}, {"事件类型", r.Type}, {"经办人", r.Actor.Person}, {"命令编号", r.Command}, {"内容指纹", r.DataHash},
	} {
		if item.value == "" {
			missing = append(missing, item.name)
		}
	}
	if r.RecordedAt.IsZero() {
		missing = append(missing, "记账时间")
	}
	if r.EffectiveAt.IsZero() {
		missing = append(missing, "发生时间")
	}
	if r.V >= 2 && r.DataSM3 == "" {
		missing = append(missing, "内容国密指纹")
	}
	if len(missing) > 0 {
		x.fault(hasMetadata, p.path(envelopeFile), "缺 %s", strings.Join(missing, "、"))
	}
}

// data checks the content against the envelope and takes note of what it tells.
func (x *examination) data(p piece, r eventstore.Record) {
	place := p.path(dataFile)
	american, chinese := sha256.Sum256(p.data), sm3.Sum(p.data)
	if hex.EncodeToString(american[:]) != r.DataHash {
		x.fault(isSHA256, place, "SHA-256 与信封所载不同")
	}
	if r.V >= 2 {
		x.withSM3++
		if hex.EncodeToString(chinese[:]) != r.DataSM3 {
			x.fault(isSM3, place, "SM3 与信封所载不同")
		}
	}
	e, err := x.tell.Tell(r)
	if err != nil {
		x.fault(isReadable, place, "不能按 %s 解读：%v", r.Type, err)
		return
	}
	x.call(e)
	if n := bytes.Count(p.data, []byte(`"nonce":"`)); n > 0 && strings.HasPrefix(r.Stream, "participant-") {
		x.protected += n
		x.withProtected++
	}
	about := subjectOf(p.data)
	if x.process != nil {
		x.process.see(r, about)
	}
	x.files(r, about)
}

// call notes what the programme or person asked for is called.
func (x *examination) call(e projections.Entry) {
	switch {
	case x.called != "":
	case x.Programme != "" && e.Programme == x.Programme:
		x.called = e.ProgrammeName
	case x.Person != "" && e.Actor.Person == x.Person:
		x.called = e.Actor.Name
	}
}

// Subject says what was asked for, with its name.
func (x *examination) Subject() string {
	if x.called == "" {
		return x.Title()
	}
	return fmt.Sprintf("%s（%s）", x.called, x.Title())
}

// files notes which files the record rests on or hands in.
func (x *examination) files(r eventstore.Record, about subject) {
	for _, basis := range r.Basis {
		if digest, ok := attachment.Digest(basis); ok {
			x.deposit(digest, r.Position)
		}
	}
	if r.Type == (attachment.Deposited{}).EventType() {
		d := x.deposit(about.Digest, r.Position)
		if !d.known {
			d.subject, d.known, d.path = about, true, attachmentPath(about.Digest, about.Name)
		}
	}
}

func (x *examination) deposit(digest string, at eventstore.Position) *deposit {
	d := x.deposits[digest]
	if d == nil {
		d = &deposit{named: at}
		x.deposits[digest] = d
		if i := slices.IndexFunc(x.Withheld, func(w Withheld) bool { return w.Digest == digest }); i >= 0 {
			d.withheld = x.Withheld[i].Reason
		}
	}
	return d
}

// wanted lists the files that should be in the bundle, by digest.
func (x *examination) wanted() (digests []string) {
	for _, digest := range slices.Sorted(maps.Keys(x.deposits)) {
		if d := x.deposits[digest]; d.known && d.withheld == "" {
			digests = append(digests, digest)
		}
	}
	return digests
}

// attachment looks at a file that is there.
func (x *examination) attachment(digest string, r io.ReaderAt, size int64) {
	d := x.deposits[digest]
	d.found = true
	x.attached++
	x.bytes += size
	m := newMeasure()
	if _, err := io.Copy(m, io.NewSectionReader(r, 0, size)); err != nil {
		x.fault(hasFiles, d.path, "读不全：%v", err)
		return
	}
	switch got := m.file(d.path); {
	case got.Size != d.Size:
		x.fault(hasFiles, d.path, "有 %d 字节，交存时是 %d 字节", got.Size, d.Size)
	case got.SHA256 != digest:
		x.fault(hasFiles, d.path, "SHA-256 与交存时不同")
	case got.SM3 != d.SM3:
		x.fault(hasFiles, d.path, "SM3 与交存时不同")
	}
	if size > mostOpened {
		x.fault(isOpenable, d.path, "有 %d 字节，太大，没有打开", size)
		return
	}
	_, err := inspect.File(d.Name, r, size)
	var refusal domain.Refusal
	switch {
	case err == nil:
	case !errors.As(err, &refusal):
		x.fault(isOpenable, d.path, "读不出：%v", err)
	case refusal.Code == "attachment.encrypted":
		x.fault(isInClear, d.path, "%s", refusal.Reason)
	case refusal.Code == "attachment.active-content":
		x.fault(isInert, d.path, "%s", refusal.Reason)
	default:
		x.fault(isOpenable, d.path, "%s", refusal.Reason)
	}
}

// finish finds out what did not come.
func (x *examination) finish() {
	for _, stream := range x.Streams {
		if have := x.streams[stream.Name]; have < stream.Revision {
			x.fault(isContinuous, recordFolder, "%s 应到版次 %d，只到 %d", stream.Name, stream.Revision, have)
		} else if have > stream.Revision {
			x.fault(isAllThere, recordFolder, "%s 所选到版次 %d，却有 %d", stream.Name, stream.Revision, have)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(x.single)) {
		x.fault(isAllThere, folder(p), "所选的这件记录不在")
	}
	for _, digest := range slices.Sorted(maps.Keys(x.deposits)) {
		switch d := x.deposits[digest]; {
		case d.withheld != "" || d.found:
		case !d.known:
			x.fault(hasFiles, folder(d.named)+envelopeFile, "所依据的附件 %s… 没有交存记录", digest[:min(12, len(digest))])
		default:
			x.fault(hasFiles, d.path, "缺这个附件")
		}
	}
	if x.process != nil && !x.process.attested {
		for _, step := range x.process.steps(x.AsOf) {
			if step.State == Missing {
				x.fault(isWholeProcess, fmt.Sprintf("%s %d 年度", x.Programme, step.Year), "缺“%s”（%s）：%s", step.Title, step.Basis, step.Why)
			}
		}
	}
}
