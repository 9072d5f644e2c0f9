package evidence

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
)

// text is how a selection is written down; there is one way only.
func (s Selection) text() ([]byte, error) {
	text, err := json.MarshalIndent(s, "", " ")
	return append(text, '\n'), err
}

// Demonstration reports whether a record was entered by the demonstration: its
// people and deeds are invented.
func Demonstration(h eventstore.Header) bool {
	return h.Correlation == "story" && strings.HasPrefix(h.Command, "story-")
}

// An anchor is a receipt that stands for itself: the envelope in it says what ledger
// this is, or when At was. Of what else the record holds nothing travels.
type anchor struct {
	at   eventstore.Position
	path string
}

func (x *examination) anchors() []anchor { return []anchor{{1, originReceipt}, {x.At, momentReceipt}} }

// anchor looks at one of them; nil where it is missing, which is told elsewhere.
func (x *examination) anchor(m anchor, text []byte) {
	if text == nil {
		return
	}
	receipt, err := seal.ParseReceipt(text)
	if err != nil {
		x.fault(isProven, m.path, "读不出回执：%v", err)
		return
	}
	x.proven(m.path, receipt, m.at)
	x.demo = x.demo || Demonstration(receipt.Header)
	if m.path == momentReceipt && !receipt.Header.RecordedAt.Equal(x.Moment) {
		x.fault(isAsked, selectionFile, "说账本位置 %d 于 %s 记账，回执所证是 %s", x.At, moment(x.Moment), moment(receipt.Header.RecordedAt))
	}
}

// proven checks that a receipt is that of a position and leads to the root.
func (x *examination) proven(place string, receipt seal.Receipt, at eventstore.Position) {
	head := receipt.Checkpoint.Head
	switch {
	case receipt.Position() != at:
		x.fault(isProven, place, "回执是第 %d 位的", receipt.Position())
	case string(receipt.Checkpoint.Note) != string(x.note):
		x.fault(isProven, place, "回执里的检查点与 %s 不同", checkpointFile)
	case at > head.Size || tlog.CheckRecord(receipt.Proof, int64(head.Size), head.Root, receipt.Index, tlog.RecordHash(receipt.Envelope)) != nil:
		x.fault(isProven, place, "旁证不能由信封推到检查点的根")
	}
}

// asked holds against one another the times that the request says.
func (x *examination) asked() {
	if x.AsOf != domain.DayOf(x.On) && x.AsOf != domain.DayOf(x.Moment) {
		x.fault(isAsked, selectionFile, "期限算到 %s，既不是取证那天，也不是账本位置 %d 记账那天", x.AsOf, x.At)
	}
	if x.On.Before(x.Moment.Truncate(time.Second)) {
		x.fault(isAsked, selectionFile, "取证时间 %s 早于账本位置 %d 的记账时间 %s", moment(x.On), x.At, moment(x.Moment))
	}
	if x.at.After(x.Moment) {
		x.fault(isAsked, selectionFile, "末件 %s 记账，晚于所说截至的 %s", moment(x.at), moment(x.Moment))
	}
	for _, at := range slices.Sorted(maps.Keys(x.bared)) {
		for _, r := range x.bared[at] {
			x.fault(isAsked, selectionFile, "读出的“%s”（%s，账本位置 %d）在包内的记录里没有", r.What, r.Person, at)
		}
	}
	if len(x.Revealed) > 0 && !x.Personal {
		x.fault(isAsked, selectionFile, "没有要求读出个人信息，却有读出的文字")
	}
}

// bare strikes out what was revealed of a record: each protected text once. What
// is left in the end no record has.
func (x *examination) bare(r eventstore.Record) {
	person, ok := strings.CutPrefix(r.Stream, participant.Stream(""))
	if !ok || len(x.bared[r.Position]) == 0 {
		return
	}
	for _, f := range protectedIn(r) {
		i := slices.IndexFunc(x.bared[r.Position], func(one Revealed) bool { return one.Person == person && one.What == f.what })
		if i >= 0 {
			x.bared[r.Position] = slices.Delete(x.bared[r.Position], i, i+1)
		}
	}
}
