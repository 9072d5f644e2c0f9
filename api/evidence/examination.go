package evidence

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"wenxiao/domain/attachment"
	"wenxiao/eventstore"
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
	single  map[eventstore.Position]bool   // to come one by one
	later   map[eventstore.Position]string // withdrawals that come beside the rest: digest of the file
	bared   map[eventstore.Position][]Revealed
	demo    bool // the ledger is a demonstration's
	last    eventstore.Position
	first   time.Time // when the first record was entered
	at      time.Time // when the last was

	records, withSM3, protected, withProtected int
	bytes                                      int64
	deposits                                   map[string]*deposit
	attached                                   int
	noted                                      []Fault // files that nobody could look at
	process                                    *process
	tell                                       *projections.Teller
	called                                     string // the programme or person asked for, by the first record that names them
}

func newExamination(s Selection, checkpoint, policy []byte) *examination {
	x := &examination{
		Selection: s, note: checkpoint, policy: policy, faults: map[string][]Fault{}, more: map[string]int{},
		streams: map[string]eventstore.Revision{}, single: map[eventstore.Position]bool{}, later: map[eventstore.Position]string{}, bared: map[eventstore.Position][]Revealed{}, deposits: map[string]*deposit{},
		tell: projections.NewTeller(),
	}
	for _, stream := range s.Streams {
		x.streams[stream.Name] = 0
	}
	for _, p := range s.Records {
		x.single[p] = true
	}
	for _, w := range s.Withheld {
		if _, whole := x.streams[attachment.Stream(w.Digest)]; !x.single[w.Withdrawn] && (w.Withdrawn > s.At || !whole) {
			x.later[w.Withdrawn] = w.Digest
		}
	}
	for _, r := range s.Revealed {
		x.bared[r.Position] = append(x.bared[r.Position], r)
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
	x.faults[check] = append(x.faults[check], Fault{plain(place), plain(fmt.Sprintf(format, args...))})
}

// plain takes out what would steer a terminal: much of what is told comes from
// whoever made the bundle.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, text)
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
		case d.held != nil || d.found:
		case !d.known:
			x.fault(hasFiles, folder(d.named)+envelopeFile, "所依据的附件 %s… 没有交存记录", digest[:min(12, len(digest))])
		default:
			x.fault(hasFiles, d.path, "缺这个附件")
		}
	}
	x.withheld()
	x.asked()
	if x.process != nil && !x.process.attested {
		for _, step := range x.process.steps(x.AsOf) {
			if step.State == Missing {
				x.fault(isWholeProcess, fmt.Sprintf("%s %d 年度", x.Programme, step.Year), "缺“%s”（%s）：%s", step.Title, step.Basis, step.Why)
			}
		}
	}
}
