package api

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/mux"

	"wenxiao/domain/attachment"
	"wenxiao/eventstore/attachments"
	"wenxiao/projections"
)

// sandboxed is the policy of files: should a browser draw one all the same, it
// runs nothing, loads nothing and is nobody's page.
const sandboxed = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

func (s *Server) fileRoutes(r *mux.Router, a huma.API) {
	r.HandleFunc("/files/{digest}", s.page(s.serveFile)).Methods("GET", "HEAD")
	r.HandleFunc("/api/v1/attachments/{digest}/content", func(w http.ResponseWriter, r *http.Request) {
		if _, ok := s.who(r); !ok {
			s.fail(w, r, errSignedOut)
			return
		}
		if err := s.serveFile(w, r); err != nil {
			s.fail(w, r, err)
		}
	}).Methods("GET")
	a.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "attachment.content", Method: http.MethodGet, Path: "/api/v1/attachments/{digest}/content", Tags: []string{"attachment"}, Summary: "附件的原样字节",
		Description: "发出前重算 SHA-256，与账本不符的不发。可取一段（Range）。Repr-Digest 为全文摘要。",
		Parameters:  []*huma.Param{{Name: "digest", In: "path", Required: true, Description: "文件的 SHA-256", Schema: &huma.Schema{Type: "string", Pattern: "^[0-9a-f]{64}$"}}},
		Responses: byHand(a, &huma.Response{
			Description: "文件", Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
		}, 401, 403, 404, 410, 500, 503),
	})
}

// serveFile hands out the bytes of a file, once they are found to be those the
// ledger names. Pictures may be looked at in the browser with ?view=1; all else is
// saved: a browser's PDF reader does not run in a sandbox.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) error {
	digest := mux.Vars(r)["digest"]
	f, err := s.file(r.Context(), digest)
	if err != nil {
		return err
	}
	if len(f.Deposits) == 0 {
		return projections.ErrNotFound
	}
	who, _ := s.who(r)
	if err := s.mayRead(r.Context(), who.Account, f); err != nil {
		s.Log.WarnContext(r.Context(), "not allowed", "request", requestID(r.Context()), "username", who.Username, "digest", digest, "err", err)
		return err
	}
	if f.Withdrawn != nil {
		return &Problem{Status: http.StatusGone, Title: "已撤下", Code: "attachment.withdrawn", Reason: "附件已撤下：" + f.Withdrawn.Reason, Basis: f.Withdrawn.Article}
	}
	open, err := s.Files.Open(digest)
	if err != nil {
		return s.faulty(r, err)
	}
	defer open.Close()
	longer(w)
	fileHeaders(w.Header(), f.Deposits[len(f.Deposits)-1], r.URL.Query().Get("view") != "")
	http.ServeContent(w, r, "", time.Time{}, open)
	return nil
}

// faulty tells of a file that is missing or damaged; the log has where.
func (s *Server) faulty(r *http.Request, err error) error {
	if fault := (*attachments.Fault)(nil); !errors.As(err, &fault) {
		return err
	}
	s.Log.ErrorContext(r.Context(), "attachment", "request", requestID(r.Context()), "err", err)
	p := &Problem{Status: http.StatusInternalServerError, Title: "文件有损", Code: "attachment.damaged", Reason: "文件的字节与账本所记不符，没有发出；须由备份恢复。报修时报上编号 " + requestID(r.Context())}
	if errors.Is(err, attachments.ErrMissing) {
		p.Title, p.Code, p.Reason = "文件缺失", "attachment.missing", "账本记着这个文件，存放处却没有；须由备份恢复。报修时报上编号 "+requestID(r.Context())
	}
	return p
}

func fileHeaders(h http.Header, d attachment.Deposited, view bool) {
	disposition := "attachment"
	if view && strings.HasPrefix(d.MediaType, "image/") {
		disposition = "inline"
	}
	sum, _ := hex.DecodeString(d.Digest) // well-formed: the ledger has it
	h.Set("Content-Type", d.MediaType)
	h.Set("Content-Disposition", disposition+"; filename*=UTF-8''"+strings.ReplaceAll(url.QueryEscape(d.Name), "+", "%20"))
	h.Set("Content-Security-Policy", sandboxed)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("ETag", `"`+d.Digest+`"`)
	h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum)+":")
}
