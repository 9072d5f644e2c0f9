package api

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"wenxiao/api/accounts"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
)

// A Sealer proves the ledger: the one that signs its log, or one that hands out
// what another process has signed. See [seal.Sealer].
type Sealer interface {
	Latest() (seal.Checkpoint, bool)
	Status() seal.Status
	Sealed() seal.Status
	Policy() seal.Policy
	Tiles() seal.Tiles
	WaitFor(ctx context.Context, position eventstore.Position) (seal.Checkpoint, error)
	Receipt(ctx context.Context, position eventstore.Position) ([]byte, error)
}

// errUnsealed is the answer where proof is asked of a ledger served without it.
var errUnsealed = domain.Refusal{Code: "seal.none", Reason: "这个账本没有开封存，没有检查点和回执"}

// untilSigned is how long a receipt waits for the checkpoint that will cover it.
var untilSigned = 5 * time.Second

// proofRoutes are what anybody may fetch to check the ledger without it: the
// checkpoint, the tiles (C2SP tlog-tiles), the keys with the witnesses wanted,
// and the page that checks. Entry bundles hold the envelopes, with the names of
// officials in them, and go to those who supervise.
func (s *Server) proofRoutes(r *mux.Router) {
	r.HandleFunc("/checkpoint", s.checkpointFile).Methods("GET", "HEAD")
	r.HandleFunc("/policy", s.policyFile).Methods("GET", "HEAD")
	r.HandleFunc("/tile/{path:.*}", s.tileFile).Methods("GET", "HEAD")
	r.HandleFunc("/verify", s.verifyPage).Methods("GET", "HEAD")
	r.HandleFunc("/verify", s.verifyForm).Methods("POST")
	r.HandleFunc("/record/{position:[0-9]+}/receipt", s.page(s.receiptFile)).Methods("GET", "HEAD")
	r.HandleFunc("/record/{position:[0-9]+}/data", s.page(s.dataFile)).Methods("GET", "HEAD")
	r.HandleFunc("/receipt/{position:[0-9]+}", s.page(s.receiptPage)).Methods("GET", "HEAD")
}

func (s *Server) checkpointFile(w http.ResponseWriter, r *http.Request) {
	if s.Sealer == nil {
		s.fail(w, r, errUnsealed)
		return
	}
	checkpoint, ok := s.Sealer.Latest()
	if !ok {
		s.fail(w, r, errNoSuchPage)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	s.text(w, r, "", checkpoint.Note)
}

// policyFile hands out whom to believe. SM2 keys, at which other people's tools
// stop reading, come when asked for: /policy?sm2
func (s *Server) policyFile(w http.ResponseWriter, r *http.Request) {
	if s.Sealer == nil {
		s.fail(w, r, errUnsealed)
		return
	}
	policy := s.Sealer.Policy()
	if !r.URL.Query().Has("sm2") {
		policy = policy.Standard()
	}
	s.text(w, r, "", []byte(policy.String()))
}

// text answers with a plain text; one with a name is downloaded.
func (s *Server) text(w http.ResponseWriter, r *http.Request, name string, body []byte) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if name != "" {
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}
	if _, err := w.Write(body); err != nil {
		s.Log.DebugContext(r.Context(), "answer", "path", r.URL.Path, "err", err)
	}
}

// tilePath is every address tlog-tiles knows, and nothing else.
var tilePath = regexp.MustCompile(`^(entries|[0-9]{1,2})/(x[0-9]{3}/)*[0-9]{3}(\.p/[1-9][0-9]{0,2})?$`)

func (s *Server) tileFile(w http.ResponseWriter, r *http.Request) {
	path := mux.Vars(r)["path"]
	parts := tilePath.FindStringSubmatch(path)
	switch {
	case s.Sealer == nil:
		s.fail(w, r, errUnsealed)
		return
	case parts == nil:
		s.fail(w, r, errNoSuchPage)
		return
	case parts[1] == "entries":
		if who, ok := s.who(r); !ok {
			s.fail(w, r, errSignedOut)
			return
		} else if !slices.Contains(supervisors, who.Role) {
			s.fail(w, r, Denied{Code: "permission.entries", Rule: "信封载有经办人姓名，只供财政、审计、纪检监察、人大取用"})
			return
		}
	}
	tile, err := os.ReadFile(filepath.Join(s.Sealer.Tiles().Dir, "tile", filepath.FromSlash(path)))
	if errors.Is(err, fs.ErrNotExist) {
		err = errNoSuchPage
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if parts[3] == "" { // a full tile never changes
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if _, err := w.Write(tile); err != nil {
		s.Log.DebugContext(r.Context(), "answer", "path", r.URL.Path, "err", err)
	}
}

// supervisors may read every envelope there is.
var supervisors = []accounts.Role{accounts.Finance, accounts.Auditor, accounts.Inspector, accounts.Congress}

// receiptFile is the receipt as a file that any tlog-proof tool checks.
func (s *Server) receiptFile(w http.ResponseWriter, r *http.Request) error {
	at, err := recordIn(r)
	if err != nil {
		return err
	}
	receipt, err := s.receipt(r.Context(), at)
	if err != nil {
		return err
	}
	s.text(w, r, strconv.FormatUint(uint64(at), 10)+".tlog-proof", receipt)
	return nil
}

// receipt makes one, waiting for the checkpoint about to be signed.
func (s *Server) receipt(ctx context.Context, at eventstore.Position) ([]byte, error) {
	if s.Sealer == nil {
		return nil, errUnsealed
	}
	if _, err := s.record(ctx, at); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, untilSigned)
	defer cancel()
	receipt, err := s.Sealer.Receipt(ctx, at)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, seal.ErrNotCovered) {
		return nil, domain.Refusal{Code: "seal.not-covered", Reason: "这件事已入账，还没有检查点盖过它；" + s.unsealedBecause()}
	}
	return receipt, err
}

func (s *Server) unsealedBecause() string {
	if fault := s.Sealer.Status().Fault; fault != "" {
		return fault
	}
	return "稍后再取"
}

// dataFile is the data of a record, the very bytes the digests in the envelope
// are of.
func (s *Server) dataFile(w http.ResponseWriter, r *http.Request) error {
	at, err := recordIn(r)
	if err != nil {
		return err
	}
	record, err := s.record(r.Context(), at)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="`+strconv.FormatUint(uint64(at), 10)+`.json"`)
	_, err = w.Write(record.Data)
	return err
}

func recordIn(r *http.Request) (eventstore.Position, error) {
	at, err := strconv.ParseUint(mux.Vars(r)["position"], 10, 63)
	if err != nil || at == 0 {
		return 0, errNoSuchPage
	}
	return eventstore.Position(at), nil
}
