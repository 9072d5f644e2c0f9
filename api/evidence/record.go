package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/emmansun/gmsm/sm3"

	"wenxiao/domain/attachment"
	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
	"wenxiao/projections"
)

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
	x.demo = x.demo || Demonstration(r.Header)
	x.complete(p, r)
	if p.data != nil {
		x.data(p, r)
	}
}

// receipt checks that the receipt proves this envelope under this checkpoint.
func (x *examination) receipt(p piece) {
	receipt, err := seal.ParseReceipt(p.receipt)
	if err != nil {
		x.fault(isProven, p.path(receiptFile), "读不出回执：%v", err)
		return
	}
	if p.envelope != nil && !bytes.Equal(receipt.Envelope, p.envelope) {
		x.fault(isLeaf, p.path(envelopeFile), "与回执所证的信封不同")
	}
	x.proven(p.path(receiptFile), receipt, p.at)
}

// order checks the place of a record among the others.
func (x *examination) order(p piece, r eventstore.Record) {
	place := p.path(envelopeFile)
	if r.RecordedAt.Before(x.at) {
		x.fault(isInOrder, place, "记账时间 %s 早于前一件的 %s", moment(r.RecordedAt), moment(x.at))
	}
	if digest, ok := x.later[p.at]; ok && r.Stream == attachment.Stream(digest) && r.Type == (attachment.Withdrawn{}).EventType() {
		delete(x.later, p.at)
		return
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
	x.bare(r)
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
