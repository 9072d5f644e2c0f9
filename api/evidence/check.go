package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"

	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
)

// Check looks at the bundle of size bytes in r, with nothing else at hand than a
// policy, and reports. Everything in the bundle is taken for hostile: nothing is
// unpacked to a disk, and no more is read than there are bytes. A file that is no
// bundle at all is a [domain.Refusal]. progress, if not nil, hears of every file.
func Check(ctx context.Context, r io.ReaderAt, size int64, p seal.Policy, progress func(done, all int)) (Report, error) {
	b, err := open(r, size)
	if err != nil {
		return Report{}, err
	}
	c := &checking{ctx: ctx, bundle: b, progress: progress}
	if err := c.all(); err != nil {
		return Report{}, err
	}
	return c.x.report(p, &c.reception), nil
}

// A checking is a check under way.
type checking struct {
	ctx context.Context
	*bundle
	reception
	x        *examination
	progress func(done, all int)
}

func (c *checking) all() error {
	selection, err := c.selection()
	if err != nil {
		return err
	}
	checkpoint, policy := c.small(checkpointFile, maxReceipt), c.small(policyFile, maxSmall)
	c.x = newExamination(selection, checkpoint, policy)
	for _, a := range c.x.anchors() {
		c.x.anchor(a, c.small(a.path, maxReceipt))
	}
	for _, at := range c.records {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		c.x.record(c.piece(at))
	}
	for _, digest := range c.x.wanted() {
		if e := c.entries[c.x.deposits[digest].path]; e != nil {
			c.x.attachment(digest, e, e.size)
		}
	}
	c.strangers()
	c.x.finish()
	if err := c.retell(); err != nil {
		return err
	}
	return c.repack()
}

// selection reads what the bundle says it holds.
func (c *checking) selection() (s Selection, err error) {
	text := c.small(selectionFile, maxSelection)
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&s); err != nil {
		return s, notABundle("读不出 %s：%v", selectionFile, err)
	}
	if again, err := s.text(); err != nil || !bytes.Equal(again, text) {
		return s, notABundle("%s 不是出具时的写法：有多余的内容，或次序、空格不同", selectionFile)
	}
	if s.Format != Format {
		return s, notABundle("格式是 %q，本程序核对 %q", s.Format, Format)
	}
	if !slices.IsSorted(s.Records) {
		return s, notABundle("%s 里的账本位置没有按先后排", selectionFile)
	}
	return s, nil
}

// piece reads one record.
func (c *checking) piece(at eventstore.Position) piece {
	p := piece{at: at}
	p.envelope = c.small(p.path(envelopeFile), eventstore.MaxEnvelope)
	p.data = c.small(p.path(dataFile), eventstore.MaxData)
	p.receipt = c.small(p.path(receiptFile), maxReceipt)
	return p
}

// again goes through the records.
func (c *checking) again() iter.Seq2[eventstore.Record, error] {
	return func(yield func(eventstore.Record, error) bool) {
		for _, at := range c.records {
			p := c.piece(at)
			r, err := eventstore.Open(at, p.envelope, p.data)
			if err == nil {
				err = c.ctx.Err()
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// strangers are files that have no business in a bundle.
func (c *checking) strangers() {
	belongs := map[string]bool{selectionFile: true, checkpointFile: true, policyFile: true, originReceipt: true, momentReceipt: true, manifestTable: true, manifestDigest: true}
	for _, path := range derivedFiles {
		belongs[path] = true
	}
	for _, path := range slices.Sorted(maps.Keys(belongs)) {
		if c.entries[path] == nil {
			c.x.fault(isAllThere, path, "缺这个文件")
		}
	}
	for _, digest := range c.x.wanted() { // if one is missing that was told
		belongs[c.x.deposits[digest].path] = true
	}
	for _, e := range c.order {
		if !belongs[e.path] && !e.ofRecord {
			c.x.fault(isAllThere, e.path, "多出的文件")
		}
	}
}

// retell makes again what was made from the records, and compares. What cannot be
// made again fails: nobody has looked at it.
func (c *checking) retell() error {
	if c.x.Wording != Wording {
		c.x.fault(isRetold, selectionFile, "行文是第 %d 版（%s），本程序是第 %d 版：说明、报告、元数据和用手核对的办法未经核对，须用出具时那一版程序核对", c.x.Wording, c.x.Program, Wording)
		return nil
	}
	made, err := derive(content{c.x, c.again})
	if err != nil {
		c.x.fault(isRetold, policyFile, "不能重做，说明和报告未经核对：%v", err)
		return nil
	}
	for _, d := range made {
		e := c.entries[d.path]
		if e == nil {
			continue // told of as missing
		}
		same := compare(e.reader())
		err := d.write(same)
		if stopped := c.ctx.Err(); stopped != nil {
			return stopped
		}
		if err != nil {
			c.x.fault(isRetold, d.path, "不能重做，未经核对：%v", err)
			continue
		}
		if same.equal() {
			continue
		}
		c.x.fault(isRetold, d.path, "与由记录重做的不同（自第 %d 字节起）", same.at+1)
	}
	return nil
}

// repack packs the files again as they must have been packed, and compares what
// comes out with what was received: whatever was touched, put between the files
// or hung behind them is found.
func (c *checking) repack() error {
	same := compare(io.NewSectionReader(c.r, 0, c.bundle.size))
	p := newPacker(same, c.x.On)
	for i, e := range c.order {
		if err := errors.Join(c.ctx.Err(), p.add(e.path, e.copy)); err != nil {
			return err
		}
		if c.progress != nil {
			c.progress(i+1, len(c.order))
		}
	}
	if err := p.close(); err != nil {
		return err
	}
	if !same.equal() {
		c.x.fault(isPackage, c.around(same.at), "压缩包自第 %d 字节起不是出具时的样子", same.at+1)
	}
	c.listed(p.files)
	c.reception.size = c.bundle.size
	return nil
}

// listed holds the files against both lists.
func (c *checking) listed(files []File) {
	listed, sums := readTable(c.small(manifestTable, maxManifest)), readDigests(c.small(manifestDigest, maxManifest))
	c.files = len(listed)
	for _, f := range files {
		switch row, known := listed[f.Path]; {
		case f.Path == manifestDigest:
			continue
		case f.Path == manifestTable:
		case !known:
			c.x.fault(isListed, f.Path, "不在 %s 里", manifestTable)
		case row != f:
			c.x.fault(isListed, f.Path, "与 %s 所载不同", manifestTable)
		}
		if sums[f.Path] != f.SHA256 {
			c.x.fault(isListed, f.Path, "与 %s 所载不同", manifestDigest)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(listed)) {
		if c.entries[path] == nil {
			c.x.fault(isListed, path, "在 %s 里，却不在包里", manifestTable)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(sums)) {
		if c.entries[path] == nil {
			c.x.fault(isListed, path, "在 %s 里，却不在包里", manifestDigest)
		}
	}
}
