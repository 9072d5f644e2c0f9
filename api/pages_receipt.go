package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
	"wenxiao/projections"
)

// receiptPage is the sheet to print: what was recorded and what proves it.
func (s *Server) receiptPage(w http.ResponseWriter, r *http.Request) error {
	if s.Sealer == nil {
		return errUnsealed
	}
	at, err := recordIn(r)
	if err != nil {
		return err
	}
	page := web.Receipt{Frame: s.frame(r, "回执", "/record", web.Crumb{Text: "审计轨迹", Address: "/record"})}
	if page.Record, err = s.record(r.Context(), at); err != nil {
		return err
	}
	if page.Entry, err = s.entryAt(r, at); err != nil {
		return err
	}
	page.Leaf = tlog.RecordHash(page.Record.Envelope)
	text, err := s.receipt(r.Context(), at)
	if no := (domain.Refusal{}); err != nil && (!errors.As(err, &no) || no.Code != "seal.not-covered") {
		return err
	}
	if err == nil {
		if err := s.proven(&page, text); err != nil {
			return err
		}
	}
	page.Address = s.site(r) + "/verify?" + url.Values{"at": {fmt.Sprint(at)}, "leaf": {page.LeafHex()}}.Encode()
	if page.Code, err = web.QR(page.Address, "扫码对照账本"); err != nil {
		return err
	}
	return s.draw(w, page)
}

// proven reads back the receipt as its holder will: what the sheet says is what
// it proves.
func (s *Server) proven(page *web.Receipt, text []byte) error {
	receipt, err := seal.ParseReceipt(text)
	if err != nil {
		return err
	}
	verified, err := receipt.Verify(s.Sealer.Policy())
	if err != nil {
		return err
	}
	page.Covered, page.Origin, page.Size, page.Root = true, verified.Origin, verified.Head.Size, verified.Head.Root
	page.Checkpoint, page.Steps, page.SignedBy = string(receipt.Checkpoint.Note), len(receipt.Proof), verified.SignedBy
	status := s.Sealer.Sealed()
	page.Witnesses, page.Quorum = witnessRows(status), quorum(verified.Quorum, seal.Status{Witnesses: status.Witnesses})
	return nil
}

// site is where people reach this server: as configured, else as the reader came.
// A printed code must not lead where some Host header said.
func (s *Server) site(r *http.Request) string {
	if s.Public != "" {
		return s.Public
	}
	if s.Secure || r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// entryAt is what the trail says of a position, nil where it is not that far.
func (s *Server) entryAt(r *http.Request, at eventstore.Position) (*projections.Entry, error) {
	trail, err := s.Views.Trail(r.Context(), projections.TrailFilter{Before: at + 1, Limit: 1})
	if err != nil || len(trail.Entries) == 0 || trail.Entries[0].Position != at {
		return nil, err
	}
	return &trail.Entries[0], nil
}

func witnessRows(status seal.Status) (rows []web.WitnessRow) {
	for _, w := range status.Witnesses {
		row := web.WitnessRow{Name: w.Name, State: web.ToBeSigned, At: w.At, Fault: w.Fault}
		switch {
		case w.Cosigned:
			row.State = web.Cosigned
		case w.Refused:
			row.State = web.Refused
		case w.Fault != "":
			row.State = web.NoQuorum.Saying("未见证")
		}
		rows = append(rows, row)
	}
	return rows
}

// sealState is how the latest checkpoint stands, before the first one too.
func sealState(status seal.Status) web.Status {
	if status.Checkpoint == 0 && status.Fault == "" {
		return web.ToBeSigned
	}
	return quorum(status.Quorum, status)
}

// quorum sums up how a checkpoint stands. A witness that refuses has seen another
// history: that weighs more than one that is away.
func quorum(reached bool, status seal.Status) web.Status {
	switch {
	case status.Fault != "":
		return web.Unsealed
	case len(status.Refused) > 0:
		return web.Refused
	case len(status.Witnesses) == 0:
		return web.Sealed
	case !reached:
		return web.NoQuorum
	}
	return web.Cosigned
}
