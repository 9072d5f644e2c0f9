package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/eventstore/seal"
)

// A Made says what a bundle holds.
type Made struct {
	Selection
	Report Report
	Files  int
}

// Make writes the bundle that r asks for to w. The same ledger, checkpoint and
// request give the same bytes. It holds one record at a time, whatever the size
// of the bundle. progress, if not nil, hears of every record. What cannot be
// proven because the ledger was altered is in the bundle all the same, and its
// report says so.
func Make(ctx context.Context, src Source, r Request, w io.Writer, progress func(done, all int)) (Made, error) {
	selection, positions, err := choose(ctx, src, r)
	if err != nil {
		return Made{}, err
	}
	m := &making{
		ctx: ctx, src: src, positions: positions, pack: newPacker(w, selection.On), progress: progress,
		x: newExamination(selection, src.Checkpoint.Note, []byte(src.Policy.String())),
	}
	report, err := m.all()
	return Made{selection, report, len(m.pack.files)}, err
}

// A making is a bundle under way.
type making struct {
	ctx       context.Context
	src       Source
	positions []eventstore.Position
	pack      *packer
	x         *examination
	progress  func(done, all int)
}

func (m *making) all() (Report, error) {
	if err := errors.Join(m.statement(), m.records(), m.attachments()); err != nil {
		return Report{}, err
	}
	m.x.finish()
	made, err := derive(content{m.x, m.again})
	if err != nil {
		return Report{}, err
	}
	for _, d := range made {
		if err := m.pack.add(d.path, d.write); err != nil {
			return Report{}, err
		}
	}
	if err := m.pack.bytes(manifestTable, table(m.pack.files)); err != nil {
		return Report{}, err
	}
	if err := m.pack.bytes(manifestDigest, digests(m.pack.files)); err != nil {
		return Report{}, err
	}
	return m.x.report(m.src.Policy, nil), m.pack.close()
}

// statement says what was asked for and by what it is proven.
func (m *making) statement() error {
	chosen, err := m.x.Selection.text()
	return errors.Join(err,
		m.pack.bytes(selectionFile, chosen),
		m.pack.bytes(checkpointFile, m.x.note), m.pack.bytes(policyFile, m.x.policy),
		m.anchors(),
	)
}

// anchors adds the receipts that tell what ledger it is and when At was.
func (m *making) anchors() error {
	hashes := m.src.Tiles.HashReader(m.src.Checkpoint.Head)
	for _, a := range m.x.anchors() {
		for r, err := range recordsAt(m.ctx, m.src.Store, []eventstore.Position{a.at}) {
			if err != nil {
				return err
			}
			receipt, err := m.receipt(r, hashes)
			if err != nil {
				return err
			}
			m.x.anchor(a, receipt)
			if err := m.pack.bytes(a.path, receipt); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *making) records() error {
	hashes := m.src.Tiles.HashReader(m.src.Checkpoint.Head)
	done := 0
	for r, err := range m.again() {
		if err != nil {
			return err
		}
		p := piece{at: r.Position, envelope: r.Envelope, data: r.Data}
		if p.receipt, err = m.receipt(r, hashes); err != nil {
			return err
		}
		m.x.record(p)
		if err := m.file(p); err != nil {
			return err
		}
		if done++; m.progress != nil {
			m.progress(done, len(m.positions))
		}
	}
	return nil
}

// again goes through the chosen records.
func (m *making) again() iter.Seq2[eventstore.Record, error] {
	return recordsAt(m.ctx, m.src.Store, m.positions)
}

// receipt is made for what the ledger holds now. Should that not be what was
// signed, the receipt does not prove it, and the examination finds out.
func (m *making) receipt(r eventstore.Record, hashes tlog.HashReader) ([]byte, error) {
	proof, err := tlog.ProveRecord(int64(m.src.Checkpoint.Size), int64(r.Position-1), hashes)
	if err != nil {
		return nil, fmt.Errorf("prove %d: %w", r.Position, err)
	}
	return seal.Receipt{Envelope: r.Envelope, Index: int64(r.Position - 1), Proof: proof, Checkpoint: m.src.Checkpoint}.Text(), nil
}

func (m *making) file(p piece) error {
	return errors.Join(
		m.pack.bytes(p.path(envelopeFile), p.envelope),
		m.pack.bytes(p.path(dataFile), p.data),
		m.pack.bytes(p.path(receiptFile), p.receipt),
	)
}

// attachments adds the files that are there. One that is missing or damaged is
// told of by the examination.
func (m *making) attachments() error {
	for _, digest := range m.x.wanted() {
		if err := m.attachment(digest); err != nil {
			return err
		}
	}
	return nil
}

func (m *making) attachment(digest string) (err error) {
	if m.src.Files == nil {
		return nil
	}
	f, err := m.src.Files.Open(digest)
	if missing := (*attachments.Fault)(nil); errors.As(err, &missing) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	bytes, ok := f.ReadSeeker.(io.ReaderAt)
	if !ok {
		return fmt.Errorf("attachment %s cannot be read twice", digest)
	}
	m.x.attachment(digest, bytes, f.Size)
	return m.pack.add(m.x.deposits[digest].path, func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(bytes, 0, f.Size))
		return err
	})
}
