package evidence

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments/inspect"
)

// A deposit is a file that should be in the bundle.
type deposit struct {
	subject
	path   string
	named  eventstore.Position // the first record that rests on it or hands it in
	known  bool                // handed in by a record of the bundle
	held   *Withheld
	goneAt eventstore.Position
	gone   string // when and why it was withdrawn; "" while it is not
	found  bool
}

// mostOpened is how many bytes a file may have to be opened: that is done in
// memory.
const mostOpened = 1 << 30

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
		d.gone, d.goneAt = "", 0
	}
	if digest, ok := attachment.Digest(r.Stream); ok && r.Type == (attachment.Withdrawn{}).EventType() {
		d := x.deposit(digest, r.Position)
		d.gone, d.goneAt = fmt.Sprintf("已于账本位置 %d 撤下：%s", r.Position, about.Reason), r.Position
	}
}

// barred is why a file that who asked may not see is not in the bundle. That
// nobody can check.
const barred = "取证人无权查看，不在包内，没有核对"

// why says why a file is not in the bundle, "" for one that should be.
func (d *deposit) why() string {
	switch {
	case d.held == nil:
		return ""
	case d.held.Barred:
		return barred
	}
	return d.gone
}

// withheld holds what is said to be withdrawn against the records of it.
func (x *examination) withheld() {
	for i, w := range x.Withheld {
		d, short := x.deposits[w.Digest], w.Digest[:min(12, len(w.Digest))]
		switch {
		case d == nil || !d.known || d.held != &x.Withheld[i]:
			x.fault(hasFiles, selectionFile, "没有记录交存或依据所说不出包的附件 %s…，或说了两遍", short)
		case w.Barred == (w.Withdrawn > 0):
			x.fault(hasFiles, selectionFile, "附件 %s… 不出包，没有说为什么", short)
		case w.Barred:
			x.noted = append(x.noted, Fault{d.path, barred})
		case d.goneAt != w.Withdrawn:
			x.fault(hasFiles, d.path, "说是已于账本位置 %d 撤下，包里没有这件撤下的记录", w.Withdrawn)
		}
	}
}

func (x *examination) deposit(digest string, at eventstore.Position) *deposit {
	d := x.deposits[digest]
	if d == nil {
		d = &deposit{named: at}
		x.deposits[digest] = d
		if i := slices.IndexFunc(x.Withheld, func(w Withheld) bool { return w.Digest == digest }); i >= 0 {
			d.held = &x.Withheld[i]
		}
	}
	return d
}

// wanted lists the files that should be in the bundle, by digest.
func (x *examination) wanted() (digests []string) {
	for _, digest := range slices.Sorted(maps.Keys(x.deposits)) {
		if d := x.deposits[digest]; d.known && d.held == nil {
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
